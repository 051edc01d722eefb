"""What `client` and `server` can do beyond a handshake and data: early data, later authentication,
key updates and renegotiation on request, several PSKs; and what they tell of it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import (
    NAME,
    VERSIONS,
    Peer,
    child_of,
    expect,
    finish,
    run,
    server,
)
from scripts.lib.paths import PKI

ROOTS = PKI / "roots.pem"
VERIFY = ["--cafile", ROOTS, "--servername", NAME]
OURS = ["--cert", PKI / "client-p256.pem", "--key", PKI / "client-p256.key"]
OPENSSL = ["-cert", OURS[1], "-cert_chain", OURS[1], "-key", OURS[3]]
GNUTLS = ["--x509certfile", OURS[1], "--x509keyfile", OURS[3], "--no-ca-verification"]
PSKS = [("one", "00" * 16), ("two", "11" * 16), ("three", "22" * 16), ("four", "33" * 16)]
NOON_2025 = ["--time", "1750161600"]  # when the OCSP response of the test PKI is good
AUTHENTICATED = b"<th>client authenticated</th><td>yes</td>"
ONCE_MORE = b"<th>renegotiations</th><td>1</td>"


def get(path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.0\r\n\r\n".encode()


def fetch(
    peer: Peer, *options: object, path: str = "/", code: int = 0
) -> tuple[dict[str, Any], bytes]:
    """What our client tells, and the whole answer."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "answer"
        words = ["--json", "--output", output, "--get", path, *options, peer.address]
        done = run("client", *VERIFY, *words)
        assert done.returncode == code, done.stderr
        row = json.loads(done.stdout)
        assert isinstance(row, dict)
        return row, output.read_bytes()


def openssl(peer: Peer, *options: object, path: str = "/") -> bytes:
    arguments = ["s_client", "-connect", peer.address, "-ign_eof", *options]
    done = run(*arguments, stdin=get(path), program="openssl")
    assert done.returncode == 0, done.stderr
    return done.stdout


def gnutls(peer: Peer, *options: object, path: str) -> str:
    """gnutls-cli with its input open until the answer is there."""
    with child_of("gnutls-cli", "-p", peer.port, *options, "127.0.0.1") as child:
        expect(child, "Simple Client Mode")
        child.say(get(path).decode())
        expect(child, "^</html>|409 Conflict")
        finish(child)
        return child.text


# Early data


def early_files(tmp_path: Path, peer: Peer) -> list[str | Path]:
    """Options that send a GET as early data, by a session of that server's."""
    session, early = tmp_path / "session", tmp_path / "early"
    early.write_bytes(get())
    fetch(peer, "--tls", "1.3", "--sess-out", session)
    return ["--sess-in", session, "--early-data", early]


def test_a_get_in_early_data_is_answered_after_the_handshake(tmp_path: Path) -> None:
    with server("--json", "--max-early-data", "1000") as peer:
        options = early_files(tmp_path, peer)
        done = run("client", *VERIFY, *options, peer.address)
    rows = peer.rows()
    assert done.returncode == 0, done.stderr
    assert b"<th>early data</th><td>accepted</td>" in done.stdout
    assert b"early data              accepted" in done.stderr
    assert rows[1]["early_data"] and rows[1]["bytes_received"] == len(get())


def test_early_data_that_are_turned_down_do_not_arrive(tmp_path: Path) -> None:
    with server("--max-early-data", "1000") as peer:
        options = early_files(tmp_path, peer)
    with server("--json", "--max-early-data", "1000", "--connections", "1") as other:
        row, answer = fetch(other, *options)
        assert other.child.wait() == 0
    theirs = other.rows()[0]
    assert answer.startswith(b"HTTP/1.0 200 OK")
    assert (row["early_data"], row["early_data_sent"]) == (False, len(get()))
    assert theirs["early_data"] is False and theirs["bytes_received"] == row["bytes_sent"]


