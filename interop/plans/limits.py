"""Sizes of records, and values that mean nothing (GREASE)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop.plan import PSK, Plan, point_plan, representative, resumed, simplest, with_settings

DATA = ("--data", "5000")  # more than a record of most of these sizes


def size_plans(version: str) -> Iterator[Plan]:
    """max_fragment_length (RFC 6066 §4), record_size_limit (RFC 8449), and what we send at most."""
    plan = point_plan(simplest(version))
    for size in (512, 1024, 2048, 4096):
        name, asked = f"fragment-length/{size}", {"maxfraglen": str(size)}
        over_sockets = size == 1024 and version >= "1.2"
        limit = with_settings(plan, name, asked, {}, socket=over_sockets)
        yield _limited(limit, size, size)
    for size in (512, 2048):
        name, asked = f"fragment-length/heeded/{size}", {"maxfraglen": str(size)}
        yield _limited(with_settings(plan, name, asked, {}, *DATA), size, size)
    asked = with_settings(plan, "", {"maxfraglen": "1024"}, {})
    yield resumed(_limited(asked, 1024, 1024), "fragment-length/resumed")
    for size in ("1", "100", "512", "1000", "16384"):
        ends = {"max-send-frag": size}, {"max-send-frag": size}
        yield with_settings(plan, f"send-fragment/{size}", *ends, *DATA)
    if version < "1.2":  # which record_size_limit is not meant for: it is about AEAD records
        return
    for client, server in ((64, 16384), (16384, 64), (1000, 2000), (4096, 2048)):
        ends = {"record-size-limit": str(client)}, {"record-size-limit": str(server)}
        limit = with_settings(plan, f"record-size-limit/{client}-{server}", *ends, *DATA)
        # In TLS 1.3 it counts the content type too (RFC 8449 §4).
        type_byte = version >= "1.3"
        yield _limited(limit, server - type_byte, client - type_byte)


def _limited(plan: Plan, client: int, server: int) -> Plan:
    """The plan with bytes of content in a record that each end sends."""
    facts = {"client.send_limit": client, "server.send_limit": server}
    return replace(plan, facts={**plan.facts, **facts})


def grease_plans(version: str) -> Iterator[Plan]:
    """Our end sends values of RFC 8701, which the peer has to look past."""
    ours = (("grease", ""),)
    for point in representative(version):
        yield point_plan(point, f"grease/{point.suite.name}/{point.key.name}", ours=ours)
    plan = point_plan(simplest(version))
    plan = replace(
        plan,
        case="grease/client-certificate",
        client=replace(plan.client, certificate="client-p256"),
        server=replace(plan.server, client_auth=("require",)),
        facts={**plan.facts, "client_authenticated": True},
        ours=ours,
    )
    yield plan
    simple = point_plan(simplest(version))
    yield replace(resumed(simple, "grease/resumed"), ours=ours)
    yield replace(simple, case="grease/simple", ours=ours, socket=version >= "1.2")
    if version < "1.3":
        return
    retry = {"groups": ("secp256r1", "secp384r1")}, {"groups": ("secp384r1",)}
    facts = {"group": "secp384r1", "retried": True}
    yield replace(with_settings(simple, "grease/retry", *retry, **facts), ours=ours)
    modes = {"psk": PSK}, {"psk": PSK}
    yield replace(with_settings(simple, "grease/psk", *modes, external_psk=True), ours=ours)
    # An encrypted_client_hello with nothing in it (RFC 9849 §6.2).
    yield with_settings(simple, "grease/ech", {"ech-grease": ""})
