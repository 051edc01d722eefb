"""Files that scripts write: whole or not at all, on disks that may be full or read-only."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT


def shown_path(path: Path) -> str:
    """A path relative to the root of the tree, if it is in it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def command_line(*words: object) -> str:
    """A command line that a shell takes as these words."""
    return shlex.join([shown_path(word) if isinstance(word, Path) else str(word) for word in words])


def save(path: Path, content: bytes) -> None:
    """Writes a file, which is on the disk and whole when this returns; else OSError, and what was
    there before is untouched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # some file systems report only now that they are full
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def save_text(path: Path, text: str) -> None:
    # A path in the text may hold bytes that are no UTF-8; surrogateescape gives them back.
    save(path, text.encode("utf-8", "surrogateescape"))


def remove_old(path: Path | None, option: str = "") -> None:
    """Removes the file of an earlier run where this one will write. Stop if it cannot."""
    if path is None:
        return
    try:
        save(path, b"")
        path.unlink()
    except OSError as error:
        raise Stop(2 if option else 3, f"{option} {path}: {error.strerror}".lstrip()) from None


def write_result(path: Path | None, text: str) -> None:
    """Writes a result that was asked for; Stop if it cannot be."""
    if path is None:
        return
    try:
        save_text(path, text)
    except OSError as error:
        raise Stop(3, f"{path}: {error.strerror}") from None


def with_content(folder: Path, content: bytes) -> Path | None:
    """A file of the folder with that content; None also where it cannot be read."""
    for path in contents(folder):
        try:
            if path.stat().st_size == len(content) and path.read_bytes() == content:
                return path
        except OSError:
            continue
    return None


def contents(folder: Path) -> Iterable[Path]:
    """The files of a folder that may be missing, but for hidden ones."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if path.is_file() and not path.name.startswith(".")]
