"""Shows how far a run is: what, how far, how fast, how long still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

LOG_EVERY_S = 10.0
REDRAWS_PER_S = 4


class Progress:
    """A context in which a thread shows what `draw` returns: over and over on a terminal, every
    LOG_EVERY_S elsewhere, where `log` may return other lines."""

    def __init__(
        self,
        draw: Callable[[], str],
        log: Callable[[], Iterable[str]] | None = None,
        stderr: bool = True,
    ) -> None:
        from rich.console import Console  # here, since --help works without it

        self._draw = draw
        self._log = log or (lambda: [draw()])
        self._console = Console(stderr=stderr)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def is_drawn(self) -> bool:
        return self._console.is_terminal

    def say(self, text: str) -> None:
        """Prints a line for good."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _run(self) -> None:
        if self.is_drawn:
            self._redraw()
            return
        while not self._stop.wait(LOG_EVERY_S):
            for line in self._log():
                self.say(line)

    def _redraw(self) -> None:
        from rich.live import Live
        from rich.text import Text

        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while not self._stop.wait(1 / REDRAWS_PER_S):
                # Cut at the right where the terminal is narrow: names are whole.
                live.update(Text(self._draw(), no_wrap=True, overflow="crop"), refresh=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._thread.join()
