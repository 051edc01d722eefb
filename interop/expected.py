"""What a refusal has to look like: the table expected.toml."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("expected.toml")
RESULTS = ("alert", "accepts", "unheard", "silent")


class TableError(Exception):
    """A row that cannot be right."""


@dataclass(frozen=True)
class Refusal:
    name: str
    by: str
    alert: str
    clause: str
    title: str
    certificate: str | None = None
    client_certificate: str | None = None
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deviation:
    peer: str
    case: str
    reason: str
    alert: str | None = None
    accepts: bool = False
    unheard: str | None = None
    silent: bool = False
    ours_refuses: bool = False
    by: str | None = None
    way: str | None = None
    versions: tuple[str, ...] = ()

    def holds(self, peer: str, case: str, way: str, version: str, ours_refuses: bool) -> bool:
        return (
            (self.peer, self.case, self.ours_refuses) == (peer, case, ours_refuses)
            and self.way in (None, way)
            and (not self.versions or version in self.versions)
        )


@dataclass(frozen=True)
class Expectation:
    """What a cell must end in. `alert` None: a good handshake."""

    alert: str | None = None
    by: str | None = None
    unheard: str | None = None
    silent: bool = False
    deviation: Deviation | None = None
    rfc: Expectation | None = None  # what would be as good as the deviation, or better

    def choices(self) -> tuple[Expectation, ...]:
        """Each of these is as expected: a deviation is allowed, not demanded."""
        return (self, self.rfc) if self.rfc else (self,)

    def words(self) -> str:
        if self.alert is None:
            return "a good handshake"
        if self.silent:
            return f"refused by the {self.by} without an alert"
        unheard = f", answered with {self.unheard}" if self.unheard else ""
        return f"refused with {self.alert} by the {self.by}{unheard}"


GOOD = Expectation()


def _row(kind: type, row: dict[str, Any]) -> Any:
    """A row of the file as a Refusal or Deviation, once it is found complete."""
    known = {field.name for field in fields(kind)}
    unknown = set(row) - known
    needed = ("name", "clause") if kind is Refusal else ("peer", "case", "reason")
    missing = [name for name in needed if not str(row.get(name, "")).strip()]
    if unknown or missing:
        raise TableError(f"expected.toml: {row}: unknown {sorted(unknown)}, missing {missing}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return kind(**values)


def parse(text: str) -> tuple[tuple[Refusal, ...], tuple[Deviation, ...]]:
    """Both tables of the file; TableError names a row that is not right."""
    table = tomllib.loads(text)
    refusals = tuple(_row(Refusal, row) for row in table.get("refusal", []))
    deviations = tuple(_row(Deviation, row) for row in table.get("deviation", []))
    names = [refusal.name for refusal in refusals]
    for row in deviations:
        if row.case not in names:
            raise TableError(f"expected.toml: no refusal is called {row.case}")
        if sum(bool(getattr(row, result)) for result in RESULTS) != 1:
            raise TableError(f"expected.toml: {row.peer} {row.case}: one result of {RESULTS}")
    return refusals, deviations


@cache
def tables() -> tuple[tuple[Refusal, ...], tuple[Deviation, ...]]:
    return parse(TABLE.read_text(encoding="utf-8"))


def expect(refusal: Refusal, peer: str, way: str, version: str, ours_refuses: bool) -> Expectation:
    """How a refusal must end in a cell."""
    found = [
        row for row in tables()[1] if row.holds(peer, refusal.name, way, version, ours_refuses)
    ]
    if len(found) > 1:
        raise TableError(f"expected.toml: {peer} {refusal.name} {way} {version}: {len(found)} rows")
    rfc = Expectation(refusal.alert, refusal.by)
    if not found:
        return rfc
    row = found[0]
    if row.accepts:
        return Expectation(deviation=row, rfc=rfc)
    by = row.by or refusal.by
    return Expectation(row.alert or refusal.alert, by, row.unheard, row.silent, row, rfc)
