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

from interop import axes, rules
from interop.ends import End
from interop.expected import GOOD, Expectation, Refusal, expect, tables
from interop.peers import Lack, Peer, load_peers

SERVER_NAME = "server.shakedown.test"
OTHER_ADDRESS = "127.0.0.2"
PSK = ("client-one", "8c1d2e3f405162738495a6b7c8d9eafb")
RESUME = "--resume"  # of `shakedown pair`: two connections, the second resumes
CLIENT_KEYS = ("rsa2048", "p256", "ed25519")
# Refusals that are tried over sockets too: one of each kind.
SOCKET_REFUSALS = (
    "no-common-version",
    "no-common-suite",
    "no-common-group",
    "no-common-protocol",
    "expired",
    "not-yet-valid",
    "wrong-name",
    "unknown-issuer",
    "broken-signature",
)


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
    facts: dict[str, str | bool] = field(default_factory=dict, compare=False)
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


@dataclass(frozen=True)
class Plan:
    """A cell before it is known whom it is played with: what is asked of both ends."""

    version: str
    case: str
    client: End
    server: End
    flags: tuple[str, ...] = ()
    facts: dict[str, str | bool] = field(default_factory=dict)
    refusal: Refusal | None = None
    socket: bool = False  # belongs to the representative subset that goes over sockets too


def client_end(version: str, **settings: object) -> End:
    return replace(End(version, version, server_name=SERVER_NAME), **settings)  # type: ignore[arg-type]


def server_end(version: str, certificate: str, **settings: object) -> End:
    return replace(End(version, version, certificate=certificate), **settings)  # type: ignore[arg-type]


