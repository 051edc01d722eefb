"""Nothing that a peer chose reaches a terminal, a log or a page as more than text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from interop.outcome import Outcome
from interop.tests.cli_support import VERSIONS, expect, run, server
from scripts.lib.paths import PKI

SERVER = ["--server-cert", PKI / "p256.pem", "--server-key", PKI / "p256.key"]
NASTY = "x\n#7 10.0.0.1:443 forged\x1b[2J\x7f<b>\\"
SHOWN = r"x\x0a#7 10.0.0.1:443 forged\x1b[2J\x7f<b>\\"
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def test_a_name_asked_for_is_shown_escaped_everywhere(tmp_path: Path) -> None:
    """OpenSSL's client sends any name as it is."""
    log = tmp_path / "secrets"
    options = ["--json", "--connections", "1", "--keylogfile", log]
    with server(*options) as peer:
        words = ["s_client", "-servername", NASTY, "-ign_eof", "-connect", peer.address]
        page = run(*words, stdin=b"GET / HTTP/1.0\r\n\r\n", program="openssl").stdout.decode()
        expect(peer.child, "#1 127.0.0.1")
        expect(peer.child, "^{")
        said = peer.child.text
    assert peer.rows()[0]["server_name"] == SHOWN
    assert SHOWN in next(line for line in said.splitlines() if line.startswith("#1 "))
    assert SHOWN.replace("<", "&lt;").replace(">", "&gt;") in page
    for text in (said, log.read_text(encoding="ascii")):
        assert not CONTROL.search(text)
        assert "#7" not in [line[:2] for line in text.splitlines()]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", ["openssl", "gnutls"])
def test_both_libraries_and_ours_show_names_alike(peer: str, version: str) -> None:
    protocol = "h\x1b2\x9b"
    words = ["--alpn", protocol, "--tls", version]
    for ends in (("ours", peer), (peer, "ours")):
        plain = run("pair", *ends, *SERVER, *words)
        assert plain.returncode == 0, plain.stdout
        assert plain.stdout.count(rb"alpn h\x1b2\xc2\x9b") == 2
        assert not CONTROL.search(plain.stdout.decode())
        row = json.loads(run("pair", *ends, *SERVER, *words, "--json").stdout)
        assert {row[side]["alpn"] for side in ("client", "server")} == {r"h\x1b2\xc2\x9b"}


def test_bytes_that_are_decoded_are_shown_escaped() -> None:
    entry = b"\0" + len(NASTY.encode()).to_bytes(2, "big") + NASTY.encode()
    body = len(entry).to_bytes(2, "big") + entry
    for options in ((), ("--json",)):
        done = run("decode", "--type", "ext_server_name", *options, stdin=body)
        assert done.returncode == 0, done.stderr
        assert not CONTROL.search(done.stdout.decode())


def test_words_of_programs_are_shown_escaped_in_every_report() -> None:
    words = "first\x1b[2J\r\u202e\x85\nsecond\t\x00"
    shown = ["first\\x1b[2J\\r\\u202e\\x85", "second\t\\x00"]
    outcome = Outcome("a/cell", "good", complaints=["bell\x07"], words={"client": words})
    assert not CONTROL.search(outcome.text().replace("\t", ""))
    assert all(f"    {line}" in outcome.text().splitlines() for line in shown)
    assert outcome.row()["words"] == {"client": "\n".join(shown)}
