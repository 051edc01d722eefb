"""A run of the matrix: pytest runs the cells, and a Run has their outcomes, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from interop.cells import Cell
from interop.outcome import KEPT, Outcome, begin
from scripts.lib.child import own_children
from scripts.lib.paths import ROOT
from scripts.lib.progress import Progress
from scripts.lib.words import count

HERE = Path(__file__).parent
# Below this number of cells more than one worker costs more than it saves.
FEW_CELLS = 24
NOT_ENDED = "it was killed, or has not ended yet"


@dataclass
class Run:
    """The cells that were to run, and the outcomes of those that did."""

    cells: Sequence[Cell]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    seconds: float = 0.0
    cut_short: str = NOT_ENDED  # why cells did not run; "" of a run that ended by itself
    interrupted: bool = False
    troubles: list[str] = field(default_factory=list)  # of the harness itself
    seed: int | None = None  # of the order in which the cells ran alone too

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes.values() if not outcome.ok]

    @property
    def as_expected(self) -> int:
        return len(self.outcomes) - len(self.failed)

    @property
    def not_run(self) -> list[str]:
        return [cell.id for cell in self.cells if cell.id not in self.outcomes]

    @property
    def good(self) -> bool:
        return not (self.cut_short or self.troubles or self.not_run or self.failed)

    def line(self) -> str:
        """The counts of the run."""
        parts = [
            count(len(self.cells), "cell"),
            f"{self.as_expected:,} as expected",
            f"{len(self.failed):,} failed",
        ]
        if self.not_run:
            parts.append(f"{len(self.not_run):,} did not run")
        why = f"{self.cut_short}: " if self.cut_short else ""
        return f"interop: {why}{', '.join(parts)} ({self.seconds:.1f} s)"


class CellCount:
    """How many cells have ended, for the line about how far a run is."""

    def __init__(self, total: int, what: str) -> None:
        self.total, self.what = total, what
        self.ended = self.failed = 0
        self._start = time.monotonic()

    def add(self, ok: bool) -> None:
        self.ended += 1
        self.failed += not ok

    def add_good(self, number: int) -> None:
        self.ended += number

    def expect(self, more: int) -> None:
        self.total += more

    def line(self) -> str:
        if not self.ended:
            return f"{self.what}: starting"
        rate = self.ended / max(time.monotonic() - self._start, 1e-3)
        left = (self.total - self.ended) / rate
        return (
            f"{self.what}: {self.ended:,} of {count(self.total, 'cell')}, {self.failed:,} failed, "
            f"{rate:,.0f} a second, {left:.0f} s left"
        )


class Silent:
    """A plugin in place of pytest's own terminal report."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)


class Listed(Silent):
    """The ids that are left after a collection."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.ids = [item.callspec.id for item in session.items if hasattr(item, "callspec")]


class Collector(Silent):
    """Fills in a Run while pytest goes on."""

    def __init__(self, run: Run, ended: CellCount) -> None:
        self.run = run
        self.ended = ended
        self.cells = {cell.id: cell for cell in run.cells}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.run.troubles.append(report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> None:
        self.run.troubles.append(str(excrepr))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C reaches the workers too; SIGTERM has to be passed on, or they end only in time."""
        self.interrupt(excinfo.value)
        for worker in own_children():
            try:
                os.kill(worker, signal.SIGINT)
            except ProcessLookupError:
                pass

    def interrupt(self, how: BaseException) -> None:
        self.run.interrupted = True
        self.run.cut_short = f"interrupted ({str(how) or 'SIGINT'})"

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """A worker has died; pytest-xdist has its cells run again by another."""
        cell = self.cells.get(crashitem.partition("[")[2].rpartition("]")[0])
        if cell is not None:
            outcome = self.run.outcomes.get(cell.id) or begin(cell)
            outcome.complaints.append(
                "the worker process that ran it died (killed, or out of memory?)"
            )
            report.interop = outcome.row()  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        row = getattr(report, "interop", None)
        if report.when in ("setup", "teardown") or row is None:
            if report.failed:
                self.run.troubles.append(f"{report.nodeid}\n{report.longreprtext}")
            return
        outcome = Outcome.of_row(row)
        earlier = self.run.outcomes.get(outcome.id)
        if earlier is None:
            self.ended.add(outcome.ok)
        elif report.when == "call":  # of a worker that died
            outcome.complaints = [
                *earlier.complaints,
                *(outcome.complaints or ["(run again it is as expected)"]),
            ]
        self.run.outcomes[outcome.id] = outcome


def pytest_arguments(peers: Sequence[str], expression: str | None) -> list[str]:
    arguments = ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}", "-p", "no:cacheprovider"]
    arguments += [f"--peer={peer}" for peer in peers]
    arguments += ["-k", expression] if expression else []
    return [*arguments, str(HERE / "test_cells.py")]


def _workers(cells: int) -> int:
    return 0 if cells < FEW_CELLS else len(os.sched_getaffinity(0))


def clear_kept(cells: Sequence[Cell]) -> None:
    """Removes what earlier runs kept of these cells, and the folders of processes that died."""
    for cell in cells:
        shutil.rmtree(KEPT / cell.id, ignore_errors=True)
    for folder in KEPT.glob(".*-*"):  # as interop/outcome.py names them
        if not Path("/proc", folder.name[1:].partition("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)


def play(arguments: Sequence[str], cells: Sequence[Cell], what: str = "interop") -> Run:
    """Has pytest run the cells, which `arguments` select."""
    run = Run(cells)
    ended = CellCount(len(cells), what)
    collector = Collector(run, ended)
    words = [*arguments, f"-n{_workers(len(cells))}", "--dist=loadgroup"]
    start = time.monotonic()
    try:
        with Progress(ended.line):
            status = pytest.main(words, plugins=[collector])
    except KeyboardInterrupt as how:  # before pytest's session, or for the second time
        collector.interrupt(how)
        status = pytest.ExitCode.INTERRUPTED
    run.seconds = time.monotonic() - start
    if not run.interrupted:
        by_itself = status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        run.cut_short = (
            ""
            if by_itself and not run.not_run
            else f"pytest ended with {pytest.ExitCode(status).name}"
        )
    return run


def play_alone(arguments: Sequence[str], together: Run, seed: int) -> Run:
    """Has every cell of a run played again by itself, in the random order of `seed`. A cell is as
    expected if it is that alone too, for which it has to be played both ways."""
    alone = play([*arguments, f"--alone={seed}"], together.cells, "alone")
    run = Run(together.cells, {}, together.seconds + alone.seconds, alone.cut_short)
    run.interrupted, run.seed = alone.interrupted, seed
    run.troubles = [*together.troubles, *alone.troubles]
    for name, outcome in together.outcomes.items():
        again = alone.outcomes.get(name)
        if again is not None:
            run.outcomes[name] = outcome.compared(again)
        elif not outcome.ok:
            run.outcomes[name] = outcome
    return run
