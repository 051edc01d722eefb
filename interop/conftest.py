"""pytest's side of the matrix: each cell is an item; cells in memory run in bulk, by groups."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence

import pytest

from interop.cells import Cell, matrix
from interop.memory import outcome_of, run_alone, run_bulk
from interop.outcome import Outcome

# Cells in memory that one process of `shakedown pair` runs: enough that its start does not count,
# and few enough that all workers of pytest-xdist get some.
GROUP_SIZE = 48
OUTCOME = pytest.StashKey[Outcome]()
BULK = pytest.StashKey["Bulk"]()


class Bulk:
    """Outcomes of cells in memory. The first cell of a group has the whole group run, as far as it
    is selected; pytest-xdist hands a group to one worker (--dist loadgroup).
    A cell of no group is run alone."""

    def __init__(self) -> None:
        self.groups: dict[str, list[Cell]] = {}
        self._group_of: dict[str, str] = {}
        self._outcomes: dict[str, Outcome] = {}

    def add(self, group: str, cell: Cell) -> None:
        self.groups.setdefault(group, []).append(cell)
        self._group_of[cell.id] = group

    def outcome(self, cell: Cell) -> Outcome:
        if cell.id not in self._group_of:
            return run_alone(cell, keep=False)
        if cell.id not in self._outcomes:
            members = self.groups[self._group_of[cell.id]]
            verdicts = run_bulk(members)
            self._outcomes |= {other.id: outcome_of(other, verdicts[other.id]) for other in members}
        outcome = self._outcomes[cell.id]
        return outcome if outcome.ok else _run_again(cell, outcome)


def _run_again(cell: Cell, outcome: Outcome) -> Outcome:
    """Runs a failed cell again by itself, with a recording."""
    alone = run_alone(cell)
    if alone.ok:
        alone.complaints = [*outcome.complaints, "(run alone it is as expected)"]
    return alone


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("interop")
    group.addoption("--peer", action="append", default=[], help="cells of this peer only")
    group.addoption("--alone", type=int, help="each cell by itself, in the order of this seed")


def selected(peers: Sequence[str]) -> list[Cell]:
    """The cells of these peers; of all without any."""
    return [cell for cell in matrix()[0] if not peers or cell.peer in peers]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" not in metafunc.fixturenames:
        return
    parameters = []
    in_memory = 0
    for cell in selected(metafunc.config.getoption("--peer")):
        marks = []
        if cell.way == "mem" and metafunc.config.getoption("--alone") is None:
            marks = [pytest.mark.xdist_group(f"mem-{in_memory // GROUP_SIZE}")]
            in_memory += 1
        parameters.append(pytest.param(cell, id=cell.id, marks=marks))
    metafunc.parametrize("cell", parameters)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seed = config.getoption("--alone")
    if seed is not None:
        random.Random(seed).shuffle(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is left after -k and the like."""
    bulk = Bulk()
    for item in session.items:
        cell = item.callspec.params.get("cell") if hasattr(item, "callspec") else None
        mark = item.get_closest_marker("xdist_group")
        if cell is not None and mark is not None:
            bulk.add(str(mark.args[0]), cell)
    session.config.stash[BULK] = bulk


@pytest.fixture(scope="session")
def bulk(pytestconfig: pytest.Config) -> Bulk:
    return pytestconfig.stash[BULK]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attaches the outcome to the report, which pytest-xdist sends to the main process."""
    report = yield
    outcome = item.stash.get(OUTCOME, None)
    if outcome is not None:
        report.interop = outcome.row()  # type: ignore[attr-defined]
    return report
