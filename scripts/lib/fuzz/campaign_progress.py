"""Shows a campaign while it runs, and sums it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts.lib import words
from scripts.lib.progress import Progress

COLUMNS = ("target", "executions", "exec/s", "coverage", "corpus", "crashes", "nothing new for")
LEFT_S = 0.2  # less is no time to fuzz


@dataclass
class TargetState:
    """How far one target is."""

    name: str
    started: float | None = None  # the turn that it has now
    heard: float = 0.0  # when `executions` was last told; libFuzzer speaks ever more rarely
    status: str = "not run"  # then done, cut short or failed
    lacking: bool = False  # it failed by what the environment lacks
    seconds: float = 0.0  # spent fuzzing, in turns that are over
    executions: int = 0
    coverage: int = 0
    corpus: int = 0
    crashes: int = 0
    quiet_since: float = 0.0  # `elapsed` when something new was last found
    note: str = ""

    @property
    def running(self) -> bool:
        return self.started is not None

    @property
    def has_ended(self) -> bool:
        """It gets no further turn."""
        return self.status != "not run" or self.note != ""

    def fail(self, why: str) -> None:
        self.status, self.note = "failed", why

    def end(self, cut_short: bool) -> None:
        """The campaign is over."""
        self.started = None
        if self.status == "not run" and (self.seconds > 0 or self.note):
            self.status = "cut short" if cut_short and not self.note else "done"

    def tell(self, executions: int, coverage: int, corpus: int) -> None:
        """Takes news of its fuzzer in."""
        self.executions = executions
        self.heard = time.monotonic()
        if coverage > self.coverage or corpus > self.corpus:
            self.quiet_since = self.elapsed
        self.coverage = max(self.coverage, coverage)
        self.corpus = corpus or self.corpus

    @property
    def elapsed(self) -> float:
        """Seconds of fuzzing."""
        turn = time.monotonic() - self.started if self.started is not None else 0.0
        return self.seconds + turn

    @property
    def quiet(self) -> float:
        """Seconds of fuzzing since it found anything new."""
        return max(0.0, self.elapsed - self.quiet_since)

    @property
    def exec_per_s(self) -> int:
        turn = max(0.0, self.heard - self.started) if self.started is not None else 0.0
        spent = self.seconds + turn
        return round(self.executions / spent) if spent > 0 else 0

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{self.executions:,}",
            f"{self.exec_per_s:,}",
            f"{self.coverage:,}",
            f"{self.corpus:,}",
            f"{self.crashes:,}",
            self.note or (words.duration(self.quiet) if self.elapsed > 0 else "-"),
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
            "quiet_s": round(self.quiet, 2),
            "status": self.status,
            "note": self.note,
        }


class CampaignProgress:
    """All targets' states; drawn on a terminal, logged elsewhere."""

    def __init__(
        self, states: list[TargetState], total: float, jobs: int, crashes: Callable[[], int]
    ) -> None:
        """`total` are seconds of fuzzing, summed over all jobs; infinity: until stopped."""
        self.states, self.total, self.jobs, self.crashes = states, total, jobs, crashes
        self.began = time.monotonic()
        self.new_at = self.began
        self._seen = 0
        self.shown = Progress(self._draw, self._log_lines, stderr=False)
        self.say = self.shown.say

    def ended(self, state: TargetState) -> None:
        """Says that a target's turn has ended, where nothing is drawn."""
        if not self.shown.is_drawn:
            self.say(self._log_line(state))

    def total_line(self) -> str:
        now = time.monotonic()
        found = sum(state.coverage + state.corpus for state in self.states) + self.crashes()
        if found > self._seen:
            self._seen, self.new_at = found, now
        begun = sum(state.elapsed > 0 for state in self.states)
        executions = sum(state.executions for state in self.states)
        left = (self.total - sum(state.elapsed for state in self.states)) / self.jobs
        end = "until stopped" if left == float("inf") else f"{words.duration(max(0.0, left))} left"
        return (
            f"{begun:,} of {words.count(len(self.states), 'target')} fuzzed, "
            f"{words.count(executions, 'execution')}, "
            f"{executions / max(1e-3, now - self.began):,.0f}/s, "
            f"{words.crashes(self.crashes())}, "
            f"nothing new for {words.duration(now - self.new_at)}, {end}"
        )

    def _draw(self) -> str:
        shown = [state.cells() for state in self.states if state.running or state.crashes]
        return f"{words.columns([COLUMNS, *shown])}\n{self.total_line()}"

    def _log_lines(self) -> Iterator[str]:
        yield self.total_line()

    def _log_line(self, state: TargetState) -> str:
        name, _, rate, coverage, corpus, _, quiet = state.cells()
        return (
            f"{name}: {words.count(state.executions, 'execution')}, {rate}/s, coverage {coverage}, "
            f"corpus {corpus}, {words.crashes(state.crashes)}, nothing new for {quiet} "
            f"[{self.total_line()}]"
        )


def summary(states: list[TargetState]) -> str:
    return words.columns([COLUMNS, *(state.cells() for state in states)])
