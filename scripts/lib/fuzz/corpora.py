"""The corpora that campaigns grow: where they are, made smaller, and saved among the seeds."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import processes
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop
from scripts.lib.files import contents, shown_path
from scripts.lib.files import save as save_file
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.targets import decode_targets, replayer, stateful_targets
from scripts.lib.paths import SEEDS
from scripts.lib.presets import fuzzer
from scripts.lib.words import count

MERGE_S = 1800
# What replayers say of an input that can be a seed.
GOOD_SEED = re.compile(r"^(.*): (?:decodes \(|connected, [^:\n]*: OK;)", re.MULTILINE)
REPLAY_S = 600  # of processor time
SEEDS_MOST = 20 * 1024 * 1024  # bytes of all seeds together


@dataclass(frozen=True)
class Corpora:
    """A folder with a corpus for each target."""

    root: Path

    def of(self, target: str) -> Path:
        return self.root / target

    def add(self, target: str, content: bytes) -> bool:
        """Whether it was new. OSError where it cannot be kept."""
        path = self.of(target) / hashlib.sha1(content).hexdigest()  # as libFuzzer names them
        if path.exists():
            return False
        save_file(path, content)
        return True


def merged(target: str, sources: Sequence[Path], work: Path, first: Path | None = None) -> Path:
    """A folder with those inputs of the sources that add coverage to what `first` has, and to each
    other, besides those of `first`. libFuzzer starts itself through a shell and quotes nothing, so
    that all its paths are given relative to a folder of our own."""
    new = work / "new"
    if first is not None:
        shutil.copytree(first, new)
    else:
        new.mkdir()
    (work / "fuzzer").symlink_to(fuzzer(target))
    names = []
    for number, source in enumerate(sources):
        (work / f"old{number}").symlink_to(source.resolve())
        names.append(f"old{number}")
    options = [*libfuzzer.replay_arguments(target), "-merge=1", "new", *names]
    run = libfuzzer.run(target, options, limit_s=MERGE_S, program="./fuzzer", cwd=work)
    if run.returncode != 0 or not list(contents(new)):
        raise Stop(1, f"{run.output[-2000:]}\n{target}: merging failed ({run.end})")
    return new


def merge(corpora: Corpora, targets: Iterable[str], say: Callable[[str], None]) -> str:
    """Makes each corpus as small as its coverage allows; what came of it, in words."""
    before = after = 0
    for target in targets:
        corpus = corpora.of(target)
        old = list(contents(corpus))
        if not old:
            continue
        with tempfile.TemporaryDirectory(prefix="shakedown-merge-") as folder:
            kept = list(contents(merged(target, [corpus], Path(folder))))
            names = {path.name for path in kept}
            for path in kept:
                save_file(corpus / path.name, path.read_bytes())
            for path in old:
                if path.name not in names:
                    path.unlink()
        before, after = before + len(old), after + len(kept)
        say(f"{target}: {count(len(old), 'input')}, {len(kept):,} kept")
    return f"{count(before, 'input')} merged, {after:,} kept"


def save(corpora: Corpora, targets: Iterable[str], say: Callable[[str], None]) -> str:
    """Copies into corpora/seeds what adds coverage to the seeds; what came of it, in words."""
    room = SEEDS_MOST - sum(path.stat().st_size for path in SEEDS.rglob("*") if path.is_file())
    saved = left_out = 0
    for target in targets:
        corpus, seeds = corpora.of(target), SEEDS / target
        if not list(contents(corpus)):
            continue
        with tempfile.TemporaryDirectory(prefix="shakedown-save-") as folder:
            first = seeds if seeds.is_dir() else None
            new = merged(target, [corpus], Path(folder), first)
            known = {path.read_bytes() for path in contents(seeds)}
            found = [path for path in contents(new) if path.read_bytes() not in known]
            fitting = seeds_among(target, found)
            taken = 0
            for path in sorted(fitting, key=lambda path: path.stat().st_size):
                size = path.stat().st_size
                if size > room:
                    left_out += 1
                    continue
                content = path.read_bytes()
                save_file(seeds / f"found-{hashlib.sha256(content).hexdigest()[:12]}", content)
                room -= size
                taken += 1
        saved += taken
        say(f"{target}: {count(len(found), 'input')} with new coverage, {taken:,} saved")
    where = shown_path(SEEDS)
    full = f", {left_out:,} left out: {where} would have more than 20 MiB" if left_out else ""
    return f"{count(saved, 'seed')} saved in {where}{full}"


def seeds_among(target: str, paths: list[Path]) -> list[Path]:
    """Those that can be seeds: what decodes, or gets a connection past Finished without a failure;
    of other targets all."""
    if target not in decode_targets() + stateful_targets() or not paths:
        return paths
    command = [*start_words(), str(fuzzer(replayer(target))), target, *map(str, paths)]
    shown = processes.run(command, REPLAY_S, env=libfuzzer.environment()).stdout
    good = {match[1] for match in GOOD_SEED.finditer(shown)}
    return [path for path in paths if str(path) in good]
