"""What the tests of the matrix share: parts of it, and made up cells and verdicts."""

from __future__ import annotations

from dataclasses import replace

from interop import memory
from interop.cells import Cell, matrix
from interop.facts import facts as table_of_facts
from interop.plan import client_end, server_end

FACTS = table_of_facts()
PLACES = sorted({(cell.way, cell.peer, cell.role) for cell in matrix()[0]})
MEMORY_PLACES = [place for place in PLACES if place[0] == "mem"]


def cells_of(place: tuple[str, str, str]) -> list[Cell]:
    return [cell for cell in matrix()[0] if (cell.way, cell.peer, cell.role) == place]


def one_cell(**changes: object) -> Cell:
    ends = client_end("1.3"), server_end("1.3", "p256")
    cell = Cell("mem", "openssl", "client", "1.3", "a-case", *ends)
    return replace(cell, **changes)  # type: ignore[arg-type]


def good_verdict(**facts: object) -> memory.Verdict:
    end = {"version": "TLS 1.3", "group": None, **facts}
    verdict = {"verdict": "good", "why": "", "alert": None, "alert_from": None}
    shared = [fact.name for fact in FACTS.values() if fact.is_shared]
    told: dict[str, object] = {"compared": shared, "untold": {"client": {}, "server": {}}}
    return {**verdict, **told, "client": dict(end), "server": dict(end)}
