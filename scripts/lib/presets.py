"""Configuring and building a preset of CMakePresets.json, quietly where nothing is to be done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from scripts.lib import processes
from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT

CONFIGURE_LIMIT_S = 120  # of processor time, as all limits
BUILD_LIMIT_S = 1800  # of each processor
TAIL = 40  # lines of a build that failed


def fuzzer(target: str) -> Path:
    """The fuzzer of a target, or `fuzz_replay`."""
    return ROOT / "build" / "fuzz" / "fuzz" / target


def build_fuzzers(targets: Sequence[str] = ()) -> None:
    """Builds the fuzzers of `targets` (none: of all) and fuzz_replay."""
    wanted = [f"fuzz_{target}" for target in targets] + ["fuzz_replay"] if targets else ["fuzz_all"]
    build("fuzz", wanted, "clang")


def build(preset: str, targets: Sequence[str] = (), *tools: str) -> None:
    """Builds the targets (none: all) of a preset, for which these tools are needed too."""
    for tool in ("cmake", "ninja", *tools):
        if shutil.which(tool) is None:
            raise Stop(3, f"{tool} is missing; scripts/setup installs it")
    if not (ROOT / "build" / preset / "build.ninja").exists():
        configure(preset)
    more = ["--target", *targets] if targets else []
    _make(preset, ["cmake", "--build", "--preset", preset, *more])


def configure(preset: str) -> None:
    command = ["cmake", "--preset", preset]
    done = processes.run(command, CONFIGURE_LIMIT_S, cwd=ROOT)
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout}{done.stderr}\nconfiguring failed: {' '.join(command)}")


def _make(preset: str, command: list[str]) -> None:
    """Runs the build. A terminal sees its progress, a log one line."""
    from rich.console import Console  # here, since --help works without it

    console = Console(stderr=True)
    output: list[str] = []
    what = f"building preset {preset}"
    said = False
    with processes.started(
        command,
        True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as process:
        assert process.stdout is not None
        limit_s = BUILD_LIMIT_S * len(os.sched_getaffinity(0))
        threading.Thread(
            target=processes.end_if_stuck, args=(process, limit_s), daemon=True
        ).start()
        with console.status(what) as status:
            for line in process.stdout:
                output.append(line)
                step = re.match(r"\[(\d+)/(\d+)\] (?:Building|Linking)", line)
                if step is None:
                    continue
                if console.is_terminal:
                    status.update(f"{what}: {step[1]} of {step[2]}")
                elif not said:
                    said = True
                    print(f"{what}: {step[2]} steps", file=sys.stderr, flush=True)
        code = process.wait()
    if code != 0:
        raise Stop(1, f"{''.join(output[-TAIL:])}\nbuilding failed: {' '.join(command)}")
