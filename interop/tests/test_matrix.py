"""The matrix itself: its axes, rules, tables, and how it judges. No handshake is made here, and no
program of ours is needed."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from interop import axes, expected, memory, rules
from interop.cells import Cell, check, matrix, programs
from interop.expected import Expectation, Tolerated, expect, parse, tables
from interop.facts import asked, is_defined
from interop.facts import facts as table_of_facts
from interop.grid import WAYS, grid, left_out
from interop.installed import holds_here
from interop.outcome import Outcome, begin
from interop.peers import Lack, command_line, fact_words, load_peers
from interop.plan import client_end, server_end
from interop.plans import plans
from interop.run import Run
from interop.sockets import Heard, noted, run_socket
from interop.table_file import TableFile
from scripts.lib.child import Child, Missing, listening_port
from scripts.lib.def_tables import TableError
from scripts.lib.paths import PKI

FACTS = table_of_facts()
PLACES = sorted({(cell.way, cell.peer, cell.role) for cell in matrix()[0]})
MEMORY_PLACES = [place for place in PLACES if place[0] == "mem"]
FILES = {"port": "1", "cafile": "ca", "certificate": "c", "chain": "", "keylog": "l"}


def cells_of(place: tuple[str, str, str]) -> list[Cell]:
    return [cell for cell in matrix()[0] if (cell.way, cell.peer, cell.role) == place]


def one_cell(**changes: object) -> Cell:
    ends = client_end("1.3"), server_end("1.3", "p256")
    cell = Cell("mem", "openssl", "client", "1.3", "a-case", *ends)
    return replace(cell, **changes)  # type: ignore[arg-type]


def good_verdict(**facts: object) -> memory.Verdict:
    end = {"version": "TLS 1.3", "group": None, **facts}
    verdict = {"verdict": "good", "why": "", "alert": None, "alert_from": None}
    shared = [fact.name for fact in FACTS.values() if fact.is_shared]
    told: dict[str, object] = {"compared": shared, "untold": {"client": {}, "server": {}}}
    return {**verdict, **told, "client": dict(end), "server": dict(end)}


# Axes and rules


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


# Cells


def test_ids_are_unique() -> None:
    ids = [cell.id for cell in matrix()[0]] + [cell_id for cell_id, _ in matrix()[1]]
    assert len(ids) == len(set(ids))


def test_ids_are_fit_for_folders_and_shells() -> None:
    fit = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")
    assert all(set(cell.id) <= fit and ".." not in cell.id for cell in matrix()[0])


def test_both_linked_peers_have_both_roles_and_both_ways() -> None:
    for peer in ("openssl", "gnutls"):
        for role in ("client", "server"):
            assert ("mem", peer, role) in PLACES and ("socket", peer, role) in PLACES


@pytest.mark.parametrize("place", MEMORY_PLACES, ids="-".join)
def test_every_row_of_the_tables_has_a_cell_or_a_reason(place: tuple[str, str, str]) -> None:
    peer = load_peers()[place[1]]
    for axis, rows in (
        ("suite", axes.suites()),
        ("group", axes.groups()),
        ("scheme", axes.schemes()),
    ):
        used = {cell.facts.get(axis) for cell in cells_of(place)}
        globs = [getattr(row, axis) for row in peer.lacks if holds_here(row, peer, place[0])]
        lacking = [glob for glob in globs if glob != "*"]
        missing = [
            row.name
            for row in rows
            if row.name not in used and not any(fnmatchcase(row.name, glob) for glob in lacking)
        ]
        assert not missing, f"no cell of {place} has {axis} {missing}"


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_every_version_and_certificate_has_a_cell(place: tuple[str, str, str]) -> None:
    cells = cells_of(place)
    spoken = [v.name for v in axes.versions() if place[0] == "mem" or v.name >= "1.2"]
    for version in spoken:
        keys = {cell.server.certificate for cell in cells if cell.version == version}
        wanted = {key.name for key in axes.KEYS if version >= key.min_version}
        assert keys >= wanted, (place, version)


def test_a_scheme_without_a_cell_has_a_reason() -> None:
    names = {scheme.name for scheme in axes.table_schemes()}
    assert set(axes.LEFT_OUT_SCHEMES) < names and all(axes.LEFT_OUT_SCHEMES.values())


def test_every_reason_for_a_lack_leaves_something_out() -> None:
    used = {id(lack) for _, lack in matrix()[1]}
    for peer in load_peers().values():
        here = [row for row in peer.lacks if any(holds_here(row, peer, way) for way in WAYS)]
        assert all(lack.why and id(lack) in used for lack in here), peer.name


def test_the_cells_over_sockets_are_part_of_those_in_memory() -> None:
    ids = {cell.id for cell in matrix()[0]} | {cell_id for cell_id, _ in matrix()[1]}
    for cell in matrix()[0]:
        if cell.way == "socket" and load_peers()[cell.peer].endpoint:
            assert cell.id.replace("socket/", "mem/", 1) in ids


def test_every_feature_is_planned_for() -> None:
    features = {plan.case.split("/")[0] for plan in plans()}
    assert features >= {"scheme", "alpn", "retry", "byte-by-byte", "key-updates", "refuse"}
    assert features >= {"resume", "psk", "client-certificate", "early-data", "two-certificates"}
    assert features >= {"status", "timestamps", "raw-keys", "compressed", "fragment-length"}
    assert features >= {"mac-then-encrypt", "no-extended-master-secret", "fallback", "cookie"}
    assert features >= {"key-shares", "no-middlebox", "hello-padding", "record-padding"}
    assert features >= {"record-size-limit", "late-authentication", "renegotiated", "grease"}


@pytest.mark.parametrize("place", MEMORY_PLACES, ids="-".join)
def test_sessions_are_resumed_by_ticket_in_every_version_and_by_id_below_tls_1_3(
    place: tuple[str, str, str],
) -> None:
    cells = [cell for cell in cells_of(place) if cell.case.startswith("resume/")]
    assert all(cell.connections == 2 for cell in cells)
    cells = [cell for cell in cells if "--second-server" not in cell.flags]
    assert all(cell.facts["resumed"] for cell in cells)
    by_id = {cell.version for cell in cells if cell.server.session_store == ("ids",)}
    by_ticket = {cell.version for cell in cells if not cell.server.session_store}
    older = {"1.0", "1.1", "1.2"}
    assert (by_id, by_ticket) == (older, older | {"1.3"}) or place[0] == "socket"


# What is expected


def test_every_refusal_is_a_cell_of_every_peer_and_role_in_memory() -> None:
    for place in MEMORY_PLACES:
        cases = {cell.case for cell in cells_of(place)}
        ids = [cell_id.split("/", 4) for cell_id, _ in matrix()[1]]
        lacking = {parts[4] for parts in ids if tuple(parts[:3]) == place}
        assert {f"refuse/{refusal.name}" for refusal in tables()[0]} <= cases | lacking, place


def test_every_refusal_names_a_known_alert() -> None:
    for refusal in tables()[0]:
        assert refusal.alert in axes.alerts(), refusal.name
        assert refusal.by in ("client", "server") and refusal.clause.startswith("RFC ")
    for row in tables()[1]:
        assert (row.alert or "close_notify") in axes.alerts(), row
        assert (row.unheard or "close_notify") in axes.alerts(), row


def test_every_deviation_is_used_and_none_is_ours() -> None:
    used = {id(cell.expectation.deviation) for cell in matrix()[0] if cell.expectation.deviation}
    for row in tables()[1]:
        assert row.peer in load_peers() and row.peer != "ours"
        is_here = any(holds_here(row, load_peers()[row.peer], way) for way in WAYS)
        assert id(row) in used or not is_here, f"no cell uses {row}"


def test_what_our_end_tolerates_without_a_row_fails_the_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cell = next(cell for cell in matrix()[0] if cell.peer == "gnutls" and cell.version == "1.3")
    for case, ok in (("*", True), ("no-such-cell", False)):
        row = Tolerated("gnutls", "SECOND_HELLO_ORDER", "they sort them", case)
        monkeypatch.setattr(expected, "tables", lambda row=row: ((), (), (row,)))
        outcome = Outcome(cell.id, "a good handshake")
        outcome.note(cell, ["SECOND_HELLO_ORDER"])
        assert outcome.ok == ok
        assert ("they sort them" in outcome.deviation) == ok
    heard = {cell.role: Heard('{"deviations": ["SECOND_HELLO_ECH"]}', 0)}
    assert noted(cell, heard) == ["SECOND_HELLO_ECH"]


REFUSAL = (
    '[[refusal]]\nname = "x"\nby = "client"\nalert = "unknown_ca"\nclause = "RFC 1"\ntitle = "t"\n'
)


@pytest.mark.parametrize(
    "row",
    [
        'peer = "openssl"\ncase = "x"\nalert = "unknown_ca"',
        'peer = "openssl"\ncase = "x"\nalert = "unknown_ca"\nreason = " "',
        'peer = "openssl"\ncase = "y"\nalert = "unknown_ca"\nreason = "r"',
        'peer = "openssl"\ncase = "x"\nreason = "r"',
        'peer = "openssl"\ncase = "x"\nreason = "r"\naccepts = true\nsilent = true',
        'peer = "openssl"\ncase = "x"\nreason = "r"\naccepts = true\nversoins = ["1.2"]',
    ],
    ids=["no reason", "empty reason", "no such case", "no result", "two results", "unknown key"],
)
def test_a_deviation_that_is_not_complete_is_refused(row: str) -> None:
    with pytest.raises(TableError):
        parse(TableFile("expected.toml", f"{REFUSAL}[[deviation]]\n{row}\n"))


def test_a_deviation_counts_where_the_peer_refuses_and_not_where_we_do() -> None:
    refusal = next(row for row in tables()[0] if row.name == "not-yet-valid")
    theirs = expect(refusal, "openssl", "mem", "1.3", ours_refuses=False)
    ours = expect(refusal, "openssl", "mem", "1.3", ours_refuses=True)
    assert (theirs.alert, ours.alert) == ("bad_certificate", "certificate_expired")
    assert theirs.deviation is not None and ours.deviation is None


# Verdicts


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


def test_a_setting_that_a_program_would_not_be_told_is_a_mistake_of_its_table() -> None:
    cell = one_cell(way="socket", server=server_end("1.3", "p256", more=(("record-padding", "9"),)))
    with pytest.raises(
        TableError, match="gnutls-serv: no option for record-padding, which socket/"
    ):
        check(replace(cell, peer="gnutls"))
    check(replace(cell, peer="openssl"))


def test_a_setting_is_settled_by_its_value_alone() -> None:
    ends = {count: client_end("1.3", more=(("key-shares", count),)) for count in "12"}
    program = load_peers()["openssl"].client
    assert program is not None
    assert not program.cannot_be_told(ends["1"])
    assert program.cannot_be_told(ends["2"]) == ["key-shares"]


def test_a_fact_that_a_program_neither_reports_nor_declares_untold_is_a_mistake() -> None:
    cell = one_cell(way="socket", facts={"certificate_compressed": True})
    with pytest.raises(TableError, match="certificate_compressed is neither among"):
        check(cell)
    with pytest.raises(TableError, match="nonsense is no fact"):
        check(one_cell(facts={"nonsense": True}))


def test_what_a_cell_asks_of_the_driver_is_not_left_out_over_sockets() -> None:
    with pytest.raises(TableError, match="--chunk"):
        check(one_cell(way="socket", flags=("--chunk", "1")))


def test_every_reason_for_what_is_untold_or_settled_is_used() -> None:
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cell in matrix()[0]:
        if cell.way != "socket":
            continue
        for side, played in programs(cell).items():
            end = cell.client if side == "client" else cell.server
            settled = {row.of for row in played.settled if end.values(row.of)}
            used[played.program, side] |= settled | {
                fact for s, fact, _ in asked(cell.facts) if s == side
            }
            if cell.expectation.alert is not None:
                used[played.program, side] |= {"alert_sent", "alert_received"}
    elsewhere = {  # rows for cells that another version of the peer has
        cell_id.split("/", 4)[4] for cell_id, lack in matrix()[1] if lack.since or lack.until
    }
    for plan in plans():
        for side, end in (("client", plan.client), ("server", plan.server)):
            if plan.case in elsewhere and plan.socket:
                told = {fact for each, fact, _ in asked(plan.facts) if each == side}
                for peer in load_peers().values():
                    if theirs := peer.program(side):
                        used[theirs.program, side] |= told | set(end.asked())
    for peer in load_peers().values():
        for side in ("client", "server"):
            program = peer.program(side)
            if program is None:
                continue
            named = {row.fact for row in program.untold} | {row.of for row in program.settled}
            assert named <= used[program.program, side], (peer.name, side)
            reasons = [row.why for row in program.untold] + [row.why for row in program.settled]
            assert all(why.strip() for why in reasons)
            assert not {
                row.fact for row in program.untold if row.case == row.suite == row.version == "*"
            } & set(program.reports)


def test_a_lack_holds_for_any_of_its_cases() -> None:
    lack = Lack("why", case=("a/*", "b"), role="client")
    assert lack.holds(case="a/1", role="client") and lack.holds(case="b", role="client")
    assert not lack.holds(case="c", role="client")
    assert not lack.holds(case="b", role="server")


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


def fake_program(folder: Path, body: str) -> str:
    """A stand-in for `shakedown pair --batch -`, in Python."""
    file = folder / "shakedown"
    file.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


BATCH = """
for line in sys.stdin:
    name = line.split("\\t")[0]
    if name.endswith("/crash"):
        os.abort()
    if name.endswith("/sanitizer"):
        sys.exit("AddressSanitizer")
    if not name.endswith("/silent"):
        print(json.dumps({"id": name, "verdict": "good", "why": ""}), flush=True)
