"""The cases of corpora/cases: each is whole, what it refers to exists, and every checked
requirement has one."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from interop.tests.cli_support import run
from interop.tests.test_requirements import table
from interop.toml_tables import TableFile
from scripts.lib.paths import ROOT

CASES = ROOT / "corpora" / "cases"
PLAYERS = {"server": "client", "client": "server", "middle": "middle"}  # of the folders
CLAUSE = re.compile(r"RFC \d{4}")
KINDS = ("fault", "alert", "legal", "not implemented")  # of known differences
STACKS = ("openssl", "gnutls")  # with rows of known differences
MOST_NOT_RUN = {"ours": 5, "openssl": 110, "gnutls": 110}


@dataclass
class Case:
    """The statements of a script, by their first word."""

    path: Path
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.relative_to(CASES).with_suffix("").as_posix()

    def words(self, statement: str) -> list[str]:
        return " ".join(self.said.get(statement, [])).split()


@cache
def cases() -> list[Case]:
    found = [Case(path) for path in sorted(CASES.rglob("*.case"))]
    for case in found:
        for line in case.path.read_text(encoding="utf-8").splitlines():
            word, _, rest = line.strip().partition(" ")
            case.said.setdefault(word, []).append(rest)
    return found


def test_there_are_cases_of_every_role_and_version() -> None:
    roles = Counter(case.name.partition("/")[0] for case in cases())
    assert set(roles) == set(PLAYERS) and roles["server"] + roles["client"] >= 250
    for version in ("1.2", "1.3"):
        for role in ("server", "client"):
            some = [c for c in cases() if c.name.startswith(role) and f"tls={version}" in _setup(c)]
            assert len(some) >= 50, (role, version)


def _setup(case: Case) -> list[str]:
    return case.words("setup")


def test_every_case_says_what_it_is_and_what_has_to_come_of_it() -> None:
    for case in cases():
        role, *rest = case.name.split("/")
        assert len(rest) == 2, f"{case.name}: not in ROLE/TOPIC"
        assert case.said.get("player") == [PLAYERS[role]], case.name
        assert len(case.said.get("title", [])) == 1, case.name
        assert case.said.get("expect"), f"{case.name}: expects nothing"
        clauses = " ".join(case.said.get("clause", []))
        assert case.words("requires") or CLAUSE.search(clauses), f"{case.name}: no clause"


def test_no_two_cases_of_a_topic_have_one_title() -> None:
    titles = Counter((case.name.rpartition("/")[0], *case.said["title"]) for case in cases())
    assert not [title for title, count in titles.items() if count > 1]


def test_every_requirement_that_a_case_names_exists() -> None:
    known = {row["id"] for row in table()}
    for case in cases():
        assert set(case.words("requires")) <= known, case.name


def without_case() -> dict[str, str]:
    return dict(TableFile.read(CASES / "without-case.toml").data["rows"])


def test_every_checked_requirement_has_a_case_or_a_reason() -> None:
    used = {row for case in cases() for row in case.words("requires")}
    checked = {row["id"] for row in table() if row["class"] == "CHECKED"}
    excused = without_case()
    assert all(reason.strip() for reason in excused.values())
    assert checked - used == set(excused)


# What stacks do


def known_rows() -> list[tuple[str, dict[str, str]]]:
    files = [file for file in sorted((CASES / "expected").glob("*.toml")) if file.stem in STACKS]
    return [(file.stem, row) for file in files for row in TableFile.read(file).data["known"]]


def test_every_known_difference_is_of_a_case_and_has_a_reason_of_a_kind() -> None:
    names = [case.name for case in cases()]
    assert {stack for stack, _ in known_rows()} == set(STACKS)
    for stack, row in known_rows():
        assert any(fnmatchcase(name, row["case"]) for name in names), (stack, row)
        assert row["reason"].partition(":")[0] in KINDS, (stack, row)


def test_every_case_that_the_findings_name_exists() -> None:
    text = (ROOT / "docs" / "FINDINGS.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:server|client|middle)/[\w*-]+/[\w*-]+)`", text))
    names = [case.name for case in cases()]
    assert named
    assert not [n for n in named if not any(fnmatchcase(name, n) for name in names)]


@cache
def played(peer: str) -> tuple[int, list[dict[str, Any]]]:
    done = run("play", CASES, "--against", peer, "--json")
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("peer", ["ours", *STACKS])
def test_cases_come_to_what_is_expected_or_known(peer: str) -> None:
    code, runs = played(peer)
    bad = [r for r in runs if r["verdict"] not in ("passed", "known", "not run")]
    assert code == 0 and not bad, [(r["script"], r["verdict"], r["why"]) for r in bad]
    assert len(runs) >= len(cases())
    counts = Counter(r["verdict"] for r in runs)
    assert counts["not run"] <= MOST_NOT_RUN[peer], counts
    assert peer != "ours" or counts["known"] == 0
