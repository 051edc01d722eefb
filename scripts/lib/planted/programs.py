"""What may find a planted fault: fuzz targets, and the programs of fuzz/planted/programs.toml."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes, tree_copy
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop
from scripts.lib.fuzz import libfuzzer
from scripts.lib.paths import ROOT
from scripts.lib.planted.patches import PLANTED, Fault

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

COPY = ROOT / "build" / "planted" / "tree"
PRESET = "fuzz"  # with sanitizers, and live assertions
BUILD = COPY / "build" / PRESET
BUILD_LIMIT_S = 3600
CLOCK = 20  # a limit of the clock is so many times that of the processor
SANITIZER = re.compile(r"^SUMMARY: (.*)|^.*(libFuzzer: (?:timeout|out-of-memory).*)", re.MULTILINE)
ALARM = re.compile(r"^.*?(alarm.*)", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """Whether a target has found a fault, by what, and after which time of the processor."""

    found: bool
    by: str
    seconds: float


@dataclass(frozen=True)
class Program:
    """A target: what is built, its command for a limit in seconds, and how it tells what it found."""

    name: str
    build: str
    command: Callable[[int, int, Path], list[str]]  # of seconds, a seed and a folder of its own
    says: re.Pattern[str]

    def run(self, seconds: int, seed: int) -> Result:
        """Runs it to its end, or until it has used `seconds` of the processor."""
        with tempfile.TemporaryDirectory() as folder:
            command = [*start_words(), *processes.on_one_core()]
            command += self.command(seconds * CLOCK, seed, Path(folder))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            try:
                done = processes.run(command, seconds, cwd=folder, env=libfuzzer.environment())
                status, output = done.returncode, done.stdout + done.stderr
            except processes.GivenUp as why:
                status, output = 0, why.stdout + why.stderr
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Result(status != 0, self._said(status, output) if status != 0 else "", spent)

    def _said(self, status: int, output: str) -> str:
        for pattern in (SANITIZER, self.says):
            match = pattern.search(output)
            if match:
                return next(group for group in match.groups() if group is not None).strip()
        last = output.strip().splitlines()[-1:]
        return f"status {status}: {' '.join(last)}"


def _fuzz_target(name: str) -> Program:
    def command(seconds: int, seed: int, folder: Path) -> list[str]:
        corpora = [COPY / "corpora" / kind / name for kind in ("seeds", "regressions")]
        new = folder / "corpus"
        new.mkdir()
        return [
            str(BUILD / "fuzz" / name),
            *libfuzzer.fuzz_arguments(name),
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-artifact_prefix={folder}/",
            str(new),
            *(str(corpus) for corpus in corpora if corpus.is_dir()),
        ]

    return Program(name, f"fuzz_{name}", command, ALARM)


def _row(name: str, row: dict[str, object]) -> Program:
    words, says, build = row.get("command"), row.get("says"), row.get("build")
    if not (isinstance(words, list) and isinstance(says, str) and isinstance(build, str)):
        raise Stop(2, f"programs.toml: {name} needs build, command and says")

    def command(seconds: int, seed: int, folder: Path) -> list[str]:
        places = {"build": str(BUILD), "root": str(COPY), "folder": str(folder)}
        return [word.format(**places, seconds=seconds, seed=seed) for word in words]

    return Program(name, build, command, re.compile(says, re.MULTILINE))


def programs() -> dict[str, Program]:
    """Those that are no fuzz targets."""
    table = tomllib.loads((PLANTED / "programs.toml").read_text(encoding="utf-8"))
    return {name: _row(name, row) for name, row in table.items()}


def program(name: str) -> Program:
    return programs().get(name) or _fuzz_target(name)


def prepare(fault: Fault | None) -> None:
    """Makes the copy the tree as it is, with the fault if there is one; configures it once."""
    tree_copy.update(COPY, fault.content() if fault is not None else {})
    if not (BUILD / "build.ninja").exists():
        command = [
            "cmake",
            "--preset",
            PRESET,
            "-DCMAKE_C_FLAGS=-w",
        ]  # what is left over is no fault
        tree_copy.call(COPY, "configuring", command, BUILD_LIMIT_S)


def buildable() -> set[str]:
    """The names of all that can be built in the copy."""
    listed = subprocess.run(
        ["ninja", "-C", str(BUILD), "-t", "targets", "all"],
        capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"},
    ).stdout  # fmt: skip
    return {line.partition(":")[0] for line in listed.splitlines()}


def build(names: set[str]) -> None:
    command = ["cmake", "--build", "--preset", PRESET, "--target", *sorted(names)]
    tree_copy.call(COPY, "building", command, BUILD_LIMIT_S)
