"""Running other programs, and waiting for them as long as they get on, however busy the machine is.

A limit is of the processor time that a program and all it has started may use, which does not
depend on what else the machine does. Blocked ones use none, and are given up after IDLE_S.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from scripts.lib.exits import INTERRUPTS, Stop, ignore_interrupts

IDLE_S = 900.0
IDLE_SHARE = 0.002  # of one core; who uses less than that waits for something
POLL_S = 0.5
CONCLUDE_S = 60.0  # for an interrupted program to end its own, and to say how far it came
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class GivenUp(Stop):
    """A program was ended; the text says why. What it had written until then is kept."""

    def __init__(self, text: str) -> None:
        super().__init__(1, text)
        self.stdout = self.stderr = ""


def cpu_seconds(*pids: int) -> float:
    """Seconds of processor time of processes, of all that they have started, and of what these have
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
    waiting, total = list(pids), 0
    while waiting:
        number = waiting.pop()
        total += ticks.get(number, 0)
        waiting += children[number]
    return total * TICK_S


def on_one_core() -> list[str]:
    """Words before a command that keep it on one core, where taskset is there."""
    core = max(os.sched_getaffinity(0))
    return ["taskset", "-c", str(core)] if shutil.which("taskset") else []


class Watch:
    """Tells when to stop waiting for programs (`pids`): when they have used more than `limit_s` of
    processor time, or next to none for `idle_s`."""

    def __init__(self, limit_s: float, idle_s: float = IDLE_S, *pids: int) -> None:
        self.pids = list(pids)
        self.why = ""
        self._limit_s, self._idle_s = limit_s, idle_s
        self._spent = 0.0
        self.begin()

    def begin(self) -> None:
        """Starts a wait: idle time is counted from now on."""
        self._since = time.monotonic()

    def over(self) -> str:
        """Why to stop waiting, which `why` keeps; "" to go on."""
        now, spent = time.monotonic(), cpu_seconds(*self.pids)
        if spent > self._limit_s:
            self.why = f"not done after {spent:.0f} s of processor time"
        elif abs(spent - self._spent) > IDLE_SHARE * self._idle_s:  # it is less once one has ended
            self._since, self._spent = now, spent
        elif now - self._since > self._idle_s:
            self.why = f"it has done nothing for {now - self._since:.0f} s"
        return self.why


def wait(process: subprocess.Popen[Any], limit_s: float, idle_s: float = IDLE_S) -> int:
    """Its exit status. GivenUp where it has used more than `limit_s`, or does nothing; it then
    still runs."""
    watch = Watch(limit_s, idle_s, process.pid)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_S)
        if why := watch.over():
            raise GivenUp(f"{why}; ended")


@contextlib.contextmanager
def started(
    command: Sequence[str], gently: bool, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """A program in a session of its own, which is killed when the context ends. If we are
    interrupted it is killed, or told to end if `gently`. Interruptions wait until Popen has
    returned: a process whose id is not known could not be killed."""
    held: list[tuple[int, Any]] = []
    handlers: dict[int, Callable[..., Any]] = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {
            number: handler
            for number in INTERRUPTS
            if callable(handler := signal.getsignal(number))
        }
    for number in handlers:
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
    command: Sequence[str],
    limit_s: float,
    idle_s: float = IDLE_S,
    given: str = "",
    errors: str = "surrogateescape",
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, with `given` as its input, and keeps its output. `errors`: what
    becomes of bytes in it that are no UTF-8."""
    streams = [tempfile.TemporaryFile() for _ in range(3)]
    with streams[0] as stdin, streams[1] as stdout, streams[2] as stderr:
        stdin.write(given.encode())
        stdin.seek(0)
        files = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
        try:
            with started(command, False, **files, **options) as process:
                wait(process, limit_s, idle_s)
        except GivenUp as why:
            why.stdout, why.stderr = _content(stdout, errors), _content(stderr, errors)
            raise
        texts = _content(stdout, errors), _content(stderr, errors)
    return subprocess.CompletedProcess(command, process.returncode, *texts)


def _content(file: IO[bytes], errors: str) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors)


def run_attached(command: Sequence[str], limit_s: float, **options: Any) -> int:
    """Runs a program whose output is passed through; its exit status. An interruption is passed on
    once, as Ctrl-C is, and the program may still print its result."""
    with started(command, True, stdin=None, **options) as process:
        return wait(process, limit_s)


def end_if_stuck(process: subprocess.Popen[Any], limit_s: float) -> None:
    """For a thread, while another reads the output: ends the process when it reaches its limit."""
    try:
        wait(process, limit_s)
    except GivenUp as why:
        print(why, file=sys.stderr)
        kill(process)


def interrupt(process: subprocess.Popen[Any]) -> None:
    """Ends the leader of a session as Ctrl-C does, and waits for that."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # then it ignores it, too
    ignore_interrupts()
    _signal(process, signal.SIGTERM if ignored else signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(CONCLUDE_S)


def kill(process: subprocess.Popen[Any]) -> None:
    """Kills the leader of a session, and all that is in the session."""
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
