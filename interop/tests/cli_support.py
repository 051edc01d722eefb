"""What the tests of the `shakedown` program share: where it is, and programs beside the test."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scripts.lib.child import Child
from scripts.lib.paths import PKI, ROOT

SHAKEDOWN = os.environ.get("SHAKEDOWN", str(ROOT / "build" / "dev" / "harness" / "shakedown"))
NAME = "server.shakedown.test"
VERSIONS = ["1.2", "1.3"]
LIMIT_S = 300  # only what hangs comes near it, however busy the machine is


def run(
    *arguments: object, stdin: bytes = b"", program: str = SHAKEDOWN
) -> subprocess.CompletedProcess[bytes]:
    """Runs a program to its end, within LIMIT_S."""
    command = [program, *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=LIMIT_S, check=False)


@dataclass
class Peer:
    """A server that is ready."""

    child: Child
    address: str

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects that it has printed, one a line."""
        lines = self.child.text.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def expect(child: Child, pattern: str) -> str:
    """Waits for a line of output; what the first group of the pattern matched, or all of it."""
    found = child.wait_for(pattern)
    assert found is not None, f"no {pattern!r} from {child.name}: {child.text}"
    return str(found[1] if found.re.groups else found[0])


def child_of(*command: object) -> Child:
    return Child(str(command[0]), list(map(str, command)), wants_input=True)


def client(*arguments: object) -> Child:
    """`shakedown client` with its input still open."""
    return child_of(SHAKEDOWN, "client", *arguments)


def finish(child: Child, text: str = "") -> int | None:
    """Writes the last input of a child and waits for its end."""
    child.say(text)
    child.close_input()
    return child.wait()


@contextmanager
def server(*options: object, certificate: str = "p256", exits: int = 0) -> Iterator[Peer]:
    """`shakedown server`, ended by its own --connections, else by SIGTERM. It has to exit with
    `exits`."""
    files = ["--cert", PKI / f"{certificate}.pem", "--key", PKI / f"{certificate}.key"]
    with child_of(SHAKEDOWN, "server", *files, *options) as child:
        yield Peer(child, expect(child, r"^listening (\S+)$"))
        if "--connections" in options:
            assert child.wait() is not None, f"it does not end by itself: {child.text}"
        child.end()
        assert child.status == exits, child.text


@contextmanager
def tcp_peer(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A peer without TLS that accepts one connection, which `behave` then has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(LIMIT_S)


def connect(address: str) -> socket.socket:
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=LIMIT_S)


@contextmanager
def tls_peer(behave: Callable[[ssl.SSLSocket], None]) -> Iterator[str]:
    """A TLS server that accepts one connection, which `behave` then has. After it TCP is closed
    without close_notify."""

    def serve(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PKI / "p256.pem", PKI / "p256.key")
        with context.wrap_socket(connection, server_side=True) as tls:
            behave(tls)

    with tcp_peer(serve) as address:
        yield address


def wrapped(address: str) -> ssl.SSLSocket:
    """Python's client on a connection to our server."""
    context = ssl.create_default_context(cafile=str(PKI / "roots.pem"))
    return context.wrap_socket(connect(address), server_hostname=NAME)
