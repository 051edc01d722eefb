"""The copy of the tree from which scripts/take-out takes checks out, and the tests built of it."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

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
        if self.run(environment, LIMIT_S, None if self.only else SLOW_S) is not None:
            self.seconds = time.monotonic() - start
            self.reached = {number for number, hit in enumerate(notes.read_bytes()) if hit}
            return [self]
        output = self.run(environment, LIMIT_S)
        names = re.findall(r"^\[ RUN +\] (.+)$", output or "", re.MULTILINE)
        if output is None or not names:
            command = shlex.join(self.command)
            raise Stop(1, f"{self.name} {self.only} fails with nothing taken out: {command}")
        return [Test(self.name, self.command, self.folder, name) for name in names]


def _bounds(cpu_s: int | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if cpu_s is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))


def make(checks: list[Check], sources: dict[str, bytes]) -> None:
    """Makes the copy, or what has changed of it, and builds it."""
    links = [name for name in _tree() if (ROOT / name).is_symlink()]
    files = {n: (ROOT / n).read_bytes() for n in _tree() if n not in links}
    numbered: dict[str, list[tuple[int, Check]]] = {}
    for number, check in enumerate(checks):
        numbered.setdefault(check.file, []).append((number, check))
    for name, own in numbered.items():
        files[name] = instrumented(sources[name], own)
    runtime = (RUNTIME / "take_out.c").read_bytes().replace(b"SHK_CHECKS", b"%d" % len(checks))
    files["impl/wire/take_out.c"] = runtime
    files["impl/wire/take_out.h"] = (RUNTIME / "take_out.h").read_bytes()
    for old in COPY.rglob("*"):
        inside = old.relative_to(COPY)
        kept = inside.parts[0] == "build" or str(inside) in files
        if not kept and (old.is_file() or old.is_symlink()):
            old.unlink()
    for name in links:
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        (COPY / name).symlink_to((ROOT / name).readlink())
    for name, content in files.items():
        path = COPY / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            shutil.copymode(ROOT / name, path) if (ROOT / name).exists() else None
    header = COPY / "impl" / "wire" / "take_out.h"
    flags = f"-DCMAKE_C_FLAGS=-w -include {shlex.quote(str(header))}"
    _call("configuring", ["cmake", "--preset", "dev", flags])
    _call("building", ["cmake", "--build", "--preset", "dev"])


def _tree() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    names = [name for name in listed.split("\0") if name]
    return [n for n in names if (ROOT / n).is_file() or (ROOT / n).is_symlink()]


def _call(what: str, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise Stop(3, f"{command[0]} is missing; scripts/setup installs it")
    try:
        done = subprocess.run(command, cwd=COPY, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        raise Stop(1, f"{what} the copy does not end: {shlex.join(command)}") from None
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout[-4000:]}{done.stderr}\n{what} the copy failed in {COPY}")


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
