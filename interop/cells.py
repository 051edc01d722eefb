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

from interop import axes
from interop.ends import End
from interop.expected import GOOD, Expectation, TableError, expect
from interop.facts import SIDES, asked
from interop.peers import Lack, Peer, Program, load_peers
from interop.plan import RESUME, Facts, Plan
from interop.plans import PLANNERS

# Flags of `shakedown pair` that a cell over sockets heeds in its own way, or that change nothing of
# what it is about: the length of the data.
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


@cache
def plans() -> tuple[Plan, ...]:
    """All that is asked, whoever is at the other end."""
    return tuple(
        plan
        for version in axes.versions()
        for planner in PLANNERS
        for plan in planner(version.name)
    )


def lack_of(peer: Peer, way: str, role: str, plan: Plan) -> Lack | None:
    """Why a peer cannot have a cell, if it cannot."""
    setting = {
        "case": plan.case,
        "way": way,
        "role": role,
        "version": plan.version,
        "suite": str(plan.facts.get("suite", "")),
        "group": str(plan.facts.get("group", "")),
        "scheme": str(plan.facts.get("scheme", "")),
    }
    return next((lack for lack in peer.lacks if lack.holds(**setting)), None)


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
    return expect(plan.refusal, peer.name, way, plan.version, role == plan.refusal.by)


def _ends(plan: Plan, role: str) -> tuple[End, End]:
    """Both ends, with what is for our own alone."""
    client, server = plan.client, plan.server
    if role != "server":
        client = replace(client, more=client.more + plan.ours)
    if role != "client":
        server = replace(server, more=server.more + plan.ours)
    return client, server


def facts_told(cell: Cell, side: str, program: Program) -> Iterator[tuple[str, Any]]:
    """Of a cell over sockets: the facts, with their values, that this side's program must report.
    What it neither reports nor declares untold is a mistake in its table."""
    globs = {"case": cell.case, "version": cell.version, "suite": str(cell.facts.get("suite", ""))}
    for each, fact, wanted in asked(cell.facts):
        if each != side or program.cannot_tell(fact, **globs):
            continue
        if fact not in program.reports:
            raise TableError(
                f"{program.program}: {fact} is neither among what it reports nor untold, but "
                f"{cell.id} asks the {side} for it"
            )
        yield fact, wanted


def programs(cell: Cell) -> dict[str, Program]:
    """Of a cell over sockets, by side; one of them is ours."""
    peers = load_peers()
    players = {side: peers["ours" if side == cell.role else cell.peer] for side in SIDES}
    found = {side: player.program(side) for side, player in players.items()}
    return {side: program for side, program in found.items() if program is not None}


def _check_alerts(cell: Cell, program: Program) -> None:
    for fact, pattern in {
        "alert_sent": program.sends_alert,
        "alert_received": program.hears_alert,
    }.items():
        if not pattern and not program.cannot_tell(fact):
            raise TableError(
                f"{program.program}: {fact} is neither told nor untold, but {cell.id} asks for it"
            )


def check(cell: Cell) -> None:
    """TableError if something that the cell is about would be left out in silence."""
    for _ in asked(cell.facts):
        pass
    if cell.way != "socket":
        return
    left_out = set(cell.flags) & {
        "--chunk",
        "--key-updates",
        "--renegotiate",
        "--second-server",
        "--post-handshake-auth",
    }
    if left_out:
        raise TableError(f"{cell.id}: {sorted(left_out)} has no meaning over sockets")
    for side, program in programs(cell).items():
        if cell.expectation.alert is not None:
            _check_alerts(cell, program)
        for _ in facts_told(cell, side, program) if cell.expectation.alert is None else ():
            pass
        for setting in program.cannot_be_told(cell.client if side == "client" else cell.server):
            raise TableError(
                f"{program.program}: no option for {setting}, which {cell.id} sets: it takes a row "
                f"of [[options]], of [[{side}.settled]] or of [[lack]]"
            )


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
            cells.append(replace(cell, facts=plan.facts, expectation=expectation))
            check(cells[-1])
    return tuple(cells), tuple(lacking)
