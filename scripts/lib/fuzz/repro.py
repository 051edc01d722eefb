"""Reproduces a crash: shows what FILE decodes to and runs its fuzz target on it.

The target is the name of the folder below seeds/, regressions/ or out/fuzz/ that FILE lies in,
unless --target names it. Prints the decoded input, or why it does not decode, then the fuzzer's
output with the sanitizer's stack. Exit: 0 it runs clean, 1 it crashes, 2 wrong use (FILE is
missing or empty, or its target is not known), 3 something is missing, such as clang, or the fuzzer
does not even start.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.lib import processes
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop, run_main
from scripts.lib.fuzz.crashes import EMPTY, replay
from scripts.lib.fuzz.libfuzzer import Run, environment
from scripts.lib.fuzz.signatures import signature_of
from scripts.lib.fuzz.targets import replayer, targets, unknown_targets
from scripts.lib.paths import SEEDS
from scripts.lib.presets import build_fuzzers, fuzzer
from scripts.lib.ready import ready
from scripts.lib.words import near

PRINT_S = 30  # of processor time
FOLDERS = ("seeds", "regressions", "fuzz")  # a target's folder lies directly in one of these
NOISE = ("INFO: ", "Dictionary:", "WARNING: Failed to find function", "Running: ", "Running 1 ")


def target_of(path: Path, named: str | None) -> str:
    """The target that an input belongs to."""
    if named is not None:
        complaints = unknown_targets([named])
        if complaints:
            raise Stop(2, complaints[0])
        return named
    parts = path.resolve().parts
    tried = [after for before, after in zip(parts, parts[1:-1], strict=False) if before in FOLDERS]
    known = targets()
    for name in reversed(tried):
        if name in known:
            return name
    what = f"no target is called {' or '.join(tried)}" if tried else "its path names no target"
    meant = near(tried[-1], known) if tried else []
    hint = f" (near: {', '.join(meant)})" if meant else ""
    raise Stop(
        2,
        f"{path}: {what}{hint}. Tried the folder below {', '.join(f'{f}/' for f in FOLDERS)}; "
        "say --target TARGET (scripts/fuzz --list names them)",
    )


def readable(path: Path, target: str) -> None:
    """Complains about a file that cannot be an input."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Stop(2, f"{path}: {error.strerror}") from None
    if not path.is_file():
        raise Stop(2, f"{path}: not a file")
    # Flag extensions and messages without a body have an empty seed; a crash can be empty too.
    empty_is_valid = any(
        seed.stat().st_size == 0 for seed in (SEEDS / target).glob("*") if seed != path.resolve()
    )
    if size == 0 and not empty_is_valid and not path.name.endswith(EMPTY):
        raise Stop(2, f"{path}: the file is empty, and {target} has no empty input")


def show_decoded(target: str, path: Path) -> None:
    """Prints what the input decodes to. If even that crashes, the fuzzer will say why.

    A seed must decode: one that does not has been cut short or spoilt.
    """
    command = [*start_words(), str(fuzzer(replayer(target))), "--print", target, str(path)]
    try:
        shown = processes.run(command, PRINT_S, env=environment())
    except processes.GivenUp as why:
        print(f"(decoding or printing it hangs: {why})")
        return
    print(shown.stdout, end="")
    if shown.returncode != 0:
        print("(decoding or printing it crashes, see below)")
    elif SEEDS in path.parents and "\ndoes not decode" in shown.stdout:
        raise Stop(
            2, f"{path}: the seed is truncated or damaged; scripts/make-seeds writes it anew"
        )


def show_run(run: Run) -> None:
    lines = [line for line in run.lines if not line.startswith(NOISE)]
    print("".join(lines), end="")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/repro",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--target", help="the target, where the path does not tell")
    given = parser.parse_args()
    if not given.file.exists():
        raise Stop(2, f"{given.file}: no such file")
    target = target_of(given.file, given.target)
    readable(given.file, target)
    ready()
    build_fuzzers([target])
    path = given.file.resolve()
    show_decoded(target, path)
    sys.stdout.flush()
    run = replay(target, path)
    if run.returncode == 0:
        print(f"repro: {target} runs clean on {given.file}")
        return 0
    show_run(run)
    if not any(line.startswith("Running: ") for line in run.lines):
        raise Stop(3, f"the fuzzer of {target} does not start ({run.end})")
    print(f"repro: {target} crashes on {given.file}: {signature_of(run.output)}")
    return 1


if __name__ == "__main__":
    run_main("repro", main)
