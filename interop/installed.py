"""Which version of a peer is installed, and how its library was built: rows of the tables may be
about some of them alone. `since` is the first version that a row is about, `until` the first that
it is not. A `probe` is arguments of `shakedown pair` that a library refuses where the row
applies."""

from __future__ import annotations

import re
from functools import cache

from interop.expected import Deviation
from interop.peers import Lack, Peer, shakedown
from scripts.lib import processes
from scripts.lib.paths import ROOT

LIMIT_S, IDLE_S = 20.0, 60.0
NUMBER = re.compile(r"\d+(?:\.\d+)*")
KEY = ("corpora/pki/p256.pem", "corpora/pki/p256.key")  # a server has to have one
Version = tuple[int, ...]


def number(text: str) -> Version | None:
    """The first version number in a text."""
    found = NUMBER.search(text)
    return tuple(int(part) for part in found[0].split(".")) if found else None


def _output(*arguments: str, line: str = "") -> str:
    command = [str(shakedown()), *arguments]
    given = f"found\t{line}\n" if line else ""
    try:
        return processes.run(command, LIMIT_S, IDLE_S, given, "replace", cwd=ROOT).stdout
    except (OSError, processes.GivenUp):
        return ""


@cache
def _linked() -> dict[str, str]:
    """Endpoint -> version of the library that our program is linked with."""
    words = [line.split() for line in _output("--version").splitlines()]
    return {line[0]: line[1] for line in words if len(line) == 2}


def version_text(peer: Peer, way: str) -> str:
    """Of the library in memory, of the programs over sockets; "" where it is not there."""
    if way == "mem":
        return _linked().get(peer.endpoint or "", "")
    found = NUMBER.search(peer.version_text())
    return found[0] if found else ""


def is_within(version: str, since: str, until: str) -> bool:
    """Whether a version is among those of a row."""
    found, first, end = number(version), number(since), number(until)
    if not (first or end):
        return True
    return found is not None and (not first or first <= found) and (not end or found < end)


@cache
def refuses(endpoint: str, probe: tuple[str, ...]) -> bool:
    """Whether the linked library refuses a set-up."""
    words = [endpoint, endpoint, "--server-cert", KEY[0], "--server-key", KEY[1], *probe]
    return '"verdict": "unusable"' in _output("pair", "--batch", "-", line=" ".join(words))


def _probe(row: Lack | Deviation) -> tuple[str, ...]:
    return row.probe if isinstance(row, Lack) else ()


def applies_here(row: Lack | Deviation, peer: Peer, way: str) -> bool:
    """Whether a row is about the version and build that is installed."""
    probe = _probe(row)
    return is_within(version_text(peer, way), row.since, row.until) and (
        not probe or refuses(str(peer.endpoint), probe)
    )


def reason_here(why: str, row: Lack | Deviation, peer: Peer, way: str) -> str:
    """The reason of a row, with the installed version where the row depends on it."""
    if not (row.since or row.until or _probe(row)):
        return why
    return f"{why} (this is {peer.title} {version_text(peer, way)})"
