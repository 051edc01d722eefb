"""Runs one libFuzzer program within a time, and reads what it says about itself."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from scripts.lib.asan import start_words
from scripts.lib.paths import DICTIONARY, ROOT
from scripts.lib.presets import fuzzer

INPUT_TIMEOUT_S = 10
MEMORY_LIMIT_MB = 2048
GRACE_S = INPUT_TIMEOUT_S + 5  # from asking a fuzzer to end until it is killed
START_S = 300  # until it has read its corpus, on a machine that is busy with other things
LINES_KEPT = 2000  # of output, at its begin and at its end
# Longest inputs: a few KiB reach all there is, except where a length field is about more.
MAX_LEN = 4096
MAX_LENS = {
    "record": 5 + 16384 + 2048 + 1,
    "recording": 1 << 15,
    "decode": 1 << 14,
    "end_options": 1 << 13,  # two certificates and keys in hexadecimal
}
MAX_LEN_CERTIFICATES = 16384


def max_len(target: str) -> int:
    """The longest input that is tried on a target, in bytes."""
    if target.startswith(("certificate", "compressed_certificate")):
        return MAX_LEN_CERTIFICATES
    return MAX_LENS.get(target, MAX_LEN)


def symbolizer() -> str | None:
    """llvm-symbolizer, under the name it has here."""
    names = ["llvm-symbolizer", *(f"llvm-symbolizer-{version}" for version in range(25, 13, -1))]
    return next((path for path in map(shutil.which, names) if path), None)


def environment(fuzzes: bool = False) -> dict[str, str]:
    """The environment of a fuzzer: readable stacks, and little memory held back.

    A target frees little in one execution, so a large quarantine of freed memory would only cost
    time. While it fuzzes, whole stacks of who allocated would take a third of the time of targets
    that play scripts; what crashes is run again with them.
    """
    asan = ["quarantine_size_mb=16", "dedup_token_length=3"]
    if fuzzes:
        asan.append("malloc_context_size=2")
    found = symbolizer()
    if found:
        asan.append(f"external_symbolizer_path='{found}'")
    ubsan = ["print_stacktrace=1"]
    theirs = {name: os.environ.get(name, "") for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return {
        **os.environ,
        "ASAN_OPTIONS": ":".join([*asan, theirs["ASAN_OPTIONS"]]).rstrip(":"),
        "UBSAN_OPTIONS": ":".join([*ubsan, theirs["UBSAN_OPTIONS"]]).rstrip(":"),
    }


@dataclass
class Status:
    """What a fuzzer last said about itself."""

    executions: int = 0
    exec_per_s: int = 0
    coverage: int = 0
    corpus: int = 0
    has_begun: bool = False  # it has read its corpus; before that it does not end when it is asked

    def read(self, line: str) -> bool:
        """Takes a line of output in; whether it was about the status."""
        final = re.match(r"stat::number_of_executed_units:\s*(\d+)", line)
        if final:
            self.executions = int(final[1])
            return True
        average = re.match(r"stat::average_exec_per_sec:\s*(\d+)", line)
        if average:
            self.exec_per_s = int(average[1])
            return True
        if not re.match(r"#\d+\s", line):
            return False
        self.has_begun = self.has_begun or not re.match(r"#\d+\s+(?:READ|pulse)\b", line)
        for name, pattern in STATUS_FIELDS.items():
            match = re.search(pattern, line)
            if match:
                setattr(self, name, int(match[1]))
        return True


STATUS_FIELDS = {
    "executions": r"^#(\d+)",
    "exec_per_s": r"exec/s: (\d+)",
    "coverage": r"cov: (\d+)",
    "corpus": r"corp: (\d+)",
}


@dataclass
class Run:
    """A fuzzer's run, while it goes and after."""

    command: list[str]
    status: Status = field(default_factory=Status)
    head: list[str] = field(default_factory=list)  # lines of output: the first ones,
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))  # the last ones
    artifact: bytes | None = None  # the input that ended the run, if one did
    returncode: int | None = None
    seconds: float = 0.0
    stopped: bool = False  # it was asked to end

    @property
    def lines(self) -> list[str]:
        return [*self.head, *self.tail]

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def end(self) -> str:
        """How the process ended, in words."""
        code = self.returncode
        return f"killed by {signal.Signals(-code).name}" if code and code < 0 else f"status {code}"


