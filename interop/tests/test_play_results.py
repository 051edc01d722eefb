"""Results of `shakedown play` that are known, the table of several peers, recordings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from interop.tests.cli_support import SHAKEDOWN, client, expect, finish, run, server
from interop.tests.play_support import NO_SIGNATURE, TO_REFUSE, honest, play, rows, write
from scripts.lib.paths import PKI, ROOT

CASES = ROOT / "corpora/cases"

WRONG = NO_SIGNATURE.replace("expect refused unexpected_message", "expect accepted")


def known(folder: Path, text: str, name: str = "openssl") -> Path:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


ROW = '[[known]]\ncase = "{case}"\nanswer = "{answer}"\nreason = "it is so"\n'


def test_a_row_knows_a_failure_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path, WRONG, "topic")
    folder = known(tmp_path, ROW.format(case="topic", answer="refused unexpected_message"))
    done = play(tmp_path, "--against", "openssl", "--expected", folder)
    assert done.returncode == 0
    assert b"known     " in done.stdout and b"known: it is so" in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize(
    "case, answer", [("topic", "refused decode_error"), ("other", "refused unexpected_message")]
)
def test_a_row_knows_its_case_and_answer_alone(tmp_path: Path, case: str, answer: str) -> None:
    write(tmp_path, WRONG, "topic")
    folder = known(tmp_path, ROW.format(case=case, answer=answer))
    assert play(tmp_path, "--against", "openssl", "--expected", folder).returncode == 1


@pytest.mark.parametrize("alarm, code", [("", 1), ("secrecy", 1), ("offer", 0)])
def test_a_row_knows_the_alarms_that_it_names_alone(tmp_path: Path, alarm: str, code: int) -> None:
    """OpenSSL resumes a session of TLS 1.2 under another name, which an oracle sees."""
    script = CASES / "server/resumption/id-other-name.case"
    row = ROW.format(case="id-other-name", answer="accepted") + f'alarm = "{alarm}"\n'
    folder = known(tmp_path, row)
    assert play(script, "--against", "openssl", "--expected", folder).returncode == code


def test_a_folder_of_rows_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path, WRONG, "topic")
    done = play(tmp_path, "--against", "openssl", "--expected", tmp_path / "gone")
    assert done.returncode == 2
    assert b"--expected: there is no folder" in done.stderr


CRASHES = f"""#!{sys.executable}
import os, socket, sys
port = next(int(word[7:]) for word in sys.argv if word.startswith("--port="))
socket.create_connection(("127.0.0.1", port)).sendall(b"\\x16")
os.abort()
"""


@pytest.mark.parametrize("answer, code", [("signal 6", 0), ("signal 11", 1), ("closed", 1)])
def test_a_row_knows_the_signal_that_ends_a_peer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    crashes = tmp_path / "gnutls-cli"
    crashes.write_text(CRASHES, encoding="utf-8")
    crashes.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    script = write(tmp_path, honest("server"), "topic")
    folder = known(tmp_path, ROW.format(case="topic", answer=answer), "gnutls")
    assert play(script, "--against", "gnutls-cli", "--expected", folder).returncode == code


def test_a_row_holds_for_its_versions_alone(tmp_path: Path) -> None:
    write(tmp_path, WRONG, "topic")
    row = ROW.format(case="t*", answer="refused unexpected_message")
    for limits, code in (('since = "1.0"', 0), ('since = "99"', 1), ('until = "1.0.2"', 1)):
        folder = known(tmp_path, f"{row}{limits}\n")
        assert play(tmp_path, "--against", "openssl", "--expected", folder).returncode == code


def test_a_peer_has_the_known_results_of_the_stack_it_is_built_on(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client").replace("accepted", "waiting"), "topic")
    folder = known(tmp_path, ROW.format(case="topic", answer="accepted"), "mine")
    command = f"exec {SHAKEDOWN} server --port {{port}} --cert {{cert}} --key {{key}}"
    options = ["--against", command, "--expected", folder]
    assert play(script, *options).returncode == 1
    assert play(script, *options, "--stack", "mine").returncode == 0


def test_a_row_that_is_not_needed_any_more_is_told(tmp_path: Path) -> None:
    write(tmp_path, NO_SIGNATURE, "topic")
    folder = known(tmp_path, ROW.format(case="topic", answer="accepted"))
    done = play(tmp_path, "--against", "openssl", "--expected", folder)
    assert done.returncode == 0
    assert "openssl.toml, line 1: topic does not fail so any more" in done.stderr.decode()


@pytest.mark.parametrize(
    "text, told",
    [
        ('case = "a"\n', "line 1: a row begins with [[known]]"),
        ('[[known]]\ncas = "a"\n', "line 2: the keys of a row are"),
        ("[[known]]\ncase = a\n", "line 2: a text in quotes"),
        ('[[known]]\ncase = "a\0"\n', "line 2: a byte of 0"),
        ('[[known]]\ncase = "a"\n', "line 1: a row needs a case"),
        ('[[known]]\ncase = "a"\nreason = "b"\n', "line 1: a row needs an answer"),
    ],
)
def test_rows_that_cannot_be_read_are_told(tmp_path: Path, text: str, told: str) -> None:
    script = write(tmp_path, honest("client"))
    folder = known(tmp_path, text)
    done = play(script, "--against", "openssl", "--expected", folder)
    assert done.returncode == 2 and told in done.stderr.decode()


def test_a_comparison_marks_what_differs(tmp_path: Path) -> None:
    write(tmp_path, honest("client"), "same")
    # GnuTLS has no secp256k1 and OpenSSL no FFDHE in TLS 1.2: what both leave open is open.
    write(tmp_path, "player client\nsetup client tls=1.2\nsetup own renegotiation=yes\n", "open")
    done = play(tmp_path, "--compare", "ours,openssl,gnutls", "--expected", tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 0, text
    assert "2 scripts: the same answer to " in text


def test_a_failure_in_a_comparison_needs_a_reason(tmp_path: Path) -> None:
    write(tmp_path, WRONG, "topic")
    folder = known(tmp_path, "")
    assert play(tmp_path, "--compare", "ours,gnutls", "--expected", folder).returncode == 1
    row = ROW.format(case="topic", answer="refused unexpected_message")
    known(tmp_path, row, "ours")
    known(tmp_path, row, "gnutls")
    done = play(tmp_path, "--compare", "ours,gnutls", "--expected", folder, "--verbose")
    assert done.returncode == 0, done.stdout
    assert b"it is so" in done.stdout
    lines = rows(tmp_path, "--compare", "ours,gnutls", "--expected", folder)
    assert lines[0]["difference"] == "same"
    assert lines[0]["peers"]["gnutls"]["verdict"] == "known"


def test_a_comparison_has_a_row_for_each_script_whichever_peers_play_it(tmp_path: Path) -> None:
    write(tmp_path, honest("client"), "a")  # of a server
    write(tmp_path, honest("server"), "b")
    lines = rows(tmp_path, "--compare", "ours,s_server,openssl")
    verdicts = [
        (Path(line["script"]).stem, [one["verdict"] for one in line["peers"].values()])
        for line in lines
    ]
    assert verdicts == [
        ("a", ["passed", "passed", "passed"]),
        ("b", ["passed", "left out", "passed"]),
    ]


def test_a_row_about_a_difference_is_read_and_told_where_nothing_differs(tmp_path: Path) -> None:
    write(tmp_path, honest("client"), "a")
    row = '[[known]]\ncase = "{}"\nreason = "legal: open"\n'
    folder = known(tmp_path, row.format("a") + row.format("other"), "differences")
    done = play(tmp_path, "--compare", "ours,openssl", "--expected", folder)
    assert done.returncode == 0
    assert done.stderr.decode().count("does not differ any more") == 1  # other was not played
    known(tmp_path, row.format("a") + 'since = "3.5"\n', "differences")
    done = play(tmp_path, "--compare", "ours,openssl", "--expected", folder)
    assert done.returncode == 2 and b"line 1: a row about a difference" in done.stderr


def test_a_comparison_tells_of_a_script_that_is_not_usable(tmp_path: Path) -> None:
    write(tmp_path, honest("client"), "a")
    write(tmp_path, "player nobody\n", "b")
    done = play(tmp_path, "--compare", "ours,openssl")
    assert done.returncode == 2
    assert "'nobody'" in done.stdout.decode() and "2 scripts: " in done.stdout.decode()


@pytest.mark.parametrize("name", TO_REFUSE)
def test_a_recording_keeps_its_script(tmp_path: Path, name: str) -> None:
    script = write(tmp_path, TO_REFUSE[name])
    recording = tmp_path / "recording"
    assert play(script, "--against", "openssl", "--record", recording).returncode == 0
    script.unlink()
    done = run("replay", recording)
    assert done.returncode == 0, done.stdout + done.stderr
    honestly = [
        line
        for line in recording.read_text(encoding="ascii").splitlines()
        if not line.startswith("script ")
    ]
    *rest, end = honestly
    end = f"{end.rpartition(' ')[0]} {len(rest)}"
    recording.write_text("\n".join([*rest, end]) + "\n", encoding="ascii")
    assert run("replay", recording).returncode == 1, "without its script our end does otherwise"


def test_pair_plays_a_script(tmp_path: Path) -> None:
    script = write(tmp_path, NO_SIGNATURE)
    recording = tmp_path / "recording"
    done = run("pair", "gnutls", "ours", "--script", script, "--record", recording)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"script played: answered refused unexpected_message" in done.stdout
    assert run("replay", recording).returncode == 0
    wrong = run("pair", "ours", "gnutls", "--script", script)
    assert wrong.returncode == 2 and b"the server deviates, and it has to be ours" in wrong.stderr
    other = run("pair", "gnutls", "ours", "--script", write(tmp_path, WRONG))
    assert other.returncode == 1


def test_what_the_command_line_says_goes_before_the_script(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client", "1.2"))
    done = run("pair", "ours", "ours", "--script", script, "--tls", "1.3")
    assert done.returncode == 0 and b"TLS 1.3" in done.stdout


def test_a_server_deviates_by_a_script(tmp_path: Path) -> None:
    script = write(tmp_path, NO_SIGNATURE)
    options = ["--script", script, "--connections", 1]
    with (
        server(*options, exits=1) as peer,
        client(
            "--cafile", PKI / "roots.pem", "--servername", "server.shakedown.test", peer.address
        ) as child,
    ):
        assert finish(child) == 1
        assert "unexpected_message" in child.text


def test_a_client_deviates_by_a_script(tmp_path: Path) -> None:
    script = write(tmp_path, "player client\nsetup both tls=1.3\nflip finished.verify_data\n")
    with server("--connections", 1, exits=1) as peer, client("--script", script, peer.address) as c:
        assert finish(c) == 1
        expect(peer.child, "decrypt_error")


@pytest.mark.parametrize("command", ["client", "server", "pair"])
def test_a_wrong_script_is_wrong_use(tmp_path: Path, command: str) -> None:
    script = write(tmp_path, "player client\nexpect refusd\n")
    done = run(command, "--script", script, "127.0.0.1:9", program=SHAKEDOWN)
    assert done.returncode == 2 and b"'refusd' is no answer" in done.stderr


def test_settings_of_a_script_that_are_too_long_are_refused(tmp_path: Path) -> None:
    text = f"player client\nsetup run send-early={'1' * 65500}\nsetup run renegotiate=client\n"
    done = run("pair", "ours", "ours", "--script", write(tmp_path, text))
    assert done.returncode == 2 and b"its settings are too long" in done.stderr


def test_a_script_has_no_place_in_a_batch(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client", "1.2"))
    done = run("pair", "--batch", "-", stdin=f"one\tours ours --script={script}\n".encode())
    assert done.returncode == 2 and b"--script has no place inside a batch" in done.stderr


def test_a_line_of_a_batch_is_text() -> None:
    done = run("pair", "--batch", "-", stdin=b"one\tours ours\0 --tls 1.2\n")
    assert done.returncode == 2 and b"the line has a byte of 0" in done.stdout
