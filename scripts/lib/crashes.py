"""Crashes: what kind, where, whether known; made small and kept in corpora/regressions."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import libfuzzer
from tables import ROOT

REGRESSIONS = ROOT / "corpora" / "regressions"
EMPTY = "-empty"  # ends the name of an input of no bytes, which thus was not cut short
MINIMISE_S = 10
REPLAY_S = 30
FRAMES = 3
OURS = ("impl", "harness", "fuzz")

# What a report says -> the kind of crash, the first that fits. A group becomes part of the name.
KINDS = (
    (r"fuzz: property violated: (\S+): \S+, form (\S+):", "{0}-{1}"),
    (r"libFuzzer: timeout", "timeout"),
    (r"libFuzzer: out-of-memory", "out-of-memory"),
    (r"libFuzzer: fuzz target exited", "exit"),
    (r"LeakSanitizer: detected memory leaks", "memory-leak"),
    (r"AddressSanitizer: ([A-Za-z-]+)", "{0}"),
    (r"runtime error: ([^0-9'\"\n(]+)", "undefined-{0}"),
    (r"Assertion .* failed", "assertion"),
    (r"libFuzzer: deadly signal", "deadly-signal"),
)
FRAME = re.compile(r"^\s*#\d+ 0x[0-9a-f]+ in (\S+) (/\S+?)(?::\d+)*\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Signature:
    """What tells crashes apart: the kind, and the top frames in the project's code."""

    kind: str
    frames: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name: the kind and a short hash of kind and frames."""
        text = "\n".join([self.kind, *self.frames])
        return f"{self.kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Crash:
    """One distinct crash of a target; `path` is the input that is kept."""

    target: str
    signature: Signature
    path: Path
    report: str

    @property
    def command(self) -> str:
        """What reproduces it."""
        return f"scripts/repro {self.path.relative_to(ROOT)}"

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.signature.kind,
            "frames": list(self.signature.frames),
            "file": str(self.path.relative_to(ROOT)),
            "reproduce": self.command,
        }


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48].strip("-")


def signature_of(report: str) -> Signature:
    """Reads a sanitizer's report, or the driver's line about a violated property."""
    kind = "unknown"
    for pattern, name in KINDS:
        match = re.search(pattern, report)
        if match:
            kind = slug(name.format(*match.groups()))
            break
    return Signature(kind, tuple(project_frames(report)[:FRAMES]))


def project_frames(report: str) -> list[str]:
    """Functions of the project on the first stack of a report, innermost first."""
    ours = tuple(f"{ROOT}/{room}/" for room in OURS)
    frames: list[str] = []
    for match in FRAME.finditer(report):
        if match[0].lstrip().startswith("#0 ") and frames:
            break
        if match[2].startswith(ours):
            frames.append(match[1])
    return frames


def replay(target: str, path: Path, artifacts: Path) -> libfuzzer.Run:
    """Runs one input alone."""
    options = libfuzzer.fuzz_arguments(target)
    return libfuzzer.run(target, [*options, f"-artifact_prefix={artifacts}/", path], REPLAY_S)


def minimise(target: str, path: Path, wanted: Signature, work: Path) -> bytes:
    """The smallest input found in MINIMISE_S seconds that crashes in the same way."""
    best = path.read_bytes()
    small = work / "minimised"
    options = [
        "-minimize_crash=1",
        f"-max_total_time={MINIMISE_S}",
        f"-exact_artifact_path={small}",
        f"-artifact_prefix={work}/",
    ]
    libfuzzer.run(target, [*options, path], MINIMISE_S + 1)
    for candidate in (small, *work.glob("minimized-from-*")):
        if not candidate.is_file():
            continue
        content = candidate.read_bytes()
        if len(content) < len(best) and _crashes(target, candidate, wanted, work):
            best = content
        candidate.unlink()
    return best


def _crashes(target: str, path: Path, wanted: Signature, work: Path) -> bool:
    done = replay(target, path, work)
    return done.returncode != 0 and signature_of(done.output) == wanted


def keep(target: str, run: libfuzzer.Run, artifact: Path, work: Path) -> Crash:
    """Stores the input that ended `run`, made small, unless a stored one shows the same."""
    wanted = signature_of(run.output)
    folder = REGRESSIONS / target
    stored = same_bytes(folder, artifact.read_bytes())
    if stored is not None:
        return Crash(target, wanted, stored, run.output)
    for known in sorted(folder.glob(f"{wanted.name}*")):
        if _crashes(target, known, wanted, work):
            return Crash(target, wanted, known, run.output)
    folder.mkdir(parents=True, exist_ok=True)
    small = minimise(target, artifact, wanted, work) if artifact.stat().st_size > 1 else b""
    small = small or artifact.read_bytes()
    path = unused(folder, wanted.name + ("" if small else EMPTY))
    path.write_bytes(small)
    return Crash(target, wanted, path, run.output)


def same_bytes(folder: Path, content: bytes) -> Path | None:
    """A file of the folder with that content."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return next((path for path in files if path.is_file() and path.read_bytes() == content), None)


def unused(folder: Path, name: str) -> Path:
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}"
    return path
