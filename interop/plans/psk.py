"""PSKs provisioned out of band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop import axes, rules
from interop.plan import (
    PSK,
    RESUME,
    Facts,
    Plan,
    over_sockets_too,
    point_plan,
    resumed,
    simplest,
    with_settings,
    without,
)

OTHER_PSK = ("client-zero", "00112233445566778899aabbccddeeff")


def external_psk_plans(version: str) -> Iterator[Plan]:
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
    several = with_psk(simple, "psk/several")
    yield with_settings(several, "psk/several", {"psk": (*OTHER_PSK, *PSK)}, {})
    hash_384 = {"psk-hash": "sha384"}
    strong = {**hash_384, "suites": ("TLS_AES_256_GCM_SHA384",)}
    facts: Facts = {**several.facts, "suite": "TLS_AES_256_GCM_SHA384"}
    yield with_settings(replace(several, facts=facts), "psk/sha384", strong, strong)
    yield with_settings(several, "psk/sha384/unfit", hash_384, hash_384, external_psk=False)
    client = replace(simple.client, groups=("secp256r1", "secp384r1"))
    server = replace(simple.server, groups=("secp384r1",))
    facts = {**simple.facts, "group": "secp384r1", "retried": True}
    yield with_psk(replace(simple, client=client, server=server, facts=facts), "psk/retry")


def psk_mode_plans(version: str) -> Iterator[Plan]:
    """With (EC)DHE or alone in TLS 1.3 (RFC 8446 §4.2.9), imported (RFC 9258). With no mode in
    common the server goes on with its certificate."""
    simple = point_plan(simplest(version))
    simple = replace(
        simple, client=replace(simple.client, psk=PSK), server=replace(simple.server, psk=PSK)
    )
    if version < "1.3":
        return
    alone = with_settings(simple, "", group="none")
    for client, server in (("ke", "ke"), ("ke", "either"), ("either", "ke"), ("either", "either")):
        plan = without(simple, "group") if (client, server) == ("either", "either") else alone
        modes = {"psk-modes": client}, {"psk-modes": server}
        yield with_settings(plan, f"psk/modes/{client}-{server}", *modes, external_psk=True)
    for client, server in (("dhe", "either"), ("either", "dhe")):
        modes = {"psk-modes": client}, {"psk-modes": server}
        yield with_settings(simple, f"psk/modes/{client}-{server}", *modes, external_psk=True)
    yield with_settings(simple, "psk/modes/ke-dhe", {"psk-modes": "ke"}, external_psk=False)
    yield with_settings(simple, "psk/modes/dhe-ke", {}, {"psk-modes": "ke"}, external_psk=False)
    certain = with_settings(point_plan(simplest(version)), "", group="none")
    for server in ("ke", "either"):
        modes = {"psk-modes": "ke"}, {"psk-modes": server}
        case = f"psk/modes/ke-{server}/resumed"
        yield resumed(with_settings(certain, case, *modes), case)
    yield with_settings(
        simple, "psk/imported", {"psk-import": ""}, {"psk-import": ""}, external_psk=True
    )
    imported = {"psk-import": "", "psk-hash": "sha384"}
    yield with_settings(simple, "psk/imported-sha384", imported, imported, external_psk=True)


def psk_suite_plans(version: str) -> Iterator[Plan]:
    """The suites with a PSK below TLS 1.3, one of each key exchange: with a hint, resumed, and byte
    by byte."""
    if version >= "1.3":
        return
    seen: set[str] = set()
    for suite in axes.suites():
        points = rules.points(version, [suite], axes.groups(), (axes.KEYS[0], axes.NO_KEY))
        point = next(points, None) if suite.has_psk and suite.exchange not in seen else None
        if point is None:
            continue
        seen.add(suite.exchange)
        plan = point_plan(point)
        hint = {"psk-hint": "who"}
        hinted = with_settings(plan, f"psk/hint/{suite.name}", {}, hint, psk_hint=True)
        yield over_sockets_too(hinted, version == "1.2" and suite.key_exchange == "PSK")
        yield with_settings(plan, f"psk/byte-by-byte/{suite.name}", {}, {}, "--chunk", "1")
        yield resumed(plan, f"psk/resume/tickets/{suite.name}")
        by_id = with_settings(plan, "", {}, {"session_store": ("ids",)})
        yield resumed(by_id, f"psk/resume/ids/{suite.name}")
