"""Mistakes in peers/*.toml, expected.toml and the tables of impl/registry: each is told with its
file, line and key, and what may have been meant."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interop import axes, expected, peers
from interop.facts import asked
from interop.plans import plans
from interop.toml_tables import TableFile
from scripts.lib import def_tables, files
from scripts.lib.def_tables import TableError
from scripts.lib.paths import ROOT

LIMIT_S = 300
# A peer that has programs alone, as the README allows.
PLAIN = r"""title = "Plain"
version = ["plain", "--version"]

[names.groups]
x25519 = "X25519"

[client]
program = "plain-client"
package = "nothing"
arguments = ["--port={port}", "--list={list}"]
environment = {LOG = "{keylog}"}

[client.reports]
version = '^version {version}$'

[server]
program = "plain-server"
package = "nothing"
arguments = ["--list={list}"]
ready = 'port (?P<port>\d+)'
page = 'plain'
hears_alert = 'alert {number}'

[[options]]
of = "groups"
into = "list"
text = ":{list}"

[[lack]]
case = "psk/*"
why = "it has none"

[[lack]]
case = ["early-data/*", "raw-keys/*"]
role = "client"
why = "it has none"
"""


def declared(role: str) -> str:
    """Rows that settle all that PLAIN has no option for, and tell that it tells next to nothing."""
    over_sockets = [plan for plan in plans() if plan.socket]
    ends = [plan.client if role == "client" else plan.server for plan in over_sockets]
    settled = {name for end in ends for name in end.asked()} - {"groups"}
    told = {fact for plan in over_sockets for side, fact, _ in asked(plan.facts) if side == role}
    untold = {*told, "alert_sent", "alert_received"} - ({"version"} if role == "client" else set())
    rows = [f'[[{role}.settled]]\nof = "{name}"\nwhy = "so it is"\n' for name in sorted(settled)]
    rows += [f'[[{role}.untold]]\nfact = "{name}"\nwhy = "so it is"\n' for name in sorted(untold)]
    return "\n".join(rows)


COMPLETE = PLAIN.partition("[[lack]]")[0] + declared("client") + declared("server")

MISTAKES = {
    "no TOML": ('"Plain"', '"Plain', "(at line 1, column"),
    "a key": ("package =", "pakcage =", ":9: [client] pakcage: no such key; near: package"),
    "a table": ("[[lack]]", "[[lacks]]", ":29: [lacks] no such table; near: lack"),
    "no title": ('title = "Plain"', "", "title is missing"),
    "no why": (
        'case = "psk/*"\nwhy = "it has none"',
        'case = "psk/*"',
        ":29: [lack] why is missing",
    ),
    "an empty why": ('*"\nwhy = "it has none"', '*"\nwhy = " "', ":31: [lack] why: is empty"),
    "a type": ('["plain", "--version"]', '"plain"', ":2: version: 'plain' is not a list of str"),
    "no list": ("[[options]]", "[options]", ":24: [options] has to be a list of tables"),
    "no table": ("[client.reports]\n", "[client]\nreports =", "client"),
    "an endpoint": (
        "version = [",
        'endpoint = "opnessl"\nversion = [',
        ":2: endpoint: 'opnessl' is not",
    ),
    "a setting": ('"groups"', '"gruops"', ":25: [options] of: 'gruops' is not known; near: groups"),
    "an axis": (
        "names.groups",
        "names.grops",
        ":4: [names.grops] no axis is called grops; near: gr",
    ),
    "a row": (
        "x25519 =",
        "x25591 =",
        ":5: [names.groups] x25591: no row of ours is called so; near",
    ),
    "into alone": ('text = ":{list}"', "", ":24: [options] into and text go together"),
    "a placeholder": (
        "{port}",
        "{prot}",
        ":10: [client] arguments: {prot} stands for nothing here; n",
    ),
    "of an option": (
        ":{list}",
        ":{lists}",
        ":27: [options] text: {lists} stands for nothing here; ne",
    ),
    "a brace": ("{port}", "{port", ":10: [client] arguments: '--port={port': expected '}'"),
    "a file": ('"{keylog}"', '"{keylogs}"', ":11: [client.environment] LOG: {keylogs} stands for"),
    "appended": (
        ', "--list={list}"]\nenv',
        "]\nenv",
        ":10: [client] arguments: an option appends to {li",
    ),
    "a fact": (
        "\nversion = '",
        "\nverison = '",
        ":14: [client.reports] verison: 'verison' is not known",
    ),
    "another fact": (
        "^version {version}",
        "^version {alpn}",
        ":14: [client.reports] version: {alpn} st",
    ),
    "a pattern": (
        "= '^version",
        "= '^version(",
        ":14: [client.reports] version: no regular expression",
    ),
    "an alert": (
        "{number}",
        "{nubmer}",
        ":22: [server] hears_alert: {nubmer} stands for nothing here",
    ),
    "a server's": ("hears_alert", "says", ":22: [server] says: is not for a server"),
    "no page": ("page = 'plain'", "", ":16: [server] page is missing"),
    "a case": ('"psk/*"', '"pks/*"', ":30: [lack] case: nothing matches 'pks/*'"),
    "one of the cases": (
        '"raw-keys/*"',
        '"raw-kyes/*"',
        ":34: [lack] case: nothing matches 'raw-kyes/*'",
    ),
    "a role": (
        'role = "client"',
        'role = "clinet"',
        ":35: [lack] role: nothing matches 'clinet'; near: c",
    ),
}


def peer_text(change: tuple[str, str] = ("", "")) -> str:
    old, new = change
    assert old in PLAIN
    return PLAIN.replace(old, new, 1) if old else PLAIN


def test_a_peer_with_programs_alone_is_a_peer() -> None:
    peer = peers.parse_peer("plain", TableFile("plain.toml", PLAIN))
    assert peer.endpoint is None and peer.client is not None and peer.server is not None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_peer_is_told_by_file_line_and_key(name: str) -> None:
    old, new, told = MISTAKES[name]
    with pytest.raises(TableError) as raised:
        peers.parse_peer("plain", TableFile("plain.toml", peer_text((old, new))))
    lines = str(raised.value).splitlines()
    assert all(line.startswith("plain.toml:") for line in lines)
    assert any(told in line for line in lines), lines


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = peer_text(("package", "pakcage")).replace("{number}", "{n}").replace("psk/*", "pks/*")
    with pytest.raises(TableError) as raised:
        peers.parse_peer("plain", TableFile("plain.toml", text))
    assert [line.split(":")[1] for line in str(raised.value).splitlines()] == ["9", "7", "22", "30"]


REFUSAL = """[[refusal]]
name = "expired"
by = "client"
alert = "certificate_expired"
clause = "RFC 8446"
title = "it has expired"
certificate = "expired"

