"""The copy of the tree from which scripts/take-out takes checks out, and the tests built of it."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib import tree_copy
from scripts.lib.exits import Stop
from scripts.lib.paths import ROOT
from scripts.lib.take_out.checks import Check, instrumented

COPY = ROOT / "build" / "take-out" / "tree"
BUILD = COPY / "build" / "dev"
RUNTIME = Path(__file__).parent
LIMIT_S = 1800  # of what may run long where the machine is busy
SLOW_S = 4  # of processor time: a unit test that takes more is run in parts
MEMORY = 4 << 30  # bytes: without a check, a program may allocate without limit
# Under valgrind, for branches on secrets; it has tests of its own.
LEFT_OUT = ("impl.test_constant_time",)


@dataclass
class Test:
    """A test of ctest, or one test of a slow program: how long it takes, and which checks refuse in
    it."""

    name: str
    command: list[str]
    folder: str
    only: str = ""  # the name of the one
    seconds: float = 0.0
    reached: set[int] = field(default_factory=set)

    def run(
        self, environment: dict[str, str], limit_s: float, cpu_s: int | None = None
    ) -> str | None:
        """Its output; None if it fails, or does not end within the limits."""
        if self.only:
            environment = {**environment, "SHK_TEST": self.only}
        try:
            done = subprocess.run(
                self.command,
                cwd=self.folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=limit_s,
                preexec_fn=lambda: _bounds(cpu_s),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return None if done.returncode != 0 else done.stdout.decode(errors="replace")

    def learn(self, notes: Path, count: int) -> list[Test]:
        """Runs it with no check taken out. Returns it, or the tests of a slow program."""
        notes.write_bytes(bytes(count))
        environment = {"SHK_TAKE_OUT_NOTES": str(notes)}
        start = time.monotonic()
        output = self.run(environment, LIMIT_S, None if self.only else SLOW_S)
        names: list[str] = []
        if output is None:
            start = time.monotonic()
            output = self.run(environment, LIMIT_S)
            names = re.findall(r"^\[ RUN +\] (.+)$", output or "", re.MULTILINE)
        if output is None:
            command = shlex.join(self.command)
            raise Stop(1, f"{self.name} {self.only} fails with nothing taken out: {command}")
        if self.only or not names:  # what has no parts is run whole, however slow
            self.seconds = time.monotonic() - start
            self.reached = {number for number, hit in enumerate(notes.read_bytes()) if hit}
            return [self]
        return [Test(self.name, self.command, self.folder, name) for name in names]


def _bounds(cpu_s: int | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if cpu_s is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))


def make(checks: list[Check], sources: dict[str, bytes]) -> None:
    """Makes the copy, or what has changed of it, and builds it."""
    files: dict[str, bytes] = {}
    numbered: dict[str, list[tuple[int, Check]]] = {}
    for number, check in enumerate(checks):
        numbered.setdefault(check.file, []).append((number, check))
    for name, own in numbered.items():
        files[name] = instrumented(sources[name], own)
    runtime = (RUNTIME / "take_out.c").read_bytes().replace(b"SHK_CHECKS", b"%d" % len(checks))
    files["impl/wire/take_out.c"] = runtime
    files["impl/wire/take_out.h"] = (RUNTIME / "take_out.h").read_bytes()
    tree_copy.update(COPY, files)
    header = COPY / "impl" / "wire" / "take_out.h"
    flags = f"-DCMAKE_C_FLAGS=-w -include {shlex.quote(str(header))}"
    tree_copy.call(COPY, "configuring", ["cmake", "--preset", "dev", flags], LIMIT_S)
    tree_copy.call(COPY, "building", ["cmake", "--build", "--preset", "dev"], LIMIT_S)


def tests() -> list[Test]:
    """All tests of the copy."""
    command = ["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = []
    for test in json.loads(listed.stdout)["tests"]:
        folder = {p["name"]: p["value"] for p in test["properties"]}["WORKING_DIRECTORY"]
        if test["name"] not in LEFT_OUT:
            found.append(Test(test["name"], test["command"], folder))
    return found
