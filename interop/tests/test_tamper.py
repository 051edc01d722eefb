"""`shakedown tamper`: random alterations of runs in memory, judged by the oracles."""

from __future__ import annotations

import re

import pytest

from interop.tests import cli_support


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    done = cli_support.run("tamper", *arguments)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_our_own_end_raises_no_alarm() -> None:
    code, out, _ = run("--against", "ours", "--seconds", "3", "--seed", "5")
    assert code == 0, out
    runs = re.fullmatch(r"(\d+) runs in .* s, (\d+) of them altered; 0 kinds of alarm\n", out)
    assert runs and 0 < int(runs[2]) <= int(runs[1])


def test_an_alarm_comes_with_the_script_that_shows_it() -> None:
    """GnuTLS takes an extension twice, and much else; which is found first is the seed's."""
    code, out, _ = run("--against", "gnutls", "--seconds", "60", "--first")
    assert code == 1, out
    assert re.search(r"^run \d+: alarm of \w+: .* \[RFC \d+ §[\w.]+\]$", out, re.MULTILINE)
    assert re.search(r"^player (client|server|middle)$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "--against PEER is missing"),
        (("--against", "127.0.0.1:443"), "is not in memory"),
        (("--against", "ours", "--seconds", "0"), "--seconds"),
        (("--against", "ours", "more"), "'more' is no option"),
    ],
)
def test_wrong_use_is_told(arguments: tuple[str, ...], reason: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert reason in err
