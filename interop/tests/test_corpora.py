"""Corpora that are made by a script are what the script says."""

from __future__ import annotations

from scripts.lib.pki import make_chains


def test_each_chain_has_its_files_and_each_file_its_chain() -> None:
    assert make_chains.check() == []
