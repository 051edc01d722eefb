"""Sessions and PSKs of the program: `pair --resume` and its recordings, sessions of `client` in
files, what `server` keeps."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import NAME, VERSIONS, run, server, tls_peer
from scripts.lib.paths import PKI

SERVER = ["--server-cert", PKI / "p256.pem", "--server-key", PKI / "p256.key"]
CLIENT = ["--client-cafile", PKI / "roots.pem", "--servername", NAME]
PSK = ["--psk-identity", "one", "--psk", "000102030405060708090a0b0c0d0e0f"]
KINDS = ["ours", "openssl", "gnutls"]
OPPOSITES = [(kind, "ours") for kind in KINDS] + [("ours", kind) for kind in KINDS[1:]]


def pair(*arguments: object) -> dict[str, Any]:
    done = run("pair", *SERVER, *CLIENT, *arguments, "--json")
    assert done.returncode in (0, 1), done.stderr
    verdict = json.loads(done.stdout)
    assert isinstance(verdict, dict) and verdict["ok"] is (done.returncode == 0)
    return verdict


@pytest.mark.parametrize("ends", OPPOSITES, ids="-".join)
@pytest.mark.parametrize("how", [("1.2", "tickets"), ("1.2", "ids"), ("1.3", "tickets")])
def test_the_recording_of_a_resumed_connection_gives_the_same_bytes_again(
    ends: tuple[str, str], how: tuple[str, str], tmp_path: Path
) -> None:
    version, store = how
    record = tmp_path / "recording"
    options = ["--tls", version, "--session-store", store]
    verdict = pair(*ends, *options, "--resume", "--record", record)
    assert verdict["verdict"] == "good", verdict["why"]
    assert verdict["client"]["resumed"] and verdict["server"]["resumed"]
    done = run("replay", record)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(b"bytes again") == ends.count("ours")


def test_the_recording_of_a_connection_with_a_psk_gives_the_same_bytes_again(
    tmp_path: Path,
) -> None:
    record = tmp_path / "recording"
    options = ["--tls", "1.3", "--suites", "TLS_AES_128_GCM_SHA256", *PSK]
    verdict = pair("ours", "ours", *options, "--record", record)
    assert verdict["client"]["external_psk"] and verdict["server"]["external_psk"]
    assert run("replay", record).returncode == 0


def test_pair_names_the_connection_that_was_not_as_it_should_be() -> None:
    first = pair("ours", "openssl", "--resume", "--client-tls", "1.2", "--server-tls", "1.3")
    assert first["why"].startswith("first connection: server refused")
    # In TLS 1.3 GnuTLS keeps nothing beside ids.
    second = pair("ours", "gnutls", "--resume", "--tls", "1.3", "--session-store", "ids")
    assert second["verdict"] == "broken"
    assert second["why"] == "second connection: it was not resumed"


def test_options_of_both_ends_reach_the_right_one() -> None:
    """--client-auth begins like an option of the client, and is the server's."""
    ask = ["--client-auth", "require", "--server-cafile", PKI / "roots.pem"]
    refused = pair("ours", "ours", "--tls", "1.3", *ask)
    assert (refused["verdict"], refused["alert"]) == ("refused", "certificate_required")
    files = ["--client-cert", PKI / "client-p256.pem", "--client-key", PKI / "client-p256.key"]
    good = pair("ours", "ours", "--tls", "1.3", *ask, *files)
    assert good["verdict"] == "good" and good["server"]["client_authenticated"]


def fetch(address: str, *options: object) -> dict[str, Any]:
    files = ["--cafile", PKI / "roots.pem", "--servername", NAME]
    done = run("client", "--json", "--get", "/", *files, *options, address)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert isinstance(row, dict)
    return row


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tickets", [[], ["--no-tickets"]], ids=["tickets", "no tickets"])
def test_a_client_resumes_the_session_that_an_earlier_one_has_kept(
    version: str, tickets: list[str], tmp_path: Path
) -> None:
    session = tmp_path / "session"
    with server("--json", "--tls", version, *tickets) as peer:
        first = fetch(peer.address, "--sess-out", session)
        kept = session.exists()
        second = fetch(peer.address, *(["--sess-in", session] if kept else []))
    assert kept is (version == "1.2" or not tickets)
    assert first["resumed"] is False and second["resumed"] is kept
    assert [row["resumed"] for row in peer.rows()] == [False, kept]
    if kept:
        assert stat.S_IMODE(session.stat().st_mode) == 0o600


def cut_after_an_answer(tls: ssl.SSLSocket) -> None:
    """TCP ends without close_notify."""
    tls.recv(4096)
    tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nthe first half")


def refused_page(tls: ssl.SSLSocket) -> None:
    tls.recv(4096)
    tls.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
    tls.unwrap()


def fatal_alert(tls: ssl.SSLSocket) -> None:
    """A record in the clear behind the handshake is refused by the client."""
    tls.recv(4096)
    tls.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    os.write(tls.fileno(), bytes.fromhex("160303000400000000"))
    with contextlib.suppress(OSError):
        tls.recv(4096)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("behave", "kept"), [(cut_after_an_answer, True), (refused_page, True), (fatal_alert, False)]
)
def test_a_session_is_kept_unless_an_alert_has_ended_it(
    behave: Callable[[ssl.SSLSocket], None], kept: bool, version: str, tmp_path: Path
) -> None:
    """Whatever became of the page (RFC 5246 §7.2.1, RFC 8446 §6.2)."""
    session = tmp_path / "session"
    with tls_peer(behave) as address:
        words = ["--tls", version, "--sess-out", session, "--get", "/", address]
        done = run("client", *words)
    assert done.returncode == 1, done.stderr
    assert session.exists() is kept, done.stderr


