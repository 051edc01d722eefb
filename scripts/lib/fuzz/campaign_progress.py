"""Shows a campaign while it runs, and sums it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts.lib import words
from scripts.lib.progress import LOG_EVERY_S, Progress

COLUMNS = ("target", "executions", "exec/s", "coverage", "corpus", "crashes", "left")
LEFT_S = 0.2  # less is no time to fuzz


@dataclass
class TargetState:
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


class CampaignProgress:
    """All targets' states; drawn on a terminal, logged elsewhere."""

    def __init__(self, states: list[TargetState], jobs: int, crashes: Callable[[], int]) -> None:
        self.states, self.jobs, self.crashes = states, jobs, crashes
        self.began = time.monotonic()
        self.shown = Progress(self._draw, self._log_lines, stderr=False)
        self.say = self.shown.say

    def ended(self, state: TargetState) -> None:
        """Says that a target has ended, where nothing is drawn."""
        if not self.shown.is_drawn:
            self.say(self._log_line(state))

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

    def _draw(self) -> str:
        shown = [state.cells() for state in self.states if state.running or state.crashes]
        return f"{words.columns([COLUMNS, *shown])}\n{self.total_line()}"

    def _log_lines(self) -> Iterator[str]:
        for state in self.states:
            if state.running and state.elapsed > LOG_EVERY_S:
                yield self._log_line(state)

    def _log_line(self, state: TargetState) -> str:
        name, _, rate, coverage, corpus, _, left = state.cells()
        return (
            f"{name}: {words.count(state.executions, 'execution')}, {rate}/s, coverage {coverage}, "
            f"corpus {corpus}, {words.crashes(state.crashes)}, {left} [{self.total_line()}]"
        )


def summary(states: list[TargetState]) -> str:
    return words.columns([COLUMNS[:-1], *(state.cells()[:-1] for state in states)])
