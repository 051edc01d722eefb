"""Programs that run beside a script: their output is read while they run, and they end with it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from scripts.lib.child import Child, Missing, listening_port
from scripts.lib.paths import ROOT
from scripts.lib.processes import Watch


def test_a_child_is_heard_as_soon_as_it_speaks_and_ended_by_its_handle() -> None:
    script = "import sys, time\nprint('ready 5', flush=True)\nsys.stdin.read()"
    with Child("c", [sys.executable, "-c", script], wants_input=True) as child:
        found = child.wait_for(r"ready (?P<port>\d)")
        assert found is not None and found["port"] == "5"
        assert child.status is None
    assert child.status is not None


def test_a_child_that_ends_is_not_waited_for() -> None:
    with Child("c", [sys.executable, "-c", "print('no')"]) as child:
        assert child.wait_for("ready") is None
        assert child.wait() == 0
    assert child.text == "no\n"


def test_all_output_is_there_when_a_child_has_been_waited_for() -> None:
    """Also what is written late, here by one that it leaves behind."""
    with Child("c", ["sh", "-c", "(sleep 0.2; echo late) & echo first"]) as child:
        assert child.wait() == 0
        assert child.text == "first\nlate\n"


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Missing, match="/nowhere/program"):
        Child("c", ["/nowhere/program"])


def test_the_kernel_tells_the_port_of_a_program_that_does_not() -> None:
    script = (
        "import socket, sys\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\n"
        "print('port', s.getsockname()[1], flush=True)\nsys.stdin.read()"
    )
    with Child("c", [sys.executable, "-c", script], wants_input=True) as child:
        found = child.wait_for(r"port (\d+)")
        assert found is not None and listening_port(child.pid) == int(found[1])


ORPHAN = """
import sys, time
from scripts.lib.child import Child
with Child("c", ["sleep", "1000"]) as child:
    print(child.pid, flush=True)
    time.sleep(1000)
"""


def test_a_child_ends_with_us_even_if_we_are_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ORPHAN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    ended, _, _ = select.select([child], [], [], 60)
    if not ended:
        signal.pidfd_send_signal(child, signal.SIGKILL)
    os.close(child)
    assert ended


def test_a_child_that_does_nothing_is_given_up() -> None:
    watch = Watch(60, 1)
    with Child("c", ["sleep", "1000"], watch=watch) as child:
        assert child.wait_for("ready") is None
        assert watch.why.startswith("it has done nothing for")
        assert child.wait() is None


def test_a_child_is_waited_for_while_another_one_of_its_watch_works() -> None:
    """A client waits for a server that computes, and has nothing to do itself."""
    spin = "import time\nwhile time.process_time() < 2: pass"
    watch = Watch(60, 1)
    with Child("busy", [sys.executable, "-c", spin], watch=watch):
        with Child("idle", ["sh", "-c", "sleep 1.7; echo ready"], watch=watch) as idle:
            assert idle.wait_for("ready") is not None


def test_a_child_that_computes_for_ever_is_given_up() -> None:
    watch = Watch(1, 60)
    with Child("c", [sys.executable, "-c", "while True: pass"], watch=watch) as child:
        assert child.wait() is None
        assert watch.why.startswith("not done after")
