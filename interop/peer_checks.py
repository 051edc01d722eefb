"""What the rows of peers/*.toml have to be beyond their types: names of our tables, of settings and
of facts, placeholders that stand for something, patterns, and globs that something matches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from interop import axes
from interop.expected import check_range
from interop.facts import facts
from interop.plans import plans
from interop.toml_tables import TableFile, meant
from scripts.lib.paths import ROOT

if TYPE_CHECKING:
    from interop.peers import Lack, Option, Program, Settled, Untold

# Settings that are files, if there is one; `certificate` without .pem and .key.
FILES = ("certificate", "chain", "anchors", "psk_file", "early_file")
LISTS = ("versions", "suites", "groups", "schemes", "alpn")
SINGLE = ("server_name", "server_address", "no_certificate", "client_auth", "no_client_auth")
SECRETS = ("session_store", "psk_identity", "psk_key")
# What the placeholders of a command line stand for, but for those that options append to.
WORDS = (*FILES, "port", "cafile", "keylog", "session", "connections")
ALERT_WORDS = ("alert", "number")
SUITE_WORDS = ("cipher", "mac", "exchange")
FOR_CLIENTS, FOR_SERVERS = ("keeps", "resumes", "says"), ("ready", "ends", "page")
ENDS = ("alone", "stopped")
WAYS, ROLES = ("mem", "socket"), ("client", "server", "both")


@cache
def settings() -> frozenset[str]:
    """All that the ends of a cell can be asked for."""
    more = {name for p in plans() for end in (p.client, p.server) for name, _ in end.more}
    return frozenset({*FILES, *LISTS, *SINGLE, *SECRETS, *more})


@cache
def endpoints() -> frozenset[str]:
    """What `shakedown pair` knows, from the vtables of harness/endpoint."""
    texts = (file.read_text("utf-8") for file in (ROOT / "harness/endpoint").rglob("*.c"))
    return frozenset(name for text in texts for name in re.findall(r'\.name = "(\w+)"', text))


@cache
def rows_of(axis: str) -> frozenset[str] | None:
    """The names that an axis has in our tables; None where any will do."""
    match axis.removeprefix("said_"):
        case "versions":
            return frozenset(version.name for version in axes.table_versions())
        case "suites":
            return frozenset(suite.name for suite in axes.suites())
        case "groups":
            return frozenset(group.name for group in axes.groups())
        case "schemes":
            return frozenset(scheme.name for scheme in axes.table_schemes())
        case "ciphers":
            return frozenset(suite.cipher for suite in axes.suites())
        case "macs":
            return frozenset(suite.mac for suite in axes.suites())
        case "exchanges":
            return frozenset(suite.exchange for suite in axes.suites())
        case "client_auth":
            return frozenset({"request", "require"})
    return None


def check_names(table: TableFile) -> None:
    """[names.AXIS]: a row of ours -> what the peer calls it."""
    names = table.data.get("names", {})
    if not isinstance(names, dict):
        table.complain("has to be a table of tables", "names")
        return
    said = {f"{prefix}{fact}s" for fact in facts() for prefix in ("", "said_")}
    known = settings() | {"ciphers", "macs", "exchanges"} | said
    for axis, words in names.items():
        at = f"names.{axis}"
        if axis not in known:
            table.complain(f"no axis is called {axis}{meant(axis, known)}", at)
        elif not isinstance(words, dict):
            table.complain("has to be a table", at)
        else:
            _check_axis(table, axis, words, at)


def _check_axis(table: TableFile, axis: str, words: dict[str, object], at: str) -> None:
    rows = rows_of(axis)
    for row, word in words.items():
        if rows is not None and row not in rows:
            table.complain(f"no row of ours is called so{meant(row, rows)}", at, 0, row)
        if not isinstance(word, str):
            table.complain(f"{word!r} is not a string", at, 0, row)


def check_option(table: TableFile, option: Option, at: str, number: int) -> None:
    table.one_of(option.of, settings(), at, number, "of")
    if bool(option.into) != bool(option.text):
        table.complain("into and text go together", at, number)
    if not (option.arguments or option.every or option.into):
        table.complain("has none of arguments, every, into", at, number)
    of_suites = SUITE_WORDS if option.of == "suites" else ()
    for key in ("arguments", "text"):
        value = getattr(option, key)
        for word in (value,) if isinstance(value, str) else value:
            table.check_words(word, ("list", "first", "last"), at, number, key)
    for key, words in (("every", option.every), ("each", (option.each,))):
        for word in words:
            table.check_words(word, ("name", *of_suites), at, number, key)
    if option.version is not None:
        table.one_of(option.version, axes.SPOKEN_VERSIONS, at, number, "version")
        if option.of != "suites":
            table.complain("goes with suites alone", at, number, "version")


def check_program(table: TableFile, program: Program, role: str, given: Iterable[str]) -> None:
    """`given`: the keys that stand in the file."""
    other, needed = (FOR_SERVERS, ()) if role == "client" else (FOR_CLIENTS, ("ready", "page"))
    for key in given:
        if key in other:
            table.complain(f"is not for a {role}", role, 0, key)
    for key in needed:
        if not getattr(program, key):
            table.complain(f"{key} is missing", role)
    table.one_of(program.ends, ENDS, role, 0, "ends")
    appended = {option.into for option in program.options if option.into}
    for word in program.arguments:
        table.check_words(word, {*WORDS, *appended}, role, 0, "arguments")
    for place in appended:
        if not any(f"{{{place}}}" in word for word in program.arguments):
            table.complain(
                f"an option appends to {{{place}}}, which is not in it", role, 0, "arguments"
            )
    for key in ("keeps", "resumes"):
        for word in getattr(program, key):
            table.check_words(word, WORDS, role, 0, key)
    for variable, word in program.environment.items():
        table.check_words(word, WORDS, f"{role}.environment", 0, variable)
    _check_patterns(table, program, role)


def _check_patterns(table: TableFile, program: Program, role: str) -> None:
    for key in ("ready", "page"):
        table.check_regex(getattr(program, key), role, 0, key)
    for key in ("hears_alert", "sends_alert"):
        table.check_pattern(getattr(program, key), ALERT_WORDS, role, 0, key)
    for fact, pattern in program.reports.items():
        at = f"{role}.reports"
        table.one_of(fact, facts(), at, 0, fact)
        # Of another fact a cell may not know what to expect.
        words = (fact, f"said_{fact}", *(SUITE_WORDS if fact == "suite" else ()))
        table.check_pattern(pattern, words, at, 0, fact)


def _check_globs(
    table: TableFile, row: Any, known: dict[str, Iterable[str]], at: str, number: int
) -> None:
    """Every glob has to match something: one that does not is misspelt."""
    for each in fields(row):
        if each.name not in known:
            continue
        value, names = getattr(row, each.name), known[each.name]
        for glob in (value,) if isinstance(value, str) else value:
            if not any(fnmatchcase(name, glob) for name in names):
                text = f"nothing matches {glob!r}{meant(glob, names)}"
                table.complain(text, at, number, each.name)


@cache
def _globbed() -> dict[str, Iterable[str]]:
    return {
        "way": WAYS,
        "role": ROLES,
        "version": axes.SPOKEN_VERSIONS,
        "suite": rows_of("suites") or (),
        "group": rows_of("groups") or (),
        "scheme": rows_of("schemes") or (),
        "case": frozenset(plan.case for plan in plans()),
    }


def check_lack(table: TableFile, lack: Lack, number: int) -> None:
    _check_globs(table, lack, _globbed(), "lack", number)
    check_range(table, lack, "lack", number)
    if lack.probe and "endpoint" not in table.data:
        table.complain("a probe is of a linked library; there is no endpoint", "lack", number)


def check_declared(table: TableFile, row: Untold | Settled, at: str, number: int) -> None:
    known = {"fact": facts(), "of": settings()}
    _check_globs(table, row, {**_globbed(), **known}, at, number)
