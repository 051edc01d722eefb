"""What the tests of `shakedown play` share: scripts as text, and the peers that they meet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from interop.tests.cli_support import run

STACKS = ["ours", "openssl", "gnutls"]
PROGRAMS = {0: ["s_client", "gnutls-cli"], 1: ["s_server", "gnutls-serv"]}

HONEST = """title "An honest {player}"
player {player}
setup both tls={version}
expect accepted
"""

# The four that every stack has to refuse.
NO_SIGNATURE = """player server
setup both tls=1.3
requires 8446/4.4.3/1
expect refused unexpected_message

drop certificate_verify
"""
CLEAR_EXTENSIONS = """player server
setup both tls=1.3 suites=TLS_AES_128_GCM_SHA256 groups=x25519
clause "RFC 8446 §5.1"
expect refused unexpected_message

join server_hello
protect encrypted_extensions with plaintext
"""
OTHER_SUITE = """player server
setup both tls=1.3
setup client suites=TLS_AES_128_GCM_SHA256
clause "RFC 8446 §4.1.3"
expect refused illegal_parameter

set server_hello.cipher_suite = TLS_CHACHA20_POLY1305_SHA256
"""
RETRY_WITHOUT_VERSIONS = """player client
setup both tls=1.3
setup client groups=x25519,secp256r1
setup server groups=secp256r1
clause "RFC 8446 §4.1.2, §9.2"
expect refused

remove client_hello#2.extensions.supported_versions
"""
TO_REFUSE = {
    "no-signature": NO_SIGNATURE,
    "clear-extensions": CLEAR_EXTENSIONS,
    "other-suite": OTHER_SUITE,
    "retry-without-versions": RETRY_WITHOUT_VERSIONS,
}


def write(folder: Path, text: str, name: str = "test") -> Path:
    path = folder / f"{name}.case"
    path.write_text(text, encoding="utf-8")
    return path


def honest(player: str, version: str = "1.3") -> str:
    return HONEST.format(player=player, version=version)


def play(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return run("play", *arguments)


def rows(*arguments: object) -> list[dict[str, Any]]:
    """The lines of --json."""
    done = play(*arguments, "--json")
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def verdict(*arguments: object) -> tuple[str, str]:
    """Of one run: the verdict, and the answer ("" if there was none)."""
    (row,) = rows(*arguments)
    return row["verdict"], row.get("answer", "")


def python_peer(folder: Path, body: str, name: str = "peer") -> str:
    """A command line of a peer that does `body`, to which `port` is known."""
    program = folder / f"{name}.py"
    program.write_text(
        "import os, signal, socket, sys, time\nport = int(sys.argv[1])\n" + body, encoding="utf-8"
    )
    return f"exec {sys.executable} {program} {{port}}"
