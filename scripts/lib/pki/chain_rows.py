"""The chains of corpora/pki/chains: what an end sends, and what must become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scripts.lib.pki import der
from scripts.lib.pki.chain_parts import (
    ANY_USAGE,
    BASIC,
    CERT_SIGN,
    CLIENT_AUTH,
    CODE_SIGNING,
    CRL_SIGN,
    DIGITAL_SIGNATURE,
    EKU,
    KEY_AGREEMENT,
    KEY_USAGE,
    NAME_CONSTRAINTS,
    SAN,
    SERVER_AUTH,
    TLS_FEATURE,
    UNKNOWN,
    Cert,
    Extension,
    authority_of,
    constraints,
    dns,
    network,
    purposes,
    tree,
    usage,
)

NOW = "20250617120000Z"
NOW_S = 1750161600
JUST_OVER, JUST_AHEAD = "20250617115959Z", "20250617120001Z"
NAME = "server.chains.test"

CA_EXTENSIONS = (authority_of(True), usage(CERT_SIGN, CRL_SIGN))
LEAF_EXTENSIONS = (
    authority_of(False),
    usage(DIGITAL_SIGNATURE),
    purposes(SERVER_AUTH, CLIENT_AUTH),
    (SAN, False, dns(NAME)),
)


def ca(subject: str, issuer: str, key: str, signer: str, **more: object) -> Cert:
    made = Cert(subject, key, issuer, signer, extensions=CA_EXTENSIONS)
    return replace(made, **more)  # type: ignore[arg-type]


ROOT_CA = ca("Root", "Root", "p256-root", "p256-root")
INTERMEDIATE = ca("Intermediate", "Root", "p256-intermediate", "p256-root")
LEAF = Cert("Leaf", "p256-leaf", extensions=LEAF_EXTENSIONS)
STRANGE_ROOT = ca("Strange Root", "Strange Root", "p256-strange", "p256-strange")


def without(extensions: Sequence[Extension], *kinds: str) -> tuple[Extension, ...]:
    return tuple(row for row in extensions if row[0] not in kinds)


def leaf(*changed: Extension, drop: Sequence[str] = (), **more: object) -> Cert:
    """The good leaf, with extensions replaced (by their OID) or left out."""
    kept = without(LEAF_EXTENSIONS, *drop, *(row[0] for row in changed))
    return replace(LEAF, extensions=(*kept, *changed), **more)  # type: ignore[arg-type]


def middle(*changed: Extension, drop: Sequence[str] = (), **more: object) -> Cert:
    """Likewise the intermediate authority."""
    kept = without(CA_EXTENSIONS, *drop, *(row[0] for row in changed))
    return replace(INTERMEDIATE, extensions=(*kept, *changed), **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Row:
    """One chain. `anchors`: what it is verified against, if not the one root."""

    name: str
    verdict: str  # "OK", or a row of errors.def
    clause: str
    about: str
    chain: tuple[Cert, ...]
    anchors: tuple[Cert, ...] = ()
    whose: str = "BOTH"  # of a SERVER, of a CLIENT
    reference: str = NAME  # that the client verifies
    time: int = NOW_S
    level: int = 1
    strict: bool = False


def row(name: str, verdict: str, clause: str, about: str, *chain: Cert, **more: object) -> Row:
    return Row(name, verdict, clause, about, chain, **more)  # type: ignore[arg-type]


def depth(count: int) -> tuple[Cert, ...]:
    """A leaf under so many authorities, the last of which the root has issued."""
    names = ["Root", *(f"Authority {i}" for i in range(count))]
    keys = ["p256-root", *(f"p256-depth{i}" for i in range(count))]
    made = [ca(names[i + 1], names[i], keys[i + 1], keys[i]) for i in range(count)]
    return (replace(LEAF, issuer=names[-1], signer=keys[-1]), *reversed(made))


def stranger(number: int) -> Cert:
    return ca(f"Stranger {number}", "Nobody", f"p256-depth{number}", "p256-strange")


def at_limits(name: str, verdict: str, clause: str, about: str, *chain: Cert) -> Row:
    """A chain whose leaf the client alone looks at: names are of servers."""
    return row(name, verdict, clause, about, *chain, whose="SERVER")


def named(name: str, verdict: str, about: str, san: bytes, **more: object) -> Row:
    """A server's leaf with this subjectAltName."""
    made = leaf((SAN, False, san))
    clause = "RFC 9525 §6"
    return row(name, verdict, clause, about, made, INTERMEDIATE, whose="SERVER", **more)


