"""The counts of a run by peer, role and version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from interop.cells import Cell, matrix
from interop.outcome import Outcome
from interop.peers import load_peers

WAYS = {"mem": "in memory", "socket": "over sockets"}
ROLES = {"client": "our client", "server": "our server", "both": "both"}


@dataclass
class Count:
    as_expected: int = 0
    failed: int = 0

    def add(self, ok: bool) -> None:
        self.as_expected += ok
        self.failed += not ok

    @property
    def text(self) -> str:
        if not self.as_expected and not self.failed:
            return "-"
        return f"{self.as_expected} as expected, {self.failed} failed"


@dataclass
class Row:
    """Peer, our role and version, with a count for each way."""

    peer: str
    role: str
    version: str
    counts: dict[str, Count] = field(default_factory=lambda: {way: Count() for way in WAYS})


def grid(outcomes: Iterable[Outcome]) -> list[Row]:
    """Rows in the order of the ids' parts."""
    rows: dict[tuple[str, str, str], Row] = {}
    for outcome in outcomes:
        way, peer, role, version = outcome.id.split("/")[:4]
        row = rows.setdefault((peer, role, version), Row(peer, role, version))
        row.counts[way].add(outcome.ok)
    return [rows[key] for key in sorted(rows)]


def without_programs(cells: Iterable[Cell]) -> list[str]:
    """A line for each peer that has cells here and lacks a program."""
    lines = set()
    for peer in {cell.peer for cell in cells if cell.way == "socket"}:
        for role in ("client", "server"):
            program = load_peers()[peer].program(role)
            absent = program.missing() if program else None
            if absent:
                lines.add(f"{load_peers()[peer].title}: {absent}")
    return sorted(lines)


def left_out() -> dict[str, list[str]]:
    """Why -> ids of cells that a peer cannot have."""
    found: dict[str, list[str]] = {}
    for cell_id, lack in matrix()[1]:
        found.setdefault(lack.why, []).append(cell_id)
    return found


def print_grid(outcomes: list[Outcome], cells: list[Cell]) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    table = Table(title="Cells by peer, by what our side is, and by version")
    for name in ("peer", "our side", "TLS", *WAYS.values()):
        table.add_column(name)
    for row in grid(outcomes):
        counts = [row.counts[way] for way in WAYS]
        style = "red" if any(count.failed for count in counts) else ""
        title = load_peers()[row.peer].title
        words = [title, ROLES[row.role], row.version, *(count.text for count in counts)]
        table.add_row(*words, style=style)
    console.print(table)
    for line in without_programs(cells):
        console.print(line, style="red", markup=False, highlight=False)
    deviations = sum(bool(outcome.deviation) for outcome in outcomes)
    if deviations:
        line = f"{deviations} cells are as expected though the RFCs have it otherwise"
        console.print(f"{line} (interop/expected.toml says why)", highlight=False)
    peers = {cell.peer for cell in cells}
    for why, ids in left_out().items():
        if {cell_id.split("/")[1] for cell_id in ids} & peers:
            line = f"left out: {len(ids)} cells: {why}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def document(outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    """The run as data: --json, and what the HTML report shows."""
    failed = [outcome for outcome in outcomes if not outcome.ok]
    return {
        "cells": len(outcomes),
        "as_expected": len(outcomes) - len(failed),
        "failed": len(failed),
        "seconds": round(seconds, 3),
        "peers": {
            peer.name: {"title": peer.title, "version": peer.version_text()}
            for peer in load_peers().values()
        },
        "grid": [
            {
                "peer": row.peer,
                "role": row.role,
                "version": row.version,
                **{
                    way: {"as_expected": count.as_expected, "failed": count.failed}
                    for way, count in row.counts.items()
                },
            }
            for row in grid(outcomes)
        ],
        "left_out": [{"why": why, "cells": ids} for why, ids in left_out().items()],
        "results": [outcome.row() for outcome in sorted(outcomes, key=lambda o: o.id)],
    }
