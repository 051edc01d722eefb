"""Configures and builds preset `dev`, quietly where nothing is to be done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from rich.console import Console

from interop.axes import ROOT
from interop.peers import shakedown

CONFIGURE_LIMIT_S = 120.0
BUILD_LIMIT_S = 1800.0
CONFIGURE = ["cmake", "--preset", "dev"]
BUILD = ["cmake", "--build", "--preset", "dev"]
TAIL = 40


class Stop(Exception):
    """Ends the program: `status` is its exit code, the text goes to stderr."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def ensure_program() -> None:
    """Builds the program, unless SHAKEDOWN names one."""
    if os.environ.get("SHAKEDOWN"):
        if not shutil.which(str(shakedown())):
            raise Stop(3, f"SHAKEDOWN: there is no program {shakedown()}")
        return
    for tool in ("cmake", "ninja"):
        if shutil.which(tool) is None:
            raise Stop(3, f"{tool} is missing; scripts/setup installs it")
    _configure()
    _build()
    if not shutil.which(str(shakedown())):
        raise Stop(3, f"{' '.join(BUILD)} made no {shakedown()}")


def _configure() -> None:
    try:
        done = subprocess.run(
            CONFIGURE, cwd=ROOT, capture_output=True, text=True, timeout=CONFIGURE_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise Stop(3, f"configuring does not end: {' '.join(CONFIGURE)}") from None
    if done.returncode != 0:
        raise Stop(3, f"{done.stdout}{done.stderr}configuring failed: {' '.join(CONFIGURE)}")


def _build() -> None:
    """A terminal sees how far it is, a log one line."""
    console = Console(stderr=True)
    output: list[str] = []
    with subprocess.Popen(
        BUILD, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        with console.status("building") as status:
            for line in process.stdout:
                output.append(line)
                step = re.match(r"\[(\d+)/(\d+)\] ", line)
                if step and console.is_terminal:
                    status.update(f"building: {step[1]} of {step[2]}")
                elif step and step[1] == "1":
                    print(f"interop: building, {step[2]} steps", file=sys.stderr, flush=True)
        try:
            code = process.wait(timeout=BUILD_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Stop(3, f"the build does not end: {' '.join(BUILD)}") from None
    if code != 0:
        raise Stop(1, f"{''.join(output[-TAIL:])}building failed: {' '.join(BUILD)}")
