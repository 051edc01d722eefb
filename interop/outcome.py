"""The result of a cell, and the folder in which its output is kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from interop.cells import Cell
from interop.command_lines import repeat_command
from interop.expected import tolerated
from interop.installed import reason_here
from interop.peers import load_peers
from interop.printable import printable
from scripts.lib.paths import ROOT

KEPT = ROOT / "out" / "interop"


@dataclass
class Outcome:
    id: str
    expected: str
    complaints: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)  # side -> its own words
    commands: list[str] = field(default_factory=list)
    kept: str = ""  # folder with the output of both sides and the transcript
    seconds: float = 0.0
    deviation: str = ""  # why this is as expected, though the RFCs have it otherwise
    verdict: str = ""  # in memory: what `shakedown pair` said

    @property
    def ok(self) -> bool:
        return not self.complaints

    def judge(self, complaints: Sequence[list[str]]) -> None:
        """Takes the complaints against each acceptable result, first the one that is expected."""
        self.complaints += complaints[0] if all(complaints) else []
        if complaints[0]:
            self.deviation = ""  # it is not what happened

    def note(self, cell: Cell, deviations: Iterable[str]) -> None:
        """Takes in what our end tolerated of the peer: expected.toml has to expect it."""
        for name in deviations:
            row = tolerated(cell.peer, cell.case, cell.version, name)
            if row is None:
                self.complaints.append(f"our end tolerated {name}, which no row expects")
            else:
                self.deviation = f"{name}: {row.reason}"

    def result(self) -> str:
        """The result, as far as it is the same in every run."""
        parts = ["as expected" if self.ok else "FAILED", self.verdict, self.deviation]
        return "; ".join(part for part in parts if part)

    def compared(self, alone: Outcome) -> Outcome:
        """This outcome; a failure if the cell had another result when it ran alone."""
        if alone.result() == self.result():
            return self
        theirs = [f"together with others: {self.result()}", *self.complaints]
        return replace(
            self if self.complaints else alone,
            complaints=[*theirs, f"alone: {alone.result()}", *alone.complaints],
        )

    @property
    def repeat(self) -> str:
        return repeat_command(self.id)

    def text(self) -> str:
        """For a person."""
        lines = [f"{self.id}: {'as expected' if self.ok else 'FAILED'}"]
        lines += [f"  expected: {self.expected}"]
        if self.deviation:
            lines += [f"  because:  {self.deviation}"]
        lines += [f"  {complaint}" for complaint in self.complaints]
        for side, words in self.words.items():
            lines += [
                f"  {side}:",
                *(f"    {line}" for line in printable(words).strip().splitlines()),
            ]
        lines += [f"  command:  {command}" for command in self.commands]
        if self.kept:
            lines += [f"  kept in:  {self.kept}"]
        lines += [f"  repeat:   {self.repeat}"]
        return printable("\n".join(lines))

    def row(self) -> dict[str, Any]:
        """For --json and between processes."""
        words = {side: printable(words) for side, words in self.words.items()}
        return {**asdict(self), "words": words, "ok": self.ok, "repeat": self.repeat}

    @staticmethod
    def of_row(row: dict[str, Any]) -> Outcome:
        values = {key: value for key, value in row.items() if key not in ("ok", "repeat")}
        return Outcome(**values)


def begin(cell: Cell) -> Outcome:
    row = cell.expectation.deviation
    why = reason_here(row.reason, row, load_peers()[cell.peer], cell.way) if row else ""
    return Outcome(cell.id, cell.expectation.words(), deviation=why)


class Folder:
    """Where a cell works; `keep` moves it to out/interop/ID, otherwise it is removed."""

    def __init__(self, cell: Cell) -> None:
        KEPT.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix=f".{os.getpid()}-", dir=KEPT))
        self.target = KEPT / cell.id

    def keep(self, outcome: Outcome) -> None:
        for side, words in outcome.words.items():
            (self.path / f"{side.replace(' ', '-')}.txt").write_text(words, encoding="utf-8")
        now, then = str(self.path.relative_to(ROOT)), str(self.target.relative_to(ROOT))
        outcome.commands = [command.replace(now, then) for command in outcome.commands]
        outcome.kept = then
        shutil.rmtree(self.target, ignore_errors=True)
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.path.rename(self.target)
        (self.target / "verdict.txt").write_text(outcome.text() + "\n", encoding="utf-8")

    def drop(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
