"""The axes of the matrix: versions, suites, groups and schemes from the tables of impl/registry,
and the certificates of corpora/pki."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.lib.def_tables import rows

# Versions that our side speaks. A version of the table that is not here has to be named in
# LATER_VERSIONS, with the reason.
SPOKEN_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
LATER_VERSIONS = {"3.0": "SSL 3.0 is recognised and refused, never spoken (RFC 7568)"}
# Suites and groups that are crossed with everything; each of the others gets a cell of its own.
CORE_CIPHERS = ("AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305")
CORE_EXCHANGES = ("ANY", "ECDHE", "RSA")
CORE_SUITES = ("TLS_RSA_WITH_AES_128_CBC_SHA",)
CORE_GROUPS = ("x25519", "secp256r1", "secp384r1")
# Rows of signature_schemes.def without a cell, and why.
LEFT_OUT_SCHEMES = {
    "rsa_pkcs1_md5_sha1": "no code point: it is how RSA signs below TLS 1.2, in the cells there",
    "ecdsa_brainpoolP384r1tls13_sha384": "the test PKI has a key on brainpoolP256r1 alone",
    "ecdsa_brainpoolP512r1tls13_sha512": "the test PKI has a key on brainpoolP256r1 alone",
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
    key_exchange: str  # "RSA", "ECDHE", "ANY", "DHE_PSK" ...
    auth: str  # "RSA", "ECDSA", "DSS", "ANY"; without a certificate "PSK" or "ANON"
    cipher: str
    mac: str

    @property
    def exchange(self) -> str:
        return f"{self.key_exchange}_{self.auth}"

    @property
    def has_psk(self) -> bool:
        return self.key_exchange.endswith("PSK")

    @property
    def is_core(self) -> bool:
        usual = self.cipher in CORE_CIPHERS and self.key_exchange in CORE_EXCHANGES
        usual = usual and self.auth != "ANON"
        return usual or self.name in CORE_SUITES


@dataclass(frozen=True)
class Group:
    name: str
    value: int
    kind: str  # "FFDHE" or a kind of curve
    min_version: str = "1.0"
    max_version: str = "1.3"

    @property
    def is_core(self) -> bool:
        return self.name in CORE_GROUPS


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
    min_version: str = "1.0"


# Kinds of certificate that every suite and group is crossed with.
KEYS = (
    Key("rsa2048", "RSA", "RSA"),
    Key("p256", "P256", "ECDSA", "secp256r1"),
    Key("p384", "P384", "ECDSA", "secp384r1"),
    Key("ed25519", "ED25519", "ECDSA", min_version="1.2"),
)
# Kinds that get one cell per version.
MORE_KEYS = (
    Key("rsa3072", "RSA", "RSA"),
    Key("rsa2048-rsachain", "RSA", "RSA"),
    Key("p521", "P521", "ECDSA", "secp521r1"),
    Key("brainpool256", "BRAINPOOL256", "ECDSA", "brainpoolP256r1"),
    Key("ed448", "ED448", "ECDSA", min_version="1.2"),
    Key("rsapss2048", "RSA_PSS", "RSA", min_version="1.2"),
)


# Of suites that have no certificate, and the key that DHE_DSS suites alone take.
NO_KEY = Key("none", "NONE", "NONE")
DSS_KEY = Key("dsa2048", "DSA", "DSS")


def table_versions() -> list[Version]:
    """All rows of versions.def."""
    return [
        Version(name.split()[-1], int(value, 0))
        for _, name, value in rows("versions", "SHK_VERSION", 3)
    ]


def _version(enumerator: str) -> str:
    """ "1.2" of "TLS12"."""
    return f"{enumerator[-2]}.{enumerator[-1]}"


def versions() -> list[Version]:
    """What our side speaks."""
    return [version for version in table_versions() if version.name in SPOKEN_VERSIONS]


def suites() -> list[Suite]:
    """The core ones first, then the others, those that few libraries still have last."""
    found = [
        Suite(row[0], int(row[1], 0), _version(row[2]), _version(row[3]), *row[4:8])
        for row in rows("cipher_suites", "SHK_SUITE", 8)
    ]
    rare = ("TRIPLE_DES", "ARIA", "CAMELLIA", "NULL")
    return sorted(found, key=lambda s: (not s.is_core, s.cipher.startswith(rare), s.value))


def groups() -> list[Group]:
    """The core ones first."""
    found = [
        Group(row[0], int(row[1], 0), row[2], _version(row[6]), _version(row[7]))
        for row in rows("groups", "SHK_GROUP", 8)
    ]
    return sorted(found, key=lambda group: (not group.is_core, group.value))


def schemes() -> list[Scheme]:
    return [scheme for scheme in table_schemes() if scheme.name not in LEFT_OUT_SCHEMES]


def table_schemes() -> list[Scheme]:
    """All rows of signature_schemes.def."""
    return [
        Scheme(row[0], int(row[1], 0), row[2], _version(row[4]), _version(row[5]))
        for row in rows("signature_schemes", "SHK_SIGNATURE_SCHEME", 6)
    ]


def alerts() -> dict[str, int]:
    """Name -> number of every alert."""
    return {row[0]: int(row[1], 0) for row in rows("alerts", "SHK_ALERT", 2)}
