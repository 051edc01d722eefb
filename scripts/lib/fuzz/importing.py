"""Takes the corpora of other fuzzers in: their framing off, and the handshake to our targets.

What is known of theirs:
  BoringSSL   fuzz/*_corpus: settings, each a tag of two bytes, then tag 0 and the peer's records
  OpenSSL     fuzz/corpora/{client,server}: the peer's records; behind them one byte of options
  mbedTLS     programs/fuzz/corpuses: the peer's records; behind them one or two bytes of options
  picotls     fuzz/*-corpus: the peer's records, or one handshake message
  s2n         tests/fuzz/corpus/s2n_TEST: the body of a message or of an extension, as TEST tells

Whatever the folder is called, an input is taken for what it looks like; by its folder's name only
where it is neither records nor a message. Records go to the target `record` and, as the stream of a
peer, to the stateful targets; messages, and the extensions of hellos, to theirs, in each form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.def_tables import values
from scripts.lib.exits import Stop
from scripts.lib.files import shown_path
from scripts.lib.fuzz.corpora import Corpora
from scripts.lib.fuzz.targets import targets
from scripts.lib.words import count

HANDSHAKE, HEADER, MESSAGE_HEADER = 22, 5, 4
CONTENT_TYPES = range(20, 25)
LONGEST_INPUT = 1 << 20
# BoringSSL ssl/test/fuzzer_tags.h: tags that are followed by a vector with a length of three bytes,
# and those that stand alone.
TAG_DATA, TAGS_WITH_VECTOR, TAGS_ALONE = 0, (1, 3, 4, 5), (2,)
CLIENT_HELLO, SERVER_HELLO = 1, 2
STREAM_HEAD = 11  # bytes of settings before the stream of a stateful target (SHK_STATE_HEADER)
STATEFUL = {CLIENT_HELLO: ("server13", "server12"), SERVER_HELLO: ("client13", "client12")}
# What s2n's tests call what we have by the name of the RFC.
S2N_NAMES = {
    "alpn": "ext_application_layer_protocol_negotiation",
    "sct_list": "ext_signed_certificate_timestamp",
    "server_status": "certificate_status",
    "client_key_recv": "client_key_exchange",
    "server_key_recv": "server_key_exchange",
    "cert_verify": "certificate_verify",
    "tls13_cert_req": "certificate_request",
    "cert_req": "certificate_request_12",
    "client_cert_recv": "certificate_12",
    "server_cert_recv": "certificate_12",
    "ccs_recv": "change_cipher_spec",
    "nst_recv": "new_session_ticket",
}


@dataclass
class Import:
    """What has come of an import."""

    corpora: Corpora
    names: Collection[str]
    forms: Mapping[str, Sequence[str]]  # of each target
    files: int = 0
    not_understood: int = 0
    added: dict[str, int] = field(default_factory=dict)

    def add(self, target: str, body: bytes, forms: bool = True) -> None:
        """To a target, in each form that it can have."""
        if target not in self.names:
            return
        count_of = len(self.forms.get(target, ())) if forms else 1
        heads = [bytes([form]) for form in range(count_of)] if count_of > 1 else [b""]
        for head in heads:
            if self.corpora.add(target, head + body):
                self.added[target] = self.added.get(target, 0) + 1


def without_tags(content: bytes) -> bytes | None:
    """What follows the settings of a file of BoringSSL; None where it has none."""
    at = 0
    while at + 2 <= len(content):
        tag = int.from_bytes(content[at : at + 2], "big")
        at += 2
        if tag == TAG_DATA:
            return content[at:]
        if tag in TAGS_WITH_VECTOR:
            at += 3 + int.from_bytes(content[at : at + 3], "big")
        elif tag not in TAGS_ALONE:
            return None
    return None


def records(content: bytes) -> list[bytes]:
    """The records that the content begins with."""
    found, at = [], 0
    while at + HEADER <= len(content) and content[at] in CONTENT_TYPES and content[at + 1] == 3:
        end = at + HEADER + int.from_bytes(content[at + 3 : at + HEADER], "big")
        if end > len(content):
            break
        found.append(content[at:end])
        at = end
    return found


def messages(content: bytes) -> list[tuple[int, bytes]]:
    """The handshake messages, type and body, that the content begins with."""
    found, at = [], 0
    known = set(handshake_types())
    while at + MESSAGE_HEADER <= len(content) and content[at] in known:
        end = at + MESSAGE_HEADER + int.from_bytes(content[at + 1 : at + 4], "big")
        if end > len(content):
            break
        found.append((content[at], content[at + MESSAGE_HEADER : end]))
        at = end
    return found


def handshake_types() -> dict[int, list[str]]:
    """HandshakeType -> the targets of its messages."""
    found: dict[int, list[str]] = {}
    for name, value in values("messages").items():
        found.setdefault(value, []).append(name)
    return found


def extensions_of_client_hello(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and data of each, as far as they can be read (RFC 8446 §4.1.2)."""
    at = 2 + 32
    for width in (1, 2, 1):  # legacy_session_id, cipher_suites, legacy_compression_methods
        at += width + int.from_bytes(body[at : at + width], "big")
    at += 2
    while at + 4 <= len(body):
        kind = int.from_bytes(body[at : at + 2], "big")
        end = at + 4 + int.from_bytes(body[at + 2 : at + 4], "big")
        if end > len(body):
            return
        yield kind, body[at + 4 : end]
        at = end


