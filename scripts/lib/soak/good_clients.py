"""The clients of a soak that behave: ours, OpenSSL's, GnuTLS's, Python's. Each has to succeed."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.paths import PKI

ROOTS = str(PKI / "roots.pem")
NAME = "server.shakedown.test"
PSKS = {"soak": "00112233445566778899aabbccddeeff", "other": "0123456789abcdef"}
PAGE = "<title>Shakedown</title>"
LIMIT_S = 60.0  # a client that is not done by then has failed
ECHOED = 100_000  # bytes
SLOW_BYTES, SLOW_S = 400, 0.001  # so many go one by one, with such a pause


class Failure(Exception):
    """A good client did not get what it should; the text tells."""


@dataclass
class ClientSetup:
    """What a client needs: the server's program and address, and a folder of its own."""

    program: str
    port: int
    folder: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


Good = Callable[[ClientSetup], None]
CLIENT_FILES = [str(PKI / "client-p256.pem"), str(PKI / "client-p256.key")]


def require(condition: bool, what: str, text: str = "") -> None:
    if not condition:
        raise Failure(f"{what}\n{text[-2000:]}")


def run(command: list[str], text: str = "") -> str:
    """What a program says, both streams together. Failure unless it ends well and in time."""
    try:
        done = subprocess.run(
            command,
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"not done after {LIMIT_S:.0f} s: {' '.join(command)}") from None
    said = done.stdout.decode("utf-8", "replace")
    require(done.returncode == 0, f"exit {done.returncode}: {' '.join(command)}", said)
    return said


def get(path: str = "/") -> str:
    return f"GET {path} HTTP/1.0\r\n\r\n"


# Ours


def ours(setup: ClientSetup, *options: str, address: str = "", path: str = "/") -> dict[str, Any]:
    """Fetches the page; what our client says of the connection."""
    page = setup.folder / "page"
    command = [setup.program, "client", "--json", "--output", str(page), "--get", path]
    command += ["--timeout", str(round(LIMIT_S)), *options, address or setup.address]
    said = run(command)
    require(PAGE in page.read_text(encoding="utf-8"), "there is no page", said)
    row = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert isinstance(row, dict)
    return row


def verified(
    setup: ClientSetup, *options: str, address: str = "", path: str = "/"
) -> dict[str, Any]:
    files = ["--cafile", ROOTS, "--servername", NAME]
    row = ours(setup, *files, *options, address=address, path=path)
    require(row["verified"], "it is not verified", str(row))
    return row


def ours_with_rsa(setup: ClientSetup) -> None:
    row = verified(setup, "--sigalgs", "rsa_pss_rsae_sha256")
    require(row["scheme"] == "rsa_pss_rsae_sha256", "the second certificate is not used", str(row))


def ours_resumed(version: str) -> Good:
    def client(setup: ClientSetup) -> None:
        session = str(setup.folder / "session")
        verified(setup, "--tls", version, "--sess-out", session)
        row = verified(setup, "--tls", version, "--sess-in", session)
        require(row["resumed"], "it is not resumed", str(row))

    return client


def ours_early(setup: ClientSetup) -> None:
    session, early = setup.folder / "session", setup.folder / "early"
    early.write_text(get(), encoding="ascii")
    verified(setup, "--tls", "1.3", "--sess-out", str(session))
    row = verified(setup, "--sess-in", str(session), "--early-data", str(early))
    require(row["early_data"], "early data are not accepted", str(row))


def ours_psk(identity: str) -> Good:
    def client(setup: ClientSetup) -> None:
        row = ours(setup, "--psk-identity", identity, "--psk", PSKS[identity])
        require(row["external_psk"], "the PSK is not used", str(row))

    return client


def ours_with_certificate(version: str) -> Good:
    def client(setup: ClientSetup) -> None:
        verified(setup, "--tls", version, "--cert", CLIENT_FILES[0], "--key", CLIENT_FILES[1])
        text = (setup.folder / "page").read_text(encoding="utf-8")
        require("<th>client authenticated</th><td>yes</td>" in text, "not authenticated", text)

    return client


