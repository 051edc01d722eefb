"""Make the test PKI: authorities, good leaves and deliberately broken ones.

    scripts/make-pki [DIR]          write everything into DIR (default corpora/pki)
    scripts/make-pki --missing [DIR]
                                    make what DIR lacks of it, and leave the rest alone
    scripts/make-pki --check [DIR]  check that the good ones verify, that the broken ones
                                    fail for their own reason, and that keys match

One row of ROWS is one certificate; the files, README.md and the checks follow from it.
Needs the `openssl` command, 3.0 or later. Exit codes: 0 all good, 1 a step or check
failed, 2 wrong use, 3 no usable openssl.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.paths import PKI
from scripts.lib.pki import stapled

DEFAULT_DIR = PKI
TIMEOUT_S = 120

SERVER = "server.shakedown.test"
CLIENT = "client.shakedown.test"
SERVER_SAN = f"DNS:{SERVER},DNS:localhost,DNS:*.wild.shakedown.test,IP:127.0.0.1"
CLIENT_SAN = f"DNS:{CLIENT},email:client@shakedown.test"
GOOD_DATES = ("20200101000000Z", "20791231235959Z")

# key kind -> `openssl genpkey` arguments. DSA is absent: it needs parameters first.
KEY_ARGUMENTS: dict[str, list[str]] = {
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa768": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:768"],
    "rsapss2048": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p224": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "brainpool256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
    "ed25519": ["-algorithm", "ED25519"],
    "ed448": ["-algorithm", "ED448"],
}

# X509_V_ERR_* values, as `openssl verify` prints them.
SIGNATURE_FAILURE, NOT_YET_VALID, EXPIRED, SELF_SIGNED_LEAF = 7, 9, 10, 18
NO_LOCAL_ISSUER, NO_LEAF_ISSUER, PATH_TOO_LONG, WRONG_PURPOSE = 20, 21, 25, 26
NO_CERT_SIGN, WRONG_HOSTNAME, WRONG_IP, INVALID_CA = 32, 62, 64, 79
WEAK_KEY, WEAK_DIGEST = 66, 68


class Failure(Exception):
    """A command failed, or a file is not what it must be."""


@dataclass(frozen=True)
class Row:
    """One certificate with its key: NAME.pem and NAME.key."""

    name: str
    about: str
    key: str = "p256"
    issuer: str = "intermediate"  # its own name: self-signed
    chain: tuple[str, ...] = ("intermediate",)  # what follows the leaf in NAME.pem
    verdict: str = "accept"  # what the other peer should do
    errors: frozenset[int] = frozenset()  # what `openssl verify` may report
    subject: str = SERVER
    san: str = SERVER_SAN
    usage: str = "digitalSignature"
    extended_usage: str = "serverAuth"
    constraints: str = "CA:FALSE"
    dates: tuple[str, str] = GOOD_DATES
    digest: str = "sha256"
    flip_signature_bit: bool = False

    @property
    def is_authority(self) -> bool:
        return self.constraints.startswith("CA:TRUE")

    def extensions(self) -> str:
        lines = [
            f"basicConstraints = critical,{self.constraints}",
            f"keyUsage = critical,{self.usage}",
            "subjectKeyIdentifier = hash",
        ]
        if self.issuer != self.name:
            lines.append("authorityKeyIdentifier = keyid:always")
        if self.extended_usage:
            lines.append(f"extendedKeyUsage = {self.extended_usage}")
        if self.san:
            lines.append(f"subjectAltName = {self.san}")
        return "[extensions]\n" + "\n".join(lines) + "\n"


def authority(
    name: str,
    subject: str,
    about: str,
    *,
    key: str = "p256",
    issuer: str | None = None,
    verdict: str = "accept",
    errors: frozenset[int] = frozenset(),
) -> Row:
    return Row(
        name=name,
        about=about,
        key=key,
        issuer=issuer or name,
        chain=(),
        verdict=verdict,
        errors=errors,
        subject=subject,
        san="",
        usage="keyCertSign,cRLSign",
        extended_usage="",
        constraints="CA:TRUE,pathlen:0" if issuer else "CA:TRUE",
    )


def client(name: str, key: str) -> Row:
    return Row(
        name=name,
        about=f"client leaf, {key} key",
        key=key,
        subject=CLIENT,
        san=CLIENT_SAN,
        extended_usage="clientAuth",
    )


RSA_USAGE = "digitalSignature,keyEncipherment"

# Issuers stand before what they issue.
ROWS: tuple[Row, ...] = (
    authority("root", "Shakedown Test Root", "trust anchor, P-256"),
    authority(
        "intermediate",
        "Shakedown Test Intermediate",
        "issuer of most leaves, P-256, pathlen 0",
        issuer="root",
    ),
    authority("rsa-root", "Shakedown Test RSA Root", "trust anchor, RSA-2048", key="rsa2048"),
    authority(
        "rsa-intermediate",
        "Shakedown Test RSA Intermediate",
        "issuer of the all-RSA chain, RSA-2048, pathlen 0",
        key="rsa2048",
        issuer="rsa-root",
    ),
    authority(
        "other-root",
        "Shakedown Other Root",
        "issuer of `unknown-issuer`, P-256; never trusted",
        verdict="not in `roots.pem`",
        errors=frozenset({SELF_SIGNED_LEAF}),
    ),
    Row("rsa2048", "RSA key, ECDSA chain", key="rsa2048", usage=RSA_USAGE),
    Row("p256", "P-256 key"),
    Row("p384", "P-384 key", key="p384"),
    Row("ed25519", "Ed25519 key", key="ed25519"),
    Row(
        "rsa2048-rsachain",
        "RSA key, the whole chain sha256WithRSAEncryption",
        key="rsa2048",
        issuer="rsa-intermediate",
        chain=("rsa-intermediate",),
        usage=RSA_USAGE,
    ),
    Row("p521", "P-521 key", key="p521"),
    Row("ed448", "Ed448 key", key="ed448"),
    Row("rsapss2048", "id-RSASSA-PSS key, no parameter restrictions", key="rsapss2048"),
    Row("dsa2048", "DSA key (TLS 1.0 to 1.2 only)", key="dsa2048"),
    Row("brainpool256", "brainpoolP256r1 key", key="brainpool256"),
    Row("rsa3072", "RSA-3072 key, ECDSA chain", key="rsa3072", usage=RSA_USAGE),
    client("client-rsa2048", "rsa2048"),
    client("client-p256", "p256"),
    client("client-ed25519", "ed25519"),
    Row(
        "expired",
        "valid 2000 to 2001",
        dates=("20000101000000Z", "20011231235959Z"),
        verdict="certificate_expired (45)",
        errors=frozenset({EXPIRED}),
    ),
    Row(
        "not-yet-valid",
        "valid 2090 to 2095",
        dates=("20900101000000Z", "20951231235959Z"),
        verdict="certificate_expired (45)",
        errors=frozenset({NOT_YET_VALID}),
    ),
    Row(
        "wrong-name",
        "SAN is other.shakedown.test alone",
        san="DNS:other.shakedown.test",
        verdict="bad_certificate (42)",
        errors=frozenset({WRONG_HOSTNAME, WRONG_IP}),
    ),
    Row(
        "no-san",
        "the right name in the CN, no SAN at all",
        san="",
        verdict="bad_certificate (42)",
        errors=frozenset({WRONG_HOSTNAME, WRONG_IP}),
    ),
    Row(
        "unknown-issuer",
        "issued by `other-root`; the file holds the leaf alone",
        issuer="other-root",
        chain=(),
        verdict="unknown_ca (48)",
        errors=frozenset({NO_LOCAL_ISSUER, NO_LEAF_ISSUER}),
    ),
    Row(
        "self-signed",
        "a leaf signed by its own key",
        issuer="self-signed",
        chain=(),
        verdict="unknown_ca (48)",
        errors=frozenset({SELF_SIGNED_LEAF}),
    ),
    Row(
        "broken-signature",
        "one bit of the leaf's signature value flipped; still valid DER",
        flip_signature_bit=True,
        verdict="signature invalid: decrypt_error (51) or bad_certificate (42)",
        errors=frozenset({SIGNATURE_FAILURE}),
    ),
    Row(
        "no-server-auth",
        "extended key usage is clientAuth alone",
        extended_usage="clientAuth",
        verdict="unsupported_certificate (43)",
        errors=frozenset({WRONG_PURPOSE}),
    ),
    Row(
        "no-digital-signature",
        "key usage is keyAgreement alone",
        usage="keyAgreement",
        verdict="unsupported_certificate (43)",
    ),
    Row(
        "not-a-ca-issuer",
        "issued by the `p256` leaf, which is no CA (so pathlen 0 is exceeded too)",
        issuer="p256",
        chain=("p256", "intermediate"),
        verdict="unknown_ca (48) or bad_certificate (42)",
        errors=frozenset({INVALID_CA, NO_CERT_SIGN, PATH_TOO_LONG, WRONG_PURPOSE}),
    ),
    Row(
        "weak-key",
        "RSA key of 768 bits",
        key="rsa768",
        usage=RSA_USAGE,
        verdict="bad_certificate (42)",
        errors=frozenset({WEAK_KEY}),
    ),
    Row(
        "no-key-encipherment",
        "RSA key whose key usage is digitalSignature alone",
        key="rsa2048",
        verdict="accept, but not for RSA key exchange",
    ),
    Row(
        "client-no-digital-signature",
        "client leaf, key usage is keyAgreement alone",
        subject=CLIENT,
        san=CLIENT_SAN,
        usage="keyAgreement",
        extended_usage="clientAuth",
        verdict="unsupported_certificate (43)",
    ),
    Row(
        "md5-signature",
        "signed with md5WithRSAEncryption",
        issuer="rsa-intermediate",
        chain=("rsa-intermediate",),
        digest="md5",
        verdict="bad_certificate (42)",
        errors=frozenset({WEAK_DIGEST}),
    ),
    Row(
        "unknown-key",
        "P-224 key, for which TLS 1.3 has no scheme and we have none either",
        key="p224",
        verdict="unsupported_certificate (43)",
    ),
)

ROOTS = ("root", "rsa-root")

CONFIG = """\
[req]
distinguished_name = empty
[empty]
[ca]
default_ca = sign
[sign]
database = {work}/index.txt
new_certs_dir = {work}
rand_serial = yes
unique_subject = no
default_md = sha256
email_in_dn = no
copy_extensions = none
policy = policy
[policy]
commonName = supplied
"""

README = """\
# Test PKI

