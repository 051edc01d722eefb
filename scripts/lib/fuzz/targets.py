"""The fuzz targets: one for each row of some tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scripts.lib.def_tables import rows
from scripts.lib.paths import REGRESSIONS, ROOT, SEEDS
from scripts.lib.words import near

PREFIXES = {"messages": "", "extensions": "ext_", "records": ""}  # table -> of its targets' names
STATEFUL = ROOT / "fuzz" / "state" / "targets.def"
SCRIPTED = ROOT / "fuzz" / "peer" / "targets.def"
INPUT = ROOT / "fuzz" / "input" / "targets.def"
SCRIPT_SEEDS = ROOT / "build" / "fuzz" / "fuzz" / "seeds" / "script"  # made by the build


def decode_targets() -> list[str]:
    """What decodes a message, an extension or a record."""
    return [prefix + row.name for table, prefix in PREFIXES.items() for row in rows(table)]


def stateful_targets() -> list[str]:
    """What feeds a connection over the toy provider."""
    return [row.name for row in rows(STATEFUL)]


def script_targets() -> list[str]:
    """What plays scripts."""
    return [row.name for row in rows(SCRIPTED)]


def input_targets() -> list[str]:
    """What files and users give."""
    return [row.name for row in rows(INPUT)]


def targets() -> list[str]:
    """All fuzz targets, in the order of the tables."""
    return decode_targets() + stateful_targets() + script_targets() + input_targets()


def replayer(target: str) -> str:
    """The program that runs inputs of the target without libFuzzer, or at least prints them."""
    if target in script_targets() + input_targets():
        return "fuzz_scripts"
    return "fuzz_state_replay" if target in stateful_targets() else "fuzz_replay"


def seed_folders(target: str) -> list[Path]:
    """Where inputs lie that a campaign starts from."""
    made = [SCRIPT_SEEDS] if target in script_targets() else []
    return [*made, SEEDS / target, REGRESSIONS / target]


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