[[deviation]]
peer = "openssl"
case = "expired"
alert = "unknown_ca"
versions = ["1.2"]
reason = "it does so"
"""
NEXT = "[[deviation]]"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[[deviation", "[[deviations", ":9: [deviations] no such table; near: deviation"),
        ('"client"', '"cleint"', ":3: [refusal] by: 'cleint' is not known; near: client"),
        (
            "certificate_expired",
            "expired",
            ":4: [refusal] alert: 'expired' is not known; near: cer",
        ),
        (
            '= "expired"\n\n',
            '= "expird"\n\n',
            ":7: [refusal] certificate: 'expird' is not known; near",
        ),
        ("RFC 8446", "8446", ":5: [refusal] clause: names no RFC"),
        ('"openssl"', '"opensll"', ":10: [deviation] peer: 'opensll' is not known; near: openssl"),
        (
            'case = "expired"',
            'case = "expird"',
            ":11: [deviation] case: no refusal is called expird; n",
        ),
        (
            "unknown_ca",
            "unknown_cA",
            ":12: [deviation] alert: 'unknown_cA' is not known; near: unkno",
        ),
        ('["1.2"]', '["1.4"]', ":13: [deviation] versions: '1.4' is not known; near: 1.3"),
        ('["1.2"]', '"1.2"', ":13: [deviation] versions: '1.2' is not a list of strings"),
        ('alert = "unknown_ca"', "", ":9: [deviation] has to have one of alert, accepts"),
        (
            "[[deviation]]",
            f"{REFUSAL[: REFUSAL.index(NEXT)]}{NEXT}",
            ":10: [refusal] name: there is one of",
        ),
    ],
)
def test_a_mistake_in_expected_toml_is_told_by_line_and_key(old: str, new: str, told: str) -> None:
    assert old in REFUSAL
    with pytest.raises(TableError) as raised:
        expected.parse(TableFile("expected.toml", REFUSAL.replace(old, new, 1)))
    lines = str(raised.value).splitlines()
    assert any(line.startswith(f"expected.toml{told}") for line in lines), lines


@pytest.mark.parametrize(
    "row",
    ["SHK_ALERT(close_notify)", "SHK_ALERT(close_notify, 0,", "SHK_ALERT(close_notify, 0) // x"],
)
def test_a_row_of_the_registry_that_cannot_be_read_is_not_passed_over(
    row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(def_tables, "REGISTRY", tmp_path)
    monkeypatch.setattr(files, "ROOT", tmp_path)
    (tmp_path / "alerts.def").write_text(f"/* alerts */\n{row}\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"^alerts.def:2: "):
        axes.alerts()


def in_tree_with(
    folder: Path, files: dict[str, str], *command: str
) -> subprocess.CompletedProcess[str]:
    """Runs Python code with more peers."""
    shutil.copytree(peers.FOLDER, folder / "peers")
    for name, text in files.items():
        (folder / "peers" / name).write_text(text, encoding="utf-8")
    code = "import sys, pathlib, interop.peers\n"
    code += f"interop.peers.FOLDER = pathlib.Path({str(folder / 'peers')!r})\n{command[0]}"
    return subprocess.run(
        [sys.executable, "-c", code, *command[1:]],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


# Of the tests that hold for any peers.
TOPICS = ("axes", "cells", "expectations", "verdicts", "declarations", "outcomes", "peer_commands")
MAIN = """import scripts.lib.exits, interop.__main__ as m
m.PEERS = interop.peers.FOLDER
scripts.lib.exits.run_main('interop', m.main)"""


def test_the_program_names_the_file_and_ends_with_wrong_use(tmp_path: Path) -> None:
    done = in_tree_with(tmp_path, {"plain.toml": peer_text(("{port}", "{prot}"))}, MAIN, "--list")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path}/peers/plain.toml:10: [client] arguments: {{prot}}" in done.stderr


@pytest.mark.parametrize("role", ["client", "server"])
def test_the_tests_of_the_matrix_hold_for_a_peer_with_programs_alone(
    role: str, tmp_path: Path
) -> None:
    """One that plays both roles, and one that plays this one."""
    (own,) = (part for part in PLAIN.split("\n[") if part.startswith(f"{role}]"))
    other = {"client": "server", "server": "client"}[role]
    half = "\n[".join(part for part in PLAIN.split("\n[") if not part.startswith(other))
    half = half.partition("[[lack]]")[0] + declared(role)
    run = "import pytest\nsys.exit(pytest.main(sys.argv[1:]))"
    files = [f"{ROOT}/interop/tests/test_matrix_{topic}.py" for topic in TOPICS]
    tests = [*files, "-q", "-p", "no:cacheprovider"]
    assert own in half
    done = in_tree_with(tmp_path, {"plain.toml": COMPLETE, "half.toml": half}, run, *tests)
    assert done.returncode == 0, done.stdout


def test_all_that_a_program_leaves_out_is_told_at_once(tmp_path: Path) -> None:
    done = in_tree_with(tmp_path, {"plain.toml": PLAIN}, MAIN, "--list")
    assert done.returncode == 2
    for text in ("plain-client: group is neither among", "plain-server: version is neither among"):
        assert f"interop/peers/plain.toml: {text}" in done.stderr
    assert "plain-server: no option for suites, which socket/plain/client/" in done.stderr


def test_a_peer_with_programs_alone_has_cells_over_sockets(tmp_path: Path) -> None:
    done = in_tree_with(tmp_path, {"plain.toml": COMPLETE}, MAIN, "--list", "--peer", "plain")
    assert done.returncode == 0 and done.stderr == ""
    assert {line.split("/")[0] for line in done.stdout.splitlines()} == {"socket"}