Made by `scripts/make-pki`; checked by `scripts/make-pki --check`. Do not edit by hand.
**The private keys are public. Use them for tests and for nothing else.**

`NAME.pem` is a chain file, the leaf first and the root left out; `NAME.key` is its
PKCS#8 private key. A client trusts `roots.pem` (`root.pem` and `rsa-root.pem`).

- Server leaves: CN `{server}`; SAN `{server_san}`.
- Client leaves: CN `{client}`; SAN `{client_san}`.
- All but `expired` and `not-yet-valid` are valid from 2020-01-01 to 2079-12-31.
- Broken leaves have P-256 keys and one flaw each, consequences apart. The verdict
  is the alert the verifying peer should send when it expects `{server}` and `127.0.0.1`.

| Files | What for | Expected verdict |
|---|---|---|
| `roots.pem` | what a client trusts | |
{table}
{stapled}

## Where OpenSSL's own verdict differs
- `not-yet-valid`: libssl sends bad_certificate (42); RFC 8446 §6.2 describes
  certificate_expired as "has expired or is not currently valid".
- `no-san`: without `X509_CHECK_FLAG_NEVER_CHECK_SUBJECT`, a certificate with no DNS name
  in its SAN is matched by its CN and accepted; RFC 9525 §2 leaves the CN out.
