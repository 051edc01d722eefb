"""No peer keeps a connection for ever, however slowly it sends."""

from __future__ import annotations

import contextlib
import itertools
import ssl
import threading
import time
from collections.abc import Callable, Iterable

import pytest

from interop.tests.cli_support import LIMIT_S, run, server, tcp_peer, tls_peer, wrapped

PACE_S = 0.1


def drip(send: Callable[[bytes], object], pieces: Iterable[bytes]) -> None:
    """Sends pieces at a slow pace, until the connection is closed or LIMIT_S is over."""
    over = threading.Event()
    end = time.monotonic() + LIMIT_S
    with contextlib.suppress(OSError):
        for piece in pieces:
            if time.monotonic() > end:
                return
            send(piece)
            over.wait(PACE_S)  # the pace is what is tested


@pytest.mark.parametrize("front", [b"", b"GET / HTTP/1.0\r\nA: "], ids=["echo", "request"])
def test_a_client_that_dribbles_gives_its_slot_back(front: bytes) -> None:
    with server("--timeout", "1", "--max-connections", "1", "--json") as peer:
        with wrapped(peer.address) as slow:
            waiting = threading.Thread(
                target=drip, args=(slow.sendall, itertools.chain([front], itertools.repeat(b"x")))
            )
            waiting.start()
            done = run("client", "--get", "/", "--timeout", str(LIMIT_S), peer.address)
            assert done.returncode == 0, done.stderr
            waiting.join(LIMIT_S)
        assert "too little progress in 4 s" in peer.rows()[0]["why"]


def test_a_client_that_is_at_work_keeps_its_slot() -> None:
    piece = bytes(2048)
    with server("--timeout", "1", "--connections", "1", "--json") as peer:
        with wrapped(peer.address) as busy:
            for _ in range(25):  # 5 s
                busy.sendall(piece)
                echoed = 0
                while echoed < len(piece):
                    data = busy.recv(65536)
                    assert data, peer.child.text
                    echoed += len(data)
                threading.Event().wait(2 * PACE_S)
            with contextlib.suppress(OSError):
                busy.unwrap()
        assert peer.child.wait() == 0


def test_a_server_that_dribbles_does_not_hold_a_client_that_waits_for_it() -> None:
    def behave(tls: ssl.SSLSocket) -> None:
        tls.recv(4096)
        drip(tls.sendall, itertools.repeat(b"x"))

    with tls_peer(behave) as address:
        done = run("client", "--timeout", "1", "--get", "/", address)
    assert done.returncode == 1
    assert b"too little progress in 4 s after the handshake" in done.stderr


def test_a_handshake_that_drips_does_not_hold_the_client() -> None:
    record = bytes.fromhex("16030300f0020000ec0303") + bytes(234)
    with tcp_peer(lambda c: drip(c.sendall, (bytes([byte]) for byte in record))) as address:
        done = run("client", "--timeout", "1", address)
    assert done.returncode == 1
    assert b"too little progress in 2 s in the handshake" in done.stderr
