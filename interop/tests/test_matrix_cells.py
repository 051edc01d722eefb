"""Which cells there are: every row of the tables has one, or a reason."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from interop import axes
from interop.cells import matrix
from interop.grid import WAYS
from interop.installed import applies_here
from interop.peers import load_peers
from interop.plans import plans
from interop.tests.matrix_support import MEMORY_PLACES, PLACES, cells_of


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
        globs = [getattr(row, axis) for row in peer.lacks if applies_here(row, peer, place[0])]
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
        here = [row for row in peer.lacks if any(applies_here(row, peer, way) for way in WAYS)]
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
