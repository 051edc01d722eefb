"""Runs the linters over everything they are for. Settings: pyproject.toml and .clang-tidy.

    scripts/lint                all of them
    scripts/lint ruff mypy      these: ruff, mypy (Python), shellcheck (shell), clang-tidy (C)

Exit: 0 they find nothing, 1 they find something, 2 wrong use, 3 one of them is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.lib import presets, processes
from scripts.lib.exits import Stop, run_main
from scripts.lib.paths import ROOT
from scripts.lib.progress import Progress
from scripts.lib.ready import ready
from scripts.lib.words import count

LIMIT_S = 600  # of processor time, for one run of a linter
PYTHON_TOOLS = ROOT / ".venv" / "bin"


def tracked_files() -> list[Path]:
    """Of git, with new ones; as paths from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = processes.run(command, LIMIT_S, cwd=ROOT).stdout.split("\0")
    return [Path(name) for name in sorted(set(names)) if (ROOT / name).is_file()]


def is_shell(file: Path) -> bool:
    with (ROOT / file).open("rb") as content:
        first = content.readline(100)
    return file.suffix == ".sh" or (first.startswith(b"#!") and first.rstrip().endswith(b"sh"))


def found_by(command: Sequence[object]) -> str:
    """What a linter says; "" where it finds nothing."""
    done = processes.run([str(word) for word in command], LIMIT_S, cwd=ROOT)
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"exit {done.returncode}"


def ruff() -> list[str]:
    python = [file for file in tracked_files() if file.suffix == ".py"]
    return [found_by([PYTHON_TOOLS / "ruff", "check", "--quiet", *python])]


def mypy() -> list[str]:
    return [found_by([PYTHON_TOOLS / "mypy", "--no-error-summary"])]


def shellcheck() -> list[str]:
    return [found_by([tool("shellcheck"), "-x", *filter(is_shell, tracked_files())])]


def clang_tidy() -> list[str]:
    """Every source file as the preset dev compiles it, with its headers; one per core at a time."""
    presets.configure("dev")
    build = ROOT / "build" / "dev"
    rows = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    sources = sorted({row["file"] for row in rows})
    command = [clang_tidy_program(), "--quiet", "-p", build]
    done = 0

    def one(source: str) -> str:
        nonlocal done
        found = found_by([*command, source])
        done += 1
        return found

    with Progress(lambda: f"clang-tidy: {done:,} of {count(len(sources), 'file')}"):
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return list(pool.map(one, sources))


def clang_tidy_program() -> str:
    """That of the clang which builds; every version has other checks."""
    done = processes.run([tool("clang"), "-dumpversion"], LIMIT_S)
    version = done.stdout.partition(".")[0].strip()
    return shutil.which(f"clang-tidy-{version}") or tool("clang-tidy")


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Stop(3, f"{name} is missing; scripts/setup installs it")
    return found


LINTERS: dict[str, Callable[[], list[str]]] = {
    "ruff": ruff,
    "mypy": mypy,
    "shellcheck": shellcheck,
    "clang-tidy": clang_tidy,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/lint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("linter", nargs="*", metavar="LINTER", help="default: all")
    names = parser.parse_args().linter or list(LINTERS)
    for name in names:
        if name not in LINTERS:
            parser.error(f"{name!r} is none of: {', '.join(LINTERS)}")
    ready()
    complaining = []
    for name in names:
        texts = dict.fromkeys(text for text in LINTERS[name]() if text)  # a header's once
        for text in texts:
            print(text, flush=True)
        if texts:
            complaining.append(name)
    if complaining:
        raise Stop(1, f"found something: {', '.join(complaining)}")
    print(f"lint: {', '.join(names)} found nothing")
    return 0


if __name__ == "__main__":
    run_main("lint", main)
