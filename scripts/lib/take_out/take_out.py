"""Takes each check of impl/ out, one at a time, and lists those that no test noticed.

    scripts/take-out                      all checks
    scripts/take-out --sample 60          some of them, by chance
    scripts/take-out impl/conn.c close    those whose name has one of the words
    scripts/take-out --list               only print the names

It works on a copy, which is built once: every condition that refuses asks at run time whether it is
the one that is out. All tests of ctest run once to learn in which of them a check refuses; with it
out, these run again, up to the first that fails. What no test notices, although none of the rows of
scripts/unnoticed.toml says why, is a test that is missing. A row whose check is noticed, or gone,
has to go too.

Exit: 0 all noticed or with a reason, 1 not so, 2 wrong use, 3 something is missing.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.lib.exits import Stop, run_main
from scripts.lib.paths import ROOT
from scripts.lib.ready import ready
from scripts.lib.take_out import instrumented_copy
from scripts.lib.take_out.checks import Check, Finder
from scripts.lib.take_out.instrumented_copy import Test
from scripts.lib.words import count

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REASONS = ROOT / "scripts" / "unnoticed.toml"
JOBS = os.cpu_count() or 2
MOST_PARTS = 5


def rows_of(kind: str) -> dict[str, str]:
    """Name of a check -> why no test notices it (`unnoticed`), or none here (`elsewhere`)."""
    try:
        table = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Stop(2, f"{REASONS.name}: {error}") from None
    found: dict[str, str] = {}
    for number, row in enumerate(table.get(kind, []), start=1):
        reason, names = row.get("reason"), row.get("checks")
        if not reason or not names or not isinstance(names, list):
            raise Stop(2, f"{REASONS.name}: row {number} of {kind} needs a reason, and checks")
        for name in names:
            if name in found:
                raise Stop(2, f"{REASONS.name}: {name} is there twice")
            found[name] = reason
    return found


def learn(tests: list[Test], count: int, pool: ThreadPoolExecutor) -> list[Test]:
    """The tests, each with the checks that refuse in it; those first that are about few."""
    local = threading.local()
    with tempfile.TemporaryDirectory() as folder:

        def one(test: Test) -> list[Test]:
            if not hasattr(local, "notes"):
                local.notes = Path(folder) / str(threading.get_ident())
            return test.learn(local.notes, count)

        wholes = [part for parts in pool.map(one, tests) for part in parts]
        slow = [part for part in wholes if part.only]
        learnt = [test for test in wholes if not test.only]
        learnt += [part for parts in pool.map(one, slow) for part in parts]
    return sorted(learnt, key=lambda test: (bool(test.only), len(test.reached) * test.seconds))


def noticed(number: int, tests: list[Test]) -> str | None:
    """The first test that fails without the check; of the parts of slow ones few are run."""
    parts = 0
    for test in tests:
        if number not in test.reached or parts == MOST_PARTS:
            continue
        parts += bool(test.only)
        if test.run({"SHK_TAKE_OUT": str(number)}, 10 + 10 * test.seconds) is None:
            return f"{test.name} {test.only}".strip()
    return None


def chosen(checks: list[Check], arguments: argparse.Namespace) -> list[int]:
    numbers = [
        number
        for number, check in enumerate(checks)
        if not arguments.word or any(word in check.key for word in arguments.word)
    ]
    if not numbers:
        raise Stop(2, f"no check is called {' or '.join(arguments.word)}; --list names all")
    if arguments.sample:
        seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
        some = min(arguments.sample, len(numbers))
        numbers = sorted(random.Random(seed).sample(numbers, some))
        print(f"take-out: {some:,} of {count(len(checks), 'check')}, --seed {seed}", flush=True)
    return numbers


def report(
    found: dict[str, str | None], known: dict[str, str], elsewhere: dict[str, str], names: set[str]
) -> int:
    """Tells what is not as it should be; the exit code."""
    excused = {**known, **elsewhere}
    missing = [name for name, by in found.items() if by is None and name not in excused]
    stale = [name for name in known if found.get(name)]
    gone = [name for name in excused if name not in names]
    for name in missing:
        print(f"no test notices: {name}")
    for name in stale:
        print(f"{found[name]} notices what {REASONS.name} has as unnoticed: {name}")
    for name in gone:
        print(f"{REASONS.name} has a check that does not exist: {name}")
    noticed_ones = sum(by is not None for by in found.values())
    print(
        f"take-out: {count(len(found), 'check')}, {noticed_ones:,} noticed, "
        f"{len(found) - noticed_ones - len(missing):,} unnoticed with a reason, "
        f"{len(missing):,} without; {count(len(stale) + len(gone), 'row')} to go"
    )
    return 1 if missing or stale or gone else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/take-out",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("word", nargs="*", help="take out only checks whose name has it")
    parser.add_argument("--sample", type=int, metavar="N", help="only N checks, by chance")
    parser.add_argument("--seed", type=int, metavar="N", help="of the chance")
    parser.add_argument("--list", action="store_true", help="print the names of the checks")
    parser.add_argument("-v", action="store_true", dest="verbose", help="say what noticed each")
    arguments = parser.parse_args()
    if arguments.sample is not None and arguments.sample < 1:
        parser.error("--sample takes a number from 1 on")
    return arguments


def main() -> int:
    arguments = parsed()
    ready()
    finder = Finder(ROOT)
    checks = finder.run()
    numbers = chosen(checks, arguments)
    if arguments.list:
        print("\n".join(checks[number].key for number in numbers))
        return 0
    known, elsewhere = rows_of("unnoticed"), rows_of("elsewhere")
    start = time.monotonic()
    instrumented_copy.make(checks, finder.sources)
    built = time.monotonic()
    tests = instrumented_copy.tests()
    found: dict[str, str | None] = {}
    pool = ThreadPoolExecutor(JOBS)
    try:
        tests = learn(tests, len(checks), pool)
        learnt = time.monotonic()
        for number, by in zip(numbers, pool.map(lambda n: noticed(n, tests), numbers), strict=True):
            found[checks[number].key] = by
            if arguments.verbose:
                print(f"{by or 'NONE'}: {checks[number].key}", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    ended = time.monotonic()
    print(
        f"take-out: built in {built - start:.0f} s, {len(tests)} tests in {learnt - built:.0f} s, "
        f"checks in {ended - learnt:.0f} s"
    )
    return report(found, known, elsewhere, {check.key for check in checks})


if __name__ == "__main__":
    run_main("take-out", main)
