"""Handshakes that must be refused: the rows [[refusal]] of expected.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop import axes, rules
from interop.expected import Refusal, tables
from interop.plan import (
    PKI,
    PSK,
    Plan,
    Settings,
    client_end,
    point_plan,
    server_end,
    simplest,
    with_settings,
)
from scripts.lib.def_tables import TableError

OTHER_ADDRESS = "127.0.0.2"
PSK_SUITE = "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"
RESPONSES = {
    "status-revoked": "p256-revoked",
    "status-stale": "p256-stale",
    "status-of-another": "rsa2048",
    "status-missing": None,
}
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
    "inappropriate-fallback",
)


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


def _by_psk(plan: Plan) -> Plan:
    """The plan with a PSK in place of the server's certificate; below TLS 1.3 by a PSK suite."""
    suites = plan.client.suites if plan.version >= "1.3" else (PSK_SUITE,)
    end: Settings = {"psk": PSK, "suites": suites}
    plan = with_settings(plan, plan.case, end, end)
    return replace(plan, server=replace(plan.server, certificate=None))


def refusal_plan(refusal: Refusal, version: str) -> Plan:
    """The simplest handshake with the refusal's one flaw put in."""
    # With RSA, for a group that is missing is not to be the curve of the certificate too, and the
    # weak key is one.
    certificate = "rsa2048" if refusal.name in ("no-common-group", "weak-key") else "p256"
    point = simplest(version, certificate)
    over_sockets = refusal.name in SOCKET_REFUSALS and version >= "1.2"
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
        case "status-revoked" | "status-stale" | "status-of-another" | "status-missing":
            file = RESPONSES[refusal.name]
            staple: Settings = {"status-file": f"{PKI}/{file}.ocsp"} if file else {}
            return with_settings(plan, plan.case, {"status-required": ""}, staple)
        case "unknown-raw-key":
            raw = {"raw-public-keys": ""}
            return with_settings(plan, plan.case, raw | {"peer-key": f"{PKI}/p384.pem"}, raw)
        case "unknown-psk":
            return with_settings(_by_psk(plan), plan.case, {"psk": ("client-two", PSK[1])})
        case "wrong-psk":
            return with_settings(_by_psk(plan), plan.case, {"psk": (PSK[0], PSK[1][::-1])})
        case "inappropriate-fallback":
            plan = with_settings(plan, plan.case, {"fallback-scsv": ""}, {"max_version": "1.3"})
            server = replace(plan.server, suites=(), groups=())
            return replace(plan, server=server)
        case "no-extended-master-secret":
            return with_settings(plan, plan.case, {"no-ems": ""}, {"require-ems": ""})
        case "extended-master-secret-not-answered":
            return with_settings(plan, plan.case, {"require-ems": ""}, {"no-ems": ""})
        case "renegotiation":
            asked = {"renegotiation": ""}
            return with_settings(plan, plan.case, asked, {}, "--renegotiate", "client")
        case "no-late-certificate":
            asking: Settings = {"enable-pha": "", "client_auth": ("require",)}
            flag = "--post-handshake-auth"
            return with_settings(plan, plan.case, {"enable-pha": ""}, asking, flag)
        case "wrong-address":
            return replace(plan, client=replace(plan.client, server_name=OTHER_ADDRESS))
    if refusal.client_certificate:
        shown: Settings = {"certificate": refusal.client_certificate}
        return with_settings(plan, plan.case, shown, {"client_auth": ("require",)})
    if refusal.certificate is None:
        raise TableError(
            f"interop/expected.toml: refusal {refusal.name}: it names no certificate, and "
            "interop/plans/refusals.py does not know how to provoke it"
        )
    return replace(plan, server=replace(plan.server, certificate=refusal.certificate))


def refusal_plans(version: str) -> Iterator[Plan]:
    for refusal in tables()[0]:
        if version in (refusal.versions or axes.SPOKEN_VERSIONS):
            yield refusal_plan(refusal, version)
