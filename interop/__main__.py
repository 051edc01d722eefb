"""Runs the interop matrix: our side against other TLS implementations, in memory and over loopback.

A cell's id reads WAY/PEER/ROLE/VERSION/CASE. ROLE is what OUR side is: client, server, or both.

    scripts/interop                        the whole matrix
    scripts/interop --peer gnutls          one peer's cells
    scripts/interop -k "1.3 and retry"     cells by parts of their ids
    scripts/interop --list                 the ids, and what is left out and why
    scripts/interop --cell ID              one cell, with all that both sides said

Exit: 0 all as expected, 1 a cell is not, 2 wrong use, 3 the environment lacks something.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import jinja2
import pytest
from ending import Stop, end
from preset import build

from interop.axes import ROOT
from interop.cells import Cell, matrix
from interop.conftest import selected
from interop.grid import document, left_out, print_grid
from interop.memory import run_alone
from interop.outcome import KEPT, Outcome
from interop.peers import load_peers, shakedown
from interop.progress import Progress
from interop.sockets import run_socket

HERE = Path(__file__).parent
# Below this number of cells more than one worker costs more than it saves.
FEW_CELLS = 24


class Collector:
    """Follows pytest's run in place of its own terminal report."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.troubles: list[str] = []  # of pytest itself
        self.cells: list[Cell] = []
        self.progress = Progress(0)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.troubles.append(report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> None:
        self.troubles.append(str(excrepr))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        row = getattr(report, "interop", None)
        if report.when == "call" and row is not None:
            outcome = Outcome.of_row(row)
            self.outcomes.append(outcome)
            self.progress.step(outcome.ok)
        elif report.failed:
            self.troubles.append(f"{report.nodeid}\n{report.longreprtext}")


def workers(cells: int) -> int:
    return 0 if cells < FEW_CELLS else len(os.sched_getaffinity(0))


def matching(peers: Sequence[str], expression: str | None) -> list[Cell]:
    """The cells that pytest would select."""
    cells = selected(peers)
    if not expression:
        return cells
    listed = Listed()
    arguments = [*_pytest_arguments(peers, expression), "--collect-only"]
    if pytest.main(arguments, plugins=[listed]) not in (0, 5):
        raise Stop(2, f"-k: {expression!r} is not an expression that pytest understands")
    wanted = set(listed.ids)
    return [cell for cell in cells if cell.id in wanted]


class Listed:
    """The ids that are left after a collection."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.ids = [item.callspec.id for item in session.items if hasattr(item, "callspec")]


def _pytest_arguments(peers: Sequence[str], expression: str | None) -> list[str]:
    arguments = ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}", "-p", "no:cacheprovider"]
    arguments += [f"--peer={peer}" for peer in peers]
    arguments += ["-k", expression] if expression else []
    return [*arguments, str(HERE / "test_cells.py")]


def run(options: argparse.Namespace, cells: list[Cell]) -> tuple[Collector, float]:
    collector = Collector()
    collector.cells = cells
    collector.progress = Progress(len(cells))
    arguments = _pytest_arguments(options.peer, options.k)
    arguments += [f"-n{workers(len(cells))}", "--dist=loadgroup"]
    if options.junit:
        arguments.append(f"--junitxml={options.junit.absolute()}")
    for cell in cells:
        shutil.rmtree(KEPT / cell.id, ignore_errors=True)
    start = time.monotonic()
    collector.progress.start()
    try:
        status = pytest.main(arguments, plugins=[collector])
    finally:
        collector.progress.stop()
    if status not in (0, 1) or len(collector.outcomes) != len(cells):
        seen = f"{len(collector.outcomes)} of {len(cells)} cells have an outcome"
        collector.troubles.append(f"pytest ended with {status!r}; {seen}")
    return collector, time.monotonic() - start


def write_reports(options: argparse.Namespace, outcomes: list[Outcome], seconds: float) -> None:
    if not options.json and not options.report:
        return
    facts = document(outcomes, seconds)
    if options.json:
        _write(options.json, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    if options.report:
        template = jinja2.Environment(autoescape=True).from_string(
            (HERE / "report.html.j2").read_text(encoding="utf-8")
        )
        _write(options.report, template.render(run=facts))


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(2, f"{file}: {error.strerror}") from error


def run_matrix(options: argparse.Namespace) -> int:
    cells = matching(options.peer, options.k)
    if not cells:
        raise Stop(2, "no cell is selected; scripts/interop --list shows them")
    collector, seconds = run(options, cells)
    for outcome in collector.outcomes:
        if not outcome.ok:
            print(outcome.text(), end="\n\n")
    for trouble in collector.troubles:
        print(trouble, file=sys.stderr)
    print_grid(collector.outcomes, cells)
    write_reports(options, collector.outcomes, seconds)
    total, failed = len(cells), sum(not outcome.ok for outcome in collector.outcomes)
    failed += total - len(collector.outcomes)
    print(
        f"interop: {total} cells, {total - failed} as expected, {failed} failed ({seconds:.1f} s)"
    )
    return 1 if failed or collector.troubles else 0


def check_options(options: argparse.Namespace) -> None:
    """What goes with a whole run only, and folders that are not there."""
    files = {"--json": options.json, "--junit": options.junit, "--report": options.report}
    for option, file in files.items():
        if file is not None and options.cell is not None:
            raise Stop(2, f"{option} is for a run of the matrix; --cell prints its one cell")
        if file is not None and not file.parent.exists():
            file.parent.mkdir(parents=True, exist_ok=True)


def run_cell(name: str) -> int:
    """One cell alone, all of it for a person to see."""
    cells = {cell.id: cell for cell in matrix()[0]}
    cell = cells.get(name)
    if cell is None:
        near = difflib.get_close_matches(name, cells, n=5)
        hint = f"; near: {', '.join(near)}" if near else "; scripts/interop --list shows them"
        for why, ids in left_out().items():
            hint = f"; it is left out: {why}" if name in ids else hint
        raise Stop(2, f"no cell is called {name!r}{hint}")
    outcome = run_alone(cell) if cell.way == "mem" else run_socket(cell, keep=True)
    print(outcome.text())
    return 0 if outcome.ok else 1


def list_cells(options: argparse.Namespace) -> int:
    for cell in matching(options.peer, options.k):
        print(cell.id)
    for why, ids in left_out().items():
        for cell_id in ids:
            print(f"{cell_id}  left out: {why}")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/interop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cell", metavar="ID", help="run this cell alone")
    parser.add_argument("--list", action="store_true", help="print the ids and run nothing")
    parser.add_argument("--peer", action="append", default=[], choices=sorted(load_peers()))
    parser.add_argument("-k", metavar="EXPRESSION", help="cells whose ids match, as with pytest")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all results as JSON")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write a JUnit file")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write an HTML report")
    return parser.parse_args(arguments)


def build_program() -> None:
    """Builds the program, unless SHAKEDOWN names one."""
    named = os.environ.get("SHAKEDOWN")
    if not named:
        build("dev")
    if not shutil.which(str(shakedown())):
        raise Stop(3, f"{'SHAKEDOWN' if named else 'the build'}: there is no program {shakedown()}")


def main() -> int:
    options = parse(sys.argv[1:])
    check_options(options)
    if options.list:
        return list_cells(options)
    build_program()
    return run_cell(options.cell) if options.cell else run_matrix(options)


if __name__ == "__main__":
    end("interop", main)
