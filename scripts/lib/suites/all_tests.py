"""Runs every test: plainly with the default compiler, with clang under ASan and UBSan, and more.

    scripts/test [--quick]

The steps: format; linters; API documentation; builds without warnings with both compilers, and
optimised; unit tests and corpus replay with both compilers; the corpora under MemorySanitizer; the
tests of programs, matrix and scripts; a fuzz smoke over all targets but `differential`; a sample of
scripts/take-out; the interop matrix.
Exit: 0 all passed, 1 something failed, 2 wrong use, 3 something is missing, 130 interrupted.
"""

from __future__ import annotations

import argparse

from scripts.lib.asan import start_words
from scripts.lib.exits import run_main
from scripts.lib.paths import OUT, ROOT
from scripts.lib.ready import ready
from scripts.lib.suites.steps import Step, run_all

BUILDS = ("dev", "asan")
TAKEN_OUT = 40  # checks of impl/ that are taken out of a copy, by chance
TEST_LIMIT_S = 600  # of one unit test; it takes seconds, where the machine is not busy


def build(preset: str) -> list[Step]:
    """Configures and builds a preset. The sanitizers go with clang, so both compilers are used."""
    env = {"CC": "clang"} if preset == "asan" else {}
    words = ["cmake", "--preset", preset, "--log-level=WARNING"]
    configure = Step(f"configure {preset}", words, 300, env=env)
    words = ["cmake", "--build", "--preset", preset]
    return [configure, Step(f"build {preset}", words, 1800, env=env, needs=configure)]


def ctest(preset: str, built: Step, tests: str = "") -> Step:
    """The tests of a build whose names match, all by default."""
    junit = OUT / "test" / f"ctest-{preset}.xml"
    words = [*start_words()] if preset != "dev" else []
    words += ["ctest", "--test-dir", str(ROOT / "build" / preset), "-j2"]
    words += ["--timeout", str(TEST_LIMIT_S), "--output-on-failure", "--no-tests=error"]
    words += ["--output-junit", str(junit), "-Q", *(["-R", tests] if tests else [])]
    return Step(f"unit tests and corpora, {preset}", words, 1800, junit, needs=built)


def pytest(name: str, built: Step, *folders: str) -> Step:
    junit = OUT / "test" / "pytest.xml"
    python = str(ROOT / ".venv/bin/python")
    words = [python, "-m", "pytest", "-q", "-n2", *folders, f"--junitxml={junit}"]
    return Step(name, words, 1200, junit, needs=built)


def plan(quick: bool) -> list[Step]:
    steps = [
        Step("format", ["scripts/format", "--check"], 300),
        Step("lint", ["scripts/lint"], 600),
        Step("API documentation", ["scripts/api-docs"], 300),
    ]
    built = {}
    for preset in BUILDS[: 1 if quick else 2]:
        steps += build(preset)
        built[preset] = steps[-1]
        steps.append(ctest(preset, built[preset]))
    if not quick:  # optimisers warn of other things
        steps += build("release")
        steps += build("msan")  # our code alone: no library has the sanitizer in it
        steps.append(ctest("msan", steps[-1], "^fuzz_corpus_"))
    folders = ("interop/tests", "scripts/tests")
    steps.append(pytest("programs, matrix and scripts", built["dev"], *folders))
    seconds = "10" if quick else "30"
    steps.append(Step("fuzz smoke", ["scripts/fuzz", "--seconds", seconds], 1200))
    if not quick:
        sample = ["scripts/take-out", "--sample", str(TAKEN_OUT)]
        steps.append(Step("checks taken out, a sample", sample, 1800))
    junit = OUT / "test" / "interop.xml"
    words = ["scripts/interop", "--junit", str(junit)]
    return [*steps, Step("interop", words, 900, junit, needs=built["dev"])]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="no sanitizer build, 10 s of fuzzing")
    quick = parser.parse_args().quick
    ready()
    return run_all(plan(quick))


if __name__ == "__main__":
    run_main("test", main)
