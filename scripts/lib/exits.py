"""How a script ends: by its exit code, a Stop with a reason, an interruption or a closed pipe."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # as a shell has it for Ctrl-C


class Stop(Exception):
    """Ends a script: `status` is its exit code, the text goes to stderr."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def _interrupt(number: int, _: object) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)


def ignore_interrupts() -> None:
    """Ignores further interruptions while the result of an interrupted run is printed. What follows
    must be short."""
    for number in INTERRUPTS:
        signal.signal(number, lambda *_: None)


def restore_interrupts() -> None:
    """For tests that interrupt what they start: a program that a shell starts in the background
    ignores SIGINT, and so do its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run_main(name: str, main: Callable[[], int]) -> NoReturn:
    """Runs `main`, and exits with what it returns. SIGTERM and SIGHUP interrupt it as Ctrl-C does,
    so that it can end its children and say how far it came."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):  # paths may hold bytes that are no UTF-8
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")
    try:
        code = main()
        sys.stdout.flush()
    except Stop as stop:
        print(f"{name}: {stop}", file=sys.stderr)
        code = stop.status
    except KeyboardInterrupt as how:
        print(f"{name}: interrupted{f' ({how})' if how.args else ''}", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:  # of `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
