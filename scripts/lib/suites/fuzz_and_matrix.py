"""The main job: fuzzes all targets for a minute, runs the interop matrix, and writes one report.

    scripts/run [--seconds N]

Exit: 0 no crash and every cell as expected, 1 otherwise, 2 wrong use, 3 something is missing,
130 interrupted.
"""

from __future__ import annotations

import argparse
import html
import json
import time
from pathlib import Path
from typing import Any

from scripts.lib.exits import INTERRUPTED, run_main
from scripts.lib.files import remove_old, shown_path, write_result
from scripts.lib.options import seconds
from scripts.lib.paths import OUT
from scripts.lib.ready import ready
from scripts.lib.suites.steps import run
from scripts.lib.words import count

STEPS = 2
HEAD = ("target", "executions", "per second", "coverage", "corpus", "crashes", "")

FUZZ_JSON = OUT / "run" / "fuzz.json"
INTEROP_JSON = OUT / "run" / "interop.json"
INTEROP_HTML = OUT / "run" / "interop.html"
REPORT = OUT / "run" / "report.html"

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{padding:.15rem .6rem;text-align:right;
border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left;font-family:monospace}
.bad{color:#b00020;font-weight:600}.good{color:#1b6e3c;font-weight:600}"""


def load(file: Path) -> dict[str, Any]:
    """A step's results, or nothing where it did not get to write them."""
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


class Results:
    """The results of the two steps. They are written before the steps begin too, so that a run that
    does not end leaves no page of an earlier one that did."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.fuzz: dict[str, Any] = {}
        self.cells: dict[str, Any] = {}
        self.codes: list[int] = []
        self.interrupted = False

    @property
    def good(self) -> bool:
        total = self.cells.get("cells", 0)
        seen = self.fuzz.get("targets") and total > 0 and total == self.cells.get("as_expected")
        return bool(seen) and self.codes == [0, 0]

    @property
    def code(self) -> int:
        if self.interrupted:
            return INTERRUPTED
        return 0 if self.good else max(1, min(3, max(self.codes)))

    @property
    def verdict(self) -> str:
        if self.good:
            return "as expected"
        if self.interrupted:
            return "interrupted: not all of it was run"
        return "not as expected" if len(self.codes) == STEPS else "this run has not ended"

    def lines(self) -> list[str]:
        return [
            f"fuzz:    {self.fuzz.get('summary', 'not run')}",
            f"interop: {self._interop()}",
            f"time:    {time.monotonic() - self.began:.0f} s",
        ]

    def _interop(self) -> str:
        if not self.cells:
            return "not run"
        total, expected = self.cells["cells"], self.cells["as_expected"]
        failed = self.cells.get("failed", total - expected)
        line = f"{count(total, 'cell')}, {expected:,} as expected, {failed:,} failed"
        missing = self.cells.get("not_run", 0)
        return f"{line}, {missing:,} did not run" if missing else line

    def read(self) -> None:
        self.fuzz, self.cells = load(FUZZ_JSON), load(INTEROP_JSON)

    def write(self) -> None:
        """One page: the summary, the crashes, the targets, and a link to the matrix's own page."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.lines())
        kind = "good" if self.good else "bad"
        write_result(
            REPORT,
            f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Shakedown run</title>"
            f"<style>{STYLE}</style><h1>Shakedown run</h1><p class='{kind}'>{self.verdict}</p>"
            f"<ul>{lines}</ul><p><a href='{INTEROP_HTML.name}'>The interop matrix, cell by cell</a>"
            f"</p>{crash_list(self.fuzz)}<h2>Fuzz targets</h2>{target_table(self.fuzz)}</html>",
        )


def crash_list(results: dict[str, Any]) -> str:
    """Each crash once, with the targets that have it and what reproduces it in each."""
    items = []
    for crash in results.get("crashes", []):
        where = " &lt; ".join(map(html.escape, crash["where"]))
        commands = "\n".join([crash["reproduce"], *crash["targets"].values()])
        items.append(
            f"<li><b>{html.escape(crash['kind'])}</b>: {where}<br>"
            f"{count(len(crash['targets']), 'target')}: {', '.join(crash['targets'])}"
            f"<details><summary>reproduce</summary><pre>{html.escape(commands)}</pre></details>"
        )
    return f"<h2>Crashes</h2><ol class='bad'>{''.join(items)}</ol>" if items else ""


def target_table(results: dict[str, Any]) -> str:
    rows = ["".join(f"<th>{name}</th>" for name in HEAD)]
    for target in results.get("targets", []):
        good = target["status"] == "done" and target["crashes"] == 0
        numbers = ("executions", "exec_per_s", "coverage", "corpus", "crashes")
        cells = [target["name"], *(f"{target[number]:,}" for number in numbers)]
        row = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        status = html.escape(target["note"] or target["status"])
        rows.append(f"{row}<td class='{'good' if good else 'bad'}'>{status}</td>")
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seconds", type=seconds, default=60, help="of fuzzing in all; default: 60"
    )
    given = parser.parse_args().seconds
    ready()
    results = Results()
    for file in (FUZZ_JSON, INTEROP_JSON, INTEROP_HTML):
        remove_old(file)
    results.write()
    fuzz = ["scripts/fuzz", "--seconds", f"{given:g}", "--json", str(FUZZ_JSON)]
    interop = ["scripts/interop", "--json", str(INTEROP_JSON), "--report", str(INTEROP_HTML)]
    try:
        results.codes.append(run("fuzz", fuzz, 1800 + given))
        results.codes.append(run("interop", interop, 1800))
    except KeyboardInterrupt:
        results.interrupted = True
    results.interrupted |= INTERRUPTED in results.codes
    results.read()
    print("\n" + "\n".join(results.lines()))
    if results.interrupted:
        print(f"run:     {results.verdict}")
    results.write()
    print(f"report:  {shown_path(REPORT)}")
    return results.code


if __name__ == "__main__":
    run_main("run", main)
