"""What both ends of a cell are held to: the rows of harness/endpoint/facts.def, which they tell,
and of harness/drive/wire.def, which the driver sees of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from interop import axes
from scripts.lib.def_tables import TableError, rows
from scripts.lib.paths import ROOT

TABLE = ROOT / "harness" / "endpoint" / "facts.def"
WIRE_TABLE = ROOT / "harness" / "drive" / "wire.def"
SIDES = ("client", "server")
WHO = {"SHARED": SIDES, "EACH": SIDES, "CLIENT": ("client",), "SERVER": ("server",)}


@dataclass(frozen=True)
class Fact:
    name: str  # in the JSON of a verdict, and in a plan
    type: str  # CODE_POINT, FLAG, COUNT, TEXT, ALERT; BYTES and EVENT are no fields
    who: str
    where: str = "ALWAYS"  # BYTES are defined
    is_seen: bool = False  # by the driver, in memory alone; else an end tells it

    @property
    def sides(self) -> tuple[str, ...]:
        """The ends that tell it."""
        return WHO[self.who]

    @property
    def is_shared(self) -> bool:
        """Both ends have the same, and the driver compares it in every cell."""
        return self.who == "SHARED" or self.type == "EVENT"


@cache
def facts() -> dict[str, Fact]:
    found = [Fact(row.name, row[1], row[3]) for row in rows(TABLE, "SHK_FACT", 4)]
    found += [Fact(row[1], "BYTES", "SHARED", row[2]) for row in rows(TABLE, "SHK_FACT_BYTES", 3)]
    found += [Fact(row[1], "EVENT", "EACH") for row in rows(TABLE, "SHK_FACT_EVENT", 2)]
    found += [
        Fact(row.name, row[1], row[2], is_seen=True) for row in rows(WIRE_TABLE, "SHK_WIRE", 3)
    ]
    return {fact.name: fact for fact in found}


def asked(values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Side, fact and value of a plan's facts: "client.send_limit" is about the client alone. Of
    NAMES the value is one that has to be among them."""
    for key, wanted in values.items():
        side, _, name = key.rpartition(".")
        fact = facts().get(name)
        if fact is None or (side and side not in fact.sides):
            raise TableError(f"{key} is no fact of facts.def or wire.def")
        for each in (side,) if side else fact.sides:
            yield each, name, wanted


def is_defined(fact: Fact, version: str, end: Mapping[str, Any]) -> bool:
    """Whether BYTES are defined where an end says this: RFC 5929 §3 and §4.1, RFC 9266 §4.2."""
    older = version < "1.3"
    suite = next((row for row in axes.suites() if row.name == end.get("suite")), None)
    certified = suite is not None and suite.auth not in ("PSK", "ANON")
    by_psk = end.get("resumed") or (end.get("external_psk") and not older)
    match fact.where:
        case "BELOW_13":
            return older
        case "EXPORTER":
            return not older or bool(end.get("extended_master_secret"))
        case "CERTIFICATE":
            return certified and not by_psk and not end.get("raw_public_key")
    return True