- `no-digital-signature`: `X509_verify_cert` accepts it for a TLS server, since keyAgreement
  is one of the usages it allows; RFC 8446 §4.4.2.2 demands digitalSignature.
  An OpenSSL server will not use it in TLS 1.2 (no shared cipher), but will in TLS 1.3.
"""


def readme() -> str:
    table = "\n".join(f"| `{row.name}.pem` `.key` | {row.about} | {row.verdict} |" for row in ROWS)
    return README.format(
        server=SERVER,
        server_san=SERVER_SAN,
        client=CLIENT,
        client_san=CLIENT_SAN,
        table=table,
        stapled=stapled.readme_rows(),
    )


def expected_files() -> set[str]:
    return {f"{row.name}{end}" for row in ROWS for end in (".pem", ".key")} | {
        "roots.pem",
        "README.md",
        *stapled.FILES,
    }


@dataclass(frozen=True)
class Openssl:
    """The `openssl` command, shielded from the machine's own configuration."""

    program: str
    work: Path

    def try_run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [self.program, *map(str, arguments)]
        environment = {**os.environ, "OPENSSL_CONF": str(self.work / "openssl.cnf")}
        try:
            return subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as error:
            raise Failure(f"no answer in {TIMEOUT_S} s: {shlex.join(command)}") from error

    def run(self, *arguments: str | Path) -> str:
        done = self.try_run(*arguments)
        if done.returncode != 0:
            raise Failure(f"{shlex.join(done.args)}\n{done.stdout}{done.stderr}")
        return done.stdout


