"""Peers of `shakedown play` that are not TLS at its best: they hang, flood, die, never listen."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from interop.tests.cli_support import tcp_peer
from interop.tests.play_support import honest, play, python_peer, rows, write
from scripts.lib.paths import ROOT

LISTEN = """
listener = socket.create_server(("127.0.0.1", port))
"""
ACCEPT = LISTEN + "connection, _ = listener.accept()\n"
FOREVER = "while True:\n    time.sleep(60)\n"
# A server that does not read, a client that floods: as much as the socket takes.
FLOOD = """
record = bytes.fromhex("1603034000") + bytes(0x4000)
while True:
    connection.sendall(record)
"""


def answer_of(folder: Path, body: str, player: str = "client") -> dict[str, object]:
    script = write(folder, honest(player).replace("expect accepted\n", ""))
    (row,) = rows(script, "--against", python_peer(folder, body), "--timeout", 1, "--verbose")
    return row


def test_a_server_that_says_nothing_is_waiting(tmp_path: Path) -> None:
    assert answer_of(tmp_path, ACCEPT + FOREVER)["answer"] == "waiting"


def test_a_server_that_closes_has_closed(tmp_path: Path) -> None:
    body = LISTEN + "while True:\n    listener.accept()[0].close()\n"
    assert answer_of(tmp_path, body)["answer"] == "closed"


def test_a_server_that_floods_is_given_up(tmp_path: Path) -> None:
    row = answer_of(tmp_path, ACCEPT + FLOOD + FOREVER)
    assert row["answer"] in ("waiting", "closed"), row


def test_a_crash_fails_the_run_whatever_is_expected(tmp_path: Path) -> None:
    body = ACCEPT + "connection.recv(1)\nos.abort()\n"
    script = write(tmp_path, honest("client").replace("accepted", "closed"))
    done = play(script, "--against", python_peer(tmp_path, body))
    assert done.returncode == 1 and b"the peer was ended by signal 6" in done.stdout


def test_output_without_end_is_kept_in_part(tmp_path: Path) -> None:
    body = (
        """
import threading
def write():
    while True:
        sys.stdout.write("the beginning" + "x" * 5000 + "\\n")
threading.Thread(target=write, daemon=True).start()
"""
        + ACCEPT
        + FOREVER
    )
    row = answer_of(tmp_path, body)
    assert row["answer"] == "waiting"
    assert str(row["output"]).startswith("the beginning") and len(str(row["output"])) < 200_000


def test_a_peer_that_ignores_sigterm_and_its_children_are_gone_afterwards(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = (
        f"""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    {FOREVER.replace(chr(10), chr(10) + "    ")}
open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child}}")
"""
        + ACCEPT
        + FOREVER
    )
    assert answer_of(tmp_path, body)["answer"] == "waiting"
    for pid in map(int, pids.read_text(encoding="ascii").split()):
        assert is_gone(pid), f"process {pid} is left"


def is_gone(pid: int) -> bool:
    """A process that nobody has waited for yet, since its parent was killed, counts as gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize(
    "body, told",
    [
        (FOREVER, "it does not listen on port"),
        ("sys.exit('no such option')\n", "it ends before it listens: no such option"),
    ],
)
def test_a_server_that_never_listens_is_a_lack_of_the_environment(
    tmp_path: Path, body: str, told: str
) -> None:
    write(tmp_path, honest("client"), "first")
    write(tmp_path, honest("client"), "second")
    begin = time.monotonic()
    done = play(tmp_path, "--against", python_peer(tmp_path, body), "--timeout", 1, "--jobs", 1)
    assert done.returncode == 3 and told in done.stdout.decode(), done.stdout
    assert done.stdout.count(b"no peer") == 2, "one run, and its place in the summary"
    assert time.monotonic() - begin < 30


def test_a_peer_that_fails_to_start_for_one_script_is_started_for_the_next(tmp_path: Path) -> None:
    write(tmp_path, honest("server"), "first")
    write(tmp_path, honest("server") + "setup peer no-middlebox=yes\n", "second")
    write(tmp_path, honest("server", "1.2"), "third")
    body = "if sys.argv[2] == 'yes':\n    sys.exit('no such option')\n"
    body += "socket.create_connection(('127.0.0.1', port)).close()\n"
    command = python_peer(tmp_path, body) + " '{no_middlebox}'"
    found = rows(tmp_path, "--against", command, "--jobs", 1)
    assert [row["verdict"] for row in found] == ["failed", "no peer", "failed"]
    assert "no such option" in found[1]["why"]


def test_a_client_that_never_connects_is_a_lack_of_the_environment(tmp_path: Path) -> None:
    script = write(tmp_path, honest("server"))
    done = play(script, "--against", python_peer(tmp_path, FOREVER), "--timeout", 1)
    assert done.returncode == 3 and b"it does not connect within 1000 ms" in done.stdout


