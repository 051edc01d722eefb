"""Compares what fuzzing finds with the mutator of fuzz/mutate, and with libFuzzer's own alone.

Each TARGET is fuzzed from an empty corpus for --seconds, once with and once without the mutator for
each of --seeds random seeds, --jobs runs at a time; all else is the same, the dictionary included.
`coverage` are the edges that libFuzzer counts, `faults` those of the faults planted into the target
planted_hello (fuzz/planted_hello.c) that were met. Figures are medians over the seeds, with the
least and the most in brackets. Exit: 0 with the mutator no target has a lower median of coverage or
faults, 1 one has, 2 wrong use, 3 something is missing, such as clang.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.asan import start_words
from scripts.lib.exits import Stop
from scripts.lib.files import command_line, remove_old, write_result
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.targets import unknown_targets
from scripts.lib.options import seconds
from scripts.lib.paths import ROOT
from scripts.lib.presets import build_fuzzers
from scripts.lib.ready import ready
from scripts.lib.words import columns, count

PLANTED = "planted_hello"
FAULTS_OF = ROOT / "fuzz" / "planted_hello.c"
DEFAULT = ("client_hello", "server_hello", "encrypted_extensions", "certificate_request", PLANTED)
WAYS = ("with", "without")
HEAD = ("target", "coverage with", "without", "faults with", "without", "exec/s with", "without")


@dataclass(frozen=True)
class Found:
    """What one run found."""

    coverage: int
    faults: tuple[str, ...]
    exec_per_s: int


def fuzz(target: str, way: str, seed: int, limit: float) -> Found:
    with tempfile.TemporaryDirectory(prefix="shakedown-mutator-") as corpus:
        arguments = [*libfuzzer.fuzz_arguments(target), f"-seed={seed}", corpus]
        variables = {"SHAKEDOWN_MUTATOR": "on" if way == "with" else "off"}
        run = libfuzzer.run(target, arguments, limit, variables=variables)
    if run.returncode != 0 or run.status.executions == 0:
        again = command_line(*run.command)
        raise Stop(1, f"{run.output[-2000:]}\n{target} failed ({run.end}); again: {again}")
    faults = tuple(
        line.removeprefix("planted: ").strip() for line in run.lines if line.startswith("planted: ")
    )
    return Found(run.status.coverage, faults, round(run.status.executions / limit))


def measure(targets: list[str], given: argparse.Namespace) -> dict[tuple[str, str], list[Found]]:
    plan = [
        (target, way, seed)
        for target in targets
        for seed in range(1, given.seeds + 1)
        for way in WAYS
    ]
    found: dict[tuple[str, str], list[Found]] = {(t, w): [] for t in targets for w in WAYS}
    with ThreadPoolExecutor(max_workers=given.jobs) as pool:
        futures = [pool.submit(fuzz, *what, given.seconds) for what in plan]
        try:
            for done, ((target, way, seed), future) in enumerate(
                zip(plan, futures, strict=True), 1
            ):
                found[target, way].append(future.result())
                left = (len(plan) - done) * given.seconds / given.jobs
                print(
                    f"{done} of {len(plan)}: {target} {way} the mutator, seed {seed}; "
                    f"{left:.0f} s left",
                    file=sys.stderr,
                )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


def median_text(values: list[int]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,}-{max(values):,})"


def row(target: str, of: dict[str, list[Found]]) -> tuple[str, ...]:
    cells = [target, *(median_text([run.coverage for run in of[way]]) for way in WAYS)]
    for way in WAYS:
        numbers = [len(run.faults) for run in of[way]]
        cells.append(median_text(numbers) if target == PLANTED else "-")
    for way in WAYS:
        cells.append(f"{statistics.median(run.exec_per_s for run in of[way]):,.0f}")
    return tuple(cells)


def is_lower(of: dict[str, list[Found]]) -> bool:
    """Whether a median is lower with the mutator."""
    coverage = [statistics.median(run.coverage for run in of[way]) for way in WAYS]
    faults = [statistics.median(len(run.faults) for run in of[way]) for way in WAYS]
    return coverage[0] < coverage[1] or faults[0] < faults[1]


def planted_faults() -> list[str]:
    text = FAULTS_OF.read_text(encoding="utf-8")
    lines = text.partition("} faults[] = {")[2].partition("};")[0].splitlines()
    return [line.split('"')[1] for line in lines if '"' in line]


def faults_text(of: dict[str, list[Found]]) -> str:
    """How many of the runs met each fault."""
    rows: list[tuple[str, ...]] = [("fault", *WAYS)]
    for name in planted_faults():
        met = [sum(name in run.faults for run in of[way]) for way in WAYS]
        rows.append((name, *(f"{n} of {len(of[WAYS[0]])}" for n in met)))
    return columns(rows)


def run(given: argparse.Namespace) -> int:
    targets = list(dict.fromkeys(given.targets or DEFAULT))
    complaints = unknown_targets(name for name in targets if name != PLANTED)
    if complaints:
        raise Stop(2, "\nbench: ".join(complaints))
    remove_old(given.json, "--json")
    ready()
    build_fuzzers(targets)
    start_words()
    found = measure(targets, given)
    by_target = {target: {way: found[target, way] for way in WAYS} for target in targets}
    print(columns([HEAD, *(row(target, of) for target, of in by_target.items())]))
    if PLANTED in by_target:
        print(f"\n{faults_text(by_target[PLANTED])}\n")
    content = {
        "seconds": given.seconds,
        "targets": {
            target: {way: [vars(found) for found in of[way]] for way in WAYS}
            for target, of in by_target.items()
        },
    }
    write_result(given.json, json.dumps(content, indent=2) + "\n")
    lower = [target for target, of in by_target.items() if is_lower(of)]
    verdict = f"finds less in {', '.join(lower)}" if lower else "finds no less in any"
    print(f"bench: {count(len(targets), 'target')}, the mutator {verdict}")
    return 1 if lower else 0


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench mutator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument(
        "targets", metavar="TARGET", nargs="*", help=f"default: {' '.join(DEFAULT)}"
    )
    parser.add_argument("--seconds", type=seconds, default=60.0, help="of each run; default: 60")
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--jobs", type=int, default=cores, help=f"at a time; default: {cores}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="results for programs")
    options = parser.parse_args(given)
    if options.seeds < 1 or options.jobs < 1:
        parser.error("--seeds and --jobs must be at least 1")
    return run(options)
