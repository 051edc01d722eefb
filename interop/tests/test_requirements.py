"""`shakedown requirements`: the table is whole, and what it refers to exists. Also the bytes of our
hellos, and what our server makes of hellos that are unusual but good."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from interop.axes import alerts, groups, suites
from interop.cells import matrix
from interop.expected import tables
from interop.tests.cli_support import LIMIT_S, NAME, run, server
from scripts.lib.def_tables import rows
from scripts.lib.paths import ROOT

# How many sentences of each RFC hold a MUST or MUST NOT.
SENTENCES = {
    "8446": 318,
    "5246": 125,
    "5746": 32,
    "6066": 42,
    "7301": 6,
    "7627": 17,
    "7366": 7,
    "5077": 16,
    "7919": 16,
    "8422": 39,
    "8701": 11,
    "8449": 8,
    "8879": 10,
    "7250": 8,
    "9258": 7,
    "5705": 3,
    "4279": 5,
}
CLASSES = ("CHECKED", "KEPT", "NOT_OURS", "OPEN")
REASONS = re.compile(
    r"(specification|registry|certification authority|middlebox|application|policy)(: .+)?"
    r"|elsewhere: .+|not implemented: .+"
)
GAPS = re.compile(r"(missing|no test): .+")
Row = dict[str, Any]


@cache
def table() -> list[Row]:
    done = run("requirements", "--json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["requirements"])


@cache
def sources() -> dict[str, str]:
    """Name without suffix -> text, of every file that may hold tests."""
    places = ("impl/tests/*/test_*.c", "harness/tests/*/test_*.c", "interop/**/test_*.py")
    return {
        path.stem: path.read_text(encoding="utf-8")
        for place in places
        for path in sorted(ROOT.glob(place))
    }


def body_of(text: str, function: str) -> str | None:
    """A test function of C or Python, from its name to its end."""
    start = re.search(
        rf"^(static void {function}\(void \*\*state\)\n\{{|def {function}\()", text, re.M
    )
    if start is None:
        return None
    end = re.compile(r"^\}", re.M) if start[0].startswith("static") else re.compile(r"^\S", re.M)
    found = end.search(text, start.end())
    return text[start.start() : found.start() if found else len(text)]


def what_is_wrong_with(test: str) -> str | None:
    """Why FILE:FUNCTION or FILE:FUNCTION/CASE is no test, or None."""
    file, _, rest = test.partition(":")
    function, _, case = rest.partition("/")
    text = sources().get(file)
    if text is None:
        return "no such file"
    body = body_of(text, function)
    if body is None:
        return "no such function"
    is_c = body.startswith("static")
    if is_c and f"cmocka_unit_test({function})" not in text:
        return "not in the list of main"
    if test.startswith("test_cells:"):
        parts = case.split("/")
        if not any(cell.case.split("/")[: len(parts)] == parts for cell in matrix()[0]):
            return "no such cell"
    elif case and f'"{case}"' not in (body if is_c else text):
        return "no such case"
    return None


# The table


def test_every_sentence_of_the_rfcs_has_one_row() -> None:
    ids = [row["id"] for row in table()]
    assert [i for i, count in Counter(ids).items() if count > 1] == []
    sections = Counter(tuple(i.split("/")[:2]) for i in ids)
    for rfc, section in sections:
        numbers = [int(i.split("/")[2]) for i in ids if i.split("/")[:2] == [rfc, section]]
        assert numbers == list(range(1, len(numbers) + 1)), f"RFC {rfc} section {section}"
    counts = Counter(i.split("/")[0] for i in ids)
    assert {rfc: counts[rfc] for rfc in SENTENCES} == SENTENCES


def test_every_row_has_its_own_short_words() -> None:
    for row in table():
        assert 0 < len(row["text"]) <= 92, row["id"]
        assert "MUST" not in row["text"], row["id"]


def test_every_row_has_a_class_and_what_the_class_wants() -> None:
    known = {row[0] for row in rows("errors", "SHK_ERROR")}
    for row in table():
        assert row["class"] in CLASSES, row["id"]
        assert bool(row["tests"]) == (row["class"] in ("CHECKED", "KEPT")), row["id"]
        assert bool(row["errors"]) == (row["class"] == "CHECKED"), row["id"]
        assert set(row["errors"]) <= known, row["id"]
        wanted = {"NOT_OURS": REASONS, "OPEN": GAPS}.get(row["class"], re.compile(""))
        assert wanted.fullmatch(row["note"]), f"{row['id']}: {row['note']!r}"


def test_no_requirement_is_open() -> None:
    assert [row["id"] for row in table() if row["class"] == "OPEN"] == []


def test_every_test_that_a_row_names_exists() -> None:
    wrong = {
        f"{row['id']}: {test}: {reason}"
        for row in table()
        for test in row["tests"]
        if (reason := what_is_wrong_with(test))
    }
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize(
    "test",
    [
        "test_nothing:a_test",
        "test_hello_errors:a_test_that_does_not_exist",
        "test_hello_errors:server_refuses_malformed_tls_13_client_hello/no_such_case",
        "test_hello_errors:client_hello_cases",
        "test_cells:test_cell/no-such-cell",
        "test_requirements:test_server_takes_older_hellos_as_they_are/no_such_case",
    ],
)
def test_a_test_that_does_not_exist_is_noticed(test: str) -> None:
    assert what_is_wrong_with(test) is not None


def test_every_checked_row_has_a_test_that_expects_its_error() -> None:
    """The test's file names the error row or its alert; a cell's refusal has the alert."""
    alert_of = {row[0]: row[1] for row in rows("errors", "SHK_ERROR")}
    refusals = {refusal.name: refusal.alert for refusal in tables()[0]}

    observed = {(row[0], row[1]) for row in rows("error_tests", "SHK_ERROR_TEST")}

    def expects(test: str, error: str) -> bool:
        if (error, test.partition("/")[0]) in observed:
            return True
        if test.startswith("test_cells:"):
            return refusals.get(test.rpartition("/")[2]) == alert_of[error]
        text = sources()[test.partition(":")[0]]
        return re.search(rf"\bSHK_E_{error}\b|\b(SHK_ALERT_)?{alert_of[error]}\b", text) is not None

    wrong = [
        f"{row['id']}: no test expects {error}"
        for row in table()
        for error in row["errors"]
        if not any(expects(test, error) for test in row["tests"])
    ]
    assert not wrong, "\n".join(wrong)


def test_counts_are_those_of_the_rows() -> None:
    done = run("requirements", "--json", "--class", "kept", "--rfc", "8446")
    output = json.loads(done.stdout)
    chosen = [row for row in table() if row["class"] == "KEPT" and row["id"].startswith("8446/")]
    assert output["requirements"] == chosen
    assert output["counts"] == [
        {"rfc": "8446", "rows": len(chosen), **dict.fromkeys(CLASSES, 0), "KEPT": len(chosen)}
    ]
    text = run("requirements").stdout.decode().splitlines()
    assert text[-1].split() == [
        "total",
        str(len(table())),
        *(str(sum(row["class"] == name for row in table())) for name in CLASSES),
    ]


@pytest.mark.parametrize("options", [["--class", "SOME"], ["--rfc", "1"], ["more"]])
def test_wrong_use_is_named(options: list[str]) -> None:
    done = run("requirements", *options)
    assert done.returncode == 2
    assert options[-1].encode() in done.stderr


# Bytes of hellos

GREASE = (0x0A0A, 0xFAFA)
STATUS_REQUEST_V2 = 17
SERVER_NAME, GROUPS, FORMATS, SCHEMES, ENCRYPT_THEN_MAC, MASTER_SECRET = 0, 10, 11, 13, 22, 23
TRUNCATED_HMAC = 4
VERSIONS, COOKIE, KEY_SHARE, RENEGOTIATION_INFO = 43, 44, 51, 0xFF01
SCSV = 0x00FF
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
DECODE_ERROR = 50


def vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def u16s(values: Iterable[int]) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def values_of(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, count: int) -> bytes:
        taken, self.data = self.data[:count], self.data[count:]
        assert len(taken) == count
        return taken

    def vector(self, width: int) -> bytes:
        return self.take(int.from_bytes(self.take(width), "big"))


def extensions_of(reader: Reader) -> dict[int, bytes]:
    if not reader.data:
        return {}
    block, found = Reader(reader.vector(2)), {}
    while block.data:
        extension_type = int.from_bytes(block.take(2), "big")
        found[extension_type] = block.vector(2)
    return found


@dataclass(frozen=True)
class Hello:
    """A ClientHello. `extensions` None: no block at all."""

    version: int
    random: bytes
    session_id: bytes
    suites: list[int]
    compression: bytes
    extensions: dict[int, bytes] | None
    tail: bytes = b""  # behind the end
    record_version: int = 0x0301

    @classmethod
    def of(cls, record: bytes) -> Hello:
        reader = Reader(record)
        assert reader.take(1) == bytes([HANDSHAKE])
        record_version = int.from_bytes(reader.take(2), "big")
        message = Reader(reader.vector(2))
        assert message.take(1) == b"\x01"
        body = Reader(message.vector(3))
        return cls(
            int.from_bytes(body.take(2), "big"),
            body.take(32),
            body.vector(1),
            values_of(body.vector(2)),
            body.vector(1),
            extensions_of(body),
            record_version=record_version,
        )

    def record(self) -> bytes:
        body = self.version.to_bytes(2, "big") + self.random + vector(1, self.session_id)
        body += vector(2, u16s(self.suites)) + vector(1, self.compression)
        if self.extensions is not None:
            block = b"".join(u16s([t]) + vector(2, data) for t, data in self.extensions.items())
            body += vector(2, block)
        message = b"\x01" + vector(3, body + self.tail)
        return bytes([HANDSHAKE]) + self.record_version.to_bytes(2, "big") + vector(2, message)

    def changed(self, extensions: dict[int, bytes], **fields: Any) -> Hello:
        return replace(self, extensions={**(self.extensions or {}), **extensions}, **fields)

    def without(self, *types: int, **fields: Any) -> Hello:
        kept = {t: data for t, data in (self.extensions or {}).items() if t not in types}
        return replace(self, extensions=kept, **fields)

    def list(self, extension: int, width: int = 2) -> list[int]:
        """The 16-bit values of an extension that is one list."""
        assert self.extensions is not None
        return values_of(Reader(self.extensions[extension]).vector(width))


@dataclass
class Answer:
    """What a server says to a ClientHello: its records, and ServerHello if there is one."""

    records: list[tuple[int, bytes]]
    version: int = 0
    session_id: bytes = b""
    suite: int = 0
    extensions: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, data: bytes) -> Answer:
        reader, records = Reader(data), []
        while reader.data:
            content_type = reader.take(3)[0]
            records.append((content_type, reader.vector(2)))
        answer = cls(records)
        if records and records[0][0] == HANDSHAKE and records[0][1][0] == 2:
            body = Reader(Reader(records[0][1][1:]).vector(3))
            answer.version = int.from_bytes(body.take(2), "big")
            body.take(32)
            answer.session_id = body.vector(1)
            answer.suite = int.from_bytes(body.take(2), "big")
            assert body.take(1) == b"\x00"
            answer.extensions = extensions_of(body)
        return answer


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


@cache
def our_hello(*options: str) -> Hello:
    """The ClientHello of `shakedown client`."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                got.append(connection.recv(65536))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        run("client", "--seed", "7", "--servername", NAME, *options, address)
        thread.join(LIMIT_S)
    return Hello.of(got[0])


