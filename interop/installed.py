"""What is there of a peer on this system: versions, and what its library was built with. A lack or
deviation of some versions alone says so by `since`, the first that has it, and `until`, the first
that has it no more; a lack of how the library was built by a `probe`: arguments of `shakedown
pair`, which the linked library refuses where the lack holds."""

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


def holds_here(row: Lack | Deviation, peer: Peer, way: str) -> bool:
    """Whether a row is about what is on this system."""
    probe = _probe(row)
    return is_within(version_text(peer, way), row.since, row.until) and (
        not probe or refuses(str(peer.endpoint), probe)
    )


def here(why: str, row: Lack | Deviation, peer: Peer, way: str) -> str:
    """Why a row holds; with what was found, where that decides."""
    if not (row.since or row.until or _probe(row)):
        return why
    return f"{why} (this is {peer.title} {version_text(peer, way)})"
