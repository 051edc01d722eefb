"""The faults that scripts/planted-faults plants."""

from __future__ import annotations

import pytest

from scripts.lib.def_tables import rows
from scripts.lib.paths import ROOT
from scripts.lib.planted_faults import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_place_of_a_fault_is_there_once(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.right) == 1


def test_an_oracle_that_finds_a_fault_has_a_row() -> None:
    table = ROOT / "harness" / "oracle" / "oracles.def"
    names = {row.name for row in rows(table, "SHK_ORACLE", 3)}
    assert {fault.oracle for fault in FAULTS} <= names
