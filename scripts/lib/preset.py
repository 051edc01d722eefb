"""Configuring and building preset `fuzz`, quietly where nothing is to be done."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from tables import ROOT

BUILD = ROOT / "build" / "fuzz"
PROGRAMS = BUILD / "fuzz"
CONFIGURE_LIMIT_S = 120
BUILD_LIMIT_S = 1800


class Stop(Exception):
    """Ends a script: `status` is its exit code, the text goes to stderr."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def program(target: str) -> Path:
    """The fuzzer of a target, or `fuzz_replay`."""
    return PROGRAMS / target


def build(targets: Sequence[str] = ()) -> None:
    """Builds the fuzzers of `targets` (none: of all) and fuzz_replay."""
    for tool in ("clang", "cmake", "ninja"):
        if shutil.which(tool) is None:
            raise Stop(3, f"{tool} is missing; scripts/setup installs it")
    if not (BUILD / "build.ninja").exists():
        _configure()
    wanted = [f"fuzz_{target}" for target in targets] + ["fuzz_replay"] if targets else ["fuzz_all"]
    _make(["cmake", "--build", str(BUILD), "--target", *wanted])


def _configure() -> None:
    command = ["cmake", "--preset", "fuzz"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=CONFIGURE_LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout}\nconfiguring failed: {' '.join(command)}")


def _make(command: list[str]) -> None:
    """Runs the build. A terminal sees its progress, a log one line."""
    console = Console(stderr=True)
    output: list[str] = []
    said = False
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        with console.status("building the fuzz targets") as status:
            for line in process.stdout:
                output.append(line)
                step = re.match(r"\[(\d+)/(\d+)\] (?:Building|Linking)", line)
                if step is None:
                    continue
                if console.is_terminal:
                    status.update(f"building the fuzz targets: {step[1]} of {step[2]}")
                elif not said:
                    said = True
                    print(f"building the fuzz targets: {step[2]} steps", file=sys.stderr)
        try:
            code = process.wait(timeout=BUILD_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Stop(1, f"the build does not end: {' '.join(command)}") from None
    if code != 0:
        raise Stop(1, f"{''.join(output[-40:])}\nbuilding failed: {' '.join(command)}")