"""


def test_a_cell_that_ends_the_program_does_not_take_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAKEDOWN", fake_program(tmp_path, BATCH))
    cases = ("a", "crash", "b", "silent", "c", "sanitizer", "d")
    cells = [one_cell(case=case) for case in cases]
    verdicts = memory.run_bulk(cells)
    kinds = [verdicts[cell.id]["verdict"] for cell in cells]
    assert kinds == ["good", "none", "good", "none", "good", "none", "good"]
    assert "SIGABRT" in verdicts[cells[1].id]["why"]
    assert "AddressSanitizer" in verdicts[cells[5].id]["why"]


def test_cells_in_memory_fail_without_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAKEDOWN", "/nowhere/shakedown")
    cell = one_cell()
    outcome = memory.outcome_of(cell, memory.run_bulk([cell])[cell.id])
    assert "/nowhere/shakedown" in outcome.complaints[0]


@pytest.mark.parametrize(
    ("role", "program"),
    [("server", "gnutls-cli"), ("client", "gnutls-serv"), ("client", "openssl")],
)
def test_a_missing_peer_program_fails_its_cells_by_name(
    role: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = "openssl" if program == "openssl" else "gnutls"
    monkeypatch.setenv("SHAKEDOWN", fake_program(tmp_path, ""))
    variable = "SHAKEDOWN_" + program.upper().replace("-", "_")
    monkeypatch.setenv(variable, f"/nowhere/{program}")
    cell = next(c for c in matrix()[0] if (c.way, c.peer, c.role) == ("socket", peer, role))
    outcome = run_socket(cell)
    package = "openssl" if peer == "openssl" else "gnutls-bin"
    assert f"/nowhere/{program}" in outcome.complaints[0]
    assert f"package {package}" in outcome.complaints[0]


def test_an_outcome_survives_the_way_between_processes() -> None:
    outcome = begin(one_cell())
    outcome.complaints.append("why")
    row = json.loads(json.dumps(outcome.row()))
    assert Outcome.of_row(row) == outcome and row["ok"] is False


def test_the_text_of_a_failure_ends_with_the_command_that_repeats_it() -> None:
    outcome = begin(one_cell())
    outcome.complaints.append("why")
    assert outcome.text().splitlines()[-1].endswith(f"scripts/interop --cell {outcome.id}")


def test_the_grid_counts_by_peer_role_and_version() -> None:
    cells = [one_cell(case=case) for case in ("good", "bad", "none")]
    outcomes = {cell.id: begin(cell) for cell in cells[:2]}
    outcomes[cells[1].id].complaints.append("why")
    (row,) = grid(Run(cells, outcomes))
    assert (row.peer, row.role, row.version) == ("openssl", "client", "1.3")
    assert row.counts["mem"].text == "1 as expected, 1 failed, 1 did not run"
    assert row.counts["socket"].text == "-"


def test_what_is_left_out_has_reasons() -> None:
    assert all(why.strip() and ids for why, ids in left_out(load_peers()).items())


# Peers and processes


def test_gnutls_gets_one_priority_string() -> None:
    program = load_peers()["gnutls"].client
    assert program is not None
    end = client_end("1.2", suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",), groups=("x25519",))
    priority = next(w for w in command_line(program, end, FILES) if w.startswith("--priority="))
    assert priority == (
        "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:-MAC-ALL:-KX-ALL:+AES-128-GCM:+AEAD"
        ":+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519"
    )


def test_openssl_gets_older_suites_and_those_of_tls_1_3_by_different_options() -> None:
    program = load_peers()["openssl"].client
    assert program is not None
    suites = ("TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA")
    command = command_line(program, client_end("1.3", suites=suites), FILES)
    assert command[command.index("-ciphersuites") + 1] == "TLS_AES_128_GCM_SHA256"
    assert command[command.index("-cipher") + 1] == "AES128-SHA"


def test_an_address_is_verified_and_not_sent() -> None:
    program = load_peers()["openssl"].client
    assert program is not None
    command = command_line(program, client_end("1.3", server_name="127.0.0.1"), FILES)
    assert "-verify_ip" in command and "-servername" not in command


def test_a_session_is_kept_by_the_first_command_and_resumed_by_the_second() -> None:
    program = load_peers()["openssl"].client
    assert program is not None
    files = {**FILES, "session": "s"}
    first, second = (
        command_line(program, client_end("1.3"), files, more)
        for more in (program.keeps, program.resumes)
    )
    assert first[first.index("-sess_out") + 1] == "s" and "-sess_in" not in first
    assert second[second.index("-sess_in") + 1] == "s" and "-sess_out" not in second


@pytest.mark.parametrize("peer", sorted(load_peers()))
def test_the_patterns_of_a_peer_can_be_filled_in(peer: str) -> None:
    facts: dict[str, str | bool | int] = {
        "version": "1.2",
        "server_name": "x.test",
        "encrypt_then_mac": True,
        "extended_master_secret": True,
        "send_limit": 512,
        "suite": "TLS_RSA_WITH_AES_128_CBC_SHA",
        "group": "x25519",
        "scheme": "ed25519",
        "alpn": "h2",
        "retried": True,
        "resumed": True,
        "external_psk": True,
        "client_authenticated": True,
        "early_data": True,
        "status_verified": True,
    }
    for side in ("client", "server"):
        program = load_peers()[peer].program(side)
        if program is None:
            continue
        for fact, pattern in program.reports.items():
            if fact in facts:
                re.compile(pattern.format(**fact_words(program.names, {fact: facts[fact]})))


def test_a_child_is_heard_as_soon_as_it_speaks_and_ended_by_its_handle() -> None:
    script = "import sys, time\nprint('ready 5', flush=True)\nsys.stdin.read()"
    with Child("c", [sys.executable, "-c", script], wants_input=True) as child:
        found = child.wait_for(r"ready (?P<port>\d)")
        assert found is not None and found["port"] == "5"
        assert child.status is None
    assert child.status is not None


def test_a_child_that_ends_is_not_waited_for() -> None:
    with Child("c", [sys.executable, "-c", "print('no')"]) as child:
        assert child.wait_for("ready") is None
        assert child.wait() == 0
    assert child.text == "no\n"


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Missing, match="/nowhere/program"):
        Child("c", ["/nowhere/program"])


def test_the_kernel_tells_the_port_of_a_program_that_does_not() -> None:
    script = (
        "import socket, sys\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\n"
        "print('port', s.getsockname()[1], flush=True)\nsys.stdin.read()"
    )
    with Child("c", [sys.executable, "-c", script], wants_input=True) as child:
        found = child.wait_for(r"port (\d+)")
        assert found is not None and listening_port(child.pid) == int(found[1])
