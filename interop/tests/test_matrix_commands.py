"""The matrix works from any directory, and the commands that it prints repeat what it did."""

from __future__ import annotations

import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from interop.cells import Cell, matrix
from interop.command_lines import repeat_command, shown_command
from interop.outcome import Outcome
from interop.peers import load_peers, shakedown, unknown_variables
from interop.sockets import run_socket
from scripts.lib.paths import ROOT

LIMIT_S = 300


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another directory, in which the test runs; no peer is named by the environment."""
    for variable in ("SHAKEDOWN", "SHAKEDOWN_GNUTLS_SERV", "LD_LIBRARY_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def teller(folder: Path) -> Path:
    """A program that says where it runs, and which of its arguments are files there."""
    file = folder / "teller"
    code = "import os, sys\nprint(os.getcwd())\n"
    code += "print([word for word in sys.argv if os.path.isfile(word)])\n"
    file.write_text(f"#!{sys.executable}\n{code}", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def socket_cell(case: str, role: str) -> Cell:
    found = (c for c in matrix()[0] if (c.way, c.peer, c.role) == ("socket", "gnutls", role))
    return next(cell for cell in found if cell.case == case)


def told(cell: Cell) -> Outcome:
    outcome = run_socket(cell)
    assert outcome.complaints == ["the server did not say that it is ready"]
    return outcome


@pytest.mark.parametrize("case", ["status/good", "two-certificates/rsa"])
def test_files_of_a_cell_are_found_from_any_directory(
    case: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAKEDOWN", str(teller(elsewhere)))
    cell = socket_cell(case, "server")
    files = [value for _, value in cell.server.more if value.startswith("corpora/")]
    words = told(cell).words["server"]
    assert files and words.startswith(f"{ROOT}\n")
    assert all(repr(file) in words for file in files)


def test_a_program_is_named_relative_to_where_the_run_was_started(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller(elsewhere)
    monkeypatch.setenv("SHAKEDOWN", "./teller")
    assert shakedown() == elsewhere / "teller"
    assert f"SHAKEDOWN={elsewhere}/teller" in repeat_command("ID")


def test_the_repeating_command_has_the_environment_of_the_run(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAKEDOWN_GNUTLS_SERV", "/opt/my serv")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    words = shlex.split(repeat_command("mem/x"))
    wanted = ["LD_LIBRARY_PATH=/opt/lib", "SHAKEDOWN_GNUTLS_SERV=/opt/my serv"]
    assert words == [*wanted, f"{ROOT}/scripts/interop", "--cell", "mem/x"]


def test_commands_are_short_at_the_root_and_lead_there_from_elsewhere(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [f"{ROOT}/build/x", "--cert", "corpora/pki/p256.pem"]
    assert shown_command(command) == f"cd {ROOT} && build/x --cert corpora/pki/p256.pem"
    monkeypatch.chdir(ROOT)
    assert shown_command(command) == "build/x --cert corpora/pki/p256.pem"
    assert repeat_command("mem/x").endswith("scripts/interop --cell mem/x")
    assert str(ROOT) not in repeat_command("mem/x")


def test_a_shown_command_has_the_environment_of_its_program(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAKEDOWN_GNUTLS_SERV", str(teller(elsewhere)))
    monkeypatch.setenv("SHAKEDOWN", str(teller(elsewhere)))
    (command,) = told(socket_cell("status/good", "client")).commands
    assert "SSLKEYLOGFILE=out/interop/socket/gnutls/client/" in command


def test_a_shown_command_can_be_run(elsewhere: Path) -> None:
    command = shown_command([str(teller(elsewhere)), "README.md"], {"A": "b c"})
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout.startswith(f"{ROOT}\n") and "'README.md'" in done.stdout


def test_the_version_told_is_that_of_the_program_that_is_named(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAKEDOWN_GNUTLS_CLI", str(teller(elsewhere)))
    assert load_peers()["gnutls"].version_text() == str(ROOT)


def test_a_variable_that_names_no_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unknown_variables() == []
    monkeypatch.setenv("SHAKEDOWN_GNUTLSSERV", "/opt/gnutls-serv")
    (line,) = unknown_variables()
    assert line.startswith("SHAKEDOWN_GNUTLSSERV names no program of a peer; near: SHAKEDOWN_GNUTL")
