"""How scripts start: help and wrong use need no set-up; what set-up lacks is named, with the way to
get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.paths import ROOT
from scripts.tests.support import Tree


def is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir() if is_program(path))
STARTED = [name for name in SCRIPTS if "lib/start" in (ROOT / "scripts" / name).read_text()]
TOOLS = [
    "bash",
    "cat",
    "dirname",
    "echo",
    "env",
    "mktemp",
    "rm",
    "sed",
    "sha256sum",
    "xargs",
]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def bare(tree: Tree) -> Tree:
    """A Python without packages, and a set-up that fails and tells that it was called."""
    program(tree.root / "programs/python3", f'exec "{sys.executable}" -S "$@"')
    program(tree.root / "scripts/setup", f'touch "{tree.root}/out/set-up"\nexit 3')
    shutil.copytree(ROOT / "interop", tree.root / "interop")
    return tree


def script(tree: Tree, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{tree.root / 'programs'}:{os.environ['PATH']}"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(tree.root / "scripts" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_needs_no_set_up(bare: Tree, name: str) -> None:
    if name == "setup":
        shutil.copy(ROOT / "scripts/setup", bare.root / "scripts/setup")
    done = script(bare, name, "--help")
    assert done.returncode == 0, done.stderr
    assert "exit" in done.stdout.lower() and f"scripts/{name}" in done.stdout
    assert not (bare.root / "out/set-up").exists()


@pytest.mark.parametrize("name", STARTED)
def test_wrong_use_needs_no_set_up_and_work_does(bare: Tree, name: str) -> None:
    words = {
        "bench": ["fuzz"],
        "repro": [str(bare.root / "corpora/dictionaries/tls.dict"), "--target", "finished"],
    }.get(name, [])
    done = script(bare, name, *words, "--nope")
    assert done.returncode == 2 and "--nope" in done.stderr
    assert not (bare.root / "out/set-up").exists()
    done = script(bare, name, *words)
    assert done.returncode == 3, done.stderr
    assert (bare.root / "out/set-up").exists()


@pytest.mark.parametrize(("name", "goes_on"), [("interop", True), ("fuzz", False)])
def test_the_matrix_goes_on_with_what_is_there(bare: Tree, name: str, goes_on: bool) -> None:
    program(bare.root / ".venv/bin/python", "echo worked")
    done = script(bare, name)
    assert (done.returncode == 0) == goes_on and ("worked" in done.stdout) == goes_on


def test_who_is_not_root_and_has_no_sudo_is_told_what_root_should_run(tree: Tree) -> None:
    shutil.copy(ROOT / "requirements.txt", tree.root)
    tree.root.chmod(0o755)
    program(tree.root / "programs/apt-get", "exit 1")
    for name in TOOLS:
        (tree.root / "programs" / name).symlink_to(shutil.which(name) or name)
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = {"user": 65534, "group": 65534, "extra_groups": []}
    done = subprocess.run(
        [tree.root / "scripts/setup"],
        capture_output=True,
        text=True,
        env={"PATH": str(tree.root / "programs")},
        check=False,
        **user,
    )
    assert done.returncode == 3, done.stderr
    assert "missing, and you are not root and have no sudo: git openssl " in done.stderr
    wanted = (
        "as root run: apt-get update && apt-get install -y --no-install-recommends git openssl "
    )
    assert wanted in done.stderr


@pytest.mark.parametrize("name", ["interop", "fuzz", "make-pki"])
def test_a_command_runs_its_own_tree_wherever_it_is_started(name: str, tmp_path: Path) -> None:
    """Such as the root of another clone, which has packages of the same names."""
    for package in ("interop", "scripts"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('another tree')\n")
    command = [str(ROOT / "scripts" / name), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"scripts/{name}" in done.stdout, done.stderr
