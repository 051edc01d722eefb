"""Rows that are about some versions of a peer, or some builds of its library."""

from __future__ import annotations

import pytest

from interop import installed
from interop.cells import lack_of
from interop.peers import Lack, load_peers
from interop.plans import plans

PEER = load_peers()["openssl"]
RAW_KEY = next(plan for plan in plans() if plan.case == "raw-keys/server")


@pytest.mark.parametrize(
    ("version", "since", "until", "within"),
    [
        ("3.2.1", "", "", True),
        ("3.2.1", "3.2", "", True),
        ("3.2", "3.2.1", "", False),
        ("3.10", "3.9", "", True),
        ("3.8.9", "3.8", "3.8.10", True),
        ("3.8.10", "3.8", "3.8.10", False),
        ("", "", "3.2", False),  # of a program that is missing its cells fail, and say so
        ("", "", "", True),
    ],
)
def test_a_row_is_about_the_versions_from_since_up_to_until(
    version: str, since: str, until: str, within: bool
) -> None:
    assert installed.is_within(version, since, until) is within


@pytest.mark.parametrize(("version", "lacks"), [("3.1.9", True), ("3.2.0", False)])
def test_what_a_later_version_has_is_lacked_by_earlier_ones_alone(
    monkeypatch: pytest.MonkeyPatch, version: str, lacks: bool
) -> None:
    monkeypatch.setattr(installed, "version_text", lambda peer, way: version)
    lack = lack_of(PEER, "mem", "server", RAW_KEY)
    assert bool(lack) is lacks
    if lack:
        assert installed.reason_here(lack.why, lack, PEER, "mem").endswith(
            f"(this is OpenSSL {version})"
        )


def test_the_linked_library_is_asked_for_what_it_was_built_with() -> None:
    for probe, holds in ((("--server-cert-comp", "lzma"), True), ((), False)):
        assert installed.refuses("openssl", probe) is holds
    row = Lack("why", probe=("--server-groups", "0x0001"))
    assert installed.applies_here(row, PEER, "mem")


def test_the_versions_of_the_linked_libraries_are_found() -> None:
    for name in ("openssl", "gnutls"):
        assert installed.number(installed.version_text(load_peers()[name], "mem")), name
