"""What a server of the test PKI sends beside its certificate: OCSP responses and SCTs.

`openssl ocsp` takes no dates, so the responses' DER is put together here; `openssl` signs it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.pki.der import tlv

ISSUER = "intermediate"
BASIC_RESPONSE = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
SHA1_ALGORITHM = bytes.fromhex("300906052b0e03021a0500")
ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
LOGS = ("Shakedown Test Log 1", "Shakedown Test Log 2")
SCT_TIME_MS = 1_577_836_800_000  # 2020-01-01

Run = Callable[..., str]  # `openssl` with arguments; its standard output


@dataclass(frozen=True)
class Response:
    """One OCSP response: NAME, about the leaf of LEAF.pem, signed by its issuer."""

    name: str
    leaf: str
    about: str
    verdict: str = "good"  # as `openssl ocsp` prints it
    dates: tuple[str, str] = ("20200101000000Z", "20791231235959Z")  # thisUpdate, nextUpdate
    in_force: bool = True


RESPONSES = (
    Response("p256.ocsp", "p256", "OCSP response for `p256`: good"),
    Response("rsa2048.ocsp", "rsa2048", "OCSP response for `rsa2048`: good"),
    Response("p256-revoked.ocsp", "p256", "OCSP response for `p256`: revoked", "revoked"),
    Response(
        "p256-stale.ocsp",
        "p256",
        "OCSP response for `p256`: good, but nextUpdate was in 2021",
        dates=("20200101000000Z", "20210101000000Z"),
        in_force=False,
    ),
)
SCTS = "two.scts"
FILES = (*(response.name for response in RESPONSES), SCTS)


def readme_rows() -> str:
    rows = [f"| `{r.name}` | {r.about}; DER | {r.verdict} |" for r in RESPONSES]
    rows.append(
        f"| `{SCTS}` | SignedCertificateTimestampList of two logs that nobody knows, "
        "whose signatures are of the right form only | |"
    )
    return "\n".join(rows)


def sign(run: Run, work: Path, key: Path, data: bytes, digest: str = "sha256") -> bytes:
    unsigned, signature = work / "unsigned.bin", work / "signature.bin"
    unsigned.write_bytes(data)
    run("dgst", f"-{digest}", "-sign", key, "-out", signature, unsigned)
    return signature.read_bytes()


def certificate_id(run: Run, folder: Path, leaf: str) -> tuple[bytes, bytes]:
    """CertID of a leaf, and the hash of its issuer's key (RFC 6960 §4.1.1)."""
    words = run("x509", "-in", folder / f"{ISSUER}.pem", "-noout", "-ocspid")
    name, key = (bytes.fromhex(found) for found in re.findall(r"hash: ([0-9A-F]+)", words))
    serial = run("x509", "-in", folder / f"{leaf}.pem", "-noout", "-serial").strip()
    digits = serial.removeprefix("serial=")
    number = int(digits, 16)
    integer = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return tlv(0x30, SHA1_ALGORITHM, tlv(4, name), tlv(4, key), tlv(2, integer)), key


def make_response(run: Run, work: Path, folder: Path, response: Response) -> bytes:
    """OCSPResponse (RFC 6960 §4.2.1)."""
    identity, key_hash = certificate_id(run, folder, response.leaf)
    start, end = (tlv(0x18, date.encode()) for date in response.dates)
    status = tlv(0xA1, start) if response.verdict == "revoked" else tlv(0x80)
    single = tlv(0x30, identity, status, start, tlv(0xA0, end))
    data = tlv(0x30, tlv(0xA2, tlv(4, key_hash)), start, tlv(0x30, single))
    signature = sign(run, work, folder / f"{ISSUER}.key", data)
    basic = tlv(0x30, data, ECDSA_WITH_SHA256, tlv(3, b"\0", signature))
    return tlv(0x30, tlv(0x0A, b"\0"), tlv(0xA0, tlv(0x30, BASIC_RESPONSE, tlv(4, basic))))


def make_scts(run: Run, work: Path, folder: Path) -> bytes:
    """SignedCertificateTimestampList (RFC 6962 §3.3), of version 1, without extensions."""
    listed = b""
    for log in LOGS:
        log_id = hashlib.sha256(log.encode()).digest()
        signature = sign(run, work, folder / "root.key", log_id)
        head = b"\0" + log_id + SCT_TIME_MS.to_bytes(8, "big") + b"\0\0"
        sct = head + bytes([4, 3]) + len(signature).to_bytes(2, "big") + signature
        listed += len(sct).to_bytes(2, "big") + sct
    return len(listed).to_bytes(2, "big") + listed


def make(run: Run, work: Path, folder: Path, name: str) -> None:
    """Writes one of FILES into the folder that has the certificates."""
    for response in RESPONSES:
        if response.name == name:
            (folder / name).write_bytes(make_response(run, work, folder, response))
    if name == SCTS:
        (folder / name).write_bytes(make_scts(run, work, folder))


def problems(run: Run, folder: Path) -> list[str]:
    """What `openssl ocsp` says against a response, which is not what it is there for."""
    found = []
    issuer = folder / f"{ISSUER}.pem"
    for response in RESPONSES:
        leaf = folder / f"{response.leaf}.pem"
        files = ("-respin", folder / response.name, "-issuer", issuer, "-cert", leaf)
        words = run("ocsp", *files, "-CAfile", folder / "roots.pem", "-no_nonce")
        if re.search(rf"(^|: ){response.verdict}$", words, re.M) is None:
            found.append(f"{response.name}: is not {response.verdict}: {words}")
        if ("Status times invalid" not in words) != response.in_force:
            found.append(f"{response.name}: wrong dates: {words}")
    return found
