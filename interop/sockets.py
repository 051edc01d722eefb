"""Cells over loopback: our program against another, one process each, in either role."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interop.axes import alerts
from interop.cells import Cell, facts_told, programs
from interop.command_lines import shown_command
from interop.expected import Expectation
from interop.facts import SIDES
from interop.outcome import Folder, Outcome, begin
from interop.peers import Program, command_line, fact_words
from scripts.lib.child import Child, Missing, listening_port
from scripts.lib.paths import PKI, ROOT
from scripts.lib.processes import Watch

LIMIT_S = 60.0  # of processor time, for both programs
IDLE_S = 60.0  # that neither of them does anything
# Early data: the beginning of a request, which what is sent after the handshake completes.
EARLY = "GET / HTTP/1.0\r\nX-Later: "
PEM_END = "-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class ProgramOutput:
    """What a program that has ended has written, and its exit status."""

    text: str
    status: int | None


Outputs = dict[str, ProgramOutput]  # by side


@dataclass
class CellRun:
    """Both programs of a cell, and what they said."""

    programs: dict[str, Program]
    children: dict[str, Child]
    complaints: list[str]
    watch: Watch = field(default_factory=lambda: Watch(LIMIT_S, IDLE_S))


def _rest_of_chain(name: str | None, folder: Path) -> str:
    """A file with the chain but for its leaf, which some programs want apart; "" if it is empty."""
    if name is None:
        return ""
    certificate = PKI / f"{name}.pem"
    rest = certificate.read_text(encoding="ascii").split(PEM_END, 1)[1]
    if not rest.strip():
        return ""
    file = folder / f"{certificate.stem}-chain.pem"
    file.write_text(rest, encoding="ascii")
    return str(file)


def _files(cell: Cell, folder: Path, side: str) -> dict[str, str]:
    """What the placeholders of a command line stand for, as far as they are files."""
    end = cell.client if side == "client" else cell.server
    early = folder / "early"
    early.write_text(EARLY, encoding="ascii")
    if cell.server.psk:
        (folder / "psk").write_text(":".join(cell.server.psk) + "\n", encoding="ascii")
    return {
        "cafile": str(PKI / "roots.pem"),
        "anchors": str(PKI / "roots.pem") if end.can_verify else "",
        "certificate": str(PKI / end.certificate) if end.certificate else "",
        "chain": _rest_of_chain(end.certificate, folder),
        "early_file": str(early) if end.values("allow-early-data") else "",
        "psk_file": str(folder / "psk") if cell.server.psk else "",
        "keylog": str(folder / f"{side}-keys.log"),
        "session": str(folder / "session"),
        "connections": str(cell.connections),
    }


def _start(
    cell: Cell,
    run: CellRun,
    side: str,
    folder: Path,
    port: int | None = None,
    more: tuple[str, ...] = (),
) -> Child:
    program = run.programs[side]
    words = {**_files(cell, folder, side), "port": str(port)}
    end = cell.client if side == "client" else cell.server
    command = command_line(program, end, words, more)
    added = {key: value.format(**words) for key, value in program.environment.items()}
    child = Child(side, command, bool(program.says), added, ROOT, run.watch)
    run.children[side] = child
    return child


def _port(program: Program, server: Child) -> int | None:
    """Where the server listens, once it says so."""
    found = server.wait_for(program.ready)
    if found is None:
        return None
    said = found.groupdict().get("port")
    return int(said) if said else listening_port(server.pid)


def _run_client(run: CellRun, client: Child) -> None:
    """Lets the client fetch the server's page, and waits until it has ended."""
    program, server = run.programs["client"], run.programs["server"]
    if program.says:
        client.say(program.says)
        client.wait_for(server.page)
        client.close_input()
    if client.wait() is None:
        run.complaints.append(f"the client did not end: {run.watch.why}")


def _alert_pattern(pattern: str, alert: str) -> str:
    return pattern.format(alert=alert, number=alerts()[alert])


def _await_server(cell: Cell, run: CellRun) -> None:
    """Waits until the server has written what is expected of it. One that goes on serving is ended
    after that."""
    program, server = run.programs["server"], run.children["server"]
    if program.ends == "alone":
        if server.wait() is None:
            run.complaints.append(f"the server did not end: {run.watch.why}")
        return
    outputs = [
        _alert_pattern(program.hears_alert, choice.alert)
        for choice in cell.expectation.choices()
        if choice.alert and choice.by == "client" and not (choice.unheard or choice.silent)
    ]
    refused = cell.expectation.alert is not None and outputs
    reports = [row.pattern for row in reported(cell, "server", program) if row.wanted]
    patterns = ["|".join(outputs)] if refused else reports
    for pattern in patterns:
        if server.wait_for(pattern) is None:
            return


def _connect_first(cell: Cell, run: CellRun, folder: Path, port: int) -> None:
    """Makes the first of two connections, whose session is kept, unless the client makes both by
    itself."""
    keeps = run.programs["client"].keeps
    if cell.connections == 1 or not keeps:
        return
    with _start(cell, run, "client", folder, port, keeps) as client:
        _run_client(run, client)
    run.children["first client"] = client
    if client.status != 0 or not re.search(run.programs["server"].page, client.text):
        run.complaints.append(f"the first connection failed, with status {client.status}")


def _run_programs(cell: Cell, run: CellRun, folder: Path) -> None:
    with _start(cell, run, "server", folder) as server:
        port = _port(run.programs["server"], server)
        if port is None:
            run.complaints.append("the server did not say that it is ready")
            return
        _connect_first(cell, run, folder, port)
        if run.complaints:
            return
        more = run.programs["client"].resumes if cell.connections == 2 else ()
        with _start(cell, run, "client", folder, port, more) as client:
            _run_client(run, client)
        _await_server(cell, run)


