"""Reproduces a crash: shows what FILE decodes to and runs its fuzz target on it.

FILE can also be the name of a finding, a folder of out/fuzz/findings. The target is the one of the
finding, or the name of the folder below seeds/, regressions/ or out/fuzz/ that FILE lies in, unless
--target names it. --promote NAME keeps a finding for good: its input goes to
corpora/regressions/TARGET, a script to corpora/cases, in both cases to be committed with the mend.

Prints the decoded input, or why it does not decode, then the fuzzer's
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
from scripts.lib.files import save, shown_path
from scripts.lib.fuzz.crashes import replay
from scripts.lib.fuzz.findings import EMPTY, FINDINGS, SCRIPT, load, of_name, write_page
from scripts.lib.fuzz.libfuzzer import Run, environment
from scripts.lib.fuzz.signatures import signature_of
from scripts.lib.fuzz.targets import replayer, targets, unknown_targets
from scripts.lib.paths import CASES, REGRESSIONS, ROOT, SEEDS
from scripts.lib.presets import build_fuzzers, fuzzer
from scripts.lib.ready import ready
from scripts.lib.words import near

VICTIM = {"client": "server", "server": "client", "middle": "middle"}  # of who plays: whose folder
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
    finding = load(path.resolve().parent)
    if finding is not None:
        return finding.target
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


def promote(name: str) -> int:
    """Moves the input of a finding to where it is replayed from now on."""
    ready()
    finding = of_name(name)
    if finding.promoted:
        raise Stop(2, f"{name} has been promoted: {finding.promoted}")
    script = finding.folder / SCRIPT
    if script.is_file():
        source, kept = script, CASES / VICTIM[player_of(script)] / "found" / f"{name}.case"
    else:
        source, kept = finding.input, REGRESSIONS / finding.target / finding.file_name
    if kept.exists():
        raise Stop(2, f"{shown_path(kept)} is there already")
    try:
        save(kept, source.read_bytes())
        finding.promoted = shown_path(kept)
        finding.save()
        if source is finding.input:
            source.unlink()
        write_page()
    except OSError as error:
        raise Stop(3, f"{name} cannot be promoted: {error}") from None
    print(f"repro: {name} is now {finding.promoted}")
    if source == script:
        print("repro: say in it what is expected, and by which clause (corpora/cases/README.md)")
    else:
        print("repro: name it after what was wrong, and commit it with the mend")
    return 0


def player_of(script: Path) -> str:
    for line in script.read_text(encoding="utf-8").splitlines():
        if line.startswith("player "):
            return line.split()[1]
    raise Stop(1, f"{shown_path(script)} has no line `player`")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/repro",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?")
    parser.add_argument("--target", help="the target, where the path does not tell")
    parser.add_argument("--promote", metavar="NAME", help="keep this finding in corpora")
    given = parser.parse_args()
    if (given.file is None) == (given.promote is None):
        parser.error("either FILE or --promote NAME is wanted")
    if given.promote is not None:
        return promote(given.promote)
    if not given.file.exists():
        named = load(FINDINGS / given.file)
        if named is None:
            raise Stop(2, f"{given.file}: no such file, and no finding of that name")
        given.file = ROOT / named.promoted if named.is_elsewhere else named.input
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
