"""Sizes of records, and values that mean nothing (GREASE)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop.plan import (
    PSK,
    Facts,
    Plan,
    over_sockets_too,
    point_plan,
    representative,
    resumed,
    simplest,
    with_settings,
)

DATA = ("--data", "20000")  # more than a record of any size


def size_plans(version: str) -> Iterator[Plan]:
    """max_fragment_length (RFC 6066 §4), record_size_limit (RFC 8449), and what we send at most."""
    plan = point_plan(simplest(version))
    for size in (512, 1024, 2048, 4096):
        name, asked = f"fragment-length/{size}", {"maxfraglen": str(size)}
        limit = _limited(with_settings(plan, name, asked, {}), size, size)
        yield over_sockets_too(limit, size == 1024 and version >= "1.2")
    for size in (512, 2048):
        name, asked = f"fragment-length/heeded/{size}", {"maxfraglen": str(size)}
        limit = _limited(with_settings(plan, name, asked, {}, *DATA), size, size)
        yield _heeded(limit, size, size)
    limit = _limited(with_settings(plan, "", {"maxfraglen": "1024"}, {}), 1024, 1024)
    yield resumed(limit, "fragment-length/resumed")
    for size in (1, 100, 512, 1000, 16384):
        most = {"max-send-frag": str(size)}
        limit = with_settings(plan, f"send-fragment/{size}", most, most, *DATA)
        yield _heeded(limit, size, size)
    if version < "1.2":  # which record_size_limit is not meant for: it is about AEAD records
        return
    for client, server in ((64, 16384), (16384, 64), (1000, 2000), (4096, 2048)):
        ends = {"record-size-limit": str(client)}, {"record-size-limit": str(server)}
        limit = with_settings(plan, f"record-size-limit/{client}-{server}", *ends, *DATA)
        # In TLS 1.3 it counts the content type too (RFC 8449 §4).
        type_byte = version >= "1.3"
        limits = server - type_byte, client - type_byte
        yield _heeded(_limited(limit, *limits), *limits)
    if version < "1.3":
        return
    pads = {"record-padding": "1024"}  # which is more than the peer takes
    ends = {**pads, "record-size-limit": "600"}, {**pads, "record-size-limit": "700"}
    limit = with_settings(plan, "record-size-limit/padded", *ends, *DATA)
    yield _heeded(_limited(limit, 699, 599), 699, 599)


def _limited(plan: Plan, client: int, server: int) -> Plan:
    """The plan with bytes of content in a record that each end sends."""
    facts = {"client.send_limit": client, "server.send_limit": server}
    return replace(plan, facts={**plan.facts, **facts})


def _heeded(plan: Plan, client: int, server: int) -> Plan:
    """The plan with bytes of content in the longest record of each end, where the suite tells them:
    in CBC they are not to be seen, and 20,000 bytes fill any record."""
    if plan.version < "1.2":
        return plan
    facts = {"client.record_content": client, "server.record_content": server}
    return replace(plan, facts={**plan.facts, **facts})


def grease_plans(version: str) -> Iterator[Plan]:
    """Our end sends values of RFC 8701, which the peer has to look past."""
    ours = (("grease", ""),)
    seen: Facts = {"client.grease": True}
    for point in representative(version):
        case = f"grease/{point.suite.name}/{point.key.name}"
        yield point_plan(point, case, ours=ours, ours_facts=seen)
    plan = point_plan(simplest(version))
    plan = replace(
        plan,
        case="grease/client-certificate",
        client=replace(plan.client, certificate="client-p256"),
        server=replace(plan.server, client_auth=("require",)),
        facts={**plan.facts, "client_authenticated": True},
        ours=ours,
        ours_facts=seen,
    )
    yield plan
    simple = point_plan(simplest(version))
    simple = replace(simple, ours=ours, ours_facts=seen)
    yield resumed(simple, "grease/resumed")
    yield replace(simple, case="grease/simple", socket=version >= "1.2")
    if version < "1.3":
        return
    retry = {"groups": ("secp256r1", "secp384r1")}, {"groups": ("secp384r1",)}
    facts: Facts = {"group": "secp384r1", "retried": True}
    yield with_settings(simple, "grease/retry", *retry, **facts)
    modes = {"psk": PSK}, {"psk": PSK}
    yield with_settings(simple, "grease/psk", *modes, external_psk=True)
    # An encrypted_client_hello with nothing in it (RFC 9849 §6.2).
    plain = point_plan(simplest(version))
    names: Facts = {"offers": "encrypted_client_hello"}
    yield with_settings(plain, "grease/ech", {"ech-grease": ""}, **names)
