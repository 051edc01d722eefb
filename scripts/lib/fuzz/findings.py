"""Findings of campaigns: a folder of out/fuzz/findings for each, and a page over all of them.

A folder is called KIND-HASH, as in every report. It has the input, made small, the script or the
decoded message that it is, what the sanitizer or the oracle said, and finding.json with the rest.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from scripts.lib import processes
from scripts.lib.asan import start_words
from scripts.lib.exits import Stop
from scripts.lib.files import command_line, save, save_text, shown_path
from scripts.lib.fuzz import libfuzzer
from scripts.lib.fuzz.signatures import Signature
from scripts.lib.fuzz.targets import replayer
from scripts.lib.paths import ROOT
from scripts.lib.presets import fuzzer
from scripts.lib.words import near

FUZZ_OUT = ROOT / "out" / "fuzz"
FINDINGS = FUZZ_OUT / "findings"
EMPTY = "-empty"  # ends the name of an input of no bytes, which thus was not cut short
FACTS = "finding.json"
SCRIPT = "script.case"
SHOW_S = 30  # of processor time
# What a target that plays scripts says, and then the script.
SCRIPT_TEXT = re.compile(
    r"fuzz: property violated: [^\n]*, form script: [^\n]*\n\n(.*?)\n(?:==|\n|$)", re.S
)
CLAUSE = re.compile(r"fuzz: property violated: [^\n]*\[((?:RFC )?[^\]\n]*§[^\]\n]*|RFC [^\]\n]*)\]")
SAID = re.compile(r"fuzz: property violated: [^\n]*|ERROR: [^\n]*|[^\n]*runtime error: [^\n]*")


@dataclass
class Finding:
    """What finding.json says; `promoted` is where its input lies for good, "" for nowhere yet."""

    name: str
    kind: str
    where: list[str]
    target: str
    targets: list[str]
    said: str
    clause: str
    first_seen: str
    commit: str
    size: int
    reproduces: bool = True
    promoted: str = ""
    folder: Path = field(default=FINDINGS, compare=False)

    @property
    def input(self) -> Path:
        return self.folder / f"input{'' if self.size else EMPTY}"

    @property
    def file_name(self) -> str:
        """Of its input in corpora/regressions."""
        return self.name + ("" if self.size else EMPTY)

    @property
    def command(self) -> str:
        """The one that reproduces it."""
        return command_line(
            "scripts/repro", ROOT / self.promoted if self.is_elsewhere else self.input
        )

    @property
    def is_elsewhere(self) -> bool:
        """Its input has been moved; that of a promoted script stays, for it is not text."""
        return self.promoted != "" and not self.promoted.endswith(".case")

    @property
    def is_crash(self) -> bool:
        """Not an answer or a property, which an oracle or a driver has found wrong."""
        return "property violated" not in self.said

    def text(self, name: str) -> str:
        """The content of one of its files, "" where there is none."""
        try:
            return (self.folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def save(self) -> None:
        facts = {key: value for key, value in asdict(self).items() if key != "folder"}
        facts["command"] = self.command
        save_text(self.folder / FACTS, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def commit() -> str:
    """The commit of the tree, with a + where it has been changed; "" outside of git."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def script_of(report: str) -> str:
    """The script that a report shows; "" where the input is none."""
    found = SCRIPT_TEXT.search(report)
    return found[1].strip("\n") + "\n" if found else ""


def decoded(target: str, path: Path) -> str:
    """What an input is, as the target's replayer prints it."""
    command = [*start_words(), str(fuzzer(replayer(target))), "--print", target, str(path)]
    try:
        return processes.run(command, SHOW_S, env=libfuzzer.environment()).stdout
    except (processes.GivenUp, OSError) as why:
        return f"(decoding or printing it does not end: {why})\n"


def keep(
    signature: Signature,
    targets: Sequence[str],
    content: bytes,
    report: str,
    reproduces: bool,
) -> Finding:
    """Writes the folder of a finding, or writes it anew; of one that is known, first seen and the
    commit stay. OSError where that cannot be."""
    folder = FINDINGS / signature.name
    said, clause = SAID.search(report), CLAUSE.search(report)
    finding = Finding(
        name=signature.name,
        kind=signature.kind,
        where=list(signature.where),
        target=targets[0],
        targets=list(targets),
        said=said[0].strip() if said else "",
        clause=clause[1] if clause else "",
        first_seen=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        commit=commit(),
        size=len(content),
        reproduces=reproduces,
        folder=folder,
    )
    known = load(folder)
    if known is not None:
        finding.first_seen, finding.commit = known.first_seen, known.commit
        finding.promoted = known.promoted
        finding.targets = list(dict.fromkeys([*finding.targets, *known.targets]))
    save(finding.input, content)
    save_text(folder / "report.txt", report)
    script = script_of(report)
    name, text = (SCRIPT, script) if script else ("decoded.txt", decoded(targets[0], finding.input))
    if text:
        save_text(folder / name, text)
    finding.save()
    return finding


def load(folder: Path) -> Finding | None:
    """None: it is no folder of a finding."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        facts.pop("command", None)
        return Finding(**facts, folder=folder)
    except (OSError, ValueError, TypeError):
        return None


def findings() -> list[Finding]:
    """All, crashes first, and then the newest first."""
    folders = sorted(FINDINGS.iterdir()) if FINDINGS.is_dir() else []
    found = [finding for folder in folders if (finding := load(folder)) is not None]
    found.sort(key=lambda finding: finding.first_seen, reverse=True)
    return sorted(found, key=lambda finding: (bool(finding.promoted), not finding.is_crash))


def of_name(name: str) -> Finding:
    """Stop where there is none."""
    finding = load(FINDINGS / name) if name and "/" not in name else None
    if finding is None:
        meant = near(name, [finding.name for finding in findings()])
        hint = f"; near: {', '.join(meant)}" if meant else ""
        raise Stop(2, f"{shown_path(FINDINGS)} has no finding {name!r}{hint}")
    return finding


def write_page(found: Iterable[Finding] | None = None) -> Path:
    """The page over all findings."""
    import jinja2  # here, since --help works without it

    template = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True
    ).from_string(Path(__file__).with_name("findings.html.j2").read_text(encoding="utf-8"))
    path = FINDINGS / "index.html"
    rows = list(findings() if found is None else found)
    save_text(path, template.render(findings=rows, commit=commit(), now=now()))
    return path


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
