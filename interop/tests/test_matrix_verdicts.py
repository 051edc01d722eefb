"""How the verdict of a cell in memory is judged."""

from __future__ import annotations

import pytest

from interop import memory
from interop.cells import Cell
from interop.expected import Expectation, expect, tables
from interop.facts import is_defined
from interop.tests.matrix_support import FACTS, good_verdict, one_cell


def complaints(cell: Cell, verdict: memory.Verdict) -> list[str]:
    return memory.outcome_of(cell, verdict).complaints


def test_a_good_handshake_with_the_wrong_group_is_not_as_expected() -> None:
    cell = one_cell(facts={"version": "1.3", "group": "x25519"})
    assert not complaints(cell, good_verdict(group="x25519"))
    assert complaints(cell, good_verdict(group="secp256r1"))


def test_only_what_is_declared_untold_is_no_difference_and_someone_has_to_tell() -> None:
    cell = one_cell(facts={"group": "x25519"})
    verdict = good_verdict(group="x25519")
    verdict["server"]["group"] = None
    assert complaints(cell, verdict)
    verdict["untold"]["server"]["group"] = "a reason"
    assert not complaints(cell, verdict)
    verdict["untold"]["client"]["group"] = "a reason"
    assert complaints(cell, verdict) == ["no end can tell what group is"]


@pytest.mark.parametrize("fact", sorted(f.name for f in FACTS.values() if f.is_shared))
def test_what_the_driver_did_not_compare_was_not_seen(fact: str) -> None:
    verdict = good_verdict(suite="TLS_AES_128_GCM_SHA256", extended_master_secret=True)
    version = "1.2" if fact == "tls-unique" else "1.3"
    cell = one_cell(version=version, facts={})
    verdict["compared"].remove(fact)
    assert complaints(cell, verdict) == [f"{fact} was not compared"]
    verdict["untold"]["client"][fact] = "a reason"
    assert not complaints(cell, verdict)


def test_bindings_are_asked_for_where_they_are_defined() -> None:
    end = {"suite": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}
    secret = {"extended_master_secret": True}
    unique, certificate, exporter = (
        FACTS[name] for name in ("tls-unique", "tls-server-end-point", "tls-exporter")
    )
    assert is_defined(unique, "1.2", end) and not is_defined(unique, "1.3", end)
    assert is_defined(certificate, "1.2", end)
    assert not is_defined(certificate, "1.2", end | {"raw_public_key": True})
    assert not is_defined(certificate, "1.2", {"suite": "TLS_PSK_WITH_AES_128_CBC_SHA"})
    assert is_defined(exporter, "1.3", end) and is_defined(exporter, "1.2", end | secret)
    assert not is_defined(exporter, "1.2", end)


def test_whether_the_client_is_authenticated_is_for_the_server_to_say() -> None:
    cell = one_cell(facts={"client_authenticated": True})
    verdict = good_verdict(client_authenticated=False)
    assert complaints(cell, verdict)
    verdict["server"]["client_authenticated"] = True
    assert not complaints(cell, verdict)


def test_a_fact_of_one_end_is_for_that_end_to_say() -> None:
    cell = one_cell(facts={"client.send_limit": 512})
    verdict = good_verdict(send_limit=1024)
    assert complaints(cell, verdict)
    verdict["client"]["send_limit"] = 512
    assert not complaints(cell, verdict)


def test_no_group_is_something_to_be_asked_for() -> None:
    cell = one_cell(facts={"group": "none"})
    assert not complaints(cell, good_verdict())
    assert complaints(cell, good_verdict(group="x25519"))


def test_a_refusal_needs_the_right_alert_from_the_right_end() -> None:
    cell = one_cell(expectation=Expectation("unknown_ca", "client"))
    verdict = {"verdict": "refused", "why": "w", "alert": "unknown_ca", "alert_from": "client"}
    assert not complaints(cell, verdict)
    assert complaints(cell, {**verdict, "alert": "bad_certificate"})
    assert complaints(cell, {**verdict, "alert_from": "server"})
    assert complaints(cell, good_verdict())


def test_a_peer_that_has_given_up_its_deviation_is_as_expected() -> None:
    refusal = next(row for row in tables()[0] if row.name == "not-yet-valid")
    cell = one_cell(expectation=expect(refusal, "openssl", "mem", "1.3", ours_refuses=False))
    verdict = {"verdict": "refused", "why": "", "alert_from": "client"}
    deviating = memory.outcome_of(cell, {**verdict, "alert": "bad_certificate"})
    conforming = memory.outcome_of(cell, {**verdict, "alert": "certificate_expired"})
    assert deviating.ok and deviating.deviation
    assert conforming.ok and not conforming.deviation
    assert not memory.outcome_of(cell, {**verdict, "alert": "unknown_ca"}).ok


def test_an_unheard_alert_is_checked_at_both_ends() -> None:
    cell = one_cell(expectation=Expectation("unknown_ca", "client", unheard="bad_record_mac"))
    verdict = {"verdict": "broken", "why": "", "client": {}, "server": {}}
    verdict["client"] = {"alert_sent": "unknown_ca"}
    assert not complaints(cell, {**verdict, "server": {"alert_sent": "bad_record_mac"}})
    assert complaints(cell, {**verdict, "server": {"alert_sent": None}})
