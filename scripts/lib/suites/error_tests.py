"""Writes impl/registry/error_tests.def: which unit tests provoke which row of errors.def.

The unit tests say so themselves, at run time: what they assert a failure to be, they note.

    scripts/error-tests            run the unit tests of build/dev and write the table
    scripts/error-tests --check    only tell whether it is up to date, and every row has a test

Exit: 0 all good, 1 a test failed, the table is out of date or a row has no test, 2 wrong use,
3 the unit tests are not built.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from scripts.lib import processes
from scripts.lib.def_tables import rows
from scripts.lib.exits import Stop, run_main
from scripts.lib.files import write_result
from scripts.lib.paths import REGISTRY, ROOT
from scripts.lib.ready import ready
from scripts.lib.words import count

TABLE = REGISTRY / "error_tests.def"
BUILD = ROOT / "build" / "dev"
LIMIT_S = 120  # of processor time, for one program
HEAD = (
    "/* Made by scripts/error-tests from what the unit tests say when they run; do not edit.\n"
    " * SHK_ERROR_TEST(row of errors.def, test that provokes it). */\n"
)


def programs() -> list[str]:
    """The unit tests' programs: those of ctest, not what else an older build has left."""
    found: list[str] = []
    if (BUILD / "CTestTestfile.cmake").is_file():
        listed = processes.run(["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"], LIMIT_S)
        commands = [test.get("command", [""]) for test in json.loads(listed.stdout)["tests"]]
        found = sorted(command[0] for command in commands if "/impl_test_" in command[0])
    if not found:
        raise Stop(3, f"no unit tests in {BUILD.relative_to(ROOT)}; build preset dev")
    return found


def observed() -> set[tuple[str, str]]:
    """Runs all unit tests; (row, FILE:FUNCTION) of every failure that one asserts."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        notes.touch()
        environment = {**os.environ, "SHK_ERROR_TESTS": str(notes)}
        for program in programs():
            name = Path(program).name
            try:
                done = processes.run([program], LIMIT_S, env=environment)
            except processes.GivenUp as why:
                raise Stop(1, f"{name}: {why}") from None
            if done.returncode != 0:
                raise Stop(1, f"{name} failed ({done.returncode}):\n{done.stderr}")
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
        write_result(TABLE, wanted)
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
    run_main("error-tests", main)