def answer_to(*hellos: Hello, certificate: str = "rsa2048") -> list[Answer]:
    """What a server of ours says to each of the hellos, behind which the stream ends."""
    answers = []
    with server("--quiet", certificate=certificate) as peer:
        for hello in hellos:
            host, _, port = peer.address.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=LIMIT_S) as connection:
                connection.sendall(hello.record())
                connection.shutdown(socket.SHUT_WR)
                answers.append(Answer.of(read_all(connection)))
    return answers


def test_client_hello_has_its_legacy_fields() -> None:
    lists: dict[tuple[str, ...], list[int]] = {
        (): [0x0304, 0x0303],
        ("--tls", "1.3"): [0x0304],
        ("--tls", "1.2"): [],  # no supported_versions
    }
    for options, versions in lists.items():
        hello = our_hello(*options)
        extensions = hello.extensions or {}
        below_13 = versions != [0x0304]
        assert (hello.record_version, hello.version, hello.compression) == (0x0301, 0x0303, b"\0")
        assert len(hello.session_id) == (32 if versions else 0)
        assert (hello.list(VERSIONS, 1) if VERSIONS in extensions else []) == versions
        assert COOKIE not in extensions
        assert len(hello.list(SCHEMES)) > 0
        assert len(hello.list(GROUPS)) > 0
        assert (KEY_SHARE in extensions) == bool(versions)
        if below_13:
            assert extensions[RENEGOTIATION_INFO] == b"\0"
            assert extensions[MASTER_SECRET] == b""
            assert extensions[FORMATS] == b"\x01\x00"
    assert our_hello("--seed", "8").session_id != our_hello().session_id


