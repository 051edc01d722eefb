"""A copy of the tree that scripts change and build, so that the tree itself stays as it is.

What is not changed keeps its time, and is not built again.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT


def _names() -> list[str]:
    """All files of the tree that are, or could be, in version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    names = [name for name in listed.split("\0") if name]
    return [n for n in names if (ROOT / n).is_file() or (ROOT / n).is_symlink()]


def update(copy: Path, changed: Mapping[str, bytes]) -> None:
    """Makes `copy` the tree as it is now, but for the files that are `changed` or added. Its folder
    `build` stays."""
    names = _names()
    links = [name for name in names if (ROOT / name).is_symlink()]
    files = {n: changed.get(n) or (ROOT / n).read_bytes() for n in names if n not in links}
    files.update(changed)
    for old in copy.rglob("*"):
        inside = old.relative_to(copy)
        kept = inside.parts[0] == "build" or str(inside) in files
        if not kept and (old.is_file() or old.is_symlink()):
            old.unlink()
    for name in links:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).symlink_to((ROOT / name).readlink())
    for name, content in files.items():
        path = copy / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            shutil.copymode(ROOT / name, path) if (ROOT / name).exists() else None


def call(copy: Path, what: str, command: Sequence[str], limit_s: float) -> None:
    """Runs a step of building the copy; Stop with its output where it fails."""
    if shutil.which(command[0]) is None:
        raise Stop(3, f"{command[0]} is missing; scripts/setup installs it")
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise Stop(1, f"{what} the copy does not end: {shlex.join(command)}") from None
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout[-4000:]}{done.stderr}\n{what} the copy failed in {copy}")
