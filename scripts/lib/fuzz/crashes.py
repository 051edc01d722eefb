"""Crashes of a campaign: told apart, their inputs kept as found, then made small and kept for good.

An input that fails is first of all written to out/fuzz/TARGET/crashes, or to another place where
that cannot be. Then one input for each crash, whatever the number of targets that have it, is made
small and stored in corpora/regressions of the target that had it first.
"""

from __future__ import annotations

import base64
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.files import command_line, contents, save, shown_path, with_content
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.signatures import Signature, signature_of
from scripts.lib.paths import REGRESSIONS, ROOT
from scripts.lib.presets import fuzzer

FUZZ_OUT = ROOT / "out" / "fuzz"
EMPTY = "-empty"  # ends the name of an input of no bytes, which thus was not cut short
MINIMISE_S = 10
MINIMISE_RUNS = 200_000  # of a step, that finds one smaller input; most are done long before


@dataclass
class Input:
    """An input that makes a target fail. Where no disk took it, there is no path."""

    target: str
    content: bytes
    path: Path | None
    reproduces: bool = True

    @property
    def command(self) -> str:
        """What reproduces it."""
        if self.path is not None:
            return command_line("scripts/repro", self.path)
        text = base64.b64encode(self.content).decode()
        repro = command_line("scripts/repro", "--target", self.target)
        return f"echo {text} | base64 -d >FILE && {repro} FILE"


@dataclass
class Crash:
    """One distinct crash, and an input of each target that has it."""

    signature: Signature
    report: str
    inputs: dict[str, Input] = field(default_factory=dict)
    small: Input | None = None  # the one to keep for good, once it is there

    @property
    def best(self) -> Input:
        return self.small or next(iter(self.inputs.values()))

    @property
    def targets(self) -> list[str]:
        return list(self.inputs)

    def describe(self) -> str:
        lines = [str(self.signature), f"  reproduce: {self.best.command}"]
        if not self.best.reproduces:
            lines.append(
                "  it does not crash alone: what ran before counts, or how busy the machine was"
            )
        if len(self.inputs) > 1:
            lines.append(f"  targets: {', '.join(self.inputs)}")
        return "\n".join(lines)

    def text(self) -> str:
        """The page of out/fuzz/report."""
        others = [f"{target}: {kept.command}" for target, kept in self.inputs.items()]
        return "\n".join([self.best.command, *others, "", self.report])

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.signature.kind,
            "where": list(self.signature.where),
            "file": shown_path(self.best.path) if self.best.path else None,
            "reproduce": self.best.command,
            "reproduces": self.best.reproduces,
            "targets": {target: kept.command for target, kept in self.inputs.items()},
        }


