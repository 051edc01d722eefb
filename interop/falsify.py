"""The matrix held to what it says it compares: each fact is told falsely at each end, one at a
time, and the cell has to fail. In memory by an endpoint that tells it otherwise or not at all; over
sockets in the words of a program, between what it said and the judgement.

What cannot be noticed in any cell of a peer and role has to have a reason, which is told."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from interop import memory, sockets
from interop.axes import alerts
from interop.cells import Cell, lack_of, matrix, programs
from interop.facts import SIDES, asked, facts
from interop.peers import load_peers
from interop.plans import plans
from interop.sockets import Outputs

HOWS = ("changed", "absent")
BATCH = 400  # cells that one process is given
NOTHING = (None, False, 0, "")
Place = tuple[str, str, str]
Step = Callable[[int], None]


@dataclass(frozen=True)
class Falsehood:
    """One fact of one end, falsified."""

    side: str
    fact: str
    how: str

    @property
    def text(self) -> str:
        return f"{self.side}:{self.fact}" + (":absent" if self.how == "absent" else "")


@dataclass(frozen=True)
class Trial:
    """A cell that compares the falsified fact, and so has to fail."""

    cell: Cell
    falsehood: Falsehood
    outputs: Outputs | None = None  # over sockets: altered


@dataclass
class Findings:
    noticed: dict[tuple[Place, Falsehood], int] = field(default_factory=lambda: defaultdict(int))
    unnoticed: list[str] = field(default_factory=list)  # cells with their falsehoods
    spoilt: list[str] = field(default_factory=list)  # cells that fail as they are

    def add(self, trial: Trial, failed: bool) -> None:
        if failed:
            self.noticed[place_of(trial.cell), trial.falsehood] += 1
        else:
            self.unnoticed.append(f"{trial.cell.id}: {trial.falsehood.text}")


def place_of(cell: Cell) -> Place:
    return cell.way, cell.peer, cell.role


def places() -> list[Place]:
    return sorted({place_of(cell) for cell in matrix()[0]})


def falsehoods() -> Iterator[Falsehood]:
    for fact in facts().values():
        yield from (Falsehood(side, fact.name, how) for side in fact.sides for how in HOWS)


# In memory


def claims(cell: Cell, verdict: memory.Verdict) -> Iterator[Falsehood]:
    """What the cell compares, going by a verdict that is as expected."""
    if cell.expectation.alert is not None:
        yield from _alert_claims(cell, verdict)
        return
    told = {(side, name) for side, name, _ in asked(cell.facts)}
    told |= {(side, name) for name in verdict["compared"] for side in SIDES}
    for side, name in sorted(told):
        if name in verdict["untold"][side]:
            continue
        yield Falsehood(side, name, "changed")
        fact = facts()[name]
        is_field = fact.type not in ("BYTES", "EVENT")
        said = (verdict["wire"] if fact.is_seen else verdict)[side][name] if is_field else None
        if not is_field or said not in NOTHING:
            yield Falsehood(side, name, "absent")


def _alert_claims(cell: Cell, verdict: memory.Verdict) -> Iterator[Falsehood]:
    by = verdict["alert_from"] or cell.expectation.by
    if verdict["verdict"] == "good":  # a deviation that accepts
        return
    other = "server" if by == "client" else "client"
    unheard = verdict["verdict"] == "broken"
    for how in HOWS:
        yield Falsehood(str(by), "alert_sent", how)
        yield Falsehood(other, "alert_sent" if unheard else "alert_received", how)


def _unseen(verdict: memory.Verdict, falsehood: Falsehood) -> memory.Verdict:
    """The verdict with the observation of the wire changed: no end reports that."""
    side, name = falsehood.side, falsehood.fact
    seen = verdict["wire"][side][name]
    other = [] if isinstance(seen, list) else not seen if isinstance(seen, bool) else seen + 1
    end = {**verdict["wire"][side], name: other if falsehood.how == "changed" else None}
    return {**verdict, "wire": {**verdict["wire"], side: end}}


def falsified(cell: Cell, falsehood: Falsehood) -> Cell:
    flags = (*cell.flags, "--falsify", falsehood.text)
    return replace(cell, case=f"{cell.case}#{falsehood.text}", flags=flags)


def _run_batches(cells: Sequence[Cell], step: Step) -> dict[str, memory.Verdict]:
    """As memory.run_bulk, by as many processes as there are processors."""
    verdicts: dict[str, memory.Verdict] = {}
    batches = [cells[at : at + BATCH] for at in range(0, len(cells), BATCH)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
        for found in workers.map(memory.run_bulk, batches):
            verdicts |= found
            step(len(found))
    return verdicts


# Over sockets


def _altered(
    outputs: Outputs,
    sides: Iterable[str],
    pattern: str,
    words: Iterable[str],
    how: str,
) -> Outputs:
    """The outputs without the matches of a pattern, or with another value in them."""

    def other(match: re.Match[str]) -> str:
        text = match[0]
        for word in words if how == "changed" else (text,):
            text = text.replace(word, f"~{word[1:]}" if how == "changed" else "")
        return text

    changed = {
        side: replace(
            outputs[side], text=re.sub(pattern, other, outputs[side].text, flags=re.MULTILINE)
        )
        for side in sides
    }
    return outputs | changed


def trials_of_words(cell: Cell, outputs: Outputs) -> Iterator[Trial]:
    """Each fact that the programs of a cell have reported, falsified in their outputs."""
    if cell.expectation.alert is not None:
        yield from _trials_of_alerts(cell, outputs)
        return
    page = _altered(outputs, ("client",), programs(cell)["server"].page, (), "absent")
    yield Trial(cell, Falsehood("client", "application_data", "absent"), page)
    for side, program in programs(cell).items():
        texts = SIDES if side == "server" else ("client",)
        for row in sockets.reported(cell, side, program):
            if not row.wanted:  # what was not written cannot be removed
                continue
            for how in HOWS if row.words else ("absent",):
                said = _altered(outputs, texts, row.pattern, row.words, how)
                yield Trial(cell, Falsehood(side, row.fact, how), said)


def _trials_of_alerts(cell: Cell, outputs: Outputs) -> Iterator[Trial]:
    alert, by = cell.expectation.alert, cell.expectation.by
    if cell.expectation.silent:
        return
    for side, program in programs(cell).items():
        verb, fact = ("sends", "alert_sent") if side == by else ("hears", "alert_received")
        pattern = sockets.alert_told(program, verb, str(alert))
        if pattern is None or not re.search(pattern, outputs[side].text):
            continue
        words = (str(alert), str(alerts()[str(alert)]))
        for how in HOWS:
            said = _altered(outputs, (side,), pattern, words, how)
            yield Trial(cell, Falsehood(side, fact, how), said)


# Both


def sample(cells: Iterable[Cell]) -> list[Cell]:
    """Cells that have one of everything: of each place and version each kind of case, with each set
    of facts that hold in it."""
    found: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        kind = cell.case.split("/")[0]
        kind = "handshake" if kind.startswith("TLS_") else kind
        truths = tuple(sorted(name for name, value in cell.facts.items() if value not in NOTHING))
        found.setdefault((*cell.place, kind, truths, cell.expectation.by), cell)
    return list(found.values())


def _one_of_each(trials: Iterable[Trial]) -> list[Trial]:
    """The first trial of each falsehood in each place and version."""
    found: dict[tuple[object, ...], Trial] = {}
    for trial in trials:
        found.setdefault((*trial.cell.place, trial.falsehood), trial)
    return list(found.values())


def no_progress(count: int) -> None:
    """For a run that shows no progress."""


def run(
    cells: Sequence[Cell], everything: bool, step: Step = no_progress, expect: Step = no_progress
) -> Findings:
    """Tells falsely what the cells say that they compare: all of it, or one of each kind. `step`
    hears how many more cells have run, `expect` how many more there will be."""
    findings = Findings()
    choose: Callable[[Iterable[Trial]], Iterable[Trial]] = list if everything else _one_of_each
    if not everything:
        cells = sample(cells)
    in_memory = [cell for cell in cells if cell.way == "mem"]
    honest = _run_batches(in_memory, step)
    trials = []
    for cell in in_memory:
        if memory.outcome_of(cell, honest[cell.id]).ok:
            trials += [Trial(cell, falsehood) for falsehood in claims(cell, honest[cell.id])]
        else:
            findings.spoilt.append(cell.id)
    chosen = []
    for trial in choose(trials):
        if facts()[trial.falsehood.fact].is_seen:
            verdict = _unseen(honest[trial.cell.id], trial.falsehood)
            findings.add(trial, not memory.outcome_of(trial.cell, verdict).ok)
        else:
            chosen.append(trial)
    changed = {falsified(trial.cell, trial.falsehood).id: trial for trial in chosen}
    wanted = [falsified(trial.cell, trial.falsehood) for trial in chosen]
    expect(len(wanted))
    verdicts = _run_batches(wanted, step)
    for cell in wanted:
        findings.add(changed[cell.id], not memory.outcome_of(cell, verdicts[cell.id]).ok)
    spoken = [
        trial for cell in cells if cell.way == "socket" for trial in _listen(cell, findings, step)
    ]
    for trial in choose(spoken):
        assert trial.outputs is not None
        findings.add(trial, all(sockets.judge(trial.cell, trial.outputs)))
    return findings


def _listen(cell: Cell, findings: Findings, step: Step) -> list[Trial]:
    outcome, outputs = sockets.run_socket_with_outputs(cell)
    step(1)
    if outcome.ok:
        return list(trials_of_words(cell, outputs))
    findings.spoilt.append(cell.id)
    return []


def reasons(place: Place, falsehood: Falsehood) -> list[str]:
    """Why no cell of a place could notice a falsehood: what the peer lacks or cannot tell."""
    way, peer, role = place
    named = [
        lack_of(load_peers()[peer], way, role, plan)
        for plan in plans()
        if plan.facts.get(falsehood.fact) not in NOTHING and (way == "mem" or plan.socket)
    ]
    found = [lack.why for lack in named if lack] if all(named) else []
    key = f"{falsehood.side}.{falsehood.fact}"
    if role not in ("both", falsehood.side) and any(key in plan.ours_facts for plan in plans()):
        found.append("cells ask our own end alone for it")
    if way == "socket":
        player = load_peers()["ours" if falsehood.side == role else peer].program(falsehood.side)
        assert player is not None
        untold = [row.why for row in player.untold if row.fact == falsehood.fact]
        is_mark = "{" not in player.reports.get(falsehood.fact, "{")
        if falsehood.how == "changed" and is_mark:
            untold.append("the program writes a mark where it holds, which has no other value")
        if facts()[falsehood.fact].is_seen:
            untold.append("over sockets nobody sees the wire")
        asked_for = {
            key.rpartition(".")[2] for plan in plans() if plan.socket for key in plan.facts
        }
        if falsehood.fact not in asked_for and "alert" not in falsehood.fact:
            untold.append("no cell over sockets asks for it: those in memory do")
        found += untold
    return list(dict.fromkeys(found))


def unexcused(findings: Findings, of: Iterable[Place]) -> Iterator[str]:
    """Falsehoods that no cell of a place noticed, without a reason."""
    for place in of:
        for falsehood in falsehoods():
            if (place, falsehood) not in findings.noticed and not reasons(place, falsehood):
                yield f"{'/'.join(place)}: no cell notices {falsehood.text}, and no row says why"