def test_a_command_that_is_not_there_is_a_lack_of_the_environment(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client"))
    done = play(script, "--against", "no-such-program {port}")
    assert done.returncode == 3 and b"no-such-program" in done.stdout


def test_a_peer_that_ends_without_a_word_is_told_by_its_exit_code(tmp_path: Path) -> None:
    script = write(tmp_path, honest("server"))
    done = play(script, "--against", "exit 7; {port}")
    assert b"before it connects: exit code 7, and no output" in done.stdout


def test_a_script_without_what_the_command_names_is_not_run(tmp_path: Path) -> None:
    script = write(tmp_path, honest("server") + "setup client cafile=none\n")
    (row,) = rows(script, "--against", "exit 7; {port} {cafile}")
    assert row["verdict"] == "not run" and "needs a peer without cafile" in row["why"]


def test_a_name_in_a_command_may_have_hyphens_and_the_shells_own_are_left(tmp_path: Path) -> None:
    script = write(tmp_path, honest("server") + "setup peer no-middlebox=yes\n")
    (row,) = rows(script, "--against", "at=1; echo ${at} {no-middlebox}; exit 7; {port}")
    assert row["why"].endswith("before it connects: 1 yes")


def test_the_summary_tells_what_the_failed_answered_and_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, honest("client") + "setup peer client-auth=require\n", "not-run")
    write(tmp_path, honest("client"), "closed")
    done = play(tmp_path, "--against", python_peer(tmp_path, ACCEPT + "sys.exit(0)\n"))
    assert b"1 failed (1 closed), 1 not run;" in done.stdout, done.stdout
    assert b"not run: --has SETTING=VALUE says what the peer has" in done.stdout


def test_an_address_where_nobody_listens_is_a_lack_of_the_environment(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client"))
    done = play(script, "--against", "127.0.0.1:1")
    assert done.returncode == 3 and b"Connection refused" in done.stdout


def test_a_failure_of_our_own_end_is_not_told_as_the_peers_waiting(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client").replace("accepted", "refused"))

    def behave(connection: object) -> None:
        connection.recv(1)  # type: ignore[attr-defined]
        connection.sendall(bytes.fromhex("16030300040e000000"))  # type: ignore[attr-defined]

    with tcp_peer(behave) as address:
        (row,) = rows(script, "--against", address)
    assert row["why"] == "waiting until our end gave up, not refused"


def test_a_peer_that_is_silent_may_be_slow(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client") + "drop finished\n")

    def behave(connection: object) -> None:
        while connection.recv(4096):  # type: ignore[attr-defined]
            pass

    with tcp_peer(behave) as address:
        (row,) = rows(script, "--against", address, "--timeout", 1)
    assert row["verdict"] == "unplayed" and "slower than --timeout" in row["why"]


def test_an_alert_in_the_clear_is_read_whatever_our_end_waits_for(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client").replace("accepted", "refused internal_error"))

    def behave(connection: object) -> None:
        connection.recv(1)  # type: ignore[attr-defined]
        connection.sendall(bytes.fromhex("15030300020250"))  # type: ignore[attr-defined]

    with tcp_peer(behave) as address:
        (row,) = rows(script, "--against", address)
    assert (row["verdict"], row["answer"]) == ("passed", "refused internal_error")


def build(folder: Path, *options: str) -> Path:
    plugin = folder / "plugin.so"
    command = ["cc", "-std=c11", "-shared", "-fPIC", *options, "-o", str(plugin)]
    command += ["-I", str(ROOT / "harness"), "-I", str(ROOT / "impl" / "include")]
    command += [str(Path(__file__).with_name("plugin_peer.c"))]
    subprocess.run(command, check=True, timeout=120, env={**os.environ, "LC_ALL": "C"})
    return plugin


def test_a_shared_object_is_a_peer(tmp_path: Path) -> None:
    text = honest("client").replace("accepted", "refused handshake_failure")
    done = play(write(tmp_path, text), "--against", build(tmp_path), "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"peer: I refuse everything" in done.stdout and b"plugin.so (1.0)" in done.stdout


def test_a_peer_that_crashes_in_memory_ends_its_run_alone(tmp_path: Path) -> None:
    write(tmp_path, honest("client"), "first")
    write(tmp_path, honest("client"), "second")
    found = rows(tmp_path, "--against", build(tmp_path, "-DPEER_CRASHES"), "--jobs", 1)
    assert [row["verdict"] for row in found] == ["failed", "failed"]
    assert "signal 6" in found[0]["why"]


def test_a_peer_that_loops_in_memory_ends_its_run_alone(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client"))
    (row,) = rows(script, "--against", build(tmp_path, "-DPEER_LOOPS"))
    assert row["verdict"] == "failed" and "it loops" in row["why"]


def test_a_plugin_of_other_headers_is_refused(tmp_path: Path) -> None:
    script = write(tmp_path, honest("client"))
    done = play(script, "--against", build(tmp_path, "-DPEER_IS_OLD"))
    assert done.returncode == 2 and b"compiled with other headers" in done.stderr
    (tmp_path / "text.so").write_text("no object", encoding="utf-8")
    done = play(script, "--against", tmp_path / "text.so")
    assert done.returncode == 2 and b"text.so" in done.stderr
