"""Plans of what a handshake can do beyond the axes: one planner for each feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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

PKI = "corpora/pki"
EARLY_BYTES = 64
MUCH_DATA = ("--data", "20000")  # for which the limits on records take many
EARLY = (RESUME, "--send-early", str(EARLY_BYTES), "--expect-early")
ECDSA = "ecdsa_secp256r1_sha256"  # which signs most chains of the test PKI
RSA = ("rsa_pss_rsae_sha256", "rsa_pkcs1_sha256")
Settings = dict[str, str]


def _with(
    plan: Plan,
    case: str,
    client: Settings | None = None,
    server: Settings | None = None,
    *flags: str,
    socket: bool = False,
    **facts: str | bool | int,
) -> Plan:
    """The plan with more settings of both ends; a flag's value is ""."""
    return replace(
        plan,
        case=case,
        client=replace(plan.client, more=tuple((client or {}).items())),
        server=replace(plan.server, more=tuple((server or {}).items())),
        flags=flags,
        facts={**plan.facts, **facts},
        socket=socket,
    )


def _without(plan: Plan, *facts: str) -> Plan:
    return replace(plan, facts={k: v for k, v in plan.facts.items() if k not in facts})


def _both(settings: Settings) -> tuple[Settings, Settings]:
    return settings, settings


def psk_mode_plans(version: str) -> Iterator[Plan]:
    """With (EC)DHE or alone in TLS 1.3 (RFC 8446 §4.2.9), imported (RFC 9258); a hint below."""
    simple = point_plan(simplest(version))
    simple = replace(
        simple, client=replace(simple.client, psk=PSK), server=replace(simple.server, psk=PSK)
    )
    if version < "1.3":
        suite = "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA"
        ends = [replace(end, suites=(suite,)) for end in (simple.client, simple.server)]
        plan = replace(simple, client=ends[0], server=ends[1], facts={**simple.facts})
        plan = _with(plan, "psk/hint", {}, {"psk-hint": "who"}, suite=suite, external_psk=True)
        yield replace(_without(plan, "group"), socket=version == "1.2")
        return
    alone = _without(simple, "group")
    for client, server in (("ke", "ke"), ("ke", "either"), ("either", "ke"), ("either", "either")):
        plan = simple if (client, server) == ("either", "either") else alone
        modes = {"psk-modes": client}, {"psk-modes": server}
        yield _with(plan, f"psk/modes/{client}-{server}", *modes, external_psk=True)
    yield _with(simple, "psk/modes/ke-dhe", {"psk-modes": "ke"}, external_psk=False)
    yield _with(simple, "psk/imported", *_both({"psk-import": ""}), external_psk=True)


def early_data_plans(version: str) -> Iterator[Plan]:
    """Taken, and turned down by a server that allows none any more or that asks for a retry."""
    if version < "1.3":
        return
    ends = {"early-data": ""}, {"max-early-data": "4096"}
    for point in representative(version):
        name = f"early-data/{point.suite.name}/{point.key.name}"
        plan = point_plan(point)
        yield _with(plan, name, *ends, *EARLY, "accepted", resumed=True, early_data=True)
    simple = point_plan(simplest(version))
    good: Facts = {"resumed": True, "early_data": True}
    for case, flags in {
        "byte-by-byte": ("--chunk", "1"),
        "key-updates": ("--key-updates",),
    }.items():
        yield _with(simple, f"early-data/{case}", *ends, *EARLY, "accepted", *flags, **good)
    alpn = ("h2", "http/1.1")
    plan = replace(
        simple, client=replace(simple.client, alpn=alpn), server=replace(simple.server, alpn=alpn)
    )
    yield _with(plan, "early-data/alpn", *ends, *EARLY, "accepted", alpn="h2", **good)
    plan = replace(
        simple,
        client=replace(simple.client, groups=("secp256r1", "secp384r1")),
        server=replace(simple.server, groups=("secp384r1",)),
    )
    facts: Facts = {"group": "secp384r1", "retried": True, "resumed": True, "early_data": False}
    yield _with(plan, "early-data/retry", *ends, *EARLY, "rejected", **facts)
    for which, resumed in (("other", False), ("unwilling", True)):
        flags = (*EARLY, "rejected", "--second-server", which)
        facts = {"resumed": resumed, "early_data": False}
        yield _with(simple, f"early-data/{which}-server", *ends, *flags, **facts)


