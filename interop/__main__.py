"""Runs the interop matrix: our side against other TLS implementations, in memory and over loopback.

A cell's id reads WAY/PEER/ROLE/VERSION/CASE. ROLE is what OUR side is: client, server, or both.

    scripts/interop                        the whole matrix
    scripts/interop --peer gnutls          one peer's cells
    scripts/interop -k "1.3 and retry"     cells by parts of their ids
    scripts/interop --list                 the ids; with -v also what is left out, and why
    scripts/interop --cell ID              one cell, with all that both sides said
    scripts/interop --alone                every cell with others, and again by itself
    scripts/interop --falsify              facts told falsely, one at a time: the cells must fail

Exit: 0 all as expected, 1 a cell is not, 2 wrong use, 3 the environment lacks something,
130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.lib.exits import run_main
from scripts.lib.ready import ready

PEERS = Path(__file__).with_name("peers")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/interop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--cell", metavar="ID", help="run this cell alone")
    what.add_argument("--list", action="store_true", help="print the ids and run nothing")
    what.add_argument(
        "--alone",
        action="store_true",
        help="run every cell a second time, by itself and in random order; it has to end as before",
    )
    what.add_argument(
        "--falsify",
        action="store_true",
        help="tell falsely, one at a time, each fact that the cells compare: they have to fail",
    )
    parser.add_argument("--seed", metavar="N", type=int, help="of the order of --alone")
    peers = sorted(path.stem for path in PEERS.glob("*.toml"))
    parser.add_argument("--peer", action="append", default=[], choices=peers)
    parser.add_argument("-k", metavar="EXPRESSION", help="cells whose ids match, as with pytest")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell why cells are left out")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all results as JSON")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write a JUnit file")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write an HTML report")
    options = parser.parse_args(arguments)
    if options.seed is not None and not options.alone:
        parser.error("--seed is the order of --alone")
    if options.cell is not None and (options.peer or options.k):
        parser.error("--cell names one cell; --peer and -k select among all")
    for other in ("cell", "list", "falsify"):
        for report in ("json", "junit", "report"):
            if getattr(options, other) and getattr(options, report):
                parser.error(f"--{report} is for a run of the matrix; --{other} only prints")
    return options


def main() -> int:
    options = parse(sys.argv[1:])
    ready(go_on=True)  # the cells of a program that cannot be had fail
    # Here, since it needs more than reading options does.
    from interop.main import work

    return work(options)


if __name__ == "__main__":
    run_main("interop", main)
