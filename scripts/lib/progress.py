"""Shows a campaign while it runs, and sums it up."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from crashes import Crash
from rich.console import Console
from rich.live import Live
from rich.table import Table

COLUMNS = ("target", "executions", "exec/s", "coverage", "corpus", "crashes", "left")
LOG_EVERY_S = 10.0
REDRAWS_PER_S = 4


@dataclass
class State:
    """How far one target is."""

    name: str
    budget: float
    started: float | None = None
    heard: float = 0.0  # when `executions` was last told; libFuzzer speaks ever more rarely
    done: bool = False
    seconds: float = 0.0  # spent fuzzing
    executions: int = 0
    coverage: int = 0
    corpus: int = 0
    crashes: list[Crash] = field(default_factory=list)
    note: str = ""

    @property
    def running(self) -> bool:
        return self.started is not None and not self.done

    @property
    def elapsed(self) -> float:
        if self.running and self.started is not None:
            return time.monotonic() - self.started
        return self.seconds

    @property
    def exec_per_s(self) -> int:
        spent = self.seconds
        if self.running and self.started is not None:
            spent = self.heard - self.started
        return round(self.executions / spent) if spent > 0 else 0

    @property
    def left(self) -> float:
        return 0.0 if self.done else max(0.0, self.budget - self.elapsed)

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{self.executions:,}",
            f"{self.exec_per_s:,}",
            str(self.coverage),
            str(self.corpus),
            str(len(self.crashes)),
            self.note or ("done" if self.done else f"{self.left:.0f} s"),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "executions": self.executions,
            "seconds": round(self.seconds, 2),
            "exec_per_s": self.exec_per_s,
            "coverage": self.coverage,
            "corpus": self.corpus,
            "crashes": [crash.to_json() for crash in self.crashes],
        }


class Progress:
    """All targets' states; drawn on a terminal, logged elsewhere."""

    def __init__(self, states: list[State], jobs: int) -> None:
        self.states = states
        self.jobs = jobs
        self.console = Console()
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.stop = threading.Event()
        self.lock = threading.Lock()

    def run(self) -> None:
        """Draws or logs until `stop` is set."""
        if not self.console.is_terminal:
            while not self.stop.wait(LOG_EVERY_S):
                self._log_running()
            return
        with self.live:
            while not self.stop.wait(1 / REDRAWS_PER_S):
                self.live.update(self._draw(), refresh=True)

    def finished(self, state: State) -> None:
        """Says that a target is done, where nothing is drawn."""
        if not self.console.is_terminal:
            self._log(state)

    def say(self, text: str) -> None:
        with self.lock:
            self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def total_line(self) -> str:
        done = sum(state.done for state in self.states)
        executions = sum(state.executions for state in self.states)
        rate = sum(state.exec_per_s for state in self.states if state.running)
        crashes = sum(len(state.crashes) for state in self.states)
        left = sum(state.left for state in self.states) / self.jobs
        longest = max((state.left for state in self.states), default=0.0)
        return (
            f"{done} of {len(self.states)} targets done, {executions:,} executions, "
            f"{rate:,}/s, {crashes} crashes, {max(left, longest):.0f} s left"
        )

    def _draw(self) -> Table:
        table = Table(caption=self.total_line(), caption_justify="left")
        for column in COLUMNS:
            table.add_column(column, justify="left" if column == "target" else "right")
        for state in self.states:
            if state.running or state.crashes:
                table.add_row(*state.cells())
        return table

    def _log_running(self) -> None:
        for state in self.states:
            if state.running and state.elapsed > LOG_EVERY_S:
                self._log(state)

    def _log(self, state: State) -> None:
        name, executions, rate, coverage, corpus, crashes, left = state.cells()
        self.say(
            f"{name}: {executions} executions, {rate}/s, coverage {coverage}, corpus {corpus}, "
            f"{crashes} crashes, {left} [{self.total_line()}]"
        )


def table_of(rows: list[tuple[str, ...]]) -> str:
    """Aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def summary(states: list[State]) -> str:
    return table_of([COLUMNS[:-1], *(state.cells()[:-1] for state in states)])
