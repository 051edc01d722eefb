"""What the ends show of themselves: certificates, raw keys, and what comes with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop.plan import (
    PKI,
    Facts,
    Plan,
    Settings,
    client_end,
    over_sockets_too,
    point_plan,
    resumed,
    server_end,
    simplest,
    with_settings,
)

CLIENT_KEYS = ("rsa2048", "p256", "ed25519")
ECDSA = "ecdsa_secp256r1_sha256"  # which signs most chains of the test PKI
RSA = ("rsa_pss_rsae_sha256", "rsa_pkcs1_sha256")


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


FILTER_OF_SIGNING = "050603551d0f000403020780"  # keyUsage: digitalSignature, which clients have
FILTER_OF_MORE = "050603551d0f0004030205a0"  # and keyEncipherment, which they have not


def filter_plans(version: str) -> Iterator[Plan]:
    """oid_filters (RFC 8446 §4.2.5)"""
    if version < "1.3":
        return
    plan = point_plan(simplest(version))
    plan = replace(plan, client=replace(plan.client, certificate="client-p256"))
    for case, hexadecimal in (("passes", FILTER_OF_SIGNING), ("passes-not", FILTER_OF_MORE)):
        asked: Settings = {"client_auth": ("request",), "oid-filters": hexadecimal}
        shown = case == "passes"
        yield with_settings(plan, f"oid-filters/{case}", {}, asked, client_authenticated=shown)


def certificate_choice_plans(version: str) -> Iterator[Plan]:
    """A server with two certificates, of which the suite, the client's schemes or the name choose
    one, and a client with two."""
    for first, key in (("rsa2048", "p256"), ("p256", "rsa2048")) if version < "1.3" else ():
        second = {"dcert": f"{PKI}/{key}.pem", "dkey": f"{PKI}/{key}.key"}
        plan = point_plan(simplest(version, key))
        server: Settings = {"certificate": first, **second}
        yield with_settings(plan, f"two-certificates/by-suite/{key}", {}, server)
    if version < "1.2":
        return
    second = {"dcert": f"{PKI}/p256.pem", "dkey": f"{PKI}/p256.key"}
    ends = client_end(version), server_end(version, "rsa2048-rsachain")
    plan = Plan(version, "", *ends, facts={"version": version})
    for case, schemes in {"rsa": RSA, "ecdsa": (ECDSA,)}.items():
        chosen = replace(plan, client=replace(plan.client, schemes=schemes))
        name = f"two-certificates/{case}"
        yield over_sockets_too(with_settings(chosen, name, {}, second, scheme=schemes[0]))
    plan = replace(plan, server=replace(plan.server, certificate="wrong-name"))
    yield with_settings(plan, "two-certificates/by-name", {}, second, scheme=ECDSA)
    # The server takes no Ed25519, which the client's first certificate has.
    second = {"dcert": f"{PKI}/client-rsa2048.pem", "dkey": f"{PKI}/client-rsa2048.key"}
    asking = server_end(version, "p256", client_auth=("require",), schemes=(ECDSA, RSA[0]))
    ends = client_end(version, certificate="client-ed25519"), asking
    facts: Facts = {"version": version, "client_authenticated": True}
    plan = Plan(version, "", *ends, facts=facts)
    yield with_settings(plan, "two-certificates/of-the-client", second)


def stapling_plans(version: str) -> Iterator[Plan]:
    """OCSP responses (RFC 6066 §8) and SCTs (RFC 6962 §3.3)."""
    plan = point_plan(simplest(version))
    staple = {"status-file": f"{PKI}/p256.ocsp"}
    good = with_settings(plan, "status/good", {"status": ""}, staple, status_verified=True)
    yield over_sockets_too(good, version >= "1.2")
    yield with_settings(plan, "status/none", {"status": ""}, status_verified=False)
    required = {"status-required": ""}
    yield with_settings(plan, "status/required", required, staple, status_verified=True)
    yield with_settings(plan, "status/not-asked-for", {}, staple, status_verified=False)
    scts = {"sct-file": f"{PKI}/two.scts"}
    yield with_settings(plan, "timestamps/two", {"ct": ""}, scts, sct_count=2)
    asked = with_settings(plan, "status/byte-by-byte", {"status": ""}, staple, "--chunk", "1")
    yield replace(asked, facts={**plan.facts, "status_verified": True})
    asked = with_settings(plan, "", {"status": ""}, staple)
    yield resumed(asked, "status/resumed", status_verified=False)
    rsa = {"status-file": f"{PKI}/rsa2048.ocsp"}
    plan_of_rsa = point_plan(simplest(version, "rsa2048"))
    yield with_settings(plan_of_rsa, "status/rsa2048", {"status": ""}, rsa, status_verified=True)
    both = {
        "dcert": f"{PKI}/rsa2048.pem",
        "dkey": f"{PKI}/rsa2048.key",
        "dstatus-file": f"{PKI}/rsa2048.ocsp",
    }
    plan_of_rsa = replace(plan_of_rsa, server=replace(plan_of_rsa.server, certificate="p256"))
    yield with_settings(
        plan_of_rsa, "status/second-certificate", required, staple | both, status_verified=True
    )
    yield with_settings(plan, "timestamps/not-asked-for", {}, scts, sct_count=0)
    yield with_settings(plan, "timestamps/none", {"ct": ""}, sct_count=0)


def raw_key_plans(version: str) -> Iterator[Plan]:
    """RFC 7250: the server's key, and the client's."""
    if version < "1.2":
        return
    plan = point_plan(simplest(version))
    raw = {"raw-public-keys": ""}
    trust = raw | {"peer-key": f"{PKI}/p256.pem"}
    yield with_settings(plan, "raw-keys/server", trust, raw, raw_public_key=True)
    for key in ("rsa2048", "p384", "ed25519"):
        ends = raw | {"peer-key": f"{PKI}/{key}.pem"}, raw
        other = point_plan(simplest(version, key))
        yield with_settings(other, f"raw-keys/{key}", *ends, raw_public_key=True)
    yield with_settings(plan, "raw-keys/client-alone", trust, {}, raw_public_key=False)
    yield with_settings(plan, "raw-keys/server-alone", {}, raw, raw_public_key=False)
    plan = replace(
        plan,
        client=replace(plan.client, certificate="client-p256"),
        server=replace(plan.server, client_auth=("require",)),
    )
    server = raw | {"peer-key": f"{PKI}/client-p256.pem"}
    facts: Facts = {"raw_public_key": True, "client_authenticated": True}
    yield with_settings(plan, "raw-keys/both", trust, server, **facts)
    raw = {"enable-client-rpk": ""}
    server = raw | {"peer-key": f"{PKI}/client-p256.pem"}
    facts = {"raw_public_key": False, "client_authenticated": True}
    yield with_settings(plan, "raw-keys/client-key-alone", raw, server, **facts)
    trust = {"enable-server-rpk": "", "peer-key": f"{PKI}/p256.pem"}
    facts = {"raw_public_key": True, "client_authenticated": True}
    yield with_settings(
        plan, "raw-keys/server-key-alone", trust, {"enable-server-rpk": ""}, **facts
    )


def compression_plans(version: str) -> Iterator[Plan]:
    """RFC 8879"""
    if version < "1.3":
        return
    plan = point_plan(simplest(version))
    for method in ("zlib", "brotli", "zstd"):
        ends = {"cert-comp": method}, {"cert-comp": method}
        yield with_settings(plan, f"compressed/{method}", *ends, certificate_compressed=True)
    several = {"cert-comp": "brotli,zlib"}, {"cert-comp": "zlib,zstd"}
    yield with_settings(plan, "compressed/second", *several, certificate_compressed=True)
    one, apart = {"cert-comp": "zlib"}, {"cert-comp": "brotli"}
    shown = {"certificate": "client-p256", **one}, {"client_auth": ("require",), **one}
    facts: Facts = {"certificate_compressed": True, "client_authenticated": True}
    yield with_settings(plan, "compressed/client", *shown, **facts)
    plain: Facts = {"certificate_compressed": False}
    yield with_settings(plan, "compressed/client-alone", one, {}, **plain)
    yield with_settings(plan, "compressed/server-alone", {}, one, **plain)
    yield with_settings(plan, "compressed/none-in-common", one, apart, **plain)
