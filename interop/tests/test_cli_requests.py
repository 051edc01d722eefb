"""HTTP between `client` and `server`: what is asked for, and what is taken for an answer."""

from __future__ import annotations

import contextlib
import ssl

import pytest

from interop.tests.cli_support import LIMIT_S, run, server, tls_peer, wrapped


def answer_to(address: str, *pieces: bytes) -> bytes:
    """What our server sends back to a request that comes in pieces."""
    with wrapped(address) as tls:
        for piece in pieces:
            tls.sendall(piece)
        answer = b""
        while data := tls.recv(65536):
            answer += data
        return answer


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/1.0", b"200 OK"),
        (b"GET /?a=b HTTP/1.1", b"200 OK"),
        (b"GET /nope HTTP/1.0", b"404 Not Found"),
        (b"GET /key-updates HTTP/1.0", b"404 Not Found"),
        (b"GET /keyupdate HTTP/1.0", b"404 Not Found"),
        (b"GET //  HTTP/1.0", b"404 Not Found"),
        (b"GET /key-update HTTP/1.0", b"200 OK"),
        (b"GET /renegotiate HTTP/1.0", b"409 Conflict"),
    ],
)
def test_a_path_has_its_own_answer(request_line: bytes, status: bytes) -> None:
    with server("--tls", "1.3") as peer:
        answer = answer_to(peer.address, request_line + b"\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 " + status + b"\r\n")


def test_a_page_that_is_not_there_is_refused_by_the_client() -> None:
    with server() as peer:
        done = run("client", "--get", "/nope", peer.address)
    assert done.returncode == 1
    assert b"the page is refused: HTTP/1.0 404 Not Found" in done.stderr


@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_the_answer_waits_for_the_blank_line(end: bytes) -> None:
    with server() as peer, wrapped(peer.address) as tls:
        for piece in (b"GE", b"T / HTT", b"P/1.1" + end, b"Host: x" + end, end[:-1]):
            tls.sendall(piece)
            tls.settimeout(0.2)
            with pytest.raises(TimeoutError):
                tls.recv(1)
        tls.settimeout(LIMIT_S)
        tls.sendall(end[-1:])
        assert tls.recv(65536).startswith(b"HTTP/1.0 200 OK")


def test_a_simple_request_ends_with_its_line() -> None:
    with server() as peer:
        assert answer_to(peer.address, b"GET /\r\n").startswith(b"HTTP/1.0 200 OK")


def test_a_request_without_end_is_refused() -> None:
    with server() as peer:
        answer = answer_to(peer.address, b"GET / HTTP/1.0\r\n", *[b"A: " + b"b" * 1000] * 9)
        assert answer.startswith(b"HTTP/1.0 400 Bad Request")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", b"no answer came"),
        (b"hello\x1b[2J\r\n", b"the answer is not HTTP: hello\\x1b[2J\n"),
        (b"HTTP/1.0 302 Found\r\n\r\n", b"the page is refused: HTTP/1.0 302 Found\n"),
        (b"HTTP/1.0 500 a\x07b\r\n\r\n", b"the page is refused: HTTP/1.0 500 a\\x07b\n"),
        (b"HTTP/1.0 ", b"the answer is not HTTP: HTTP/1.0 \n"),
    ],
)
def test_only_an_answer_is_a_page(answer: bytes, says: bytes) -> None:
    def behave(tls: ssl.SSLSocket) -> None:
        tls.recv(4096)
        tls.sendall(answer)
        with contextlib.suppress(OSError):
            tls.unwrap()

    with tls_peer(behave) as address:
        done = run("client", "--get", "/", address)
    assert done.returncode == 1
    assert says in done.stderr
