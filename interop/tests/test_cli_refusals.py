"""What cannot be, or would have no effect, is refused before anything starts, by name."""

from __future__ import annotations

import re

import pytest

from interop.tests.cli_support import NAME, run, server
from scripts.lib.paths import PKI, ROOT

VERIFY = ["--cafile", PKI / "roots.pem", "--servername", NAME]
SERVER = ["--server-cert", PKI / "p256.pem", "--server-key", PKI / "p256.key"]
PAIR = ["ours", "ours", *VERIFY, *SERVER]
CBC = ["--tls", "1.2", "--suites", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"]
TLS12 = ["--tls", "1.2"]
TLS13 = ["--tls", "1.3"]
FILTER = "050603551d0f0000"  # any keyUsage
PSK = ["--psk-identity", "someone", "--psk", "00ff"]


ANON = "TLS_DH_anon_WITH_AES_128_GCM_SHA256"


def refuse(words: str, *options: object) -> None:
    done = run("pair", *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr.decode()


def option_ids(value: object) -> str | None:
    return " ".join(str(word) for word in value) if isinstance(value, list) else None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--key-shares", "4"], "--key-shares"),
        (["--record-padding", "16385"], "--record-padding"),
        (["--hello-padding", "0"], "--hello-padding"),
        (["--sigalgs-cert", "nonsense"], "'nonsense' is not a signature scheme"),
        (["--client-no-ems", "--client-require-ems"], "both required and left out"),
        (["--alpn", "h2,"], "'h2,' has an empty name"),
        (["--alpn", ""], "'' has an empty name"),
        (["--servername", ""], "'' is neither a host name nor an address"),
        (["--servername", "a b"], "'a b' is neither a host name nor an address"),
        (["--servername", ".test"], "'.test' is neither a host name nor an address"),
        (["--servername", "*.example"], "'*.example' is neither a host name nor an address"),
        (["--security-level", "6"], "--security-level"),
        (["--ech-config", "00"], "--ech-config: no ECHConfigList"),
        ([*PSK, *PSK], "the PSK identity someone is given twice"),
        (["--min-protocol", "1.3", "--max-protocol", "1.2"], "the lowest is above the highest"),
        ([*TLS12, "--suites", "TLS_AES_128_GCM_SHA256"], "suites of TLS 1.3 alone"),
        ([*TLS13, "--suites", CBC[-1]], "suites of TLS 1.2 or below alone"),
        (["--client-auth", "request", "--oid-filters", "00"], "--oid-filters: a filter is"),
        ([*TLS13, "--groups", "brainpoolP256r1"], "none of the groups is of use"),
        ([*TLS13, "--sigalgs", "rsa_pkcs1_sha1"], "none of the signature schemes is of use"),
        ([*TLS13, "--sigalgs-cert", "dsa_sha256"], "none of the signature schemes for chains is"),
        (["--sigalgs", "0xff01"], "rsa_pkcs1_md5_sha1 is how RSA signs below TLS 1.2"),
        (["--sigalgs-cert", "rsa_pkcs1_md5_sha1"], "has no code point of its own"),
        (["--suites", "0xfafa"], "cipher suite 0xfafa (GREASE) is not supported by this build"),
        (["--groups", "0xfefe"], "group 0xfefe (no name) is not supported by this build"),
        (["--sigalgs", "0xfdfd"], "signature scheme 0xfdfd (no name) is not supported by this"),
        (["--client-max-message", "0"], "--client-max-message"),
        (["--server-max-certificate", "16777216"], "--server-max-certificate"),
    ],
    ids=option_ids,
)
def test_a_value_that_cannot_be_is_named(options: list[str], words: str) -> None:
    refuse(words, *PAIR, *options)


def test_a_group_that_this_libcrypto_lacks_is_named() -> None:
    done = run("pair", *PAIR, *TLS13, "--groups", "X25519MLKEM768")
    named = b"group 0x11ec (X25519MLKEM768) is not supported by this build" in done.stderr
    assert done.returncode == (2 if named else 0), done.stderr
    assert named or b"X25519MLKEM768" in done.stdout