def test_openssl_and_our_server_agree_on_early_data(tmp_path: Path) -> None:
    session, early = tmp_path / "session", tmp_path / "early"
    early.write_bytes(get())
    with server("--max-early-data", "1000") as peer:
        openssl(peer, "-tls1_3", "-sess_out", session)
        words = ["-tls1_3", "-sess_in", session, "-early_data", early, "-ign_eof"]
        done = run("s_client", "-connect", peer.address, *words, program="openssl")
    assert b"Early data was accepted" in done.stdout
    assert b"<th>early data</th><td>accepted</td>" in done.stdout


def test_client_names_a_session_that_allows_no_early_data(tmp_path: Path) -> None:
    with server() as peer:
        options = early_files(tmp_path, peer)
        done = run("client", *VERIFY, *options, peer.address)
    assert done.returncode == 1
    assert b"--early-data: the session does not allow early data" in done.stderr


# Steps that a path asks for


def test_a_server_updates_keys_when_it_is_asked_to() -> None:
    with server() as peer:
        _, answer = fetch(peer, "--tls", "1.3", path="/key-update")
        theirs = openssl(peer, "-tls1_3", "-msg", path="/key-update")
        _, refusal = fetch(peer, "--tls", "1.2", path="/key-update", code=1)
    assert answer.startswith(b"HTTP/1.0 200 OK")
    assert b"KeyUpdate" in theirs and b"HTTP/1.0 200 OK" in theirs
    assert refusal.startswith(b"HTTP/1.0 409 Conflict")


PHA = ["--enable-pha", "--client-auth", "request", "--cafile", ROOTS]


def test_a_server_asks_for_a_certificate_later() -> None:
    with server(*PHA) as peer:
        row, answer = fetch(peer, "--enable-pha", *OURS, path="/authenticate")
        theirs = openssl(peer, "-enable_pha", *OPENSSL, path="/authenticate")
    assert AUTHENTICATED in answer and row["later_authentications"] == 1
    assert AUTHENTICATED in theirs


def test_gnutls_authenticates_later() -> None:
    with server(*PHA) as peer:
        said = gnutls(peer, "--post-handshake-auth", *GNUTLS, path="/authenticate")
    assert AUTHENTICATED.decode() in said


def test_a_client_without_a_certificate_is_answered_too() -> None:
    with server(*PHA) as peer:
        row, answer = fetch(peer, "--enable-pha", path="/authenticate")
        _, refusal = fetch(peer, path="/authenticate", code=1)
    assert row["later_authentications"] == 1
    assert answer.startswith(b"HTTP/1.0 200 OK") and AUTHENTICATED not in answer
    assert refusal.startswith(b"HTTP/1.0 409 Conflict")


def test_a_server_renegotiates_when_it_is_asked_to() -> None:
    with server("--renegotiation") as peer:
        row, answer = fetch(peer, "--tls", "1.2", "--renegotiation", path="/renegotiate")
        theirs = openssl(peer, "-tls1_2", path="/renegotiate")
        said = gnutls(peer, *GNUTLS, "--priority", "NORMAL:-VERS-TLS1.3", path="/renegotiate")
        _, refusal = fetch(peer, "--tls", "1.3", path="/renegotiate", code=1)
    assert row["renegotiations"] == 1
    assert all(ONCE_MORE in text for text in (answer, theirs, said.encode()))
    assert refusal.startswith(b"HTTP/1.0 409 Conflict")


def test_a_client_that_does_not_renegotiate_gets_the_page_when_time_is_over() -> None:
    with server("--renegotiation", "--timeout", "1") as peer:
        row, answer = fetch(peer, "--tls", "1.2", path="/renegotiate")
    assert answer.startswith(b"HTTP/1.0 200 OK") and ONCE_MORE not in answer
    assert row["renegotiations"] == 0


# What the client begins


@contextmanager
def openssl_server(*options: str) -> Iterator[Peer]:
    files = ["-cert", PKI / "p256.pem", "-cert_chain", PKI / "p256.pem", "-key", PKI / "p256.key"]
    with child_of("openssl", "s_server", "-accept", "127.0.0.1:0", *options, *files) as child:
        yield Peer(child, expect(child, r"^ACCEPT (\S+)$"))


