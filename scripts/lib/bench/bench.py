"""Measures speed; each kind of measurement has options of its own (scripts/bench KIND --help).

    scripts/bench fuzz [TARGET...]    executions per second of the fuzz targets
    scripts/bench handshake           handshakes per second
    scripts/bench mutator [TARGET...] what the mutator finds that libFuzzer alone does not

Exit: 0 all good, 1 a measurement misses its goal or fails, 2 wrong use, 3 something is missing.
"""

from __future__ import annotations

import importlib
import sys

from scripts.lib.exits import run_main

KINDS = ("fuzz", "handshake", "mutator")


def main() -> int:
    """Hands over to `main(arguments)` of bench_KIND.py."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stdout if len(sys.argv) > 1 else sys.stderr)
        return 0 if len(sys.argv) > 1 else 2
    kind = sys.argv[1]
    if kind not in KINDS:
        print(f"bench: {kind!r} is none of: {', '.join(KINDS)}", file=sys.stderr)
        return 2
    measurement = importlib.import_module(f"scripts.lib.bench.bench_{kind}")
    return int(measurement.main(sys.argv[2:]))


if __name__ == "__main__":
    run_main("bench", main)
