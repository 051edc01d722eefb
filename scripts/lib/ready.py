"""From reading options, which any Python can do, to working."""

from __future__ import annotations

import os
import sys

from scripts.lib.paths import ROOT


def ready(go_on: bool = False) -> None:
    """Sets up what is missing, if scripts/lib/start has left that to us, and goes on in the Python
    environment that set-up makes. `go_on`: also where not all of it can be had."""
    if os.environ.pop("SHAKEDOWN_SET_UP", "") != "no":
        return
    start = str(ROOT / "scripts" / "lib" / "start")
    options = ["--set-up", *(["--or-go-on"] if go_on else [])]
    sys.stdout.flush()
    module_and_arguments = sys.orig_argv[2:]  # after python3 and scripts/lib
    os.execv(start, [start, *options, *module_and_arguments])
