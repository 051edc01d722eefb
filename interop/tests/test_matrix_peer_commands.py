"""The command lines of peers, and the patterns of what they write."""

from __future__ import annotations

import re

import pytest

from interop.peers import command_line, fact_words, load_peers
from interop.plan import client_end

FILES = {"port": "1", "cafile": "ca", "certificate": "c", "chain": "", "keylog": "l"}


def test_gnutls_gets_one_priority_string() -> None:
    program = load_peers()["gnutls"].client
    assert program is not None
    end = client_end("1.2", suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",), groups=("x25519",))
    priority = next(w for w in command_line(program, end, FILES) if w.startswith("--priority="))
    assert priority == (
        "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:-MAC-ALL:-KX-ALL:+AES-128-GCM:+AEAD"
        ":+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519"
    )


def test_openssl_gets_older_suites_and_those_of_tls_1_3_by_different_options() -> None:
    program = load_peers()["openssl"].client
    assert program is not None
    suites = ("TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA")
    command = command_line(program, client_end("1.3", suites=suites), FILES)
    assert command[command.index("-ciphersuites") + 1] == "TLS_AES_128_GCM_SHA256"
    assert command[command.index("-cipher") + 1] == "AES128-SHA"


def test_an_address_is_verified_and_not_sent() -> None:
    program = load_peers()["openssl"].client
    assert program is not None
    command = command_line(program, client_end("1.3", server_name="127.0.0.1"), FILES)
    assert "-verify_ip" in command and "-servername" not in command


def test_a_session_is_kept_by_the_first_command_and_resumed_by_the_second() -> None:
    program = load_peers()["openssl"].client
    assert program is not None
    files = {**FILES, "session": "s"}
    first, second = (
        command_line(program, client_end("1.3"), files, more)
        for more in (program.keeps, program.resumes)
    )
    assert first[first.index("-sess_out") + 1] == "s" and "-sess_in" not in first
    assert second[second.index("-sess_in") + 1] == "s" and "-sess_out" not in second


@pytest.mark.parametrize("peer", sorted(load_peers()))
def test_the_patterns_of_a_peer_can_be_filled_in(peer: str) -> None:
    facts: dict[str, str | bool | int] = {
        "version": "1.2",
        "server_name": "x.test",
        "encrypt_then_mac": True,
        "extended_master_secret": True,
        "send_limit": 512,
        "suite": "TLS_RSA_WITH_AES_128_CBC_SHA",
        "group": "x25519",
        "scheme": "ed25519",
        "alpn": "h2",
        "retried": True,
        "resumed": True,
        "external_psk": True,
        "client_authenticated": True,
        "early_data": True,
        "status_verified": True,
    }
    for side in ("client", "server"):
        program = load_peers()[peer].program(side)
        if program is None:
            continue
        for fact, pattern in program.reports.items():
            if fact in facts:
                re.compile(pattern.format(**fact_words(program.names, {fact: facts[fact]})))
