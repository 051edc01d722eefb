"""Cells in memory: `shakedown pair`, in bulk by one process, and again alone for what failed."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from interop.cells import Cell
from interop.command_lines import shown_command
from interop.ends import End
from interop.expected import Expectation
from interop.facts import SIDES, asked, facts, is_defined
from interop.outcome import Folder, Outcome, begin
from interop.peers import load_peers, setting_arguments, shakedown
from scripts.lib import processes
from scripts.lib.paths import ROOT

PKI = "corpora/pki"
TIME = "1750161600"  # June 2025: the time at which certificates are verified
# Of processor time, for a batch: `pair` does several hundred handshakes a second.
BATCH_LIMIT_S, CELL_LIMIT_S = 30.0, 0.5
IDLE_S = 60.0  # of a program that waits for nothing
NONE = "none"  # of a group: there is none
Verdict = dict[str, Any]


def _end_arguments(end: End, side: str) -> list[str]:
    program = load_peers()["ours"].program(side)
    assert program is not None
    files = {"certificate": f"{PKI}/{end.certificate}"} if end.certificate else {}
    words = setting_arguments(program, end, files)[0]
    if end.can_verify and (side == "client" or end.client_auth):
        words += ["--cafile", f"{PKI}/roots.pem"]
    return [f"--{side}-{word[2:]}" if word.startswith("--") else word for word in words]


def _expect_argument(cell: Cell) -> list[str]:
    expectation = cell.expectation
    if expectation.alert is None or expectation.unheard:
        return []
    return ["--expect", f"refused:{expectation.alert}:{expectation.by}"]


def arguments(cell: Cell) -> list[str]:
    """Of `shakedown pair`, from the root of the project."""
    opposite = load_peers()[cell.peer].endpoint or "none"
    ends = {"client": "ours", "server": "ours", "both": "ours"}
    ends |= {"server": opposite} if cell.role == "client" else {"client": opposite}
    if cell.role == "both":
        ends |= dict.fromkeys(SIDES, "ours")
    return [
        ends["client"],
        ends["server"],
        "--time",
        TIME,
        *_end_arguments(cell.client, "client"),
        *_end_arguments(cell.server, "server"),
        *cell.flags,
        *_expect_argument(cell),
    ]


def _run(command: Sequence[str], text: str, limit_s: float) -> tuple[str, str, str]:
    """stdout, stderr, and how it ended if not by itself."""
    try:
        done = processes.run(command, limit_s, IDLE_S, text, "replace", cwd=ROOT)
    except processes.GivenUp as why:
        return why.stdout, why.stderr, f"did not end: {why}"
    except OSError as error:
        return "", f"{command[0]}: {error.strerror}", "could not be started"
    ended = ""
    if done.returncode < 0:
        ended = f"was ended by {signal.Signals(-done.returncode).name}"
    return done.stdout, done.stderr, ended


def _verdicts(text: str) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for line in text.splitlines():
        try:
            verdict = json.loads(line)
        except ValueError:
            continue  # the last line of a program that was ended
        found[verdict["id"]] = verdict
    return found


def _no_verdict(why: str) -> Verdict:
    return {"verdict": "none", "why": why}


def run_bulk(cells: Sequence[Cell]) -> dict[str, Verdict]:
    """The verdict of every cell by id. A cell that ends the program costs one more process, not
    the cells behind it."""
    verdicts: dict[str, Verdict] = {}
    rest = list(cells)
    while rest:
        lines = "".join(f"{cell.id}\t{' '.join(arguments(cell))}\n" for cell in rest)
        limit_s = BATCH_LIMIT_S + CELL_LIMIT_S * len(rest)
        out, err, ended = _run([str(shakedown()), "pair", "--batch", "-"], lines, limit_s)
        found = _verdicts(out)
        verdicts |= found
        # A sanitizer ends the program by an exit code, not by a signal: however it ended, it did so
        # in the cell after the last one that has a line.
        last = max((n for n, cell in enumerate(rest) if cell.id in found), default=-1)
        if last + 1 < len(rest):
            why = f"the program {ended or 'ended without a verdict'}\n{err[-2000:]}"
            verdicts[rest[last + 1].id] = _no_verdict(why)
        for cell in rest[: last + 1]:
            verdicts.setdefault(cell.id, _no_verdict(f"no line for this cell\n{err[-2000:]}"))
        rest = rest[last + 2 :]
    return verdicts


def _differences(cell: Cell, verdict: Verdict) -> Iterable[str]:
    """Facts that an end tells otherwise, or that nobody tells though the kinds of both ends do not
    declare that they cannot."""
    told = set()
    for side, fact, wanted in asked(cell.facts):
        if fact in verdict["untold"][side]:
            continue
        told.add(fact)
        value = f"TLS {wanted}" if fact == "version" else wanted
        row = facts()[fact]
        said = (verdict["wire"] if row.is_seen else verdict)[side].get(fact)
        if row.type == "NAMES" and value in (said or ()):
            continue
        if (said or NONE if wanted == NONE else said) != value:
            yield f"the {side} says {fact} is {said!r}, expected {value!r}"
    for fact in {fact for _, fact, _ in asked(cell.facts)} - told:
        yield f"no end can tell what {fact} is"


def _uncompared(cell: Cell, verdict: Verdict) -> Iterable[str]:
    """Facts that the driver was to compare between the ends, and did not."""
    for fact in facts().values():
        untold = any(fact.name in verdict["untold"][side] for side in SIDES)
        if not fact.is_shared or untold or fact.name in verdict["compared"]:
            continue
        if is_defined(fact, cell.version, verdict["client"]):
            yield f"{fact.name} was not compared"


def _alarms(verdict: Verdict) -> list[str]:
    """What the oracles found: never expected."""
    return [
        f"alarm of {alarm['oracle']}: {alarm['words']} [{alarm['clause']}]"
        for alarm in verdict.get("alarms", ())
    ]


def _complaints(cell: Cell, verdict: Verdict, expectation: Expectation) -> list[str]:
    """How the verdict differs from this expectation."""
    if alarms := _alarms(verdict):
        return alarms
    kind, why = verdict["verdict"], verdict.get("why", "")
    said = [f"{kind}: {why}" if why else kind]
    if kind in ("none", "unusable"):
        return [f"{'no verdict' if kind == 'none' else 'not usable'}: {why}"]
    if expectation.alert is None:
        if kind != "good":
            return said
        return [*_differences(cell, verdict), *_uncompared(cell, verdict)]
    if expectation.unheard:
        other = "server" if expectation.by == "client" else "client"
        sent = verdict[str(expectation.by)]["alert_sent"], verdict[other]["alert_sent"]
        wanted = expectation.alert, expectation.unheard
        return [] if kind == "broken" and sent == wanted else said
    refused = ("refused", expectation.alert, expectation.by)
    return [] if (kind, verdict["alert"], verdict["alert_from"]) == refused else said


def outcome_of(cell: Cell, verdict: Verdict, keep: bool = False) -> Outcome:
    """The outcome by a verdict; with the output of both sides if it failed, or with `keep`."""
    outcome = begin(cell)
    outcome.judge([_complaints(cell, verdict, each) for each in cell.expectation.choices()])
    for side in SIDES:
        outcome.note(cell, verdict.get(side, {}).get("deviations", ()))
    outcome.seconds = verdict.get("micros", 0) / 1e6
    said = (verdict["verdict"], verdict.get("alert"), verdict.get("alert_from"))
    outcome.verdict = " ".join(word for word in said if word)
    if keep or not outcome.ok:
        outcome.words = {side: _end_words(verdict, side) for side in SIDES if side in verdict}
    return outcome


def _end_words(verdict: Verdict, side: str) -> str:
    """One end's part of a verdict."""
    end = verdict.get(side, {})
    return ", ".join(
        f"{key} {value}" for key, value in end.items() if value not in (None, "", False, [])
    )


def run_alone(cell: Cell, keep: bool = True) -> Outcome:
    """Runs a cell by itself, with a recording; keeps what it leaves if it failed, or if that is
    asked for."""
    folder = Folder(cell)
    record = folder.path.relative_to(ROOT) / "recording"
    command = [str(shakedown()), "pair", *arguments(cell), "--record", str(record)]
    start = time.monotonic()
    try:
        out, err, ended = _run([*command, "--json"], "", BATCH_LIMIT_S)
    except KeyboardInterrupt:
        folder.drop()
        raise
    seconds = time.monotonic() - start
    try:
        verdict = json.loads(out)
    except ValueError:
        verdict = _no_verdict(f"the program {ended or 'printed no verdict'}\n{out}{err}")
    outcome = outcome_of(cell, verdict, keep=True)
    outcome.seconds = seconds
    outcome.commands = [shown_command(command)]
    if err:
        outcome.words["program"] = err
    if outcome.ok and not keep:
        folder.drop()
        return outcome
    Path(folder.path, "verdict.json").write_text(json.dumps(verdict, indent=2), encoding="utf-8")
    folder.keep(outcome)
    return outcome
