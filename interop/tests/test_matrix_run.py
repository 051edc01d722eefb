"""Runs of the matrix that end well or badly: what the terminal, the page, the JSON and the JUnit
file say. A stand-in takes the place of `shakedown pair`, so that the tests decide when a run ends.
The cells are refusals, whose expected result is among the stand-in's arguments."""

from __future__ import annotations

import html
import json
import os
import select
import signal
import stat
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interop import run
from interop.__main__ import parse
from interop.cells import matrix as all_cells
from interop.grid import left_out
from interop.outcome import begin
from interop.tests.cli_support import SHAKEDOWN
from scripts.lib.paths import ROOT
from scripts.lib.words import count

LIMIT_S = 120
FEW = ["--peer", "ours", "-k", "refuse and 1.3 and (common or expired)"]  # in one process
MANY = ["--peer", "ours", "-k", "refuse"]  # by workers
STAND_IN = """
import json, os, re, signal, subprocess, sys
folder, mode, real = os.path.dirname(__file__), os.environ["MODE"], os.environ["REAL"]

def answer(name, words, good):
    alert, by = re.search(r"--expect refused:(\\w+):(\\w+)", words).groups()
    said = {"verdict": "refused" if good else "broken", "alert": alert, "alert_from": by}
    print(json.dumps({"id": name, "why": "", **said}), flush=True)

def first(name):
    try:
        return not os.close(os.open(f"{folder}/{name}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False

if "--version" in sys.argv:
    os.execv(real, [real, "--version"])
if "--batch" not in sys.argv:
    if mode == "block":
        with open(f"{folder}/blocked", "w") as pipe:
            print(os.getpid(), file=pipe)
        signal.alarm(100)
        signal.pause()
    answer("", " ".join(sys.argv), good=mode not in ("bad", "bad alone"))
    sys.exit()
for line in sys.stdin:
    name, words = line.split("\\t")
    if name == "found":  # what a library was built with
        subprocess.run([real, "pair", "--batch", "-"], input=line, text=True)
        continue
    chosen = name.endswith("/expired")
    if mode == "kill the worker" and chosen and first("killed"):
        os.kill(os.getppid(), signal.SIGKILL)
    answer(name, words, good=not chosen or mode not in ("block", "bad", "bad together"))
"""