def certificate_choice_plans(version: str) -> Iterator[Plan]:
    """A server with two certificates, of which the client's schemes or the name choose one."""
    if version < "1.2":
        return
    second = {"dcert": f"{PKI}/p256.pem", "dkey": f"{PKI}/p256.key"}
    client, server = client_end(version), server_end(version, "rsa2048-rsachain")
    plan = Plan(version, "", client, server, facts={"version": version})
    for case, schemes in {"rsa": RSA, "ecdsa": (ECDSA,)}.items():
        chosen = replace(plan, client=replace(plan.client, schemes=schemes))
        name = f"two-certificates/{case}"
        yield _with(chosen, name, {}, second, socket=True, scheme=schemes[0])
    plan = replace(plan, server=replace(plan.server, certificate="wrong-name"))
    yield _with(plan, "two-certificates/by-name", {}, second, scheme=ECDSA)


def stapling_plans(version: str) -> Iterator[Plan]:
    """OCSP responses (RFC 6066 §8) and SCTs (RFC 6962 §3.3)."""
    if version < "1.2":
        return
    plan = point_plan(simplest(version))
    staple = {"status-file": f"{PKI}/p256.ocsp"}
    yield _with(plan, "status/good", {"status": ""}, staple, socket=True, status_verified=True)
    yield _with(plan, "status/not-asked-for", {}, staple, status_verified=False)
    scts = {"sct-file": f"{PKI}/two.scts"}
    yield _with(plan, "timestamps/two", {"ct": ""}, scts, sct_count=2)


def raw_key_plans(version: str) -> Iterator[Plan]:
    """RFC 7250: the server's key, and the client's."""
    if version < "1.2":
        return
    plan = point_plan(simplest(version))
    raw = {"raw-public-keys": ""}
    trust = raw | {"peer-key": f"{PKI}/p256.pem"}
    yield _with(plan, "raw-keys/server", trust, raw, raw_public_key=True)
    plan = replace(
        plan,
        client=replace(plan.client, certificate="client-p256"),
        server=replace(plan.server, client_auth=("require",)),
    )
    server = raw | {"peer-key": f"{PKI}/client-p256.pem"}
    facts: Facts = {"raw_public_key": True, "client_authenticated": True}
    yield _with(plan, "raw-keys/both", trust, server, **facts)


def compression_plans(version: str) -> Iterator[Plan]:
    """RFC 8879"""
    if version < "1.3":
        return
    plan = point_plan(simplest(version))
    for method in ("zlib", "brotli", "zstd"):
        ends = _both({"cert-comp": method})
        yield _with(plan, f"compressed/{method}", *ends, certificate_compressed=True)


def size_plans(version: str) -> Iterator[Plan]:
    """max_fragment_length (RFC 6066 §4), record_size_limit (RFC 8449), and what we send at most."""
    plan = point_plan(simplest(version))
    for size in ("512", "1024", "2048", "4096"):
        over_sockets = size == "1024" and version >= "1.2"
        asked = {"maxfraglen": size}
        name = f"fragment-length/{size}"
        yield _with(plan, name, asked, {}, *MUCH_DATA, socket=over_sockets)
    for size in ("64", "1024", "16384"):
        ends = _both({"record-size-limit": size})
        yield _with(plan, f"record-size-limit/{size}", *ends, *MUCH_DATA)
    yield _with(plan, "send-fragment/512", *_both({"max-send-frag": "512"}), *MUCH_DATA)


def late_authentication_plans(version: str) -> Iterator[Plan]:
    """RFC 8446 §4.6.2"""
    if version < "1.3":
        return
    for key in ("rsa2048", "p256", "ed25519"):
        plan = point_plan(simplest(version))
        plan = replace(
            plan,
            client=replace(plan.client, certificate=f"client-{key}"),
            server=replace(plan.server, client_auth=("require",)),
        )
        late = _both({"enable-pha": ""})
        flags = "--post-handshake-auth"
        yield _with(plan, f"late-authentication/{key}", *late, flags, client_authenticated=True)


def renegotiation_plans(version: str) -> Iterator[Plan]:
    """RFC 5746, by either end."""
    if version > "1.2":
        return
    points = representative(version) if version == "1.2" else [simplest(version)]
    for point in points:
        for who in ("client", "server"):
            name = f"renegotiated/{who}/{point.suite.name}/{point.key.name}"
            ends = _both({"renegotiation": ""})
            plan = _without(point_plan(point), "group")  # an OpenSSL client may resume then
            yield _with(plan, name, *ends, "--renegotiate", who, renegotiations=1)


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
    resumed = {k: v for k, v in plan.facts.items() if version >= "1.3" or k != "group"}
    del resumed["client_authenticated"]
    simple = point_plan(simplest(version))
    facts = {**resumed, "resumed": True}
    yield replace(simple, case="grease/resumed", flags=(RESUME,), ours=ours, facts=facts)


PLANNERS = (
    psk_mode_plans,
    early_data_plans,
    certificate_choice_plans,
    stapling_plans,
    raw_key_plans,
    compression_plans,
    size_plans,
    late_authentication_plans,
    renegotiation_plans,
    grease_plans,
)