def ours_key_update(setup: ClientSetup) -> None:
    verified(setup, "--tls", "1.3", "--key-update", path="/key-update")


def ours_renegotiated(setup: ClientSetup) -> None:
    row = verified(setup, "--tls", "1.2", "--renegotiate", path="/renegotiate")
    require(row["renegotiations"] == 2, "it was not renegotiated by both", str(row))


def drip(source: socket.socket, sink: socket.socket, slowly: bool) -> None:
    """Carries bytes until the source ends; slowly: the first ones one by one."""
    left = SLOW_BYTES if slowly else 0
    try:
        while data := source.recv(1 if left > 0 else 65536):
            sink.sendall(data)
            if left > 0:
                left -= 1
                time.sleep(SLOW_S)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the ends is gone; the client tells


def ours_byte_by_byte(setup: ClientSetup) -> None:
    """Through a relay that hands the client's bytes on one by one."""

    def relay() -> None:
        near, _ = listener.accept()
        with near, socket.create_connection(("127.0.0.1", setup.port), LIMIT_S) as far:
            near.settimeout(LIMIT_S)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=drip, args=(far, near, False))
            back.start()
            drip(near, far, True)
            back.join(LIMIT_S)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT_S)
        thread = threading.Thread(target=relay)
        thread.start()
        try:
            verified(setup, address=f"127.0.0.1:{listener.getsockname()[1]}")
        finally:
            thread.join(LIMIT_S)


# OpenSSL


def openssl(setup: ClientSetup, *options: str, path: str = "/") -> str:
    command = ["openssl", "s_client", "-connect", setup.address, "-ign_eof", *options]
    said = run(command, get(path))
    require(PAGE in said, "there is no page", said)
    return said


def openssl_verified(*options: str, path: str = "/") -> Good:
    verify = ["-CAfile", ROOTS, "-verify_return_error", "-verify_hostname", NAME]

    def client(setup: ClientSetup) -> None:
        openssl(setup, *verify, "-servername", NAME, *options, path=path)

    return client


def openssl_resumed(version: str) -> Good:
    def client(setup: ClientSetup) -> None:
        session = str(setup.folder / "openssl-session")
        openssl(setup, version, "-sess_out", session)
        said = openssl(setup, version, "-sess_in", session)
        require("Reused, TLS" in said, "it is not resumed", said)

    return client


def openssl_early(setup: ClientSetup) -> None:
    session, early = str(setup.folder / "openssl-session"), setup.folder / "early"
    early.write_text(get(), encoding="ascii")
    openssl(setup, "-tls1_3", "-sess_out", session)
    command = ["openssl", "s_client", "-connect", setup.address, "-tls1_3", "-ign_eof"]
    said = run([*command, "-sess_in", session, "-early_data", str(early)])
    require("Early data was accepted" in said and PAGE in said, "early data are not accepted", said)


def openssl_psk(setup: ClientSetup) -> None:
    psk = ["-psk_identity", "other", "-psk", PSKS["other"]]
    said = openssl(setup, "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", *psk)
    require("<th>external PSK</th><td>yes</td>" in said, "the PSK is not used", said)


def openssl_with_certificate(setup: ClientSetup) -> None:
    certificate, key = CLIENT_FILES
    said = openssl(setup, "-cert", certificate, "-cert_chain", certificate, "-key", key)
    require("<th>client authenticated</th><td>yes</td>" in said, "not authenticated", said)


# GnuTLS


def gnutls(setup: ClientSetup, *options: str) -> str:
    said = run(["gnutls-cli", "-p", str(setup.port), *options, "127.0.0.1"], get())
    require(PAGE in said, "there is no page", said)
    return said


