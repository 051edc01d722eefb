"""The broken clients of a soak. The server has to survive them, and to close their connections."""

from __future__ import annotations

import random
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path

from scripts.lib.paths import REGRESSIONS, SEEDS
from scripts.lib.soak.good_clients import NAME

CONNECT_S = 30.0
ANSWER_S = 0.3  # that a broken client waits for the server's answer
ROUNDS = 20  # of a handshake
FLOOD = 32  # connections
IDLE = 8  # connections that are left open
ALERT, HANDSHAKE = 21, 22

Broken = Callable[[int, random.Random], str]


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), CONNECT_S)


def hello(rng: random.Random) -> bytes:
    """The first flight of a real client."""
    versions = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = rng.choice(versions)
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=NAME)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def framed(message: bytes) -> bytes:
    """Bytes in records of the handshake."""
    pieces = [message[at : at + 16384] for at in range(0, len(message), 16384)] or [b""]
    return b"".join(struct.pack(">BHH", HANDSHAKE, 0x0301, len(p)) + p for p in pieces)


def reset(connection: socket.socket) -> None:
    """Lets the close send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def listen(connection: socket.socket, wait_s: float) -> str:
    """What the server does within the time: "alert" and "closed" are its end, after which it waits
    for ours; "left open" is none."""
    connection.settimeout(wait_s)
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except TimeoutError:
        return "left open"
    except OSError:
        return "reset"
    while len(received) >= 5 and len(received) > 5 + struct.unpack(">H", received[3:5])[0]:
        received = received[5 + struct.unpack(">H", received[3:5])[0] :]
    return "alert" if received[:1] == bytes([ALERT]) else "closed"


def send(port: int, rng: random.Random, data: bytes, half_close: bool = False) -> str:
    """Sends the bytes, and waits a little for the server's answer."""
    with connect(port) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            return "reset"
        end = listen(connection, CONNECT_S if half_close else ANSWER_S)
        if half_close and end == "left open":
            return "stuck"
        if rng.random() < 0.2:
            reset(connection)
        return end


def garbage(port: int, rng: random.Random) -> str:
    return send(port, rng, rng.randbytes(rng.randrange(1, 4000)), rng.random() < 0.5)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def corpus(paths: list[Path]) -> Broken:
    """Bytes of the corpora: as they are, or as a message behind a ClientHello or without one."""

    def client(port: int, rng: random.Random) -> str:
        data = rng.choice(paths).read_bytes()
        shapes = [data, framed(data), framed(bytes([1]) + len(data).to_bytes(3, "big") + data)]
        shapes += [hello(rng) + data, hello(rng) + framed(data)]
        return send(port, rng, rng.choice(shapes), rng.random() < 0.5)

    return client


def truncated(port: int, rng: random.Random) -> str:
    flight = hello(rng)
    return send(port, rng, flight[: rng.randrange(len(flight))], half_close=True)


def half_closed(port: int, rng: random.Random) -> str:
    return send(port, rng, hello(rng) if rng.random() < 0.8 else b"", half_close=True)


def resetting(port: int, rng: random.Random) -> str:
    with connect(port) as connection:
        connection.sendall(hello(rng)[: rng.randrange(1, 700)])
        reset(connection)
    return "reset by us"


def not_tls(port: int, rng: random.Random) -> str:
    http = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
    ssl2 = b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + rng.randbytes(37)
    return send(port, rng, rng.choice([http, ssl2]), rng.random() < 0.5)


def flipped_bits(port: int, rng: random.Random) -> str:
    """A handshake of which some flights of the client's come with one bit flipped."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = rng.choice([ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with connect(port) as connection:
        connection.settimeout(ANSWER_S)
        for _ in range(ROUNDS):
            try:
                tls.do_handshake()
                tls.write(b"GET / HTTP/1.0\r\n\r\n")
            except ssl.SSLWantReadError:
                pass
            except (ssl.SSLError, ssl.CertificateError):
                return "alert"
            flight = bytearray(outgoing.read())
            if flight and rng.random() < 0.6:
                flight[rng.randrange(len(flight))] ^= 1 << rng.randrange(8)
            try:
                connection.sendall(flight)
                received = connection.recv(65536)
            except TimeoutError:
                return "left open"
            except OSError:
                return "reset"
            if not received:
                return "closed"
            incoming.write(received)
    return "left open"


def flood(port: int, rng: random.Random) -> str:
    """Many ClientHellos at once, of which nobody reads the answers."""
    flight = hello(rng)
    connections = []
    try:
        for _ in range(FLOOD):
            connections.append(connect(port))
            connections[-1].sendall(flight)
        for connection in connections:
            if rng.random() < 0.5:
                reset(connection)
    finally:
        for connection in connections:
            connection.close()
    return "left by us"


class Idle:
    """Connections that are left open: silent, in the midst of a record, or of a handshake. The
    server has to end each when its time is over."""

    def __init__(self, port: int, limit_s: float, rng: random.Random) -> None:
        self.port = port
        self.limit_s = limit_s
        self.rng = rng
        self.open: dict[socket.socket, float] = {}

    def step(self) -> list[str]:
        """Opens what is missing, and waits a little; how those ended that did."""
        while len(self.open) < IDLE:
            connection = connect(self.port)
            flight = hello(self.rng)
            connection.sendall(flight[: self.rng.choice([0, 3, 100, len(flight)])])
            self.open[connection] = time.monotonic()
        ended = []
        ready = select.select(list(self.open), [], [], ANSWER_S)[0]
        for connection in ready:
            try:
                over = not connection.recv(65536)
            except OSError:
                over = True
            if over:
                ended.append("ended by the server")
                del self.open[connection]
                connection.close()
        for connection, since in list(self.open.items()):
            if time.monotonic() - since > self.limit_s:
                ended.append("stuck")
                del self.open[connection]
                connection.close()
        return ended

    def close(self) -> None:
        for connection in self.open:
            connection.close()
        self.open.clear()


def kinds() -> dict[str, Broken]:
    found: dict[str, Broken] = {
        "garbage": garbage,
        "seeds": corpus(files(SEEDS)),
        "record seeds": corpus(files(SEEDS / "record")),
        "truncated": truncated,
        "half-closed": half_closed,
        "reset": resetting,
        "not TLS": not_tls,
        "flipped bits": flipped_bits,
        "flood": flood,
    }
    regressions = files(REGRESSIONS)
    if regressions:
        found["regressions"] = corpus(regressions)
    return found
