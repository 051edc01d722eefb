"""What may find a planted fault: fuzz targets, and the programs of fuzz/planted/programs.toml."""

from __future__ import annotations

import functools
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes, tree_copy
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.targets import SCRIPT_SEEDS, script_targets
from scripts.lib.paths import OUT, ROOT
from scripts.lib.planted.patches import PLANTED, Fault

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

COPY = ROOT / "build" / "planted" / "tree"
FUZZ = "fuzz"  # the preset with sanitizers, and live assertions
BUILD_LIMIT_S = 3600
KEPT = OUT / "planted"  # inputs that found something
HONEST = "server-honest-*"  # of the seeds that are scripts
CLOCK = 20  # a limit of the clock is so many times that of the processor
UNUSABLE = (2, 3)  # exit codes: it could not do its work
SANITIZER = re.compile(r"^SUMMARY: (.*)|^.*(libFuzzer: (?:timeout|out-of-memory).*)", re.MULTILINE)
VIOLATED = re.compile(r"^.*?(?:property violated: |(?=alarm of))(.*)", re.MULTILINE)


def built(preset: str) -> Path:
    return COPY / "build" / preset


@dataclass(frozen=True)
class Result:
    """Whether a target has found a fault, by what, and after which time of the processor."""

    found: bool
    by: str
    seconds: float


@dataclass(frozen=True)
class Program:
    """A target: what is built of which preset, its command for a limit in seconds, and how it tells
    what it found."""

    name: str
    preset: str
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
        found = status != 0 and status not in UNUSABLE
        return Result(found, self._said(status, output) if status != 0 else "", spent)

    def _said(self, status: int, output: str) -> str:
        for pattern in (self.says, SANITIZER):
            match = pattern.search(output)
            if match:
                return next(group for group in match.groups() if group is not None).strip()
        last = output.strip().splitlines()[-1:]
        return f"status {status}: {' '.join(last)}"


def _corpora(name: str, folder: Path) -> list[Path]:
    """What a fuzz target starts from. Of scripts only those that do nothing wrong: others would
    name the fault."""
    if name not in script_targets():
        corpora = [COPY / "corpora" / kind / name for kind in ("seeds", "regressions")]
        return [corpus for corpus in corpora if corpus.is_dir()]
    honest = folder / "honest"
    honest.mkdir()
    for seed in (built(FUZZ) / SCRIPT_SEEDS.relative_to(ROOT / "build" / FUZZ)).glob(HONEST):
        shutil.copy(seed, honest)
    return [honest]


def _fuzz_target(name: str) -> Program:
    def command(seconds: int, seed: int, folder: Path) -> list[str]:
        new = folder / "corpus"
        new.mkdir()
        KEPT.mkdir(parents=True, exist_ok=True)
        return [
            str(built(FUZZ) / "fuzz" / name),
            *libfuzzer.fuzz_arguments(name),
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-artifact_prefix={KEPT}/{name}-",
            str(new),
            *map(str, _corpora(name, folder)),
        ]

    return Program(name, FUZZ, f"fuzz_{name}", command, VIOLATED)


def _row(name: str, row: dict[str, object]) -> Program:
    words = row.get("command")
    preset, build, says = (str(row.get(key, "")) for key in ("preset", "build", "says"))
    if not (isinstance(words, list) and preset and build and says):
        raise Stop(2, f"programs.toml: {name} needs preset, build, command and says")

    def command(seconds: int, seed: int, folder: Path) -> list[str]:
        places = {"build": str(built(preset)), "root": str(COPY), "folder": str(folder)}
        return [word.format(**places, seconds=seconds, seed=seed) for word in words]

    return Program(name, preset, build, command, re.compile(says, re.MULTILINE))


def programs() -> dict[str, Program]:
    """Those that are no fuzz targets."""
    table = tomllib.loads((PLANTED / "programs.toml").read_text(encoding="utf-8"))
    return {name: _row(name, row) for name, row in table.items()}


def program(name: str) -> Program:
    return programs().get(name) or _fuzz_target(name)


def prepare(fault: Fault | None) -> None:
    """Makes the copy the tree as it is, with the fault if there is one."""
    tree_copy.update(COPY, fault.content() if fault is not None else {})


@functools.cache
def buildable(preset: str) -> set[str]:
    """The names of all that can be built of a preset, which is configured once."""
    if not (built(preset) / "build.ninja").exists():
        quiet = "-DCMAKE_C_FLAGS=-w"  # what a fault leaves unused is none
        command = ["cmake", "--preset", preset, quiet]
        tree_copy.call(COPY, "configuring", command, BUILD_LIMIT_S)
    listed = subprocess.run(
        ["ninja", "-C", str(built(preset)), "-t", "targets", "all"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return {line.partition(":")[0] for line in listed.splitlines()}


def is_there(name: str) -> bool:
    """Whether this tree has the target."""
    return program(name).build in buildable(program(name).preset)


def build(names: Iterable[str]) -> None:
    """Builds targets."""
    of_preset: dict[str, set[str]] = {}
    for name in names:
        of_preset.setdefault(program(name).preset, set()).add(program(name).build)
    for preset, goals in of_preset.items():
        command = ["cmake", "--build", "--preset", preset, "--target", *sorted(goals)]
        tree_copy.call(COPY, "building", command, BUILD_LIMIT_S)
