"""Runs every test: plainly with the default compiler, with clang under ASan and UBSan, and more.

    scripts/test [--quick]

The steps: builds without warnings with both compilers, and optimised; unit tests and corpus replay
with both compilers; the tests of program and matrix; a fuzz smoke over all targets; the interop
matrix.
Exit: 0 all passed, 1 something failed, 3 something is missing.
"""

from __future__ import annotations

import argparse

from ending import end
from steps import OUT, ROOT, Step, counted, finish, single

BUILDS = ("dev", "asan")


def build(preset: str) -> list[Step]:
    """Configures and builds a preset. The sanitizers go with clang, so both compilers are used."""
    env = {"CC": "clang"} if preset == "asan" else {}
    configure = ["cmake", "--preset", preset, "--log-level=WARNING"]
    return [
        single(f"configure {preset}", configure, 300, env),
        single(f"build {preset}", ["cmake", "--build", "--preset", preset], 1800, env),
    ]


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="no sanitizer build, 10 s of fuzzing")
    arguments = parser.parse_args()
    steps = [single("format", ["scripts/format", "--check"], 300)]
    for preset in BUILDS[: 1 if arguments.quick else 2]:
        steps += build(preset)
        steps.append(ctest(preset))
    if not arguments.quick:  # optimisers warn of other things
        steps += build("release")
    steps.append(pytest("interop/tests", "program and matrix tests"))
    seconds = "10" if arguments.quick else "30"
    steps.append(single("fuzz smoke", ["scripts/fuzz", "--seconds", seconds], 1200))
    junit = OUT / "test" / "interop.xml"
    steps.append(counted("interop", ["scripts/interop", "--junit", str(junit)], junit, 900))
    return finish(steps)


if __name__ == "__main__":
    end("test", main)
