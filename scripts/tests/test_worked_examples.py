"""What the documents show of commands is what they print. The worked examples of docs/EXTENDING.md
are applied and run in a copy of the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.lib.paths import ROOT

PAGE = ROOT / "docs" / "EXTENDING.md"
OTHERS = [page for page in sorted(ROOT.glob("docs/*.md")) if page != PAGE]
LIMIT_S = 900  # of one command, the build of all
# A block: its kind, the file that it is, and what is in it.
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY = "..."  # in the output that is shown: any text


@dataclass(frozen=True)
class Block:
    line: int
    kind: str
    file: str
    text: str


@dataclass(frozen=True)
class Command:
    line: int
    words: str
    shown: str


def blocks(document: Path) -> list[Block]:
    page = document.read_text(encoding="utf-8")
    return [
        Block(page.count("\n", 0, found.start()) + 1, found[1], found[2] or "", found[3])
        for found in BLOCK.finditer(page)
    ]


def commands(document: Path) -> Iterator[Command]:
    for block in blocks(document):
        line = block.line
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            words, _, shown = part.partition("\n")
            yield Command(line + 1, words, shown)
            line += part.count("\n")


def in_copy(copy: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=copy,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def is_as_shown(shown: str, printed: str) -> bool:
    pattern = re.escape(shown.strip("\n")).replace(re.escape(ANY), "(.|\n)*?")
    return re.fullmatch(pattern, printed.strip("\n")) is not None


def lend_environment(copy: Path) -> None:
    """A .venv that scripts/setup takes for the copy's own."""
    (copy / ".venv").mkdir()
    for entry in (ROOT / ".venv").iterdir():
        (copy / ".venv" / entry.name).symlink_to(entry)
    stamp = (ROOT / ".venv" / "stamp").read_text(encoding="utf-8")
    (copy / ".venv" / "stamp").unlink()
    (copy / ".venv" / "stamp").write_text(stamp.replace(str(ROOT), str(copy)), encoding="utf-8")


def apply(copy: Path, block: Block) -> None:
    if block.kind == "diff":
        words = ["git", "apply", "--recount", "--unidiff-zero", "-"]
        done = in_copy(copy, *words, given=block.text)
        assert done.returncode == 0, f"{PAGE}:{block.line}: {done.stdout}"
    elif block.file:
        assert not (copy / block.file).exists(), f"{PAGE}:{block.line}: it is there already"
        (copy / block.file).write_text(block.text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tree with the files and the changes of all examples, configured and not built."""
    copy = tmp_path_factory.mktemp("examples").resolve() / "shakedown"
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    lend_environment(copy)
    for block in blocks(PAGE):
        apply(copy, block)
    done = in_copy(copy, "cmake", "--preset", "dev", "--log-level=WARNING")
    assert done.returncode == 0, done.stdout
    yield copy
    shutil.rmtree(copy)


def check(document: Path, tree: Path) -> None:
    """Runs the commands of a document in a tree."""
    for command in commands(document):
        done = in_copy(tree, "bash", "-euo", "pipefail", "-c", command.words)
        where = f"{document}:{command.line}: {command.words}"
        assert done.returncode == 0, f"{where}\n{done.stdout}"
        assert is_as_shown(command.shown, done.stdout), f"{where}\n{done.stdout}"


def test_the_page_has_examples_of_each_kind() -> None:
    assert {block.kind for block in blocks(PAGE)} >= {"c", "diff", "console", "toml", "python"}
    assert len(list(commands(PAGE))) > 5


def test_the_worked_examples_work(copy: Path) -> None:
    check(PAGE, copy)


@pytest.mark.parametrize("document", OTHERS, ids=lambda path: path.name)
def test_commands_print_what_a_document_shows(document: Path) -> None:
    check(document, ROOT)
