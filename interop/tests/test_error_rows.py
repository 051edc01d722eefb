"""`shakedown errors`: a unit test provokes every row, and the counts are up to date."""

from __future__ import annotations

import re
import subprocess
import sys

from interop.tests.cli_support import run
from scripts.lib.def_tables import rows
from scripts.lib.paths import ROOT

SCRIPT = [ROOT / "scripts" / "lib", "scripts.lib.suites.error_tests"]


def test_every_error_row_is_provoked_and_the_table_is_up_to_date() -> None:
    # The script itself bounds what it runs, by the time that it needs of a processor.
    command = [sys.executable, *map(str, SCRIPT), "--check"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_errors_prints_each_row_with_the_number_of_its_tests() -> None:
    lines = run("errors").stdout.decode().splitlines()[1:]
    lines = [line for line in lines if not line.startswith(" ")]  # what is tolerated, and why
    printed = {line.split()[0]: int(line.split()[1]) for line in lines}
    assert list(printed) == [row[0] for row in rows("errors", "SHK_ERROR")]
    assert min(printed.values()) > 0


def test_errors_names_the_tests_where_asked() -> None:
    shown = run("errors", "--tests").stdout.decode()
    named = re.search(r"^BAD_BINDER +(\d+) .*\n((?: +test_\w+:\w+\n)+)", shown, re.M)
    assert named is not None
    assert len(named[2].splitlines()) == int(named[1])
