"""Writes OCSP responses (RFC 6960) for the test PKI: good ones, and some with one flaw each.

    scripts/make-ocsp    write corpora/ocsp/NAME.der for every row of RESPONSES

They are about the leaf of corpora/pki/p256.pem, issued by corpora/pki/intermediate.pem. The
`openssl` command can make responses, but not with the dates that a test needs. Exit: 0 all good,
1 a command failed, 2 wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import ssl
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PKI = ROOT / "corpora" / "pki"
OUT = ROOT / "corpora" / "ocsp"

SHA1 = bytes.fromhex("06052b0e03021a")
ECDSA_WITH_SHA256 = bytes.fromhex("06082a8648ce3d040302")
OCSP_BASIC = bytes.fromhex("06092b0601050507300101")
SEQUENCE, OCTETS, BITS, TIME, NULL = 0x30, 0x04, 0x03, 0x18, b"\x05\x00"
BEGIN, END = "20200101000000Z", "20791231235959Z"

CA_SETTINGS = """[ca]
default_ca = test
[test]
database = index
serial = serial
policy = any
[any]
commonName = supplied
"""


@dataclass(frozen=True)
class Response:
    """One file. `leaf` is whose status it tells, `signer` whose key signs and, unless it is the
    issuer's, whose certificate comes with it."""

    status: str = "good"
    leaf: str = "p256"
    signer: str = "intermediate"
    begin: str = BEGIN
    end: str = END
    shown: bool = False


RESPONSES = {
    "good": Response(),
    "good-delegated": Response(signer="responder", shown=True),
    "good-without-end": Response(end=""),
    "revoked": Response(status="revoked"),
    "unknown": Response(status="unknown"),
    "stale": Response(end="20201231235959Z"),
    "not-yet": Response(begin="20780101000000Z"),
    "other-leaf": Response(leaf="p384"),
    "signed-by-the-leaf": Response(signer="p256", shown=True),
    "signed-by-a-stranger": Response(signer="other-root", shown=True),
}


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def split(data: bytes) -> list[bytes]:
    """The elements inside a DER value that are next to one another, each with its header."""
    found = []
    while data:
        head = 2
        length = data[1]
        if length & 0x80:
            head += length & 0x7F
            length = int.from_bytes(data[2:head], "big")
        found.append(data[: head + length])
        data = data[head + length :]
    return found


def inside(element: bytes) -> bytes:
    return element[2 + (element[1] & 0x7F if element[1] & 0x80 else 0) :]


@dataclass(frozen=True)
class Certificate:
    whole: bytes
    serial: bytes
    subject: bytes
    key: bytes  # the BIT STRING's bits


def read(path: Path) -> Certificate:
    first = re.search(r"-----BEGIN CERT.+?END CERTIFICATE-----\n", path.read_text(), re.DOTALL)
    assert first is not None
    whole = ssl.PEM_cert_to_DER_cert(first[0])
    _, serial, _, _, _, subject, key, *_ = split(inside(split(inside(whole))[0]))
    return Certificate(whole, serial, subject, inside(split(inside(key))[1])[1:])


def openssl(*words: str, data: bytes = b"", cwd: Path = ROOT) -> bytes:
    return subprocess.run(
        ["openssl", *words], input=data, capture_output=True, timeout=60, check=True, cwd=cwd
    ).stdout


def make_responder(folder: Path) -> None:
    """A certificate of the issuer's for signing its OCSP responses (RFC 6960 §4.2.2.2)."""
    key, request, extensions = (folder / f"responder.{end}" for end in ("key", "csr", "ext"))
    extensions.write_text("extendedKeyUsage=OCSPSigning\nkeyUsage=critical,digitalSignature\n")
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl("genpkey", "-algorithm", "EC", *curve, "-out", str(key))
    openssl("req", "-new", "-key", str(key), "-subj", "/CN=responder", "-out", str(request))
    settings = folder / "ca.cnf"
    settings.write_text(CA_SETTINGS)
    (folder / "index").touch()
    (folder / "serial").write_text("4f435350")
    issuer = ["-cert", str(PKI / "intermediate.pem"), "-keyfile", str(PKI / "intermediate.key")]
    dates = ["-startdate", BEGIN, "-enddate", END, "-md", "sha256"]
    files = ["-in", str(request), "-out", str(folder / "responder.pem"), "-outdir", str(folder)]
    where = ["-config", str(settings), "-extfile", str(extensions), "-notext", "-batch"]
    openssl("ca", *where, *issuer, *dates, *files, cwd=folder)


def status_of(response: Response) -> bytes:
    if response.status == "revoked":
        return der(0xA1, der(TIME, b"20200601000000Z"))
    return der(0x80 if response.status == "good" else 0x82)


def make(response: Response, folder: Path) -> bytes:
    signers = folder if response.signer == "responder" else PKI
    issuer = read(PKI / "intermediate.pem")
    leaf = read(PKI / f"{response.leaf}.pem")
    signer = read(signers / f"{response.signer}.pem")
    name, key = hashlib.sha1(issuer.subject).digest(), hashlib.sha1(issuer.key).digest()
    about = der(
        SEQUENCE, der(SEQUENCE, SHA1, NULL), der(OCTETS, name), der(OCTETS, key), leaf.serial
    )
    single = [about, status_of(response), der(TIME, response.begin.encode())]
    if response.end:
        single.append(der(0xA0, der(TIME, response.end.encode())))
    data = der(
        SEQUENCE,
        der(0xA1, signer.subject),
        der(TIME, response.begin.encode()),
        der(SEQUENCE, der(SEQUENCE, *single)),
    )
    key_file = str(signers / f"{response.signer}.key")
    signature = openssl("dgst", "-sha256", "-sign", key_file, data=data)
    parts = [data, der(SEQUENCE, ECDSA_WITH_SHA256), der(BITS, b"\0", signature)]
    if response.shown:
        parts.append(der(0xA0, der(SEQUENCE, signer.whole)))
    basic = der(SEQUENCE, OCSP_BASIC, der(OCTETS, der(SEQUENCE, *parts)))
    return der(SEQUENCE, der(0x0A, b"\0"), der(0xA0, basic))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/make-ocsp",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            make_responder(Path(folder))
            for name, response in RESPONSES.items():
                (OUT / f"{name}.der").write_bytes(make(response, Path(folder)))
        except subprocess.CalledProcessError as failed:
            print(f"make-ocsp: {failed.cmd}: {failed.stderr.decode()}", file=sys.stderr)
            return 1
    (OUT / "try-later.der").write_bytes(der(SEQUENCE, der(0x0A, b"\x03")))
    print(f"make-ocsp: {len(RESPONSES) + 1} responses in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
