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

from scripts.lib.paths import ROOT

PKI = ROOT / "corpora" / "pki"
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
class Place:
    """What a client needs: the server's program and address, and a folder of its own."""

    program: str
    port: int
    folder: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


Good = Callable[[Place], None]
CLIENT_FILES = [str(PKI / "client-p256.pem"), str(PKI / "client-p256.key")]


def want(condition: bool, what: str, text: str = "") -> None:
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
    want(done.returncode == 0, f"exit {done.returncode}: {' '.join(command)}", said)
    return said


def get(path: str = "/") -> str:
    return f"GET {path} HTTP/1.0\r\n\r\n"


# Ours


def ours(place: Place, *options: str, address: str = "", path: str = "/") -> dict[str, Any]:
    """Fetches the page; what our client says of the connection."""
    page = place.folder / "page"
    command = [place.program, "client", "--json", "--output", str(page), "--get", path]
    command += ["--timeout", str(round(LIMIT_S)), *options, address or place.address]
    said = run(command)
    want(PAGE in page.read_text(encoding="utf-8"), "there is no page", said)
    row = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert isinstance(row, dict)
    return row


def verified(place: Place, *options: str, address: str = "", path: str = "/") -> dict[str, Any]:
    files = ["--cafile", ROOTS, "--servername", NAME]
    row = ours(place, *files, *options, address=address, path=path)
    want(row["verified"], "it is not verified", str(row))
    return row


def ours_with_rsa(place: Place) -> None:
    row = verified(place, "--sigalgs", "rsa_pss_rsae_sha256")
    want(row["scheme"] == "rsa_pss_rsae_sha256", "the second certificate is not used", str(row))


def ours_resumed(version: str) -> Good:
    def client(place: Place) -> None:
        session = str(place.folder / "session")
        verified(place, "--tls", version, "--sess-out", session)
        row = verified(place, "--tls", version, "--sess-in", session)
        want(row["resumed"], "it is not resumed", str(row))

    return client


def ours_early(place: Place) -> None:
    session, early = place.folder / "session", place.folder / "early"
    early.write_text(get(), encoding="ascii")
    verified(place, "--tls", "1.3", "--sess-out", str(session))
    row = verified(place, "--sess-in", str(session), "--early-data", str(early))
    want(row["early_data"], "early data are not accepted", str(row))


def ours_psk(identity: str) -> Good:
    def client(place: Place) -> None:
        row = ours(place, "--psk-identity", identity, "--psk", PSKS[identity])
        want(row["external_psk"], "the PSK is not used", str(row))

    return client


def ours_with_certificate(version: str) -> Good:
    def client(place: Place) -> None:
        verified(place, "--tls", version, "--cert", CLIENT_FILES[0], "--key", CLIENT_FILES[1])
        text = (place.folder / "page").read_text(encoding="utf-8")
        want("<th>client authenticated</th><td>yes</td>" in text, "not authenticated", text)

    return client


def ours_key_update(place: Place) -> None:
    verified(place, "--tls", "1.3", "--key-update", path="/key-update")


def ours_renegotiated(place: Place) -> None:
    row = verified(place, "--tls", "1.2", "--renegotiate", path="/renegotiate")
    want(row["renegotiations"] == 2, "it was not renegotiated by both", str(row))


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


def ours_byte_by_byte(place: Place) -> None:
    """Through a relay that hands the client's bytes on one by one."""

    def relay() -> None:
        near, _ = listener.accept()
        with near, socket.create_connection(("127.0.0.1", place.port), LIMIT_S) as far:
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
            verified(place, address=f"127.0.0.1:{listener.getsockname()[1]}")
        finally:
            thread.join(LIMIT_S)


# OpenSSL


def openssl(place: Place, *options: str, path: str = "/") -> str:
    command = ["openssl", "s_client", "-connect", place.address, "-ign_eof", *options]
    said = run(command, get(path))
    want(PAGE in said, "there is no page", said)
    return said


