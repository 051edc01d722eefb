"""The faults of fuzz/planted: patches, each with a header that says what it is like."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import presets
from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT

PLANTED = ROOT / "fuzz" / "planted"
FAMILIES = (
    "state skipped",
    "unoffered accepted",
    "across a key change",
    "version confusion",
    "binding lost",
    "keys from nothing",
    "nested length",
    "second flight",
    "unbounded",
    "downgrade",
    "oracle by alert",
)
FIELDS = ("title", "family", "after", "targets", "oracles")
LIMIT_S = 60


@dataclass(frozen=True)
class Fault:
    """`after` is the published fault that it is like; `targets` should find it, by `oracles`;
    `missed` says why none does, where that is known."""

    name: str
    title: str
    family: str
    after: str
    targets: tuple[str, ...]
    oracles: str
    missed: str
    diff: str

    def content(self) -> dict[str, bytes]:
        """The files of the tree that it changes, as it makes them."""
        files = [line[6:] for line in self.diff.splitlines() if line.startswith("--- a/")]
        with tempfile.TemporaryDirectory() as folder:
            for file in files:
                path = Path(folder) / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes((ROOT / file).read_bytes())
            done = subprocess.run(
                ["git", "apply", "-"],
                cwd=folder,
                input=self.diff,
                env={**os.environ, "GIT_CEILING_DIRECTORIES": str(Path(folder).parent)},
                capture_output=True,
                encoding="utf-8",
                timeout=LIMIT_S,
            )
            if done.returncode != 0:
                raise Stop(1, f"fuzz/planted/{self.name}.patch: {done.stderr.strip()}")
            return {file: (Path(folder) / file).read_bytes() for file in files}


def read(path: Path) -> Fault:
    head, _, diff = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.partition(": ")[::2] for line in head.splitlines())
    for name in (fields.keys() - {"missed"}) ^ set(FIELDS):
        raise Stop(
            2, f"{path}: {'no field is called' if name in fields else 'lacks the field'} {name}"
        )
    if fields["family"] not in FAMILIES:
        raise Stop(2, f"{path}: no family is called {fields['family']}")
    return Fault(
        path.stem,
        fields["title"],
        fields["family"],
        fields["after"],
        tuple(fields["targets"].split()),
        fields["oracles"],
        fields.get("missed", ""),
        diff,
    )


def faults() -> list[Fault]:
    """All, family by family."""
    found = [read(path) for path in sorted(PLANTED.glob("*.patch"))]
    return sorted(found, key=lambda fault: (FAMILIES.index(fault.family), fault.name))


def compiles(fault: Fault) -> str:
    """What the compiler complains of in the files that it changes, or that include them; "":
    nothing."""
    database = ROOT / "build" / "dev" / "compile_commands.json"
    if not database.exists():
        presets.configure("dev")
    commands = {row["file"]: row["command"] for row in json.loads(database.read_text("utf-8"))}
    content = fault.content()
    complaints = ""
    with tempfile.TemporaryDirectory() as folder:
        for file, text in content.items():
            path = Path(folder) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        for source in _sources(content):
            words = shlex.split(commands[str(ROOT / source)])
            changed = Path(folder) / source
            what = str(changed if changed.exists() else ROOT / source)
            own = ["-iquote", f"{folder}/impl", "-w", "-fsyntax-only", what]
            command = [*words[: words.index("-o")], *own]
            done = subprocess.run(
                command, capture_output=True, text=True, cwd=ROOT / "build" / "dev", timeout=LIMIT_S
            )
            complaints += done.stderr if done.returncode != 0 else ""
    return complaints


def _sources(files: dict[str, bytes]) -> list[str]:
    """The C files among them, and those that include the tables among them."""
    out = [file for file in files if file.endswith(".c")]
    for table in (file for file in files if file.endswith(".def")):
        wanted = f'#include "{table.removeprefix("impl/")}"'
        out += [
            str(path.relative_to(ROOT))
            for path in sorted((ROOT / "impl").rglob("*.c"))
            if "tests" not in path.parts and wanted in path.read_text("utf-8")
        ]
    return out
