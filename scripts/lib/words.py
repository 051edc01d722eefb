"""How numbers, tables and hints are written for people."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def count(number: int, one: str, many: str = "") -> str:
    """`1 crash`, `2 crashes`, `1,234 cells`. `many` is needed where it is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def crashes(number: int) -> str:
    return count(number, "crash", "crashes")


def duration(seconds: float) -> str:
    """`7 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def near(name: str, known: Sequence[str]) -> list[str]:
    """Names that someone who wrote `name` may have meant, at most five."""
    inside = [other for other in known if name and (name in other or other in name)]
    close = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
    return list(dict.fromkeys([*close, *inside]))[:5]
