"""Programs under AddressSanitizer start where the kernel moves mappings too far for it, or the
setting to change is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.lib import asan
from scripts.lib.exits import Stop


@pytest.fixture(autouse=True)
def many_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    setting = tmp_path / "mmap_rnd_bits"
    setting.write_text("32\n")
    monkeypatch.setattr(asan, "SYSCTL", setting)
    asan.start_words.cache_clear()
    yield setting
    asan.start_words.cache_clear()


def test_with_many_bits_programs_run_without_randomisation() -> None:
    words = asan.start_words()
    assert words == ("setarch", "-R")
    assert asan.starts(*words, "sh", "-c", "grep -q '^00040000$' /proc/self/personality")


def test_with_few_bits_they_run_as_they_are(many_bits: Path) -> None:
    many_bits.write_text("28\n")
    assert asan.start_words() == ()
    many_bits.unlink()
    assert asan.start_words.__wrapped__() == ()


def test_where_that_is_not_allowed_programs_that_start_run_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asan, "FIXED", ("false",))
    monkeypatch.setattr(asan, "fuzzer", lambda _: Path("/bin/true"))
    assert asan.start_words() == ()


def test_where_that_is_not_allowed_and_one_dies_the_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dies-at-times"
    count = tmp_path / "count"
    program.write_text(f"#!/bin/sh\necho >>{count}\ntest $(wc -l <{count}) != 20\n")
    program.chmod(0o755)
    monkeypatch.setattr(asan, "FIXED", ("false",))
    monkeypatch.setattr(asan, "fuzzer", lambda _: program)
    with pytest.raises(Stop, match="as root: sysctl vm.mmap_rnd_bits=28") as stop:
        asan.start_words()
    assert stop.value.status == 3
