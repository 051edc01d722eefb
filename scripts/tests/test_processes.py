"""Programs are waited for as long as they get on, not for a time of the clock."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scripts.lib import processes

SPIN = "import time\nwhile time.process_time() < {}: pass"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_clock_does_not_count() -> None:
    assert processes.run(["sleep", "1.5"], limit_s=1).returncode == 0


def test_one_that_waits_for_ever_is_given_up() -> None:
    with pytest.raises(processes.GivenUp, match="it has done nothing for"):
        processes.run(["sleep", "1000"], limit_s=60, idle_s=1)


@pytest.mark.parametrize("code", [SPIN.format(1000), f"import os\nos.fork()\n{SPIN.format(1000)}"])
def test_one_that_computes_for_ever_is_given_up_and_so_are_its_children(code: str) -> None:
    with pytest.raises(processes.GivenUp, match="not done after [12] s of processor time"):
        processes.run(python(code), limit_s=1)


def test_output_that_is_no_utf_8_is_kept() -> None:
    done = processes.run(["printf", r"\377a"], limit_s=60)
    assert done.stdout.encode("utf-8", "surrogateescape") == b"\xffa"


# Interrupts itself between the start of a program and the return from starting it.
AT_ONCE = """
import os, signal, subprocess
from scripts.lib.exits import run_main
from scripts.lib import processes
real = subprocess.Popen
def popen(*words, **options):
    process = real(*words, **options)
    print(process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    return process
subprocess.Popen = popen
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
run_main("test", lambda: processes.run_attached(["sleep", "1000"], 60, **quiet))
"""


def test_a_program_that_was_just_started_is_not_left_by_an_interruption() -> None:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(python(AT_ONCE), stdout=subprocess.PIPE, env=environment, check=False)
    assert done.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
