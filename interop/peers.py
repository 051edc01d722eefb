"""The implementations that our side meets: peers/*.toml, one file each.

title       for people
endpoint    its name in `shakedown pair`; without it the peer has no cells in memory
version     a command whose first line tells its version
names.AXIS  what it calls the rows of our tables, where it is another name: versions, suites,
            groups, schemes; ciphers, macs, exchanges (KEY-EXCHANGE_AUTHENTICATION) are columns of
            suites; said_AXIS: the names it reports, if not those of its options
client, server   how its program plays the role (Program); without one there are no cells for it.
            A fact that a cell asks for is one it `reports`, or `untold` with why
options     how settings are put on both programs' command lines (Option); a setting without one
            is `settled` in its role, with why, or its cells are lacks
lack        cells that it cannot have, each with why (Lack)
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from interop import axes
from interop.command_lines import program_named
from interop.ends import End
from interop.peer_checks import (
    FILES,
    check_declared,
    check_lack,
    check_names,
    check_option,
    check_program,
    endpoints,
)
from interop.toml_tables import TableFile, meant
from scripts.lib import processes
from scripts.lib.def_tables import TableError
from scripts.lib.paths import ROOT

FOLDER = Path(__file__).with_name("peers")
VERSION_LIMIT_S, VERSION_IDLE_S = 20.0, 60.0
Names = dict[str, dict[str, str]]
Declared = TypeVar("Declared", bound="Untold | Settled")


@dataclass(frozen=True)
class Option:
    """How one setting is written. {list}: its values as `each` writes them, joined by `join`;
    {first}, {last}: of them; {name}: one, by the peer's name; of suites also {cipher}, {mac},
    {exchange}."""

    # versions, suites, groups, schemes, alpn, server_name, server_address, client_auth,
    # session_store, psk_identity, psk_key, or one of FILES
    of: str
    arguments: tuple[str, ...] = ()
    every: tuple[str, ...] = ()  # arguments, once for each value
    into: str | None = None  # or: `text` is appended to the placeholder of this name
    text: str = ""
    each: str = "{name}"
    join: str = ""
    version: str | None = None  # of suites: those that this version can use


@dataclass(frozen=True)
class Untold:
    """A fact that a program cannot tell, of the connections that the globs match, and why."""

    fact: str
    why: str
    case: str = "*"
    version: str = "*"
    suite: str = "*"

    def holds(self, **cell: str) -> bool:
        return all(fnmatch.fnmatchcase(value, getattr(self, key)) for key, value in cell.items())


@dataclass(frozen=True)
class Settled:
    """A setting that needs no option, and why: the program does so by itself, or another option
    has it done. `value`: if it is this."""

    of: str
    why: str
    value: str = "*"


@dataclass(frozen=True)
class Program:
    """One role's program. Placeholders of `arguments`: {port}, {cafile},
    {keylog}, {session}, {connections} (how many there will be), and what options append to.
    Patterns are regular expressions, in which the names of what is expected are filled in:
    {version}, {suite}, {cipher}, {group}, {scheme}, {alpn}, {said_version}, ..., {alert} and
    {number} of an alert."""

    program: str
    package: str
    arguments: tuple[str, ...]
    options: tuple[Option, ...]
    names: Names
    environment: dict[str, str] = field(default_factory=dict)
    # A client, of two connections: what it is given in the first, to keep its session in the file
    # {session}, and in the second, to resume it. Without the former it makes both by itself.
    keeps: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    says: str = ""  # a client: what it is given to send, if it does not know by itself
    ready: str = (
        ""  # a server: what it writes when it listens; `port` names the port, if it says it
    )
    ends: str = "alone"  # a server: by itself after one connection, or "stopped"
    page: str = ""  # a server: what the page has in it with which it answers GET
    # Fact -> pattern. One without placeholders is found where the fact holds, and else not.
    reports: dict[str, str] = field(default_factory=dict)
    untold: tuple[Untold, ...] = ()  # what it does not report
    settled: tuple[Settled, ...] = ()  # what it has no option for, and needs none
    hears_alert: str = ""  # what it writes when it has received an alert
    sends_alert: str = ""  # ... when it has sent one, if it says so

    @property
    def path(self) -> str:
        """The program to start."""
        return program_path(self.program)

    def cannot_tell(self, fact: str, **cell: str) -> Untold | None:
        return next((row for row in self.untold if row.fact == fact and row.holds(**cell)), None)

    def cannot_be_told(self, end: End) -> list[str]:
        """The settings of `end` that would be left out of its command line."""
        taken = {option.of for option in self.options}
        values = {name: end.values(name) for name in end.asked() if name not in taken}
        if self.program == "{shakedown}":  # whose options bear the names of the settings
            values = {name: value for name, value in values.items() if name not in dict(end.more)}
        return [
            name
            for name, value in values.items()
            if not any(
                row.of == name and fnmatch.fnmatchcase(",".join(value), row.value)
                for row in self.settled
            )
        ]

    def missing(self) -> str | None:
        """Names the program and where it comes from, if it is not there."""
        if shutil.which(self.path):
            return None
        return f"the program {self.path} is missing: it comes with {self.package}"


@dataclass(frozen=True)
class Lack:
    """Cells that a peer cannot have, by globs; of `case` there may be several."""

    why: str
    case: str | tuple[str, ...] = "*"
    way: str = "*"
    role: str = "*"  # of our side
    version: str = "*"
    suite: str = "*"
    group: str = "*"
    scheme: str = "*"
    since: str = ""  # versions of the peer (installed.py)
    until: str = ""
    probe: tuple[str, ...] = ()

    def holds(self, **cell: str) -> bool:
        cases = [self.case] if isinstance(self.case, str) else self.case
        return any(fnmatch.fnmatchcase(cell["case"], case) for case in cases) and all(
            fnmatch.fnmatchcase(value, getattr(self, key))
            for key, value in cell.items()
            if key != "case"
        )


@dataclass(frozen=True)
class Peer:
    name: str
    title: str
    version: tuple[str, ...]
    client: Program | None
    server: Program | None
    lacks: tuple[Lack, ...]
    endpoint: str | None = None

    def program(self, role: str) -> Program | None:
        return self.client if role == "client" else self.server

    def version_text(self) -> str:
        """The first line of its version command, or why there is none."""
        return first_line(program_path(self.version[0]), *self.version[1:])


@cache
def first_line(*command: str) -> str:
    """What a version command says, or why it says nothing."""
    try:
        done = processes.run(command, VERSION_LIMIT_S, VERSION_IDLE_S, "", "replace", cwd=ROOT)
    except (OSError, processes.GivenUp) as error:
        return f"{command[0]}: {error}"
    return (done.stdout.splitlines() or ["unknown version"])[0]


def shakedown() -> Path:
    """The program under test."""
    default = ROOT / "build" / "dev" / "harness" / "shakedown"
    return Path(program_named("SHAKEDOWN") or default)


def variable_of(program: str) -> str:
    return "SHAKEDOWN_" + re.sub(r"\W", "_", program).upper()


def program_path(program: str) -> str:
    """Where a program of peers/*.toml is. The environment can name another one, as
    SHAKEDOWN_GNUTLS_CLI=FILE."""
    if program == "{shakedown}":
        return str(shakedown())
    own = str(ROOT / program) if "/" in program else program
    return program_named(variable_of(program)) or own


def unknown_variables() -> list[str]:
    """Variables that look as if they named a program of a peer, and do not."""
    programs = [p for peer in load_peers().values() for p in (peer.client, peer.server) if p]
    known = {"SHAKEDOWN", *(variable_of(p.program) for p in programs)}
    found = [name for name in os.environ if name.startswith("SHAKEDOWN_") and name not in known]
    return [f"{name} names no program of a peer{meant(name, known)}" for name in sorted(found)]


def suite_words(names: Names, name: str) -> dict[str, str]:
    """A suite's columns by the peer's names."""
    suite = next(row for row in axes.suites() if row.name == name)
    return {
        "cipher": names.get("ciphers", {}).get(suite.cipher, suite.cipher),
        "mac": names.get("macs", {}).get(suite.mac, suite.mac),
        "exchange": names.get("exchanges", {}).get(suite.exchange, suite.exchange),
    }


def _name(names: Names, axis: str, value: str) -> str:
    return names.get(axis, {}).get(value, value)


def _values(option: Option, end: End, files: dict[str, str]) -> list[str]:
    if option.of in FILES:
        return [files[option.of]] if files.get(option.of) else []
    values = list(end.values(option.of))
    if option.version is None:
        return values
    usable = {s.name for s in axes.suites() if s.min_version <= option.version <= s.max_version}
    return [value for value in values if value in usable]


def _apply(option: Option, values: list[str], names: Names) -> tuple[list[str], str]:
    """The arguments and the text that an option adds."""
    items = []
    for value in values:
        words = suite_words(names, value) if option.of == "suites" else {}
        items.append({"name": _name(names, option.of, value), **words})
    written = [option.each.format(**item) for item in items]
    words = {"list": option.join.join(written), "first": written[0], "last": written[-1]}
    arguments = [word.format(**words) for word in option.arguments]
    arguments += [word.format(**item) for item in items for word in option.every]
    return arguments, option.text.format(**words)


def setting_arguments(
    program: Program, end: End, files: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The arguments that the settings of `end` add, and the placeholders that they append to."""
    added: list[str] = []
    words = dict.fromkeys((option.into for option in program.options if option.into), "")
    for option in program.options:
        values = _values(option, end, files)
        if not values:
            continue
        arguments, text = _apply(option, values, program.names)
        added += arguments
        if option.into:
            words[option.into] += text
    if program.program == "{shakedown}":  # whose options bear the names of the settings
        for name, value in end.more:
            added += [f"--{name}", *([value] if value else [])]
    return added, words


def command_line(
    program: Program, end: End, files: dict[str, str], more: tuple[str, ...] = ()
) -> list[str]:
    """The command that plays `end`. `files`: values of the placeholders that are no setting.
    `more`: of its `keeps` and `resumes`."""
    added, words = setting_arguments(program, end, files)
    added += [word.format(**files) for word in more]
    fixed = [word.format(**files, **words) for word in program.arguments]
    # Options stand before a positional argument, but behind the name of a subcommand.
    at = 0 if fixed[0].startswith("-") else 1
    return [program.path, *fixed[:at], *added, *fixed[at:]]


def fact_words(names: Names, facts: dict[str, str | bool | int]) -> dict[str, str]:
    """What the placeholders of a pattern stand for, escaped."""
    words: dict[str, str] = {}
    for fact, value in facts.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        words[fact] = _name(names, f"{fact}s", text)
        words[f"said_{fact}"] = names.get(f"said_{fact}s", {}).get(text, words[fact])
        if fact == "suite":
            words |= suite_words(names, text)
    return {key: re.escape(word) for key, word in words.items()}


def _options(table: TableFile, rows: list[Any], at: str) -> tuple[Option, ...]:
    found = []
    for number, row in enumerate(rows):
        option = table.build(Option, row, at, number)
        if option is not None:
            check_option(table, option, at, number)
            found.append(option)
    return tuple(found)


def _role_rows(
    table: TableFile, role: dict[str, Any], name: str, key: str, kind: type[Declared]
) -> tuple[Declared, ...]:
    at = f"{name}.{key}"
    found = []
    for number, each in enumerate(table.tables(key, role, at)):
        row = table.build(kind, each, at, number)
        if row is not None:
            check_declared(table, row, at, number)
            found.append(row)
    return tuple(found)


def _program(table: TableFile, role: str, shared: tuple[Option, ...]) -> Program | None:
    given = table.data.get(role)
    if not isinstance(given, dict):
        if given is not None:
            table.complain("has to be a table", role)
        return None
    at = f"{role}.options"
    options = (*_options(table, table.tables("options", given, at), at), *shared)
    untold = _role_rows(table, given, role, "untold", Untold)
    settled = _role_rows(table, given, role, "settled", Settled)
    lists: dict[str, Any] = {"options": options, "untold": untold, "settled": settled}
    row = {key: value for key, value in given.items() if key not in lists}
    names = table.data.get("names", {})
    program = table.build(Program, row, role, names=names, **lists)
    if program is not None:
        check_program(table, program, role, row)
    return program


def _lacks(table: TableFile) -> tuple[Lack, ...]:
    found = []
    for number, row in enumerate(table.tables("lack")):
        lack = table.build(Lack, row, "lack", number)
        if lack is not None:
            check_lack(table, lack, number)
            found.append(lack)
    return tuple(found)


def parse_peer(name: str, table: TableFile) -> Peer:
    """A peer of its file; TableError tells all that is wrong with it."""
    parts = ("names", "client", "server", "options", "lack")
    own = ("title", "endpoint", "version")
    table.check_keys(table.data, (*own, *parts))
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        table.complain(f"{name!r} in a cell's id: small letters, digits, - and _ alone", "")
    check_names(table)
    shared = _options(table, table.tables("options"), "options")
    client, server = (_program(table, role, shared) for role in ("client", "server"))
    row = {key: table.data[key] for key in own if key in table.data}
    peer = table.build(Peer, row, "", name=name, client=client, server=server, lacks=_lacks(table))
    if not any(table.data.get(part) for part in ("endpoint", "client", "server")):
        table.complain("has no cells: it needs an endpoint, a client or a server", "")
    if peer is not None and peer.endpoint is not None:
        table.one_of(peer.endpoint, endpoints(), "", 0, "endpoint")
    table.done()
    assert peer is not None
    return peer


@cache
def load_peers() -> dict[str, Peer]:
    """All peers by name, ours included, which comes last."""
    files = sorted(FOLDER.glob("*.toml"), key=lambda file: (file.stem == "ours", file.stem))
    found: dict[str, Peer] = {}
    wrong: list[str] = []
    for file in files:
        try:
            found[file.stem] = parse_peer(file.stem, TableFile.read(file))
        except TableError as error:
            wrong.append(str(error))
    if wrong:
        raise TableError("\n".join(wrong))
    return found
