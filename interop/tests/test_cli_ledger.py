"""`shakedown ledger`: its figures, its marks, its exit codes, and what its scripts are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import run
from scripts.lib.paths import ROOT

CASES = ROOT / "corpora" / "ledger"
KINDS = ["ours", "openssl", "gnutls"]
FIGURES = ["received", "peak", "kept", "output", "allocations", "time", "left"]
HELLO = 'title "a test"\nplayer client\nsetup both tls=1.3\n'


def ledger(*arguments: object, code: int = 0) -> dict[str, Any]:
    """The rows by their names."""
    done = run("ledger", "--rounds", 1, "--json", *arguments)
    assert done.returncode == code, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)["rows"]}


def refusal(*arguments: object) -> str:
    done = run("ledger", *arguments)
    assert done.returncode == 2 and not done.stdout, done.stdout
    return done.stderr.decode()


def names(kind: str) -> set[str]:
    lines = run("list", kind).stdout.decode().splitlines()
    return {line.split()[1] for line in lines}


def subjects() -> set[str]:
    return {path.name.removesuffix(".case").split("-")[0] for path in CASES.rglob("*.case")}


def test_each_end_has_its_figures_for_what_it_was_sent() -> None:
    honest = CASES / "server" / "client_hello-honest-13.case"
    half = CASES / "server" / "client_hello-half.case"
    rows = ledger(honest, half)
    for kind in KINDS:
        whole, part = (rows[path.stem][kind] for path in (honest, half))
        assert whole["measured"] and whole["answer"] == "accepted"
        assert all(isinstance(whole[figure], int) for figure in FIGURES)
        assert 300 < whole["received"] < 3000 and whole["output"] > 500
        assert whole["peak"] >= whole["kept"] > 2000
        assert part["received"] == 120 and part["output"] == 0
        assert part["allocations"] < whole["allocations"]


def test_what_the_client_takes_is_measured_where_the_server_deviates() -> None:
    rows = ledger("--against", "ours", CASES / "client" / "server_hello-honest-12.case")
    row = rows["server_hello-honest-12"]
    assert row["victim"] == "client" and row["ours"]["received"] > 1000
    assert "openssl" not in row


def test_an_end_over_the_budget_of_the_subject_is_marked_and_told(tmp_path: Path) -> None:
    """Brotli takes half a megabyte, which compress_certificate may and others may not."""
    script = HELLO + "setup both cert-comp=brotli\n"
    allowed, forbidden = (
        tmp_path / f"{subject}-brotli.case" for subject in ("compress_certificate", "key_share")
    )
    for path in (allowed, forbidden):
        path.write_text(script)
    assert ledger("--against", "ours", allowed)[allowed.stem]["ours"]["over"] == ""
    row = ledger("--against", "ours", forbidden, code=1)[forbidden.stem]["ours"]
    assert {"figure": "peak", "how": "over"} in row["stands_out"]
    assert "bytes of memory at its peak" in row["over"]
    text = run("ledger", "--rounds", 1, "--against", "ours", forbidden).stdout.decode()
    assert "! over the budget" in text and "over its budget" in text


def test_what_a_kind_cannot_do_is_told(tmp_path: Path) -> None:
    path = tmp_path / "client_hello-grease.case"
    path.write_text(HELLO + "setup server ticket-lifetime=60\n")
    row = ledger("--against", "ours,gnutls", path)[path.stem]
    assert row["ours"]["measured"] and not row["gnutls"]["measured"]
    assert "ticket_lifetime" in row["gnutls"]["answer"]


def test_a_script_that_was_not_played_is_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "client_hello-none.case"
    path.write_text(HELLO + "drop certificate\n")
    row = ledger("--against", "ours", path, code=1)[path.stem]["ours"]
    assert not row["measured"] and "drop certificate" in row["answer"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--against", "127.0.0.1:443"], "'127.0.0.1:443' is not an end in memory"),
        (["--against", "ours,ours,ours,ours,ours"], "more than 4"),
        (["--against", ""], "names nobody"),
        (["--rounds", "0"], "--rounds"),
        (["/nonexistent/folder"], "/nonexistent/folder"),
    ],
)
def test_wrong_use_is_named(arguments: list[str], said: str) -> None:
    assert said in refusal(*arguments)


def test_a_script_without_a_victim_is_named(tmp_path: Path) -> None:
    path = tmp_path / "client_hello-middle.case"
    path.write_text('title "a test"\nplayer middle\n')
    assert "client_hello-middle.case: 'player middle' names no victim" in refusal(path)


def test_a_script_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "client_hello-wrong.case"
    path.write_text(HELLO + "flop client_hello\n")
    said = refusal(path)
    assert "client_hello-wron" in said and ":4: 'flop' is no operation" in said


def test_our_end_is_within_its_budgets_in_all_scripts_and_each_is_played() -> None:
    rows = ledger("--against", "ours")
    assert len(rows) > 100
    assert [name for name, row in rows.items() if not row["ours"]["measured"]] == []


def test_each_message_and_each_extension_has_a_script_and_scripts_name_no_others() -> None:
    messages = {name.removesuffix("_12") for name in names("messages")}
    known = messages | names("extensions")
    others = {"unknown", "change_cipher_spec", "alert", "application_data"}
    assert known - subjects() == set()
    assert subjects() - known - others == set()


def test_a_script_with_four_times_the_input_stands_beside_another() -> None:
    fours = list(CASES.rglob("*-x4.case"))
    assert fours
    for path in fours:
        assert path.with_name(path.name.replace("-x4.case", ".case")).exists(), path
