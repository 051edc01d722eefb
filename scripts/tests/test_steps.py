"""scripts/run and scripts/test tell what ran and what did not, and end what they have started."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from scripts.lib.suites import all_tests
from scripts.tests.support import LIMIT_S, Tree

FUZZ = {"summary": "2 targets, 9 executions, 0 crashes", "targets": [], "crashes": []}
TARGET = {"name": "finished", "executions": 9, "exec_per_s": 9, "coverage": 1, "corpus": 1}
TARGET |= {"crashes": 0, "status": "done", "note": ""}
CELLS = {"cells": 1234, "as_expected": 1234, "failed": 0, "not_run": 0}
REPRODUCE = "scripts/repro corpora/regressions/finished/x"
CRASH = {
    "kind": "heap-buffer-overflow",
    "where": ["take", "shk_u8"],
    "reproduce": REPRODUCE,
    "targets": {"finished": "scripts/repro out/fuzz/finished/crashes/x", "key_update": "..."},
}
# Takes the place of a step: writes its results, says so, and ends as $END has it.
STEP = """#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = --json ] && cp "$0.json" "$2"; shift; done
echo "$(basename "$0") is here"
END
"""
FEW_STEPS = (
    "from scripts.lib.exits import run_main\nfrom scripts.lib.suites.steps import Step, run_all\n"
)
WAIT = "trap 'exit 130' INT\nwhile :; do sleep 0.1; done"


def step(tree: Tree, name: str, end: str, facts: object) -> None:
    path = tree.root / "scripts" / name
    path.write_text(STEP.replace("END", end))
    path.chmod(0o755)
    path.with_name(f"{name}.json").write_text(json.dumps(facts))


@pytest.fixture
def good(tree: Tree) -> Tree:
    step(tree, "fuzz", "exit 0", {**FUZZ, "targets": [TARGET]})
    step(tree, "interop", "exit 0", CELLS)
    return tree


def report(tree: Tree) -> str:
    return (tree.root / "out/run/report.html").read_text(encoding="utf-8")


def interrupt(process: subprocess.Popen[str], after: str) -> tuple[str, str]:
    """Once it has said so."""
    assert process.stdout is not None
    while after not in (line := process.stdout.readline()):
        assert line, process.stderr and process.stderr.read()
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=LIMIT_S)


def test_a_good_run_says_so(good: Tree) -> None:
    done = good.run("suites.fuzz_and_matrix")
    assert done.returncode == 0, done.stderr
    assert "fuzz:    2 targets, 9 executions, 0 crashes\n" in done.stdout
    assert "interop: 1,234 cells, 1,234 as expected, 0 failed\n" in done.stdout
    assert "<p class='good'>as expected</p>" in report(good)


def test_wrong_use_is_refused_before_anything_runs(good: Tree) -> None:
    for words in (["--seconds", "0"], ["--seconds", "nan"], ["--seconds", "x"], ["--nope"]):
        done = good.run("suites.fuzz_and_matrix", *words)
        assert done.returncode == 2 and done.stdout == "", words
        assert words[0] in done.stderr


def test_crashes_are_listed_once_with_their_targets(good: Tree) -> None:
    step(good, "fuzz", "exit 1", {**FUZZ, "targets": [TARGET], "crashes": [CRASH]})
    assert good.run("suites.fuzz_and_matrix").returncode == 1
    page = report(good)
    assert page.count("<li><b>heap-buffer-overflow</b>: take &lt; shk_u8<br>") == 1
    assert "2 targets: finished, key_update" in page and REPRODUCE in page


@pytest.mark.parametrize("name", ["fuzz", "interop"])
def test_an_interrupted_run_says_so_and_leaves_no_page_of_the_last_one(
    good: Tree, name: str
) -> None:
    assert good.run("suites.fuzz_and_matrix").returncode == 0
    facts = json.loads((good.root / f"scripts/{name}.json").read_text())
    facts |= {"as_expected": 1, "not_run": 1233} if name == "interop" else {}
    step(good, name, WAIT, facts)
    with good.start("suites.fuzz_and_matrix") as process:
        out, err = interrupt(process, f"{name} is here")
    assert process.returncode == 130, err
    assert "run:     interrupted: not all of it was run\n" in out
    expected = (
        "not run" if name == "fuzz" else "1,234 cells, 1 as expected, 0 failed, 1,233 did not run"
    )
    assert f"interop: {expected}\n" in out
    assert "<p class='bad'>interrupted: not all of it was run</p>" in report(good)
    assert "as expected</p>" not in report(good) and expected in report(good)


def test_a_run_that_is_killed_leaves_no_page_of_the_last_one(good: Tree) -> None:
    assert good.run("suites.fuzz_and_matrix").returncode == 0
    step(good, "fuzz", "kill -9 $PPID", FUZZ)
    assert good.run("suites.fuzz_and_matrix").returncode == -signal.SIGKILL
    assert "<p class='bad'>this run has not ended</p>" in report(good)


def test_a_step_that_is_interrupted_is_not_counted_and_neither_are_those_after(tree: Tree) -> None:
    (tree.root / "scripts/lib/few.py").write_text(
        FEW_STEPS + "good = Step('first', ['true'], 9)\n"
        "steps = [good, Step('second', ['sh', '-c', 'echo here; exec sleep 1000'], 9)]\n"
        "run_main('few', lambda: run_all([*steps, Step('third', ['true'], 9)]))\n"
    )
    with tree.start("few") as process:
        out, err = interrupt(process, "here")
    assert process.returncode == 130, err
    assert "second                             interrupted\n" in out
    assert "third                              not run\n" in out
    assert out.endswith("interrupted: 1 passed, 0 failed, 2 steps of 3 not run to the end\n")


def test_what_a_failed_build_was_for_is_not_run(tree: Tree, tmp_path: Path) -> None:
    (tree.root / "scripts/lib/few.py").write_text(
        FEW_STEPS + "built = Step('build', ['false'], 9)\n"
        "run_main('few', lambda: run_all([built, Step('tests', ['true'], 9, needs=built)]))\n"
    )
    done = tree.run("few")
    assert done.returncode == 1
    assert done.stdout.endswith("0 passed, 1 failed, 1 step of 2 not run to the end\n")


def test_tests_need_what_they_are_for() -> None:
    steps = {step.name: step for step in all_tests.plan(quick=False)}
    for preset in ("dev", "asan"):
        built = steps[f"unit tests and corpora, {preset}"].needs
        assert built is steps[f"build {preset}"] and built.needs is steps[f"configure {preset}"]
    for name in ("programs, matrix and scripts", "interop"):
        assert steps[name].needs is steps["build dev"]
