"""Writes the seeds that are made: those described by hand in fuzz/handmade.txt, and those of
stateful targets, from a handshake of each kind over the toy provider (fuzz/state/kinds.c).

    scripts/make-seeds            write corpora/seeds/TARGET/FORM-WHAT for every line, and
                                  corpora/seeds/TARGET/KIND for every kind
    scripts/make-seeds --check    only tell whether the files are there and the same
    scripts/make-seeds --inputs   write instead those of fuzz/input that handshakes make:
                                  recordings, sessions, tickets, and what `decode` is given

Other files in those folders are left alone. Exit: 0 all good, 1 a seed is not as described or
does not decode, 2 wrong use, 3 the environment lacks something.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop, run_main
from scripts.lib.fuzz.input_seeds import input_seeds
from scripts.lib.fuzz.targets import replayer, stateful_targets
from scripts.lib.paths import ROOT, SEEDS
from scripts.lib.presets import build, build_fuzzers, fuzzer
from scripts.lib.ready import ready
from scripts.lib.words import count

HANDMADE = ROOT / "fuzz" / "handmade.txt"
LIMIT_S = 60  # of processor time
LINE = re.compile(r"(\w+) (\w+) ([0-9a-f]+|-)  # (.+)")


@dataclass(frozen=True)
class Seed:
    """One line: where its file lies and what is in it."""

    path: Path
    content: bytes


def forms_of_targets() -> dict[str, list[str]]:
    """Target -> names of its forms; the index is the byte that selects one."""
    command = [*start_words(), str(fuzzer("fuzz_replay")), "--list"]
    listed = processes.run(command, LIMIT_S)
    if listed.returncode != 0:
        raise Stop(1, f"{listed.stderr}\nfailed: {' '.join(command)}")
    return {words[0]: words[1:] for words in map(str.split, listed.stdout.splitlines())}


def read_handmade(forms: dict[str, list[str]]) -> list[Seed]:
    """All seeds of fuzz/handmade.txt."""
    seeds = []
    for number, line in enumerate(HANDMADE.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        where = f"{HANDMADE.relative_to(ROOT)}:{number}"
        if match is None:
            raise Stop(2, f"{where}: not TARGET FORM HEX  # WHAT")
        target, form, digits, what = match.groups()
        if form not in forms.get(target, []):
            raise Stop(2, f"{where}: no target {target} with form {form}")
        seeds.append(seed_of(target, form, digits, what, forms[target]))
    return seeds


def seed_of(target: str, form: str, digits: str, what: str, forms: list[str]) -> Seed:
    body = b"" if digits == "-" else bytes.fromhex(digits)
    selector = bytes([forms.index(form)]) if len(forms) > 1 else b""
    slug = re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")
    name = slug if len(forms) == 1 else f"{form}-{slug}"
    return Seed(SEEDS / target / name, selector + body)


def record_handshakes() -> list[Seed]:
    """The seeds of all stateful targets."""
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for target in stateful_targets():
            (Path(folder) / target).mkdir()
        command = [*start_words(), str(fuzzer("fuzz_state_seeds")), folder]
        done = processes.run(command, LIMIT_S)
        if done.returncode != 0:
            raise Stop(1, f"{done.stderr}\nfailed: {' '.join(command)}")
        for path in sorted(Path(folder).glob("*/*")):
            seeds.append(Seed(SEEDS / path.parent.name / path.name, path.read_bytes()))
    return seeds


def write(seeds: list[Seed]) -> None:
    for seed in seeds:
        seed.path.parent.mkdir(parents=True, exist_ok=True)
        seed.path.write_bytes(seed.content)


def make_inputs() -> int:
    """Writes the seeds of fuzz/input, and tells whether each is taken for what it is to be."""
    build("dev", ["shakedown"])
    seeds = [
        Seed(SEEDS / target / name, content) for (target, name), content in input_seeds().items()
    ]
    write(seeds)
    targets = sorted({seed.path.parent.name for seed in seeds})
    build("dev", [f"fuzz_{target}" for target in targets])
    good = True
    for target in targets:
        program = str(ROOT / "build" / "dev" / "fuzz" / target)
        done = processes.run([*start_words(), program, "--valid", str(SEEDS / target)], LIMIT_S)
        if done.returncode != 0:
            print(done.stdout + done.stderr, end="", file=sys.stderr)
            good = False
    print(f"make-seeds: {count(len(seeds), 'seed')} of {count(len(targets), 'target')}")
    return 0 if good else 1


def all_good(seeds: list[Seed]) -> bool:
    """Whether every seed's file decodes, or keeps the properties of a connection."""
    good = True
    for target in sorted({seed.path.parent.name for seed in seeds}):
        paths = [str(seed.path) for seed in seeds if seed.path.parent.name == target]
        program = str(fuzzer(replayer(target)))
        options = ["--must-decode", "--twice"] if target not in stateful_targets() else []
        command = [*start_words(), program, *options, target, *paths]
        done = processes.run(command, LIMIT_S)
        if done.returncode != 0:
            print(done.stdout + done.stderr, end="", file=sys.stderr)
            good = False
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/make-seeds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--check", action="store_true", help="change nothing")
    kinds.add_argument("--inputs", action="store_true", help="see above")
    given = parser.parse_args()
    check = given.check
    ready()
    if given.inputs:
        return make_inputs()
    build_fuzzers(["client_hello"])
    build("fuzz", ["fuzz_state_seeds", "fuzz_state_replay"], "clang")
    seeds = read_handmade(forms_of_targets()) + record_handshakes()
    doubles = len(seeds) - len({seed.path for seed in seeds})
    if doubles:
        raise Stop(2, f"{HANDMADE.relative_to(ROOT)}: {doubles} seeds share a name with another")
    if not check:
        write(seeds)
    good = True
    for seed in seeds:
        if not seed.path.is_file() or seed.path.read_bytes() != seed.content:
            print(f"make-seeds: {seed.path.relative_to(ROOT)} is not as described", file=sys.stderr)
            good = False
    good = good and all_good(seeds)
    parents = len({seed.path.parent for seed in seeds})
    print(f"make-seeds: {count(len(seeds), 'seed')} of {count(parents, 'target')}")
    return 0 if good else 1


if __name__ == "__main__":
    run_main("make-seeds", main)
