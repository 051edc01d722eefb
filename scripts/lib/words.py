"""How numbers are written: with thousands separators, and with the right form of their noun."""

from __future__ import annotations


def count(number: int, one: str, many: str = "") -> str:
    """`1 crash`, `2 crashes`, `1,234 cells`. `many` is needed where it is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def crashes(number: int) -> str:
    return count(number, "crash", "crashes")