def openssl_verified(*options: str, path: str = "/") -> Good:
    verify = ["-CAfile", ROOTS, "-verify_return_error", "-verify_hostname", NAME]

    def client(place: Place) -> None:
        openssl(place, *verify, "-servername", NAME, *options, path=path)

    return client


def openssl_resumed(version: str) -> Good:
    def client(place: Place) -> None:
        session = str(place.folder / "openssl-session")
        openssl(place, version, "-sess_out", session)
        said = openssl(place, version, "-sess_in", session)
        want("Reused, TLS" in said, "it is not resumed", said)

    return client


def openssl_early(place: Place) -> None:
    session, early = str(place.folder / "openssl-session"), place.folder / "early"
    early.write_text(get(), encoding="ascii")
    openssl(place, "-tls1_3", "-sess_out", session)
    command = ["openssl", "s_client", "-connect", place.address, "-tls1_3", "-ign_eof"]
    said = run([*command, "-sess_in", session, "-early_data", str(early)])
    want("Early data was accepted" in said and PAGE in said, "early data are not accepted", said)


def openssl_psk(place: Place) -> None:
    psk = ["-psk_identity", "other", "-psk", PSKS["other"]]
    said = openssl(place, "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", *psk)
    want("<th>external PSK</th><td>yes</td>" in said, "the PSK is not used", said)


def openssl_with_certificate(place: Place) -> None:
    certificate, key = CLIENT_FILES
    said = openssl(place, "-cert", certificate, "-cert_chain", certificate, "-key", key)
    want("<th>client authenticated</th><td>yes</td>" in said, "not authenticated", said)


# GnuTLS


def gnutls(place: Place, *options: str) -> str:
    said = run(["gnutls-cli", "-p", str(place.port), *options, "127.0.0.1"], get())
    want(PAGE in said, "there is no page", said)
    return said


def gnutls_verified(version: str, *options: str) -> Good:
    verify = ["--x509cafile", ROOTS, "--verify-hostname", NAME, "--sni-hostname", NAME]
    priority = ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]

    def client(place: Place) -> None:
        gnutls(place, *verify, *priority, *options)

    return client


def gnutls_psk(place: Place) -> None:
    psk = ["--pskusername", "soak", "--pskkey", PSKS["soak"]]
    said = gnutls(place, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK", *psk)
    want("<th>external PSK</th><td>yes</td>" in said, "the PSK is not used", said)


def gnutls_resumed(place: Place) -> None:
    options = ["--resume", "--waitresumption", "--no-ca-verification"]
    said = gnutls(place, *options)
    want("This is a resumed session" in said, "it is not resumed", said)


# Python's ssl, in this process: many connections a second, and data in both directions


def python_echo(version: ssl.TLSVersion) -> Good:
    context = ssl.create_default_context(cafile=ROOTS)
    context.minimum_version = context.maximum_version = version
    data = bytes(range(250)) * (ECHOED // 250)

    def client(place: Place) -> None:
        try:
            echoed = b""
            with socket.create_connection(("127.0.0.1", place.port), LIMIT_S) as raw:
                with context.wrap_socket(raw, server_hostname=NAME) as tls:
                    tls.sendall(data)
                    while len(echoed) < len(data) and (piece := tls.recv(65536)):
                        echoed += piece
                    tls.unwrap()
        except OSError as error:
            raise Failure(f"Python's ssl: {error}") from None
        want(echoed == data, f"{len(echoed)} of {len(data)} bytes came back")

    return client


def kinds() -> dict[str, Good]:
    """The good clients by name; those whose program is missing are left out."""
    found: dict[str, Good] = {
        "python echo 1.2": python_echo(ssl.TLSVersion.TLSv1_2),
        "python echo 1.3": python_echo(ssl.TLSVersion.TLSv1_3),
        "ours full 1.2": lambda place: void(verified(place, "--tls", "1.2")),
        "ours full 1.3": lambda place: void(verified(place, "--tls", "1.3")),
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


def void(_: object) -> None:
    """For what is called for its checks."""
