"""Plain handshakes: the axes, and what the ends agree on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop import axes, rules
from interop.plan import (
    Facts,
    Plan,
    client_end,
    over_sockets_too,
    point_plan,
    representative,
    server_end,
    simplest,
    with_settings,
)


def handshake_plans(version: str) -> Iterator[Plan]:
    """The full product of the core of the axes, and one cell for each further row of an axis."""
    over_sockets = set(representative(version)) if version >= "1.2" else set()
    suites = [suite for suite in axes.suites() if suite.is_core]
    groups = [group for group in axes.groups() if group.is_core]
    for point in rules.points(version, suites, groups, axes.KEYS):
        yield point_plan(point, socket=point in over_sockets)
    keys = (*axes.KEYS, axes.NO_KEY, axes.DSS_KEY)
    seen = {suite.exchange for suite in suites}
    for suite in axes.suites():
        if not suite.is_core:
            for point in list(rules.points(version, [suite], axes.groups(), keys))[:1]:
                is_first = version == "1.2" and suite.exchange not in seen
                yield point_plan(point, socket=is_first)
                seen.add(suite.exchange)
    for group in axes.groups():
        if not group.is_core:
            found = [p for p in rules.points(version, axes.suites(), [group], axes.KEYS) if p.group]
            yield from (point_plan(p, f"group/{group.name}") for p in found[:1])
            if found and group.name.startswith("ffdhe") and version < "1.3":  # RFC 7919
                plan = point_plan(found[0], f"negotiated-ffdhe/{group.name}")
                yield replace(plan, facts={**plan.facts, "group": group.name})
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
            client = {"groups": (first.name, second.name), "key-shares": "1"}
            plan = with_settings(
                point_plan(point),
                f"retry/{first.name}/{second.name}",
                client,
                {"groups": (second.name,)},
                group=second.name,
                retried=True,
            )
            yield over_sockets_too(plan, (first.name, second.name) == ("x25519", "secp256r1"))


def server_name_plans(version: str) -> Iterator[Plan]:
    """Other names that the certificate is good for (RFC 9525 §6)."""
    names = {"wildcard": "a.wild.shakedown.test", "address": "127.0.0.1"}
    for case, name in names.items():
        plan = point_plan(simplest(version), f"name/{case}", socket=version >= "1.2")
        asked = "" if case == "address" else name  # an address is not asked for (RFC 6066 §3)
        yield replace(
            plan,
            client=replace(plan.client, server_name=name),
            facts={**plan.facts, "server_name": asked},
        )


def chunk_and_key_update_plans(version: str) -> Iterator[Plan]:
    """Byte by byte, and with key updates."""
    for point in representative(version):
        name = f"{point.suite.name}/{point.key.name}"
        yield point_plan(point, f"byte-by-byte/{name}", flags=("--chunk", "1"))
        if version >= "1.3":
            yield point_plan(point, f"key-updates/{name}", flags=("--key-updates",))
    if version >= "1.3":
        both = ("--chunk", "1", "--key-updates")
        yield point_plan(simplest(version), "key-updates/byte-by-byte", flags=both)


def default_plans(version: str) -> Iterator[Plan]:
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
    first = axes.KEYS[0].name
    for case, client, server in (
        ("client", client_end(version, **wide), server_end(version, first)),
        ("server", client_end(version), server_end(version, first, **wide)),
    ):
        over_sockets = version >= "1.2"
        case = f"versions/{case}-has-all"
        yield Plan(version, case, client, server, facts=facts, socket=over_sockets)
    if version == high:
        client, server = client_end(version, **wide), server_end(version, first, **wide)
        yield Plan(version, "versions/both-have-all", client, server, facts=facts, socket=True)
