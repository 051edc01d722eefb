"""Where things are in the tree."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = ROOT / "impl" / "registry"
PKI = ROOT / "corpora" / "pki"
SEEDS = ROOT / "corpora" / "seeds"
CASES = ROOT / "corpora" / "cases"
REGRESSIONS = ROOT / "corpora" / "regressions"
DICTIONARY = ROOT / "corpora" / "dictionaries" / "tls.dict"
OUT = ROOT / "out"
