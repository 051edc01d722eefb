"""The order of the rooms, and who calls whom, read from the object files of a build.

An arrow from one file to another is a symbol that the one needs and the other defines: calls, and
addresses in tables."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from scripts.lib.paths import ROOT

# A file uses files of its own room, and of those above. Rooms in one line do not know each other.
ORDER = """
impl/wire
impl/registry
impl/extensions
impl/messages
impl/compress impl/crypto
impl/x509 impl/record
impl/handshake/state
impl/handshake/keys
impl/handshake/sessions
impl/handshake/hello
impl/handshake/certificates
impl/handshake/flow
impl
harness/sim
harness/endpoint
harness/endpoint/ours harness/endpoint/openssl harness/endpoint/gnutls
harness/keys
harness/deviate
harness/drive
harness/oracle
harness/cli
harness/app harness/tools
harness/play
harness/ledger
harness
fuzz/mutate
fuzz examples
fuzz/peer fuzz/state
fuzz/input
"""

# Not looked at: each program has those of the first line; the others stand in place of the C
# library's.
NO_ARROWS = frozenset(
    "main LLVMFuzzerInitialize LLVMFuzzerTestOneInput shk_input"
    " malloc calloc realloc free memalign aligned_alloc posix_memalign".split()
)

Arrows = Mapping[str, Iterable[str]]


def ranks(order: str = ORDER) -> dict[str, int]:
    return {room: n for n, line in enumerate(order.split("\n")) for room in line.split()}


def symbols(objects: Iterable[str], folder: str) -> Iterator[tuple[str, str, bool]]:
    """(object file, symbol, whether it is defined there), as nm tells."""
    command = ["nm", "--extern-only", "--format=posix", "--print-file-name", *objects]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    for line in done.stdout.splitlines():
        file, symbol, kind = line.split()[:3]
        yield file.removesuffix(":"), symbol, kind != "U"


def arrows(build: Path) -> dict[str, set[str]]:
    """From each source file to those whose symbols it needs. Tests are not looked at."""
    source_of: dict[str, str] = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = Path(entry["file"]).relative_to(ROOT).as_posix()
        found = re.search(r" -o (\S+)", entry["command"])
        if found is not None and "/tests/" not in source and (build / found[1]).exists():
            source_of[found[1]] = source
    needs: dict[str, set[str]] = {source: set() for source in source_of.values()}
    home: dict[str, str] = {}
    for file, symbol, is_defined in symbols(source_of, str(build)):
        if is_defined and symbol not in NO_ARROWS:
            home[symbol] = source_of[file]
        elif not is_defined:
            needs[source_of[file]].add(symbol)
    return {
        source: {home[symbol] for symbol in names if symbol in home} - {source}
        for source, names in needs.items()
    }


def circles(graph: Arrows) -> list[list[str]]:
    """Groups of files each of which is reached from each other (Tarjan's algorithm)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(file: str) -> None:
        number[file] = low[file] = len(number)
        stack.append(file)
        for other in sorted(graph.get(file, ())):
            if other not in number:
                visit(other)
                low[file] = min(low[file], low[other])
            elif other in stack:
                low[file] = min(low[file], number[other])
        if low[file] == number[file]:
            at = stack.index(file)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for file in sorted(graph):
        if file not in number:
            visit(file)
    return [group for group in found if len(group) > 1]


def room(file: str) -> str:
    return PurePosixPath(file).parent.as_posix()


def against_order(graph: Arrows, order: Mapping[str, int]) -> list[str]:
    """Arrows that do not go to the own room or to one above, and rooms that have no place."""
    wrong = [f"{file}: its room has no place" for file in graph if room(file) not in order]
    for file, others in graph.items():
        for other in others:
            here, there = order.get(room(file)), order.get(room(other))
            if room(file) != room(other) and here is not None and there is not None:
                wrong += [f"{file} uses {other}"] if there >= here else []
    return sorted(wrong)


def drawing(graph: Arrows, order: Mapping[str, int]) -> str:
    """The rooms and their arrows as a graph of Mermaid; an arrow is left out where others lead
    there too."""
    direct: dict[str, set[str]] = defaultdict(set)
    for file, others in graph.items():
        direct[room(file)] |= {room(other) for other in others} - {room(file)}
    reach: dict[str, set[str]] = {}
    for here in sorted(order, key=order.__getitem__):
        below = direct[here]
        reach[here] = below.union(*(reach.get(there, set()) for there in below))
    lines = ["```mermaid", "graph TD"]
    for here in sorted(order, key=order.__getitem__, reverse=True):
        others = direct[here]
        kept = [o for o in others if not any(o in reach[p] for p in others if p != o)]
        lines += [f'    {name(here)}["{here}"] --> {name(o)}["{o}"]' for o in sorted(kept)]
    return "\n".join([*lines, "```"])


def name(here: str) -> str:
    return here.replace("/", "_")
