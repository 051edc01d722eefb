"""Fuzzes decode targets under AddressSanitizer and UndefinedBehaviorSanitizer.

Without TARGETs all are fuzzed, and --seconds is the whole campaign: each target gets an equal
share of it on each of the --jobs, but at least one second. With TARGETs, --seconds is for each
of them. Building, and making crashes small (up to 10 s each), comes on top.

The work corpus of a target grows in out/fuzz/TARGET/corpus; seeds and regressions are only read.
An input that crashes is stored in corpora/regressions/TARGET, once for each kind and stack, and
the command that reproduces it is printed. Exit: 0 no crash, 1 crashes (or a fuzzer that failed),
2 wrong use, 3 something is missing, such as clang.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import libfuzzer
from crashes import REGRESSIONS, Crash, keep
from ending import Stop, end
from preset import build_fuzzers
from progress import Progress, State, summary
from tables import ROOT, targets, unknown_targets

OUT = ROOT / "out" / "fuzz"
SEEDS = ROOT / "corpora" / "seeds"
LEAST_S = 1.0
DEFAULT_S = 60.0
MAX_RESTARTS = 20
MAX_SAME_CRASHES = 3  # the same crash again and again leaves nothing else to be found


@dataclass
class Campaign:
    """What all targets of one campaign share."""

    progress: Progress
    report: Path
    cancelled: threading.Event = field(default_factory=threading.Event)
    processes: set[subprocess.Popen[str]] = field(default_factory=set)

    def cancel(self) -> None:
        self.cancelled.set()
        for process in list(self.processes):
            process.kill()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TargetRun:
    """The fuzzing of one target until its time is over, across restarts."""

    def __init__(self, state: State, campaign: Campaign, work: Path) -> None:
        self.state, self.campaign, self.work = state, campaign, work
        self.corpus = OUT / state.name / "corpus"
        self.inputs = work / "inputs"
        self.executions_before = 0
        self.seen: dict[str, int] = {}

    def prepare(self) -> None:
        """Lays out the folders; seeds and regressions are copied so that nobody writes to them."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.inputs.mkdir(parents=True)
        for folder in (SEEDS / self.state.name, REGRESSIONS / self.state.name):
            for path in sorted(folder.iterdir()) if folder.is_dir() else []:
                if path.is_file() and not path.name.startswith("."):
                    shutil.copyfile(path, self.inputs / digest(path))

    def fuzz(self) -> None:
        self.prepare()
        for _ in range(MAX_RESTARTS):
            left = self.state.budget - self.state.seconds
            if left < 0.2 or self.campaign.cancelled.is_set():
                return
            run = self.run_once(left)
            if self.campaign.cancelled.is_set() or not self.after(run):
                return
        self.state.note = f"stopped after {MAX_RESTARTS} crashes"

    def run_once(self, seconds: float) -> libfuzzer.Run:
        arguments = [
            *libfuzzer.fuzz_arguments(self.state.name),
            f"-artifact_prefix={self.work}/",
            self.corpus,
            self.inputs,
        ]
        run = libfuzzer.run(self.state.name, arguments, seconds, self.news, self.campaign.processes)
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
        artifact = run.artifact
        if artifact is None or not artifact.is_file():
            if run.returncode != 0 and not run.stopped:
                self.failed(run)
            return False
        self.forget(artifact)
        crash = keep(self.state.name, run, artifact, self.work)
        artifact.unlink()
        name = crash.signature.name
        self.seen[name] = self.seen.get(name, 0) + 1
        if self.seen[name] == 1:
            self.state.crashes.append(crash)
            self.write_report(crash)
            self.campaign.progress.say(f"{self.state.name}: {describe(crash)}")
        if self.seen[name] < MAX_SAME_CRASHES:
            return True
        self.state.note = "stopped: crashes at once"
        return False

    def forget(self, artifact: Path) -> None:
        """Takes an input that crashes out of what the next run starts from."""
        crashing = digest(artifact)
        for folder in (self.inputs, self.corpus):
            for path in folder.iterdir():
                if path.stat().st_size == artifact.stat().st_size and digest(path) == crashing:
                    path.unlink()

    def failed(self, run: libfuzzer.Run) -> None:
        self.state.note = "failed"
        self.campaign.progress.say(
            f"{run.output[-2000:]}\n{self.state.name}: the fuzzer ended with {run.returncode}; "
            f"again: {' '.join(run.command)}"
        )

    def write_report(self, crash: Crash) -> None:
        self.campaign.report.mkdir(parents=True, exist_ok=True)
        path = self.campaign.report / f"{crash.target}--{crash.path.name}.txt"
        path.write_text(f"{crash.command}\n\n{crash.report}", encoding="utf-8")


def describe(crash: Crash) -> str:
    where = f" in {' < '.join(crash.signature.frames)}" if crash.signature.frames else ""
    return f"{crash.signature.kind}{where}\n  reproduce: {crash.command}"


def fuzz_target(state: State, campaign: Campaign) -> None:
    if campaign.cancelled.is_set():
        return
    folder = OUT / state.name
    folder.mkdir(parents=True, exist_ok=True)
    state.started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as work:
        TargetRun(state, campaign, Path(work)).fuzz()
    state.done = True
    campaign.progress.finished(state)


def run_campaign(states: list[State], jobs: int, report: Path) -> None:
    """Fuzzes all targets, `jobs` at a time."""
    progress = Progress(states, jobs)
    campaign = Campaign(progress, report)
    drawing = threading.Thread(target=progress.run, daemon=True)
    drawing.start()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(fuzz_target, state, campaign) for state in states]
        try:
            for future in futures:
                future.result()
        except BaseException:
            campaign.cancel()
            raise
        finally:
            progress.stop.set()
            drawing.join()


def conclude(states: list[State], json_file: Path | None) -> int:
    print(summary(states))
    crashes = [crash for state in states for crash in state.crashes]
    for crash in crashes:
        print(f"{crash.target}: {describe(crash)}")
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        content = {"targets": [state.to_json() for state in states]}
        json_file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    executions = sum(state.executions for state in states)
    print(f"fuzz: {len(states)} targets, {executions} executions, {len(crashes)} crashes")
    return 1 if crashes or any(state.note == "failed" for state in states) else 0


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="default: all")
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    parser.add_argument("--seconds", type=positive, default=DEFAULT_S, help="default: 60")
    parser.add_argument("--jobs", type=int, default=cores, help=f"at a time; default: {cores}")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", default=OUT / "report", help="sanitizers' reports"
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
    names = list(dict.fromkeys(given.targets)) or targets()
    jobs = min(given.jobs, len(names))
    share = given.seconds if given.targets else given.seconds * jobs / len(names)
    build_fuzzers(given.targets)
    states = [State(name, max(LEAST_S, share)) for name in names]
    run_campaign(states, jobs, given.report)
    return conclude(states, given.json)


if __name__ == "__main__":
    end("fuzz", main)
