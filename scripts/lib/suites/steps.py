"""Runs the steps of scripts/test and scripts/run; keeps their times and counts."""

from __future__ import annotations

import os
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.exits import INTERRUPTED
from scripts.lib.paths import ROOT
from scripts.lib.processes import GivenUp, run_attached
from scripts.lib.words import count


@dataclass
class Step:
    """A command, and what came of it. Without `junit` it is one test."""

    name: str
    command: list[str]
    limit_s: float  # of each processor
    junit: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    needs: Step | None = None  # without which it is not run
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    ended: bool = False
    why: str = ""  # it did not run

    @property
    def good(self) -> bool:
        return self.ended and self.failed == 0

    def run(self) -> None:
        start = time.monotonic()
        if self.junit is not None:
            self.junit.parent.mkdir(parents=True, exist_ok=True)
            self.junit.unlink(missing_ok=True)
        code = run(self.name, self.command, self.limit_s, self.env)
        self.seconds = time.monotonic() - start
        self.ended = True
        if self.junit is None:
            self.passed, self.failed = int(code == 0), int(code != 0)
            return
        self.passed, self.failed = junit_counts(self.junit)
        if (code != 0 and self.failed == 0) or self.passed + self.failed == 0:
            self.failed += 1  # the command itself, or none at all

    def line(self) -> str:
        if not self.ended:
            return f"{self.name:<34} {self.why}"
        counts = f"{self.passed:>6,} passed {self.failed:>4,} failed"
        return f"{self.name:<34} {counts} {self.seconds:>7.1f} s"


def run(name: str, command: list[str], limit_s: float, env: dict[str, str] | None = None) -> int:
    """Runs a command from the root, its output passed through. Returns its exit code. It may use
    `limit_s` seconds of each processor."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    cores = len(os.sched_getaffinity(0))
    try:
        return run_attached(command, limit_s * cores, cwd=ROOT, env={**os.environ, **(env or {})})
    except GivenUp as why:
        print(f"{name}: {why}", file=sys.stderr)
        return 1


def junit_counts(file: Path) -> tuple[int, int]:
    """Passed and failed cases of a JUnit file, which may be missing or broken off; what was skipped
    counts as failed and is named."""
    passed = failed = 0
    try:
        root = ElementTree.parse(file).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 0, 0
    for case in root.iter("testcase"):
        bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        if bad:
            failed += 1
            print(f"{bad[0]}: {case.get('classname', '')} {case.get('name')}", file=sys.stderr)
        else:
            passed += 1
    return passed, failed


def run_all(steps: Sequence[Step]) -> int:
    """Runs the steps, prints what came of them and the closing line; returns the exit code."""
    interrupted = False
    try:
        for step in steps:
            if step.needs is not None and not step.needs.good:
                step.why = f"not run: {step.needs.name} failed"
            else:
                step.why = "interrupted"
                step.run()
    except KeyboardInterrupt:
        interrupted = True
    print()
    for step in steps:
        step.why = step.why or "not run"
        print(step.line())
    return conclude(steps, interrupted)


def conclude(steps: Sequence[Step], interrupted: bool) -> int:
    missing = sum(not step.ended for step in steps)
    parts = [f"{sum(step.passed for step in steps):,} passed"]
    failed = sum(step.failed for step in steps)
    parts.append(f"{failed:,} failed")
    if missing:
        parts.append(f"{count(missing, 'step')} of {len(steps)} not run to the end")
    print(f"{'interrupted: ' if interrupted else ''}{', '.join(parts)}")
    if interrupted:
        return INTERRUPTED
    return 1 if failed or missing else 0
