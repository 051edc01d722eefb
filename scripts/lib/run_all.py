"""The main job: fuzzes all targets for a minute, runs the interop matrix, and writes one report.

    scripts/run [--seconds N]

Exit: 0 no crash and every cell as expected, 1 otherwise, 3 something is missing.
"""

from __future__ import annotations

import argparse
import html
import json
import time
from pathlib import Path
from typing import Any

from ending import end
from steps import OUT, ROOT, run

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
    return json.loads(file.read_text()) if file.is_file() else {}


def fuzz_facts(results: dict[str, Any]) -> tuple[int, int, int]:
    """Targets, executions, crashes."""
    targets = results.get("targets", [])
    executions = sum(int(target["executions"]) for target in targets)
    return len(targets), executions, sum(len(target["crashes"]) for target in targets)


def target_rows(results: dict[str, Any]) -> str:
    rows = []
    for target in results.get("targets", []):
        crashes = len(target["crashes"])
        verdict = f'<td class="{"bad" if crashes else "good"}">{crashes}</td>'
        rows.append(
            f"<tr><td>{html.escape(target['name'])}</td><td>{target['executions']:,}</td>"
            f"<td>{target['exec_per_s']:,.0f}</td><td>{target['coverage']}</td>"
            f"<td>{target['corpus']}</td>{verdict}</tr>"
        )
    return "\n".join(rows)


def write_report(summary: list[str], results: dict[str, Any], good: bool) -> None:
    """One page: the summary, the targets, and a link to the matrix's own page."""
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in summary)
    verdict = '<p class="good">as expected</p>' if good else '<p class="bad">not as expected</p>'
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Shakedown run</title>"
        f"<style>{STYLE}</style><h1>Shakedown run</h1>{verdict}<ul>{lines}</ul>"
        f"<p><a href='{INTEROP_HTML.name}'>The interop matrix, cell by cell</a></p>"
        f"<h2>Fuzz targets</h2><table><tr><th>target</th><th>executions</th><th>per second</th>"
        f"<th>coverage</th><th>corpus</th><th>crashes</th></tr>{target_rows(results)}</table></html>",
        encoding="utf-8",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="of fuzzing in all; default: 60")
    arguments = parser.parse_args()
    start = time.monotonic()
    for file in (FUZZ_JSON, INTEROP_JSON, INTEROP_HTML):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
    fuzz = ["scripts/fuzz", "--seconds", str(arguments.seconds), "--json", str(FUZZ_JSON)]
    fuzz_code = run("fuzz", fuzz, 1800 + arguments.seconds)
    interop = ["scripts/interop", "--json", str(INTEROP_JSON), "--report", str(INTEROP_HTML)]
    interop_code = run("interop", interop, 1800)
    results = load(FUZZ_JSON)
    cells = load(INTEROP_JSON)
    targets, executions, crashes = fuzz_facts(results)
    total, expected = int(cells.get("cells", 0)), int(cells.get("as_expected", 0))
    good = fuzz_code == 0 and interop_code == 0 and targets > 0 and total > 0 and total == expected
    summary = [
        f"fuzz:    {targets} targets, {executions:,} executions, {crashes} crashes",
        f"interop: {total} cells, {expected} as expected, {total - expected} failed",
        f"time:    {time.monotonic() - start:.0f} s",
    ]
    write_report(summary, results, good)
    print("\n" + "\n".join(summary))
    print(f"report:  {REPORT.relative_to(ROOT)}")
    return 0 if good else max(1, min(3, max(fuzz_code, interop_code)))


if __name__ == "__main__":
    end("run", main)
