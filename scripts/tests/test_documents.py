"""The documents are true where a machine can tell: versions, paths, names and links."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from scripts.lib.paths import ROOT
from scripts.tests import rooms

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "interop/README.md"]
    + [ROOT / "corpora/README.md"]
)
FOLDERS = "impl|harness|fuzz|corpora|examples|interop|scripts|docs"
PATH = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})(?:/[\w.*{{}},-]+)+/?")
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}(?![\w-]*\.md)")  # but the name of a document
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout


def version() -> str:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(r"^project\(shakedown VERSION (\d+\.\d+\.\d+) ", text, re.MULTILINE)
    assert found
    return found[1]


def inline(document: Path) -> list[str]:
    """What stands between backticks in its text."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    return re.findall(r"`([^`]+)`", text)


def test_the_version_stands_in_one_place() -> None:
    pattern = rf"(?<![\d.]){re.escape(version())}(?![\d.])"
    files = git("grep", "--untracked", "-lIP", pattern, "--", ".", ":!corpora").split()
    assert files == ["CHANGELOG.md", "CMakeLists.txt"]


def test_everything_that_tells_the_version_has_it_from_there() -> None:
    program = ROOT / "build/dev/harness/shakedown"
    done = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().splitlines()[0] == f"shakedown {version()}"
    package = (ROOT / "build/dev/impl/shakedown.pc").read_text(encoding="utf-8")
    assert f"\nVersion: {version()}\n" in package
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest and newest[1] == version()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_that_a_document_names_exist(document: Path) -> None:
    named = {path for text in inline(document) for path in PATH.findall(text)}
    named -= {path for path in named if PLACEHOLDER.search(path) or path.startswith("out/")}
    missing = [path for path in named if not list(ROOT.glob(path.rstrip("/.,")))]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_document_names_exist(document: Path) -> None:
    """Those without a folder, or with some of it."""
    named = {text for text in inline(document) if re.fullmatch(r"[\w*/.-]+\.\w{1,4}", text)}
    named -= {name for name in named if PLACEHOLDER.search(name) or name.startswith("out/")}
    files = git("ls-files", "-co", "--exclude-standard").split()
    assert not [n for n in named if not any(fnmatchcase(f"/{f}", f"*/{n}") for f in files)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_that_a_document_uses_are_names_of_the_code(document: Path) -> None:
    names = {name for text in inline(document) for name in re.findall(r"\b(?:shk|SHK)_\w+", text)}
    code = ["impl", "harness", "fuzz", "examples", "CMakeLists.txt"]
    unknown = [name for name in names if not git("grep", "--untracked", "-lw", name, "--", *code)]
    assert not unknown


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_that_a_document_quotes_is_in_the_tree(document: Path) -> None:
    """In blocks that are indented; those with a fence are tried by test_worked_examples.py."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    quoted = {line.strip() for line in re.findall(r"^ {4,}\S.*$", text, re.MULTILINE)}
    code = {line for line in quoted if re.search(r"\b(?:shk|SHK)_\w+\(", line)}
    where = ["--", "impl", "harness"]
    assert not [line for line in code if not git("grep", "--untracked", "-lF", "-e", line, *where)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [link for link in links if "://" not in link]
    assert not [link for link in local if not (document.parent / link).exists()]


def test_files_that_a_comment_names_exist() -> None:
    """In C and in tables; a name may leave folders out, and has capitals or a star for any."""
    files = git("ls-files", "-co", "--exclude-standard").split()
    sources = [f for f in files if re.fullmatch(r"(impl|harness|fuzz|examples)/.*\.([ch]|def)", f)]
    named = re.compile(r"(?<![\w.{<])[\w*/-]*\w\.(?:c|h|def|py|toml|md)\b")
    missing = [
        f"{source}: {name}"
        for source in sources
        for comment in re.findall(r"/\*.*?\*/", (ROOT / source).read_text("utf-8"), re.DOTALL)
        for name in named.findall(comment)
        if not any(fnmatchcase(f"/{f}", f"*/{name.replace('NAME', '*')}") for f in files)
    ]
    assert not missing


def test_the_tree_of_the_architecture_has_every_folder() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = text.partition("## The tree")[2].partition("## ")[0]
    folders = [room.rpartition("/")[2] for room in rooms.ranks()]
    assert not [f for f in folders if not re.search(rf"(?<![\w/]){f}[/,]", tree)]
