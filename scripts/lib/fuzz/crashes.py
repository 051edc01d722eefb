"""Crashes of a campaign: told apart, their inputs kept as found, then made small and kept for good.

An input that fails is first of all written to out/fuzz/TARGET/crashes, or to another place where
that cannot be. Then one input for each crash, whatever the number of targets that have it, is made
small and becomes a finding (findings.py); a script is made small by operations.
"""

from __future__ import annotations

import base64
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.files import command_line, contents, save, shown_path, with_content
from scripts.lib.fuzz import findings, libfuzzer, scripts
from scripts.lib.fuzz.findings import EMPTY, FINDINGS, FUZZ_OUT, Finding
from scripts.lib.fuzz.signatures import Signature, signature_of
from scripts.lib.paths import REGRESSIONS
from scripts.lib.presets import fuzzer

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
    finding: Finding | None = None

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
            self._refuse(root, error)
            return None
        return path

    def _refuse(self, root: Path, error: OSError) -> None:
        if root not in self._refused:
            self._refused.add(root)
            self.say(f"{shown_path(root)} takes no file: {error.strerror}")

    def _store_elsewhere(self, target: str, name: str, content: bytes) -> Path | None:
        """In a folder whose path tells scripts/repro the target."""
        try:
            self._spare = self._spare or Path(tempfile.mkdtemp(prefix="shakedown-"))
        except OSError as error:
            self.say(f"no place for temporary files: {error.strerror}")
            return None
        return self._store(self._spare, self._spare / "fuzz" / target / name, content)

    def _keep_small(self, crash: Crash, found: Input) -> None:
        """Makes it small, and a finding."""
        is_regression = found.path is not None and found.path.is_relative_to(REGRESSIONS)
        small = found
        if not is_regression and not self.group.cancelled.is_set():
            try:
                with tempfile.TemporaryDirectory(prefix="shakedown-small-") as folder:
                    small = self._known(crash.signature, Path(folder)) or self._small(
                        found, crash, Path(folder)
                    )
            except OSError as error:
                self.say(f"{found.target}: not made small: {error}")
        self._keep_finding(crash, small)

    def _small(self, found: Input, crash: Crash, work: Path) -> Input:
        # Twice: Ctrl-C can reach a process that has just been forked.
        how = (found.target, found.content, crash.signature, work)
        found.reproduces = crashes_as(*how) or crashes_as(*how)
        content = self._smaller(found, crash, work)
        return Input(found.target, content, found.path, found.reproduces)

    def _known(self, signature: Signature, work: Path) -> Input | None:
        """The input of an earlier campaign that still crashes like this."""
        paths = [
            (target, path)
            for target in self.targets
            for path in contents(REGRESSIONS / target)
            if path.name.startswith(signature.name)
        ]
        earlier = findings.load(FINDINGS / signature.name)
        if earlier is not None and earlier.input.is_file():
            paths.append((earlier.target, earlier.input))
        for target, path in paths:
            content = path.read_bytes()
            if crashes_as(target, content, signature, work):
                return Input(target, content, path)
        return None

    def _smaller(self, found: Input, crash: Crash, work: Path) -> bytes:
        """The smallest input found that crashes in the same way: in MINIMISE_S seconds, or of a
        script one in which every line counts."""
        if len(found.content) <= 1 or not found.reproduces:
            return found.content
        text = findings.script_of(crash.report)
        if text:
            return smaller_script(found, text, crash.signature, work) or found.content
        small = minimise(found.target, found.content, work, self.group)
        if small is not None and len(small) < len(found.content):
            if crashes_as(found.target, small, crash.signature, work):
                return small
        return found.content

    def _keep_finding(self, crash: Crash, small: Input) -> None:
        report = crash.report
        if small.content != crash.best.content and small.reproduces:
            report = self._report_of(small, crash)
        targets = list(dict.fromkeys([small.target, *crash.targets]))
        try:
            finding = findings.keep(
                crash.signature, targets, small.content, report, small.reproduces
            )
            if small.path is not None and small.path.is_relative_to(REGRESSIONS):
                finding.promoted = shown_path(small.path)
                finding.save()
        except OSError as error:
            self._refuse(FUZZ_OUT, error)
            return
        crash.finding = finding
        path = small.path if finding.promoted else finding.input
        crash.small = Input(small.target, small.content, path, small.reproduces)
        self.say(f"{small.target}: {crash.signature}\n  small: {crash.small.command}")

    def _report_of(self, small: Input, crash: Crash) -> str:
        """What is said of the small input, which is what people read."""
        with tempfile.TemporaryDirectory(prefix="shakedown-small-") as folder:
            path = Path(folder) / "input"
            path.write_bytes(small.content)
            done = replay(small.target, path)
        return done.output if signature_of(done.output) == crash.signature else crash.report

    def conclude(self) -> None:
        """Writes to each finding the targets that have it, and the page over all."""
        try:
            for crash in self:
                if crash.finding is not None:
                    known = crash.finding.targets
                    crash.finding.targets = list(dict.fromkeys([*known, *crash.targets]))
                    crash.finding.save()
            findings.write_page()
        except OSError as error:
            self._refuse(FUZZ_OUT, error)


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


def smaller_script(found: Input, text: str, wanted: Signature, work: Path) -> bytes | None:
    """The binary form of the script with the lines alone that it needs to fail in the same way."""
    scripts.build_encoder()

    def fails(fewer: str) -> bool:
        content = scripts.encoded(fewer)
        return content is not None and crashes_as(found.target, content, wanted, work)

    return scripts.encoded(scripts.minimised(text, fails)) if fails(text) else None
