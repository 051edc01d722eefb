"""`shakedown play` against programs over sockets: those known by name, and command lines."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interop.tests.cli_support import SHAKEDOWN, VERSIONS, server
from interop.tests.play_support import NO_SIGNATURE, PROGRAMS, honest, play, rows, verdict, write

PLAYERS = {0: "server", 1: "client"}
CASES = [(side, name) for side, names in PROGRAMS.items() for name in names]
ANOTHER_FINISHED = """player client
setup both tls={version}
expect refused decrypt_error | refused bad_record_mac

flip finished.verify_data
"""


def needs(name: str) -> None:
    program = "openssl" if name.startswith("s_") else name
    if shutil.which(program) is None:
        pytest.fail(f"there is no {program}: scripts/setup installs it")


@pytest.mark.parametrize("side, name", CASES)
@pytest.mark.parametrize("version", VERSIONS)
def test_an_honest_script_is_accepted(tmp_path: Path, side: int, name: str, version: str) -> None:
    needs(name)
    script = write(tmp_path, honest(PLAYERS[side], version))
    assert verdict(script, "--against", name) == ("passed", "accepted")


@pytest.mark.parametrize("side, name", CASES)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_second_connection_offers_the_session_of_the_first(
    tmp_path: Path, side: int, name: str, version: str
) -> None:
    needs(name)
    script = write(tmp_path, honest(PLAYERS[side], version) + "second\n")
    (row,) = rows(script, "--against", name)
    assert row["verdict"] == "passed" and row["resumed"], row


@pytest.mark.parametrize("name", PROGRAMS[0])
def test_clients_refuse_a_server_without_signature(tmp_path: Path, name: str) -> None:
    needs(name)
    script = write(tmp_path, NO_SIGNATURE)
    assert verdict(script, "--against", name) == ("passed", "refused unexpected_message")


@pytest.mark.parametrize("name", PROGRAMS[0])
def test_what_our_end_took_is_no_fact_of_a_client_that_refused(tmp_path: Path, name: str) -> None:
    needs(name)
    text = honest("server", "1.3").replace("accepted", "refused") + "second\nnever resumed\n"
    text += "remove server_hello.extensions.pre_shared_key\n"
    verdicts = rows(write(tmp_path, text), "--against", name)
    assert [row["verdict"] for row in verdicts] == ["passed"], verdicts


@pytest.mark.parametrize("name", PROGRAMS[1])
@pytest.mark.parametrize("version", VERSIONS)
def test_servers_refuse_another_finished(tmp_path: Path, name: str, version: str) -> None:
    needs(name)
    script = write(tmp_path, ANOTHER_FINISHED.format(version=version))
    assert verdict(script, "--against", name)[0] == "passed"


def test_one_server_serves_scripts_of_the_same_settings(tmp_path: Path) -> None:
    log = tmp_path / "starts"
    for number in range(4):
        write(tmp_path, honest("client"), f"case-{number}")
    command = (
        f"echo started >> {log}; exec {SHAKEDOWN} server --port {{port}} --cert {{cert}} "
        "--key {key}"
    )
    done = play(tmp_path, "--against", command, "--jobs", 1)
    assert done.returncode == 0, done.stdout
    assert log.read_text(encoding="ascii").count("started") == 1


def test_roles_that_a_program_cannot_have_are_left_out(tmp_path: Path) -> None:
    needs("s_server")
    write(tmp_path, honest("client"), "client")
    write(tmp_path, honest("server"), "server")
    done = play(tmp_path, "--against", "s_server")
    assert done.returncode == 0
    assert b"1 run against s_server" in done.stdout
    assert b"1 left out, for a peer in the other role" in done.stdout


def test_a_command_is_given_what_it_names(tmp_path: Path) -> None:
    command = (
        f"exec {SHAKEDOWN} client --cafile {{cafile}} --servername {{servername}} --get / "
        "{host}:{port}"
    )
    assert verdict(write(tmp_path, honest("server")), "--against", command)[0] == "passed"


def test_a_setting_that_a_command_does_not_name_is_needed(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client") + "setup peer client-auth=request\n")
    command = f"exec {SHAKEDOWN} server --port {{port}} --cert {{cert}} --key {{key}}"
    (row,) = rows(script, "--against", command)
    assert row["verdict"] == "not run" and row["why"] == "needs client-auth=request of the peer"
    named = f"{command} --cafile {{cafile}} --client-auth {{client_auth}}"
    assert verdict(script, "--against", named) == ("passed", "accepted")
    has = ["--has", "client-auth=request", "--has", "cafile"]
    assert verdict(script, "--against", command, *has) == ("passed", "accepted")


def test_a_server_at_an_address_is_a_peer(tmp_path: Path) -> None:
    text = ANOTHER_FINISHED.format(version="1.3")
    with server() as peer:
        assert verdict(write(tmp_path, honest("client")), "--against", peer.address) == (
            "passed",
            "accepted",
        )
        assert verdict(write(tmp_path, text), "--against", peer.address)[0] == "passed"
