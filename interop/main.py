"""What scripts/interop does (its options: __main__.py)."""

from __future__ import annotations

import argparse
import difflib
import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from interop.cells import Cell, matrix
from interop.conftest import selected
from interop.falsify_report import falsify_cells
from interop.grid import left_out, print_grid, print_left_out
from interop.memory import run_alone
from interop.peers import load_peers, shakedown, unknown_variables
from interop.reports import WRITERS, ReportError, write_reports
from interop.run import Listed, Run, clear_kept, play, play_alone, pytest_arguments
from interop.sockets import run_socket
from scripts.lib.def_tables import TableError
from scripts.lib.exits import INTERRUPTED, Stop, ignore_interrupts
from scripts.lib.presets import build


def matching(peers: Sequence[str], expression: str | None) -> list[Cell]:
    """The cells that pytest would select."""
    cells = selected(peers)
    if not expression:
        return cells
    listed = Listed()
    arguments = [*pytest_arguments(peers, expression), "--collect-only"]
    if pytest.main(arguments, plugins=[listed]) not in (0, 5):
        raise Stop(2, f"-k: {expression!r} is not an expression that pytest understands")
    wanted = set(listed.ids)
    return [cell for cell in cells if cell.id in wanted]


def report_files(options: argparse.Namespace) -> dict[str, Path]:
    """The reports that are asked for, each in a file of its own."""
    files = {name: file.absolute() for name in WRITERS if (file := getattr(options, name))}
    if len(set(files.values())) < len(files):
        raise Stop(2, f"{' and '.join(f'--{name}' for name in files)} name the same file")
    return files


def report(files: dict[str, Path], run: Run, status: int) -> None:
    """Writes the reports, or stops with `status`."""
    try:
        write_reports(files, run)
    except ReportError as error:
        raise Stop(status, str(error)) from error


def run_matrix(options: argparse.Namespace) -> int:
    files = report_files(options)
    cells = matching(options.peer, options.k)
    if not cells:
        raise Stop(2, "no cell is selected; scripts/interop --list shows them")
    report(files, Run(cells), 2)
    clear_kept(cells)
    arguments = pytest_arguments(options.peer, options.k)
    run = play(arguments, cells)
    if options.alone and not run.cut_short:
        seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
        print(f"interop: each cell alone, in the order of --seed {seed}", file=sys.stderr)
        run = play_alone(arguments, run, seed)
    if run.interrupted:
        ignore_interrupts()
    for outcome in run.failed:
        print(outcome.text(), end="\n\n")
    for trouble in run.troubles:
        print(trouble, file=sys.stderr)
    print_grid(run, options.verbose)
    if run.seed is not None:
        print(f"each cell was run alone too, in the order of --seed {run.seed}")
    print(run.line(), flush=True)
    report(files, run, 3)
    if run.interrupted:
        return INTERRUPTED
    return 0 if run.good else 1


def run_cell(name: str) -> int:
    """One cell alone, all of it for a person to see."""
    cells = {cell.id: cell for cell in matrix()[0]}
    cell = cells.get(name)
    if cell is None:
        near = difflib.get_close_matches(name, cells, n=5)
        hint = f"; near: {', '.join(near)}" if near else "; scripts/interop --list shows them"
        for why, ids in left_out(load_peers()).items():
            hint = f"; it is left out: {why}" if name in ids else hint
        raise Stop(2, f"no cell is called {name!r}{hint}")
    outcome = run_alone(cell) if cell.way == "mem" else run_socket(cell, keep=True)
    print(outcome.text())
    return 0 if outcome.ok else 1


def list_cells(options: argparse.Namespace) -> int:
    """Ids on the standard output, and nothing else; reasons go to the standard error."""
    for cell in matching(options.peer, options.k):
        print(cell.id)
    if options.verbose:
        print_left_out(options.peer or load_peers(), Console(stderr=True))
    return 0


def falsify(options: argparse.Namespace) -> int:
    cells = matching(options.peer, options.k)
    if not cells:
        raise Stop(2, "no cell is selected; scripts/interop --list shows them")
    return falsify_cells(cells, whole=not options.k)


def build_program() -> None:
    """Builds the program, unless SHAKEDOWN names one."""
    named = os.environ.get("SHAKEDOWN")
    if not named:
        build("dev", ["shakedown"])
    if not shutil.which(str(shakedown())):
        raise Stop(3, f"{'SHAKEDOWN' if named else 'the build'}: there is no program {shakedown()}")


def work(options: argparse.Namespace) -> int:
    build_program()  # which tells the versions that rows of the tables are about
    try:
        matrix()  # reads all tables
    except TableError as error:
        raise Stop(2, f"wrong in the tables of the matrix:\n{error}") from None
    if unknown := unknown_variables():
        raise Stop(2, "; ".join(unknown))
    if options.list:
        return list_cells(options)
    if options.cell:
        return run_cell(options.cell)
    if options.falsify:
        return falsify(options)
    return run_matrix(options)
