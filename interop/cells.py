"""The cells of the matrix. Their ids read WAY/PEER/ROLE/VERSION/CASE:

WAY      mem: in memory against the linked library; socket: over loopback against its programs
PEER     what our side is up against (peers/*.toml); `ours` against ours is role `both`
ROLE     what OUR side is: client or server
VERSION  that the handshake is to have, or that the client has where there is none in common
CASE     SUITE/GROUP/CERTIFICATE of a handshake (no group: RSA key exchange), or a feature's name
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from interop.ends import End
from interop.expected import GOOD, Expectation, expect
from interop.facts import SIDES, asked, facts
from interop.installed import applies_here
from interop.peers import Lack, Peer, Program, load_peers
from interop.plan import RESUME, Facts, Plan
from interop.plans import plans
from scripts.lib.def_tables import TableError

# Flags of `shakedown pair` that a cell over sockets does in its own way, or, as the length of the
# data, does not need.
OVER_SOCKETS = (RESUME, "--send-early", "--expect-early", "--data")


@dataclass(frozen=True)
class Cell:
    way: str
    peer: str
    role: str
    version: str
    case: str
    client: End
    server: End
    flags: tuple[str, ...] = ()  # of `shakedown pair`
    # What both ends must report, by the names of the program's JSON.
    facts: Facts = field(default_factory=dict, compare=False)
    expectation: Expectation = GOOD

    @property
    def id(self) -> str:
        return "/".join((self.way, self.peer, self.role, self.version, self.case))

    @property
    def connections(self) -> int:
        return 2 if RESUME in self.flags else 1

    @property
    def place(self) -> tuple[str, str, str, str]:
        """The row of the grid it is counted in."""
        return self.way, self.peer, self.role, self.version


def lack_of(peer: Peer, way: str, role: str, plan: Plan) -> Lack | None:
    """The row for which a peer has no cell of a plan, if there is one."""
    setting = {
        "case": plan.case,
        "way": way,
        "role": role,
        "version": plan.version,
        "suite": str(plan.facts.get("suite", "")),
        "group": str(plan.facts.get("group", "")),
        "scheme": str(plan.facts.get("scheme", "")),
    }
    found = (lack for lack in peer.lacks if lack.holds(**setting) and applies_here(lack, peer, way))
    return next(found, None)


def places() -> Iterator[tuple[str, Peer, str]]:
    """Way, peer and our role of all parts of the matrix. A peer has the parts that it has an
    endpoint or programs for; against ourselves one part, in memory, is enough."""
    for peer in load_peers().values():
        if peer.name == "ours":
            yield "mem", peer, "both"
            continue
        for role, opposite in (("client", "server"), ("server", "client")):
            if peer.endpoint:
                yield "mem", peer, role
            if peer.program(opposite):
                yield "socket", peer, role


def _expectation(plan: Plan, way: str, peer: Peer, role: str) -> Expectation:
    if plan.refusal is None:
        return GOOD
    return expect(
        plan.refusal,
        peer.name,
        way,
        plan.version,
        role == plan.refusal.by,
        lambda row: applies_here(row, peer, way),
    )


def _ends(plan: Plan, role: str) -> tuple[End, End]:
    """Both ends, with the settings that only our own end has."""
    client, server = plan.client, plan.server
    if role != "server":
        client = replace(client, more=client.more + plan.ours)
    if role != "client":
        server = replace(server, more=server.more + plan.ours)
    return client, server


def _asked_of(cell: Cell, side: str, program: Program) -> Iterator[tuple[str, Any]]:
    globs = {"case": cell.case, "version": cell.version, "suite": str(cell.facts.get("suite", ""))}
    for each, fact, wanted in asked(cell.facts):
        is_told = not facts()[fact].is_seen  # over sockets the wire is not observed
        if each == side and is_told and not program.cannot_tell(fact, **globs):
            yield fact, wanted


def _not_reported(cell: Cell, side: str, program: Program, fact: str) -> str:
    return (
        f"{program.program}: {fact} is neither among what it reports nor untold, but "
        f"{cell.id} asks the {side} for it"
    )


def facts_told(cell: Cell, side: str, program: Program) -> Iterator[tuple[str, Any]]:
    """Of a cell over sockets: the facts, with their values, that this side's program must report.
    What it neither reports nor declares untold is a mistake in its table."""
    for fact, wanted in _asked_of(cell, side, program):
        if fact not in program.reports:
            raise TableError(_not_reported(cell, side, program, fact))
        yield fact, wanted


def programs(cell: Cell) -> dict[str, Program]:
    """Of a cell over sockets, by side; one of them is ours."""
    peers = load_peers()
    players = {side: peers["ours" if side == cell.role else cell.peer] for side in SIDES}
    found = {side: player.program(side) for side, player in players.items()}
    return {side: program for side, program in found.items() if program is not None}


def _alert_mistakes(cell: Cell, program: Program) -> Iterator[str]:
    for fact, pattern in {
        "alert_sent": program.sends_alert,
        "alert_received": program.hears_alert,
    }.items():
        if not pattern and not program.cannot_tell(fact):
            yield f"{program.program}: {fact} is neither told nor untold, but {cell.id} asks for it"


def _program_mistakes(cell: Cell, side: str, program: Program) -> Iterator[str]:
    if cell.expectation.alert is not None:
        yield from _alert_mistakes(cell, program)
    else:
        for fact, _ in _asked_of(cell, side, program):
            if fact not in program.reports:
                yield _not_reported(cell, side, program, fact)
    for setting in program.cannot_be_told(cell.client if side == "client" else cell.server):
        yield (
            f"{program.program}: no option for {setting}, which {cell.id} sets: it takes a row "
            f"of [[options]], of [[{side}.settled]] or of [[lack]]"
        )


def _mistakes(cell: Cell) -> Iterator[tuple[str, str]]:
    """The peer whose table is to be mended, and what of the cell would be left out in silence."""
    for _ in asked(cell.facts):
        pass
    if cell.way != "socket":
        return
    dropped = [flag for flag in cell.flags if flag.startswith("--") and flag not in OVER_SOCKETS]
    if dropped:
        yield cell.peer, f"{cell.id}: {dropped} is left out over sockets"
    for side, program in programs(cell).items():
        for mistake in _program_mistakes(cell, side, program):
            yield "ours" if side == cell.role else cell.peer, mistake


def check(*cells: Cell) -> None:
    """TableError if something that the cells are about would be left out in silence; each thing is
    told of the first cell that it is about."""
    wrong: dict[str, str] = {}
    for cell in cells:
        for name, mistake in _mistakes(cell):
            file = f"interop/peers/{name}.toml"
            wrong.setdefault(f"{file} {mistake.replace(cell.id, '')}", f"{file}: {mistake}")
    if wrong:
        raise TableError("\n".join(wrong.values()))


@cache
def matrix() -> tuple[tuple[Cell, ...], tuple[tuple[str, Lack], ...]]:
    """All cells, and the ids of those that a peer lacks, with why."""
    cells: list[Cell] = []
    lacking: list[tuple[str, Lack]] = []
    for way, peer, role in places():
        for plan in plans():
            if way == "socket" and not plan.socket:
                continue
            ends = _ends(plan, role)
            cell = Cell(way, peer.name, role, plan.version, plan.case, *ends, plan.flags)
            lack = lack_of(peer, way, role, plan)
            if lack:
                lacking.append((cell.id, lack))
                continue
            expectation = _expectation(plan, way, peer, role)
            told = {k: v for k, v in plan.ours_facts.items() if role in ("both", k.split(".")[0])}
            cells.append(replace(cell, facts={**plan.facts, **told}, expectation=expectation))
    check(*cells)
    return tuple(cells), tuple(lacking)
