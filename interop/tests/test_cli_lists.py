"""Lists of suites, groups and schemes: the names that are taken, and those that are told."""

from __future__ import annotations

import subprocess

import pytest

from interop.tests.cli_support import SHAKEDOWN, run
from scripts.lib.def_tables import values

TABLES = {
    "suites": ("cipher_suites", "SHK_SUITE"),
    "groups": ("groups", "SHK_GROUP"),
    "schemes": ("signature_schemes", "SHK_SIGNATURE_SCHEME"),
    "extensions": ("extensions", "SHK_EXTENSION"),
    "messages": ("messages", "SHK_MESSAGE"),
    "alerts": ("alerts", "SHK_ALERT"),
}


def listed(kind: str) -> dict[str, int]:
    done = run("list", kind)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    return {row[1]: int(row[0], 16) for row in rows}


@pytest.mark.parametrize("kind", TABLES)
def test_a_list_has_every_row_of_its_table(kind: str) -> None:
    rows = values(*TABLES[kind])
    assert rows and listed(kind) == rows


def test_the_kinds_of_lists_are_told() -> None:
    versions = b"0x0301  TLS 1.0\n0x0302  TLS 1.1\n0x0303  TLS 1.2\n0x0304  TLS 1.3\n"
    assert run("list", "versions").stdout == versions
    for words in ([], ["suite"], ["suites", "groups"]):
        done = run("list", *words)
        assert done.returncode == 2 and b"suites|groups|schemes|extensions" in done.stderr


def test_all_suites_fit_in_one_list() -> None:
    names = ",".join(listed("suites"))
    for ends in (("ours", "ours"), ("openssl", "ours")):
        done = run("pair", *ends, "--server-suites", names)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_list_that_is_too_long_is_called_so() -> None:
    done = run("pair", "ours", "ours", "--suites", ",".join(["0x1301"] * 1025))
    assert done.returncode == 2 and b"--suites: more than 1024 suites" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "shown"),
    [
        ("--groups", "P-256", "secp256r1"),
        ("--groups", "prime256v1", "secp256r1"),
        ("--groups", "P-384:X25519", "secp384r1"),
        ("--groups", "X25519", "x25519"),
        ("--groups", "SECP521R1", "secp521r1"),
        ("--sigalgs", "ECDSA+SHA256", "ecdsa_secp256r1_sha256"),
        ("--suites", "tls_aes_256_gcm_sha384", "TLS_AES_256_GCM_SHA384"),
    ],
)
def test_names_of_openssl_and_of_any_case_are_taken(option: str, value: str, shown: str) -> None:
    done = run("pair", "ours", "ours", "--tls", "1.3", option, value)
    assert done.returncode == 0, done.stderr
    assert f", {shown}".encode() in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--groups", "x25518", "near: x25519"),
        ("--groups", "sec256r1", "near: secp256r1"),
        ("--groups", "curve", "shakedown list groups prints them"),
        ("--suites", "TLS_AES_128_GCM_SHA265", "near: TLS_AES_128_GCM_SHA256"),
        ("--suites", "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("--sigalgs", "rsa_pss_rsa_sha256", "near: rsa_pss_rsae_sha256"),
        ("--groups", "0x12345", "'0x12345' is not a group"),
        ("--groups", "0x1g00", "'0x1g00' is not a group"),
        ("--groups", "x25519,", "'' is not a group"),
        ("--groups", "x" * 1000, "'" + "x" * 64 + "' is not a group"),
    ],
)
def test_what_may_have_been_meant_is_told(option: str, value: str, hint: str) -> None:
    done = run("pair", "ours", "ours", option, value)
    assert done.returncode == 2
    assert hint in done.stderr.decode()


@pytest.mark.parametrize("command", [["list", "groups"], ["--help"], ["pair", "ours", "ours"]])
def test_output_that_cannot_be_written_is_told(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [str(SHAKEDOWN), *command], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 3
    assert b"shakedown: the output cannot be written: No space left" in done.stderr
