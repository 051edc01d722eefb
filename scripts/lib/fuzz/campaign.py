"""Fuzzes decode targets under AddressSanitizer and UndefinedBehaviorSanitizer.

Without TARGETs all are fuzzed, and --seconds is the whole campaign: each target gets an equal
share of it on each of the --jobs, but at least one second. With TARGETs, --seconds is for each
of them. Building, and making crashes small (up to 10 s each), comes on top.

The work corpus of a target grows in out/fuzz/TARGET/corpus; seeds and regressions are only read.
An input that crashes is kept at once, in out/fuzz/TARGET/crashes. Of all that crash in the same
way, with the same kind and stack in whatever targets, one is made small and stored in
corpora/regressions/TARGET. What reproduces it is printed. An interrupted campaign tells how far it
came. Exit: 0 no crash, 1 crashes (or a fuzzer that failed), 2 wrong use, 3 something is missing,
such as clang, 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.lib import words
from scripts.lib.asan import start_words
from scripts.lib.exits import INTERRUPTED, Stop, ignore_interrupts, run_main
from scripts.lib.files import (
    command_line,
    contents,
    remove_old,
    save_text,
    shown_path,
    with_content,
    write_result,
)
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.campaign_progress import LEFT_S, CampaignProgress, TargetState, summary
from scripts.lib.fuzz.crashes import FUZZ_OUT, Crash, Crashes
from scripts.lib.fuzz.signatures import Signature
from scripts.lib.fuzz.targets import targets, unknown_targets
from scripts.lib.options import seconds
from scripts.lib.paths import REGRESSIONS, SEEDS
from scripts.lib.presets import build_fuzzers
from scripts.lib.ready import ready
from scripts.lib.words import count

LEAST_S = 1.0
DEFAULT_S = 60.0
MAX_RESTARTS = 20
MAX_SAME_CRASHES = 3  # the same crash again and again leaves nothing else to be found


class Campaign:
    """What all targets of one campaign share."""

    def __init__(self, states: list[TargetState], jobs: int, report: Path) -> None:
        self.states, self.jobs, self.report = states, jobs, report
        self.refused = False  # by the folder of reports
        self.progress = CampaignProgress(states, jobs, lambda: len(self.crashes))
        self.group = libfuzzer.Group()
        names = [state.name for state in states]
        self.crashes = Crashes(names, self.group, self.progress.say)

    def run(self) -> None:
        """Fuzzes all targets, `jobs` at a time."""
        with self.progress.shown, ThreadPoolExecutor(max_workers=self.jobs) as pool:
            futures = [pool.submit(fuzz_target, state, self) for state in self.states]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                ignore_interrupts()  # what follows takes a few seconds, and loses nothing
                self.group.cancel()
                raise

    def write_report(self, crash: Crash) -> None:
        try:
            save_text(self.report / f"{crash.signature.name}.txt", crash.text())
        except OSError as error:
            if not self.refused:
                self.progress.say(f"{shown_path(self.report)} takes no file: {error.strerror}")
            self.refused = True


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class TargetRun:
    """The fuzzing of one target until its time is over, across restarts."""

    def __init__(self, state: TargetState, campaign: Campaign, work: Path) -> None:
        self.state, self.campaign, self.work = state, campaign, work
        self.corpus = FUZZ_OUT / state.name / "corpus"
        self.inputs = work / "inputs"
        self.executions_before = 0
        self.seen: Counter[Signature] = Counter()

    def prepare(self) -> None:
        """Lays out the folders; seeds and regressions are copied so that nobody writes to them."""
        try:
            self.corpus.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.campaign.progress.say(f"{shown_path(self.corpus)} is not kept: {error.strerror}")
            self.corpus = self.work / "corpus"
            self.corpus.mkdir()
        self.inputs.mkdir()
        for folder in (SEEDS / self.state.name, REGRESSIONS / self.state.name):
            for path in contents(folder):
                content = path.read_bytes()
                (self.inputs / digest(content)).write_bytes(content)

    def fuzz(self) -> None:
        self.prepare()
        for _ in range(MAX_RESTARTS):
            left = self.state.budget - self.state.seconds
            if left < LEFT_S or self.campaign.group.cancelled.is_set():
                return
            if not self.after(self.run_once(left)):
                return
        self.state.note = f"stopped after {MAX_RESTARTS} crashes"

    def run_once(self, seconds: float) -> libfuzzer.Run:
        folders = [str(self.corpus), str(self.inputs)]
        arguments = [*libfuzzer.fuzz_arguments(self.state.name), *folders]
        run = libfuzzer.run(
            self.state.name,
            arguments,
            seconds,
            on_status=self.news,
            group=self.campaign.group,
        )
        self.news(run.status)
        self.executions_before = self.state.executions
        self.state.seconds += run.seconds
        return run

    def news(self, status: libfuzzer.Status) -> None:
        self.state.executions = self.executions_before + status.executions
        self.state.heard = time.monotonic()
        self.state.coverage = max(self.state.coverage, status.coverage)
        self.state.corpus = status.corpus or self.state.corpus

    def after(self, run: libfuzzer.Run) -> bool:
        """Deals with how a run ended; whether to go on."""
        if run.artifact is None:
            if run.returncode == -signal.SIGINT:  # Ctrl-C, when it had just been forked
                self.state.status = "cut short"
            elif run.returncode != 0 and not self.campaign.group.cancelled.is_set():
                self.failed(run)
            return False
        crash = self.campaign.crashes.take(self.state.name, run.artifact, run.output)
        self.state.crashes = self.campaign.crashes.of(self.state.name)
        self.campaign.write_report(crash)
        self.forget(run.artifact)
        self.seen[crash.signature] += 1
        if self.seen[crash.signature] < MAX_SAME_CRASHES:
            return True
        self.state.note = "stopped: crashes at once"
        return False

    def forget(self, crashing: bytes) -> None:
        """Takes an input that crashes out of what the next run starts from."""
        for folder in (self.inputs, self.corpus):
            path = with_content(folder, crashing)
            if path is not None:
                path.unlink()

    def failed(self, run: libfuzzer.Run) -> None:
        self.state.fail(f"the fuzzer ended: {run.end}")
        self.campaign.progress.say(
            f"{run.output[-2000:]}\n{self.state.name}: the fuzzer ended ({run.end}) and told no "
            f"input; again: {command_line(*run.command)}"
        )


def fuzz_target(state: TargetState, campaign: Campaign) -> None:
    if campaign.group.cancelled.is_set():
        return
    state.started = time.monotonic()
    try:
        # Not in out: this is nothing to keep, and should work where out is full.
        with tempfile.TemporaryDirectory(prefix=f"shakedown-{state.name}-") as work:
            TargetRun(state, campaign, Path(work)).fuzz()
    except OSError as error:
        state.fail(str(error))
        state.lacking = True
        campaign.progress.say(f"{state.name}: {error}")
    state.end(cut_short=campaign.group.cancelled.is_set())
    campaign.progress.ended(state)


def conclude(campaign: Campaign, interrupted: bool) -> dict[str, object]:
    """Prints what came of the campaign; the same for programs."""
    states, crashes = campaign.states, campaign.crashes
    print(summary(states))
    for crash in crashes:
        print(f"{crash.targets[0]}: {crash.describe()}")
        campaign.write_report(crash)
    for state in states:
        if state.status == "failed":
            print(f"{state.name}: failed: {state.note}")
    total = totals(states, len(crashes), interrupted)
    print(f"fuzz: {total}")
    return {
        "summary": total,
        "interrupted": interrupted,
        "targets": [state.to_json() for state in states],
        "crashes": [crash.to_json() for crash in crashes],
    }


def totals(states: list[TargetState], found: int, interrupted: bool) -> str:
    """The closing line: what ran, what did not, and what was found."""
    number = Counter(state.status for state in states)
    parts = [count(len(states), "target")]
    if interrupted:
        parts = [f"interrupted: {number['done']:,} of {parts[0]} done"]
        parts += [f"{number['cut short']:,} cut short", f"{number['not run']:,} not run"]
    parts.append(count(sum(state.executions for state in states), "execution"))
    parts.append(words.crashes(found))
    if number["failed"]:
        parts.append(f"{count(number['failed'], 'target')} failed")
    return ", ".join(parts)


def exit_code(campaign: Campaign, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    failed = [state for state in campaign.states if state.status == "failed"]
    if len(campaign.crashes) > 0 or any(not state.lacking for state in failed):
        return 1
    return 3 if failed else 0


def run(given: argparse.Namespace) -> int:
    names = list(dict.fromkeys(given.targets)) or targets()
    jobs = min(given.jobs, len(names))
    share = given.seconds if given.targets else given.seconds * jobs / len(names)
    campaign = Campaign(
        [TargetState(name, max(LEAST_S, share)) for name in names], jobs, given.report
    )
    interrupted = False
    try:
        build_fuzzers(given.targets)
        start_words()
        campaign.run()
    except KeyboardInterrupt:
        ignore_interrupts()
        interrupted = True
    write_result(given.json, json.dumps(conclude(campaign, interrupted), indent=2) + "\n")
    return exit_code(campaign, interrupted)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="default: all")
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    parser.add_argument("--seconds", type=seconds, default=DEFAULT_S, help="default: 60")
    parser.add_argument("--jobs", type=int, default=cores, help=f"at a time; default: {cores}")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        default=FUZZ_OUT / "report",
        help="sanitizers' reports",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="results for programs")
    given = parser.parse_args()
    if given.jobs < 1:
        parser.error("--jobs must be at least 1")
    return given


def main() -> int:
    given = arguments()
    if given.list:
        print("\n".join(targets()))
        return 0
    complaints = unknown_targets(given.targets)
    if complaints:
        raise Stop(2, "\nfuzz: ".join([*complaints, "scripts/fuzz --list names them all"]))
    remove_old(given.json, "--json")
    ready()
    return run(given)


if __name__ == "__main__":
    run_main("fuzz", main)