class Crashes:
    """All crashes of a campaign over `targets`, whose fuzzers are built."""

    def __init__(
        self, targets: Sequence[str], group: libfuzzer.Group, say: Callable[[str], None]
    ) -> None:
        self.targets, self.group, self.say = targets, group, say
        self.found: dict[Signature, Crash] = {}
        self._lock = threading.Lock()
        self._refused: set[Path] = set()
        self._spare: Path | None = None

    def __iter__(self) -> Iterator[Crash]:
        return iter(list(self.found.values()))

    def __len__(self) -> int:
        return len(self.found)

    def of(self, target: str) -> int:
        """How many of them a target has."""
        return sum(target in crash.inputs for crash in self)

    def take(self, target: str, content: bytes, report: str) -> Crash:
        """Keeps an input that fails."""
        signature = signature_of(report)
        with self._lock:
            crash = self.found.setdefault(signature, Crash(signature, report))
            first, again = not crash.inputs, target in crash.inputs
            if not again:
                crash.inputs[target] = self._keep_as_found(target, content, signature)
        if first:
            self.say(f"{target}: {crash.describe()}")
            self._keep_small(crash, crash.inputs[target])
        elif not again:
            kept = crash.inputs[target]
            self.say(f"{target}: as in {crash.targets[0]}: {signature}\n  {kept.command}")
        return crash

    # Where inputs lie

    def _keep_as_found(self, target: str, content: bytes, signature: Signature) -> Input:
        known = with_content(REGRESSIONS / target, content)
        name = signature.name + ("" if content else EMPTY)
        path = known or self._store(FUZZ_OUT, FUZZ_OUT / target / "crashes" / name, content)
        return Input(target, content, path or self._store_elsewhere(target, name, content))

    def _store(self, root: Path, path: Path, content: bytes) -> Path | None:
        try:
            save(path, content)
        except OSError as error:
            if root not in self._refused:
                self._refused.add(root)
                self.say(f"{shown_path(root)} takes no file: {error.strerror}")
            return None
        return path

    def _store_elsewhere(self, target: str, name: str, content: bytes) -> Path | None:
        """In a folder whose path tells scripts/repro the target."""
        try:
            self._spare = self._spare or Path(tempfile.mkdtemp(prefix="shakedown-"))
        except OSError as error:
            self.say(f"no place for temporary files: {error.strerror}")
            return None
        return self._store(self._spare, self._spare / "fuzz" / target / name, content)

    def _keep_small(self, crash: Crash, found: Input) -> None:
        """Has an input for the crash in corpora/regressions, if they can be written to."""
        if found.path is not None and found.path.is_relative_to(REGRESSIONS):
            return
        if self.group.cancelled.is_set():  # no time to make it small
            crash.small = self._regression(found.target, found.content, crash.signature)
            return
        try:
            with tempfile.TemporaryDirectory(prefix="shakedown-small-") as folder:
                work = Path(folder)
                crash.small = self._known(crash.signature, work)
                if crash.small is not None:
                    return
                # Twice: Ctrl-C can reach a process that has just been forked.
                how = (found.target, found.content, crash.signature, work)
                found.reproduces = crashes_as(*how) or crashes_as(*how)
                content = self._smaller(found, crash.signature, work)
        except OSError as error:
            self.say(f"{found.target}: not made small: {error}")
            content = found.content
        crash.small = self._regression(found.target, content, crash.signature, found.reproduces)
        if crash.small is not None:
            self.say(f"{found.target}: {crash.signature}\n  small: {crash.small.command}")

    def _known(self, signature: Signature, work: Path) -> Input | None:
        """A regression of an earlier campaign that still crashes like this."""
        for target in self.targets:
            for path in contents(REGRESSIONS / target):
                if path.name.startswith(signature.name):
                    content = path.read_bytes()
                    if crashes_as(target, content, signature, work):
                        return Input(target, content, path)
        return None

    def _smaller(self, found: Input, signature: Signature, work: Path) -> bytes:
        """The smallest input found in MINIMISE_S seconds that crashes in the same way."""
        if len(found.content) <= 1 or not found.reproduces:
            return found.content
        small = minimise(found.target, found.content, work, self.group)
        if small is not None and len(small) < len(found.content):
            if crashes_as(found.target, small, signature, work):
                return small
        return found.content

    def _regression(
        self, target: str, content: bytes, signature: Signature, reproduces: bool = True
    ) -> Input | None:
        name = signature.name + ("" if content else EMPTY)
        path = self._store(REGRESSIONS, unused(REGRESSIONS / target, name), content)
        path = path or self._store(FUZZ_OUT, FUZZ_OUT / target / "small" / name, content)
        return Input(target, content, path, reproduces) if path else None


def replay(target: str, path: Path) -> libfuzzer.Run:
    """Runs one input alone."""
    return libfuzzer.run(target, [*libfuzzer.fuzz_arguments(target), path])


def crashes_as(target: str, content: bytes, wanted: Signature, work: Path) -> bool:
    """Whether an input, alone, crashes in this way."""
    path = work / "candidate"
    path.write_bytes(content)
    done = replay(target, path)
    return done.returncode != 0 and signature_of(done.output) == wanted


def minimise(target: str, content: bytes, work: Path, group: libfuzzer.Group) -> bytes | None:
    """The smallest failing input that libFuzzer makes of one. It starts itself through a shell and
    quotes nothing, so that all its paths are given relative to a folder of our own."""
    (work / "input").write_bytes(content)
    (work / "fuzzer").symlink_to(fuzzer(target))
    options = [
        "-minimize_crash=1",
        f"-max_total_time={MINIMISE_S}",
        f"-runs={MINIMISE_RUNS}",
        f"-timeout={libfuzzer.INPUT_TIMEOUT_S}",
        "input",
    ]
    done = libfuzzer.run(
        target, options, limit_s=MINIMISE_S, group=group, program="./fuzzer", cwd=work
    )
    return done.artifact


def unused(folder: Path, name: str) -> Path:
    path, number = folder / name, 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{name}-{number}"
    return path
