"""Writes impl/registry/error_tests.def: which unit tests provoke which row of errors.def.

The unit tests say so themselves, at run time: what they assert a failure to be, they note.

    scripts/error-tests            run the unit tests of build/dev and write the table
    scripts/error-tests --check    only tell whether it is up to date, and every row has a test

Exit: 0 all good, 1 a test failed, the table is out of date or a row has no test, 2 wrong use,
3 the unit tests are not built.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import patience
from ending import Stop, end
from files import result
from ready import ready
from tables import REGISTRY, ROOT, rows
from words import count

TABLE = REGISTRY / "error_tests.def"
PROGRAMS = ROOT / "build" / "dev" / "impl"
LIMIT_S = 120  # of processor time, for one program
HEAD = (
    "/* Made by scripts/error-tests from what the unit tests say when they run; do not edit.\n"
    " * SHK_ERROR_TEST(row of errors.def, test that provokes it). */\n"
)


def observed() -> set[tuple[str, str]]:
    """Runs all unit tests; (row, FILE:FUNCTION) of every failure that one asserts."""
    programs = sorted(PROGRAMS.glob("impl_test_*"))
    if not programs:
        raise Stop(3, f"no unit tests in {PROGRAMS.relative_to(ROOT)}; build preset dev")
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        notes.touch()
        environment = {**os.environ, "SHK_ERROR_TESTS": str(notes)}
        for program in programs:
            try:
                done = patience.run([str(program)], LIMIT_S, env=environment)
            except patience.GivenUp as why:
                raise Stop(1, f"{program.name}: {why}") from None
            if done.returncode != 0:
                raise Stop(1, f"{program.name} failed ({done.returncode}):\n{done.stderr}")
        found = set()
        for line in notes.read_text(encoding="utf-8").splitlines():
            row, test = line.split(" ", 1)
            path, _, function = test.rpartition(":")
            found.add((row, f"{Path(path).stem}:{function}"))
        return found


def text(found: set[tuple[str, str]]) -> str:
    order = {row.name: number for number, row in enumerate(rows("errors"))}
    in_order = sorted(found, key=lambda pair: (order[pair[0]], pair[1]))
    return HEAD + "".join(f'SHK_ERROR_TEST({row}, "{test}")\n' for row, test in in_order)


def unhit(found: set[tuple[str, str]]) -> list[str]:
    hit = {row for row, _ in found}
    return [row.name for row in rows("errors") if row.name not in hit]


def work(check: bool) -> None:
    found = observed()
    wanted = text(found)
    if not check:
        result(TABLE, wanted)
        print(f"error-tests: {count(len(found), 'row')} in {TABLE.relative_to(ROOT)}")
    elif not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != wanted:
        raise Stop(1, f"{TABLE.relative_to(ROOT)} is out of date; run scripts/error-tests")
    if missing := unhit(found):
        raise Stop(1, f"no unit test provokes {', '.join(missing)}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/error-tests",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    ready()
    work(check)
    return 0


if __name__ == "__main__":
    end("error-tests", main)
