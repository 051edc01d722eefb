"""scripts/bench mutator: what it compares, and when it says that the mutator is worth nothing."""

from __future__ import annotations

import re

from scripts.lib.bench.bench_mutator import (
    PLANTED,
    Found,
    faults_text,
    is_lower,
    planted_faults,
    row,
)
from scripts.lib.fuzz.importing import STREAM_HEAD
from scripts.lib.paths import ROOT


def runs(*numbers: int) -> list[Found]:
    names = planted_faults()
    return [Found(100 + n, tuple(names[:n]), 1000 * n) for n in numbers]


def test_the_faults_are_those_that_the_target_has() -> None:
    names = planted_faults()
    text = (ROOT / "fuzz" / "planted_hello.c").read_text(encoding="utf-8")
    functions = re.findall(r"^static bool (\w+)\(const seen_hello \*hello\)", text, re.M)
    assert len(names) == len(set(names)) == len(functions) >= 10


def test_a_median_that_is_lower_with_the_mutator_is_told() -> None:
    assert not is_lower({"with": runs(3, 5, 9), "without": runs(1, 5, 9)})
    assert is_lower({"with": runs(3, 4, 9), "without": runs(1, 5, 9)})
    coverage_alone = {"with": [Found(10, (), 1)], "without": [Found(11, (), 1)]}
    assert is_lower(coverage_alone)


def test_the_table_has_medians_with_the_least_and_the_most() -> None:
    of = {"with": runs(3, 5, 9), "without": runs(0, 1, 2)}
    assert row(PLANTED, of) == (
        PLANTED, "105 (103-109)", "101 (100-102)", "5 (3-9)", "1 (0-2)", "5,000", "1,000",
    )  # fmt: skip
    assert row("client_hello", of)[3:5] == ("-", "-")
    first = planted_faults()[0]
    assert re.search(rf"^{first} +3 of 3 +2 of 3$", faults_text(of), re.M)


def test_streams_begin_behind_the_settings_of_a_stateful_target() -> None:
    text = (ROOT / "fuzz" / "state" / "CMakeLists.txt").read_text(encoding="utf-8")
    [head] = re.findall(r"shk_mutates_streams\(\S+ (\d+)\)", text)
    assert int(head) == STREAM_HEAD  # that it is SHK_STATE_HEADER, the compiler knows
