"""Runs the steps of scripts/test and scripts/run; keeps their times and counts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out"


@dataclass
class Step:
    """What a step did. `failed` counts at least one where the command itself failed."""

    name: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0


def run(name: str, command: list[str], timeout_s: float, env: dict[str, str] | None = None) -> int:
    """Runs a command from the root, bounded, its output passed through. Returns its exit code."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    try:
        return subprocess.run(
            command, cwd=ROOT, timeout=timeout_s, env={**os.environ, **(env or {})}, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"{name}: not done after {timeout_s:.0f} s; ended", file=sys.stderr)
        return 1


def junit_counts(file: Path) -> tuple[int, int]:
    """Passed and failed cases of a JUnit file; what was skipped counts as failed and is named."""
    passed = failed = 0
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        if bad:
            failed += 1
            print(f"{bad[0]}: {case.get('classname', '')} {case.get('name')}", file=sys.stderr)
        else:
            passed += 1
    return passed, failed


def counted(name: str, command: list[str], junit: Path, timeout_s: float) -> Step:
    """Runs a command that writes `junit`, and counts its cases; none at all is a failure."""
    start = time.monotonic()
    junit.parent.mkdir(parents=True, exist_ok=True)
    junit.unlink(missing_ok=True)
    code = run(name, command, timeout_s)
    passed, failed = junit_counts(junit) if junit.is_file() else (0, 0)
    if (code != 0 and failed == 0) or passed + failed == 0:
        failed += 1
    return Step(name, passed, failed, time.monotonic() - start)


def single(
    name: str, command: list[str], timeout_s: float, env: dict[str, str] | None = None
) -> Step:
    """Runs a command that is one test."""
    start = time.monotonic()
    code = run(name, command, timeout_s, env)
    return Step(name, int(code == 0), int(code != 0), time.monotonic() - start)


def finish(steps: list[Step]) -> int:
    """Prints the steps and the closing line; returns the exit code."""
    print()
    for step in steps:
        counts = f"{step.passed:>6} passed {step.failed:>4} failed"
        print(f"{step.name:<34} {counts} {step.seconds:>7.1f} s")
    passed = sum(step.passed for step in steps)
    failed = sum(step.failed for step in steps)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1
