"""`shakedown decode`: what it prints of good input, and how it goes on behind bad input."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import LIMIT_S, NAME, run, server
from scripts.lib.fuzz.targets import input_targets, stateful_targets
from scripts.lib.paths import PKI, ROOT, SEEDS

SMALL_HELLO = SEEDS / "client_hello" / "tls-1-2-without-extensions"
FULL_HELLO = SEEDS / "client_hello" / "tls-1-3-with-grease-an-unknown-extension-psk-last"
MAX_FRAGMENT = 16384


def record(fragment: bytes, content_type: int = 22) -> bytes:
    return bytes([content_type, 3, 3]) + len(fragment).to_bytes(2, "big") + fragment


def message(body: bytes, handshake_type: int = 1) -> bytes:
    return bytes([handshake_type]) + len(body).to_bytes(3, "big") + body


def decoded(data: bytes, *options: str, status: int = 0) -> list[dict[str, Any]]:
    done = run("decode", "--json", *options, stdin=data)
    assert done.returncode == status, done.stderr
    assert (status == 0) == (done.stderr == b"")
    rows = json.loads(done.stdout)
    assert isinstance(rows, list)
    return rows


def messages_of(records: list[dict[str, Any]]) -> list[str]:
    return [m["message"] for r in records for m in r.get("messages", [])]


class Tap:
    """Passes one connection on to a server, and keeps what goes by, in the order it does."""

    def __init__(self, to: str) -> None:
        self.to = to
        self.seen = b""
        self._lock = threading.Lock()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            with self._lock:
                self.seen += data
                sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    def _serve(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        host, port = self.to.rsplit(":", 1)
        with near, socket.create_connection((host, int(port)), timeout=LIMIT_S) as far:
            back = threading.Thread(target=self._pump, args=(far, near))
            back.start()
            self._pump(near, far)
            back.join(LIMIT_S)

    @contextmanager
    def listening(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._serve, args=(listener,))
            thread.start()
            yield f"127.0.0.1:{listener.getsockname()[1]}"
            thread.join(LIMIT_S)


def handshake(*options: str, certificate: str = "p256") -> bytes:
    """Both directions of a connection between our client and our server."""
    with server(certificate=certificate) as peer:
        tap = Tap(peer.address)
        with tap.listening() as address:
            verify = ["--cafile", PKI / "roots.pem", "--servername", NAME]
            done = run("client", *options, *verify, "--get", "/", address)
            assert done.returncode == 0, done.stderr
    return tap.seen


# Good input


@pytest.mark.parametrize(
    ("suite", "certificate", "exchange"),
    [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "p256", ["server_key_exchange"]),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa2048", ["server_key_exchange"]),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "rsa2048", []),
    ],
)
def test_a_tls_12_handshake_is_decoded_up_to_change_cipher_spec(
    suite: str, certificate: str, exchange: list[str]
) -> None:
    records = decoded(handshake("--tls", "1.2", "--suites", suite, certificate=certificate))
    flights = ["client_hello", "server_hello", "certificate_12", *exchange, "server_hello_done"]
    assert messages_of(records) == [*flights, "client_key_exchange"]
    assert len([r for r in records if r["type"]["name"] == "change_cipher_spec"]) == 2
    hidden = [r["type"]["name"] for r in records if "protected" in r]
    assert hidden[:2] == ["handshake", "handshake"]
    assert "application_data" in hidden and "alert" in hidden


def test_a_tls_13_handshake_is_decoded_up_to_server_hello() -> None:
    records = decoded(handshake("--tls", "1.3"))
    assert messages_of(records) == ["client_hello", "server_hello"]
    assert {r["type"]["name"] for r in records if "protected" in r} == {"application_data"}


def test_messages_may_span_records_and_share_them() -> None:
    small, full = message(SMALL_HELLO.read_bytes()), message(FULL_HELLO.read_bytes())
    joined = small + full + small
    for size in (1, 3, 100, MAX_FRAGMENT):
        pieces = [joined[i : i + size] for i in range(0, len(joined), size)]
        records = decoded(b"".join(map(record, pieces)))
        assert messages_of(records) == ["client_hello"] * 3
        offsets = [m["offset"] for r in records for m in r["messages"]]
        starts = [0, len(small), len(small + full)]
        assert offsets == [start + 5 * (start // size + 1) for start in starts]


def test_handshake_messages_need_no_records() -> None:
    rows = decoded(message(SMALL_HELLO.read_bytes()) + message(b"", 14))
    assert [row["message"] for row in rows] == ["client_hello", "server_hello_done"]


def test_hex_is_recognised_whatever_its_white_space() -> None:
    data = record(message(FULL_HELLO.read_bytes()))
    spaced = "\n ".join(data.hex(" ", 7).upper().split(" "))
    assert decoded(spaced.encode()) == decoded(data)
    assert decoded(data.hex().encode(), "--hex") == decoded(data, "--binary")


def test_a_bare_body_is_decoded_by_its_name() -> None:
    rows = decoded(FULL_HELLO.read_bytes(), "--type", "client_hello")
    assert rows[0]["body"]["legacy_version"] == {"value": 0x0303, "name": "TLS 1.2"}
    text = run("decode", "--type", "client_hello", FULL_HELLO).stdout
    assert b"legacy_version: TLS 1.2 (0x0303)\n" in text


def test_a_form_is_chosen_by_name_or_found() -> None:
    key = bytes([32]) + bytes(32)
    options = ["--type", "client_key_exchange"]
    assert decoded(key, *options)[0]["form"] == "ecdhe"
    assert decoded(key, *options, "--form", "ecdhe")[0]["body"] == {"ecdh_Yc": "00" * 32}
    decoded(key, *options, "--form", "rsa", status=1)


def test_the_list_names_every_folder_of_seeds() -> None:
    lines = run("decode", "--list").stdout.decode().splitlines()
    names = {line.split()[0] for line in lines}
    of_others = {*stateful_targets(), *input_targets()}
    assert {folder.name for folder in SEEDS.iterdir()} - of_others <= names


def test_a_heartbeat_is_decoded_and_what_follows_it() -> None:
    heartbeat = (ROOT / "corpora" / "decode" / "heartbeat-behind-an-alert").read_bytes()
    rows = decoded(heartbeat + record(message(SMALL_HELLO.read_bytes())))
    assert [row["type"]["name"] for row in rows] == ["alert", "heartbeat", "handshake"]
    body = rows[1]["body"]
    assert body["type"] == {"value": 1, "name": "heartbeat_request"}
    assert (body["payload"], body["padding"]) == ("", "00" * 16)


def test_time_grows_with_the_size_of_the_input_alone() -> None:
    hello = message(SMALL_HELLO.read_bytes())
    unfinished = message(bytes(400_000), 11)[:-1]
    pieces = hello * 2000 + unfinished
    data = b"".join(record(bytes([byte])) for byte in pieces)
    done = run("decode", stdin=data)  # 2.9 MB, within LIMIT_S
    assert done.returncode == 1
    assert done.stdout.count(b"    client_hello\n") == 2000


# Bad input


def test_a_record_of_unknown_type_is_shown_and_what_follows_it_is_decoded() -> None:
    hello = record(message(SMALL_HELLO.read_bytes()))
    unknown = record(b"\xaa\xbb", 99)
    for data in (unknown + hello, hello + unknown, hello + unknown + hello):
        rows = decoded(data, status=1)
        [bad] = [row for row in rows if row["type"]["name"] is None]
        assert bad["undecoded"] == "aabb"
        assert bad["error"]["name"] == "RECORD_TYPE"
        good = [row for row in rows if row is not bad]
        assert messages_of(good) == ["client_hello"] * len(good)


def test_the_fields_before_the_fault_are_shown() -> None:
    row = decoded(SMALL_HELLO.read_bytes()[:36], "--type", "client_hello", status=1)[0]
    assert list(row["body"]) == ["legacy_version", "random", "legacy_session_id"]
    assert row["undecoded"] == "00"
    assert row["error"]["name"] == "TRUNCATED"
    assert (row["error"]["field"], row["error"]["offset"]) == ("cipher_suites", 35)
    assert row["error"]["clause"] == "RFC 8446 section 6.2"


def test_the_extensions_beside_a_bad_one_are_shown() -> None:
    hello = bytearray(FULL_HELLO.read_bytes())
    rows = decoded(bytes(hello), "--type", "client_hello")
    kinds = [e["extension_type"]["value"] for e in rows[0]["body"]["extensions"]]
    versions = re.search(rb"\x00\x2b\x00[\x03-\x20]([\x02-\x1f])", hello)
    assert versions is not None
    hello[versions.start(1)] += 1  # the length of the list in supported_versions
    row = decoded(bytes(hello), "--type", "client_hello", status=1)[0]
    shown = row["body"]["extensions"]
    assert [e["extension_type"]["value"] for e in shown] == kinds
    bad = [e for e in shown if e["extension_type"]["name"] == "supported_versions"]
    assert "extension_data" in bad[0]


def test_a_fault_is_told_by_field_place_and_clause() -> None:
    data = record(message(SMALL_HELLO.read_bytes()[:40]))
    done = run("decode", stdin=data)
    assert done.returncode == 1
    words = done.stderr.decode()
    assert "standard input: client_hello: " in words
    assert "RFC 8446 §" in words
    assert "of the input" in words


def test_what_follows_a_bad_message_is_decoded() -> None:
    bad = message(SMALL_HELLO.read_bytes()[:-1])
    rows = decoded(record(bad + message(SMALL_HELLO.read_bytes())), status=1)
    first, second = rows[0]["messages"]
    assert "error" in first
    assert "error" not in second


@pytest.mark.parametrize("cut", [1, 4, 5, 8, 9, 20, 49])
def test_a_truncated_input_is_shown_as_far_as_it_goes(cut: int) -> None:
    whole = record(message(SMALL_HELLO.read_bytes()))
    rows = decoded(whole[:cut], "--binary", status=1)
    assert "TRUNCATED" in json.dumps(rows)


def test_no_input_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for path in (empty, tmp_path / "missing", tmp_path):
        done = run("decode", path)
        assert done.returncode == 2
        assert str(path).encode() in done.stderr


@pytest.mark.parametrize(
    ("options", "data", "names"),
    [
        (["--hex"], b"16 03 0x", b"0x78"),
        (["--hex"], b"16 03 0", b"odd"),
        (["--type", "client_hallo"], b"", b"client_hallo"),
        (["--type", "finished", "--form", "md5"], b"", b"md5"),
        (["--form", "rsa"], b"", b"--type"),
        (["--version", "1.4"], b"", b"1.4"),
    ],
)
def test_wrong_use_is_named(options: list[str], data: bytes, names: bytes) -> None:
    done = run("decode", *options, stdin=data)
    assert done.returncode == 2
    assert names in done.stderr


def test_garbage_ends_in_an_error_and_whole_json() -> None:
    stream = random.Random(3)
    for length in range(1, 100):
        data = stream.randbytes(length)
        for start in (b"", b"\x16\x03\x03", b"\x14\x03\x03\x00\x01\x01\x16\x03\x03"):
            done = run("decode", "--json", "--binary", stdin=start + data)
            assert done.returncode in (0, 1), (done, start + data)
            json.loads(done.stdout)
