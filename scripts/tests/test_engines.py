"""What OSS-Fuzz and ClusterFuzzLite find beside each target, and the folders that they read."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from scripts.lib.fuzz.targets import script_targets
from scripts.lib.paths import DICTIONARY, ROOT, SEEDS

FOLDER = ROOT / "fuzz" / "oss-fuzz"
# A build that needs no compiler: it "installs" what it was asked to build, and a library's name.
CMAKE = """#!/bin/sh
echo "$*" >> "$WORK/calls"
case $1 in
    --build) shift 3; printf '%s\\n' "$@" | sed 's/^fuzz_//' > "$WORK/names" ;;
    -S) mkdir -p "$4/fuzz" ;;
    --install) while read -r name; do cp /bin/true "$6/$name"; done < "$WORK/names" ;;
esac
"""


def run_build(folder: Path, names: str) -> subprocess.CompletedProcess[str]:
    for name in ("src", "work", "out", "programs"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "src" / "shakedown").symlink_to(ROOT)
    (folder / "programs" / "cmake").write_text(CMAKE)
    (folder / "programs" / "cmake").chmod(0o755)
    variables = {
        **os.environ,
        "PATH": f"{folder / 'programs'}:{os.environ['PATH']}",
        "SRC": str(folder / "src"),
        "WORK": str(folder / "work"),
        "OUT": str(folder / "out"),
        "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer -lm",
        "SHK_TARGETS": names,
    }
    command = [str(FOLDER / "build.sh")]
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=600, check=False
    )


def test_each_target_gets_its_dictionary_options_and_seeds(tmp_path: Path) -> None:
    done = run_build(tmp_path, "record certificate")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    kinds = (".dict", ".options", "_seed_corpus.zip")
    expected = {f"{name}{kind}" for name in ("record", "certificate") for kind in ("", *kinds)}
    assert {path.name for path in out.iterdir()} == expected | {"lib"}
    assert (out / "record.dict").read_bytes() == DICTIONARY.read_bytes()
    assert "max_len = 18438\n" in (out / "record.options").read_text()
    with zipfile.ZipFile(out / "record_seed_corpus.zip") as archive:
        inside = {archive.read(name) for name in archive.namelist()}
    assert {path.read_bytes() for path in (SEEDS / "record").iterdir()} <= inside


def test_a_program_of_an_earlier_build_is_not_taken(tmp_path: Path) -> None:
    old = tmp_path / "work" / "shakedown" / "fuzz" / "certificate"
    old.parent.mkdir(parents=True)
    old.touch(0o755)
    assert run_build(tmp_path, "record").returncode == 0
    assert not old.exists()


def test_the_engine_is_handed_on_as_it_is(tmp_path: Path) -> None:
    run_build(tmp_path, "record")
    calls = (tmp_path / "work" / "calls").read_text().splitlines()
    assert "-DSHK_FUZZING_ENGINE=-fsanitize=fuzzer -lm" in calls[0]


def test_a_target_without_seeds_fails_the_build(tmp_path: Path) -> None:
    kept = SEEDS.parent / "regressions"
    # the seeds of these are made by the build, which this one does not do
    name = next(name for name in script_targets() if not (kept / name).exists())
    done = run_build(tmp_path, name)
    assert done.returncode == 1
    assert f"{name} has no seed" in done.stderr


def test_all_targets_are_built_unless_some_are_named(tmp_path: Path) -> None:
    run_build(tmp_path, "")
    assert (tmp_path / "work" / "names").read_text() == "engine\n"
    text = (ROOT / "fuzz" / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "add_custom_target(fuzz_engine)" in text


def test_seeds_that_the_build_makes_are_taken_from_where_it_was(tmp_path: Path) -> None:
    name = script_targets()[0]
    made = tmp_path / "work" / "shakedown" / "fuzz" / "seeds" / "script"
    made.mkdir(parents=True)
    (made / "one").write_bytes(b"a script")
    assert run_build(tmp_path, name).returncode == 0
    with zipfile.ZipFile(tmp_path / "out" / f"{name}_seed_corpus.zip") as archive:
        assert b"a script" in [archive.read(inside) for inside in archive.namelist()]


@pytest.mark.parametrize("folder", ["oss-fuzz", "clusterfuzzlite"])
def test_a_project_folder_is_whole(folder: str) -> None:
    project = ROOT / "fuzz" / folder
    assert "language: c\n" in (project / "project.yaml").read_text(encoding="utf-8")
    assert os.access(project / "build.sh", os.X_OK)
    dockerfile = (project / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^FROM gcr\.io/oss-fuzz-base/base-builder", dockerfile, re.MULTILINE)
    copied = re.findall(r"(fuzz/\S+/build\.sh)", dockerfile)
    assert copied and all((ROOT / name).is_file() for name in copied)


def test_clusterfuzzlite_is_where_it_is_looked_for() -> None:
    assert (ROOT / ".clusterfuzzlite").resolve() == ROOT / "fuzz" / "clusterfuzzlite"
