"""Runs every test: plainly with the default compiler, with clang under ASan and UBSan, and more.

    scripts/test [--quick]

The steps: builds without warnings with both compilers, and optimised; unit tests and corpus replay
with both compilers; the tests of program and matrix; a fuzz smoke over all targets; the interop
matrix.
Exit: 0 all passed, 1 something failed, 3 something is missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from ending import end
from steps import OUT, ROOT, Step, counted, finish, single


def build(preset: str) -> list[Step]:
    """Configures and builds a preset. The sanitizers go with clang, so both compilers are used."""
    env = {"CC": "clang"} if preset == "asan" else {}
    configure = ["cmake", "--preset", preset, "--log-level=WARNING"]
    make = ["cmake", "--build", "--preset", preset]
    steps = [single(f"configure {preset}", configure, 300, env)]
    if not steps[0].failed:
        steps.append(single(f"build {preset}", make, 1800, env))
    return steps


def ctest(preset: str) -> Step:
    junit = OUT / "test" / f"ctest-{preset}.xml"
    command = ["ctest", "--test-dir", str(ROOT / "build" / preset), "-j2", "--timeout", "300"]
    command += ["--output-on-failure", "--no-tests=error", "--output-junit", str(junit), "-Q"]
    return counted(f"unit tests and corpora, {preset}", command, junit, 1800)


def pytest(folder: str, name: str) -> Step:
    junit = OUT / "test" / f"{name}.xml"
    python = str(ROOT / ".venv/bin/python")
    command = [python, "-m", "pytest", "-q", "-n2", folder, f"--junitxml={junit}"]
    return counted(name, command, junit, 1200)


def interop() -> Step:
    junit = OUT / "test" / "interop.xml"
    return counted("interop", ["scripts/interop", "--junit", str(junit)], junit, 900)


def build_then(preset: str, *tests: Callable[[], Step]) -> list[Step]:
    """Builds a preset and runs what tests it. A build that fails is one failure, not one more for
    each test that it leaves without a program."""
    steps = build(preset)
    if steps[-1].failed:
        print(f"{steps[-1].name} failed: its tests are not run", file=sys.stderr)
        return steps
    return steps + [test() for test in tests]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="no sanitizer build, 10 s of fuzzing")
    arguments = parser.parse_args()
    steps = [single("format", ["scripts/format", "--check"], 300)]
    programs = partial(pytest, "interop/tests", "program and matrix tests")
    steps += build_then("dev", partial(ctest, "dev"), programs, interop)
    if not arguments.quick:
        steps += build_then("asan", partial(ctest, "asan"))
        steps += build("release")  # optimisers warn of other things
    seconds = "10" if arguments.quick else "30"
    steps.append(single("fuzz smoke", ["scripts/fuzz", "--seconds", seconds], 1200))
    return finish(steps)


if __name__ == "__main__":
    end("test", main)
