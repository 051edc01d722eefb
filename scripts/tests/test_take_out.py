"""scripts/take-out: which conditions are checks, how they are taken out, what is told of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT
from scripts.lib.take_out import take_out
from scripts.lib.take_out.checks import Check, Finder, instrumented
from scripts.lib.take_out.instrumented_copy import SLOW_S
from scripts.lib.take_out.instrumented_copy import Test as Run
from scripts.lib.take_out.take_out import report, rows_of

SOURCE = """
static bool fits(int a, int b)
{
    return a > 0 && b > 0;
}

static bool is_bad(int a)
{
    if (a == 7)
        return true;
    return a == 8 || a == 9;
}

shk_status check(int a, int b, bool quiet)
{
    bool small = a < 100 && b < 100;
    if (!fits(a, b) || is_bad(a))
        return shk_conn_fail_field(NULL, "a", SHK_E_ONE);
    if (quiet && b > 5)
        return SHK_E_TWO;
    if (status != SHK_OK)
        return status;
    return small ? SHK_OK : SHK_E_THREE;
}

void shape(shk_codec *c, int a)
{
    shk_require(c, "a", a >= 1 && a <= 4, SHK_E_FOUR);
}

int first(const int *list, int count)
{
    for (int i = 0; i < count; i++) {
        if (list[i] == 0)
            continue;
        use(list[i]);
    }
    if (count == 0 || list == 0)
        return SHK_OK;
    if (count > 1 && !list[0])
        use(0);
    return 0;
}
"""

# Each check, with the value by which it refuses.
CHECKS = {
    ("fits", "a > 0", False),
    ("fits", "b > 0", False),
    ("is_bad", "a == 7", True),
    ("is_bad", "a == 8", True),
    ("is_bad", "a == 9", True),
    ("check", "a < 100", False),
    ("check", "b < 100", False),
    ("check", "fits(a, b)", False),
    ("check", "is_bad(a)", True),
    ("check", "quiet && b > 5", True),
    ("check", "small", False),
    ("shape", "a >= 1", False),
    ("shape", "a <= 4", False),
    ("first", "list[i] == 0", True),
    ("first", "count == 0", True),
    ("first", "list == 0", True),
    ("first", "count > 1", False),
    ("first", "list[0]", True),
}


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    (tmp_path / "impl" / "tests").mkdir(parents=True)
    (tmp_path / "impl" / "a.c").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "impl" / "tests" / "b.c").write_text(SOURCE, encoding="utf-8")
    return Finder(tmp_path)


def test_conditions_that_refuse_are_found_with_their_sense(finder: Finder) -> None:
    found = {(check.function, check.text, check.refuses) for check in finder.run()}
    assert found == CHECKS


def test_what_reads_alike_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "impl").mkdir()
    line = "    if (a > 0)\n        return SHK_E_ONE;\n"
    text = f"shk_status f(int a)\n{{\n{line}{line}    return SHK_OK;\n}}\n"
    (tmp_path / "impl" / "a.c").write_text(text, encoding="utf-8")
    assert [check.key for check in Finder(tmp_path).run()] == [
        "impl/a.c f: a > 0",
        "impl/a.c f: a > 0 #2",
    ]


def test_one_check_at_a_time_is_taken_out(finder: Finder, tmp_path: Path) -> None:
    """The program prints what fits(0, 1) is, without each of the two checks of fits."""
    checks = list(enumerate(finder.run()))
    fits = [number for number, check in checks if check.function == "fits"]
    source = instrumented(finder.sources["impl/a.c"], checks).decode()
    function = source[source.index("static bool fits") : source.index("static bool is_bad")]
    program = f"""
    #include <stdbool.h>
    #include <stdio.h>
    static int taken;
    static bool shk_take_out(int number, bool refuses, bool value)
    {{
        return value == refuses && number == taken ? !value : value;
    }}
    {function}
    int main(void)
    {{
        for (taken = {fits[0]}; taken <= {fits[1]}; taken++)
            printf("%d", fits(0, 1));
    }}
    """
    (tmp_path / "p.c").write_text(program, encoding="utf-8")
    subprocess.run(["cc", "-o", tmp_path / "p", tmp_path / "p.c"], check=True, timeout=60)
    run = subprocess.run([tmp_path / "p"], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "10"


def test_unnoticed_without_a_reason_and_rows_that_do_not_hold_fail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {"a": "test_a", "b": None}
    assert report(found, {"b": "why"}, {}, {"a", "b"}) == 0
    assert report(found, {}, {}, {"a", "b"}) == 1
    assert "no test notices: b" in capsys.readouterr().out
    assert report(found, {"a": "why", "b": "why"}, {}, {"a", "b"}) == 1
    assert "test_a notices what" in capsys.readouterr().out
    assert report(found, {"b": "why", "gone": "why"}, {}, {"a", "b"}) == 1
    assert "does not exist: gone" in capsys.readouterr().out


def test_what_other_systems_notice_may_be_noticed() -> None:
    assert report({"a": "test_a"}, {}, {"a": "libcrypto 3.5"}, {"a"}) == 0
    assert report({"a": None}, {}, {"a": "libcrypto 3.5"}, {"a"}) == 0


def test_mistakes_in_the_reasons_are_told_by_file_and_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "unnoticed.toml"
    monkeypatch.setattr(take_out, "REASONS", file)
    for text, told in (
        ("[[unnoticed", "unnoticed.toml: "),
        ('[[unnoticed]]\nreason = "x"\n', "row 1"),
        ('[[unnoticed]]\nreason = ""\nchecks = ["a"]\n', "row 1"),
        ('[[unnoticed]]\nreason = "x"\nchecks = ["a", "a"]\n', "a is there twice"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(Stop, match=told) as stop:
            rows_of("unnoticed")
        assert stop.value.status == 2


def test_checks_of_all_kinds_are_found_in_the_tree() -> None:
    keys = {check.key for check in Finder(ROOT).run()}
    for key in (
        "impl/handshake/sessions/psk_13.c recognise: shk_requires_client(conn)",
        "impl/compress/brotli.c limited_alloc: size > *left",
        "impl/wire/codec.c take: len > c->limit - c->pos",
        "impl/extensions/padding.c shk_padding_shape: zero",
    ):
        assert key in keys, key


def test_a_check_is_known_by_its_place_and_text() -> None:
    check = Check("impl/a.c", 1, 2, True, "f", "a > 0")
    assert check.key == "impl/a.c f: a > 0"


def learnt(tmp_path: Path, end: str) -> list[Run]:
    """What is learnt of a program that needs more than its processor time, and then does `end`."""
    program = tmp_path / "slow"
    program.write_text(f"#!/bin/sh\ntest $(ulimit -t) = {SLOW_S} && exit 1\n{end}\n")
    program.chmod(0o755)
    return Run("slow", [str(program)], str(tmp_path)).learn(tmp_path / "notes", 3)


def test_a_slow_program_is_run_in_its_parts(tmp_path: Path) -> None:
    found = learnt(tmp_path, "echo '[ RUN      ] first'; echo '[ RUN      ] second'")
    assert [test.only for test in found] == ["first", "second"]


def test_a_slow_program_without_parts_is_run_whole(tmp_path: Path) -> None:
    found = learnt(tmp_path, 'printf "\\001\\000\\001" > "$SHK_TAKE_OUT_NOTES"')
    assert [(test.only, test.reached) for test in found] == [("", {0, 2})]


def test_a_program_that_fails_with_nothing_taken_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="slow.*fails with nothing taken out"):
        learnt(tmp_path, "exit 1")
