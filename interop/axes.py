"""The axes of the matrix: versions, suites, groups and schemes from the tables of impl/registry,
and the certificates of corpora/pki."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGISTRY = ROOT / "impl" / "registry"
PKI = ROOT / "corpora" / "pki"
ROW = re.compile(r"^(SHK_[A-Z0-9_]+)\((.*)\)\s*$", re.MULTILINE)
# Versions that our side speaks. A version of the table that is not here has to be named in
# LATER_VERSIONS, with the reason.
SPOKEN_VERSIONS = ("1.2", "1.3")
LATER_VERSIONS = {
    "3.0": "SSL 3.0 is recognised and refused, never spoken (RFC 7568)",
    "1.0": "our side does not speak TLS 1.0 yet",
    "1.1": "our side does not speak TLS 1.1 yet",
}


@dataclass(frozen=True)
class Version:
    name: str  # "1.3", as the program's options have it
    value: int

    @property
    def enumerator(self) -> str:
        return "TLS" + self.name.replace(".", "")


@dataclass(frozen=True)
class Suite:
    name: str
    value: int
    min_version: str  # "1.2"
    max_version: str
    key_exchange: str  # "RSA", "ECDHE", "ANY"
    auth: str  # "RSA", "ECDSA", "ANY"
    cipher: str
    mac: str


@dataclass(frozen=True)
class Group:
    name: str
    value: int
    kind: str


@dataclass(frozen=True)
class Scheme:
    name: str
    value: int
    key: str  # "RSA", "P256", "P384", "ED25519"
    min_version: str
    max_version: str


@dataclass(frozen=True)
class Key:
    """A server certificate by its kind of key: files corpora/pki/NAME.pem and NAME.key."""

    name: str
    key: str  # as in the table of signature schemes
    auth: str  # as in the table of suites
    group: str | None = None  # that a TLS 1.2 client has to offer (RFC 8422 §5.1.1)


# Kinds of certificate that every suite and group is crossed with.
KEYS = (
    Key("rsa2048", "RSA", "RSA"),
    Key("p256", "P256", "ECDSA", "secp256r1"),
    Key("p384", "P384", "ECDSA", "secp384r1"),
    Key("ed25519", "ED25519", "ECDSA"),
)
# Kinds that get one cell per version.
MORE_KEYS = (Key("rsa3072", "RSA", "RSA"), Key("rsa2048-rsachain", "RSA", "RSA"))


def rows(table: str, macro: str) -> list[list[str]]:
    """The columns of the rows of impl/registry/TABLE.def that use `macro`."""
    text = (REGISTRY / f"{table}.def").read_text(encoding="utf-8")
    return [
        [column.strip().strip('"') for column in columns.split(",")]
        for found, columns in ROW.findall(text)
        if found == macro
    ]


def table_versions() -> list[Version]:
    """All rows of versions.def."""
    return [
        Version(name.split()[-1], int(value, 0))
        for _, name, value in rows("versions", "SHK_VERSION")
    ]


def _version(enumerator: str) -> str:
    """ "1.2" of "TLS12"."""
    return f"{enumerator[-2]}.{enumerator[-1]}"


def versions() -> list[Version]:
    """What our side speaks."""
    return [version for version in table_versions() if version.name in SPOKEN_VERSIONS]


def suites() -> list[Suite]:
    return [
        Suite(row[0], int(row[1], 0), _version(row[2]), _version(row[3]), *row[4:8])
        for row in rows("cipher_suites", "SHK_SUITE")
    ]


def groups() -> list[Group]:
    return [Group(row[0], int(row[1], 0), row[2]) for row in rows("groups", "SHK_GROUP")]


def schemes() -> list[Scheme]:
    return [
        Scheme(row[0], int(row[1], 0), row[2], _version(row[4]), _version(row[5]))
        for row in rows("signature_schemes", "SHK_SIGNATURE_SCHEME")
    ]


def alerts() -> dict[str, int]:
    """Name -> number of every alert."""
    return {row[0]: int(row[1], 0) for row in rows("alerts", "SHK_ALERT")}
