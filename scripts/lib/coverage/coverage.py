"""Measures what the committed corpora alone reach of impl/: the seeds and regressions of targets
that decode or feed a connection, and with them the cases of corpora/cases, by all targets that play
scripts and by `shakedown play` against our own TLS.

It builds preset coverage, runs what ctest calls fuzz_corpus_*, then `shakedown play`, prints a
table of the folders of impl/, and leaves in out/coverage/ the sources with counts (index.html) and
the list of what is not reached for no reason that fuzz/unreached.toml gives (unreached.txt).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes
from scripts.lib.coverage import lcov
from scripts.lib.coverage.lcov import File, Share
from scripts.lib.coverage.reasons import Explained, Place, explain, rows_of
from scripts.lib.exits import Stop, run_main
from scripts.lib.files import save_text, shown_path
from scripts.lib.fuzz.targets import script_targets
from scripts.lib.paths import CASES, OUT, ROOT
from scripts.lib.presets import build
from scripts.lib.ready import ready
from scripts.lib.words import columns, count

BUILD = ROOT / "build" / "coverage"
FOLDER = OUT / "coverage"
REASONS = ROOT / "fuzz" / "unreached.toml"
PROGRAM = BUILD / "harness" / "shakedown"
TESTS = "^fuzz_corpus_"  # the tests that replay a corpus
# Sources of other rooms, and tests, as the compiler names them.
OTHERS = rf"^{re.escape(str(ROOT))}/(build/coverage/\.\./\.\./)?(harness|fuzz|impl/tests)/"
LIMIT_S = 1200  # of processor time
GOAL = {"lines": 95.0, "branches": 90.0}  # percent of impl/
WORST = 15  # files that are named


def tool(name: str) -> str:
    """An LLVM tool of the version of clang that built the programs."""
    done = processes.run(["clang", "-dumpversion"], LIMIT_S)
    names = (f"{name}-{done.stdout.partition('.')[0]}", name)
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        raise Stop(3, f"{names[0]} is missing; scripts/setup installs it")
    return found


def run(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return processes.run(command, LIMIT_S, cwd=ROOT, env={**os.environ, **variables})


def call(command: list[str]) -> str:
    """What a command that has to succeed prints."""
    done = run(command)
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout[-4000:]}{done.stderr[-2000:]}\nfailed: {shlex.join(command)}")
    return done.stdout


def replayers() -> dict[str, list[str]]:
    """The commands that replay corpora, by the names of their tests."""
    command = ["ctest", "--test-dir", str(BUILD), "-R", TESTS, "--show-only=json-v1"]
    tests = json.loads(call(command))["tests"]
    missing = [test["name"] for test in tests if "command" not in test]  # not built
    if missing or not tests:
        raise Stop(1, f"no program for {', '.join(missing) or TESTS} in {shown_path(BUILD)}")
    return {test["name"]: test["command"] for test in tests}


def build_all() -> list[Path]:
    """Builds what runs corpora; the programs."""
    build("coverage", ["fuzz/all", "shakedown"], "clang")
    return sorted({Path(command[0]) for command in replayers().values()} | {PROGRAM})


def run_corpora(commands: Mapping[str, list[str]], profile: Path) -> list[str]:
    """Runs each command, which leaves a profile; the names of those that failed."""
    failed = []
    for name, command in commands.items():
        done = run(command, LLVM_PROFILE_FILE=f"{profile}-%m.profraw")
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines() or [f"{done.returncode}"]
            line = next((line for line in said if "FAILED" in line or "violated" in line), said[-1])
            print(f"{name} fails, and may count for less: {line}", flush=True)
            failed.append(name)
    return failed


def in_tree(path: str | Path) -> str:
    return os.path.relpath(path, ROOT)


def is_counted(path: str) -> bool:
    return path.startswith("impl/") and not path.startswith("impl/tests/")


@dataclass
class Measure:
    """Counts of all programs, for a set of profiles."""

    programs: list[Path]
    profile: Path

    def merge(self, raw: list[Path]) -> Measure:
        if not raw:
            raise Stop(1, "the programs have left no profile; does the preset have SHK_COVERAGE?")
        call([tool("llvm-profdata"), "merge", "-o", str(self.profile), *map(str, raw)])
        return self

    def _command(self, action: str, *options: str) -> list[str]:
        others = [word for path in self.programs[1:] for word in ("-object", str(path))]
        return [
            tool("llvm-cov"),
            action,
            str(self.programs[0]),
            *others,
            *options,
            f"-instr-profile={self.profile}",
        ]

    def export(self) -> str:
        return call(self._command("export", "-format=lcov"))

    def files(self) -> dict[str, File]:
        """Those of impl/ that are not tests, by their paths in the tree."""
        read = lcov.read(self.export())
        files = {path: file for name, file in read.items() if is_counted(path := in_tree(name))}
        sources = map(in_tree, ROOT.glob("impl/**/*.c"))
        if unlinked := {path for path in sources if is_counted(path)} - files.keys():
            raise Stop(1, f"no program that runs a corpus links {', '.join(sorted(unlinked))}")
        return dict(sorted(files.items()))

    def html(self) -> None:
        options = ["-format=html", f"-output-dir={FOLDER}", "-show-branches=count"]
        call(self._command("show", *options, f"-ignore-filename-regex={OTHERS}"))


def shares(files: dict[str, File]) -> tuple[dict[str, Share], dict[str, Share]]:
    """Lines and branches that were run, of each folder and of all."""
    lines: dict[str, Share] = defaultdict(Share)
    branches: dict[str, Share] = defaultdict(Share)
    for path, file in files.items():
        for name in (str(Path(path).parent), "all of impl/"):
            lines[name].join(file.line_share())
            branches[name].join(file.branch_share())
    return lines, branches


def table(inputs: dict[str, File], both: dict[str, File]) -> str:
    measured = [*shares(inputs), *shares(both)]
    head = ("folder", "lines", "inputs", "with cases", "branches", "inputs", "with cases")
    rows = [head]
    for name in sorted(measured[0], key=lambda name: (name == "all of impl/", name)):
        cells = [measured[i][name] for i in range(4)]
        percents = [f"{cell.percent:.1f}%" for cell in cells]
        of_lines = (f"{cells[0].all:,}", percents[0], percents[2])
        of_branches = (f"{cells[1].all:,}", percents[1], percents[3])
        rows.append((name, *of_lines, *of_branches))
    return columns(rows)


def places(files: dict[str, File]) -> list[Place]:
    found = []
    for path, file in files.items():
        source = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for number, (not_run, not_taken) in file.unreached().items():
            # llvm-cov gives branches of an included .def file the number of the line there
            text = source[number - 1].strip() if number <= len(source) else "of a table"
            function = file.function_at(number)
            found.append(Place(path, function, number, text, int(not_run), not_taken))
    return found


def needed(explained: Explained) -> tuple[int, int]:
    """Lines and branches that are not reached for no reason."""
    left = explained.left
    return sum(place.lines for place in left), sum(place.branches for place in left)


def listed(explained: Explained) -> str:
    """What is not reached for no reason, by file."""
    lines = []
    for place in explained.left:
        what = "not run" if place.lines else count(place.branches, "branch", "branches")
        lines.append(f"{place.file}:{place.number}: {what}: {place.function}: {place.text}\n")
    return "".join(lines)


def worst(files: dict[str, File], left: list[Place]) -> str:
    """The files with most that is not reached for no reason."""
    misses: dict[str, Share] = defaultdict(Share)  # lines, branches
    for place in left:
        misses[place.file].hit += place.lines
        misses[place.file].all += place.branches
    names = sorted(misses, key=lambda name: -(misses[name].hit + misses[name].all))[:WORST]
    rows = [("file", "lines not run", "branches not taken", "lines", "branches")]
    for name in names:
        lines, branches = files[name].line_share(), files[name].branch_share()
        of_all = (f"{lines.percent:.1f}%", f"{branches.percent:.1f}%")
        rows.append((name, f"{misses[name].hit:,}", f"{misses[name].all:,}", *of_all))
    return columns(rows)


def report(inputs: dict[str, File], both: dict[str, File]) -> bool:
    """Prints all; whether the goal is reached and each row is needed."""
    explained = explain(places(both), rows_of(REASONS))
    save_text(FOLDER / "unreached.txt", listed(explained))
    print(f"{table(inputs, both)}\n\nnot reached, for a reason (fuzz/unreached.toml):")
    for reason, number in explained.of_reason.most_common():
        print(f"  {number:6,}  {reason}")
    print(
        f"not reached, for no reason: {sum(needed(explained)):,}\n\n{worst(both, explained.left)}\n"
    )
    good = not explained.needless
    for row in explained.needless:
        print(f"fuzz/unreached.toml: all that this matches is reached, or gone: {row.pattern}")
    for what, share, miss in zip(GOAL, shares(both), needed(explained), strict=True):
        total = share["all of impl/"]
        goal = GOAL[what]
        good = good and total.percent >= goal
        rest = Share(total.hit, total.hit + miss).percent
        print(
            f"impl/: {total.percent:.1f}% of {what} (goal {goal:.0f}%), {rest:.1f}% without those "
            "that have a reason"
        )
    print(f"{shown_path(FOLDER)} has index.html, the sources, and unreached.txt, the list")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/coverage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit: 0 the goal is reached; 1 it is not, a corpus fails, or a row of "
        "fuzz/unreached.toml\nis needless; 2 wrong use; 3 the environment lacks something.",
    )
    parser.add_argument("--no-html", action="store_true", help="leave the sources out")
    arguments = parser.parse_args()
    ready()
    rows_of(REASONS)  # says what is wrong with it before the work
    programs = build_all()
    shutil.rmtree(FOLDER, ignore_errors=True)
    profiles = FOLDER / "profiles"
    profiles.mkdir(parents=True)
    of_cases = {f"fuzz_corpus_{target}" for target in script_targets()}
    commands = replayers()
    cases = {name: command for name, command in commands.items() if name in of_cases}
    cases["shakedown play"] = [str(PROGRAM), "play", str(CASES), "--against", "ours"]
    others = {name: command for name, command in commands.items() if name not in of_cases}
    failed = run_corpora(others, profiles / "inputs")
    of_inputs = sorted(profiles.glob("*.profraw"))
    inputs = Measure(programs, profiles / "inputs.profdata").merge(of_inputs)
    failed += run_corpora(cases, profiles / "cases")
    both = Measure(programs, profiles / "all.profdata").merge(sorted(profiles.glob("*.profraw")))
    if not arguments.no_html:
        both.html()
    good = report(inputs.files(), both.files())
    return 0 if good and not failed else 1


if __name__ == "__main__":
    run_main("scripts/coverage", main)
