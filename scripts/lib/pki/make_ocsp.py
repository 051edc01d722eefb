"""Writes OCSP responses (RFC 6960) with one flaw or one peculiarity each, for the unit tests.

    scripts/make-ocsp    write corpora/ocsp/NAME.der for every row of RESPONSES

They are about leaves of corpora/pki, where the usual ones are (scripts/make-pki). Exit: 0 all good,
1 a command failed, 2 wrong use.
"""

from __future__ import annotations

import argparse
import re
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes
from scripts.lib.exits import Stop, run_main
from scripts.lib.paths import PKI, ROOT
from scripts.lib.pki.der import tlv
from scripts.lib.pki.stapled import BASIC_RESPONSE, ECDSA_WITH_SHA256, certificate_id, sign
from scripts.lib.ready import ready
from scripts.lib.words import count

OCSP = ROOT / "corpora" / "ocsp"
BEGIN, END = "20200101000000Z", "20791231235959Z"
GOOD, UNKNOWN = b"\x80\0", b"\x82\0"
TRY_LATER = tlv(0x30, tlv(0x0A, b"\x03"))

# Responders that the issuer has certified, and their keys.
RESPONDERS = {
    "responder": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "weak-responder": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"),
}
# By the kind of the signer's key, and the digest.
ALGORITHMS = {
    ("EC", "sha256"): ECDSA_WITH_SHA256,
    ("EC", "sha1"): bytes.fromhex("300906072a8648ce3d0401"),
    ("RSA", "sha256"): bytes.fromhex("300d06092a864886f70d01010b0500"),
}
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
    """`leaf` is whose status it tells, `signer` whose key signs; unless it is the issuer, its
    certificate comes with it."""

    status: bytes = GOOD
    leaf: str = "p256"
    signer: str = "intermediate"
    begin: str = BEGIN
    end: str = END
    digest: str = "sha256"


RESPONSES = {
    "good-delegated": Response(signer="responder"),
    "good-without-end": Response(end=""),
    "good-weak-responder": Response(signer="weak-responder"),
    "good-over-sha1": Response(digest="sha1"),
    "unknown": Response(status=UNKNOWN),
    "not-yet": Response(begin="20780101000000Z"),
    "other-leaf": Response(leaf="p384"),
    "signed-by-the-leaf": Response(signer="p256"),
    "signed-by-a-stranger": Response(signer="other-root"),
}

LIMIT_S = 60  # of processor time


def openssl(*words: str | Path, cwd: Path = ROOT) -> str:
    command = ["openssl", *map(str, words)]
    done = processes.run(command, LIMIT_S, cwd=cwd)
    if done.returncode != 0:
        raise Stop(1, f"{done.stderr}\nfailed: {' '.join(command)}")
    return done.stdout


def make_responder(folder: Path, name: str) -> None:
    """A certificate of the issuer's for signing its OCSP responses (RFC 6960 §4.2.2.2)."""
    key, request, extensions = (folder / f"{name}.{end}" for end in ("key", "csr", "ext"))
    extensions.write_text("extendedKeyUsage=OCSPSigning\nkeyUsage=critical,digitalSignature\n")
    (folder / "ca.cnf").write_text(CA_SETTINGS)
    (folder / "index").write_text("")
    (folder / "serial").write_text("4f435350")
    openssl("genpkey", *RESPONDERS[name], "-out", key)
    openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
    issuer = ("-cert", PKI / "intermediate.pem", "-keyfile", PKI / "intermediate.key")
    dates = ("-startdate", BEGIN, "-enddate", END, "-md", "sha256")
    files = ("-in", request, "-out", folder / f"{name}.pem", "-outdir", folder)
    where = ("-config", folder / "ca.cnf", "-extfile", extensions, "-notext", "-batch")
    openssl("ca", *where, *issuer, *dates, *files, cwd=folder)


def certificate_of(path: Path) -> bytes:
    first = re.search(r"-----BEGIN CERT.+?END CERTIFICATE-----\n", path.read_text(), re.DOTALL)
    assert first is not None
    return ssl.PEM_cert_to_DER_cert(first[0])


def key_hash_of(path: Path) -> bytes:
    words = openssl("x509", "-in", path, "-noout", "-ocspid")
    return bytes.fromhex(re.findall(r"hash: ([0-9A-F]+)", words)[1])


def make(response: Response, work: Path) -> bytes:
    signer = (work if response.signer in RESPONDERS else PKI) / f"{response.signer}.pem"
    kind = RESPONDERS[response.signer][1] if response.signer in RESPONDERS else "EC"
    identity, _ = certificate_id(openssl, PKI, response.leaf)
    begin = tlv(0x18, response.begin.encode())
    end = tlv(0xA0, tlv(0x18, response.end.encode())) if response.end else b""
    single = tlv(0x30, identity, response.status, begin, end)
    responder = tlv(0xA2, tlv(4, key_hash_of(signer)))
    data = tlv(0x30, responder, begin, tlv(0x30, single))
    signature = tlv(
        3, b"\0", sign(openssl, work, signer.with_suffix(".key"), data, response.digest)
    )
    shown = b""
    if response.signer != "intermediate":
        shown = tlv(0xA0, tlv(0x30, certificate_of(signer)))
    algorithm = ALGORITHMS[kind, response.digest]
    basic = tlv(0x30, data, algorithm, signature, shown)
    return tlv(0x30, tlv(0x0A, b"\0"), tlv(0xA0, tlv(0x30, BASIC_RESPONSE, tlv(4, basic))))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/make-ocsp",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    ready()
    OCSP.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in RESPONDERS:
            make_responder(work, name)
        for name, response in RESPONSES.items():
            (OCSP / f"{name}.der").write_bytes(make(response, work))
    (OCSP / "try-later.der").write_bytes(TRY_LATER)
    print(f"make-ocsp: {count(len(RESPONSES) + 1, 'response')} in {OCSP.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    run_main("make-ocsp", main)
