"""Campaigns: who gets how much time, what is told meanwhile, what becomes of corpora."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from scripts.lib.exits import Stop
from scripts.lib.fuzz.campaign_progress import CampaignProgress, TargetState
from scripts.lib.fuzz.corpora import Corpora
from scripts.lib.fuzz.importing import import_corpora
from scripts.lib.fuzz.schedule import LONGEST_S, Schedule
from scripts.lib.words import duration
from scripts.tests.support import Tree

EXTENSION = bytes.fromhex("000a000600040" + "01d0017")  # supported_groups
HELLO = (
    b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(EXTENSION))
) + EXTENSION
MESSAGE = b"\1" + len(HELLO).to_bytes(3, "big") + HELLO
RECORD = b"\x16\3\1" + struct.pack(">H", len(MESSAGE)) + MESSAGE
FORMS = {"client_hello": ["plain"], "ext_supported_groups": ["client_hello", "server_hello_12"]}
TARGETS = ("client_hello", "ext_supported_groups", "record", "certificate_verify")


def spend(schedule: Schedule, news: dict[str, int]) -> list[str]:
    """Who gets the turns of a whole campaign, if each finds so much in every turn."""
    order = []
    while (turn := schedule.next()) is not None:
        state, seconds = turn
        state.seconds += seconds
        schedule.over(state, news[state.name])
        order.append(state.name)
    return order


def test_who_finds_something_gets_more_time_and_nobody_is_forgotten() -> None:
    states = [TargetState(name) for name in ("finds", "quiet", "also_quiet")]
    order = spend(Schedule(states, 3000), {"finds": 20, "quiet": 0, "also_quiet": 0})
    assert set(order[:3]) == {"finds", "quiet", "also_quiet"}
    finds, quiet, also_quiet = (state.seconds for state in states)
    assert 6 * quiet < finds and abs(quiet - also_quiet) <= LONGEST_S and also_quiet > 0
    assert finds + quiet + also_quiet == pytest.approx(3000)


def test_a_short_campaign_gives_each_target_one_equal_turn() -> None:
    states = [TargetState(name) for name in ("a", "b", "c", "d")]
    order = spend(Schedule(states, 8), {"a": 99, "b": 0, "c": 0, "d": 0})
    assert sorted(order) == ["a", "b", "c", "d"]
    assert {state.seconds for state in states} == {2.0}


def test_without_end_turns_go_on_and_two_jobs_do_not_share_a_target() -> None:
    states = [TargetState("a"), TargetState("b")]
    schedule = Schedule(states, float("inf"))
    first, second = schedule.next(), schedule.next()
    assert first is not None and second is not None and first[0] is not second[0]
    assert first[1] == LONGEST_S and schedule.next() is None
    first[0].fail("it ended")
    schedule.over(first[0], 0)
    assert schedule.next() is None  # a target that has ended gets no turn


def test_the_screen_tells_for_how_long_nothing_was_new(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("scripts.lib.fuzz.campaign_progress.time.monotonic", lambda: now)
    state = TargetState("client_hello", started=now)
    progress = CampaignProgress([state], 600, 1, lambda: 0)
    state.tell(10, 50, 3)
    assert "nothing new for 0 s" in progress.total_line()
    now += 125
    state.tell(1000, 50, 3)
    assert state.cells()[-1] == "2 min 5 s"
    assert "nothing new for 2 min 5 s, 7 min 55 s left" in progress.total_line()
    state.tell(1010, 51, 4)
    assert state.cells()[-1] == "0 s" and "nothing new for 0 s" in progress.total_line()


def test_durations_are_told_as_people_say_them() -> None:
    assert [duration(s) for s in (7, 200, 7500)] == ["7 s", "3 min 20 s", "2 h 5 min"]


def framed(framing: str) -> bytes:
    return {
        "boringssl": b"\0\2" + b"\0\1\0\0\3abc" + b"\0\0" + RECORD,
        "openssl": RECORD + b"\x07",
        "mbedtls": RECORD + b"\x01\x80",
        "picotls": RECORD,
        "picotls_message": MESSAGE,
    }[framing]


@pytest.mark.parametrize(
    "framing", ["boringssl", "openssl", "mbedtls", "picotls", "picotls_message"]
)
def test_the_framing_of_a_foreign_corpus_is_taken_off(framing: str, tmp_path: Path) -> None:
    source = tmp_path / "theirs" / "server"
    source.mkdir(parents=True)
    (source / "one").write_bytes(framed(framing))
    corpora = Corpora(tmp_path / "ours")
    said = import_corpora(tmp_path / "theirs", corpora, TARGETS, FORMS)
    assert contents(corpora, "client_hello") == {HELLO}
    data = EXTENSION[4:]
    assert contents(corpora, "ext_supported_groups") == {b"\0" + data, b"\1" + data}
    whole = {RECORD} if framing != "picotls_message" else set()
    assert contents(corpora, "record") == whole
    assert said.startswith("1 file read, ") and "not understood" not in said


def contents(corpora: Corpora, target: str) -> set[bytes]:
    return {path.read_bytes() for path in corpora.of(target).glob("*")}


def test_a_body_of_s2n_goes_where_the_name_of_its_test_says(tmp_path: Path) -> None:
    for name, content in (
        ("s2n_client_hello_recv_fuzz_test", HELLO),
        ("s2n_extensions_client_supported_groups_recv_test", EXTENSION[4:]),
        ("s2n_tls13_cert_verify_recv_test", b"\4\3\0\1a"),
        ("s2n_sike_fuzz_test", b"\xff\xfe"),
    ):
        (tmp_path / "corpus" / name).mkdir(parents=True)
        (tmp_path / "corpus" / name / "one").write_bytes(content)
    corpora = Corpora(tmp_path / "ours")
    said = import_corpora(tmp_path / "corpus", corpora, TARGETS, FORMS)
    assert contents(corpora, "client_hello") == {HELLO}
    assert len(contents(corpora, "ext_supported_groups")) == 2
    assert contents(corpora, "certificate_verify") == {b"\4\3\0\1a"}
    assert said.endswith("; 1 not understood") and said.startswith("4 files read, 4 inputs new")
    assert "0 inputs new" in import_corpora(tmp_path / "corpus", corpora, TARGETS, FORMS)


def test_an_import_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="no such folder"):
        import_corpora(tmp_path / "none", Corpora(tmp_path), TARGETS, FORMS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Stop, match="there is no file in it"):
        import_corpora(tmp_path / "empty", Corpora(tmp_path), TARGETS, FORMS)


def test_a_corpus_of_ones_own_grows_where_it_is_told_and_is_merged(tree: Tree) -> None:
    tree.add("client_hello", seed=b"no crash")
    corpus = tree.root / "my corpora" / "client_hello"
    corpus.mkdir(parents=True)
    for number in range(20):
        (corpus / f"same-{number}").write_bytes(b"x%d" % number)
    arguments = ("--corpus", tree.root / "my corpora", "client_hello")
    done = tree.run("fuzz.campaign", *arguments, "--merge")
    assert done.returncode == 0, done.stderr
    assert "client_hello: 20 inputs, " in done.stdout
    kept = list(corpus.iterdir())
    assert 1 <= len(kept) < 20 and not any(path.name.startswith("same-") for path in kept)
    assert tree.files("out/fuzz") == []


def replay_says(tree: Tree, verdict: str) -> None:
    (tree.root / "build/fuzz/fuzz/fuzz_replay").write_text(
        f'#!/bin/sh\n[ "$1" = --list ] && exit\nshift\nfor f; do echo "$f: {verdict}"; done\n'
    )


@pytest.mark.parametrize(
    ("verdict", "saved"),
    [
        ("decodes (plain)", True),
        ("connected, TLS_X, after 5 records in s13_connected: OK; 1 byte of memory", True),
        ("connected, TLS_X, after 5 records in s13_connected: ALERT_LEVEL; 1 byte", False),
        ("not connected, no suite, after 0 records in s_wait_client_hello: OK; 1 byte", False),
        ("refused (plain): TRUNCATED at byte 1", False),
    ],
)
def test_what_adds_coverage_and_decodes_is_saved_among_the_seeds(
    tree: Tree, verdict: str, saved: bool
) -> None:
    tree.add("client_hello", seed=b"s")
    replay_says(tree, verdict)
    corpus = tree.root / "out/fuzz/corpora/client_hello"
    corpus.mkdir(parents=True)
    (corpus / "new").write_bytes(b"!x")  # takes another branch than the seed
    done = tree.run("fuzz.campaign", "client_hello", "--save")
    assert done.returncode == 0, done.stderr
    seeds = [path.read_bytes() for path in tree.files("corpora/seeds/client_hello")]
    assert (b"!x" in seeds) is saved and b"s" in seeds
    assert f"{int(saved)} seed" in done.stdout


def test_seeds_are_not_saved_beyond_20_mib(tree: Tree) -> None:
    tree.add("client_hello", "server_hello", seed=b"s")
    replay_says(tree, "decodes (plain)")
    with (tree.root / "corpora/seeds/server_hello/large").open("wb") as file:
        file.truncate(20 * 1024 * 1024 - 1)
    corpus = tree.root / "out/fuzz/corpora/client_hello"
    corpus.mkdir(parents=True)
    (corpus / "new").write_bytes(b"!x")
    done = tree.run("fuzz.campaign", "client_hello", "--save")
    assert done.returncode == 0 and "0 seeds saved" in done.stdout
    assert "1 left out: corpora/seeds would have more than 20 MiB" in done.stdout
