"""Variants of the hellos: extended_master_secret or encrypt_then_mac left out, fallback, cookies,
padding, several key shares, Encrypted ClientHello."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from interop import axes, rules
from interop.plan import (
    Facts,
    Plan,
    Settings,
    over_sockets_too,
    point_plan,
    resumed,
    simplest,
    with_settings,
)
from interop.plans.limits import DATA

FALLBACK: Settings = {"fallback-scsv": ""}
COOKIE: Settings = {"cookie": ""}
# Of `shakedown ech-key localhost --seed 1`.
ECH_CONFIG = (
    "0040fe0d003c000020002040e913b735c3f408e7c85ca9bfbb5af8196911ea249fe96d4e96abafcbaa1d"
    "380008000100010001000300096c6f63616c686f73740000"
)
ECH_KEY = "c15c0289ec2d0a9167ec8e65a18debbe5e5532fbeea293f80bc942ee9086c171" + ECH_CONFIG


def encrypt_then_mac_plans(version: str) -> Iterator[Plan]:
    """Every CBC cipher and MAC with encrypt_then_mac (RFC 7366), and with either end without."""
    if version > "1.2":
        return
    seen: set[tuple[str, str]] = set()
    keys = (*axes.KEYS, axes.NO_KEY)
    for suite in axes.suites():
        points = rules.points(version, [suite], axes.groups(), keys)
        point = next(points, None) if "_CBC" in suite.cipher else None
        if point is None or (suite.cipher, suite.mac) in seen:
            continue
        seen.add((suite.cipher, suite.mac))
        plan, off = point_plan(point), {"no-etm": ""}
        over_sockets = version == "1.2" and suite.name == axes.CORE_SUITES[0]
        better = with_settings(plan, f"encrypt-then-mac/{suite.name}", encrypt_then_mac=True)
        yield replace(better, socket=over_sockets)
        for case, client, server in (("client", off, {}), ("server", {}, off)):
            name = f"mac-then-encrypt/{case}/{suite.name}"
            plain = with_settings(plan, name, client, server, encrypt_then_mac=False)
            yield replace(plain, socket=over_sockets)


def extended_master_secret_plans(version: str) -> Iterator[Plan]:
    """One end without extended_master_secret (RFC 7627), in full and resumed."""
    if version > "1.2":
        return
    plan, off = point_plan(simplest(version)), {"no-ems": ""}
    with_it = with_settings(plan, "extended-master-secret", extended_master_secret=True)
    yield replace(with_it, socket=version == "1.2")
    for case, client, server in (("client", off, {}), ("server", {}, off)):
        name = f"no-extended-master-secret/{case}"
        yield with_settings(plan, name, client, server, extended_master_secret=False)
        without = with_settings(plan, "", client, server, extended_master_secret=False)
        yield resumed(without, f"{name}/tickets")
        by_id = with_settings(without, "", {}, {"session_store": ("ids",)})
        yield resumed(by_id, f"{name}/ids")


def fallback_plans(version: str) -> Iterator[Plan]:
    """TLS_FALLBACK_SCSV (RFC 7507), where the server has no better version; where it has one it
    refuses (refusals.py)."""
    plan = point_plan(simplest(version))
    fallback = with_settings(plan, "fallback/none-better", FALLBACK, {}, fallback_scsv=True)
    yield replace(fallback, socket=version >= "1.2")


def cookie_plans(version: str) -> Iterator[Plan]:
    """HelloRetryRequest with a cookie (RFC 8446 §4.2.2), alone and with another group."""
    if version < "1.3":
        return
    plan = with_settings(point_plan(simplest(version)), "", offers="cookie")
    yield with_settings(plan, "cookie/alone", {}, COOKIE, retried=True)
    groups = {"groups": ("secp256r1", "secp384r1")}, {"groups": ("secp384r1",)}
    other = with_settings(plan, "", *groups, group="secp384r1", retried=True)
    yield with_settings(other, "cookie/other-group", {"key-shares": "1"}, COOKIE)
    yield with_settings(plan, "cookie/byte-by-byte", {}, COOKIE, "--chunk", "1", retried=True)
    with_cookie = with_settings(plan, "", {}, COOKIE, retried=True)
    yield resumed(with_cookie, "cookie/resumed")


def key_share_plans(version: str) -> Iterator[Plan]:
    """Shares for several groups, of which the server wants a later one (RFC 8446 §4.2.8)."""
    if version < "1.3":
        return
    groups = ("x25519", "secp256r1", "ffdhe2048")  # GnuTLS shares one of each kind
    for count in (2, 3):
        chosen = groups[count - 1]
        ends = {"groups": groups, "key-shares": str(count)}, {"groups": (chosen,)}
        plan = point_plan(simplest(version))
        facts: Facts = {"group": chosen, "retried": False, "key_shares": count}
        yield with_settings(plan, f"key-shares/{count}", *ends, **facts)


def middlebox_plans(version: str) -> Iterator[Plan]:
    """With middlebox compatibility, and without (RFC 8446 §D.4)."""
    if version < "1.3":
        return
    plan, off = point_plan(simplest(version)), {"no-middlebox": ""}
    yield with_settings(plan, "middlebox/simple", session_id=True, change_cipher_spec=True)
    # A server may send a change_cipher_spec all the same.
    plan = replace(
        plan, facts={**plan.facts, "session_id": False, "client.change_cipher_spec": False}
    )
    yield over_sockets_too(with_settings(plan, "no-middlebox/simple", off, {}))
    yield resumed(with_settings(plan, "", off, {}), "no-middlebox/resumed")
    groups = {"groups": ("secp256r1", "secp384r1"), **off}, {"groups": ("secp384r1",)}
    facts: Facts = {"group": "secp384r1", "retried": True}
    yield with_settings(plan, "no-middlebox/retry", *groups, **facts)


def padding_plans(version: str) -> Iterator[Plan]:
    """Padded records (RFC 8446 §5.4), and a padded ClientHello (RFC 7685), up to one that is longer
    than a record."""
    plan = point_plan(simplest(version))
    for size in ("512", "1000", "20000", "65535"):
        padded = with_settings(plan, f"hello-padding/{size}", {"hello-padding": size}, {})
        yield replace(padded, facts={**padded.facts, "hello_length": int(size)})
    if version < "1.3":
        return
    for size in ("2", "100", "4096", "16384"):
        ends = {"record-padding": size}, {"record-padding": size}
        over_sockets = size == "100"
        padded = with_settings(plan, f"record-padding/{size}", *ends, *DATA, padded=True)
        yield replace(padded, socket=over_sockets)
    short = {"record-padding": "1024", "maxfraglen": "512"}, {"record-padding": "1024"}
    case = "record-padding/within-fragment-length"
    yield with_settings(plan, case, *short, *DATA)


def chain_preference_plans(version: str) -> Iterator[Plan]:
    """What a client asks of chains: signature_algorithms_cert (RFC 8446 §4.2.3), and
    certificate_authorities (§4.2.4)."""
    if version < "1.2":
        return
    plan = point_plan(simplest(version))
    listed = {"sigalgs-cert": "ecdsa_secp256r1_sha256,rsa_pkcs1_sha256"}
    names = {"offers": "signature_algorithms_cert"}
    yield with_settings(plan, "chain-schemes/client", listed, {}, **names)
    asking = {"client_auth": ("require",), **listed}
    shown = {"certificate": "client-p256"}
    yield with_settings(plan, "chain-schemes/server", shown, asking, client_authenticated=True)
    if version >= "1.3":
        names = {"offers": "certificate_authorities"}
        yield with_settings(plan, "named-authorities", {"name-authorities": ""}, {}, **names)


def ech_plans(version: str) -> Iterator[Plan]:
    """Encrypted ClientHello (RFC 9849), in full, behind a HelloRetryRequest, and resumed."""
    if version < "1.3":
        return
    plan = point_plan(simplest(version))
    ends: tuple[Settings, Settings] = {"ech-config": ECH_CONFIG}, {"ech-key": ECH_KEY}
    yield with_settings(plan, "hidden/simple", *ends, ech_accepted=True)
    groups: tuple[Settings, Settings] = (
        {"groups": ("secp256r1", "secp384r1"), **ends[0]},
        {"groups": ("secp384r1",), **ends[1]},
    )
    yield with_settings(
        plan, "hidden/retry", *groups, group="secp384r1", retried=True, ech_accepted=True
    )
    yield resumed(with_settings(plan, "", *ends), "hidden/resumed", ech_accepted=True)
