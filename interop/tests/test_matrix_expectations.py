"""What is expected of refusals, and where peers deviate (expected.toml)."""

from __future__ import annotations

import pytest

from interop import axes, expected
from interop.cells import matrix
from interop.expected import Tolerated, expect, parse, tables
from interop.grid import WAYS
from interop.installed import applies_here
from interop.outcome import Outcome
from interop.peers import load_peers
from interop.sockets import ProgramOutput, tolerated_deviations
from interop.tests.matrix_support import MEMORY_PLACES, cells_of
from interop.toml_tables import TableFile
from scripts.lib.def_tables import TableError


def test_every_refusal_is_a_cell_of_every_peer_and_role_in_memory() -> None:
    for place in MEMORY_PLACES:
        cases = {cell.case for cell in cells_of(place)}
        ids = [cell_id.split("/", 4) for cell_id, _ in matrix()[1]]
        lacking = {parts[4] for parts in ids if tuple(parts[:3]) == place}
        assert {f"refuse/{refusal.name}" for refusal in tables()[0]} <= cases | lacking, place


def test_every_refusal_names_a_known_alert() -> None:
    for refusal in tables()[0]:
        assert refusal.alert in axes.alerts(), refusal.name
        assert refusal.by in ("client", "server") and refusal.clause.startswith("RFC ")
    for row in tables()[1]:
        assert (row.alert or "close_notify") in axes.alerts(), row
        assert (row.unheard or "close_notify") in axes.alerts(), row


def test_every_deviation_is_used_and_none_is_ours() -> None:
    used = {id(cell.expectation.deviation) for cell in matrix()[0] if cell.expectation.deviation}
    for row in tables()[1]:
        assert row.peer in load_peers() and row.peer != "ours"
        is_here = any(applies_here(row, load_peers()[row.peer], way) for way in WAYS)
        assert id(row) in used or not is_here, f"no cell uses {row}"


def test_what_our_end_tolerates_without_a_row_fails_the_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cell = next(cell for cell in matrix()[0] if cell.peer == "gnutls" and cell.version == "1.3")
    for case, ok in (("*", True), ("no-such-cell", False)):
        row = Tolerated("gnutls", "SECOND_HELLO_ORDER", "they sort them", case)
        monkeypatch.setattr(expected, "tables", lambda row=row: ((), (), (row,)))
        outcome = Outcome(cell.id, "a good handshake")
        outcome.note(cell, ["SECOND_HELLO_ORDER"])
        assert outcome.ok == ok
        assert ("they sort them" in outcome.deviation) == ok
    outputs = {cell.role: ProgramOutput('{"deviations": ["SECOND_HELLO_ECH"]}', 0)}
    assert tolerated_deviations(cell, outputs) == ["SECOND_HELLO_ECH"]


REFUSAL = (
    '[[refusal]]\nname = "x"\nby = "client"\nalert = "unknown_ca"\nclause = "RFC 1"\ntitle = "t"\n'
)


@pytest.mark.parametrize(
    "row",
    [
        'peer = "openssl"\ncase = "x"\nalert = "unknown_ca"',
        'peer = "openssl"\ncase = "x"\nalert = "unknown_ca"\nreason = " "',
        'peer = "openssl"\ncase = "y"\nalert = "unknown_ca"\nreason = "r"',
        'peer = "openssl"\ncase = "x"\nreason = "r"',
        'peer = "openssl"\ncase = "x"\nreason = "r"\naccepts = true\nsilent = true',
        'peer = "openssl"\ncase = "x"\nreason = "r"\naccepts = true\nversoins = ["1.2"]',
    ],
    ids=["no reason", "empty reason", "no such case", "no result", "two results", "unknown key"],
)
def test_a_deviation_that_is_not_complete_is_refused(row: str) -> None:
    with pytest.raises(TableError):
        parse(TableFile("expected.toml", f"{REFUSAL}[[deviation]]\n{row}\n"))


def test_a_deviation_counts_where_the_peer_refuses_and_not_where_we_do() -> None:
    refusal = next(row for row in tables()[0] if row.name == "not-yet-valid")
    theirs = expect(refusal, "openssl", "mem", "1.3", ours_refuses=False)
    ours = expect(refusal, "openssl", "mem", "1.3", ours_refuses=True)
    assert (theirs.alert, ours.alert) == ("bad_certificate", "certificate_expired")
    assert theirs.deviation is not None and ours.deviation is None