def test_client_hello_offers_nothing_forbidden() -> None:
    hello = our_hello()
    assert TRUNCATED_HMAC not in (hello.extensions or {})
    names = {suite.value: suite.name for suite in suites()}
    weak = re.compile(r"NULL|anon|RC4|EXPORT|_DES_|DES40|IDEA|MD5")
    assert [names[s] for s in hello.suites if s in names and weak.search(names[s])] == []
    assert set(hello.suites) <= {*names, SCSV}
    # RFC 8446 §B.3.1.4: groups that are reserved or of the obsolete ranges
    assert set(hello.list(GROUPS)) <= {group.value for group in groups()}
    obsolete = {*range(0x0001, 0x0017), *range(0x001A, 0x001D), 0xFF01, 0xFF02}
    assert not obsolete & set(hello.list(GROUPS))
    # RFC 8446 §B.3.1.3: MD5 (1), SHA-1 (2), SHA-224 (3); anonymous (0), DSA (2)
    older = [s for s in hello.list(SCHEMES) if s >> 8 <= 6]
    assert [hex(s) for s in older if s >> 8 <= 3 or s & 0xFF in (0, 2)] == []


def test_reserved_alerts_are_never_sent() -> None:
    reserved = {name for name in alerts() if name.endswith("_RESERVED")}
    assert len(reserved) == 3
    assert [row[0] for row in rows("errors", "SHK_ERROR") if row[1] in reserved] == []


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_server_passes_over_what_it_does_not_know(version: str) -> None:
    ours = our_hello()
    versions = [0x0303] if version == "1.2" else [0x0304, 0x0303]
    shares = Reader(ours.extensions[KEY_SHARE]).vector(2) if ours.extensions else b""
    hello = ours.changed(
        {
            GREASE[0]: b"",
            0x7777: b"unknown",
            STATUS_REQUEST_V2: vector(2, b"\x02" + vector(2, vector(2, b"") + vector(2, b""))),
            VERSIONS: vector(1, u16s([GREASE[0], 0x7F1C, *versions])),
            GROUPS: vector(2, u16s([GREASE[0], 0x6399, *ours.list(GROUPS)])),
            SCHEMES: vector(2, u16s([GREASE[0], 0xFE01, *ours.list(SCHEMES)])),
            KEY_SHARE: vector(2, u16s([GREASE[0]]) + vector(2, b"\0") + shares),
            45: b"\x02\x0b\x01",
            GREASE[1]: b"\0",
        },
        suites=[GREASE[0], 0x1399, *ours.suites],
    )
    [answer] = answer_to(hello)
    assert answer.suite in ours.suites
    assert answer.extensions.get(VERSIONS) == (u16s([0x0304]) if version == "1.3" else None)
    assert set(answer.extensions) <= set(ours.extensions or {})


