"""The counts of a run by peer, role and version, for the terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from interop.cells import Cell, matrix
from interop.installed import reason_here
from interop.peers import load_peers
from interop.run import Run
from scripts.lib.words import count

WAYS = {"mem": "in memory", "socket": "over sockets"}
ROLES = {"client": "our client", "server": "our server", "both": "both"}


@dataclass
class Count:
    as_expected: int = 0
    failed: int = 0
    not_run: int = 0

    @property
    def text(self) -> str:
        missing = [f"{self.not_run} did not run"] if self.not_run else []
        ran = self.as_expected + self.failed
        counts = [f"{self.as_expected} as expected", f"{self.failed} failed"] if ran else []
        return ", ".join(counts + missing) or "-"


@dataclass
class GridRow:
    """Peer, our role and version, with a count for each way."""

    peer: str
    role: str
    version: str
    counts: dict[str, Count] = field(default_factory=lambda: {way: Count() for way in WAYS})


def grid(run: Run) -> list[GridRow]:
    """Rows in the order of the ids' parts."""
    rows: dict[tuple[str, str, str], GridRow] = {}
    for cell in run.cells:
        key = (cell.peer, cell.role, cell.version)
        tally = rows.setdefault(key, GridRow(*key)).counts[cell.way]
        outcome = run.outcomes.get(cell.id)
        tally.as_expected += outcome is not None and outcome.ok
        tally.failed += outcome is not None and not outcome.ok
        tally.not_run += outcome is None
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


def left_out(peers: Collection[str]) -> dict[str, list[str]]:
    """Why -> ids of cells that these peers cannot have."""
    found: dict[str, list[str]] = {}
    for cell_id, lack in matrix()[1]:
        way, peer = cell_id.split("/")[:2]
        if peer in peers:
            why = reason_here(lack.why, lack, load_peers()[peer], way)
            found.setdefault(why, []).append(cell_id)
    return found


def print_left_out(peers: Collection[str], console: Console) -> None:
    for why, ids in left_out(peers).items():
        line = f"left out: {count(len(ids), 'cell')}: {why}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def print_grid(run: Run, verbose: bool) -> None:
    console = Console(width=None if Console().is_terminal else 130)
    table = Table(title="Cells by peer, by what our side is, and by version")
    for name in ("peer", "our side", "TLS", *WAYS.values()):
        table.add_column(name)
    for row in grid(run):
        counts = [row.counts[way] for way in WAYS]
        style = "red" if any(each.failed or each.not_run for each in counts) else ""
        title = load_peers()[row.peer].title
        words = [title, ROLES[row.role], row.version, *(each.text for each in counts)]
        table.add_row(*words, style=style)
    console.print(table)
    for line in without_programs(run.cells):
        console.print(line, style="red", markup=False, highlight=False)
    deviations = sum(bool(outcome.deviation and outcome.ok) for outcome in run.outcomes.values())
    if deviations:
        line = f"{count(deviations, 'cell')} as expected though the RFCs have it otherwise"
        console.print(f"{line} (interop/expected.toml says why)", highlight=False)
    peers = {cell.peer for cell in run.cells}
    if verbose:
        print_left_out(peers, console)
    elif number := sum(len(ids) for ids in left_out(peers).values()):
        line = f"{count(number, 'cell')} left out because of what a peer lacks (-v tells why)"
        console.print(line, highlight=False)
