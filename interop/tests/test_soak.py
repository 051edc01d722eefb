"""A few seconds of `scripts/soak`: that it runs, and what does not depend on how long it does."""

from __future__ import annotations

import json
import sys

from interop.tests.cli_support import SHAKEDOWN, run
from scripts.lib.paths import ROOT

SOAK = [ROOT / "scripts" / "lib", "scripts.lib.soak.soak"]


def test_the_server_outlives_a_short_soak() -> None:
    words = ["--seconds", "5", "--clients", "2", "--broken", "1", "--json", "--program", SHAKEDOWN]
    done = run(*SOAK, *words, program=sys.executable)
    report = json.loads(done.stdout)
    ends = report["clients"]
    assert report["failures"] == [], done.stderr
    assert sum(kinds.get("good", 0) for kinds in ends.values()) > 10
    served, ended, *_, descriptors = report["checks"]
    assert served["ok"] and ended["ok"] and descriptors["ok"], report["checks"]


def test_soak_names_wrong_use_and_a_program_that_is_missing() -> None:
    wrong = run(*SOAK, "--seconds", "0", program=sys.executable)
    assert wrong.returncode == 2 and b"--seconds is 1 to" in wrong.stderr
    missing = run(*SOAK, "--program", "/nowhere", program=sys.executable)
    assert missing.returncode == 3 and b"/nowhere" in missing.stderr
