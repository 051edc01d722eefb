"""Handshakes per second in memory, both ends counted: ours beside OpenSSL and GnuTLS.

Builds preset `release` and runs `shakedown bench` on one core. In each of --rounds rounds every
implementation has its turn for --seconds, so that what disturbs meets all alike; medians count.
`ours/openssl` stands beside its goal, which is shown and not asserted. So does the memory of ours,
libcrypto's for it included: of an idle connection, and the peak of a handshake of both ends.
Exit: 0 all handshakes are good, 1 one fails, 2 wrong use, 3 something is missing, such as cmake.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from scripts.lib import processes
from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT
from scripts.lib.presets import build
from scripts.lib.ready import ready
from scripts.lib.words import columns, count

GOAL = 1.5
GOAL_IDLE, GOAL_PEAK = 16 * 1024, 64 * 1024  # bytes
PROGRAM = ROOT / "build" / "release" / "harness" / "shakedown"
ROWS = 5  # of the table in harness/tools/bench.c
KINDS = ("ours", "openssl", "gnutls")
SLACK_S = 60  # of processor time


class RowProgress:
    """Tells on stderr which rows are measured, and how long the others will take."""

    def __init__(self, row_s: float) -> None:
        self.row_s = row_s
        self.total = ROWS
        self.tell(0)

    def tell(self, done: int) -> None:
        left = max(0, self.total - done) * self.row_s
        print(f"bench: {done} of {self.total} rows, {left:.0f} s left", file=sys.stderr, flush=True)


def measure(rounds: int, seconds: float, program: Path = PROGRAM) -> list[dict[str, Any]]:
    """The rows of the program's JSON. Stop where a handshake fails."""
    tenths = max(1, round(10 * seconds))
    command = [*processes.on_one_core(), str(program), "bench", "--json"]
    command += ["--rounds", str(rounds), "--tenths", str(tenths)]
    progress = RowProgress(len(KINDS) * rounds * tenths / 10)
    text = ""
    streams = {"stdout": subprocess.PIPE, "text": True}
    with processes.started(command, False, cwd=ROOT, **streams) as process:
        assert process.stdout is not None
        limit_s = progress.total * progress.row_s * 2 + SLACK_S
        threading.Thread(
            target=processes.end_if_stuck, args=(process, limit_s), daemon=True
        ).start()
        while piece := process.stdout.read(1):
            text += piece
            if piece == "}" and text.count("{") > text.count("}"):
                progress.tell(text.count("}"))
        code = process.wait()
    if code != 0:
        raise Stop(1, f"{text}\nfailed: {' '.join(command)}")
    rows = json.loads(text)["rows"]
    assert isinstance(rows, list)
    return rows


def memory(program: Path = PROGRAM) -> dict[str, int]:
    """Bytes of an idle connection and of the peak of a handshake: the most of all rows."""
    command = [str(program), "bench", "--memory", "--json"]
    done = processes.run(command, SLACK_S, cwd=ROOT)
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout}{done.stderr}\nfailed: {' '.join(command)}")
    found = json.loads(done.stdout)["memory"]
    assert isinstance(found, dict)
    return found


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    over = row["ours_over_openssl"]
    speeds = (f"{row[kind]:,.0f}" for kind in KINDS)
    return (row["name"], *speeds, f"{over:.2f}", f"{GOAL}", "yes" if over >= GOAL else "NO")


def run(options: argparse.Namespace) -> int:
    ready()
    build("release", ["shakedown"])
    taken = memory()
    rows = measure(options.rounds, options.seconds)
    if options.json:
        print(json.dumps({"rows": rows, "memory": taken}))
        return 0
    head = ("handshakes/s", *KINDS, "ours/openssl", "goal", "reached")
    print(columns([head, *(cells(row) for row in rows)]))
    reached = sum(row["ours_over_openssl"] >= GOAL for row in rows)
    print(f"bench: {count(len(rows), 'row')}, the goal of {GOAL} is reached in {reached}")
    print(
        f"memory: {taken['idle']:,} bytes in an idle connection (goal {GOAL_IDLE:,}), "
        f"{taken['peak']:,} at the peak of a handshake of both ends (goal {GOAL_PEAK:,})"
    )
    return 0


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench handshake",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds; default: 5")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn; default: 1")
    parser.add_argument("--json", action="store_true", help="the rows as JSON, and nothing else")
    options = parser.parse_args(given)
    if not (1 <= options.rounds <= 99 and 0.1 <= options.seconds <= 60):
        parser.error("--rounds is 1 to 99, --seconds 0.1 to 60")
    return run(options)
