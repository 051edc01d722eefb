"""The matrix: one item per cell (interop/cells.py)."""

from __future__ import annotations

import pytest

from interop.cells import Cell
from interop.conftest import OUTCOME, Bulk
from interop.sockets import run_socket


def test_cell(cell: Cell, bulk: Bulk, request: pytest.FixtureRequest) -> None:
    outcome = bulk.outcome(cell) if cell.way == "mem" else run_socket(cell)
    request.node.stash[OUTCOME] = outcome
    if not outcome.ok:
        pytest.fail(outcome.text(), pytrace=False)
