"""The axes of the matrix, and which of their combinations the protocol allows."""

from __future__ import annotations

from interop import axes, rules
from scripts.lib.paths import PKI


def test_every_version_of_the_table_is_spoken_or_has_a_reason() -> None:
    names = {version.name for version in axes.table_versions()}
    assert names == set(axes.SPOKEN_VERSIONS) | set(axes.LATER_VERSIONS)
    assert not set(axes.SPOKEN_VERSIONS) & set(axes.LATER_VERSIONS)
    assert all(axes.LATER_VERSIONS.values())


def test_the_tables_are_read_as_the_compiler_reads_them() -> None:
    suite = next(s for s in axes.suites() if s.name == "TLS_RSA_WITH_AES_128_CBC_SHA")
    assert (suite.value, suite.min_version, suite.max_version) == (0x002F, "1.0", "1.2")
    assert (suite.key_exchange, suite.auth, suite.cipher, suite.mac) == (
        "RSA",
        "RSA",
        "AES_128_CBC",
        "SHA1",
    )
    assert axes.alerts()["certificate_expired"] == 45


def test_every_certificate_of_the_axes_has_its_files() -> None:
    for key in (*axes.KEYS, *axes.MORE_KEYS):
        assert (PKI / f"{key.name}.pem").is_file(), key.name
        assert (PKI / f"{key.name}.key").is_file(), key.name


def allowed(version: str) -> set[tuple[str, str | None, str]]:
    found = rules.points(version, axes.suites(), axes.groups(), axes.KEYS)
    return {(p.suite.name, p.group.name if p.group else None, p.key.name) for p in found}


def test_tls_1_3_suites_go_with_every_group_and_key_and_with_tls_1_3_alone() -> None:
    suites = [s.name for s in axes.suites() if s.min_version == "1.3"]
    groups = [group for group in axes.groups() if group.max_version == "1.3"]
    assert len(allowed("1.3")) == len(suites) * len(groups) * len(axes.KEYS)
    assert not {suite for suite, _, _ in allowed("1.2")} & set(suites)


def test_rsa_key_exchange_has_no_group_and_wants_an_rsa_key() -> None:
    found = [point for point in allowed("1.2") if point[0].startswith("TLS_RSA_")]
    assert {(group, key) for _, group, key in found} == {(None, "rsa2048")}


def test_an_ecdsa_suite_takes_ecdsa_and_ed25519_keys() -> None:
    found = [point for point in allowed("1.2") if "_ECDHE_ECDSA_" in point[0]]
    assert {key for _, _, key in found} == {"p256", "p384", "ed25519"}


def test_the_curve_of_the_certificate_is_offered_too_below_tls_1_3() -> None:
    points = {
        (point.version, point.key.name): rules.offered_groups(point)
        for version in ("1.2", "1.3")
        for point in rules.points(version, axes.suites(), axes.groups(), axes.KEYS)
        if point.group and point.group.name == "x25519"
    }
    assert points["1.2", "p384"] == ["x25519", "secp384r1"]
    assert points["1.2", "ed25519"] == ["x25519"]
    assert points["1.3", "p384"] == ["x25519"]


def test_a_scheme_binds_the_curve_in_tls_1_3_only() -> None:
    keys = {key.name: key for key in axes.KEYS}
    scheme = next(s for s in axes.schemes() if s.name == "ecdsa_secp384r1_sha384")
    assert rules.scheme_with_key(scheme, keys["p256"], "1.2")
    assert not rules.scheme_with_key(scheme, keys["p256"], "1.3")
    assert rules.scheme_with_key(scheme, keys["p384"], "1.3")