def older_hello(**fields: Any) -> Hello:
    return replace(our_hello("--tls", "1.2"), **fields)


OLDER_HELLOS = {
    "more_compression_methods": lambda: [older_hello(compression=b"\x01\x40\x00")],
    "no_extensions": lambda: [older_hello(extensions=None)],
    "higher_legacy_version": lambda: [older_hello(version=v) for v in (0x0304, 0x0305, 0x0404)],
    "listed_version_12": lambda: [older_hello().changed({VERSIONS: b"\x02\x03\x03"})],
    "no_extensions_of_curves": lambda: [
        older_hello().without(GROUPS, FORMATS),
        older_hello().without(GROUPS),
        older_hello().without(FORMATS),
    ],
}


@pytest.mark.parametrize("case", OLDER_HELLOS)
def test_server_takes_older_hellos_as_they_are(case: str) -> None:
    hellos = OLDER_HELLOS[case]()
    for hello, answer in zip(hellos, answer_to(*hellos), strict=True):
        assert (answer.version, answer.suite in hello.suites) == (0x0303, True)
        assert VERSIONS not in answer.extensions
        assert SCHEMES not in answer.extensions
        asked = MASTER_SECRET in (hello.extensions or {})
        assert (MASTER_SECRET in answer.extensions) == asked
        assert set(answer.extensions) <= set(hello.extensions or {})


