"""Values of options that several scripts have."""

from __future__ import annotations

import argparse


def seconds(text: str) -> float:
    """A time that is to be spent, of at most eleven days."""
    value = float(text)
    if not 0 < value <= 1e6:  # NaN fails this too
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1,000,000")
    return value


def seconds_or_0(text: str) -> float:
    """Likewise; 0: no end."""
    return 0.0 if text == "0" else seconds(text)
