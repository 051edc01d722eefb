"""What the tests of the scripts share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_S = 600  # only a script that hangs comes near it
LIMITED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
CRASHING = b"!!" + 30 * b"a"


@dataclass
class Tree:
    """A copy of the scripts with what they need."""

    root: Path
    fuzzer: Path
    environment: dict[str, str]

    def add(self, *targets: str, seed: bytes = CRASHING) -> None:
        """Fuzzers, with one seed each."""
        for target in targets:
            shutil.copy(self.fuzzer, self.root / "build/fuzz/fuzz" / target)
            folder = self.root / "corpora/seeds" / target
            folder.mkdir(parents=True)
            (folder / "seed").write_bytes(seed)

    def start(
        self, module: str, *arguments: object, limited: bool = False
    ) -> subprocess.Popen[str]:
        """Starts a module of scripts/lib. `limited`: permissions count for it, which they do not
        for root."""
        path = f"{self.root / 'programs'}:{self.environment['PATH']}"
        limits = LIMITED if limited and os.geteuid() == 0 else []
        command = [sys.executable, self.root / "scripts/lib", f"scripts.lib.{module}"]
        return subprocess.Popen(
            [*limits, *map(str, [*command, *arguments])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def run(self, module: str, *arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
        with self.start(module, *arguments, **more) as process:
            out, err = process.communicate(timeout=LIMIT_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, name: str = "out/facts.json") -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.root / name).read_text(encoding="utf-8"))
        return facts

    def files(self, folder: str) -> list[Path]:
        return sorted(path for path in (self.root / folder).rglob("*") if path.is_file())
