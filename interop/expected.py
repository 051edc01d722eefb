"""What a refusal has to look like: the table expected.toml."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interop import axes
from interop.toml_tables import TableFile, meant
from scripts.lib.def_tables import TableError, rows
from scripts.lib.paths import PKI

TABLE = Path(__file__).with_name("expected.toml")
RESULTS = ("alert", "accepts", "unheard", "silent")
SIDES, WAYS = ("client", "server"), ("mem", "socket")


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
    since: str = ""  # versions of the peer (installed.py)
    until: str = ""

    def holds(self, peer: str, case: str, way: str, version: str, ours_refuses: bool) -> bool:
        return (
            (self.peer, self.case, self.ours_refuses) == (peer, case, ours_refuses)
            and self.way in (None, way)
            and (not self.versions or version in self.versions)
        )


@dataclass(frozen=True)
class Tolerated:
    """What our end takes of a peer, and notes: a row of tolerated.def."""

    peer: str
    row: str
    reason: str
    case: str = "*"  # a glob
    versions: tuple[str, ...] = ()

    def holds(self, peer: str, case: str, version: str, row: str) -> bool:
        return (
            (self.peer, self.row) == (peer, row)
            and fnmatch.fnmatchcase(case, self.case)
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


def _check_refusal(table: TableFile, row: Refusal, number: int) -> None:
    table.one_of(row.by, SIDES, "refusal", number, "by")
    table.one_of(row.alert, axes.alerts(), "refusal", number, "alert")
    if not row.clause.startswith("RFC "):
        table.complain("names no RFC", "refusal", number, "clause")
    for version in row.versions:
        table.one_of(version, axes.SPOKEN_VERSIONS, "refusal", number, "versions")
    shown = {file.stem for file in PKI.glob("*.pem")}
    for key in ("certificate", "client_certificate"):
        if getattr(row, key) is not None:
            table.one_of(getattr(row, key), shown, "refusal", number, key)


def _check_deviation(table: TableFile, row: Deviation, number: int, cases: set[str]) -> None:
    at = "deviation"
    peers = {file.stem for file in Path(__file__).with_name("peers").glob("*.toml")}
    table.one_of(row.peer, peers, at, number, "peer")
    if row.case not in cases:
        table.complain(
            f"no refusal is called {row.case}{meant(row.case, cases)}", at, number, "case"
        )
    if sum(bool(getattr(row, result)) for result in RESULTS) != 1:
        table.complain(f"has to have one of {', '.join(RESULTS)}", at, number)
    for key, known in (
        ("alert", axes.alerts()),
        ("unheard", axes.alerts()),
        ("by", SIDES),
        ("way", WAYS),
    ):
        if getattr(row, key) is not None:
            table.one_of(getattr(row, key), known, at, number, key)
    for version in row.versions:
        table.one_of(version, axes.SPOKEN_VERSIONS, at, number, "versions")
    check_range(table, row, at, number)


def _check_tolerated(table: TableFile, row: Tolerated, number: int) -> None:
    peers = {file.stem for file in Path(__file__).with_name("peers").glob("*.toml")}
    table.one_of(row.peer, peers, "tolerated", number, "peer")
    known = {columns[0] for columns in rows("tolerated", "SHK_TOLERATED")}
    table.one_of(row.row, known, "tolerated", number, "row")
    for version in row.versions:
        table.one_of(version, axes.SPOKEN_VERSIONS, "tolerated", number, "versions")


def check_range(table: TableFile, row: Any, at: str, number: int) -> None:
    """The versions of the peer that a row is about."""
    for key in ("since", "until"):
        value = getattr(row, key)
        if value and not re.fullmatch(r"\d+(\.\d+)*", value):
            table.complain(f"{value!r} is no version, as 3.2 is", at, number, key)


Tables = tuple[tuple[Refusal, ...], tuple[Deviation, ...], tuple[Tolerated, ...]]


def parse(table: TableFile) -> Tables:
    """The tables of the file; TableError tells all that is wrong with it."""
    table.check_keys(table.data, ("refusal", "deviation", "tolerated"))
    refusals, deviations = [], []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(table.tables("refusal")):
        refusal = table.build(Refusal, row, "refusal", number)
        if refusal is None:
            continue
        _check_refusal(table, refusal, number)
        keys = {(refusal.name, version) for version in refusal.versions or axes.SPOKEN_VERSIONS}
        if keys & seen:
            table.complain("there is one of this name already", "refusal", number, "name")
        seen |= keys
        refusals.append(refusal)
    cases = {str(row.get("name")) for row in table.tables("refusal") if isinstance(row, dict)}
    for number, row in enumerate(table.tables("deviation")):
        deviation = table.build(Deviation, row, "deviation", number)
        if deviation is not None:
            _check_deviation(table, deviation, number, cases)
            deviations.append(deviation)
    tolerated = []
    for number, row in enumerate(table.tables("tolerated")):
        found = table.build(Tolerated, row, "tolerated", number)
        if found is not None:
            _check_tolerated(table, found, number)
            tolerated.append(found)
    table.done()
    return tuple(refusals), tuple(deviations), tuple(tolerated)


@cache
def tables() -> Tables:
    return parse(TableFile.read(TABLE))


def expect(
    refusal: Refusal,
    peer: str,
    way: str,
    version: str,
    ours_refuses: bool,
    is_here: Callable[[Deviation], bool] = lambda row: True,
) -> Expectation:
    """How a refusal must end in a cell. `is_here`: whether a row is about the peer's version."""
    found = [
        row
        for row in tables()[1]
        if row.holds(peer, refusal.name, way, version, ours_refuses) and is_here(row)
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


def tolerated(peer: str, case: str, version: str, row: str) -> Tolerated | None:
    """The row that expects our end to note this deviation of the peer."""
    return next((each for each in tables()[2] if each.holds(peer, case, version, row)), None)
