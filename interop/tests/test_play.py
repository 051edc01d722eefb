"""`shakedown play` in memory: verdicts, what is told of them, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from interop.tests.cli_support import VERSIONS, run
from interop.tests.play_support import (
    NO_SIGNATURE,
    STACKS,
    TO_REFUSE,
    honest,
    play,
    rows,
    verdict,
    write,
)

# What GnuTLS answers in place of it: docs/FINDINGS.md.
KNOWN_OF_GNUTLS = {"clear-extensions": "accepted", "other-suite": "refused handshake_failure"}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("player", ["client", "server"])
def test_an_honest_script_is_accepted(
    tmp_path: Path, stack: str, version: str, player: str
) -> None:
    script = write(tmp_path, honest(player, version))
    assert verdict(script, "--against", stack) == ("passed", "accepted")


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", TO_REFUSE)
def test_what_every_stack_has_to_refuse_is_refused(tmp_path: Path, stack: str, name: str) -> None:
    script = write(tmp_path, TO_REFUSE[name])
    got, answer = verdict(script, "--against", stack)
    if stack == "gnutls" and name in KNOWN_OF_GNUTLS:
        assert got == "failed" and answer.startswith(KNOWN_OF_GNUTLS[name]), answer
    else:
        assert got == "passed" and answer.startswith("refused "), answer


def test_another_answer_than_expected_fails_with_what_both_say(tmp_path: Path) -> None:
    script = write(tmp_path, NO_SIGNATURE.replace("unexpected_message", "decode_error"))
    done = play(script, "--against", "openssl")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert f"failed    {script}  refused unexpected_message (expected refused decode_error)" in text
    assert "[8446/4.4.3/1]" in text
    assert "why: refused unexpected_message, not refused decode_error" in text
    assert "peer: unexpected message" in text
    assert "ours: received fatal unexpected_message (10)" in text


def test_a_fact_that_must_not_be_fails_the_run(tmp_path: Path) -> None:
    text = honest("client") + "second\nnever resumed\n"
    assert verdict(write(tmp_path, text), "--against", "ours") == ("failed", "accepted")
    text = honest("client") + "never resumed\n"
    assert verdict(write(tmp_path, text), "--against", "ours") == ("passed", "accepted")


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_second_connection_offers_the_session_of_the_first(
    tmp_path: Path, stack: str, version: str
) -> None:
    for player in ("client", "server"):
        script = write(tmp_path, honest(player, version) + "second\n")
        (row,) = rows(script, "--against", stack)
        assert row["verdict"] == "passed" and row["resumed"], row


def test_settings_of_the_second_connection_are_of_it_alone(tmp_path: Path) -> None:
    text = honest("client") + "second client servername=localhost\nnever resumed\n"
    (row,) = rows(write(tmp_path, text), "--against", "ours")
    assert (row["verdict"], row["answer"]) == ("passed", "accepted")


def test_data_and_pieces_are_as_the_script_says(tmp_path: Path) -> None:
    text = honest("client") + "setup run data=20000 chunk=1000\n"
    done = play(write(tmp_path, text), "--against", "openssl", "--verbose")
    assert done.returncode == 0
    lengths = [
        int(line.split()[-2])
        for line in done.stdout.decode().splitlines()
        if "client record application_data" in line
    ]
    assert sum(lengths) > 20000, lengths
    text = honest("client") + "setup run data=none\n"
    (row,) = rows(write(tmp_path, text), "--against", "openssl")
    assert row["verdict"] == "unusable" and "setup run: data: 'none'" in row["why"]


def test_an_operation_without_object_makes_a_run_unplayed(tmp_path: Path) -> None:
    script = write(
        tmp_path, "player client\nsetup both tls=1.2\nexpect accepted\ndrop finished#2\n"
    )
    done = play(script, "--against", "ours")
    assert done.returncode == 1
    assert done.stdout.decode().startswith(f"unplayed  {script}")
    assert "drop finished#2" in done.stdout.decode()


def test_what_the_peer_cannot_be_set_up_for_is_not_run(tmp_path: Path) -> None:
    text = honest("client") + "setup peer record-size-limit=512\n"
    done = play(write(tmp_path, text), "--against", "openssl")
    assert done.returncode == 0
    assert b"not run   " in done.stdout and b"record_size_limit" in done.stdout
    assert b"1 not run" in done.stdout


def test_a_middle_is_played_with_the_peer_on_either_side(tmp_path: Path) -> None:
    text = (
        "player middle\nsetup both tls=1.3\nexpect refused\nflip client/client_hello.random bit 7\n"
    )
    found = rows(write(tmp_path, text), "--against", "gnutls")
    assert [row["as"] for row in found] == ["client", "server"]
    assert {row["verdict"] for row in found} == {"passed"}, found


def test_a_script_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    bad = write(tmp_path, "player client\nexpect refusd\n", "bad")
    write(tmp_path, honest("client"), "good")
    done = play(tmp_path, "--against", "ours")
    text = done.stdout.decode()
    assert done.returncode == 2
    assert f"unusable  {bad}" in text
    assert "bad.case:2: 'refusd' is no answer; there is refused" in text
    assert "1 passed, 1 unusable" in text


def test_a_folder_is_played_in_the_order_of_its_paths(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, honest("client"), name)
    (tmp_path / "notes.txt").write_text("not a script", encoding="utf-8")
    found = rows(tmp_path, "--against", "ours", "--jobs", 4)
    names = [Path(row["script"]).relative_to(tmp_path).as_posix() for row in found]
    assert names == ["a/c.case", "a/z.case", "b.case"]


@pytest.mark.parametrize(
    "arguments, told",
    [
        ([], "a script is needed"),
        (["SCRIPT"], "a peer is needed"),
        (["nowhere.case", "--against", "ours"], "nowhere.case: No such file or directory"),
        (["EMPTY", "--against", "ours"], "there is no script"),
        (["SCRIPT", "--against", "opensll"], "'opensll' is neither ours, openssl, gnutls"),
        (["SCRIPT", "--against", "x {port} {ca}"], "'{ca}' in the command line is neither"),
        (["SCRIPT", "--against", "/bin/true"], "a program is a command line with {port} in it"),
        (["SCRIPT", "--against", "s_client"], "s_client is a client, and all 1 scripts are for"),
        (["SCRIPT", "--against", "ours", "--has", "tsl"], "'tsl' is not an option of an end"),
        (["SCRIPT", "--compare", "ours"], "not a list of two to"),
        (["SCRIPT", "--compare", ",".join(9 * ["ours"])], "not a list of two to"),
        (["SCRIPT", "--compare", "ours,openssl", "--record", "x"], "do not go with --compare"),
        (["SCRIPT", "--against", "ours", "--has", "tls=1.2"], "--has is for a command line"),
        (["EMPTY/..", "--encode", "x"], "--encode takes one script, not 2"),
        (["EMPTY/..", "--against", "ours", "--record", "x"], "--record takes one run"),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, arguments: list[str], told: str) -> None:
    script = write(tmp_path, honest("client"))
    write(tmp_path, honest("client"), "another")
    (tmp_path / "empty").mkdir()
    words = [
        word.replace("SCRIPT", str(script)).replace("EMPTY", str(tmp_path / "empty"))
        for word in arguments
    ]
    done = play(*words)
    assert done.returncode == 2 and told in done.stderr.decode(), done.stderr


def test_a_key_of_the_script_is_of_its_folder_or_of_the_test_pki(tmp_path: Path) -> None:
    text = honest("client") + "setup server cert=rsa2048.pem key=rsa2048.key\n"
    assert verdict(write(tmp_path, text), "--against", "openssl")[0] == "passed"
    (tmp_path / "rsa2048.pem").write_text("no certificate", encoding="utf-8")
    assert verdict(write(tmp_path, text), "--against", "openssl")[0] == "not run"
    text = honest("client") + "setup server cert=nowhere.pem key=rsa2048.key\n"
    (row,) = rows(write(tmp_path, text), "--against", "openssl")
    assert row["verdict"] == "unusable" and "nowhere.pem: there is no such file" in row["why"]


@pytest.mark.parametrize("stack", ["openssl", "exit 1; {port}"])
def test_a_key_to_sign_with_that_is_not_there_is_told(tmp_path: Path, stack: str) -> None:
    script = write(tmp_path, honest("server") + "sign with key ohter\n")
    (row,) = rows(script, "--against", stack)
    assert row["verdict"] == "unusable" and "ohter.key" in row["why"], row


def test_the_transcript_has_messages_records_and_connections(tmp_path: Path) -> None:
    script = write(tmp_path, honest("server") + "second\n")
    text = play(script, "--against", "openssl", "--verbose").stdout.decode()
    for part in ("first connection", "second connection", "client message client_hello"):
        assert part in text
    assert "server record handshake (22), version 0x0303" in text


def test_binary_scripts_are_played_and_printed(tmp_path: Path) -> None:
    script = write(tmp_path, NO_SIGNATURE)
    printed = play(script, "--print").stdout
    binary = tmp_path / "binary.case"
    assert play(script, "--encode", binary).returncode == 0
    assert binary.read_bytes()[0] > 0x7F
    assert b"drop certificate_verify" in play(binary, "--print").stdout
    again = write(tmp_path, printed.decode(), "printed")
    assert play(again, "--print").stdout == printed
    assert b"drop certificate_verify" in printed


def test_fields_are_listed_by_their_paths() -> None:
    text = run("play", "--fields", "client_hello").stdout.decode()
    assert "client_hello.extensions.key_share.client_shares[0].group  number of 2 bytes" in text
    assert "server_hello" not in text
    assert "server_hello.cipher_suite" in run("play", "--fields").stdout.decode()
    done = run("play", "--fields", "client_helo")
    assert done.returncode == 2 and b"'client_helo' is not a message" in done.stderr
