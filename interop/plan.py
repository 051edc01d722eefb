"""What is asked of both ends of a cell, and the handshakes that most plans start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from interop import axes, rules
from interop.ends import End
from interop.expected import Refusal

PKI = "corpora/pki"
SERVER_NAME = "server.shakedown.test"
PSK = ("client-one", "8c1d2e3f405162738495a6b7c8d9eafb")
DSS_SCHEMES = ("dsa_sha256", "dsa_sha1", "ecdsa_secp256r1_sha256")
# What the defaults of the ends leave out, and what signs the chain.
BRAINPOOL_SCHEMES = ("ecdsa_brainpoolP256r1tls13_sha256", "ecdsa_secp256r1_sha256")
Facts = dict[str, str | bool | int]
Settings = Mapping[str, Sequence[str]]  # a text, or a tuple of them
RESUME = "--resume"  # of `shakedown pair`: two connections, the second resumes


@dataclass(frozen=True)
class Plan:
    """What is asked of both ends, whichever peer it is: a cell before it has a peer."""

    version: str
    case: str
    client: End
    server: End
    flags: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)
    refusal: Refusal | None = None
    ours: tuple[tuple[str, str], ...] = ()  # more settings of our own end, whichever it is
    ours_facts: Facts = field(default_factory=dict)  # of a side, where it is ours
    socket: bool = False  # belongs to the representative subset that goes over sockets too


def client_end(version: str, **settings: object) -> End:
    return replace(End(version, version, server_name=SERVER_NAME), **settings)  # type: ignore[arg-type]


def server_end(version: str, certificate: str, **settings: object) -> End:
    shown = None if certificate == axes.NO_KEY.name else certificate
    return replace(End(version, version, certificate=shown), **settings)  # type: ignore[arg-type]


def with_settings(
    plan: Plan,
    case: str,
    client: Settings | None = None,
    server: Settings | None = None,
    /,
    *flags: str,
    **facts: str | bool | int,
) -> Plan:
    """The plan with more settings of both ends: fields of End, and options of our program by their
    names; a flag's value is ""."""
    return replace(
        plan,
        case=case,
        client=_set(plan.client, client or {}),
        server=_set(plan.server, server or {}),
        flags=(*plan.flags, *flags),
        facts={**plan.facts, **facts},
        socket=False,
    )


def over_sockets_too(plan: Plan, when: bool = True) -> Plan:
    """The plan as one of those that go over sockets too."""
    return replace(plan, socket=when)


def _set(end: End, settings: Settings) -> End:
    known = {field.name for field in fields(End)}
    more = {name: value for name, value in settings.items() if name not in known}
    own = {name: value for name, value in settings.items() if name in known}
    return replace(end, **own, more=tuple((dict(end.more) | more).items()))  # type: ignore[arg-type]


def without(plan: Plan, *facts: str) -> Plan:
    """The plan of which these facts are not asked."""
    return replace(plan, facts={k: v for k, v in plan.facts.items() if k not in facts})


def resumed(plan: Plan, case: str, /, *flags: str, **facts: bool) -> Plan:
    """The plan with a second connection that resumes. Up to TLS 1.2 that one exchanges no keys."""
    told = plan if plan.version >= "1.3" else without(plan, "group")
    facts = {"resumed": True, "external_psk": False} | facts
    return with_settings(told, case, {}, {}, RESUME, *flags, **facts)


def point_plan(point: rules.Point, case: str | None = None, **changes: object) -> Plan:
    """A good handshake at a point of the axes."""
    name = "/".join(
        [point.suite.name, *([point.group.name] if point.group else []), point.key.name]
    )
    lists: dict[str, tuple[str, ...]] = {
        "suites": (point.suite.name,),
        "groups": tuple(rules.offered_groups(point)),
    }
    facts: Facts = {"version": point.version, "suite": point.suite.name}
    if point.group and not point.suite.key_exchange.startswith("DHE"):  # the prime may be any
        facts["group"] = point.group.name
    if point.suite.has_psk:
        lists["psk"] = PSK
        facts["external_psk"] = True
    if point.suite.auth == "DSS" and point.version >= "1.2":
        lists["schemes"] = DSS_SCHEMES
    if point.key.key == "BRAINPOOL256" and point.version >= "1.3":
        lists["schemes"] = BRAINPOOL_SCHEMES
        facts["scheme"] = BRAINPOOL_SCHEMES[0]
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
