"""What may follow a handshake: authentication of the client, and another handshake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop.plan import (
    Facts,
    Plan,
    point_plan,
    representative,
    resumed,
    simplest,
    with_settings,
    without,
)
from interop.plans.credentials import CLIENT_KEYS


def post_handshake_auth_plans(version: str) -> Iterator[Plan]:
    """RFC 8446 §4.6.2"""
    if version < "1.3":
        return
    for key in CLIENT_KEYS:
        plan = point_plan(simplest(version))
        plan = replace(
            plan,
            client=replace(plan.client, certificate=f"client-{key}"),
            server=replace(plan.server, client_auth=("require",)),
        )
        late = {"enable-pha": ""}, {"enable-pha": ""}
        flags = "--post-handshake-auth"
        yield with_settings(
            plan, f"late-authentication/{key}", *late, flags, client_authenticated=True
        )
        if key == "p256":
            facts: Facts = {"client_authenticated": True}
            name = "late-authentication"
            yield with_settings(plan, f"{name}/byte-by-byte", *late, flags, "--chunk", "1", **facts)
            yield with_settings(plan, f"{name}/key-updates", *late, flags, "--key-updates", **facts)
            yield resumed(with_settings(plan, "", *late, flags, **facts), f"{name}/resumed")


def renegotiation_plans(version: str) -> Iterator[Plan]:
    """RFC 5746, by either end."""
    if version > "1.2":
        return
    points = representative(version) if version == "1.2" else [simplest(version)]
    for point in points:
        for who in ("client", "server"):
            name = f"renegotiated/{who}/{point.suite.name}/{point.key.name}"
            ends = {"renegotiation": ""}, {"renegotiation": ""}
            plan = without(point_plan(point), "group")  # an OpenSSL client may resume then
            yield with_settings(plan, name, *ends, "--renegotiate", who, renegotiations=1)
    for who in ("client", "server"):
        ends = {"renegotiation": ""}, {"renegotiation": ""}
        plan = without(point_plan(simplest(version)), "group")
        flags = "--renegotiate", who
        name = f"renegotiated/{who}"
        yield with_settings(
            plan, f"{name}/byte-by-byte", *ends, *flags, "--chunk", "1", renegotiations=1
        )
        shown = {"certificate": "client-p256"}, {"client_auth": ("require",)}
        plan = with_settings(plan, "", *shown, renegotiations=1, client_authenticated=True)
        yield with_settings(plan, f"{name}/client-certificate", *ends, *flags)
