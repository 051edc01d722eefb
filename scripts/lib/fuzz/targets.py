"""The fuzz targets: one for each row of some tables of impl/registry."""

from __future__ import annotations

from collections.abc import Iterable

from scripts.lib.def_tables import rows
from scripts.lib.words import near

PREFIXES = {"messages": "", "extensions": "ext_", "records": ""}  # table -> of its targets' names


def targets() -> list[str]:
    """All fuzz targets, in the order of the tables."""
    return [prefix + row.name for table, prefix in PREFIXES.items() for row in rows(table)]


def unknown_targets(names: Iterable[str]) -> list[str]:
    """A complaint for each name that is no target."""
    known = targets()
    complaints = []
    for name in names:
        if name in known:
            continue
        meant = near(name, known)
        hint = f"; near: {', '.join(meant)}" if meant else ""
        complaints.append(f"no fuzz target is called {name!r}{hint}")
    return complaints
