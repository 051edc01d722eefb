"""Why something is not reached: the rows of fuzz/unreached.toml."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.exits import Stop
from scripts.lib.files import shown_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Place:
    """A line that was not run, or branches of it that were not taken."""

    file: str
    function: str
    number: int
    text: str
    lines: int  # 1 if it was not run
    branches: int

    @property
    def name(self) -> str:
        return f"{self.file} {self.function}: {self.text}"


@dataclass(frozen=True)
class Row:
    """A pattern of names of places. `*` stands for anything, all else for itself."""

    pattern: str
    reason: str

    def matches(self, place: Place) -> bool:
        parts = map(re.escape, self.pattern.split("*"))
        return re.fullmatch(".*".join(parts), place.name) is not None


def rows_of(path: Path) -> list[Row]:
    """The rows of a file; Stop where it is not as it should be."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return [
            Row(pattern, entry["reason"])
            for entry in table.get("unreached", [])
            for pattern in entry["places"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Stop(2, f"{shown_path(path)}: {error}; docs/TESTING.md says its form") from None


@dataclass
class Explained:
    """Places, by whether and why they need not be reached."""

    of_reason: Counter[str]
    left: list[Place]  # for no reason
    needless: list[Row]  # rows that no place matches


def explain(places: Iterable[Place], rows: list[Row]) -> Explained:
    result = Explained(Counter(), [], [])
    used: set[Row] = set()
    for place in places:
        matching = [row for row in rows if row.matches(place)]
        used.update(matching)
        if matching:
            result.of_reason[matching[0].reason] += place.lines + place.branches
        else:
            result.left.append(place)
    result.needless = [row for row in rows if row not in used]
    return result
