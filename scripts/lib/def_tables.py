"""What the scripts take from the tables of impl/registry: fuzz targets and code points."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = ROOT / "impl" / "registry"
# Table -> what its rows' targets are called.
TARGET_TABLES = {"messages": "", "extensions": "ext_", "records": ""}
# Tables whose rows have a number, and the column it stands in (the name is column 0).
VALUE_COLUMNS = {"versions": 2}


@dataclass(frozen=True)
class Row:
    """One row of a .def file: its columns as text, the name first."""

    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.columns[0]

    def value(self, column: int = 1) -> int:
        return int(self.columns[column], 0)


def rows(table: str) -> list[Row]:
    """The rows of impl/registry/TABLE.def, in order."""
    text = (REGISTRY / f"{table}.def").read_text(encoding="utf-8")
    found = re.findall(r"^SHK_[A-Z_0-9]+\((.*)\)\s*$", text, re.MULTILINE)
    return [Row(tuple(column.strip() for column in row.split(","))) for row in found]


def targets() -> list[str]:
    """All fuzz targets, in the order of the tables."""
    return [prefix + row.name for table, prefix in TARGET_TABLES.items() for row in rows(table)]


def values(table: str) -> dict[str, int]:
    """Name -> number of the rows of a table of code points."""
    return {row.name: row.value(VALUE_COLUMNS.get(table, 1)) for row in rows(table)}


def near(name: str, known: Sequence[str]) -> list[str]:
    """Names that someone who wrote `name` may have meant, at most five."""
    inside = [other for other in known if name and (name in other or other in name)]
    close = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
    return list(dict.fromkeys([*close, *inside]))[:5]


def unknown_targets(names: Iterable[str]) -> list[str]:
    """A complaint for each name that is no target."""
    known = targets()
    complaints = []
    for name in names:
        if name in known:
            continue
        meant = near(name, known)
        hint = f"; near: {', '.join(meant)}" if meant else ""
        complaints.append(f"no fuzz target is called {name!r}{hint}")
    return complaints
