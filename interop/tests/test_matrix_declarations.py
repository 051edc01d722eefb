"""What a program declares: what it reports, what it cannot tell, and what a peer lacks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from interop.cells import check, matrix, programs
from interop.facts import asked
from interop.peers import Lack, load_peers
from interop.plan import client_end, server_end
from interop.plans import plans
from interop.tests.matrix_support import one_cell
from scripts.lib.def_tables import TableError


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