def point_plan(point: rules.Point, case: str | None = None, **changes: object) -> Plan:
    """A good handshake at a point of the axes."""
    name = "/".join(
        [point.suite.name, *([point.group.name] if point.group else []), point.key.name]
    )
    lists = {"suites": (point.suite.name,), "groups": tuple(rules.offered_groups(point))}
    facts: dict[str, str | bool] = {"version": point.version, "suite": point.suite.name}
    if point.group and point.suite.key_exchange != "DHE":  # whose prime may be the server's own
        facts["group"] = point.group.name
    plan = Plan(
        point.version,
        case or name,
        client_end(point.version, **lists),
        server_end(point.version, point.key.name, **lists),
        facts=facts,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def representative(version: str) -> list[rules.Point]:
    """Each kind of key exchange with each certificate, and each suite at least once: what features
    and sockets are tried with. The group and the suite change from one to the next."""
    groups = [group for group in axes.groups() if group.is_core]
    picked: dict[tuple[str, str], rules.Point] = {}
    suites = [s for s in axes.suites() if s.is_core and rules.suite_in_version(s, version)]
    for number, suite in enumerate(suites):
        for key in axes.KEYS[number % len(axes.KEYS) :] + axes.KEYS[: number % len(axes.KEYS)]:
            group = groups[(number + len(picked)) % len(groups)]
            for point in rules.points(version, [suite], [group], (key,)):
                picked.setdefault((suite.key_exchange + suite.auth, key.name), point)
                picked.setdefault((suite.name, ""), point)
    return list(dict.fromkeys(picked.values()))


def simplest(version: str, certificate: str = "p256", group: str = "x25519") -> rules.Point:
    """The first suite of the table with these, or with what comes nearest."""
    keys = tuple(key for key in axes.KEYS if key.name == certificate)
    found = list(rules.points(version, axes.suites(), axes.groups(), keys))
    return next((p for p in found if p.group and p.group.name == group), found[0])


def handshake_plans(version: str) -> Iterator[Plan]:
    """The full product of the core of the axes, and one cell for each further row of an axis."""
    over_sockets = set(representative(version)) if version >= "1.2" else set()
    suites = [suite for suite in axes.suites() if suite.is_core]
    groups = [group for group in axes.groups() if group.is_core]
    for point in rules.points(version, suites, groups, axes.KEYS):
        yield point_plan(point, socket=point in over_sockets)
    for suite in axes.suites():
        if not suite.is_core:
            for point in list(rules.points(version, [suite], axes.groups(), axes.KEYS))[:1]:
                yield point_plan(point)
    for group in axes.groups():
        if not group.is_core:
            found = [p for p in rules.points(version, axes.suites(), [group], axes.KEYS) if p.group]
            yield from (point_plan(p, f"group/{group.name}") for p in found[:1])
    for key in axes.MORE_KEYS:
        for point in list(rules.points(version, axes.suites(), axes.groups(), (key,)))[:1]:
            yield point_plan(point, f"certificate/{key.name}")


def scheme_plans(version: str) -> Iterator[Plan]:
    """Each signature scheme with each key that can make it. The client also lists what the chain is
    signed with (ecdsa_secp256r1_sha256), behind the one that is asked for."""
    for scheme in axes.schemes():
        for key in axes.KEYS + axes.MORE_KEYS:
            if not rules.scheme_with_key(scheme, key, version) or version < "1.2":
                continue
            points = rules.points(version, axes.suites(), axes.groups(), (key,))
            point = next(p for p in points if p.group)
            plan = point_plan(point, f"scheme/{scheme.name}/{key.name}")
            schemes = tuple(dict.fromkeys((scheme.name, "ecdsa_secp256r1_sha256")))
            yield replace(
                plan,
                client=replace(plan.client, schemes=schemes),
                server=replace(plan.server, schemes=(scheme.name,)),
                facts={**plan.facts, "scheme": scheme.name},
            )


def alpn_plans(version: str) -> Iterator[Plan]:
    rows = {
        "one": (("h2",), ("h2",), "h2"),
        "second": (("h2", "http/1.1"), ("http/1.1",), "http/1.1"),
        # RFC 7301 §3.2: the server chooses by its own preference.
        "server-prefers": (("h2", "http/1.1"), ("http/1.1", "h2"), "http/1.1"),
        "client-alone": (("h2",), (), ""),
        "server-alone": ((), ("h2",), ""),
    }
    for name, (client, server, chosen) in rows.items():
        plan = point_plan(simplest(version), f"alpn/{name}")
        yield replace(
            plan,
            client=replace(plan.client, alpn=client),
            server=replace(plan.server, alpn=server),
            facts={**plan.facts, "alpn": chosen},
            socket=name in ("one", "second") and version >= "1.2",
        )


def retry_plans(version: str) -> Iterator[Plan]:
    """HelloRetryRequest: the server takes the client's second group alone (RFC 8446 §4.1.4)."""
    if version < "1.3":
        return
    point = simplest(version)
    groups = [group for group in axes.groups() if group.is_core]
    for first in groups:
        for second in groups:
            if first == second:
                continue
            plan = point_plan(point, f"retry/{first.name}/{second.name}")
            yield replace(
                plan,
                client=replace(plan.client, groups=(first.name, second.name)),
                server=replace(plan.server, groups=(second.name,)),
                facts={**plan.facts, "group": second.name, "retried": True},
                socket=(first.name, second.name) == ("x25519", "secp256r1"),
            )


def name_plans(version: str) -> Iterator[Plan]:
    """Other names that the certificate is good for (RFC 9525 §6)."""
    names = {"wildcard": "a.wild.shakedown.test", "address": "127.0.0.1"}
    for case, name in names.items():
        plan = point_plan(simplest(version), f"name/{case}")
        yield replace(plan, client=replace(plan.client, server_name=name), socket=version >= "1.2")


def delivery_plans(version: str) -> Iterator[Plan]:
    """Byte by byte, and with key updates."""
    for point in representative(version):
        name = f"{point.suite.name}/{point.key.name}"
        yield point_plan(point, f"byte-by-byte/{name}", flags=("--chunk", "1"))
        if version >= "1.3":
            yield point_plan(point, f"key-updates/{name}", flags=("--key-updates",))
    if version >= "1.3":
        both = ("--chunk", "1", "--key-updates")
        yield point_plan(simplest(version), "key-updates/byte-by-byte", flags=both)


def _resumed(plan: Plan, case: str, *flags: str, socket: bool = False, **facts: bool) -> Plan:
    """The plan with a second connection that resumes. Up to TLS 1.2 that one exchanges no keys."""
    known = {fact: value for fact, value in plan.facts.items() if fact != "group"}
    told = plan.facts if plan.version >= "1.3" else known
    return replace(
        plan,
        case=f"resume/{case}",
        flags=(RESUME, *flags),
        facts={**told, "resumed": True, **facts},
        socket=socket,
    )


def resumption_plans(version: str) -> Iterator[Plan]:
    """By ticket, by id, and what goes on around them."""
    simple = point_plan(simplest(version))
    for point in representative(version):
        yield _resumed(point_plan(point), f"tickets/{point.suite.name}/{point.key.name}")
    yield _resumed(simple, "tickets", socket=version >= "1.2")
    yield _resumed(simple, "byte-by-byte", "--chunk", "1")
    alpn = {"alpn": ("h2", "http/1.1")}
    client, server = replace(simple.client, **alpn), replace(simple.server, **alpn)
    yield _resumed(replace(simple, client=client, server=server), "alpn")
    if version >= "1.3":
        yield _resumed(simple, "key-updates", "--key-updates")
        client = replace(simple.client, groups=("secp256r1", "secp384r1"))
        server = replace(simple.server, groups=("secp384r1",))
        facts: dict[str, str | bool] = {**simple.facts, "group": "secp384r1"}
        retry = replace(simple, client=client, server=server, facts=facts)
        yield _resumed(retry, "retry", retried=True)
        return
    for point in representative(version):
        plan = point_plan(point)
        server = replace(plan.server, session_store=("ids",))
        name = f"ids/{point.suite.name}/{point.key.name}"
        yield _resumed(replace(plan, server=server), name)


def psk_plans(version: str) -> Iterator[Plan]:
    """PSKs provisioned out of band, which are for SHA-256 (RFC 8446 §4.2.11)."""
    if version < "1.3":
        return

    def with_psk(plan: Plan, case: str, psk: tuple[str, ...] = PSK, socket: bool = False) -> Plan:
        client, server = replace(plan.client, psk=psk), replace(plan.server, psk=PSK)
        facts = {**plan.facts, "external_psk": psk == PSK}
        return replace(plan, case=case, client=client, server=server, facts=facts, socket=socket)

    suites = [suite for suite in axes.suites() if suite.name.endswith("_SHA256") and suite.is_core]
    groups = [group for group in axes.groups() if group.is_core]
    for point in rules.points(version, suites, groups, (axes.KEYS[0],)):
        assert point.group
        yield with_psk(point_plan(point), f"psk/{point.suite.name}/{point.group.name}")
    simple = point_plan(simplest(version))
    yield with_psk(simple, "psk/simple", socket=True)
    yield with_psk(simple, "psk/unknown-identity", ("client-two", PSK[1]))
    resumed = replace(with_psk(simple, "psk/resume"), flags=(RESUME,))
    yield replace(resumed, facts={**resumed.facts, "external_psk": False, "resumed": True})
    client = replace(simple.client, groups=("secp256r1", "secp384r1"))
    server = replace(simple.server, groups=("secp384r1",))
    facts: dict[str, str | bool] = {**simple.facts, "group": "secp384r1", "retried": True}
    yield with_psk(replace(simple, client=client, server=server, facts=facts), "psk/retry")


def client_certificate_plans(version: str) -> Iterator[Plan]:
    """The server asks for the client's certificate, and gets one or not."""
    plan = point_plan(simplest(version))
    for whether, key in [("request", None), ("request", CLIENT_KEYS[0])] + [
        ("require", key) for key in CLIENT_KEYS
    ]:
        if key == "ed25519" and version < "1.2":  # which cannot sign there (RFC 8422 §5.10)
            continue
        certificate = f"client-{key}" if key else None
        yield replace(
            plan,
            case=f"client-certificate/{whether}/{key or 'none'}",
            client=replace(plan.client, certificate=certificate),
            server=replace(plan.server, client_auth=(whether,)),
            facts={**plan.facts, "client_authenticated": key is not None},
            socket=whether == "require" and version >= "1.2",
        )


def choice_plans(version: str) -> Iterator[Plan]:
    """What is agreed on where the ends leave a choice: the highest version, defaults otherwise."""
    facts: dict[str, str | bool] = {"version": version}
    for key in axes.KEYS:
        if version < key.min_version:
            continue
        client = client_end(version)
        server = server_end(version, key.name)
        yield Plan(version, f"defaults/{key.name}", client, server, facts=facts)
    low, high = axes.versions()[0].name, axes.versions()[-1].name
    wide = {"min_version": low, "max_version": high}
    key = axes.KEYS[0].name
    for case, client, server in (
        ("client", client_end(version, **wide), server_end(version, key)),
        ("server", client_end(version), server_end(version, key, **wide)),
    ):
        over_sockets = version >= "1.2"
        case = f"versions/{case}-has-all"
        yield Plan(version, case, client, server, facts=facts, socket=over_sockets)
    if version == high:
        client, server = client_end(version, **wide), server_end(version, key, **wide)
        yield Plan(version, "versions/both-have-all", client, server, facts=facts, socket=True)


def _differ(plan: Plan, side: str, client: tuple[str, ...], server: tuple[str, ...]) -> Plan:
    """The plan with one list that has nothing in common between its ends."""
    return replace(
        plan,
        client=replace(plan.client, **{side: client}),  # type: ignore[arg-type]
        server=replace(plan.server, **{side: server}),  # type: ignore[arg-type]
    )


def _other_suite(point: rules.Point) -> str:
    """Another suite that the same certificate could serve."""
    others = rules.points(point.version, axes.suites(), axes.groups(), (point.key,))
    return next(p.suite.name for p in others if p.suite != point.suite)


def refusal_plan(refusal: Refusal, version: str) -> Plan:
    """The simplest handshake with the refusal's one flaw put in."""
    # With RSA, for a group that is missing is not to be the curve of the certificate too.
    certificate = "rsa2048" if refusal.name == "no-common-group" else "p256"
    point = simplest(version, certificate)
    over_sockets = refusal.name in SOCKET_REFUSALS
    plan = point_plan(
        point, f"refuse/{refusal.name}", facts={}, refusal=refusal, socket=over_sockets
    )
    match refusal.name:
        case "no-common-version":
            other = "1.2" if version == "1.3" else "1.3"
            ends = client_end(version), server_end(other, certificate)
            return replace(plan, client=ends[0], server=ends[1])
        case "no-common-suite":
            return _differ(plan, "suites", (point.suite.name,), (_other_suite(point),))
        case "no-common-group":
            return _differ(plan, "groups", ("x25519",), ("secp384r1",))
        case "no-common-scheme":
            return _differ(plan, "schemes", ("ed25519",), ())
        case "no-common-protocol":
            return _differ(plan, "alpn", ("h2",), ("http/1.1",))
        case "curve-not-offered":
            return _differ(plan, "groups", ("x25519",), ("x25519", "secp256r1"))
        case "no-client-certificate":
            return replace(plan, server=replace(plan.server, client_auth=("require",)))
        case "wrong-address":
            return replace(plan, client=replace(plan.client, server_name=OTHER_ADDRESS))
    if refusal.certificate is None:
        raise ValueError(f"cells.py does not know how to provoke {refusal.name}")
    return replace(plan, server=replace(plan.server, certificate=refusal.certificate))


def refusal_plans(version: str) -> Iterator[Plan]:
    for refusal in tables()[0]:
        if version >= "1.2" and (not refusal.versions or version in refusal.versions):
            yield refusal_plan(refusal, version)


PLANNERS = (
    handshake_plans,
    scheme_plans,
    alpn_plans,
    retry_plans,
    name_plans,
    delivery_plans,
    resumption_plans,
    psk_plans,
    client_certificate_plans,
    choice_plans,
    refusal_plans,
)


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


@cache
def matrix() -> tuple[tuple[Cell, ...], tuple[tuple[str, Lack], ...]]:
    """All cells, and the ids of those that a peer lacks, with why."""
    cells: list[Cell] = []
    lacking: list[tuple[str, Lack]] = []
    for way, peer, role in places():
        for plan in plans():
            if way == "socket" and not plan.socket:
                continue
            ends = plan.client, plan.server
            cell = Cell(way, peer.name, role, plan.version, plan.case, *ends, plan.flags)
            lack = lack_of(peer, way, role, plan)
            if lack:
                lacking.append((cell.id, lack))
                continue
            expectation = _expectation(plan, way, peer, role)
            cells.append(replace(cell, facts=plan.facts, expectation=expectation))
    return tuple(cells), tuple(lacking)