def test_a_client_renegotiates_before_its_request() -> None:
    with server("--renegotiation") as peer:
        row, answer = fetch(peer, "--tls", "1.2", "--renegotiate")
    assert row["renegotiations"] == 1 and ONCE_MORE in answer


def test_a_client_renegotiates_with_openssl() -> None:
    with openssl_server("-www", "-tls1_2", "-client_renegotiation") as peer:
        row, answer = fetch(peer, "--renegotiate")
    assert row["renegotiations"] == 1 and answer.startswith(b"HTTP/1.0 200 ")


def test_a_client_that_may_not_renegotiate_says_so() -> None:
    with server() as peer:
        turned_down = run("client", "--tls", "1.2", "--renegotiate", "--get", "/", peer.address)
        too_new = run("client", "--tls", "1.3", "--renegotiate", "--get", "/", peer.address)
    assert (turned_down.returncode, too_new.returncode) == (1, 2)
    assert b"the peer does not renegotiate" in turned_down.stderr
    assert b"--renegotiation takes TLS 1.2 or below" in too_new.stderr


# What they are given, and what they tell


def psk_options(*psks: tuple[str, str]) -> list[str]:
    words = []
    for identity, key in psks:
        words += ["--psk-identity", identity, "--psk", key]
    return words


@pytest.mark.parametrize("number", range(4))
def test_a_server_has_up_to_four_psks(number: int) -> None:
    identity, key = PSKS[number]
    with server(*psk_options(*PSKS)) as peer:
        row, _ = fetch(peer, *psk_options((identity, key)))
        assert row["external_psk"] is True
        psk = ["-psk_identity", identity, "-psk", key]
        suite = ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"]
        assert b"<th>external PSK</th><td>yes</td>" in openssl(peer, *suite, *psk)


def test_a_fifth_psk_and_one_without_a_key_are_named() -> None:
    five = run("server", *psk_options(*PSKS, ("five", "44")))
    keyless = run("server", *psk_options(*PSKS[:2]), "--psk-identity", "three")
    assert (five.returncode, keyless.returncode) == (2, 2)
    assert b"--psk-identity: more than 4 PSKs" in five.stderr
    assert b"a PSK needs an identity and a key" in keyless.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_both_ends_tell_the_same_channel_bindings(version: str) -> None:
    with server("--json", "--connections", "1") as peer:
        row, answer = fetch(peer, "--tls", version)
        assert peer.child.wait() == 0
    theirs = peer.rows()[0]
    bindings = row["channel_bindings"]
    assert bindings == theirs["channel_bindings"]
    assert bool(bindings["tls-unique"]) is (version == "1.2")
    assert len(bindings["tls-server-end-point"]) == len(bindings["tls-exporter"]) == 64
    for name, value in bindings.items():
        assert not value or f"<th>{name}</th><td>{value}</td>".encode() in answer


@pytest.mark.parametrize("version", VERSIONS)
def test_both_ends_and_openssl_export_the_same_keys(version: str) -> None:
    words = ["--keymatexport", "EXPORTER-shakedown", "--keymatexportlen", "33"]
    with server("--json", "--connections", "2", *words) as peer:
        row, answer = fetch(peer, "--tls", version, *words)
        said = openssl(
            peer, f"-tls{version.replace('.', '_')}", *(w.replace("--", "-") for w in words)
        )
        assert peer.child.wait() == 0
    ours, theirs = peer.rows()
    assert len(row["exported_keys"]) == 2 * 33
    assert ours["exported_keys"] == row["exported_keys"]
    assert f"<td>{row['exported_keys']}</td>".encode() in answer
    found = re.search(rb"Keying material: (\w+)", said)
    assert found and theirs["exported_keys"] == found[1].decode().lower()


