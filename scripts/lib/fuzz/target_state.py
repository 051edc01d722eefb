"""Shows a campaign while it runs, and sums it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import words

if TYPE_CHECKING:
    from rich.text import Text

COLUMNS = ("target", "executions", "exec/s", "coverage", "corpus", "crashes", "left")
LOG_EVERY_S = 10.0
LEFT_S = 0.2  # less is no time to fuzz
REDRAWS_PER_S = 4


@dataclass
class State:
    """How far one target is."""

    name: str
    budget: float
    started: float | None = None
    heard: float = 0.0  # when `executions` was last told; libFuzzer speaks ever more rarely
    status: str = "not run"  # then done, cut short or failed
    lacking: bool = False  # it failed by what the environment lacks
    seconds: float = 0.0  # spent fuzzing
    executions: int = 0
    coverage: int = 0
    corpus: int = 0
    crashes: int = 0
    note: str = ""

    @property
    def running(self) -> bool:
        return self.started is not None and self.status == "not run"

    def fail(self, why: str) -> None:
        self.status, self.note = "failed", why

    def end(self, cut_short: bool) -> None:
        if self.status == "not run":
            self.status = "cut short" if cut_short and self.left > LEFT_S else "done"

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
        return max(0.0, self.budget - self.elapsed) if self.status == "not run" else 0.0

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{self.executions:,}",
            f"{self.exec_per_s:,}",
            f"{self.coverage:,}",
            f"{self.corpus:,}",
            f"{self.crashes:,}",
            self.note or (f"{self.left:.0f} s" if self.status == "not run" else self.status),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "executions": self.executions,
            "seconds": round(self.seconds, 2),
            "exec_per_s": self.exec_per_s,
            "coverage": self.coverage,
            "corpus": self.corpus,
            "crashes": self.crashes,
            "status": self.status,
            "note": self.note,
        }


class Progress:
    """All targets' states; drawn on a terminal, logged elsewhere."""

    def __init__(self, states: list[State], jobs: int, crashes: Callable[[], int]) -> None:
        # Here, since --help works without it.
        from rich.console import Console
        from rich.live import Live

        self.states, self.jobs, self.crashes = states, jobs, crashes
        self.began = time.monotonic()
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
        ended = sum(state.status != "not run" for state in self.states)
        executions = sum(state.executions for state in self.states)
        rate = executions / max(1e-3, time.monotonic() - self.began)
        left = sum(state.left for state in self.states) / self.jobs
        longest = max((state.left for state in self.states), default=0.0)
        return (
            f"{ended:,} of {words.count(len(self.states), 'target')} ended, "
            f"{words.count(executions, 'execution')}, {rate:,.0f}/s, "
            f"{words.crashes(self.crashes())}, {max(left, longest):.0f} s left"
        )

    def _draw(self) -> Text:
        """Cut at the right where the terminal is narrow: names are whole."""
        from rich.text import Text

        shown = [state.cells() for state in self.states if state.running or state.crashes]
        text = f"{table_of([COLUMNS, *shown])}\n{self.total_line()}"
        return Text(text, no_wrap=True, overflow="crop")

    def _log_running(self) -> None:
        for state in self.states:
            if state.running and state.elapsed > LOG_EVERY_S:
                self._log(state)

    def _log(self, state: State) -> None:
        name, _, rate, coverage, corpus, _, left = state.cells()
        self.say(
            f"{name}: {words.count(state.executions, 'execution')}, {rate}/s, coverage {coverage}, "
            f"corpus {corpus}, {words.crashes(state.crashes)}, {left} [{self.total_line()}]"
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
