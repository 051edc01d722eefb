"""Fuzzes targets under AddressSanitizer and UndefinedBehaviorSanitizer.

All targets, or the TARGETs, are fuzzed in turns, --jobs at a time; one that still finds something
gets more of them, up to ten times the time of one that does not. Without TARGETs, --seconds is the
whole campaign; with TARGETs it is for each of them, on the average; --seconds 0 goes on until it is
stopped. Building, and making crashes small (up to 10 s each), comes on top.

The corpus of a target grows in DIR/TARGET of --corpus DIR (out/fuzz/corpora), from where a later
campaign goes on; seeds and regressions are only read. An input that crashes is kept at once, in
out/fuzz/TARGET/crashes. Of all that crash in the same way, with the same kind and stack in whatever
targets, one is made small and becomes a finding, out/fuzz/findings/NAME, with all that is known of
it; out/fuzz/findings/index.html shows them all. scripts/repro --promote NAME keeps one for good.

  --import DIR   takes the corpora of other fuzzers into --corpus: of BoringSSL, OpenSSL, picotls,
                 s2n and mbedTLS, whose framing is taken off
  --merge        keeps of each corpus only what adds coverage
  --save         copies into corpora/seeds what adds coverage to the seeds; a seed has to decode,
                 and all seeds together have at most 20 MiB

An interrupted campaign tells how far it came. Exit: 0 no crash, 1 crashes (or a fuzzer that
failed), 2 wrong use, 3 something is missing, such as clang, 130 interrupted.
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
from scripts.lib.fuzz import corpora, libfuzzer
from scripts.lib.fuzz.campaign_progress import LEFT_S, CampaignProgress, TargetState, summary
from scripts.lib.fuzz.crashes import Crash, Crashes
from scripts.lib.fuzz.findings import FINDINGS, FUZZ_OUT
from scripts.lib.fuzz.importing import import_corpora
from scripts.lib.fuzz.make_seeds import forms_of_targets
from scripts.lib.fuzz.schedule import Schedule
from scripts.lib.fuzz.signatures import Signature
from scripts.lib.fuzz.targets import seed_folders, targets, unknown_targets
from scripts.lib.options import seconds_or_0
from scripts.lib.presets import build_fuzzers
from scripts.lib.ready import ready
from scripts.lib.words import count

DEFAULT_S = 60.0
MAX_RESTARTS = 20
MAX_SAME_CRASHES = 3  # the same crash again and again leaves nothing else to be found


class Campaign:
    """What all targets of one campaign share."""

    def __init__(
        self, states: list[TargetState], seconds: float, given: argparse.Namespace
    ) -> None:
        """`seconds` of fuzzing, summed over all jobs."""
        self.states, self.report, self.corpora = states, given.report, given.corpus
        self.jobs = min(given.jobs, len(states))
        self.refused = False  # by the folder of reports
        self.schedule = Schedule(states, seconds)
        self.progress = CampaignProgress(states, seconds, self.jobs, lambda: len(self.crashes))
        self.group = libfuzzer.Group()
        names = [state.name for state in states]
        self.crashes = Crashes(names, self.group, self.progress.say)
        self.runs: dict[str, TargetRun] = {}

    def run(self) -> None:
        """Fuzzes all targets, `jobs` at a time."""
        # Not in out: this is nothing to keep, and should work where out is full.
        with (
            tempfile.TemporaryDirectory(prefix="shakedown-fuzz-") as work,
            self.progress.shown,
            ThreadPoolExecutor(max_workers=self.jobs) as pool,
        ):
            futures = [pool.submit(self.work, Path(work)) for _ in range(self.jobs)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                ignore_interrupts()  # what follows takes a few seconds, and loses nothing
                self.group.cancel()
                raise
            finally:
                for future in futures:
                    future.exception()
                for state in self.states:
                    state.end(cut_short=self.group.cancelled.is_set())

    def work(self, folder: Path) -> None:
        """What one of the jobs does: one turn after the other."""
        while not self.group.cancelled.is_set():
            turn = self.schedule.next()
            if turn is None:
                return
            state, seconds = turn
            before = state.coverage + state.corpus
            self.take_turn(state, seconds, folder)
            self.schedule.over(state, state.coverage + state.corpus - before)

    def take_turn(self, state: TargetState, seconds: float, folder: Path) -> None:
        try:
            if state.name not in self.runs:
                work = folder / state.name
                work.mkdir()
                self.runs[state.name] = TargetRun(state, self, work)
            self.runs[state.name].fuzz(seconds)
        except OSError as error:
            state.fail(str(error))
            state.lacking = True
            self.progress.say(f"{state.name}: {error}")
        self.progress.ended(state)

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
    """The fuzzing of one target, turn after turn, across restarts."""

    def __init__(self, state: TargetState, campaign: Campaign, work: Path) -> None:
        self.state, self.campaign, self.work = state, campaign, work
        self.corpus = campaign.corpora.of(state.name)
        self.inputs = work / "inputs"
        self.executions_before = 0
        self.restarts = 0
        self.seen: Counter[Signature] = Counter()
        self.prepare()

    def prepare(self) -> None:
        """Lays out the folders; seeds and regressions are copied so that nobody writes to them."""
        try:
            self.corpus.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.campaign.progress.say(f"{shown_path(self.corpus)} is not kept: {error.strerror}")
            self.corpus = self.work / "corpus"
            self.corpus.mkdir()
        self.inputs.mkdir()
        for folder in seed_folders(self.state.name):
            for path in contents(folder):
                content = path.read_bytes()
                (self.inputs / digest(content)).write_bytes(content)

    def fuzz(self, seconds: float) -> None:
        """One turn."""
        end = self.state.seconds + seconds
        while end - self.state.seconds >= LEFT_S and not self.campaign.group.cancelled.is_set():
            if not self.after(self.run_once(end - self.state.seconds)):
                return
            self.restarts += 1
            if self.restarts == MAX_RESTARTS:
                self.state.note = f"stopped after {MAX_RESTARTS} crashes"
                return

    def run_once(self, seconds: float) -> libfuzzer.Run:
        folders = [str(self.corpus), str(self.inputs)]
        arguments = [*libfuzzer.fuzz_arguments(self.state.name), *folders]
        self.state.started = self.state.heard = time.monotonic()
        run = libfuzzer.run(
            self.state.name,
            arguments,
            seconds,
            on_status=self.news,
            group=self.campaign.group,
        )
        self.news(run.status)
        self.executions_before = self.state.executions
        self.state.started = None
        self.state.seconds += run.seconds
        return run

    def news(self, status: libfuzzer.Status) -> None:
        executions = self.executions_before + status.executions
        self.state.tell(executions, status.coverage, status.corpus)

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


def conclude(campaign: Campaign, interrupted: bool) -> dict[str, object]:
    """Prints what came of the campaign; the same for programs."""
    states, crashes = campaign.states, campaign.crashes
    crashes.conclude()
    print(summary(states))
    for crash in crashes:
        print(f"{crash.targets[0]}: {crash.describe()}")
        campaign.write_report(crash)
    for state in states:
        if state.status == "failed":
            print(f"{state.name}: failed: {state.note}")
    if len(crashes) > 0:
        print(f"all findings: {shown_path(FINDINGS / 'index.html')}")
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


def names_of(given: argparse.Namespace) -> list[str]:
    named = list(dict.fromkeys(given.targets)) or targets()
    return [name for name in named if name not in given.without]


def run(given: argparse.Namespace) -> int:
    names = names_of(given)
    jobs = min(given.jobs, len(names))
    seconds = given.seconds * (len(names) if given.targets else jobs)
    states = [TargetState(name) for name in names]
    campaign = Campaign(states, seconds if seconds > 0 else float("inf"), given)
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


def tend(given: argparse.Namespace) -> int:
    """What is done to corpora."""
    names = names_of(given)
    if given.imported is not None:
        build_fuzzers(names[:1])
        done = import_corpora(given.imported, given.corpus, names, forms_of_targets())
        print(f"fuzz: {done}")
        return 0
    build_fuzzers(given.targets)
    start_words()
    do = corpora.merge if given.merge else corpora.save
    print(f"fuzz: {do(given.corpus, names, print)}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="default: all")
    parser.add_argument(
        "--without",
        metavar="TARGET",
        action="append",
        default=[],
        help="leave it out; may stand several times",
    )
    parser.add_argument(
        "--seconds", type=seconds_or_0, default=DEFAULT_S, help="default: 60; 0: until stopped"
    )
    parser.add_argument("--jobs", type=int, default=cores, help=f"at a time; default: {cores}")
    parser.add_argument(
        "--corpus",
        type=lambda text: corpora.Corpora(Path(text)),
        metavar="DIR",
        default=corpora.Corpora(FUZZ_OUT / "corpora"),
        help="where corpora grow",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        default=FUZZ_OUT / "report",
        help="sanitizers' reports",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="results for programs")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--list", action="store_true", help="name the targets and end")
    mode.add_argument("--import", dest="imported", type=Path, metavar="DIR", help="see above")
    mode.add_argument("--merge", action="store_true", help="see above")
    mode.add_argument("--save", action="store_true", help="see above")
    given = parser.parse_args()
    if given.jobs < 1:
        parser.error("--jobs must be at least 1")
    return given


def main() -> int:
    given = arguments()
    if given.list:
        print("\n".join(targets()))
        return 0
    complaints = unknown_targets(given.targets + given.without)
    if complaints:
        raise Stop(2, "\nfuzz: ".join([*complaints, "scripts/fuzz --list names them all"]))
    if not names_of(given):
        raise Stop(2, "--without leaves no target")
    remove_old(given.json, "--json")
    ready()
    if given.imported is not None or given.merge or given.save:
        return tend(given)
    return run(given)


if __name__ == "__main__":
    run_main("fuzz", main)
