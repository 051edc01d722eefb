"""Tables in TOML, peers/*.toml and expected.toml, read into dataclasses. All that is wrong with a
file is told at once, with the file, the line, the key, and what may have been meant."""

from __future__ import annotations

import difflib
import re
import string
import sys
import types
from collections.abc import Collection, Iterable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from scripts.lib.def_tables import TableError
from scripts.lib.files import shown_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")
HEADER = re.compile(r"^\s*\[{1,2}\s*([\w.\"' -]+?)\s*\]{1,2}\s*(#.*)?$")
WORDS = {str: "a string", bool: "true or false", tuple: "a list of strings", dict: "a table"}


def meant(name: object, known: Iterable[str]) -> str:
    """What someone who wrote `name` may have meant, or all there is if that is little."""
    names = sorted(known)
    lower = {other.lower(): other for other in names}
    near = difflib.get_close_matches(str(name).lower(), lower, n=3, cutoff=0.5)
    if near:
        return f"; near: {', '.join(lower[other] for other in near)}"
    return f"; known: {', '.join(names)}" if len(names) <= 12 else ""


class TableFile:
    """A file while it is read. `at` of its methods is a table's name, as in [client.reports], and
    which one of those it is where there are several, as in [[lack]]."""

    def __init__(self, file: Path | str, text: str) -> None:
        self.file = shown_path(file) if isinstance(file, Path) else file
        self.lines = text.splitlines()
        self.complaints: list[str] = []
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TableError(f"{self.file}: {error}") from None

    @classmethod
    def read(cls, file: Path) -> TableFile:
        try:
            return cls(file, file.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise TableError(f"{shown_path(file)}: is not UTF-8 at byte {error.start}") from None
        except OSError as error:
            raise TableError(f"{shown_path(file)}: {error.strerror}") from None

    def line(self, at: str, number: int = 0, key: str | None = None) -> int | None:
        """Where a table begins, or where it has a key, counted from 1."""
        seen, inside, begins = -1, at == "", None
        for count, line in enumerate(self.lines, 1):
            header = HEADER.match(line)
            if header:
                seen += header[1] == at
                inside = header[1] == at and seen == number
                begins = count if inside else begins
            elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return count
        parent, _, name = at.rpartition(".")
        return begins or (self.line(parent, 0, name) if parent else None)  # an inline table

    def complain(self, text: str, at: str, number: int = 0, key: str | None = None) -> None:
        line = self.line(at, number, key)
        where = f"{self.file}:{line}" if line else self.file
        named = f" {key}:" if key else ""
        table = f" [{at}]" if at else ""
        self.complaints.append(f"{where}:{table}{named} {text}")

    def one_of(self, value: object, known: Collection[str], at: str, number: int, key: str) -> None:
        if value not in known:
            self.complain(f"{value!r} is not known{meant(value, known)}", at, number, key)

    def check_keys(
        self, row: dict[str, Any], known: Collection[str], at: str = "", number: int = 0
    ) -> None:
        for key, value in row.items():
            if key in known:
                continue
            if not at and isinstance(value, dict | list):
                self.complain(f"no such table{meant(key, known)}", key)
            else:
                self.complain(f"no such key{meant(key, known)}", at, number, key)

    def check_words(
        self, text: str, known: Collection[str], at: str, number: int, key: str
    ) -> None:
        """The placeholders of a text."""
        try:
            found = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError as error:
            self.complain(f"{text!r}: {error} (a brace itself is written twice)", at, number, key)
            return
        for name in found:
            if name not in known:
                hint = meant(name, known)
                self.complain(f"{{{name}}} stands for nothing here{hint}", at, number, key)

    def check_pattern(
        self, text: str, known: Collection[str], at: str, number: int, key: str
    ) -> None:
        """A regular expression with placeholders."""
        before = len(self.complaints)
        self.check_words(text, known, at, number, key)
        if len(self.complaints) == before:
            self.check_regex(text.format(**dict.fromkeys(known, "x")), at, number, key)

    def check_regex(self, text: str, at: str, number: int, key: str) -> None:
        try:
            re.compile(text)
        except re.error as error:
            self.complain(f"no regular expression: {error}", at, number, key)

    def build(self, kind: type[T], row: Any, at: str, number: int = 0, **given: Any) -> T | None:
        """A row as a `kind`, whose fields are its keys but for those `given`; None if it cannot
        be."""
        if not isinstance(row, dict):
            self.complain("has to be a table", at, number)
            return None
        hints = get_type_hints(kind)
        asked = [each for each in fields(kind) if each.name not in given]  # type: ignore[arg-type]
        before = len(self.complaints)
        self.check_keys(row, [each.name for each in asked], at, number)
        values = dict(given)
        for each in asked:
            if each.name in row:
                values[each.name] = self._value(hints[each.name], row[each.name], each, at, number)
            elif each.default is MISSING and each.default_factory is MISSING:
                self.complain(f"{each.name} is missing", at, number)
        return kind(**values) if len(self.complaints) == before else None

    def _value(self, hint: Any, value: Any, of: Field[Any], at: str, number: int) -> Any:
        """A value as its field has it."""
        kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        bases = [get_origin(kind) or kind for kind in kinds]
        needed = of.default is MISSING and of.default_factory is MISSING
        if needed and not (value.strip() if isinstance(value, str) else value):
            self.complain("is empty", at, number, of.name)
        for base in bases:
            if base in (str, bool) and type(value) is base:
                return value
            if base is tuple and isinstance(value, list) and _all_text(value):
                return tuple(value)
            if base is dict and isinstance(value, dict) and _all_text(value.values()):
                return value
        words = " or ".join(WORDS[base] for base in bases if base in WORDS)
        self.complain(f"{value!r} is not {words}", at, number, of.name)
        return None

    def tables(self, name: str, inside: dict[str, Any] | None = None, at: str = "") -> list[Any]:
        """The rows of [[name]]."""
        rows = (self.data if inside is None else inside).get(name, [])
        if isinstance(rows, list):
            return rows
        self.complain(f"has to be a list of tables, each under [[{at or name}]]", at or name)
        return []

    def done(self) -> None:
        if self.complaints:
            raise TableError("\n".join(self.complaints))


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
