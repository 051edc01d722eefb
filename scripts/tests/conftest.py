"""A small tree in which scripts run as in the real one, over fuzzers with a planted fault."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.lib.exits import restore_interrupts
from scripts.lib.paths import ROOT
from scripts.tests.support import Tree

restore_interrupts()

PLANTED = Path(__file__).parent / "planted.c"
FUZZER = ["clang", "-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=fuzzer,address"]


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    source = folder / "impl" / "wire" / "codec.c"  # frames in these folders are the project's
    source.parent.mkdir(parents=True)
    shutil.copyfile(PLANTED, source)
    subprocess.run([*FUZZER, source, "-o", folder / "fuzzer"], check=True)
    return folder / "fuzzer"


@pytest.fixture
def tree(planted: Path) -> Iterator[Tree]:
    with tempfile.TemporaryDirectory(prefix="shakedown test é ") as folder:
        root = Path(folder)
        ignore = shutil.ignore_patterns("__pycache__", "tests")
        shutil.copytree(ROOT / "scripts", root / "scripts", ignore=ignore)
        for part in ("impl/registry", "corpora/dictionaries", "fuzz"):
            shutil.copytree(ROOT / part, root / part)
        for part in ("build/fuzz/fuzz", "programs", "out", "tmp"):
            (root / part).mkdir(parents=True)
        (root / "build/fuzz/build.ninja").touch()
        for name in ("programs/cmake", "programs/ninja", "build/fuzz/fuzz/fuzz_replay"):
            (root / name).write_text("#!/bin/sh\n")  # all is built
            (root / name).chmod(0o755)
        yield Tree(root, planted, {**os.environ, "TMPDIR": str(root / "tmp")})
