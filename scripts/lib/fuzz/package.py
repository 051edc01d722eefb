"""Puts beside each fuzz target of a folder what OSS-Fuzz and ClusterFuzzLite look for there:
TARGET.dict, TARGET.options and TARGET_seed_corpus.zip. Called by fuzz/oss-fuzz/build.sh.

Exit: 0 all good, 1 the folder has no target, or one has no seed; 2 wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from scripts.lib.exits import Stop, run_main
from scripts.lib.files import contents, save, save_text
from scripts.lib.fuzz.libfuzzer import INPUT_TIMEOUT_S, max_len
from scripts.lib.fuzz.targets import SCRIPT_SEEDS, seed_folders, targets
from scripts.lib.paths import DICTIONARY, ROOT


def options_of(target: str) -> str:
    """As scripts/fuzz has them where they are about the target; the rest is the engine's."""
    return f"[libfuzzer]\nmax_len = {max_len(target)}\ntimeout = {INPUT_TIMEOUT_S}\n"


def seeds_of(target: str, build: Path) -> Iterable[Path]:
    """Seeds and regressions, also those that the build has made."""
    made = build / SCRIPT_SEEDS.relative_to(ROOT / "build" / "fuzz")
    for folder in seed_folders(target):
        yield from contents(made if folder == SCRIPT_SEEDS else folder)


def package(target: str, out: Path, build: Path) -> int:
    """Writes the files of a target; how many seeds it has."""
    seeds = {hashlib.sha1(path.read_bytes()).hexdigest(): path for path in seeds_of(target, build)}
    if not seeds:
        raise Stop(1, f"{target} has no seed")
    save(out / f"{target}.dict", DICTIONARY.read_bytes())
    save_text(out / f"{target}.options", options_of(target))
    with zipfile.ZipFile(out / f"{target}_seed_corpus.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in seeds.items():
            archive.write(path, name)
    return len(seeds)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="package", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the folder with the programs of targets")
    parser.add_argument("--build", type=Path, required=True, help="where they were built")
    arguments = parser.parse_args()
    there = [target for target in targets() if (arguments.out / target).is_file()]
    if not there:
        raise Stop(1, f"{arguments.out} has no fuzz target")
    for target in there:
        print(f"{target}: {package(target, arguments.out, arguments.build)} seeds", flush=True)
    return 0


if __name__ == "__main__":
    run_main("package", main)
