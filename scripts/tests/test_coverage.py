"""scripts/coverage: what it reads of an export, and reasons for what is not reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.coverage import coverage, lcov
from scripts.lib.coverage.coverage import REASONS, Measure, table
from scripts.lib.coverage.reasons import Place, Row, explain, rows_of
from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT

EXPORT = """SF:impl/conn.c
FN:2,conn.c:first
FN:5,second
DA:2,4
DA:3,0
DA:5,1
DA:6,1
BRDA:6,0,0,7
BRDA:6,0,1,0
BRDA:6,1,0,-
end_of_record
SF:impl/tests/test_x.c
DA:1,1
end_of_record
"""


def test_lines_and_branches_of_an_export_are_counted() -> None:
    file = lcov.read(EXPORT)["impl/conn.c"]
    assert (file.line_share().hit, file.line_share().all) == (3, 4)
    assert (file.branch_share().hit, file.branch_share().all) == (1, 3)
    assert file.unreached() == {3: (True, 0), 6: (False, 2)}
    assert [file.function_at(line) for line in (1, 3, 6)] == ["-", "first", "second"]


@pytest.fixture
def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measure:
    """Of a tree with one source and one test."""
    for name in ("impl/conn.c", "impl/tests/test_x.c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a\nb\nc\nd\ne\n")  # and BRDA has a line beyond it
    monkeypatch.setattr(coverage, "ROOT", tmp_path)
    monkeypatch.setattr(Measure, "export", lambda _: EXPORT.replace("SF:", f"SF:{tmp_path}/"))
    return Measure([Path("program")], Path("profile"))


def test_only_impl_counts_and_no_test_of_it(measure: Measure) -> None:
    files = measure.files()
    assert list(files) == ["impl/conn.c"]
    texts = [(place.number, place.text) for place in coverage.places(files)]
    assert texts == [(3, "c"), (6, "of a table")]


def test_a_source_that_no_program_links_is_named(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / "impl/other.c").touch()
    with pytest.raises(Stop, match=r"links impl/other\.c$"):
        measure.files()


def test_a_corpus_that_fails_is_told_and_the_others_are_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = {"bad": ["sh", "-c", "echo x: FAILED: why; exit 1"], "good": ["true"]}
    assert coverage.run_corpora(commands, tmp_path / "p") == ["bad"]
    assert "x: FAILED: why" in capsys.readouterr().out


def test_both_columns_have_their_own_figures() -> None:
    more = lcov.read(EXPORT.replace("DA:3,0", "DA:3,9"))
    less = lcov.read(EXPORT)
    total = table(less, more).splitlines()[-1].split()
    assert total == ["all", "of", "impl/", "5", "80.0%", "100.0%", "3", "33.3%", "33.3%"]


def place(file: str, function: str, text: str) -> Place:
    return Place(file, function, 7, text, 1, 2)


def test_a_pattern_matches_as_it_is_but_for_stars() -> None:
    here = place("impl/conn.c", "shk_conn_new", "if (a[0] == NULL)")
    assert Row("impl/conn.c shk_conn_new: if (a[0] == NULL)", "x").matches(here)
    assert Row("impl/* *: *NULL*", "x").matches(here)
    assert not Row("impl/conn.c shk_conn_new: if (a[0]", "x").matches(here)
    assert not Row("impl/conn?c *", "x").matches(here)


def test_what_no_row_explains_is_left_and_a_row_without_need_is_told() -> None:
    needed, needless = Row("impl/a.c *", "fails never"), Row("impl/gone.c *", "gone")
    first, second = place("impl/a.c", "f", "x;"), place("impl/b.c", "g", "y;")
    explained = explain([first, second], [needed, needless])
    assert explained.of_reason == {"fails never": 3}
    assert explained.left == [second]
    assert explained.needless == [needless]


@pytest.mark.parametrize("text", ["[[unreached]]\nreason = 'x'\n", "unreached = 1\n", "["])
def test_a_file_of_reasons_that_is_no_such_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "unreached.toml"
    path.write_text(text)
    with pytest.raises(Stop, match=r"unreached\.toml") as stop:
        rows_of(path)
    assert stop.value.status == 2


def test_rows_begin_with_a_file_that_exists() -> None:
    names = [row.pattern.partition(" ")[0] for row in rows_of(REASONS)]
    assert not [name for name in names if not list(ROOT.glob(name))]
