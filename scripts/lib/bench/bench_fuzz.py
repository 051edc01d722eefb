"""Compares the speed of fuzz targets with that of a target that does nothing.

For each TARGET (default: those of all handshake messages) and for the target `empty`, libFuzzer
runs with the target's seeds, the same options and the same random seed, in turn, on one core, for
--seconds each in each of --rounds rounds. The figures are libFuzzer's own count of executions over
that time; of the rounds the best of each counts, since what disturbs only slows down. `share` is
the target's speed as a share of that of `empty` over the same seeds; the goal is one fifth, and for
a stateful target, which runs a connection, 50,000 executions per second.
Exit: 0 all reach the goal, 1 one does not, 2 wrong use, 3 something is missing, such as clang.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib import processes
from scripts.lib.def_tables import rows
from scripts.lib.exits import Stop
from scripts.lib.files import command_line, remove_old, write_result
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.targets import stateful_targets, unknown_targets
from scripts.lib.paths import SEEDS
from scripts.lib.presets import build_fuzzers
from scripts.lib.ready import ready
from scripts.lib.words import columns, count

GOAL = 1 / 5
STATEFUL_GOAL = 50_000  # executions per second
EMPTY = "empty"


@dataclass
class Measured:
    """Executions per second, one figure a round."""

    target: str
    speeds: list[int] = field(default_factory=list)
    empty_speeds: list[int] = field(default_factory=list)

    @property
    def share(self) -> float:
        return max(self.speeds) / max(self.empty_speeds)

    @property
    def reaches_goal(self) -> bool:
        if self.target in stateful_targets():
            return max(self.speeds) >= STATEFUL_GOAL
        return self.share >= GOAL

    def cells(self) -> tuple[str, ...]:
        return (
            self.target,
            f"{max(self.speeds):,}",
            f"{max(self.empty_speeds):,}",
            f"1/{1 / self.share:.2f}",
            "yes" if self.reaches_goal else "NO",
        )

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.target,
            "exec_per_s": max(self.speeds),
            "empty_exec_per_s": max(self.empty_speeds),
            "share": round(self.share, 4),
            "reaches_goal": self.reaches_goal,
        }


def speed(program: str, seeds_of: str, seconds: float) -> int:
    """Executions per second, as libFuzzer counts them, of one run over a target's seeds."""
    with tempfile.TemporaryDirectory() as work:
        corpus = Path(work) / "corpus"
        shutil.copytree(SEEDS / seeds_of, corpus)
        arguments = [
            *libfuzzer.fuzz_arguments(seeds_of),
            "-seed=1",
            "-keep_seed=1",
            str(corpus),
        ]
        run = libfuzzer.run(program, arguments, seconds, prefix=processes.on_one_core())
    if run.returncode != 0 or run.status.executions == 0:
        again = command_line(*run.command)
        raise Stop(1, f"{run.output[-2000:]}\n{program} failed ({run.end}); again: {again}")
    return round(run.status.executions / seconds)


def measure(targets: list[str], seconds: float, rounds: int) -> list[Measured]:
    results = [Measured(target) for target in targets]
    for number in range(1, rounds + 1):
        for done, measured in enumerate(results):
            left = ((rounds - number) * len(results) + len(results) - done) * 2 * seconds
            print(
                f"round {number} of {rounds}: {measured.target}, {left:.0f} s left",
                file=sys.stderr,
            )
            measured.empty_speeds.append(speed(EMPTY, measured.target, seconds))
            measured.speeds.append(speed(measured.target, measured.target, seconds))
    return results


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", metavar="TARGET", nargs="*")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run; default: 3")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="results for programs")
    options = parser.parse_args(given)
    if options.seconds <= 0 or options.rounds < 1:
        parser.error("--seconds and --rounds must be above 0")
    return run(options)


def run(options: argparse.Namespace) -> int:
    complaints = unknown_targets(options.targets)
    if complaints:
        raise Stop(2, "\nbench: ".join(complaints))
    remove_old(options.json, "--json")
    ready()
    targets = options.targets or [row.name for row in rows("messages")]
    build_fuzzers([*targets, EMPTY])
    results = measure(targets, options.seconds, options.rounds)
    head = ("target", "exec/s", "empty exec/s", "share", "goal reached")
    print(columns([head, *(row.cells() for row in results)]))
    if options.json is not None:
        content = {
            "goal": GOAL,
            "stateful_goal": STATEFUL_GOAL,
            "targets": [row.to_json() for row in results],
        }
        write_result(options.json, json.dumps(content, indent=2) + "\n")
    missed = [row.target for row in results if not row.reaches_goal]
    verdict = f"missed by {', '.join(missed)}" if missed else "reached by all"
    print(f"bench: {count(len(results), 'target')}, the goal is {verdict}")
    return 1 if missed else 0