def limited(
    name: str,
    verdict: str,
    about: str,
    names: bytes,
    permitted: Sequence[bytes] = (),
    excluded: Sequence[bytes] = (),
    **more: object,
) -> Row:
    """A leaf with these names under an intermediate with name constraints."""
    chain = (leaf((SAN, False, names)), middle(constraints(permitted, excluded)))
    return row(name, verdict, "RFC 5280 §4.2.1.10", about, *chain, whose="SERVER", **more)


GARBAGE = b"\x30\x05\x01"
RSA_ROOT = ca("RSA Root", "RSA Root", "rsa1024-root", "rsa1024-root", algorithm="rsa-sha256")
OF_RSA_ROOT = replace(LEAF, issuer="RSA Root", signer="rsa1024-root", algorithm="rsa-sha256")
RSA_MIDDLE = replace(INTERMEDIATE, key="rsa2048-intermediate")
OF_RSA_MIDDLE = replace(LEAF, signer="rsa2048-intermediate", algorithm="rsa-sha256")
CROSS = replace(INTERMEDIATE, issuer="Strange Root", signer="p256-strange")
TWIN = ca("Intermediate", "Root", "p256-twin", "p256-root")
V1_ROOT = replace(ROOT_CA, version=1, extensions=())

# A table: as few lines as the rows need.
# fmt: off
PATHS = (
    row("good", "OK", "RFC 5280 §6.1", "a leaf and its intermediate", LEAF, INTERMEDIATE),
    row("with-root", "OK", "RFC 8446 §4.4.2", "the root is sent too", LEAF, INTERMEDIATE, ROOT_CA),
    row("by-root", "OK", "RFC 5280 §6.1", "the root has issued the leaf",
        replace(LEAF, issuer="Root", signer="p256-root")),
    row("two-intermediates", "OK", "RFC 5280 §6.1", "two authorities in their order", *depth(2)),
    row("ten-intermediates", "OK", "RFC 5280 §6.1", "ten authorities in their order", *depth(10)),
    row("swapped", "OK", "RFC 8446 §4.4.2", "two authorities in the wrong order", depth(2)[0],
        depth(2)[2], depth(2)[1]),
    row("scrambled", "OK", "RFC 8446 §4.4.2", "five authorities in the wrong order", depth(5)[0],
        *(depth(5)[i] for i in (3, 1, 5, 2, 4))),
    row("no-intermediate", "UNKNOWN_ISSUER", "RFC 5280 §6.1", "the leaf alone", LEAF),
    row("upper-missing", "UNKNOWN_ISSUER", "RFC 5280 §6.1", "the upper of two authorities lacks",
        *depth(2)[:2]),
    row("strange-root", "UNKNOWN_ISSUER", "RFC 5280 §6.1", "a whole chain to another root", LEAF,
        CROSS, STRANGE_ROOT),
    row("strange-anchor", "UNKNOWN_ISSUER", "RFC 5280 §6.1", "verified against another root", LEAF,
        INTERMEDIATE, anchors=(STRANGE_ROOT,)),
    row("two-anchors", "OK", "RFC 5280 §6.1", "the second of two anchors fits", LEAF, INTERMEDIATE,
        anchors=(STRANGE_ROOT, ROOT_CA)),
    row("intermediate-is-anchor", "OK", "RFC 5280 §6.1", "the intermediate is trusted itself", LEAF,
        anchors=(INTERMEDIATE,)),
    row("leaf-is-anchor", "OK", "RFC 5280 §6.1", "the leaf is trusted itself", LEAF,
        anchors=(LEAF,)),
    row("self-signed", "SELF_SIGNED", "RFC 5280 §6.1", "a leaf that signed itself",
        replace(LEAF, issuer="Leaf", signer="p256-leaf")),
    row("self-signed-anchor", "OK", "RFC 5280 §6.1", "a leaf that signed itself, and is trusted",
        replace(LEAF, issuer="Leaf", signer="p256-leaf"),
        anchors=(replace(LEAF, issuer="Leaf", signer="p256-leaf"),)),
    row("broken-leaf-signature", "CERTIFICATE_SIGNATURE", "RFC 5280 §6.1.3",
        "a bit of the leaf's signature is wrong", replace(LEAF, flip=True), INTERMEDIATE),
    row("broken-intermediate-signature", "CERTIFICATE_SIGNATURE", "RFC 5280 §6.1.3",
        "a bit of the intermediate's signature is wrong", LEAF, replace(INTERMEDIATE, flip=True)),
    row("root-of-that-name", "CERTIFICATE_SIGNATURE", "RFC 5280 §6.1.3",
        "an anchor has the issuer's name and another key", LEAF,
        replace(INTERMEDIATE, key_identifiers=False),
        anchors=(ca("Root", "Root", "p256-strange", "p256-strange", key_identifiers=False),)),
)
EXTRAS = (
    row("extra-stranger", "OK", "RFC 8446 §4.4.2", "an authority of nobody's before the right one",
        LEAF, stranger(0), INTERMEDIATE),
    row("extra-strangers", "OK", "RFC 8446 §4.4.2", "nine of them", LEAF, *map(stranger, range(9)),
        INTERMEDIATE),
    row("extra-leaf", "OK", "RFC 8446 §4.4.2", "the leaf twice", LEAF, LEAF, INTERMEDIATE),
    row("extra-intermediate", "OK", "RFC 8446 §4.4.2", "the intermediate twice", LEAF, INTERMEDIATE,
        INTERMEDIATE),
    row("cross-first", "OK", "RFC 8446 §4.4.2", "a cross-certificate of another root first", LEAF,
        CROSS, INTERMEDIATE),
    row("cross-last", "OK", "RFC 8446 §4.4.2", "a cross-certificate of another root last", LEAF,
        INTERMEDIATE, CROSS),
    row("cross-with-its-root", "OK", "RFC 8446 §4.4.2", "and that root itself", LEAF, CROSS,
        STRANGE_ROOT, INTERMEDIATE),
    row("expired-first", "OK", "RFC 8446 §4.4.2", "the intermediate's old certificate first", LEAF,
        replace(INTERMEDIATE, end="20240101000000Z", serial=2), INTERMEDIATE),
    row("broken-first", "OK", "RFC 8446 §4.4.2", "an intermediate with a broken signature first",
        LEAF, replace(INTERMEDIATE, flip=True), INTERMEDIATE),
    row("not-an-authority-first", "OK", "RFC 8446 §4.4.2",
        "a certificate of the intermediate that makes it no authority first", LEAF,
        middle(authority_of(False)), INTERMEDIATE),
    row("twin-first", "OK", "RFC 8446 §4.4.2", "another key of the same name first", LEAF,
        replace(TWIN, key_identifiers=False), INTERMEDIATE),
    row("crosses-in-a-circle", "UNKNOWN_ISSUER", "RFC 5280 §6.1",
        "two authorities that certify each other",
        replace(LEAF, issuer="Circle A", signer="p256-depth0"),
        ca("Circle A", "Circle B", "p256-depth0", "p256-depth1"),
        ca("Circle B", "Circle A", "p256-depth1", "p256-depth0")),
    row("eight-bad-paths", "UNKNOWN_ISSUER", "",
        "the right certificate behind more wrong ones than are tried", LEAF,
        *(replace(CROSS, serial=number) for number in range(2, 11)), INTERMEDIATE),
)
FORMS = (
    row("version-1", "CERTIFICATE_VERSION", "RFC 8446 §4.4.2.2", "a leaf of X.509 version 1",
        replace(LEAF, version=1, extensions=()), INTERMEDIATE),
    row("version-1-with-extensions", "CERTIFICATE_VERSION", "RFC 8446 §4.4.2.2",
        "version 1 with the extensions of version 3", replace(LEAF, version=1), INTERMEDIATE),
    row("version-2", "CERTIFICATE_VERSION", "RFC 8446 §4.4.2.2", "a leaf of X.509 version 2",
        replace(LEAF, version=2, extensions=()), INTERMEDIATE),
    row("intermediate-version-1", "ISSUER_NOT_CA", "RFC 5280 §6.1.4",
        "an intermediate of X.509 version 1", LEAF,
        replace(INTERMEDIATE, version=1, extensions=())),
    row("root-version-1", "OK", "RFC 5280 §6.1.1",
        "a root of X.509 version 1: an anchor is a name and a key",
        replace(LEAF, issuer="Root", signer="p256-root"), anchors=(V1_ROOT,)),
    *(
        row(
            f"malformed-{what}",
            "CERTIFICATE_PARSE",
            "RFC 5280 §4.2",
            f"{what} cannot be parsed",
            leaf((kind, False, GARBAGE)),
            INTERMEDIATE,
        )
        for what, kind in (
            ("subject-alt-name", SAN),
            ("basic-constraints", BASIC),
            ("key-usage", KEY_USAGE),
            ("extended-key-usage", EKU),
            ("name-constraints", NAME_CONSTRAINTS),
        )
    ),
    row("malformed-in-intermediate", "UNKNOWN_ISSUER", "RFC 5280 §4.2",
        "an intermediate's keyUsage cannot be parsed", LEAF, middle((KEY_USAGE, True, GARBAGE))),
    row("twice-subject-alt-name", "CERTIFICATE_PARSE", "RFC 5280 §4.2", "subjectAltName twice",
        leaf((SAN, False, dns(NAME)), (SAN, False, dns("other.chains.test"))), INTERMEDIATE),
    row("twice-unknown", "CERTIFICATE_PARSE", "RFC 5280 §4.2", "an extension nobody knows twice",
        leaf((UNKNOWN, False, der.null()), (UNKNOWN, False, der.null())), INTERMEDIATE),
    row("twice-in-intermediate", "CERTIFICATE_PARSE", "RFC 5280 §4.2",
        "an extension nobody knows twice in the intermediate", LEAF,
        middle((UNKNOWN, False, der.null()), (UNKNOWN, False, der.null()))),
    row("unknown-extension", "OK", "RFC 5280 §4.2", "an extension nobody knows",
        leaf((UNKNOWN, False, der.null())), INTERMEDIATE),
    row("unknown-critical", "CERTIFICATE_INVALID", "RFC 5280 §4.2", "likewise, critical",
        leaf((UNKNOWN, True, der.null())), INTERMEDIATE),
    row("unknown-critical-in-intermediate", "CERTIFICATE_INVALID", "RFC 5280 §4.2",
        "likewise, in the intermediate", LEAF, middle((UNKNOWN, True, der.null()))),
    row("two-algorithms", "CERTIFICATE_SIGNATURE", "RFC 5280 §4.1.1.2",
        "signature and signatureAlgorithm differ", replace(LEAF, inner_algorithm="ecdsa-sha384"),
        INTERMEDIATE),
    row("must-staple", "OK", "RFC 7633 §4.2.3", "a certificate that demands an OCSP response, of a "
        "client that asked for none",
        leaf((TLS_FEATURE, False, der.sequence(der.integer(5)))), INTERMEDIATE),
    row("no-subject", "OK", "RFC 5280 §4.1.2.6", "no subject, subjectAltName critical",
        leaf((SAN, True, dns(NAME)), subject=None), INTERMEDIATE),
)
TIMES = (
    row("ends-now", "OK", "RFC 5280 §4.1.2.5", "notAfter is this second", replace(LEAF, end=NOW),
        INTERMEDIATE),
    row("just-over", "CERTIFICATE_EXPIRED", "RFC 5280 §6.1.3", "notAfter was a second ago",
        replace(LEAF, end=JUST_OVER), INTERMEDIATE),
    row("begins-now", "OK", "RFC 5280 §4.1.2.5", "notBefore is this second",
        replace(LEAF, begin=NOW), INTERMEDIATE),
    row("just-ahead", "CERTIFICATE_NOT_YET_VALID", "RFC 5280 §6.1.3", "notBefore is in a second",
        replace(LEAF, begin=JUST_AHEAD), INTERMEDIATE),
    row("intermediate-ends-now", "OK", "RFC 5280 §4.1.2.5", "the intermediate's notAfter is now",
        LEAF, replace(INTERMEDIATE, end=NOW)),
    row("intermediate-over", "CERTIFICATE_EXPIRED", "RFC 5280 §6.1.3",
        "the intermediate's notAfter was a second ago", LEAF, replace(INTERMEDIATE, end=JUST_OVER)),
    row("intermediate-ahead", "CERTIFICATE_NOT_YET_VALID", "RFC 5280 §6.1.3",
        "the intermediate's notBefore is in a second", LEAF,
        replace(INTERMEDIATE, begin=JUST_AHEAD)),
    row("root-over", "CERTIFICATE_EXPIRED", "RFC 5280 §6.1.3", "the root has expired", LEAF,
        INTERMEDIATE, anchors=(replace(ROOT_CA, end=JUST_OVER),)),
    row("no-end", "OK", "RFC 5280 §4.1.2.5", "notAfter is 99991231235959Z, which means none",
        replace(LEAF, end="99991231235959Z"), INTERMEDIATE),
    row("time-without-seconds", "CERTIFICATE_PARSE", "RFC 5280 §4.1.2.5.1",
        "a UTCTime without seconds", replace(LEAF, end="3001010000Z"), INTERMEDIATE),
    row("time-with-zone", "CERTIFICATE_PARSE", "RFC 5280 §4.1.2.5.1", "a UTCTime with a zone",
        replace(LEAF, end="300101000000+0100"), INTERMEDIATE),
)
AUTHORITIES = (
    row("no-basic-constraints", "ISSUER_NOT_CA", "RFC 5280 §6.1.4",
        "the intermediate has no basicConstraints", LEAF, middle(drop=(BASIC,))),
    row("not-an-authority", "ISSUER_NOT_CA", "RFC 5280 §6.1.4", "the intermediate is no authority",
        LEAF, middle(authority_of(False))),
    row("leaf-as-issuer", "ISSUER_NOT_CA", "RFC 5280 §6.1.4", "a leaf has issued the leaf",
        replace(LEAF, issuer="Other Leaf", signer="p256-twin"),
        replace(LEAF, subject="Other Leaf", key="p256-twin"), INTERMEDIATE),
    row("path-too-long", "ISSUER_NOT_CA", "RFC 5280 §6.1.4", "a pathLenConstraint of 0 above two",
        replace(LEAF, issuer="Lower", signer="p256-depth0"),
        ca("Lower", "Intermediate", "p256-depth0", "p256-intermediate"),
        middle(authority_of(True, 0))),
    row("path-long-enough", "OK", "RFC 5280 §6.1.4", "a pathLenConstraint of 0 above the leaf",
        LEAF, middle(authority_of(True, 0))),
    row("path-self-issued", "OK", "RFC 5280 §6.1.4", "self-issued certificates do not count",
        replace(LEAF, signer="p256-twin"),
        ca("Intermediate", "Intermediate", "p256-twin", "p256-intermediate"),
        middle(authority_of(True, 0))),
    row("no-cert-sign", "ISSUER_NOT_CA", "RFC 5280 §6.1.4",
        "the intermediate may not sign certificates", LEAF, middle(usage(DIGITAL_SIGNATURE))),
    row("no-usage-of-intermediate", "OK", "RFC 5280 §4.2.1.3", "the intermediate has no keyUsage",
        LEAF, middle(drop=(KEY_USAGE,))),
    row("constraints-not-critical", "OK", "RFC 5280 §4.2.1.9",
        "the intermediate's basicConstraints are not critical", LEAF,
        middle(authority_of(True, critical=False))),
    row("strict-constraints-not-critical", "CERTIFICATE_PROFILE", "RFC 5280 §4.2.1.9",
        "likewise, and the profile is demanded", LEAF, middle(authority_of(True, critical=False)),
        strict=True),
    row("strict-good", "OK", "RFC 5280 §4", "a chain that keeps to the profile", LEAF, INTERMEDIATE,
        strict=True),
    row("no-key-identifiers", "OK", "RFC 5280 §4.2.1.1", "a leaf without key identifiers",
        replace(LEAF, key_identifiers=False), INTERMEDIATE),
    row("strict-no-key-identifiers", "CERTIFICATE_PROFILE", "RFC 5280 §4.2.1.1",
        "likewise, and the profile is demanded", replace(LEAF, key_identifiers=False), INTERMEDIATE,
        strict=True),
    row("strict-no-usage-of-intermediate", "CERTIFICATE_PROFILE", "RFC 5280 §4.2.1.3",
        "the intermediate has no keyUsage, and the profile is demanded", LEAF,
        middle(drop=(KEY_USAGE,)), strict=True),
)
USAGES = (
    row("no-key-usage", "OK", "RFC 8446 §4.4.2.2", "a leaf without keyUsage",
        leaf(drop=(KEY_USAGE,)), INTERMEDIATE),
    row("cert-sign-alone", "KEY_USAGE", "RFC 8446 §4.4.2.2", "a leaf with keyCertSign alone",
        leaf(usage(CERT_SIGN)), INTERMEDIATE),
    row("key-agreement-alone", "KEY_USAGE", "RFC 8446 §4.4.2.2", "a leaf with keyAgreement alone",
        leaf(usage(KEY_AGREEMENT)), INTERMEDIATE),
    row("no-extended-usage", "OK", "RFC 5280 §4.2.1.12", "a leaf without extendedKeyUsage",
        leaf(drop=(EKU,)), INTERMEDIATE),
    row("code-signing", "EXTENDED_KEY_USAGE", "RFC 5280 §4.2.1.12", "a leaf for code alone",
        leaf(purposes(CODE_SIGNING)), INTERMEDIATE),
    row("any-usage", "EXTENDED_KEY_USAGE", "RFC 5280 §4.2.1.12",
        "a leaf with anyExtendedKeyUsage alone, which may be refused", leaf(purposes(ANY_USAGE)),
        INTERMEDIATE),
    row("server-for-server", "OK", "RFC 5280 §4.2.1.12", "a server's leaf with serverAuth alone",
        leaf(purposes(SERVER_AUTH)), INTERMEDIATE, whose="SERVER"),
    row("server-for-client", "EXTENDED_KEY_USAGE", "RFC 5280 §4.2.1.12",
        "a client's leaf with serverAuth alone", leaf(purposes(SERVER_AUTH)), INTERMEDIATE,
        whose="CLIENT"),
    row("client-for-client", "OK", "RFC 5280 §4.2.1.12", "a client's leaf with clientAuth alone",
        leaf(purposes(CLIENT_AUTH)), INTERMEDIATE, whose="CLIENT"),
    row("client-for-server", "EXTENDED_KEY_USAGE", "RFC 5280 §4.2.1.12",
        "a server's leaf with clientAuth alone", leaf(purposes(CLIENT_AUTH)), INTERMEDIATE,
        whose="SERVER"),
    row("intermediate-for-code", "EXTENDED_KEY_USAGE", "RFC 5280 §4.2.1.12",
        "an intermediate for code alone", LEAF, middle(purposes(CODE_SIGNING))),
)
NAMES = (
    named("name-exact", "OK", "the name itself", dns(NAME)),
    named("name-second", "OK", "the name behind another", dns("a.test", NAME)),
    named("name-case", "OK", "the name in capitals", dns(NAME.upper())),
    named("name-other", "NAME_MISMATCH", "another name", dns("other.chains.test")),
    named("name-of-parent", "NAME_MISMATCH", "the name of the parent", dns("chains.test")),
    named("name-dot", "NAME_MISMATCH", "the name with a dot behind it", dns(NAME + ".")),
    named("name-null", "NAME_MISMATCH", "the name, a NUL and more", dns(NAME + "\0.evil.test")),
    named("name-in-subject", "NAME_MISMATCH", "the name in the subject alone",
        der.sequence(der.implicit(1, b"mail@chains.test"))),
    named("name-as-uri", "NAME_MISMATCH", "the name in a URI",
        der.sequence(der.implicit(6, b"https://" + NAME.encode()))),
    named("wildcard", "OK", "a wildcard for the first label", dns("*.chains.test")),
    named("wildcard-two-labels", "NAME_MISMATCH", "a wildcard for two labels", dns("*.chains.test"),
        reference="a.b.chains.test"),
    named("wildcard-none", "NAME_MISMATCH", "a wildcard for no label", dns("*.chains.test"),
        reference="chains.test"),
    named("wildcard-partial", "NAME_MISMATCH", "a wildcard for a part of a label",
        dns("se*.chains.test")),
    named("wildcard-inside", "NAME_MISMATCH", "a wildcard for the second label",
        dns("server.*.test")),
    named("wildcard-alone", "NAME_MISMATCH", "a wildcard for all", dns("*"), reference="localhost"),
    named("wildcard-top", "NAME_MISMATCH", "a wildcard for all of a top domain", dns("*.test"),
        reference="chains.test"),
    named("address", "OK", "an address", der.sequence(der.implicit(7, b"\x7f\0\0\1")),
        reference="127.0.0.1"),
    named("address-other", "NAME_MISMATCH", "another address",
        der.sequence(der.implicit(7, b"\x7f\0\0\2")), reference="127.0.0.1"),
    named("address-as-name", "NAME_MISMATCH", "an address in the form of a name", dns("127.0.0.1"),
        reference="127.0.0.1"),
    named("address-6", "OK", "an address of IPv6", der.sequence(der.implicit(7, bytes(15) + b"\1")),
        reference="::1"),
)
CONSTRAINTS = (
    limited("permitted", "OK", "the name lies in a permitted subtree", dns(NAME),
        permitted=[tree("chains.test")]),
    limited("permitted-not", "NAME_CONSTRAINTS", "the name lies in no permitted subtree", dns(NAME),
        permitted=[tree("other.test")]),
    limited("permitted-one-of-two", "NAME_CONSTRAINTS", "one of two names lies outside",
        dns(NAME, "other.test"), permitted=[tree("chains.test")]),
    limited("excluded-name", "NAME_CONSTRAINTS", "the name is excluded itself", dns(NAME),
        excluded=[tree(NAME)]),
    limited("excluded-tree", "NAME_CONSTRAINTS", "the name lies in an excluded subtree", dns(NAME),
        excluded=[tree("chains.test")]),
    limited("excluded-other", "OK", "another subtree is excluded", dns(NAME),
        excluded=[tree("other.test")]),
    limited("excluded-by-wildcard", "NAME_CONSTRAINTS", "a wildcard reaches an excluded name",
        dns("*.chains.test"), excluded=[tree("a.chains.test")]),
    limited("excluded-by-wildcard-in-capitals", "NAME_CONSTRAINTS", "likewise, in capitals",
        dns("*.CHAINS.test"), excluded=[tree("a.chains.TEST")]),
    limited("excluded-below-wildcard", "OK", "a wildcard does not reach two labels down",
        dns("*.chains.test"), excluded=[tree("a.b.chains.test")]),
    limited("excluded-beside-wildcard", "OK", "a wildcard of another domain", dns("*.chains.test"),
        excluded=[tree("a.other.test")]),
    limited("excluded-like-wildcard", "OK", "a name that only ends like the wildcard's",
        dns("*.chains.test"), excluded=[tree("a.xchains.test")]),
    limited("excluded-top", "NAME_CONSTRAINTS", "a whole top domain, in which the wildcard lies",
        dns("*.chains.test"), excluded=[tree("test")]),
    limited("excluded-other-top", "OK", "another top domain", dns("*.chains.test"),
        excluded=[tree("example")]),
    limited("permitted-network", "OK", "an address in a permitted network",
        der.sequence(der.implicit(7, b"\x7f\0\0\1")), reference="127.0.0.1",
        permitted=[network(b"\x7f\0\0\0", b"\xff\0\0\0")]),
    limited("permitted-network-not", "NAME_CONSTRAINTS", "an address in no permitted network",
        der.sequence(der.implicit(7, b"\x7f\0\0\1")), reference="127.0.0.1",
        permitted=[network(b"\x0a\0\0\0", b"\xff\0\0\0")]),
    row("excluded-by-root", "NAME_CONSTRAINTS", "RFC 5280 §4.2.1.10",
        "the anchor excludes the name", LEAF, INTERMEDIATE, whose="SERVER",
        anchors=(replace(ROOT_CA, extensions=(*CA_EXTENSIONS, constraints([], [tree(NAME)]))),)),
)
STRENGTHS = (
    row("rsa1024-anchor", "OK", "", "an RSA anchor of 1,024 bits, at level 1", OF_RSA_ROOT,
        anchors=(RSA_ROOT,)),
    row("rsa1024-anchor-at-2", "WEAK_CERTIFICATE", "", "likewise, at level 2", OF_RSA_ROOT,
        anchors=(RSA_ROOT,), level=2),
    row("rsa1024-leaf", "OK", "", "an RSA leaf of 1,024 bits, at level 1",
        replace(LEAF, key="rsa1024-leaf"), INTERMEDIATE),
    row("rsa1024-leaf-at-2", "WEAK_CERTIFICATE", "", "likewise, at level 2",
        replace(LEAF, key="rsa1024-leaf"), INTERMEDIATE, level=2),
    row("p256-at-3", "OK", "", "keys on P-256, at level 3", LEAF, INTERMEDIATE, level=3),
    row("p256-at-4", "WEAK_CERTIFICATE", "", "keys on P-256, at level 4", LEAF, INTERMEDIATE,
        level=4),
    row("rsa512-intermediate", "WEAK_CERTIFICATE", "", "an RSA intermediate of 512 bits",
        replace(OF_RSA_MIDDLE, signer="rsa512-intermediate"),
        replace(INTERMEDIATE, key="rsa512-intermediate")),
    row("sha1", "WEAK_CERTIFICATE", "RFC 8446 §4.4.2.4", "a leaf signed over SHA-1",
        replace(LEAF, algorithm="ecdsa-sha1"), INTERMEDIATE),
    row("sha1-at-0", "OK", "", "likewise, at level 0", replace(LEAF, algorithm="ecdsa-sha1"),
        INTERMEDIATE, level=0),
    row("sha1-root", "OK", "RFC 8446 §4.4.2.4", "a root signed over SHA-1: nobody checks that",
        LEAF, INTERMEDIATE, anchors=(replace(ROOT_CA, algorithm="ecdsa-sha1"),)),
    row("md5", "WEAK_CERTIFICATE", "RFC 8446 §4.4.2.4", "a leaf signed over MD5",
        replace(OF_RSA_MIDDLE, algorithm="rsa-md5"), RSA_MIDDLE),
)
# fmt: on
ROWS = (*PATHS, *EXTRAS, *FORMS, *TIMES, *AUTHORITIES, *USAGES, *NAMES, *CONSTRAINTS, *STRENGTHS)
