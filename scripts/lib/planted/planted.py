"""Plants each fault of fuzz/planted in a copy of our TLS, and tells what finds it.

    scripts/planted                              all faults, each target for 120 s
    scripts/planted client13 downgrade           those whose name or family has one of the words
    scripts/planted --sample 10 --seconds 20     some of them, by chance
    scripts/planted --targets tamper,pair        by these alone
    scripts/planted --cases                      by the scripts of corpora/cases, too
    scripts/planted --check                      only whether all apply and compile
    scripts/planted --list                       print names, families and targets

The copy is built once with sanitizers, and for each fault what depends on the file that it changes.
The targets that should see it run one after another from the committed seeds, each until it has
found something or used its seconds of one core, up to the first that has. Before that all of them
run as long without a fault, and must find nothing. A target is a fuzz target, or a program of
fuzz/planted/programs.toml; inputs that found something stay in out/planted. Scripts of
corpora/cases name faults, and so do not count as finding.

Exit: 0 all found, but for those whose patch says why not; 1 not so; 2 wrong use; 3 something is
missing.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.lib.exits import Stop, run_main
from scripts.lib.planted import programs
from scripts.lib.planted.patches import FAMILIES, Fault, compiles, faults
from scripts.lib.planted.programs import Result, program
from scripts.lib.ready import ready
from scripts.lib.words import columns, count

SECONDS = 120
CASES = "cases"
MOST_SECONDS = 86400 // programs.CLOCK


@dataclass
class Outcome:
    """What became of a fault: the results of the targets that ran, in order."""

    fault: Fault
    results: dict[str, Result] = field(default_factory=dict)
    by_cases: Result | None = None

    @property
    def finder(self) -> str:
        """The target that found it; "": none."""
        return next((name for name, result in self.results.items() if result.found), "")

    def line(self) -> str:
        found = self.results.get(self.finder)
        told = f"{self.finder} {found.seconds:.1f} s: {found.by}" if found else self._not_found()
        if self.by_cases is not None:
            told += f" [cases: {self.by_cases.by or 'not found'}]"
        return f"{'found ' if found else 'missed'}  {self.fault.name}  {told}"

    def _not_found(self) -> str:
        ran = ", ".join(
            f"{name} {result.seconds:.0f} s{result.by and f' ({result.by})'}"
            for name, result in self.results.items()
        )
        return f"{ran or 'no target is there'}{self.fault.missed and ': ' + self.fault.missed}"


def chosen(every: list[Fault], arguments: argparse.Namespace) -> list[Fault]:
    words = arguments.word
    some = [f for f in every if not words or any(w in f"{f.name} {f.family}" for w in words)]
    if not some:
        raise Stop(2, f"no fault is called {' or '.join(words)}; --list names all")
    if arguments.sample:
        seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
        print(f"planted: some of {count(len(some), 'fault')}, --seed {seed}", flush=True)
        drawn = random.Random(seed).sample(some, min(arguments.sample, len(some)))
        some = [fault for fault in some if fault in drawn]
    return some


def targets_of(fault: Fault, arguments: argparse.Namespace) -> list[str]:
    """Those that are wanted and there."""
    wanted = arguments.targets.split(",") if arguments.targets else fault.targets
    return [name for name in fault.targets if name in wanted and programs.is_there(name)]


def without_fault(names: set[str], arguments: argparse.Namespace) -> None:
    """What finds something where nothing is planted proves nothing."""
    for name in sorted(names):
        result = program(name).run(arguments.seconds, arguments.seed or 1)
        if result.by:
            raise Stop(1, f"{name} without any fault: {result.by}")


def try_fault(fault: Fault, names: list[str], arguments: argparse.Namespace) -> Outcome:
    outcome = Outcome(fault)
    programs.prepare(fault)
    programs.build([*names, *([CASES] * arguments.cases)])
    for name in names:
        outcome.results[name] = program(name).run(arguments.seconds, arguments.seed or 1)
        if outcome.results[name].found and not arguments.all_targets:
            break
    if arguments.cases:
        outcome.by_cases = program(CASES).run(MOST_SECONDS, 1)
    return outcome


def report(outcomes: list[Outcome]) -> int:
    """Tells how many of each family were found; the exit code."""
    rows = [("family", "faults", "found", "by cases")]
    for family in FAMILIES:
        own = [outcome for outcome in outcomes if outcome.fault.family == family]
        by_cases = sum(o.by_cases is not None and o.by_cases.found for o in own)
        if own:
            found = sum(outcome.finder != "" for outcome in own)
            rows.append((family, str(len(own)), str(found), str(by_cases)))
    print(columns(rows))
    missed = [outcome for outcome in outcomes if not outcome.finder]
    unexcused = [outcome for outcome in missed if not outcome.fault.missed]
    print(
        f"planted: {count(len(outcomes), 'fault')}, {len(outcomes) - len(missed):,} found, "
        f"{len(missed) - len(unexcused):,} missed with a reason, {len(unexcused):,} without"
    )
    return 1 if unexcused else 0


def read_outcomes(path: Path | None, every: list[Fault]) -> dict[str, Outcome]:
    """What an earlier run has kept, of the faults that there still are."""
    kept = {} if path is None or not path.exists() else json.loads(path.read_text("utf-8"))
    faults_by_name = {fault.name: fault for fault in every}
    outcomes = {}
    for name in kept.keys() & faults_by_name.keys():
        results = {target: Result(**result) for target, result in kept[name]["results"].items()}
        by_cases = kept[name]["by_cases"] and Result(**kept[name]["by_cases"])
        outcomes[name] = Outcome(faults_by_name[name], results, by_cases)
    return outcomes


def write_outcomes(path: Path, outcomes: dict[str, Outcome]) -> None:
    kept = {name: asdict(outcome) for name, outcome in sorted(outcomes.items())}
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def check(some: list[Fault]) -> int:
    bad = 0
    for fault in some:
        complaint = compiles(fault)
        if complaint:
            print(f"{fault.name} does not compile:\n{complaint}")
            bad += 1
    print(f"planted: {count(len(some), 'fault')}, {len(some) - bad:,} apply and compile")
    return 1 if bad else 0


def plant(some: list[Fault], arguments: argparse.Namespace) -> int:
    programs.prepare(None)
    names = {fault.name: targets_of(fault, arguments) for fault in some}
    used = {name for own in names.values() for name in own}
    absent = {name for f in some for name in f.targets if not programs.is_there(name)}
    if absent:
        print(f"planted: not in this tree: {', '.join(sorted(absent))}", flush=True)
    if used and not arguments.no_baseline:
        programs.build(used)
        without_fault(used, arguments)
    kept = read_outcomes(arguments.keep, faults())  # of all: it is written again
    for fault in some:
        if fault.name not in kept:
            kept[fault.name] = try_fault(fault, names[fault.name], arguments)
        print(kept[fault.name].line(), flush=True)
        if arguments.keep is not None:
            write_outcomes(arguments.keep, kept)
    return report([kept[fault.name] for fault in some])


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/planted",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("word", nargs="*", help="only faults whose name or family has it")
    parser.add_argument("--seconds", type=int, default=SECONDS, metavar="N", help="for each target")
    parser.add_argument("--targets", metavar="NAME,...", help="of those of a fault only these")
    parser.add_argument("--all-targets", action="store_true", help="also behind one that found it")
    parser.add_argument("--cases", action="store_true", help="play corpora/cases, too")
    parser.add_argument("--no-baseline", action="store_true", help="no run without a fault before")
    parser.add_argument("--sample", type=int, metavar="N", help="only N faults, by chance")
    parser.add_argument("--seed", type=int, metavar="N", help="of the chance, and of the targets")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="keep outcomes there, and try no fault of it again",
    )
    parser.add_argument("--check", action="store_true", help="only whether all apply and compile")
    parser.add_argument("--list", action="store_true", help="print the faults")
    arguments = parser.parse_args()
    if not 1 <= arguments.seconds <= MOST_SECONDS:
        parser.error(f"--seconds takes a number from 1 to {MOST_SECONDS}")
    if arguments.sample is not None and arguments.sample < 1:
        parser.error("--sample takes a number from 1 on")
    return arguments


def main() -> int:
    arguments = parsed()
    ready()
    some = chosen(faults(), arguments)
    if arguments.list:
        print(columns([(f.name, f.family, f.after, " ".join(f.targets)) for f in some]))
        return 0
    return check(some) if arguments.check else plant(some, arguments)


if __name__ == "__main__":
    run_main("planted", main)
