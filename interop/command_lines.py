"""Commands as a person can type them, in the directory where the run was started."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.lib.paths import ROOT

# Variables that select the programs and libraries of a cell, or configure them.
DECIDING = re.compile(
    r"SHAKEDOWN(_\w+)?|LD_LIBRARY_PATH|LD_PRELOAD|OPENSSL_\w+|GNUTLS_\w+|[A-Z]+SAN_OPTIONS"
)


def program_named(variable: str) -> str | None:
    """The program that an environment variable names, wherever it is run."""
    name = os.environ.get(variable)
    return os.path.abspath(name) if name and "/" in name else name or None


def _prefix(environment: Mapping[str, str]) -> list[str]:
    return [f"{name}={shlex.quote(value)}" for name, value in environment.items()]


def repeat_command(cell_id: str) -> str:
    """What repeats a cell, with the environment that the run had."""
    found = {name: os.environ[name] for name in sorted(os.environ) if DECIDING.fullmatch(name)}
    found |= {name: program_named(name) or "" for name in found if name.startswith("SHAKEDOWN")}
    program = Path("scripts/interop")
    if Path.cwd() != ROOT:
        program = ROOT / program
    return " ".join([*_prefix(found), shlex.join([str(program), "--cell", cell_id])])


def shown_command(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """A command that ran at the root of the project."""
    short = [word.replace(f"{ROOT}/", "") for word in command]
    own = {name: value.replace(f"{ROOT}/", "") for name, value in (environment or {}).items()}
    at_root = [] if Path.cwd() == ROOT else ["cd", shlex.quote(str(ROOT)), "&&"]
    return " ".join([*at_root, *_prefix(own), shlex.join(short)])