@pytest.mark.parametrize(
    ("options", "option", "takes"),
    [
        (["--client-cert", PKI / "p256.pem"], "--cert", "--key"),
        ([*TLS12, "--suites", ANON], "--cafile", "a cipher suite that is not anonymous"),
        (
            [*TLS12, "--server-suites", ANON, "--client-auth", "request"],
            "--client-auth",
            "a cipher suite that is not anonymous",
        ),
        (["--client-key", PKI / "p256.key"], "--key", "--cert"),
        (["--server-dcert", PKI / "rsa.pem"], "--dcert", "--dkey"),
        (["--server-dkey", PKI / "rsa.key"], "--dkey", "--dcert"),
        (
            ["--client-dcert", PKI / "rsa.pem", "--client-dkey", PKI / "rsa.key"],
            "--dcert",
            "--cert",
        ),
        (["--dstatus-file", PKI / "p256.ocsp"], "--dstatus-file", "--dcert"),
        (["--client-peer-key", PKI / "p256.pem"], "--peer-key", "--enable-server-rpk or"),
        (["--psk-import"], "--psk-import", "--psk-identity"),
        ([*TLS12, "--psk-hint", "x"], "--psk-hint", "--psk-identity"),
        ([*TLS12, "--key-shares", "2"], "--key-shares", "TLS 1.3"),
        ([*TLS12, "--name-authorities"], "--name-authorities", "TLS 1.3"),
        ([*TLS12, "--cookie"], "--cookie", "TLS 1.3"),
        (["--oid-filters", FILTER], "--oid-filters", "--client-auth"),
        (
            ["--client-auth", "request", "--oid-filters", FILTER],
            "--oid-filters",
            "TLS 1.3 alone",
        ),
        ([*TLS12, "--no-middlebox"], "--no-middlebox", "TLS 1.3"),
        ([*TLS12, "--record-padding", "64"], "--record-padding", "TLS 1.3"),
        ([*TLS12, "--cert-comp", "zlib"], "--cert-comp", "TLS 1.3"),
        ([*TLS12, "--client-enable-pha"], "--enable-pha", "TLS 1.3"),
        ([*TLS12, "--ech-grease"], "--ech-grease", "TLS 1.3"),
        ([*TLS12, "--ech-config", "00"], "--ech-config", "TLS 1.3"),
        ([*TLS12, "--ech-key", "00"], "--ech-key", "TLS 1.3"),
        ([*TLS12, "--allow-early-data"], "early data", "TLS 1.3"),
        ([*TLS12, "--num-tickets", "3"], "--num-tickets", "TLS 1.3 and sessions in tickets"),
        (
            [*TLS12, "--session-store", "ids", "--ticket-lifetime", "9"],
            "--ticket-lifetime",
            "sessions in tickets",
        ),
        ([*PSK, "--psk-identity", "", "--psk", "aa", *TLS13], "an empty --psk-identity", "TLS 1.2"),
        (
            ["--psk-identity", "", "--psk", "aa", "--psk-import"],
            "--psk-import",
            "an identity that is not empty",
        ),
        (["--psk-hash", "sha384"], "--psk-hash", "--psk-identity"),
        ([*TLS12, *PSK, "--psk-hash", "sha384"], "--psk-hash", "TLS 1.3"),
        ([*TLS12, "--max-early-data", "9"], "--max-early-data", "TLS 1.3 and sessions"),
        (["--tls", "1.1", "--raw-public-keys"], "--raw-public-keys", "TLS 1.2 or 1.3"),
        ([*TLS13, "--client-no-etm"], "--no-etm", "TLS 1.2 or below"),
        ([*TLS13, "--client-no-ems"], "--no-ems", "TLS 1.2 or below"),
        ([*TLS13, "--client-require-ems"], "--require-ems", "TLS 1.2 or below"),
        ([*TLS13, "--client-renegotiation"], "--renegotiation", "TLS 1.2 or below"),
        ([*TLS13, *PSK, "--psk-hint", "x"], "--psk-hint", "TLS 1.2 or below"),
        (["--second-server", "other"], "--second-server", "--resume"),
        (["--send-early", "9"], "--send-early", "--resume"),
        (["--resume", "--send-early", "9"], "--send-early", "--allow-early-data"),
        (["--resume", "--expect-early", "accepted"], "--expect-early", "--send-early"),
    ],
    ids=option_ids,
)
def test_an_option_that_takes_another_says_so(options: list[str], option: str, takes: str) -> None:
    refuse(f"{option} takes {takes}", *PAIR, *options)


@pytest.mark.parametrize(
    ("options", "option", "takes"),
    [
        (["--name-authorities"], "--name-authorities", "--cafile"),
        (["--status"], "--status", "--cafile"),
        (["--status-required"], "--status-required", "--cafile"),
        (["--client-auth", "request"], "--client-auth", "--cafile"),
        (["--server-enable-pha"], "--enable-pha", "--cafile"),
        (
            ["--server-raw-public-keys", "--client-auth", "require", *VERIFY[:2]],
            "--raw-public-keys with --client-auth require",
            "--peer-key",
        ),
    ],
    ids=option_ids,
)
def test_what_needs_trust_says_so(options: list[str], option: str, takes: str) -> None:
    refuse(f"{option} takes {takes}", "ours", "ours", *SERVER, *options)


