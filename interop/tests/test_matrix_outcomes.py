"""What becomes of cells: programs that end, outcomes, and the grid."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from interop import memory
from interop.cells import matrix
from interop.grid import grid, left_out
from interop.outcome import Outcome, begin
from interop.peers import load_peers
from interop.run import Run
from interop.sockets import run_socket
from interop.tests.matrix_support import one_cell


def fake_program(folder: Path, body: str) -> str:
    """A stand-in for `shakedown pair --batch -`, in Python."""
    file = folder / "shakedown"
    file.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


BATCH = """
for line in sys.stdin:
    name = line.split("\\t")[0]
    if name.endswith("/crash"):
        os.abort()
    if name.endswith("/sanitizer"):
        sys.exit("AddressSanitizer")
    if not name.endswith("/silent"):
        print(json.dumps({"id": name, "verdict": "good", "why": ""}), flush=True)
"""


def test_a_cell_that_ends_the_program_does_not_take_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAKEDOWN", fake_program(tmp_path, BATCH))
    cases = ("a", "crash", "b", "silent", "c", "sanitizer", "d")
    cells = [one_cell(case=case) for case in cases]
    verdicts = memory.run_bulk(cells)
    kinds = [verdicts[cell.id]["verdict"] for cell in cells]
    assert kinds == ["good", "none", "good", "none", "good", "none", "good"]
    assert "SIGABRT" in verdicts[cells[1].id]["why"]
    assert "AddressSanitizer" in verdicts[cells[5].id]["why"]


def test_cells_in_memory_fail_without_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAKEDOWN", "/nowhere/shakedown")
    cell = one_cell()
    outcome = memory.outcome_of(cell, memory.run_bulk([cell])[cell.id])
    assert "/nowhere/shakedown" in outcome.complaints[0]


@pytest.mark.parametrize(
    ("role", "program"),
    [("server", "gnutls-cli"), ("client", "gnutls-serv"), ("client", "openssl")],
)
def test_a_missing_peer_program_fails_its_cells_by_name(
    role: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = "openssl" if program == "openssl" else "gnutls"
    monkeypatch.setenv("SHAKEDOWN", fake_program(tmp_path, ""))
    variable = "SHAKEDOWN_" + program.upper().replace("-", "_")
    monkeypatch.setenv(variable, f"/nowhere/{program}")
    cell = next(c for c in matrix()[0] if (c.way, c.peer, c.role) == ("socket", peer, role))
    outcome = run_socket(cell)
    package = "openssl" if peer == "openssl" else "gnutls-bin"
    assert f"/nowhere/{program}" in outcome.complaints[0]
    assert f"package {package}" in outcome.complaints[0]


def test_an_outcome_survives_the_way_between_processes() -> None:
    outcome = begin(one_cell())
    outcome.complaints.append("why")
    row = json.loads(json.dumps(outcome.row()))
    assert Outcome.of_row(row) == outcome and row["ok"] is False


def test_the_text_of_a_failure_ends_with_the_command_that_repeats_it() -> None:
    outcome = begin(one_cell())
    outcome.complaints.append("why")
    assert outcome.text().splitlines()[-1].endswith(f"scripts/interop --cell {outcome.id}")


def test_the_grid_counts_by_peer_role_and_version() -> None:
    cells = [one_cell(case=case) for case in ("good", "bad", "none")]
    outcomes = {cell.id: begin(cell) for cell in cells[:2]}
    outcomes[cells[1].id].complaints.append("why")
    (row,) = grid(Run(cells, outcomes))
    assert (row.peer, row.role, row.version) == ("openssl", "client", "1.3")
    assert row.counts["mem"].text == "1 as expected, 1 failed, 1 did not run"
    assert row.counts["socket"].text == "-"


def test_what_is_left_out_has_reasons() -> None:
    assert all(why.strip() and ids for why, ids in left_out(load_peers()).items())
