"""The files that tell of a run: --json, --junit and the HTML page of --report."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

from interop.grid import WAYS, grid, left_out
from interop.peers import load_peers
from interop.run import NOT_ENDED, Run
from scripts.lib.files import save_text
from scripts.lib.words import count

TEMPLATE = Path(__file__).with_name("report.html.j2")
# What XML 1.0 cannot have, not even escaped (§2.2).
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(run: Run) -> dict[str, Any]:
    """The run as data."""
    peers = {cell.peer for cell in run.cells}
    return {
        "cells": len(run.cells),
        "as_expected": run.as_expected,
        "failed": len(run.failed),
        "not_run": len(run.not_run),
        "cut_short": run.cut_short,
        "troubles": run.troubles,
        "alone_seed": run.seed,
        "seconds": round(run.seconds, 3),
        "peers": {
            peer.name: {"title": peer.title, "version": peer.version_text() if run.outcomes else ""}
            for peer in load_peers().values()
        },
        "grid": [
            {
                "peer": row.peer,
                "role": row.role,
                "version": row.version,
                **{way: vars(count) for way, count in row.counts.items()},
            }
            for row in grid(run)
        ],
        "left_out": [{"why": why, "cells": ids} for why, ids in left_out(peers).items()],
        "results": [run.outcomes[name].row() for name in sorted(run.outcomes)],
        "cells_not_run": sorted(run.not_run),
    }


def as_json(run: Run) -> str:
    return json.dumps(document(run), indent=1, ensure_ascii=False) + "\n"


def as_html(run: Run) -> str:
    template = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    return template.render(run=document(run), ways=WAYS, count=count)


def _xml_text(text: str) -> str:
    return NOT_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def as_junit(run: Run) -> str:
    """A failed cell is a failure; one that did not run, and what went wrong with the harness, are
    errors: a reader of the file takes skipped cases for good ones."""
    errors = len(run.not_run) + len(run.troubles)
    suite = ElementTree.Element(
        "testsuite",
        name="interop",
        tests=str(len(run.cells) + len(run.troubles)),
        failures=str(len(run.failed)),
        errors=str(errors),
        skipped="0",
        time=f"{run.seconds:.3f}",
    )

    def case(name: str, seconds: float, kind: str, message: str, text: str = "") -> None:
        attributes = {"classname": "interop", "name": name, "time": f"{seconds:.3f}"}
        element = ElementTree.SubElement(suite, "testcase", attributes)
        if kind:
            bad = ElementTree.SubElement(element, kind, message=_xml_text(message))
            bad.text = _xml_text(text)

    for cell in run.cells:
        outcome = run.outcomes.get(cell.id)
        if outcome is None:
            case(cell.id, 0, "error", f"did not run: {run.cut_short or 'no outcome'}")
        elif outcome.ok:
            case(cell.id, outcome.seconds, "", "")
        else:
            case(cell.id, outcome.seconds, "failure", outcome.complaints[0], outcome.text())
    for number, trouble in enumerate(run.troubles, 1):
        case(f"harness/{number}", 0, "error", trouble.splitlines()[0], trouble)
    suites = ElementTree.Element("testsuites", name="interop")
    suites.append(suite)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


WRITERS: dict[str, Callable[[Run], str]] = {
    "json": as_json,
    "junit": as_junit,
    "report": as_html,
}


class ReportError(Exception):
    """A report cannot be written; the text says which and why."""


def write_reports(files: dict[str, Path], run: Run) -> None:
    """Writes what is asked for; ReportError names what cannot be written. A run writes its reports
    before it begins, too: one that is killed leaves no page of an earlier one that was good."""
    for option, file in files.items():
        is_stream = file.is_fifo() or file.is_char_device()
        if is_stream and not run.outcomes and run.cut_short == NOT_ENDED:
            continue  # what reads there gets one document
        text = WRITERS[option](run)
        try:
            if is_stream:
                file.write_bytes(text.encode("utf-8", "surrogateescape"))
            else:
                save_text(file.resolve(), text)
        except OSError as error:
            raise ReportError(f"--{option} {file}: {error.strerror}") from error
