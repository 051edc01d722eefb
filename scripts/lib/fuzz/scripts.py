"""Scripts of deviations that targets find: their text, their binary form, fewer operations."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.lib import processes
from scripts.lib.asan import start_words
from scripts.lib.paths import ROOT
from scripts.lib.presets import build

SHAKEDOWN = ROOT / "build" / "fuzz" / "harness" / "shakedown"
FILE_MARK = b"\xde"  # begins a file in binary form; inputs of targets are nothing else, and lack it
ENCODE_S = 60  # of processor time


def build_encoder() -> None:
    build("fuzz", ["shakedown"], "clang")


def encoded(text: str) -> bytes | None:
    """The binary form of a script; None where it is none."""
    with tempfile.TemporaryDirectory(prefix="shakedown-script-") as folder:
        script, binary = Path(folder) / "script.case", Path(folder) / "script.bin"
        script.write_text(text, encoding="utf-8")
        command = [*start_words(), str(SHAKEDOWN), "play", str(script), "--encode", str(binary)]
        if processes.run(command, ENCODE_S).returncode != 0:
            return None
        return binary.read_bytes().removeprefix(FILE_MARK)


def minimised(text: str, fails: Callable[[str], bool]) -> str:
    """The script without the lines that it fails without: one after the other is left out, from
    the last to the first, until each counts. Who plays always stays."""
    lines = [line for line in text.splitlines() if line.strip()]
    again = True
    while again:
        again = False
        for place in reversed(range(len(lines))):
            fewer = lines[:place] + lines[place + 1 :]
            if lines[place].startswith("player ") or not fails("\n".join(fewer) + "\n"):
                continue
            lines, again = fewer, True
    return "\n".join(lines) + "\n"
