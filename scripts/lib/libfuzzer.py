"""Runs one libFuzzer program within a time, and reads what it says about itself."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from preset import fuzzer
from tables import ROOT

DICTIONARY = ROOT / "corpora" / "dictionaries" / "tls.dict"
INPUT_TIMEOUT_S = 10
MEMORY_LIMIT_MB = 2048
GRACE_S = INPUT_TIMEOUT_S + 5  # from asking a fuzzer to end until it is killed
OUTPUT_LINES_KEPT = 4000
# Longest inputs: a few KiB reach all there is, except where a length field is about more.
MAX_LEN = 4096
MAX_LENS = {"record": 5 + 16384 + 2048 + 1}
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


def environment() -> dict[str, str]:
    """The environment of a fuzzer: readable stacks, and little memory held back.

    The targets allocate nothing, so a large quarantine of freed memory would only cost time.
    """
    asan = ["quarantine_size_mb=16", "dedup_token_length=3"]
    found = symbolizer()
    if found:
        asan.append(f"external_symbolizer_path={found}")
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
    lines: list[str] = field(default_factory=list)
    returncode: int | None = None
    seconds: float = 0.0
    stopped: bool = False  # it was asked to end

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def artifact(self) -> Path | None:
        """The input that ended the run, if one did."""
        found = re.findall(r"Test unit written to (\S+)", self.output)
        ended = [path for path in found if not Path(path).name.startswith("slow-unit-")]
        return Path(ended[-1]) if ended else None


class Stopper:
    """Ends a process gently when its time is up, and by force when it does not listen."""

    def __init__(self, process: subprocess.Popen[str], run: Run, seconds: float) -> None:
        self.process, self.run = process, run
        self.timers = [
            threading.Timer(seconds, self.ask),
            threading.Timer(seconds + GRACE_S, process.kill),
        ]
        for timer in self.timers:
            timer.daemon = True
            timer.start()

    def ask(self) -> None:
        self.run.stopped = True
        self.process.send_signal(signal.SIGUSR1)

    def cancel(self) -> None:
        for timer in self.timers:
            timer.cancel()


def run(
    target: str,
    arguments: Sequence[str | Path],
    seconds: float,
    on_status: Callable[[Status], None] | None = None,
    processes: set[subprocess.Popen[str]] | None = None,
    prefix: Sequence[str] = (),
) -> Run:
    """Runs a target's fuzzer; after `seconds` it is asked to end.

    `on_status` is called with news. The process is in `processes` while it lives, so that an
    interrupted caller can end it. `prefix` are words before the command, such as taskset's.
    """
    options = list(map(str, arguments))
    if not any(option.startswith("-max_total_time=") for option in options):
        options.insert(0, f"-max_total_time={int(seconds) + GRACE_S}")  # if nobody is left to ask
    result = Run([*prefix, str(fuzzer(target)), *options])
    started = time.monotonic()
    with subprocess.Popen(
        result.command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # an interrupt from the terminal is for the caller to deal with
    ) as process:
        if processes is not None:
            processes.add(process)
        stopper = Stopper(process, result, seconds)
        try:
            _read(process, result, on_status)
            result.returncode = process.wait(timeout=GRACE_S)
        finally:
            stopper.cancel()
            process.kill()
            if processes is not None:
                processes.discard(process)
    result.seconds = time.monotonic() - started
    return result


def _read(
    process: subprocess.Popen[str], result: Run, on_status: Callable[[Status], None] | None
) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if result.status.read(line):
            if on_status is not None:
                on_status(result.status)
        elif len(result.lines) < OUTPUT_LINES_KEPT:
            result.lines.append(line)


def fuzz_arguments(target: str) -> list[str]:
    """Options that every campaign and measurement gives.

    Off is what costs more than it brings where an input takes 3 microseconds: looking for smaller
    inputs with the same features (a fifth of the speed; inputs are small already), and weighing
    inputs by the rarity of their features (a tenth).
    """
    return [
        f"-max_len={max_len(target)}",
        f"-timeout={INPUT_TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_LIMIT_MB}",
        f"-dict={DICTIONARY}",
        "-fork=0",
        "-reduce_inputs=0",
        "-entropic=0",
        "-print_final_stats=1",
    ]
