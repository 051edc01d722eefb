"""Reads the .def tables: the C preprocessor's rows, one a line, MACRO(column, "column", ...)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from scripts.lib.files import shown_path
from scripts.lib.paths import REGISTRY

ROW = re.compile(r"^(SHK_[A-Z0-9_]+)\((.*)\)\s*$")
# The column that a row's number stands in, where it is not the one after the name.
VALUE_COLUMNS = {"versions": 2}


class TableError(Exception):
    """A table that cannot be right; the text names the file, the line and the row."""


class Row(tuple[str, ...]):
    """The columns of a row, the name first; without the quotation marks of strings."""

    @property
    def name(self) -> str:
        return self[0]

    def value(self, column: int = 1) -> int:
        return int(self[column], 0)


def rows(table: str | Path, macro: str = "SHK_", columns: int = 1) -> list[Row]:
    """The rows, in order, whose macro begins so; each has `columns` columns at least. `table` is a
    file, or the name of one in impl/registry."""
    file = table if isinstance(table, Path) else REGISTRY / f"{table}.def"
    begin = macro if macro.endswith("_") else f"{macro}("
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith(begin):
            continue
        row = ROW.match(line)
        cells = _columns(row[2]) if row else []
        if len(cells) < columns:
            wanted = f"{macro}(...) with {columns} columns on one line"
            raise TableError(f"{shown_path(file)}:{number}: not {wanted}: {line}")
        found.append(Row(cells))
    return found


def _columns(text: str) -> list[str]:
    reader = csv.reader([text], skipinitialspace=True, doublequote=False, escapechar="\\")
    return [column.strip() for column in next(reader)]


def values(table: str, macro: str = "SHK_") -> dict[str, int]:
    """Name -> number of the rows of a table of code points."""
    return {row.name: row.value(VALUE_COLUMNS.get(table, 1)) for row in rows(table, macro)}