def take_messages(found: list[tuple[int, bytes]], into: Import) -> None:
    names = {value: f"ext_{name}" for name, value in values("extensions").items()}
    types = handshake_types()
    for kind, body in found:
        for target in types[kind]:
            into.add(target, body)
        if kind == CLIENT_HELLO:
            for extension, data in extensions_of_client_hello(body):
                if extension in names:
                    into.add(names[extension], data)


def take_stream(found: list[bytes], into: Import) -> None:
    for record in found:
        into.add("record", record, forms=False)
    handshake = b"".join(record[HEADER:] for record in found if record[0] == HANDSHAKE)
    read = messages(handshake)
    take_messages(read, into)
    for target in STATEFUL.get(read[0][0], ()) if read else ():
        into.add(target, bytes(STREAM_HEAD) + b"".join(found), forms=False)


def target_of_folder(path: Path) -> str | None:
    """The target that the name of a folder or of a test of s2n tells."""
    known = targets()
    for part in reversed(path.parts[:-1]):
        for words, target in S2N_NAMES.items():
            if part.startswith("s2n_") and words in part:
                return target
        fitting = [
            name for name in known if re.search(rf"(^|_){name.removeprefix('ext_')}(_|$)", part)
        ]
        if fitting:
            return max(fitting, key=lambda name: len(name.removeprefix("ext_")))
    return None


def take(path: Path, content: bytes, into: Import) -> bool:
    """Takes one file in; whether it was understood."""
    for stream in (content, without_tags(content)):
        if stream and (found := records(stream)):
            take_stream(found, into)
            return True
    target = target_of_folder(path)
    is_body = target is not None and any(part.startswith("s2n_") for part in path.parts)
    if not is_body and (found_messages := messages(content)):
        take_messages(found_messages, into)
        return True
    if target is None:
        return False
    into.add(target, content)
    return True


def import_corpora(
    folder: Path, corpora: Corpora, names: Collection[str], forms: Mapping[str, Sequence[str]]
) -> str:
    """Takes all files below a folder in; what came of it, in words."""
    if not folder.is_dir():
        raise Stop(2, f"--import {folder}: no such folder")
    into = Import(corpora, names, forms)
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size > LONGEST_INPUT:
            continue
        into.files += 1
        try:
            content = path.read_bytes()
            into.not_understood += not take(path.relative_to(folder.parent), content, into)
        except OSError as error:
            raise Stop(3, f"{path}: {error.strerror}") from None
    if into.files == 0:
        raise Stop(2, f"--import {folder}: there is no file in it")
    total = sum(into.added.values())
    rest = f"; {into.not_understood:,} not understood" if into.not_understood else ""
    return (
        f"{count(into.files, 'file')} read, {count(total, 'input')} new for "
        f"{count(len(into.added), 'target')} in {shown_path(corpora.root)}{rest}"
    )