def make_key(openssl: Openssl, kind: str) -> str:
    if kind != "dsa2048":
        return openssl.run("genpkey", *KEY_ARGUMENTS[kind])
    parameters = openssl.work / "dsa.params"
    sizes = ("-pkeyopt", "dsa_paramgen_bits:2048", "-pkeyopt", "dsa_paramgen_q_bits:256")
    openssl.run("genpkey", "-genparam", "-algorithm", "DSA", *sizes, "-out", parameters)
    return openssl.run("genpkey", "-paramfile", parameters)


def flip_signature_bit(pem: str) -> str:
    """A Certificate ends with its signatureValue, and an ECDSA signature with the low byte
    of the INTEGER s, so that the DER's last bit can change without harm to its form."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(pem))
    der[-1] ^= 1
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def leaf_of(folder: Path, name: str) -> str:
    end = "-----END CERTIFICATE-----\n"
    return (folder / f"{name}.pem").read_text().partition(end)[0] + end


def make_row(openssl: Openssl, folder: Path, row: Row) -> None:
    key = folder / f"{row.name}.key"
    key.write_text(make_key(openssl, row.key))
    request, issued = openssl.work / "request.pem", openssl.work / "issued.pem"
    openssl.run("req", "-new", "-key", key, "-subj", f"/CN={row.subject}", "-out", request)

    (openssl.work / "index.txt").write_text("")
    extensions = openssl.work / "extensions.cnf"
    extensions.write_text(row.extensions())
    signer: list[str | Path] = ["-keyfile", folder / f"{row.issuer}.key"]
    if row.issuer == row.name:
        signer += ["-selfsign"]
    else:
        signer += ["-cert", folder / f"{row.issuer}.pem"]
    # `openssl x509 -not_before` came with 3.4; `openssl ca` has always taken dates.
    options = ["-batch", "-notext", "-startdate", row.dates[0], "-enddate", row.dates[1]]
    options += ["-md", row.digest] if row.digest != "sha256" else []
    files: list[str | Path] = ["-extfile", extensions, "-extensions", "extensions", "-in", request]
    openssl.run("ca", *options, *signer, *files, "-out", issued)

    leaf = issued.read_text()
    if row.flip_signature_bit:
        leaf = flip_signature_bit(leaf)
    chain = [leaf_of(folder, name) for name in row.chain]
    (folder / f"{row.name}.pem").write_text("".join([leaf, *chain]))


def make(openssl: Openssl, target: Path, there: set[str]) -> None:
    """Makes the rows, and what goes with them, but for the files that are there; those stay."""
    folder = openssl.work / "pki"
    folder.mkdir()
    rows = [row for row in ROWS if f"{row.name}.pem" not in there]
    for name in there & expected_files():
        shutil.copyfile(target / name, folder / name)
    began = time.monotonic()
    for done, row in enumerate(rows, start=1):
        make_row(openssl, folder, row)
        spent = time.monotonic() - began
        left = spent / done * (len(rows) - done)
        print(f"[{done:2}/{len(rows)}] {row.name}  ({spent:.1f} s, {left:.1f} s left)")
    (folder / "roots.pem").write_text("".join(leaf_of(folder, name) for name in ROOTS))
    (folder / "README.md").write_text(readme())
    for name in stapled.FILES:
        if name not in there:
            stapled.make(openssl.run, openssl.work, folder, name)

    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        shutil.copyfile(path, target / path.name)
    print(f"{len(expected_files())} files in {target}")


def verify(openssl: Openssl, folder: Path, row: Row, *options: str) -> tuple[set[int], str]:
    """Runs `openssl verify`; gives the errors it reports and its words."""
    pem = folder / f"{row.name}.pem"
    purpose: list[str] = []
    if not row.is_authority:
        purpose = ["-purpose", "sslclient" if row.subject == CLIENT else "sslserver"]
    trust: list[str | Path] = ["-no-CApath", "-no-CAstore", "-CAfile", folder / "roots.pem"]
    done = openssl.try_run("verify", *trust, "-untrusted", pem, *purpose, *options, pem)
    words = done.stdout + done.stderr
    errors = {int(found) for found in re.findall(r"^error (\d+) at ", words, re.M)}
    if (done.returncode == 0) == bool(errors):
        raise Failure(f"{shlex.join(done.args)}\nunclear answer:\n{words}")
    return errors, words


def names_to_verify(row: Row) -> list[list[str]]:
    if row.is_authority:
        return [[]]
    if row.subject == CLIENT:
        return [["-verify_hostname", CLIENT, "-verify_email", "client@shakedown.test"]]
    # The address is what shows that no-san fails: for host names, openssl takes the CN.
    main = ["-verify_hostname", SERVER, "-verify_ip", "127.0.0.1"]
    if row.errors:
        return [main]
    others = ("localhost", "any.wild.shakedown.test")
    return [main, *(["-verify_hostname", name] for name in others)]


def check_row(openssl: Openssl, folder: Path, row: Row) -> None:
    pem, key = folder / f"{row.name}.pem", folder / f"{row.name}.key"
    certified = openssl.run("x509", "-in", pem, "-noout", "-pubkey")
    if certified != openssl.run("pkey", "-in", key, "-pubout"):
        raise Failure("the key is not the certificate's")
    if not key.read_text().startswith("-----BEGIN PRIVATE KEY-----\n"):
        raise Failure("the key is not PKCS#8 PEM")

    strict = ["-auth_level", "1"] if row.errors else ["-x509_strict", "-auth_level", "2"]
    for names in names_to_verify(row):
        errors, words = verify(openssl, folder, row, *strict, *names)
        if not row.errors and errors:
            raise Failure(f"does not verify: {words}")
        if row.errors and not errors:
            raise Failure("verifies, but must not")
        if not errors <= row.errors:
            raise Failure(f"fails for another reason than its own: {words}")

    usage = openssl.run("x509", "-in", pem, "-noout", "-ext", "keyUsage")
    if ("Digital Signature" in usage) != ("digitalSignature" in row.usage):
        raise Failure(f"wrong key usage: {usage}")


def check(openssl: Openssl, folder: Path) -> bool:
    problems: list[str] = []
    present = {path.name for path in folder.iterdir()}
    problems += [f"{name}: missing" for name in sorted(expected_files() - present)]
    problems += [f"{name}: not ours" for name in sorted(present - expected_files())]
    if not problems and (folder / "README.md").read_text() != readme():
        problems.append("README.md: differs from what this script writes")
    for row in ROWS if not problems else ():
        try:
            check_row(openssl, folder, row)
            print(f"ok    {row.name}: {row.verdict}")
        except Failure as failure:
            problems.append(f"{row.name}: {failure}")
    if not problems:
        problems += stapled.problems(openssl.run, folder)
    for problem in problems:
        print(f"FAIL  {problem}", file=sys.stderr)
    return not problems


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dir", nargs="?", type=Path, default=DEFAULT_DIR)
    parser.add_argument("--check", action="store_true", help="check DIR, write nothing")
    parser.add_argument("--missing", action="store_true", help="make what DIR lacks")
    parser.add_argument(
        "--force", action="store_true", help="replace the keys and certificates in DIR"
    )
    options = parser.parse_args()
    if options.check and not options.dir.is_dir():
        parser.error(f"no such directory: {options.dir}")
    if not (options.check or options.missing or options.force) and options.dir.is_dir():
        if any(options.dir.iterdir()):
            parser.error(f"{options.dir} is not empty (--force replaces every key)")

    program = shutil.which("openssl")
    if program is None:
        print("make-pki: needs the openssl command, 3.0 or later", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="make-pki-") as work:
        openssl = Openssl(program, Path(work))
        (openssl.work / "openssl.cnf").write_text(CONFIG.format(work=work))
        try:
            version = openssl.run("version")
            if not re.match(r"OpenSSL ([3-9]|\d\d)\.", version):
                print(f"make-pki: needs OpenSSL 3.0, not {version}", file=sys.stderr)
                return 3
            if options.check:
                good = check(openssl, options.dir)
            else:
                there = options.dir.iterdir() if options.missing else ()
                make(openssl, options.dir, {path.name for path in there})
                good = True
        except Failure as failure:
            print(f"make-pki: {failure}", file=sys.stderr)
            good = False
    if not good:
        print(f"again: {shlex.join(['scripts/make-pki', *sys.argv[1:]])}", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
