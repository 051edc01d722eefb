"""`shakedown client` and `shakedown server` over loopback: with each other, OpenSSL and GnuTLS."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from interop.tests.cli_support import (
    LIMIT_S,
    NAME,
    VERSIONS,
    Peer,
    child_of,
    client,
    connect,
    expect,
    finish,
    run,
    server,
    tcp_peer,
)
from scripts.lib.child import listening_port
from scripts.lib.paths import PKI

ROOTS = PKI / "roots.pem"
VERIFY = ["--cafile", ROOTS, "--servername", NAME]
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


@contextmanager
def openssl_server(version: str) -> Iterator[Peer]:
    files = ["-cert", PKI / "p256.pem", "-cert_chain", PKI / "p256.pem", "-key", PKI / "p256.key"]
    option = "-tls" + version.replace(".", "_")
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", option, *files]
    with child_of(*command) as child:
        yield Peer(child, expect(child, r"^ACCEPT (\S+)$"))


@contextmanager
def gnutls_server(version: str, mode: str = "--http") -> Iterator[Peer]:
    files = ["--x509certfile", PKI / "p256.pem", "--x509keyfile", PKI / "p256.key"]
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}"
    with child_of("gnutls-serv", mode, "-p", "0", "--priority", priority, *files) as child:
        expect(child, r"listening on IPv4 .*done")
        yield Peer(child, f"127.0.0.1:{listening_port(child.pid)}")


def assert_served(peer: Peer) -> None:
    done = run("client", *VERIFY, "--get", "/", peer.address)
    assert done.returncode == 0, done.stderr
    assert b"<title>Shakedown</title>" in done.stdout


# The two programs with each other


@pytest.mark.parametrize("version", VERSIONS)
def test_client_prints_the_page_and_tells_what_was_negotiated(version: str) -> None:
    with server() as peer:
        done = run("client", "--tls", version, *VERIFY, "--get", "/", peer.address)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"HTTP/1.0 200 OK\r\n")
    assert f"<td>TLS {version}</td>".encode() in done.stdout
    assert f"<td>{NAME}</td>".encode() in done.stdout
    assert f"TLS {version}\n".encode() in done.stderr
    assert b"peer verified           yes" in done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_server_echoes_a_mebibyte(version: str) -> None:
    data = os.urandom(1 << 20)
    with server() as peer:
        done = run("client", "--tls", version, peer.address, stdin=data)
    assert done.returncode == 0, done.stderr
    assert done.stdout == data


def test_server_serves_a_second_client_while_the_first_is_connected() -> None:
    with server() as peer, client(peer.address) as first:
        expect(first, "connected to")
        assert_served(peer)
        assert finish(first, "still here") == 0, first.text
        expect(first, "^still here$")


def test_a_connection_beyond_the_limit_waits_for_its_turn() -> None:
    with server("--max-connections", "1") as peer:
        with client(peer.address) as first:
            expect(first, "connected to")
            with client("--get", "/", peer.address) as second:
                assert finish(first, "done") == 0, first.text
                assert finish(second) == 0, second.text
                expect(second, "<h1>Shakedown</h1>")


def test_server_serves_while_a_hundred_connections_say_nothing() -> None:
    with server("--quiet") as peer:
        connections = [connect(peer.address) for _ in range(100)]
        assert_served(peer)
        for connection in connections:
            connection.close()


def test_data_follows_a_key_update() -> None:
    with server() as peer:
        done = run("client", "--tls", "1.3", "--key-update", peer.address, stdin=b"new keys")
        assert done.stdout == b"new keys", done.stderr
        refused = run("client", "--tls", "1.2", "--key-update", peer.address)
        assert refused.returncode == 1
        assert b"no KeyUpdate below TLS 1.3" in refused.stderr


def test_both_ends_tell_the_same_as_json(tmp_path: Path) -> None:
    options = ["--json", "--connections", "1", "--alpn", "h3,echo", "--groups", "secp384r1"]
    output = tmp_path / "data"
    with server(*options) as peer:
        client_options = ["--alpn", "echo", "--json", "--output", output]
        done = run("client", *VERIFY, *client_options, peer.address, stdin=b"data")
        assert peer.child.wait() == 0
        theirs = peer.rows()[0]
    ours = json.loads(done.stdout)
    for field in ["version", "suite", "group", "scheme", "alpn", "server_name", "retried"]:
        assert ours[field] == theirs[field], field
    assert (ours["alpn"], ours["group"], ours["retried"]) == ("echo", "secp384r1", True)
    assert (ours["verified"], ours["truncated"], ours["state"]) == (True, False, "ended")
    assert (theirs["bytes_received"], ours["bytes_received"]) == (4, 4)
    assert output.read_bytes() == b"data"


def test_the_same_seed_gives_the_same_client_hello() -> None:
    hellos: list[bytes] = []
    for _ in range(2):
        with tcp_peer(lambda connection: hellos.append(connection.recv(65536))) as address:
            run("client", "--seed", "7", address)
    assert len(hellos[0]) > 100
    assert hellos[0] == hellos[1]


def test_the_log_of_a_server_tells_what_it_tolerated() -> None:
    """Also of a handshake that fails later: here the client is gone after its hello."""
    hellos: list[bytes] = []
    with tcp_peer(lambda connection: hellos.append(connection.recv(65536))) as address:
        run("client", address)
    uncompressed, compressed = (bytes.fromhex("000b00020100"), bytes.fromhex("000b00020101"))
    assert hellos[0].count(uncompressed) == 1
    with server() as peer, connect(peer.address) as connection:
        connection.sendall(hellos[0].replace(uncompressed, compressed))
        connection.shutdown(socket.SHUT_WR)
        expect(peer.child, r"^#1 127\.0\.0\.1:\d+, tolerated POINT_FORMATS: ")


def test_a_client_tells_what_it_tolerated_of_a_handshake_that_failed() -> None:
    """RFC 8422 section 5.2: no supported_groups in a ServerHello."""
    extensions = bytes.fromhex("ff01 0001 00 000a 0004 0002 001d")
    fields = b"\x03\x03" + bytes(32) + b"\x00\xc0\x2b\x00" + struct.pack(">H", len(extensions))
    body = fields + extensions
    hello = b"\x16\x03\x03" + struct.pack(">HBBH", len(body) + 4, 2, 0, len(body)) + body

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(hello)

    with tcp_peer(answer) as address:
        done = run("client", "--tls", "1.2", address)
    assert done.returncode == 1
    assert b"tolerated deviations: SERVER_GROUPS_12\n" in done.stderr


def test_client_refuses_another_name_and_the_server_sees_the_alert() -> None:
    with server("--json", "--connections", "1", exits=1) as peer:
        done = run("client", "--cafile", ROOTS, "--servername", "other.test", peer.address)
        expect(peer.child, '"alert_received": "bad_certificate"')
    assert done.returncode == 1
    assert b"fatal bad_certificate (42)" in done.stderr


def test_client_verifies_the_address_it_was_given() -> None:
    with server() as peer:
        done = run("client", "--cafile", ROOTS, "--get", "/", peer.address)
        assert done.returncode == 0, done.stderr
    with server(certificate="wrong-name") as peer:
        done = run("client", "--cafile", ROOTS, "--get", "/", peer.address)
        assert done.returncode == 1
        assert b"fatal bad_certificate (42)" in done.stderr


def test_server_says_goodbye_when_it_is_ended() -> None:
    with server() as peer, client(peer.address) as connected:
        expect(connected, "connected to")
        os.kill(peer.child.pid, signal.SIGTERM)
        assert peer.child.wait() == 0
        assert finish(connected) == 0, connected.text


# Other programs


@pytest.mark.parametrize("version", VERSIONS)
def test_openssl_client_verifies_our_server_and_gets_the_page(version: str) -> None:
    with server() as peer:
        options = ["-connect", peer.address, "-tls" + version.replace(".", "_")]
        verify = ["-CAfile", ROOTS, "-verify_return_error", "-verify_hostname", NAME]
        arguments = ["s_client", *options, *verify, "-servername", NAME, "-ign_eof"]
        done = run(*arguments, stdin=REQUEST, program="openssl")
    assert done.returncode == 0, done.stderr
    assert b"Verify return code: 0 (ok)" in done.stdout
    assert f"<td>TLS {version}</td>".encode() in done.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls_client_verifies_our_server_and_gets_the_page(version: str) -> None:
    with server() as peer:
        verify = ["--x509cafile", ROOTS, "--verify-hostname", NAME, "--sni-hostname", NAME]
        priority = ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]
        arguments = [*verify, *priority, "-p", peer.port, "127.0.0.1"]
        done = run(*arguments, stdin=REQUEST, program="gnutls-cli")
    assert done.returncode == 0, done.stderr
    assert b"The certificate is trusted" in done.stdout
    assert f"<td>TLS {version}</td>".encode() in done.stdout


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("serve", [openssl_server, gnutls_server])
def test_client_verifies_another_server_and_prints_its_page(
    serve: Callable[[str], AbstractContextManager[Peer]], version: str
) -> None:
    with serve(version) as peer:
        done = run("client", *VERIFY, "--get", "/", peer.address)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"HTTP/1.0 200 ")
    assert b"</html>" in done.stdout.lower()
    assert f"TLS {version}\n".encode() in done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls_server_echoes_to_our_client(version: str) -> None:
    with gnutls_server(version, "--echo") as peer:
        with client(*VERIFY, peer.address) as talking:
            talking.say("there and back\n")
            expect(talking, "^there and back$")
            assert finish(talking) == 0, talking.text


# Peers that misbehave


def test_client_tells_a_cut_answer_from_a_whole_one() -> None:
    def cut(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PKI / "p256.pem", PKI / "p256.key")
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nthe first half")
            # leaving closes TCP without close_notify

    with tcp_peer(cut) as address:
        done = run("client", "--get", "/", address)
    assert done.returncode == 1
    assert done.stdout.endswith(b"the first half")
    assert "truncated: no close_notify [RFC 8446 §6.1]" in done.stderr.decode()


def test_client_gives_up_on_a_peer_that_is_silent() -> None:
    over = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        over.wait(LIMIT_S)

    with tcp_peer(say_nothing) as address:
        done = run("client", "--timeout", "1", address)
        over.set()
    assert done.returncode == 1
    assert b"no progress for 1 s in the handshake" in done.stderr


@pytest.mark.parametrize(
    ("sends", "says"),
    [
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", b"the bytes are not a TLS record"),
        (b"", b"the peer ended TCP in the handshake"),
        (b"\x15\x03\x03\x00\x02\x02\x28", b"received fatal handshake_failure (40)"),
    ],
)
def test_client_names_what_a_peer_without_handshake_did(sends: bytes, says: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(sends)

    with tcp_peer(answer) as address:
        done = run("client", address)
    assert done.returncode == 1
    assert says in done.stderr


def test_a_handshake_may_not_last_however_its_bytes_drip() -> None:
    """Each byte is progress, and so is none of them alone."""
    hello = bytes.fromhex("16030100f0010000ec0303") + bytes(234)
    with (
        server("--timeout", "1", "--connections", "1", exits=1) as peer,
        connect(peer.address) as slow,
    ):
        slow.settimeout(0.1)
        for byte in hello:
            slow.sendall(bytes([byte]))
            with contextlib.suppress(TimeoutError):
                if slow.recv(1024) == b"":
                    break
        else:
            pytest.fail("the server waited for all of it")
        assert peer.child.wait() == 1
        assert "not done within 2 s in the handshake" in peer.child.text


def test_server_outlives_garbage_resets_and_half_closed_sockets() -> None:
    with server() as peer:
        with connect(peer.address) as garbage:
            garbage.sendall(os.urandom(1000))
            garbage.shutdown(socket.SHUT_WR)
            while garbage.recv(4096):
                pass
        with connect(peer.address) as reset:
            reset.sendall(b"\x16\x03\x01")
            reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with connect(peer.address) as half:
            half.shutdown(socket.SHUT_WR)
            while half.recv(4096):
                pass
        assert_served(peer)


def test_server_stops_reading_from_a_peer_that_does_not_read() -> None:
    context = ssl.create_default_context(cafile=str(ROOTS))
    piece = bytes(range(256)) * 64
    with server() as peer:
        with context.wrap_socket(connect(peer.address), server_hostname=NAME) as tls:
            tls.setblocking(False)
            sent = 0
            while sent < 64 << 20 and select.select([], [tls], [], 0.5)[1]:
                try:
                    sent += tls.send(piece)
                except ssl.SSLWantWriteError:
                    continue
            status = Path(f"/proc/{peer.child.pid}/status").read_text()
            assert sent < 64 << 20, "the server takes all that it is sent"
            resident = int(status.split("VmRSS:")[1].split()[0])
            assert resident < 100 * 1024, f"{resident} KiB"
            assert_served(peer)


# Wrong use and what the environment lacks


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--cert", PKI / "p256.pem"], b"key"),
        ([], b"certificate"),
        (["--cert", "/nowhere.pem", "--key", PKI / "p256.key"], b"/nowhere.pem"),
        (["--cert", PKI / "p256.pem", "--key", PKI / "p384.key"], b"p384.key"),
        (["--cert", PKI / "README.md", "--key", PKI / "p384.key"], b"README.md"),
        (["--suites", "TLS_NOTHING"], b"TLS_NOTHING"),
        (["--groups", "p512"], b"p512"),
        (["--port", "65536"], b"65536"),
        (["--no-such-option"], b"--no-such-option"),
    ],
)
def test_server_names_what_it_cannot_use(options: list[str | Path], names: bytes) -> None:
    done = run("server", *options)
    assert done.returncode == 2
    assert names in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], b"HOST:PORT"),
        (["localhost"], b"localhost"),
        (["::1:443"], b"[::1]:443"),
        (["localhost:https"], b"localhost:https"),
        (["--cafile", "/nowhere.pem", "localhost:443"], b"/nowhere.pem"),
        (["--suites", "0x1301,0x13ff", "localhost:443"], b"0x13ff"),
        (["--get", "no slash", "localhost:443"], b"no slash"),
        (["--timeout", "0", "localhost:443"], b"--timeout"),
        (["--output", "/nowhere/file", "localhost:443"], b"/nowhere/file"),
    ],
)
def test_client_names_what_it_cannot_use(arguments: list[str], names: bytes) -> None:
    done = run("client", *arguments)
    assert done.returncode == 2
    assert names in done.stderr


@pytest.mark.parametrize("address", ["::1", "[::1]", "127.0.0.1", "localhost"])
def test_a_server_listens_where_it_is_told_and_where_it_says(address: str) -> None:
    with server("--listen", address) as peer:
        done = run("client", "--get", "/", peer.address)
        assert done.returncode == 0, done.stderr
        printed = peer.address
    with server("--listen", printed) as again:
        assert again.address == printed


def test_an_address_that_is_none_is_refused() -> None:
    for address in ("", "[::1", "[::1]x", "[::1]:65536", "x" * 300):
        done = run("server", "--listen", address, "--cert", PKI / "p256.pem")
        assert done.returncode == 2 and b"--listen: " in done.stderr, done.stderr


ANONYMOUS = ["--tls", "1.2", "--suites", "TLS_DH_anon_WITH_AES_128_GCM_SHA256"]


@pytest.mark.parametrize("more", ["", ",TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"])
def test_a_peer_that_shows_no_certificate_is_not_verified(more: str) -> None:
    """With another suite on offer, only the handshake tells; nothing is sent before."""
    offered = [*ANONYMOUS[:-1], ANONYMOUS[-1] + more]
    with server(*ANONYMOUS, "--json") as peer:
        done = run("client", *VERIFY, *offered, "--get", "/", peer.address)
        plain = run("client", *ANONYMOUS, "--get", "/", peer.address)
    says = b"the peer was not verified" if more else b"--cafile takes a cipher suite that is not"
    assert done.returncode == (1 if more else 2) and says in done.stderr
    assert done.stdout == b""
    assert plain.returncode == 0, plain.stderr
    assert [row["bytes_received"] > 0 for row in peer.rows()] == [False, True][not more :]


def test_a_port_in_use_is_named() -> None:
    with server() as peer:
        files = ["--cert", PKI / "p256.pem", "--key", PKI / "p256.key"]
        done = run("server", "--port", peer.port, *files)
    assert done.returncode == 3
    assert f"127.0.0.1 port {peer.port}".encode() in done.stderr


def test_a_port_where_nobody_listens_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can
        port = taken.getsockname()[1]
        done = run("client", f"127.0.0.1:{port}")
    assert done.returncode == 3
    assert f"cannot connect to 127.0.0.1 port {port}: Connection refused".encode() in done.stderr