@dataclass(frozen=True)
class ReportedFact:
    """A fact that a program reports: a pattern that its output matches, or, if not `wanted`, does
    not match."""

    fact: str
    value: Any
    pattern: str
    wanted: bool
    words: tuple[str, ...]  # the value, as it stands in the pattern


def _unescape(word: str) -> str:
    """Undoes re.escape."""
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


def reported(cell: Cell, side: str, program: Program) -> list[ReportedFact]:
    """The facts that the side's program must have reported, as far as it can."""
    if cell.expectation.alert is not None:
        return []
    told = dict(facts_told(cell, side, program))
    words = fact_words(program.names, told)
    rows = []
    for fact, value in told.items():
        pattern = program.reports[fact]
        used = tuple(_unescape(word) for name, word in words.items() if f"{{{name}}}" in pattern)
        wanted = bool(used) or value not in ("", False)
        rows.append(ReportedFact(fact, value, pattern.format(**words), wanted, used))
    return rows


def _judge_good(cell: Cell, outputs: Outputs) -> list[str]:
    complaints = []
    client, server = outputs["client"], outputs["server"]
    if not re.search(programs(cell)["server"].page, client.text):
        complaints.append("the client did not get the server's page")
    if client.status != 0:
        complaints.append(f"the client ended with status {client.status}")
    # What a server reports may stand on its page, which the client prints.
    texts = {"client": client.text, "server": server.text + client.text}
    for side in SIDES:
        for row in reported(cell, side, programs(cell)[side]):
            if bool(re.search(row.pattern, texts[side], re.MULTILINE)) != row.wanted:
                complaints.append(
                    f"the {side} does not say that {row.fact} is {row.value}: /{row.pattern}/"
                )
    return complaints


def alert_told(program: Program, verb: str, alert: str) -> str | None:
    """What a program writes when it has sent ("sends") or received ("hears") an alert; None: it
    does not tell."""
    pattern = program.sends_alert if verb == "sends" else program.hears_alert
    return _alert_pattern(pattern, alert) if pattern else None


def _judge_refused(cell: Cell, expectation: Expectation, outputs: Outputs) -> list[str]:
    assert expectation.alert and expectation.by
    by = expectation.by
    other = "client" if by == "server" else "server"
    complaints = []
    if outputs["client"].status == 0:
        complaints.append("the client ended with status 0")
    if re.search(programs(cell)["server"].page, outputs["client"].text):
        complaints.append("the client got the server's page")
    if expectation.silent:
        checks = [(other, "hears", expectation.alert, False)]
    elif expectation.unheard:
        checks = [(by, "sends", expectation.alert, True)]
        checks += [(other, "sends", expectation.unheard, True)]
    else:
        checks = [(by, "sends", expectation.alert, True), (other, "hears", expectation.alert, True)]
    for side, verb, alert, wanted in checks:
        pattern = alert_told(programs(cell)[side], verb, alert)
        if pattern and bool(re.search(pattern, outputs[side].text)) != wanted:
            said = "does not say" if wanted else "says"
            done = {"sends": "sent", "hears": "received"}[verb]
            complaints.append(f"the {side} {said} that it {done} {alert}")
    return complaints


def judge(cell: Cell, outputs: Outputs) -> list[list[str]]:
    """For each result that is acceptable, what the programs' outputs have against it."""
    return [
        _judge_good(cell, outputs)
        if choice.alert is None
        else _judge_refused(cell, choice, outputs)
        for choice in cell.expectation.choices()
    ]


def tolerated_deviations(cell: Cell, outputs: Outputs) -> list[str]:
    """The deviations of the peer that our program reports to have tolerated."""
    ours = outputs[cell.role].text if cell.role in outputs else ""
    lists = re.findall(r'"deviations": ?\[([^\]]*)\]', ours)
    return sorted(set(re.findall(r"\w+", " ".join(lists))))


def run_socket(cell: Cell, keep: bool = False) -> Outcome:
    """Runs a cell; keeps what it leaves if it failed, or if that is asked for."""
    return run_socket_with_outputs(cell, keep)[0]


def run_socket_with_outputs(cell: Cell, keep: bool = False) -> tuple[Outcome, Outputs]:
    """As run_socket, with the outputs of both programs."""
    outcome = begin(cell)
    run = CellRun(programs(cell), {}, outcome.complaints)
    absent = [text for program in run.programs.values() if (text := program.missing())]
    if absent:
        outcome.complaints += absent
        return outcome, {}
    folder = Folder(cell)
    start = time.monotonic()
    try:
        _run_programs(cell, run, folder.path)
    except Missing as missing:
        outcome.complaints.append(str(missing))
    except KeyboardInterrupt:
        folder.drop()
        raise
    outputs = {
        side: ProgramOutput(child.text, child.status) for side, child in run.children.items()
    }
    if not outcome.complaints:
        outcome.judge(judge(cell, outputs))
        outcome.note(cell, tolerated_deviations(cell, outputs))
    outcome.seconds = time.monotonic() - start
    if keep or outcome.complaints:
        outcome.words = {side: child.text for side, child in run.children.items()}
        outcome.commands = [
            shown_command(child.command, child.environment) for child in run.children.values()
        ]
        folder.keep(outcome)
    else:
        folder.drop()
    return outcome, outputs
