"""fuzz/peer/differences.def: each row is of a seed or a regression, and says what it is."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest

from scripts.lib.paths import REGRESSIONS, ROOT

LIMIT_S = 600
VERSIONS = ("openssl 3.0.", "gnutls 3.7.")  # the libraries that the rows are of
NEWER = re.compile(r"; from \d+\.\d+ on$")  # of a row: it is of a newer version
KINDS = ("fault: ", "alert: ", "legal: ", "not implemented: ")
BUILD = ROOT / "build/dev"


@cache
def replayed() -> str:
    """What the target says of all that is committed."""
    inputs = [BUILD / "fuzz/seeds/script", REGRESSIONS / "differential"]
    command = [BUILD / "fuzz/differential", *(path for path in inputs if path.exists())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_every_row_is_needed_by_a_seed_or_a_regression() -> None:
    said = subprocess.run(
        [BUILD / "harness/shakedown", "--version"], capture_output=True, text=True, check=True
    ).stdout
    if not all(version in said for version in VERSIONS):
        pytest.skip("the rows are of other versions of the libraries")
    unneeded = [line for line in replayed().splitlines() if line.startswith("row not needed: ")]
    assert [line for line in unneeded if not NEWER.search(line)] == []


def test_every_row_says_what_it_is_and_by_which_clause() -> None:
    text = (ROOT / "fuzz/peer/differences.def").read_text(encoding="utf-8")
    reasons = re.findall(r'^SHK_DIFFERENCE\(.*, "([^"]*)"\)$', text, re.MULTILINE)
    assert len(reasons) > 50 and len(reasons) == text.count("\nSHK_DIFFERENCE(")
    assert [reason for reason in reasons if not reason.startswith(KINDS)] == []
    unclear = [reason for reason in reasons if "RFC " not in reason and "the case " not in reason]
    assert unclear == []