@dataclass
class Matrix:
    """One run of scripts/interop with all its reports, and what came of it."""

    folder: Path
    mode: str
    process: subprocess.Popen[bytes] | None = None
    out: str = ""

    def __post_init__(self) -> None:
        os.mkfifo(self.folder / "blocked")
        # Open for writing too, so that it neither waits for a stand-in nor ends with one.
        self.blocked = os.open(self.folder / "blocked", os.O_RDWR)

    def start(self, *options: str) -> None:
        program = self.folder / "shakedown"
        program.write_text(f"#!{sys.executable}\n{STAND_IN}", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        environment = {"SHAKEDOWN": str(program), "MODE": self.mode}
        environment["REAL"] = SHAKEDOWN
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "scripts/lib", "interop", *self.options(), *options],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def options(self) -> list[str]:
        files = {"--json": "r.json", "--junit": "r.xml", "--report": "r.html"}
        return [word for pair in files.items() for word in (pair[0], str(self.folder / pair[1]))]

    def await_blocked(self, count: int) -> list[int]:
        """Process ids of so many stand-ins that block; each writes its own once."""
        assert self.process is not None
        ended = os.pidfd_open(self.process.pid)
        said = b""
        while said.count(b"\n") < count:
            ready, _, _ = select.select([self.blocked, ended], [], [], LIMIT_S)
            assert self.blocked in ready, self.end()
            said += os.read(self.blocked, 4096)
        os.close(ended)
        return [int(line) for line in said.splitlines()]

    def end(self) -> int:
        assert self.process is not None
        self.out = self.process.communicate(timeout=LIMIT_S)[0].decode()
        return self.process.returncode

    def json(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
        return facts

    def page(self) -> str:
        return " ".join((self.folder / "r.html").read_text(encoding="utf-8").split())

    def counts(self) -> tuple[int, int, int, int]:
        """Cells, as expected, failed, did not run: the same on the terminal and in all files."""
        facts = self.json()
        found = tuple(facts[key] for key in ("cells", "as_expected", "failed", "not_run"))
        cells, good, failed, missing = found
        words = f"{count(cells, 'cell')}, {good} as expected, {failed} failed"
        words += f", {missing} did not run" if missing else ""
        assert words in self.out.splitlines()[-1]
        assert words in self.page()
        suite = ElementTree.parse(self.folder / "r.xml").getroot()[0]
        kinds = [case[0].tag if len(case) else "passed" for case in suite]
        assert [kinds.count(kind) for kind in ("passed", "failure", "error")] == [*found[1:]]
        told = [int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")]
        assert told == [cells, failed, missing, 0]
        assert (
            cells == good + failed + missing == len(facts["results"]) + len(facts["cells_not_run"])
        )
        return cells, good, failed, missing


@pytest.fixture
def matrix(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Matrix]:
    one = Matrix(tmp_path, request.param)
    yield one
    if one.process is not None and one.process.poll() is None:
        os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait(LIMIT_S)
    os.close(one.blocked)


def mode(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("matrix", [name], indirect=True)


@mode("good")
def test_a_good_run_says_so_everywhere(matrix: Matrix) -> None:
    matrix.start(*MANY)
    assert matrix.end() == 0
    cells, good, _, _ = matrix.counts()
    assert cells == good > 100 and matrix.json()["cut_short"] == ""
    assert "did not" not in matrix.page() + matrix.out


@mode("good")
@pytest.mark.parametrize("verbose", [False, True], ids=["plainly", "with -v"])
def test_why_cells_are_left_out_is_told_on_the_page_and_where_asked(
    matrix: Matrix, verbose: bool
) -> None:
    words = ["--peer", "gnutls", "-k", "mem and client and refuse/expired and 1.3"]
    matrix.start(*words, *(["-v"] if verbose else []))
    assert matrix.end() == 0, matrix.out
    reasons = left_out(["gnutls"])
    assert reasons and all(why in html.unescape(matrix.page()) for why in reasons)
    shown = [why for why in reasons if f": {why}\n" in matrix.out]
    assert shown == (list(reasons) if verbose else [])


@mode("bad")
def test_a_failed_cell_is_a_failure_everywhere(matrix: Matrix) -> None:
    matrix.start(*FEW)
    assert matrix.end() == 1
    cells, good, failed, missing = matrix.counts()
    assert (good, failed, missing) == (cells - 1, 1, 0)


@mode("block")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupted_run_counts_what_did_not_run(matrix: Matrix, number: signal.Signals) -> None:
    matrix.start(*FEW)
    matrix.await_blocked(1)
    assert matrix.process is not None
    matrix.process.send_signal(number)
    assert matrix.end() == 130
    _, good, failed, missing = matrix.counts()
    assert good > 0 and failed == 0 and missing > 0
    assert any(name.endswith("/expired") for name in matrix.json()["cells_not_run"])
    assert f"interrupted ({number.name})" in matrix.out.splitlines()[-1]
    assert f"This run did not end: interrupted ({number.name})" in matrix.page()
    assert matrix.json()["cut_short"] == f"interrupted ({number.name})"


@mode("block")
def test_workers_are_interrupted_with_the_run(matrix: Matrix) -> None:
    matrix.start(*MANY)
    stand_ins = matrix.await_blocked(min(2, len(os.sched_getaffinity(0))))
    assert matrix.process is not None
    matrix.process.send_signal(signal.SIGTERM)
    assert matrix.end() == 130
    _, good, failed, missing = matrix.counts()
    assert failed == 0 and missing > 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in stand_ins)


@mode("block")
def test_a_run_that_is_killed_leaves_no_report_of_success(matrix: Matrix) -> None:
    for name in ("r.json", "r.xml", "r.html"):
        (matrix.folder / name).write_text("all as expected", encoding="utf-8")
    matrix.start(*FEW)
    (stand_in,) = matrix.await_blocked(1)
    assert matrix.process is not None
    matrix.process.kill()
    os.kill(stand_in, signal.SIGKILL)
    matrix.end()
    assert "This run did not end" in matrix.page()
    facts = matrix.json()
    assert (facts["as_expected"], facts["not_run"]) == (0, facts["cells"])
    suite = ElementTree.parse(matrix.folder / "r.xml").getroot()[0]
    assert suite.attrib["errors"] == suite.attrib["tests"] == str(facts["cells"])


@mode("kill the worker")
def test_a_worker_that_dies_fails_its_cell_and_no_other(matrix: Matrix) -> None:
    matrix.start(*MANY)
    assert matrix.end() == 1
    cells, good, failed, missing = matrix.counts()
    assert (good, failed, missing) == (cells - 1, 1, 0)
    assert "the worker process that ran it died" in matrix.out


@mode("good")
@pytest.mark.parametrize(
    ("option", "file"), [("--json", "/dev/null/x"), ("--junit", str(ROOT)), ("--report", "/proc/x")]
)
def test_a_report_that_cannot_be_written_is_wrong_use(
    matrix: Matrix, option: str, file: str
) -> None:
    matrix.start(*FEW, option, file)
    assert matrix.end() == 2
    assert f"{option} {file}: " in matrix.out and "cells" not in matrix.out


@mode("good")
def test_no_two_reports_go_to_one_file(matrix: Matrix) -> None:
    matrix.start(*FEW, "--json", str(matrix.folder / "r.html"))
    assert matrix.end() == 2
    assert "--json and --junit and --report name the same file" in matrix.out


@pytest.mark.parametrize(
    "words",
    [
        ["--list", "--json", "x"],
        ["--cell", "x", "--report", "x"],
        ["--falsify", "--junit", "x"],
        ["--cell", "x", "--peer", "ours"],
        ["--cell", "x", "-k", "y"],
        ["--seed", "1"],
        ["--list", "--alone"],
    ],
    ids=" ".join,
)
def test_options_that_would_do_nothing_are_wrong_use(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2 and words[0] in capsys.readouterr().err


@mode("good")
def test_each_cell_is_run_alone_in_the_order_of_the_seed(matrix: Matrix) -> None:
    matrix.start(*FEW, "--alone", "--seed", "7")
    assert matrix.end() == 0
    cells, good, _, _ = matrix.counts()
    assert cells == good and matrix.json()["alone_seed"] == 7
    assert "--seed 7" in matrix.out and "seed 7" in matrix.page()


@mode("good")
def test_a_run_alone_without_a_seed_tells_the_one_it_took(matrix: Matrix) -> None:
    matrix.start(*FEW, "--alone")
    assert matrix.end() == 0
    assert f"--seed {matrix.json()['alone_seed']}" in matrix.out


@mode("bad alone")
def test_a_cell_that_is_good_only_with_others_has_failed(matrix: Matrix) -> None:
    matrix.start(*FEW, "--alone")
    assert matrix.end() == 1
    cells, _, failed, _ = matrix.counts()
    assert failed == cells
    assert "together with others: as expected" in matrix.out and "alone: FAILED" in matrix.out


@mode("bad together")
def test_a_cell_that_is_good_only_alone_has_failed(matrix: Matrix) -> None:
    matrix.start(*FEW, "--alone")
    assert matrix.end() == 1
    _, _, failed, missing = matrix.counts()
    assert (failed, missing) == (1, 0)
    assert "together with others: FAILED" in matrix.out and "alone: as expected" in matrix.out


def test_what_failed_with_others_has_failed_though_it_did_not_run_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = [cell for cell in all_cells()[0] if cell.case == "refuse/expired"][:2]
    outcomes = {cell.id: begin(cell) for cell in cells}
    outcomes[cells[0].id].complaints.append("why")
    monkeypatch.setattr(run, "play", lambda *_: run.Run(cells, cut_short="interrupted"))
    both = run.play_alone([], run.Run(cells, outcomes, cut_short=""), 1)
    assert [outcome.id for outcome in both.failed] == [cells[0].id]
    assert both.not_run == [cells[1].id] and both.cut_short == "interrupted"


@mode("block")
def test_a_cell_counts_only_where_it_has_run_both_ways(matrix: Matrix) -> None:
    matrix.start(*FEW[:2], "-k", "refuse/expired and 1.3", "--alone")
    matrix.await_blocked(1)
    assert matrix.process is not None
    matrix.process.send_signal(signal.SIGINT)
    assert matrix.end() == 130
    assert matrix.counts() == (1, 0, 0, 1)
