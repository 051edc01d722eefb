"""Writes corpora/dictionaries/tls.dict, libFuzzer's words, from the tables of code points.

    scripts/make-dictionary            write it
    scripts/make-dictionary --check    only tell whether it is up to date

Exit: 0 all good, 1 it is out of date, 2 wrong use.
"""

from __future__ import annotations

import argparse
import re
import sys

from scripts.lib.def_tables import values
from scripts.lib.exits import run_main
from scripts.lib.paths import DICTIONARY, REGISTRY, ROOT
from scripts.lib.ready import ready

# Tables of two-byte code points.
TWO_BYTES = ("versions", "cipher_suites", "groups", "extensions", "signature_schemes")
# Values that no table holds: GREASE (RFC 8701), a code point that nothing has, lengths.
EXTRA = {
    "grease": b"\x0a\x0a",
    "grease_other": b"\xfa\xfa",
    "unassigned": b"\xee\xee",
    "length_24": b"\x00\x00\x01",
    "empty_vectors": b"\x00\x00\x00\x00",
    "h2": b"h2",
    "alpn_h2": b"\x02h2",
    "http_1_1": b"http/1.1",
    "alpn_http_1_1": b"\x08http/1.1",
    "host_name": b"\x00\x00\x0eshakedown.test",
    "downgrade_tls12": b"DOWNGRD\x01",
    "downgrade_tls11": b"DOWNGRD\x00",
    "x25519_length": b"\x00\x1d\x00\x20",
    "secp256r1_length": b"\x00\x17\x00\x41\x04",
    "ocsp_request": b"\x01\x00\x00\x00\x00",
    "null_compression": b"\x01\x00",
    "record_of_handshake": b"\x16\x03\x01",
    "record_of_data": b"\x17\x03\x03",
}


def retry_random() -> bytes:
    """ServerHello.random of a HelloRetryRequest, from where it is defined."""
    text = (REGISTRY.parent / "messages" / "table.c").read_text(encoding="utf-8")
    match = re.search(r"shk_retry_random\[32\] = \{([^}]*)\}", text)
    if match is None:
        raise ValueError("messages/message_table.c does not define shk_retry_random[32]")
    return bytes(int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})", match[1]))


def words() -> dict[str, bytes]:
    """Name -> bytes of all words."""
    found: dict[str, bytes] = {}
    for table in TWO_BYTES:
        for name, value in values(table).items():
            found[f"{table}_{name}"] = value.to_bytes(2, "big")
    for name, value in values("extensions").items():
        found[f"empty_{name}"] = value.to_bytes(2, "big") + b"\x00\x00"
    for name, value in values("alerts").items():
        found[f"alert_{name}"] = b"\x02" + bytes([value])
    return {**found, **EXTRA, "retry_random": retry_random()}


def text() -> str:
    lines = ["# Made by scripts/make-dictionary from impl/registry/*.def; do not edit."]
    lines += [line(name, word) for name, word in words().items()]
    return "\n".join(lines) + "\n"


def line(name: str, word: bytes) -> str:
    return f'{name}="' + "".join(f"\\x{byte:02x}" for byte in word) + '"'


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/make-dictionary",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    ready()
    wanted = text()
    if check:
        good = DICTIONARY.is_file() and DICTIONARY.read_text(encoding="utf-8") == wanted
        if not good:
            print("make-dictionary: out of date; run scripts/make-dictionary", file=sys.stderr)
        return 0 if good else 1
    DICTIONARY.parent.mkdir(parents=True, exist_ok=True)
    DICTIONARY.write_text(wanted, encoding="utf-8")
    print(f"make-dictionary: {len(words()):,} words in {DICTIONARY.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    run_main("make-dictionary", main)
