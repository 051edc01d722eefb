"""Encrypted ClientHello of the program: `ech-key`, and the options of both ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import NAME, run, server
from scripts.lib.paths import PKI

SERVER = ["--server-cert", PKI / "p256.pem", "--server-key", PKI / "p256.key"]
CLIENT = ["--client-cafile", PKI / "roots.pem", "--servername", NAME]
PUBLIC_NAME = "localhost"


def make_key(seed: int, name: str = PUBLIC_NAME) -> tuple[str, str]:
    """The client's ECHConfigList, and the server's key."""
    done = run("ech-key", name, "--seed", str(seed))
    assert done.returncode == 0, done.stderr
    config, key = (line.split() for line in done.stdout.decode().splitlines())
    assert (config[0], key[0]) == ("--ech-config", "--ech-key")
    return config[1], key[1]


def pair(*arguments: object) -> dict[str, Any]:
    done = run("pair", *SERVER, *CLIENT, *arguments, "--json")
    assert done.returncode in (0, 1), done.stderr
    verdict = json.loads(done.stdout)
    assert isinstance(verdict, dict)
    return verdict


@pytest.mark.parametrize("groups", ["x25519", "secp384r1"])
def test_a_recording_with_encrypted_client_hello_gives_the_same_bytes_again(
    groups: str, tmp_path: Path
) -> None:
    config, key = make_key(1)
    record = tmp_path / "recording"
    options = ["--client-ech-config", config, "--server-ech-key", key, "--server-groups", groups]
    verdict = pair("ours", "ours", *options, "--record", record)
    assert verdict["verdict"] == "good", verdict["why"]
    assert verdict["client"]["ech_accepted"] and verdict["server"]["ech_accepted"]
    assert run("replay", record).returncode == 0


@pytest.mark.parametrize("kind", ["ours", "openssl", "gnutls"])
def test_a_server_that_cannot_read_it_is_left_with_ech_required(kind: str) -> None:
    config, _ = make_key(1)
    verdict = pair("ours", kind, "--client-ech-config", config)
    assert (verdict["verdict"], verdict["client"]["alert_sent"]) == ("refused", "ech_required")
    assert not verdict["server"]["ech_accepted"]


@pytest.mark.parametrize("kind", ["ours", "openssl", "gnutls"])
def test_an_extension_with_nothing_in_it_is_passed_over(kind: str) -> None:
    verdict = pair("ours", kind, "--client-ech-grease")
    assert verdict["verdict"] == "good", verdict["why"]
    assert not verdict["client"]["ech_accepted"]


def test_client_and_server_take_what_ech_key_makes() -> None:
    config, key = make_key(1)
    with server("--ech-key", key) as peer:
        options = ["--cafile", PKI / "roots.pem", "--servername", NAME, "--ech-config", config]
        done = run("client", *options, "--get", "/", peer.address)
    assert done.returncode == 0, done.stderr


def test_a_key_is_drawn_anew_without_a_seed() -> None:
    assert run("ech-key", PUBLIC_NAME).stdout != run("ech-key", PUBLIC_NAME).stdout


def test_a_public_name_that_is_no_host_name_is_refused() -> None:
    done = run("ech-key", "not_a_host_name")
    assert done.returncode == 2
    assert b"public_name is not a host name" in done.stderr


def test_a_key_without_configurations_is_refused() -> None:
    done = run("pair", "ours", "ours", *SERVER, *CLIENT, "--server-ech-key", "00" * 32)
    assert done.returncode == 2
    assert b"no ECHConfigList" in done.stderr


def test_a_key_of_other_configurations_is_refused() -> None:
    """32 bytes of the key of one, and the ECHConfigList of another."""
    _, one = make_key(1)
    _, two = make_key(2)
    refusals = {one[:64] + two[64:]: b"not that of the ECHConfigs", one[:-2]: b"no ECHConfigList"}
    for key, names in refusals.items():
        done = run("pair", "ours", "ours", *SERVER, "--server-ech-key", key)
        assert done.returncode == 2
        assert b"--ech-key: " in done.stderr and names in done.stderr
