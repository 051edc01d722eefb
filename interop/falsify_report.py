"""What became of telling facts falsely, for a person: facts x ends x peers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from interop.cells import Cell
from interop.facts import facts
from interop.falsify import Falsehood, Findings, Place, place_of, reasons, run, unexcused
from interop.run import CellCount
from scripts.lib.progress import Progress
from scripts.lib.words import count


def falsify_cells(cells: Sequence[Cell], whole: bool) -> int:
    """Tells falsely all that these cells compare. `whole`: they are the whole matrix of their
    peers, so that each fact has to be noticed, or there is a reason. The exit code."""
    ended = CellCount(len(cells), "falsify")
    with Progress(ended.line):
        findings = run(cells, everything=True, step=ended.add_good, expect=ended.expect)
    places = sorted({place_of(cell) for cell in cells})
    missing = list(unexcused(findings, places)) if whole else []
    print_findings(findings, places)
    for line in [f"not noticed: {name}" for name in findings.unnoticed] + missing:
        print(line)
    for name in findings.spoilt:
        print(f"fails as it is: {name}")
    noticed = sum(findings.noticed.values())
    counts = f"{count(noticed, 'falsehood')} noticed, {len(findings.unnoticed):,} not"
    without = f"{len(missing):,} without a cell or a reason"
    print(f"falsify: {count(len(cells), 'cell')}, {counts}, {without}")
    return 1 if findings.unnoticed or findings.spoilt or missing else 0


def print_findings(findings: Findings, places: Sequence[Place]) -> None:
    """Two numbers for each fact, end and place: changed and absent, in how many cells noticed. A
    letter in place of a number is a reason, told below."""
    console = Console(width=None if Console().is_terminal else 200)
    table = Table(title="falsehoods noticed: changed / absent")
    notes: dict[str, str] = {}
    table.add_column("fact")
    table.add_column("told by")
    for place in places:
        table.add_column("/".join(place), justify="right")
    for fact in facts().values():
        for side in fact.sides:
            row = [_entry(findings, place, side, fact.name, notes) for place in places]
            table.add_row(fact.name, side, *row)
    console.print(table)
    for why, mark in notes.items():
        console.print(f"{mark}: {why}", highlight=False)


def _entry(findings: Findings, place: Place, side: str, fact: str, notes: dict[str, str]) -> str:
    parts = []
    for how in ("changed", "absent"):
        falsehood = Falsehood(side, fact, how)
        count = findings.noticed.get((place, falsehood), 0)
        why = "; ".join(reasons(place, falsehood)) if not count else ""
        if why:
            notes.setdefault(why, f"r{len(notes) + 1}")
        parts.append(str(count) if count else notes.get(why, "-"))
    return " / ".join(parts)
