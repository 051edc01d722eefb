"""Findings: what a folder has, the page over all, scripts made small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.lib.exits import Stop
from scripts.lib.fuzz import findings, scripts
from scripts.lib.fuzz.signatures import signature_of

CRASH = """
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011
    #0 0x55d0 in take /x/impl/wire/codec.c:35:12
"""
SCRIPT = "player server\nsetup both tls=1.3\ndrop certificate_verify\n"
VIOLATION = (
    "INFO: Seed: 1\nfuzz: property violated: alarm-of-offers: pair, form script: the client took "
    f"<a suite> it did not offer [RFC 8446 §4.1.3]\n\n{SCRIPT}\n"
    "==7== ERROR: libFuzzer: deadly signal\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(findings, "FINDINGS", tmp_path / "findings")
    monkeypatch.setattr(findings, "decoded", lambda *_: "client_hello, form plain\n")
    return tmp_path / "findings"


def keep(report: str, *targets: str, content: bytes = b"!!") -> findings.Finding:
    return findings.keep(signature_of(report), targets or ("client_hello",), content, report, True)


def test_a_finding_of_a_crash_has_its_input_its_stack_and_what_it_decodes_to(folder: Path) -> None:
    finding = keep(CRASH)
    kept = folder / finding.name
    assert (kept / "input").read_bytes() == b"!!"
    assert (kept / "report.txt").read_text() == CRASH
    assert (kept / "decoded.txt").read_text() == "client_hello, form plain\n"
    assert finding.where == ["take"] and finding.is_crash and finding.clause == ""
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", finding.first_seen)
    assert finding.command.startswith("scripts/repro ") and finding.command.endswith("/input")


def test_a_finding_of_an_oracle_has_its_clause_and_the_script(folder: Path) -> None:
    finding = keep(VIOLATION, "pair")
    assert finding.clause == "RFC 8446 §4.1.3" and not finding.is_crash
    assert (folder / finding.name / "script.case").read_text() == SCRIPT
    assert not (folder / finding.name / "decoded.txt").exists()
    assert "the client took <a suite>" in finding.said


def test_a_finding_that_is_known_keeps_when_it_was_first_seen(folder: Path) -> None:
    first = keep(CRASH)
    first.first_seen, first.commit = "2001-02-03T04:05:06+00:00", "0123456789ab"
    first.save()
    again = keep(CRASH, "server_hello")
    assert (again.first_seen, again.commit) == (first.first_seen, first.commit)
    assert again.targets == ["server_hello", "client_hello"]
    assert len(findings.findings()) == 1


def test_an_input_without_bytes_says_so_in_its_name(folder: Path) -> None:
    finding = keep(CRASH, content=b"")
    assert finding.input.name == "input-empty" and finding.input.read_bytes() == b""
    assert finding.file_name.endswith("-empty")


def test_the_page_has_crashes_on_top_and_escapes_what_it_shows(folder: Path) -> None:
    violation = keep(VIOLATION, "pair")
    crash = keep(CRASH)
    promoted = keep(CRASH.replace("take", "shk_u8"))
    promoted.promoted = "corpora/regressions/client_hello/x"
    promoted.save()
    page = findings.write_page().read_text(encoding="utf-8")
    places = [page.index(f'id="{f.name}"') for f in (crash, violation, promoted)]
    assert places == sorted(places)
    assert "1 crash, 1 violation of a property, 1 promoted" in page
    assert "&lt;a suite&gt;" in page and "<a suite>" not in page
    assert "drop certificate_verify" in page and "RFC 8446 §4.1.3" in page
    assert page.count("<details open>") == 1  # the script
    links = re.findall(r'<a href="([^"]*)">', page)  # of the promoted one the input has gone
    assert len(links) == 2 and all((folder / link).is_file() for link in links)
    assert crash.command in page


def test_a_page_of_nothing_says_so(folder: Path) -> None:
    assert "Nothing has been found." in findings.write_page().read_text(encoding="utf-8")


def test_a_name_that_is_no_finding_is_refused_with_the_nearest(folder: Path) -> None:
    name = keep(CRASH).name
    assert findings.of_name(name).name == name
    with pytest.raises(Stop, match=f"near: {name}"):
        findings.of_name(name[:-1])
    with pytest.raises(Stop, match="has no finding"):
        findings.of_name("../findings")


def test_a_folder_without_facts_is_no_finding(folder: Path) -> None:
    (folder / "other").mkdir(parents=True)
    (folder / "broken").mkdir()
    (folder / "broken" / "finding.json").write_text("{")
    assert findings.findings() == []


def test_a_script_is_left_with_the_lines_that_count() -> None:
    text = "player server\nsetup both tls=1.3\nrepeat finished\ndrop certificate\njoin finished\n"
    tried = []

    def fails(fewer: str) -> bool:
        tried.append(fewer)
        return "drop certificate" in fewer and "tls=1.3" in fewer

    assert scripts.minimised(text, fails) == (
        "player server\nsetup both tls=1.3\ndrop certificate\n"
    )
    assert all(fewer.startswith("player server\n") for fewer in tried)


def test_a_script_of_which_nothing_can_go_stays() -> None:
    assert scripts.minimised(SCRIPT, lambda _: False) == SCRIPT


def test_minimising_goes_on_until_every_line_counts() -> None:
    def fails(fewer: str) -> bool:  # the second can go only once the first has gone
        return "drop a" not in fewer or "drop b" in fewer

    assert scripts.minimised("player server\ndrop a\ndrop b\n", fails) == "player server\n"