def test_keys_that_cannot_be_exported_are_told() -> None:
    with server("--no-ems") as peer:
        done = run("client", "--tls", "1.2", "--keymatexport", "any", "--get", "/", peer.address)
    assert b"exported keys           none: " in done.stderr


def test_a_page_that_is_refused_is_a_failure() -> None:
    with server() as peer:
        done = run("client", "--get", "/renegotiate", peer.address)
    assert done.returncode == 1
    assert b"the page is refused: HTTP/1.0 409 Conflict" in done.stderr


def test_a_request_may_come_byte_by_byte() -> None:
    with server() as peer:
        _, answer = fetch(peer, "--max-send-frag", "1")
    assert answer.startswith(b"HTTP/1.0 200 OK")


def test_a_renegotiation_has_a_tls_unique_of_its_own() -> None:
    with server("--json", "--connections", "1", "--renegotiation") as peer:
        row, answer = fetch(peer, "--tls", "1.2", "--renegotiate")
        assert peer.child.wait() == 0
    assert row["channel_bindings"] == peer.rows()[0]["channel_bindings"]
    assert row["channel_bindings"]["tls-unique"].encode() in answer


def test_a_client_tells_what_came_with_the_certificate() -> None:
    stapled = ["--status-file", PKI / "p256.ocsp", "--sct-file", PKI / "two.scts"]
    asked = ["--tls", "1.3", "--status", "--ct", "--cert-comp", "zlib"]
    with server(*stapled, "--cert-comp", "zlib") as peer:
        done = run("client", *NOON_2025, *VERIFY, *asked, "--get", "/", peer.address)
        row, _ = fetch(peer, *NOON_2025, *asked)
    assert done.returncode == 0, done.stderr
    for line in (
        b"OCSP response verified  yes",
        b"SCTs                    2",
        b"certificate compressed  yes",
        b"raw public key          no",
    ):
        assert line in done.stderr
    assert (row["status_verified"], row["sct_count"]) == (True, 2)
    assert (row["certificate_compressed"], row["raw_public_key"]) == (True, False)


def test_a_client_takes_a_raw_key() -> None:
    with server("--raw-public-keys") as peer:
        words = ["--raw-public-keys", "--peer-key", PKI / "p256.pem", "--get", "/", peer.address]
        done = run("client", *words)
    assert done.returncode == 0, done.stderr
    assert b"raw public key          yes" in done.stderr


def test_no_record_of_a_server_is_longer_than_it_was_told() -> None:
    with server("--max-send-frag", "512") as peer:
        said = openssl(peer, "-tls1_3", "-msg").decode()
    headers = re.findall(r"^<<< .*RecordHeader.*\n    17 03 03 (\w\w) (\w\w)$", said, re.MULTILINE)
    lengths = [int(high + low, 16) for high, low in headers]
    assert max(lengths) == 512 + 1 + 16  # the type and the tag (RFC 8446 §5.2)


@pytest.mark.parametrize("key", ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"])
def test_a_server_has_two_certificates(key: str) -> None:
    more = ["--dcert", PKI / "rsa2048.pem", "--dkey", PKI / "rsa2048.key"]
    with server(*more) as peer:
        assert fetch(peer, "--sigalgs", key)[0]["scheme"] == key


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--early-data", PKI / "README.md"], b"--early-data: it needs --sess-in"),
        (["--sess-in", PKI / "README.md", "--early-data", "/nowhere"], b"/nowhere"),
    ],
)
def test_client_names_what_it_cannot_send_early(options: list[str | Path], names: bytes) -> None:
    done = run("client", *options, "127.0.0.1:1")
    assert done.returncode == 2
    assert names in done.stderr


@pytest.mark.parametrize(
    ("command", "option"), [("client", "--max-early-data"), ("server", "--servername")]
)
def test_an_option_of_the_other_end_is_none(command: str, option: str) -> None:
    done = run(command, option, "1")
    assert done.returncode == 2
    assert f"{option} is not an option".encode() in done.stderr
    assert option.encode() not in run(command, "--help").stdout
