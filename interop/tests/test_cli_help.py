"""--help is the manual of the program: the synopsis, the options (from the table that getopt_long
gets), the exit codes and an example of every command."""

from __future__ import annotations

import re
import shlex

import pytest

from interop.tests.cli_support import run
from scripts.lib.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = (ROOT / "docs" / "PROGRAM.md").read_text(encoding="utf-8")
TABLE_OF_COMMANDS = re.compile(r"^\| (`[a-z].*?) \| ", re.MULTILINE)
# What needs a peer, a recording or a folder that is not there, or takes long.
NOT_RUN = {"client", "server", "play", "tamper", "replay", "bench", "seeds"}


def commands() -> list[str]:
    """The commands that the program itself names."""
    done = run("--help")
    assert done.returncode == 0, done.stderr
    return re.findall(r"^  ([a-z][a-z-]*) ", done.stdout.decode(), re.MULTILINE)


def manual(command: str) -> str:
    done = run(command, "--help")
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.decode()


def options(text: str) -> set[str]:
    return set(re.findall(r"^  --([a-z0-9-]+)(?: [A-Z:a-z\[\]]+)? +\S", text, re.MULTILINE))


@pytest.mark.parametrize("command", commands())
def test_help_has_synopsis_exit_codes_and_an_example(command: str) -> None:
    text = manual(command)
    assert text.startswith(f"usage: shakedown {command} [OPTION...]")
    exits = re.search(r"^Exit: 0 .*2 wrong use", text, re.MULTILINE | re.DOTALL)
    assert exits and "  --help " in text
    example = re.search(rf"^Example: shakedown ({command}\b.*)$", text, re.MULTILINE)
    assert example, text
    words = shlex.split(example[1])
    used = {word[2:] for word in words if word.startswith("--")}
    assert used <= options(text)


@pytest.mark.parametrize("command", sorted(set(commands()) - NOT_RUN))
def test_the_example_works(command: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    example = re.search(r"^Example: shakedown (.*)$", manual(command), re.MULTILINE)
    assert example
    file = tmp_path_factory.mktemp("example") / "file"
    words = [str(file) if word == "FILE" else word for word in shlex.split(example[1])]
    words = [str(ROOT / word) if word.startswith("corpora/") else word for word in words]
    done = run(*words)
    assert done.returncode == 0 and done.stdout, done.stderr


def test_the_readme_has_every_command_and_no_other() -> None:
    rows = " ".join(TABLE_OF_COMMANDS.findall(README))
    assert set(re.findall(r"`([a-z-]+)(?: [A-Z\[].*?)?`", rows)) >= set(commands())


def test_options_that_the_page_of_the_program_names_are_taken() -> None:
    taken = set[str]().union(*(options(manual(command)) for command in commands()))
    rows = [row for row in PROGRAM.splitlines() if row.startswith("| `--")]
    assert rows
    for row in rows:
        named = set(re.findall(r"--([a-z][a-z0-9-]+)", row))
        assert named <= taken, named - taken