@pytest.mark.parametrize("option", ["--status-file", "--sct-file"])
def test_a_server_without_certificate_has_nothing_to_staple_to(option: str) -> None:
    refuse(f"{option} takes --cert", "ours", "ours", *PSK, option, PKI / "p256.ocsp")


def test_a_response_that_is_none_is_refused() -> None:
    more = ["--server-dcert", PKI / "rsa2048.pem", "--server-dkey", PKI / "rsa2048.key"]
    for option in ("--status-file", "--dstatus-file"):
        refuse("p256.pem: is not well-formed", *PAIR, *more, option, PKI / "p256.pem")
    refuse("--client-status-file is not an option", *PAIR, "--client-status-file", "x")


def test_a_batch_has_its_options_in_its_lines() -> None:
    refuse("--batch takes nothing beside it", "--batch", "-", "--tls", "1.2")


def test_options_are_written_out() -> None:
    for words in (["--allow-early"], ["--record-pad", "64"], ["--record-pad=64"]):
        refuse("options are written out: --", *PAIR, *words)


def settings() -> list[list[str]]:
    """Option, field, type, what the type is of, kinds and versions of each row of settings.def."""
    source = (ROOT / "harness/endpoint/settings.def").read_text(encoding="utf-8")
    row = r'^SHK_SETTING\((\w+), (\w+), (\w+), \((.*?)\), (?:NULL|"\w+"), \w+, (\w+), (\w+), '
    found = [list(match) for match in re.findall(row, source, re.MULTILINE)]
    assert len(found) == source.count("\nSHK_SETTING(")
    return found


def given(option: str, kind: str, of: str) -> list[str]:
    """The option, with a value of its type."""
    value = {
        "FLAG": [],
        "TEXT": [str(PKI / "p256.pem")],
        "BYTES": ["00"],
        "CODE_POINTS": ["rsa_pkcs1_sha256"],
    }
    words = value[kind] if kind in value else [of.split(", ")[1]]
    return ["--" + option.replace("_", "-"), *words]


@pytest.mark.parametrize("kind", ["openssl", "gnutls"])
def test_a_setting_that_a_library_lacks_is_refused_by_name(kind: str) -> None:
    lacking = {"OURS", "OURS_AND_GNUTLS" if kind == "openssl" else "OURS_AND_OPENSSL"}
    for option, field, type_, of, kinds, _ in settings():
        if kinds in lacking:
            done = run("pair", kind, kind, *given(option, type_, of))
            assert done.returncode == 2, option
            assert f"({kind}): {field} (" in done.stderr.decode(), option


def test_every_condition_is_provoked() -> None:
    """Each option that harness/endpoint/ours/ours_checks.c has a row for, or settings.def the
    versions, is in a table above."""
    source = (ROOT / "harness/endpoint/ours/ours_checks.c").read_text(encoding="utf-8")
    rows = set(re.findall(r'"(--[^"]*)",\s*(?:"|tls13|older|tickets_of_13|anchors)', source))
    rows |= {"--" + row[0].replace("_", "-") for row in settings() if row[5] != "ANY"}
    tested = {
        case[1]
        for test in (test_an_option_that_takes_another_says_so, test_what_needs_trust_says_so)
        for mark in test.pytestmark  # type: ignore[attr-defined]
        for case in mark.args[1]
    }
    assert rows and rows - tested == {"--status-file", "--sct-file"}


def test_a_port_that_is_none_is_refused() -> None:
    for port in ("0", "65536", "99999", "-1", ""):
        done = run("client", f"127.0.0.1:{port}")
        assert done.returncode == 2 and b"is not HOST:PORT" in done.stderr


def test_a_length_takes_a_label() -> None:
    for command in (("client", "127.0.0.1:1"), ("server",)):
        done = run(command[0], "--keymatexportlen", "5", *command[1:])
        assert done.returncode == 2 and b"--keymatexportlen takes --keymatexport" in done.stderr


def test_a_server_is_asked_for_what_it_can_do() -> None:
    with server() as peer:
        done = run("client", *TLS12, "--allow-early-data", peer.address)
    assert done.returncode == 2 and b"early data takes TLS 1.3" in done.stderr
