"""The examples of docs/DEVIATIONS.md are scripts that play, and that our own TLS passes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from scripts.lib.paths import ROOT

PROGRAM = ROOT / "build/dev/harness/shakedown"
PAGE = (ROOT / "docs/DEVIATIONS.md").read_text()
LIMIT_S = 60


def examples() -> dict[str, str]:
    part = PAGE[PAGE.index("## Ten examples") : PAGE.index("## Where it is")]
    found: dict[str, str] = {}
    number = ""
    for line in part.splitlines():
        heading = re.match(r"\*\*(\d+)\.", line)
        number = heading.group(1) if heading else number
        if line.startswith("    "):
            found[number] = found.get(number, "") + line[4:] + "\n"
    return found


def test_there_are_ten() -> None:
    assert list(examples()) == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize("number", examples())
def test_example_plays_and_passes(number: str, tmp_path: Path) -> None:
    script = tmp_path / f"example-{number}.case"
    script.write_text(examples()[number])
    done = subprocess.run(
        [PROGRAM, "play", script, "--against", "ours", "--json"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert rows and all(row["verdict"] == "passed" for row in rows), rows


def test_the_page_has_every_operation() -> None:
    table = (ROOT / "harness/deviate/operations.def").read_text()
    forms = re.findall(r'^SHK_OPERATION\(\w+, "([^"]+)"', table, re.M)
    verbs = {" ".join(re.match(r"[a-z_ ]+", form).group(0).split()) for form in forms}  # type: ignore[union-attr]
    assert len(forms) > 30
    missing = [verb for verb in verbs if verb.split()[0] not in PAGE]
    assert not missing
