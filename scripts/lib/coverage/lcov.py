"""What was run of each file, from the lcov form in which llvm-cov exports it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Share:
    """So many of so many."""

    hit: int = 0
    all: int = 0

    def add(self, was_hit: bool) -> None:
        self.hit += was_hit
        self.all += 1

    def join(self, other: Share) -> None:
        self.hit += other.hit
        self.all += other.all

    @property
    def percent(self) -> float:
        return 100.0 * self.hit / self.all if self.all else 100.0


@dataclass
class File:
    """The counts of a source file, each by its line."""

    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    functions: dict[int, str] = field(default_factory=dict)  # by the line where they begin

    def line_share(self) -> Share:
        return Share(sum(n > 0 for n in self.lines.values()), len(self.lines))

    def branch_share(self) -> Share:
        counts = [n for line in self.branches.values() for n in line]
        return Share(sum(n > 0 for n in counts), len(counts))

    def function_at(self, line: int) -> str:
        starts = sorted(self.functions)
        before = bisect_right(starts, line)
        return self.functions[starts[before - 1]] if before else "-"

    def unreached(self) -> dict[int, tuple[bool, int]]:
        """Line -> whether it was not run, and how many of its branches were not taken."""
        found = {}
        for line in sorted(self.lines.keys() | self.branches.keys()):
            not_run = self.lines.get(line) == 0
            not_taken = sum(n == 0 for n in self.branches.get(line, ()))
            if not_run or not_taken:
                found[line] = (not_run, not_taken)
        return found


def read(text: str) -> dict[str, File]:
    """The files of an export, by their paths."""
    files: dict[str, File] = {}
    file = File()
    for row in text.splitlines():
        kind, _, rest = row.partition(":")
        if kind == "SF":
            file = files.setdefault(rest, File())
        elif kind == "FN":
            line, name = rest.split(",", 1)
            file.functions[int(line)] = name.rpartition(":")[2]  # of a static one: FILE:NAME
        elif kind == "DA":
            line, number = rest.split(",")[:2]
            file.lines[int(line)] = int(number)
        elif kind == "BRDA":
            line, _, _, taken = rest.split(",")
            file.branches[int(line)].append(0 if taken == "-" else int(taken))
    return files
