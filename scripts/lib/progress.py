"""A line about how far a run is: what, how far, how fast, how long still."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.status import Status
from words import count

EVERY_S = 10.0  # in a log; a terminal sees it all the time


class Progress:
    def __init__(self, total: int, what: str = "interop") -> None:
        self.total = total
        self.what = what
        self.done = 0
        self.failed = 0
        self._start = self._last = time.monotonic()
        self._console = Console(stderr=True)
        self._status: Status | None = None

    def start(self) -> None:
        if self._console.is_terminal:
            self._status = self._console.status(f"{self.what}: starting")
            self._status.start()

    def stop(self) -> None:
        if self._status is not None:
            self._status.stop()

    def line(self) -> str:
        spent = max(time.monotonic() - self._start, 1e-3)
        rate = self.done / spent
        left = (self.total - self.done) / rate if rate else 0.0
        return (
            f"{self.what}: {self.done:,} of {count(self.total, 'cell')}, {self.failed:,} failed, "
            f"{rate:,.0f} a second, {left:.0f} s left"
        )

    def step(self, ok: bool) -> None:
        self.done += 1
        self.failed += not ok
        if self._status is not None:
            self._status.update(self.line())
        elif time.monotonic() - self._last >= EVERY_S:
            self._last = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)