def test_server_refuses_bytes_behind_a_hello() -> None:
    tails = [older_hello(extensions=None, tail=b"\0"), older_hello(tail=b"\0")]
    for answer in answer_to(*tails, replace(our_hello(), tail=b"\0")):
        assert answer.records == [(ALERT, bytes([2, DECODE_ERROR]))]  # decode_error


def test_server_takes_any_record_version_around_a_hello() -> None:
    hellos = [replace(our_hello(), record_version=v) for v in (0, 0x0200, 0x0300, 0x0304, 0xFFFF)]
    assert all(answer.suite for answer in answer_to(*hellos))


def test_server_sends_change_cipher_spec_to_a_hello_with_a_session_id() -> None:
    hello = our_hello("--tls", "1.3")
    with_id, without_id = answer_to(hello, replace(hello, session_id=b""))
    assert with_id.records[1] == (CHANGE_CIPHER_SPEC, b"\x01")
    assert CHANGE_CIPHER_SPEC not in [content_type for content_type, _ in without_id.records]


def test_server_answers_the_renegotiation_scsv() -> None:
    hello = older_hello().without(RENEGOTIATION_INFO)
    neither, scsv = answer_to(hello, replace(hello, suites=[*hello.suites, SCSV]))
    assert RENEGOTIATION_INFO not in neither.extensions
    assert scsv.extensions[RENEGOTIATION_INFO] == b"\0"


def test_server_acknowledges_the_name() -> None:
    unnamed, named = answer_to(older_hello().without(SERVER_NAME), older_hello())
    assert SERVER_NAME not in unnamed.extensions
    assert named.extensions[SERVER_NAME] == b""


def test_server_stands_names_of_any_length() -> None:
    names = [b"a" * count for count in (1, 255, 256, 257, 15000)]
    hellos = [
        older_hello().changed({SERVER_NAME: vector(2, b"\0" + vector(2, name))}) for name in names
    ]
    assert all(answer.suite for answer in answer_to(*hellos))


def test_server_does_not_answer_encrypt_then_mac_with_an_aead() -> None:
    aead = [suite.value for suite in suites() if suite.mac == "NONE"]
    hello = older_hello().changed({ENCRYPT_THEN_MAC: b""}, suites=aead)
    [answer] = answer_to(hello)
    assert answer.suite in aead
    assert ENCRYPT_THEN_MAC not in answer.extensions


def test_server_does_not_answer_truncated_hmac() -> None:
    cbc = [suite.value for suite in suites() if suite.mac != "NONE"]
    [answer] = answer_to(older_hello().changed({TRUNCATED_HMAC: b""}, suites=cbc))
    assert answer.suite in cbc
    assert TRUNCATED_HMAC not in answer.extensions
