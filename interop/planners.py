"""Plans of the handshakes that every peer has: the axes, resumption, choice and refusals. What goes
beyond them is in features.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop import axes, rules
from interop.expected import Refusal, tables
from interop.plan import (
    PSK,
    RESUME,
    Facts,
    Plan,
    client_end,
    point_plan,
    representative,
    server_end,
    simplest,
)

OTHER_ADDRESS = "127.0.0.2"
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


def handshake_plans(version: str) -> Iterator[Plan]:
    """The full product of the core of the axes, and one cell for each further row of an axis."""
    over_sockets = set(representative(version)) if version >= "1.2" else set()
    suites = [suite for suite in axes.suites() if suite.is_core]
    groups = [group for group in axes.groups() if group.is_core]
    for point in rules.points(version, suites, groups, axes.KEYS):
        yield point_plan(point, socket=point in over_sockets)
    keys = (*axes.KEYS, axes.NO_KEY, axes.DSS_KEY)
    for suite in axes.suites():
        if not suite.is_core:
            for point in list(rules.points(version, [suite], axes.groups(), keys))[:1]:
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
        for key in (*axes.KEYS, *axes.MORE_KEYS, axes.DSS_KEY):
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
        facts: Facts = {**simple.facts, "group": "secp384r1"}
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
    facts: Facts = {**simple.facts, "group": "secp384r1", "retried": True}
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
    facts: Facts = {"version": version}
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
        case "status-revoked" | "status-stale" | "status-of-another":
            responses = {"revoked": "p256-revoked", "stale": "p256-stale", "another": "rsa2048"}
            file = responses[refusal.name.rpartition("-")[2]]
            staple = (("status-file", f"corpora/pki/{file}.ocsp"),)
            client = replace(plan.client, more=(("status", ""),))
            return replace(plan, client=client, server=replace(plan.server, more=staple))
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
