"""What a report of a crash says: of which kind it is, and where it happened."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

FRAMES = 3

# What a report says -> the kind of crash, the first that fits. A group becomes part of the name.
KINDS = (
    (r"fuzz: property violated: (\S+):", "{0}"),
    (r"libFuzzer: timeout", "timeout"),
    (r"libFuzzer: out-of-memory", "out-of-memory"),
    (r"libFuzzer: fuzz target exited", "exit"),
    (r"libFuzzer: fuzz target overwrites its const input", "input-overwritten"),
    (r"LeakSanitizer: detected memory leaks", "memory-leak"),
    (r"AddressSanitizer: ([A-Za-z-]+)", "{0}"),
    (r"runtime error: ([^0-9'\"\n(]+)", "undefined-{0}"),
    (r"Assertion .* failed", "assertion"),
    (r"libFuzzer: deadly signal", "deadly-signal"),
)
# The stack of a violated property is the driver's own. What its line says stands for it, without
# the numbers and their names, and its clause; as with stacks, the target does not count: its shape
# is from shared code.
VIOLATION = re.compile(r"fuzz: property violated: \S+: \S+, form \S+: *(.*?)( \[[^\]]*\])?$", re.M)
NUMBER = re.compile(r"(0x[0-9a-fA-F]+|[0-9]+)( \([A-Za-z0-9_]+\))?")
FRAME = re.compile(r"^\s*#(\d+) 0x[0-9a-f]+ (.*?)\s*$", re.MULTILINE)
# A function and its file. Wherever the tree lies, its sources are in these folders.
SOURCE = re.compile(r"in (\S+) (?:/.*)?/(?:impl|harness|fuzz)/[^:]+\.[ch](?::\d+)*")
# Without a symbolizer, a frame is a place in a program.
PLACE = re.compile(r"\((?:/.*)?/([^/]+\+0x[0-9a-f]+)\)(?: \(BuildId: \w+\))?")


@dataclass(frozen=True)
class Signature:
    """What tells crashes apart: the kind, and the top frames in the project's code."""

    kind: str
    where: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name: the kind and a short hash of kind and place."""
        text = "\n".join([self.kind, *self.where])
        return f"{self.kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def __str__(self) -> str:
        return f"{self.kind}: {' < '.join(self.where) or 'in no function of the project'}"


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
    violation = VIOLATION.search(report)
    if violation:
        return Signature(kind, (NUMBER.sub("N", violation[1]) + (violation[2] or ""),))
    return Signature(kind, tuple(frames(report)[:FRAMES]))


def frames(report: str) -> list[str]:
    """Functions of the project on the first stack that has any, innermost first; places in
    programs, where no symbolizer has named the functions."""
    return _of_first_stack(SOURCE, report) or _of_first_stack(PLACE, report)


def _of_first_stack(pattern: re.Pattern[str], report: str) -> list[str]:
    found: list[str] = []
    for frame in FRAME.finditer(report):
        if frame[1] == "0" and found:
            break
        match = pattern.fullmatch(frame[2])
        if match:
            found.append(match[1])
    return found