def test_files_of_secrets_are_their_owners_alone(tmp_path: Path) -> None:
    """Key logs of all kinds of ends, and a session that takes the place of a readable file."""
    logs = {kind: tmp_path / kind for kind in KINDS}
    for kind, log in logs.items():
        pair(kind, "ours", "--client-keylogfile", log)
    session = tmp_path / "session"
    session.touch(mode=0o644)
    with server("--keylogfile", tmp_path / "server") as peer:
        fetch(peer.address, "--sess-out", session, "--keylogfile", tmp_path / "client")
    files = [*logs.values(), session, tmp_path / "server", tmp_path / "client"]
    assert [(f.name, stat.S_IMODE(f.stat().st_mode)) for f in files] == [
        (f.name, 0o600) for f in files
    ]
    assert all(f.stat().st_size > 0 for f in files)


def test_a_server_gives_as_many_tickets_as_it_is_told_to(tmp_path: Path) -> None:
    sizes = []
    # An Ed25519 signature has the same length every time.
    options: list[str | Path] = [
        "--server-cert",
        PKI / "ed25519.pem",
        "--server-key",
        PKI / "ed25519.key",
    ]
    options += ["--tls", "1.3", "--keep-sessions", "yes"]  # others get none
    for count in ("1", "2", "3"):
        record = tmp_path / count
        pair("ours", "ours", *options, "--num-tickets", count, "--record", record)
        lines = record.read_text(encoding="ascii").splitlines()
        sizes.append(sum(len(line) for line in lines if line.startswith("server take ")))
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] > 0


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--psk-identity", "one"], b"identity and a key"),
        (["--psk", "abc"], b"hexadecimal"),
        (["--psk", "00" * 65], b"1 to 64 bytes"),
        (["--session-store", "memory"], b"neither tickets nor ids"),
        (["--saved", "xy"], b"hexadecimal"),
        (["--num-tickets", "33"], b"from 1 to 32"),
        (["--keep-sessions", "maybe"], b"neither yes nor no"),
    ],
)
def test_pair_names_what_it_cannot_use(arguments: list[str], names: bytes) -> None:
    done = run("pair", "ours", "ours", *SERVER, *arguments)
    assert done.returncode == 2
    assert names in done.stderr


def test_a_file_that_holds_no_session_is_refused(tmp_path: Path) -> None:
    session = tmp_path / "session"
    session.write_bytes(b"not a session")
    with server() as peer:
        unreadable = run("client", "--sess-in", session, peer.address)
        missing = run("client", "--sess-in", tmp_path / "missing", peer.address)
    assert unreadable.returncode == 2 and b"(--sess-in) is no session" in unreadable.stderr
    assert missing.returncode == 2 and b"missing" in missing.stderr


RAW = ["--enable-server-rpk", "--peer-key"]
OTHER_TRUST = {
    "other anchors": ["--cafile", PKI / "other-root.pem"],
    "another key": [*RAW, PKI / "client-p256.pem"],
    "a status": ["--cafile", PKI / "roots.pem", "--status-required"],
    "another time": ["--cafile", PKI / "roots.pem", "--time", "3471292801"],  # 2080
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("now", OTHER_TRUST)
def test_a_session_stands_for_no_other_trust(version: str, now: str, tmp_path: Path) -> None:
    """What a full handshake would refuse is refused, whatever was verified before."""
    session = tmp_path / "session"
    with server("--tls", version, "--enable-server-rpk") as peer:
        fetch(peer.address, "--sess-out", session)
        done = run(
            "client",
            "--get",
            "/",
            "--servername",
            NAME,
            "--sess-in",
            session,
            *OTHER_TRUST[now],
            peer.address,
        )
        again = fetch(peer.address, "--sess-in", session)
    assert done.returncode == 1, done.stderr
    assert again["resumed"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_takes_no_session_of_clients_that_other_anchors_verified(
    version: str, tmp_path: Path
) -> None:
    session = tmp_path / "session"
    shown = ["--cert", PKI / "client-p256.pem", "--key", PKI / "client-p256.key"]
    options = ["--tls", version, "--ticket-seed", "7", "--client-auth", "request", "--json"]
    roots, other = ["--cafile", PKI / "roots.pem"], ["--cafile", PKI / "other-root.pem"]
    with server(*options, *roots) as peer:
        fetch(peer.address, *shown, "--sess-out", session)
        first = fetch(peer.address, *shown, "--sess-in", session)
    with server(*options, *other) as peer:
        second = fetch(peer.address, *shown, "--sess-in", session)
    assert first["resumed"] and not second["resumed"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_resumes_no_session_of_more_than_its_age(version: str, tmp_path: Path) -> None:
    session = tmp_path / "session"
    begin = 1764547200  # December 2025
    with server("--tls", version) as peer:
        fetch(peer.address, "--sess-out", session, "--time", str(begin))
        options = ["--sess-in", session, "--max-session-age", "100", "--time"]
        rows = [fetch(peer.address, *options, str(begin + age)) for age in (100, 101)]
    assert [row["resumed"] for row in rows] == [True, False]
