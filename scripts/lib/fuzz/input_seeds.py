"""Seeds of targets of fuzz/input that handshakes make: recordings, what `decode` is given, sessions
and the content of tickets. Keys and nonces are drawn anew each time, so the files are never the
same again; that each is taken for what it is to be is tested (fuzz_seeds_TARGET in ctest)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from scripts.lib import processes
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT

SHAKEDOWN = ROOT / "build" / "dev" / "harness" / "shakedown"
LIMIT_S = 60  # of processor time
TIME = ["--time", "1798761600", "--data", "16"]  # 2027, as fuzz/input has it
PSK = ["--psk-identity", "me", "--psk", "0102030405060708"]
ED25519 = [
    *("--server-cert", "corpora/pki/ed25519.pem", "--server-key", "corpora/pki/ed25519.key"),
    *("--client-servername", "server.shakedown.test"),
]
# Groups are named where a client offers them: what is offered by default depends on the library.
TLS12 = ["--tls", "1.2", "--groups", "x25519,secp256r1"]
TLS13 = ["--tls", "1.3", "--groups", "x25519"]
CASES = "corpora/cases"
RECORDINGS = {
    "tls-1.3": ["ours", "ours", *TLS13, *ED25519, "--num-tickets", "1", "--alpn", "h2"],
    "tls-1.2": ["ours", "ours", *TLS12, "--suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    "psk-and-key-updates": [
        *("ours", "ours", *TLS13, *PSK, "--psk-modes", "ke", "--num-tickets", "1"),
        "--key-updates",
    ],
    "client-alone": ["ours", "openssl", *TLS13, *PSK],
    "server-alone-psk-12": [
        *("openssl", "ours", *TLS12, *PSK, "--suites", "TLS_PSK_WITH_AES_128_CBC_SHA256")
    ],
    "renegotiation": [
        *("ours", "ours", *TLS12, *PSK, "--suites", "TLS_PSK_WITH_AES_128_GCM_SHA256"),
        *("--renegotiation", "--renegotiate", "client"),
    ],
    "resumed-early-data": [
        *("ours", "ours", *TLS13, *ED25519, "--resume", "--num-tickets", "1"),
        *("--allow-early-data", "--max-early-data", "1000", "--send-early", "20"),
    ],
    "script-of-the-client": [
        *("ours", "ours", "--groups", "x25519"),
        *("--script", f"{CASES}/server/psk/binders-fewer.case"),
    ],
    "script-of-the-server": [
        *("ours", "ours", "--groups", "x25519"),
        *("--script", f"{CASES}/client/psk/hint-ends-behind-the-message.case"),
    ],
}
RESUMED_12 = ["ours", "ours", *TLS12, *ED25519, "--resume"]
HANDSHAKE, CHANGE_CIPHER_SPEC = 22, 20
RECORD_HEADER, MESSAGE_HEADER = 5, 4
CLIENT_HELLO = 2  # of `decode`: the number of its layout, behind 0 for none


def record(arguments: list[str]) -> str:
    """The recording of a handshake."""
    with tempfile.TemporaryDirectory(prefix="shakedown-seeds-") as folder:
        file = Path(folder) / "recording"
        command = [*start_words(), str(SHAKEDOWN), "pair", *arguments, *TIME, "--record", str(file)]
        done = processes.run(command, LIMIT_S, cwd=ROOT)
        if done.returncode != 0:
            raise Stop(1, f"{done.stdout}{done.stderr}\nfailed: {' '.join(command)}")
        return file.read_text(encoding="utf-8")


def stream(recording: str) -> bytes:
    """What both ends have sent, in the order in which they did."""
    lines = [line.split(" ") for line in recording.splitlines()]
    return b"".join(bytes.fromhex(words[2]) for words in lines if words[1:2] == ["take"])


def messages(records: bytes) -> bytes:
    """The handshake messages up to the first ChangeCipherSpec."""
    found, at = b"", 0
    while at < len(records) and records[at] != CHANGE_CIPHER_SPEC:
        end = at + RECORD_HEADER + int.from_bytes(records[at + 3 : at + 5], "big")
        if records[at] == HANDSHAKE:
            found += records[at + RECORD_HEADER : end]
        at = end
    return found


def saved(recording: str, side: str) -> bytes:
    """What the end has left of the connection before."""
    start = f"option {side} saved "
    line = next(line for line in recording.splitlines() if line.startswith(start))
    return bytes.fromhex(line.removeprefix(start))


def decode_seeds(recordings: Mapping[str, str]) -> dict[str, bytes]:
    tls12, tls13 = stream(recordings["tls-1.2"]), stream(recordings["tls-1.3"])
    hello = messages(tls13)
    length = int.from_bytes(hello[1:MESSAGE_HEADER], "big")
    return {
        "tls-1.2": bytes(2) + tls12,
        "tls-1.3": bytes(2) + tls13,
        "tls-1.3-hex": bytes(2) + stream(recordings["psk-and-key-updates"]).hex().encode(),
        "psk-1.2": b"\0\3" + stream(recordings["server-alone-psk-12"]),
        "messages-1.2": b"\0\3" + messages(tls12),
        "body-of-client-hello": bytes([CLIENT_HELLO, 0]) + hello[MESSAGE_HEADER:][:length],
    }


def ticket_seeds(cached: bytes) -> dict[str, bytes]:
    """By the ways of fuzz/input/ticket.c. A ticket of TLS 1.3 has what the cache's session has
    (shk_session_shape), but for version, suite, extended_master_secret and the PSK."""
    head, rest = cached[:47], cached[47:]  # up to the secret
    psk = b"\x20" + bytes(range(32)) + rest[1 + rest[0] :]
    nobodys = bytes(16) + bytes(range(64))
    return {
        "tls-1.3": b"\0" + head[:2] + b"\x03\x04\x13\x01\0" + head[7:] + psk,
        "tls-1.2": b"\1" + cached,
        "cache": b"\2" + cached,
        "raw-1.3": b"\3" + nobodys,
        "raw-1.2": b"\4" + nobodys,
    }


def input_seeds() -> dict[tuple[str, str], bytes]:
    """(target, name) -> content."""
    recordings = {name: record(arguments) for name, arguments in RECORDINGS.items()}
    by_id = saved(record([*RESUMED_12, "--session-store", "ids"]), "server")
    by_target = {
        "recording": {name: text.encode() for name, text in recordings.items()},
        "decode": decode_seeds(recordings),
        "session": {
            "tls-1.3": saved(recordings["resumed-early-data"], "client"),
            "tls-1.2": saved(record(RESUMED_12), "client"),
        },
        "ticket": ticket_seeds(by_id[1 + by_id[0] :]),
    }
    return {
        (target, name): content
        for target, seeds in by_target.items()
        for name, content in seeds.items()
    }
