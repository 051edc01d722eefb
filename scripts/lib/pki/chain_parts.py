"""Certificates to be made: keys, extensions and the DER of a certificate, well-formed or not."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.pki import der

LIMIT_S = 60
# OIDs of extensions (RFC 5280 §4.2), and those that nobody knows.
SKI, KEY_USAGE, SAN, BASIC = "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19"
NAME_CONSTRAINTS, AKI, EKU = "2.5.29.30", "2.5.29.35", "2.5.29.37"
TLS_FEATURE, UNKNOWN = "1.3.6.1.5.5.7.1.24", "1.3.6.1.4.1.99999.1"
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
CODE_SIGNING, ANY_USAGE = "1.3.6.1.5.5.7.3.3", "2.5.29.37.0"
# Bits of keyUsage.
DIGITAL_SIGNATURE, KEY_AGREEMENT, CERT_SIGN, CRL_SIGN = 0, 4, 5, 6

# Signature algorithm: digest of the command line, AlgorithmIdentifier.
ALGORITHMS = {
    "ecdsa-sha256": ("sha256", der.sequence(der.oid("1.2.840.10045.4.3.2"))),
    "ecdsa-sha384": ("sha384", der.sequence(der.oid("1.2.840.10045.4.3.3"))),
    "ecdsa-sha1": ("sha1", der.sequence(der.oid("1.2.840.10045.4.1"))),
    "rsa-sha256": ("sha256", der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null())),
    "rsa-md5": ("md5", der.sequence(der.oid("1.2.840.113549.1.1.4"), der.null())),
}
KEY_ARGUMENTS = {
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa512": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"],
}

Extension = tuple[str, bool, bytes]  # OID, critical, value


class Failure(Exception):
    """openssl did not do what it was told."""


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], input=data, capture_output=True, timeout=LIMIT_S
    )
    if done.returncode != 0:
        raise Failure(f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode()}")
    return done.stdout


class Keys:
    """Private keys by name, KIND or KIND-WHOSE, made when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.publics: dict[str, bytes] = {}

    def path(self, name: str) -> Path:
        path = self.folder / f"{name}.key"
        if not path.exists():
            path.write_bytes(openssl("genpkey", *KEY_ARGUMENTS[name.split("-")[0]]))
        return path

    def public(self, name: str) -> bytes:
        if name not in self.publics:
            command = ("pkey", "-in", self.path(name), "-pubout", "-outform", "DER")
            self.publics[name] = openssl(*command)
        return self.publics[name]

    def identifier(self, name: str) -> bytes:
        return hashlib.sha1(self.public(name), usedforsecurity=False).digest()

    def sign(self, name: str, digest: str, message: bytes) -> bytes:
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            return openssl("dgst", f"-{digest}", "-sign", self.path(name), file.name)


def distinguished(common_name: str | None) -> bytes:
    if common_name is None:
        return der.sequence()
    attribute = der.sequence(der.oid("2.5.4.3"), der.utf8(common_name))
    return der.sequence(der.set_of(attribute))


def dns(*names: str) -> bytes:
    return der.sequence(*(der.implicit(2, name.encode()) for name in names))


def usage(*bits: int) -> Extension:
    return KEY_USAGE, True, der.named_bits(*bits)


def purposes(*oids: str) -> Extension:
    return EKU, False, der.sequence(*map(der.oid, oids))


def authority_of(is_ca: bool, path_len: int | None = None, critical: bool = True) -> Extension:
    parts = [der.boolean(True)] if is_ca else []
    parts += [] if path_len is None else [der.integer(path_len)]
    return BASIC, critical, der.sequence(*parts)


def constraints(permitted: Sequence[bytes] = (), excluded: Sequence[bytes] = ()) -> Extension:
    trees = [
        der.implicit(number, b"".join(der.sequence(base) for base in bases), constructed=True)
        for number, bases in enumerate((permitted, excluded))
        if bases
    ]
    return NAME_CONSTRAINTS, True, der.sequence(*trees)


def tree(name: str) -> bytes:
    return der.implicit(2, name.encode())


def network(address: bytes, mask: bytes) -> bytes:
    return der.implicit(7, address + mask)


@dataclass(frozen=True)
class Cert:
    """A certificate to be made. `extensions` of None leaves the default of its place."""

    subject: str | None
    key: str
    issuer: str | None = "Intermediate"
    signer: str = "p256-intermediate"
    version: int = 3
    serial: int = 1
    begin: str = "20200101000000Z"
    end: str = "20491231235959Z"
    extensions: tuple[Extension, ...] = ()
    algorithm: str = "ecdsa-sha256"
    inner_algorithm: str | None = None  # in the part that is signed, if it differs
    flip: bool = False  # a bit of the signature
    tail: bytes = b""  # behind the certificate
    key_identifiers: bool = True

    def encode(self, keys: Keys) -> bytes:
        digest, algorithm = ALGORITHMS[self.algorithm]
        inner = ALGORITHMS[self.inner_algorithm or self.algorithm][1]
        extensions = list(self.extensions)
        if self.key_identifiers and self.version == 3:
            extensions.append((SKI, False, der.octets(keys.identifier(self.key))))
            if self.signer != self.key:
                identifier = der.implicit(0, keys.identifier(self.signer))
                extensions.append((AKI, False, der.sequence(identifier)))
        coded = [
            der.sequence(
                der.oid(kind), *([der.boolean(True)] if critical else []), der.octets(value)
            )
            for kind, critical, value in extensions
        ]
        body = der.sequence(
            *([der.explicit(0, der.integer(self.version - 1))] if self.version > 1 else []),
            der.integer(self.serial),
            inner,
            distinguished(self.issuer),
            der.sequence(der.time(self.begin), der.time(self.end)),
            distinguished(self.subject),
            keys.public(self.key),
            *([der.explicit(3, der.sequence(*coded))] if coded else []),
        )
        signature = bytearray(keys.sign(self.signer, digest, body))
        signature[-1] ^= 1 if self.flip else 0
        return der.sequence(body, algorithm, der.bits(bytes(signature))) + self.tail
