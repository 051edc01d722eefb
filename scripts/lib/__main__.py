"""Runs a module of this tree: python3 scripts/lib MODULE ARGUMENT...

This is the one place where Python learns where the packages `scripts` and `interop` are. The
current directory, which may be another copy of the tree, does not matter.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
