"""Two connections, the second of which resumes; early data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop.plan import (
    RESUME,
    Facts,
    Plan,
    over_sockets_too,
    point_plan,
    representative,
    resumed,
    simplest,
    with_settings,
)

EARLY_BYTES = 64
EARLY = (RESUME, "--send-early", str(EARLY_BYTES), "--expect-early")


def _authenticating(plan: Plan) -> Plan:
    """The plan with a client that has to show its certificate."""
    server = {"client_auth": ("require",)}
    shown = {"certificate": "client-p256"}
    return with_settings(plan, plan.case, shown, server, client_authenticated=True)


def resumption_plans(version: str) -> Iterator[Plan]:
    """By ticket, by id, and what goes on around them."""
    simple = point_plan(simplest(version))
    for point in representative(version):
        yield resumed(point_plan(point), f"resume/tickets/{point.suite.name}/{point.key.name}")
    yield over_sockets_too(resumed(simple, "resume/tickets"), version >= "1.2")
    yield resumed(simple, "resume/byte-by-byte", "--chunk", "1")
    alpn = ("h2", "http/1.1")
    client, server = replace(simple.client, alpn=alpn), replace(simple.server, alpn=alpn)
    with_alpn = replace(simple, client=client, server=server, facts={**simple.facts, "alpn": "h2"})
    yield resumed(with_alpn, "resume/alpn")
    other = "--second-server", "other"
    yield resumed(simple, "resume/other-server", *other, resumed=False)
    yield resumed(_authenticating(simple), "resume/client-certificate")
    if version >= "1.3":
        yield resumed(simple, "resume/key-updates", "--key-updates")
        several = with_settings(simple, "", {}, {"num-tickets": "5"})
        yield resumed(several, "resume/several-tickets")
        for count in (1, 5):
            tickets = {"num-tickets": str(count)}
            keeps = {"keep-sessions": "yes"}
            yield with_settings(simple, f"tickets/{count}", keeps, tickets, tickets=count)
        client = replace(simple.client, groups=("secp256r1", "secp384r1"))
        server = replace(simple.server, groups=("secp384r1",))
        facts: Facts = {**simple.facts, "group": "secp384r1"}
        retry = replace(simple, client=client, server=server, facts=facts)
        yield resumed(retry, "resume/retry", retried=True)
        return
    for point in representative(version):
        plan = point_plan(point)
        server = replace(plan.server, session_store=("ids",))
        name = f"resume/ids/{point.suite.name}/{point.key.name}"
        by_id = resumed(replace(plan, server=server), name)
        yield replace(by_id, facts={**by_id.facts, "tickets": 0})


def early_data_plans(version: str) -> Iterator[Plan]:
    """Taken, and turned down by a server that allows none any more or that asks for a retry."""
    if version < "1.3":
        return
    ends = {"allow-early-data": ""}, {"max-early-data": "4096"}
    for point in representative(version):
        name = f"early-data/{point.suite.name}/{point.key.name}"
        plan = point_plan(point)
        yield with_settings(plan, name, *ends, *EARLY, "accepted", resumed=True, early_data=True)
    simple = point_plan(simplest(version))
    good: Facts = {"resumed": True, "early_data": True}
    for case, flags in {
        "byte-by-byte": ("--chunk", "1"),
        "key-updates": ("--key-updates",),
    }.items():
        yield with_settings(simple, f"early-data/{case}", *ends, *EARLY, "accepted", *flags, **good)
    alpn = ("h2", "http/1.1")
    plan = replace(
        simple, client=replace(simple.client, alpn=alpn), server=replace(simple.server, alpn=alpn)
    )
    yield with_settings(plan, "early-data/alpn", *ends, *EARLY, "accepted", alpn="h2", **good)
    plan = replace(
        simple,
        client=replace(simple.client, groups=("secp256r1", "secp384r1")),
        server=replace(simple.server, groups=("secp384r1",)),
    )
    facts: Facts = {"group": "secp384r1", "retried": True, "resumed": True, "early_data": False}
    yield with_settings(plan, "early-data/retry", *ends, *EARLY, "rejected", **facts)
    facts = {"group": "secp384r1", "retried": True, "resumed": False, "early_data": False}
    other = "--second-server", "other"
    yield with_settings(
        plan, "early-data/retry-by-other", *ends, *EARLY, "rejected", *other, **facts
    )
    for which, resumes in (("other", False), ("unwilling", True)):
        flags = (*EARLY, "rejected", "--second-server", which)
        facts = {"resumed": resumes, "early_data": False}
        yield with_settings(simple, f"early-data/{which}-server", *ends, *flags, **facts)
    shown = _authenticating(simple)
    yield with_settings(shown, "early-data/client-certificate", *ends, *EARLY, "accepted", **good)
    padded = {**ends[0], "record-padding": "1024", "maxfraglen": "512"}, ends[1]
    yield with_settings(simple, "early-data/padded", *padded, *EARLY, "accepted", **good)
    exactly = {"max-early-data": str(EARLY_BYTES)}
    case = "early-data/as-much-as-allowed"
    yield with_settings(simple, case, ends[0], exactly, *EARLY, "accepted", **good)
    unsent = RESUME, "--send-early", str(EARLY_BYTES)
    facts = {"resumed": True, "early_data": False}
    yield with_settings(simple, "early-data/not-allowed", ends[0], {}, *unsent, **facts)
    accepted = with_settings(simple, "early-data/accepted", *ends, *EARLY, "accepted", **good)
    yield over_sockets_too(accepted)
