"""scripts/planted: the faults apply and compile, name targets that there are, and are found."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from scripts.lib.exits import Stop
from scripts.lib.fuzz.targets import targets
from scripts.lib.paths import ROOT
from scripts.lib.planted import patches, planted, programs
from scripts.lib.planted.patches import FAMILIES, Fault
from scripts.lib.planted.planted import Outcome
from scripts.lib.planted.programs import Program, Result

DIFF = """--- a/README.md
+++ b/README.md
@@ -1,2 +1,2 @@
-# Shakedown
+# Breakdown
 
"""
FAULT = Fault("one", "A fault", FAMILIES[0], "CVE-1", ("tamper",), "state", "", DIFF)


def program(code: str) -> Program:
    command = [sys.executable, "-c", code]
    return Program("p", "dev", "p", lambda seconds, seed, folder: command, re.compile("^run (.*)"))


def test_faults_are_of_each_family() -> None:
    counts = Counter(fault.family for fault in patches.faults())
    assert sum(counts.values()) >= 60
    assert {family for family in FAMILIES if counts[family] < 5} == set()


def test_faults_name_targets_that_there_are() -> None:
    known = {*targets(), *programs.programs()}
    wrong = {name: set(f.targets) - known for f in patches.faults() for name in [f.name]}
    assert {name: names for name, names in wrong.items() if names} == {}


def test_faults_apply_and_compile() -> None:
    complaints = {fault.name: patches.compiles(fault) for fault in patches.faults()}
    assert {name: why for name, why in complaints.items() if why} == {}


def test_a_fault_changes_what_it_says_and_not_the_tree() -> None:
    before = (ROOT / "README.md").read_bytes()
    assert FAULT.content()["README.md"].startswith(b"# Breakdown\n")
    assert (ROOT / "README.md").read_bytes() == before


def test_a_fault_that_does_not_apply_is_named() -> None:
    other = Fault(*(*list(FAULT.__dict__.values())[:-1], DIFF.replace("# Shakedown", "# Other")))
    with pytest.raises(Stop, match=r"fuzz/planted/one\.patch: .*patch failed"):
        other.content()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("title: a\nfamily: downgrade\nafter: b\ntargets: c\n", "lacks the field oracles"),
        (
            "title: a\nfamily: other\nafter: b\ntargets: c\noracles: d\n",
            "no family is called other",
        ),
        (
            "title: a\nfamily: downgrade\nafter: b\ntargets: c\noracles: d\nbug: e\n",
            "no field is called bug",
        ),
    ],
)
def test_a_header_that_is_wrong_is_named(tmp_path: Path, head: str, said: str) -> None:
    path = tmp_path / "one.patch"
    path.write_text(f"{head}\n{DIFF}", encoding="utf-8")
    with pytest.raises(Stop, match=said):
        patches.read(path)


def test_a_patch_may_say_why_nothing_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "one.patch"
    head = "title: a\nfamily: downgrade\nafter: b\ntargets: c\noracles: d\nmissed: why\n"
    path.write_text(f"{head}\n{DIFF}", encoding="utf-8")
    assert patches.read(path).missed == "why"


def test_what_a_target_says_is_told() -> None:
    result = program("print('run 7: alarm of state'); raise SystemExit(1)").run(30, 1)
    assert (result.found, result.by) == (True, "7: alarm of state")
    result = program("print('SUMMARY: AddressSanitizer: x'); raise SystemExit(1)").run(30, 1)
    assert (result.found, result.by) == (True, "AddressSanitizer: x")


def test_what_finds_nothing_or_cannot_run_has_not_found() -> None:
    assert program("").run(30, 1).found is False
    result = program("print('no honest run'); raise SystemExit(3)").run(30, 1)
    assert (result.found, result.by) == (False, "status 3: no honest run")


def test_a_target_ends_when_its_time_is_spent() -> None:
    result = program("while True: pass").run(1, 1)
    assert (result.found, result.by) == (False, "")
    assert result.seconds >= 1


def test_missed_faults_fail_unless_their_patch_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    excused = Fault(**{**FAULT.__dict__, "missed": "no setting asks for it"})
    found = Outcome(FAULT, {"tamper": Result(True, "alarm", 2.0)})
    assert planted.report([found, Outcome(excused)]) == 0
    assert "2 faults, 1 found, 1 missed with a reason, 0 without" in capsys.readouterr().out
    assert planted.report([Outcome(FAULT)]) == 1


def test_outcomes_that_are_kept_are_read_again(tmp_path: Path) -> None:
    outcome = Outcome(FAULT, {"tamper": Result(True, "alarm", 2.0)}, Result(False, "", 1.0))
    other = Outcome(Fault(**{**FAULT.__dict__, "name": "gone"}))
    planted.write_outcomes(tmp_path / "kept", {"one": outcome, "gone": other})
    assert planted.read_outcomes(tmp_path / "kept", [FAULT]) == {"one": outcome}
    assert planted.read_outcomes(None, [FAULT]) == {}


def test_outcomes_of_other_faults_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Fault(**{**FAULT.__dict__, "name": "two"})
    monkeypatch.setattr(planted, "faults", lambda: [FAULT, other])
    for name in ("prepare", "build", "is_there"):
        monkeypatch.setattr(programs, name, lambda _: False)
    planted.write_outcomes(tmp_path / "kept", {"two": Outcome(other)})
    arguments = argparse.Namespace(
        keep=tmp_path / "kept", targets=None, no_baseline=True, cases=False
    )
    planted.plant([FAULT], arguments)
    assert planted.read_outcomes(tmp_path / "kept", [FAULT, other]).keys() == {"one", "two"}


def test_a_target_that_finds_something_without_a_fault_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planted, "program", lambda name: program("raise SystemExit(1)"))
    with pytest.raises(Stop, match="tamper without any fault"):
        planted.without_fault({"tamper"}, argparse.Namespace(seconds=30, seed=None))
