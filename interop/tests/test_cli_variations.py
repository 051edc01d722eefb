"""What `client`, `server` and `pair` can be told to leave out or to do otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import NAME, run, server
from scripts.lib.paths import PKI

VERIFY = ["--cafile", PKI / "roots.pem", "--servername", NAME]
SERVER = ["--server-cert", PKI / "p256.pem", "--server-key", PKI / "p256.key"]
PAIR = ["ours", "ours", *VERIFY, *SERVER]
CBC = ["--tls", "1.2", "--suites", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"]
GROUPS = ["--client-groups", "x25519,secp256r1", "--server-groups", "secp256r1"]


def verdict(*options: str) -> dict[str, Any]:
    done = run("pair", *PAIR, *options, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    row = json.loads(done.stdout)
    assert isinstance(row, dict)
    return row


@pytest.mark.parametrize(
    ("options", "fact", "value"),
    [
        (CBC, "encrypt_then_mac", True),
        ([*CBC, "--client-no-etm"], "encrypt_then_mac", False),
        ([*CBC, "--server-no-etm"], "encrypt_then_mac", False),
        ([*CBC, "--client-no-ems"], "extended_master_secret", False),
        ([*CBC, "--server-no-ems"], "extended_master_secret", False),
        ([*CBC, "--require-ems"], "extended_master_secret", True),
        (["--cookie"], "retried", True),
        ([*GROUPS, "--key-shares", "1"], "retried", True),
        ([*GROUPS, "--key-shares", "2"], "retried", False),
        (["--max-protocol", "1.2", "--fallback-scsv"], "version", "TLS 1.2"),
        (["--max-protocol", "TLSv1.2"], "version", "TLS 1.2"),
        (["--min-protocol", "TLSv1", "--max-protocol", "TLSv1"], "version", "TLS 1.0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_both_ends_tell_of_it(options: list[str], fact: str, value: object) -> None:
    row = verdict(*options)
    assert (row["client"][fact], row["server"][fact]) == (value, value)


@pytest.mark.parametrize(
    ("options", "alert", "by"),
    [
        (["--client-max-protocol", "1.2", "--fallback-scsv"], "inappropriate_fallback", "server"),
        ([*CBC, "--client-no-ems", "--server-require-ems"], "handshake_failure", "server"),
        ([*CBC, "--server-no-ems", "--client-require-ems"], "handshake_failure", "client"),
    ],
    ids=["fallback", "server requires", "client requires"],
)
def test_what_is_not_taken_is_refused(options: list[str], alert: str, by: str) -> None:
    done = run("pair", *PAIR, *options, "--expect", f"refused:{alert}:{by}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("end", "options", "limit"),
    [
        ("server", ["--server-max-message", "2999", "--hello-padding", "3004"], "max_message"),
        ("client", ["--client-max-certificate", "200"], "max_certificate"),
    ],
)
def test_a_limit_of_ours_is_told_as_one(end: str, options: list[str], limit: str) -> None:
    done = run("pair", *PAIR, *options, "--expect", f"refused:internal_error:{end}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"({limit})".encode() in done.stdout


def test_a_longer_message_is_taken_where_the_limit_allows_it() -> None:
    verdict("--server-max-message", "3000", "--hello-padding", "3004")


def test_both_programs_have_limits() -> None:
    with server("--max-message", "2000", "--connections", "1", exits=1) as peer:
        done = run("client", "--hello-padding", "3000", peer.address)
        assert done.returncode == 1
        assert b"received fatal internal_error" in done.stderr
    with server("--connections", "1", exits=1) as peer:
        done = run("client", "--max-certificate", "200", peer.address)
        assert done.returncode == 1
        assert b"longer than our limit (max_certificate)" in done.stderr


def test_a_psk_may_have_an_empty_identity_below_tls_13() -> None:
    options = ["--tls", "1.2", "--suites", "TLS_PSK_WITH_AES_128_GCM_SHA256"]
    for pair in (["ours", "openssl"], ["openssl", "ours"], ["ours", "gnutls"]):
        done = run("pair", *pair, *options, "--psk-identity", "", "--psk", "00ff")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("option", ["--client-record-padding", "--hello-padding"])
def test_padding_is_sent(option: str, tmp_path: Path) -> None:
    lengths = []
    for value in ("100", "10000"):
        recording = tmp_path / value
        verdict("--tls", "1.3", option, value, "--record", str(recording))
        lengths.append(len(recording.read_text()))
    assert lengths[1] - lengths[0] > 2 * 9000  # in hexadecimal


def test_openssl_takes_what_our_server_leaves_out_or_adds() -> None:
    options = ["--cookie", "--record-padding", "1000", "--num-tickets", "5", "--json"]
    with server(*options, "--connections", "1") as peer:
        arguments = ["s_client", "-connect", peer.address, "-ign_eof", "-tls1_3"]
        done = run(*arguments, stdin=b"GET / HTTP/1.0\r\n\r\n", program="openssl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"Post-Handshake New Session Ticket arrived") == 5
    assert b"<th>HelloRetryRequest</th><td>yes</td>" in done.stdout
    assert peer.rows()[0]["retried"] is True
