"""Each linter of scripts/lint finds what it is for, and a missing one is named."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.lib.paths import ROOT
from scripts.tests.support import Tree

SHELL_FAULT = '#!/usr/bin/env bash\nrm "$1"/$2\n'
FAULTS = {
    "ruff": ("scripts/planted.py", "import os\n", "unused"),
    "mypy": ("scripts/planted.py", "def planted(x):\n    return x\n", "no-untyped-def"),
    "shellcheck": ("scripts/planted", SHELL_FAULT, "SC2086"),
    "clang-tidy": ("impl/planted.c", "int planted(void)\n{\n    return 0;\n}\n", "'planted'"),
}


@pytest.fixture
def linted(tree: Tree) -> Tree:
    """A tree with the settings of the real one, in which no linter finds anything."""
    for name in (".clang-tidy", "pyproject.toml"):
        shutil.copy(ROOT / name, tree.root)
    (tree.root / "interop").mkdir()
    (tree.root / "interop/__init__.py").touch()
    (tree.root / ".venv").symlink_to(ROOT / ".venv")
    (tree.root / ".gitignore").write_text("/.venv\n/programs/\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q", tree.root], check=True)
    compiled(tree)
    return tree


def compiled(tree: Tree, *sources: str) -> None:
    """Makes these the files that preset dev compiles."""
    rows = [
        {"directory": str(tree.root), "file": str(tree.root / name), "command": f"cc -c {name}"}
        for name in sources
    ]
    build = tree.root / "build/dev"
    build.mkdir(parents=True, exist_ok=True)
    (build / "compile_commands.json").write_text(json.dumps(rows), encoding="utf-8")


@pytest.mark.parametrize("linter", FAULTS)
def test_a_linter_finds_what_it_is_for(linted: Tree, linter: str) -> None:
    name, text, told = FAULTS[linter]
    assert linted.run("suites.lint", linter).returncode == 0
    (linted.root / name).write_text(text, encoding="utf-8")
    if name.endswith(".c"):
        compiled(linted, name)
    done = linted.run("suites.lint", linter)
    assert done.returncode == 1 and told in done.stdout, done.stdout + done.stderr
    assert done.stderr.endswith(f"lint: found something: {linter}\n")


def test_a_linter_that_is_missing_is_named(linted: Tree, tmp_path: Path) -> None:
    (tmp_path / "git").symlink_to(shutil.which("git") or "git")
    linted.environment["PATH"] = str(tmp_path)
    done = linted.run("suites.lint", "shellcheck")
    assert done.returncode == 3
    assert "shellcheck is missing; scripts/setup installs it" in done.stderr
