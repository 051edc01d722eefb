"""Waiting for other programs: as long as they get on, however busy the machine is.

A limit is of the processor time that a program and all it has started may use, which does not
depend on what else the machine does. Blocked ones use none, and are given up after IDLE_S.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.lib.exits import INTERRUPTS, Stop, ignore_interrupts

IDLE_S = 900.0
IDLE_SHARE = 0.002  # of one core; who uses less than that waits for something
POLL_S = 0.5
CONCLUDE_S = 60.0  # for an interrupted program to end its own, and to say how far it came
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class GivenUp(Stop):
    """A program was ended; the text says why."""

    def __init__(self, text: str) -> None:
        super().__init__(1, text)


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time of a process, of all that it has started, and of what they have
    waited for."""
    ticks: dict[int, int] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            # proc(5): after the name in brackets, ppid is field 4, utime to cstime 14 to 17.
            fields = path.read_bytes().rpartition(b")")[2].split()
            number = int(path.parent.name)
            ticks[number] = sum(map(int, fields[11:15]))
            children[int(fields[1])].append(number)
    waiting, total = [pid], 0
    while waiting:
        number = waiting.pop()
        total += ticks.get(number, 0)
        waiting += children[number]
    return total * TICK_S


def wait(process: subprocess.Popen[Any], limit_s: float, idle_s: float = IDLE_S) -> int:
    """Its exit status. GivenUp where it has used more than `limit_s`, or waits for ever; it then
    still runs."""
    begun, before = time.monotonic(), 0.0
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_S)
        now, spent = time.monotonic(), cpu_seconds(process.pid)
        if spent > limit_s:
            raise GivenUp(f"not done after {spent:.0f} s of processor time; ended")
        if spent - before > IDLE_SHARE * idle_s:
            begun, before = now, spent
        elif now - begun > idle_s:
            raise GivenUp(f"it has done nothing for {now - begun:.0f} s; ended")


@contextlib.contextmanager
def started(command: list[str], gently: bool, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A program in a session of its own, of which nothing is left afterwards. If we are interrupted
    it is killed, or `gently` told to end. Between its start and our knowing of it nothing
    interrupts us: else it would be left."""
    held: list[tuple[int, Any]] = []
    handlers = {number: signal.getsignal(number) for number in INTERRUPTS}
    if threading.current_thread() is not threading.main_thread():
        handlers = {}
    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, lambda *how: held.append(how))
    process = None
    try:
        try:
            options = {"stdin": subprocess.DEVNULL, **options}
            process = subprocess.Popen(command, start_new_session=True, **options)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        for number, frame in held:
            handlers[number](number, frame)
        yield process
    except KeyboardInterrupt:
        if process is not None and gently:
            interrupt(process)
        raise
    finally:
        if process is not None:
            kill(process)
            with process:  # closes its streams, and waits for it
                pass


def run(
    command: list[str], limit_s: float, idle_s: float = IDLE_S, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end and keeps its output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with started(command, False, stdout=out, stderr=err, **options) as process:
            wait(process, limit_s, idle_s)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "surrogateescape"))
    return subprocess.CompletedProcess(command, process.returncode, *texts)


def run_attached(command: list[str], limit_s: float, **options: Any) -> int:
    """Runs a program whose output is passed through; its exit status. An interruption is passed on
    once, as Ctrl-C is; what it then still has to say, it says."""
    with started(command, True, stdin=None, **options) as process:
        return wait(process, limit_s)


def end_if_stuck(process: subprocess.Popen[Any], limit_s: float) -> None:
    """For a thread, while another one reads the output: ends the process where it must be."""
    try:
        wait(process, limit_s)
    except GivenUp as why:
        print(why, file=sys.stderr)
        kill(process)


def interrupt(process: subprocess.Popen[Any]) -> None:
    """Has a process that leads a session end as by Ctrl-C, and waits for that."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # then it ignores it, too
    ignore_interrupts()
    _signal(process, signal.SIGTERM if ignored else signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(CONCLUDE_S)


def kill(process: subprocess.Popen[Any]) -> None:
    """Ends a process that leads a session, and all that is in it."""
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
