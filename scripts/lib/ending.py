"""How a script ends: with a code, by a Stop that says why, interrupted, or with its reader gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn


class Stop(Exception):
    """Ends a script: `status` is its exit code, the text goes to stderr."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def end(name: str, main: Callable[[], int]) -> NoReturn:
    """Runs `main`, and exits with what it returns."""
    try:
        code = main()
        sys.stdout.flush()
    except Stop as stop:
        print(f"{name}: {stop}", file=sys.stderr)
        code = stop.status
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        code = 1
    except BrokenPipeError:  # of `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
