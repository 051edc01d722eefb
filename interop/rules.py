"""Which combinations of the axes the protocol allows. No rule is about an implementation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from interop.axes import NO_KEY, Group, Key, Scheme, Suite


@dataclass(frozen=True)
class Point:
    """One allowed combination; `group` is None where keys are exchanged without one."""

    version: str
    suite: Suite
    group: Group | None
    key: Key


def suite_in_version(suite: Suite, version: str) -> bool:
    """TLS 1.3 has suites of its own, which older versions do not (RFC 8446 §B.4)."""
    return suite.min_version <= version <= suite.max_version


def suite_with_key(suite: Suite, key: Key) -> bool:
    """The suite names the kind of key up to TLS 1.2; Ed25519 goes with ECDSA (RFC 8422 §5.10)."""
    if suite.auth in ("PSK", "ANON"):
        return key == NO_KEY
    if suite.key_exchange in ("RSA", "RSA_PSK"):  # it decrypts, which a key for RSASSA-PSS may not
        return key.key == "RSA"
    return key.auth == suite.auth or (suite.auth == "ANY" and key.auth in ("RSA", "ECDSA"))


def has_group(suite: Suite) -> bool:
    return suite.key_exchange == "ANY" or "DHE" in suite.key_exchange


def suite_with_group(suite: Suite, group: Group | None, version: str) -> bool:
    """Up to TLS 1.2 the suite says whether it is a curve or a finite field (RFC 7919 §3)."""
    if group is None:
        return True
    if not group.min_version <= version <= group.max_version:
        return False
    return suite.key_exchange == "ANY" or suite.key_exchange.startswith("DHE") == (
        group.kind == "FFDHE"
    )


def points(
    version: str, suites: list[Suite], groups: list[Group], keys: tuple[Key, ...]
) -> Iterator[Point]:
    """Version x suites x groups x certificates, as far as allowed."""
    for suite in suites:
        if not suite_in_version(suite, version):
            continue
        for group in groups if has_group(suite) else [None]:
            if not suite_with_group(suite, group, version):
                continue
            for key in keys:
                if suite_with_key(suite, key) and version >= key.min_version:
                    yield Point(version, suite, group, key)


def offered_groups(point: Point) -> list[str]:
    """Groups that both ends list, the one for the key exchange first. Up to TLS 1.2 they also limit
    the certificate's curve (RFC 8422 §5.1.1)."""
    if point.group is None:
        return []
    names = [point.group.name]
    if point.version < "1.3" and point.key.group not in (None, point.group.name):
        names.append(str(point.key.group))
    return names


def scheme_with_key(scheme: Scheme, key: Key, version: str) -> bool:
    """Whether the key can make the signature. Up to TLS 1.2 an ECDSA scheme names a hash only, and
    goes with any curve (RFC 8446 §4.2.3)."""
    if not scheme.min_version <= version <= scheme.max_version:
        return False
    if version < "1.3" and scheme.name.startswith("ecdsa_"):
        return key.group is not None
    return scheme.key == key.key