class Process:
    """A fuzzer that runs: ended gently when its time is up, by force when it does not listen.

    Its time begins when it has read its corpus, however long the machine took for that.
    """

    def __init__(self, process: subprocess.Popen[str], run: Run, seconds: float | None) -> None:
        self.process, self.run, self.seconds = process, run, seconds
        self.timers: list[threading.Timer] = []
        self.begun = False

    def kill_in(self, seconds: float) -> None:
        self._later(seconds, self.kill)

    def begin(self) -> None:
        if self.begun or self.seconds is None:
            return
        self.begun = True
        self._cancel()
        self._later(self.seconds, self.ask)

    def ask(self) -> None:
        self.run.stopped = True
        if self.seconds is None:  # it has nothing to tell
            return self.kill()
        self.process.send_signal(signal.SIGUSR1)
        self.kill_in(GRACE_S)

    def kill(self) -> None:
        """Ends it and what it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> None:
        self._cancel()
        self.kill()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        self.timers.append(timer)
        timer.start()

    def _cancel(self) -> None:
        for timer in self.timers:
            timer.cancel()


class Group:
    """The fuzzers of a campaign that run now, so that all can be asked to end."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self._running: set[Process] = set()
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """An input on which one of them is failing just now is still written."""
        with self._lock:
            self.cancelled.set()
            for process in self._running:
                process.ask()

    def add(self, process: Process) -> None:
        with self._lock:
            self._running.add(process)
            if self.cancelled.is_set():
                process.ask()

    def remove(self, process: Process) -> None:
        with self._lock:
            self._running.discard(process)


def run(
    target: str,
    arguments: Sequence[str | Path],
    seconds: float | None = None,
    *,
    limit_s: float = START_S,
    on_status: Callable[[Status], None] | None = None,
    group: Group | None = None,
    prefix: Sequence[str] = (),
    program: str | Path = "",
    cwd: Path = ROOT,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """Runs a target's fuzzer; after `seconds` of fuzzing it is asked to end.

    It is killed after `limit_s` where it has not even begun, or is not to fuzz (`seconds` None).
    `on_status` is called with news. `prefix` are words before the command, such as taskset's;
    `program` stands for the target's fuzzer, `variables` are added to its environment.
    The input that fails goes into memory that it shares with us, and so is there whatever the
    paths, the permissions and the disks are like.
    """
    with open(os.memfd_create(f"input of {target}"), "rb") as artifact:
        options = [f"-exact_artifact_path=/proc/self/fd/{artifact.fileno()}"]
        if seconds is not None:  # if nobody is left to ask
            options.append(f"-max_total_time={int(limit_s + seconds + GRACE_S)}")
        words = [*start_words(), *prefix, program or fuzzer(target), *options, *arguments]
        result = Run(list(map(str, words)))
        started = time.monotonic()
        with subprocess.Popen(
            result.command,
            cwd=cwd,
            env={
                **environment(fuzzes=seconds is not None),
                "TMPDIR": ".",
                **(variables or {}),
            },  # that of minimising; libFuzzer quotes no path
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            pass_fds=[artifact.fileno()],
            start_new_session=True,  # an interrupt from the terminal is for the caller to deal with
        ) as popen:
            process = Process(popen, result, seconds)
            process.kill_in(limit_s)
            group = group or Group()
            group.add(process)
            try:
                _read(process, on_status)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    popen.wait(GRACE_S)
            finally:
                group.remove(process)
                process.end()
        result.returncode = popen.returncode
        result.seconds = time.monotonic() - started
        result.artifact = _artifact(artifact, result)
        return result


def _artifact(file: IO[bytes], result: Run) -> bytes | None:
    """The input that failed; of one without bytes only the output tells."""
    content = file.read()
    written = any("Test unit written to" in line for line in result.lines)
    return content if content or written else None


def _read(process: Process, on_status: Callable[[Status], None] | None) -> None:
    run, output = process.run, process.process.stderr
    assert output is not None
    for line in output:
        if run.status.read(line):
            if run.status.has_begun:
                process.begin()
            if on_status is not None:
                on_status(run.status)
        else:
            (run.head if len(run.head) < LINES_KEPT else run.tail).append(line)


def replay_arguments(target: str) -> list[str]:
    """Options where inputs are run as they are. They have no path: libFuzzer hands them to itself
    through a shell, and quotes nothing."""
    return [
        f"-max_len={max_len(target)}",
        f"-timeout={INPUT_TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_LIMIT_MB}",
    ]


def fuzz_arguments(target: str) -> list[str]:
    """Options that every campaign and measurement gives.

    Off is what costs more than it brings where an input takes 3 microseconds: looking for smaller
    inputs with the same features (a fifth of the speed; inputs are small already), and weighing
    inputs by the rarity of their features (a tenth).
    """
    return [
        *replay_arguments(target),
        f"-dict={DICTIONARY}",
        "-fork=0",
        "-reduce_inputs=0",
        "-entropic=0",
        "-len_control=100",  # inputs grow slowly, also where there is a mutator of our own
        "-print_final_stats=1",
        f"-report_slow_units={10 * INPUT_TIMEOUT_S}",  # never: what is too slow is a timeout
    ]