def gnutls_verified(version: str, *options: str) -> Good:
    verify = ["--x509cafile", ROOTS, "--verify-hostname", NAME, "--sni-hostname", NAME]
    priority = ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]

    def client(setup: ClientSetup) -> None:
        gnutls(setup, *verify, *priority, *options)

    return client


def gnutls_psk(setup: ClientSetup) -> None:
    psk = ["--pskusername", "soak", "--pskkey", PSKS["soak"]]
    said = gnutls(setup, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK", *psk)
    require("<th>external PSK</th><td>yes</td>" in said, "the PSK is not used", said)


def gnutls_resumed(setup: ClientSetup) -> None:
    options = ["--resume", "--waitresumption", "--no-ca-verification"]
    said = gnutls(setup, *options)
    require("This is a resumed session" in said, "it is not resumed", said)


# Python's ssl, in this process: many connections a second, and data in both directions


def python_echo(version: ssl.TLSVersion) -> Good:
    context = ssl.create_default_context(cafile=ROOTS)
    context.minimum_version = context.maximum_version = version
    data = bytes(range(250)) * (ECHOED // 250)

    def client(setup: ClientSetup) -> None:
        try:
            echoed = b""
            with socket.create_connection(("127.0.0.1", setup.port), LIMIT_S) as raw:
                with context.wrap_socket(raw, server_hostname=NAME) as tls:
                    tls.sendall(data)
                    while len(echoed) < len(data) and (piece := tls.recv(65536)):
                        echoed += piece
                    tls.unwrap()
        except OSError as error:
            raise Failure(f"Python's ssl: {error}") from None
        require(echoed == data, f"{len(echoed)} of {len(data)} bytes came back")

    return client


def kinds() -> dict[str, Good]:
    """The good clients by name; those whose program is missing are left out."""
    found: dict[str, Good] = {
        "python echo 1.2": python_echo(ssl.TLSVersion.TLSv1_2),
        "python echo 1.3": python_echo(ssl.TLSVersion.TLSv1_3),
        "ours full 1.2": lambda setup: ignore_result(verified(setup, "--tls", "1.2")),
        "ours full 1.3": lambda setup: ignore_result(verified(setup, "--tls", "1.3")),
        "ours RSA": ours_with_rsa,
        "ours resumed 1.2": ours_resumed("1.2"),
        "ours resumed 1.3": ours_resumed("1.3"),
        "ours 0-RTT": ours_early,
        "ours PSK": ours_psk("soak"),
        "ours other PSK": ours_psk("other"),
        "ours certificate 1.2": ours_with_certificate("1.2"),
        "ours certificate 1.3": ours_with_certificate("1.3"),
        "ours KeyUpdate": ours_key_update,
        "ours renegotiated": ours_renegotiated,
        "ours byte by byte": ours_byte_by_byte,
    }
    if shutil.which("openssl") is not None:
        found |= {
            "openssl full 1.2": openssl_verified("-tls1_2"),
            "openssl full 1.3": openssl_verified("-tls1_3"),
            "openssl KeyUpdate": openssl_verified("-tls1_3", path="/key-update"),
            "openssl renegotiated": openssl_verified("-tls1_2", path="/renegotiate"),
            "openssl resumed 1.2": openssl_resumed("-tls1_2"),
            "openssl resumed 1.3": openssl_resumed("-tls1_3"),
            "openssl 0-RTT": openssl_early,
            "openssl PSK": openssl_psk,
            "openssl certificate": openssl_with_certificate,
        }
    if shutil.which("gnutls-cli") is not None:
        files = ["--x509certfile", CLIENT_FILES[0], "--x509keyfile", CLIENT_FILES[1]]
        found |= {
            "gnutls full 1.2": gnutls_verified("1.2"),
            "gnutls full 1.3": gnutls_verified("1.3"),
            "gnutls certificate": gnutls_verified("1.3", *files),
            "gnutls PSK": gnutls_psk,
            "gnutls resumed": gnutls_resumed,
        }
    return found


def ignore_result(_: object) -> None:
    """For a client that is called for its checks alone."""
