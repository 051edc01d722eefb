"""Text that others chose, made safe for a terminal, a log and XML."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with everything escaped that a terminal acts on: control characters, and what
    changes the direction of writing. Line breaks and tabs stay."""
    return "".join(c if c in "\n\t" or c.isprintable() else ascii(c)[1:-1] for c in text)
