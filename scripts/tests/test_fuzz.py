"""scripts/fuzz: an input that makes a target fail is kept and told, whatever happens."""

from __future__ import annotations

import json
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.files import save
from scripts.lib.fuzz.crashes import Crashes
from scripts.lib.fuzz.libfuzzer import Group, Status
from scripts.lib.fuzz.signatures import signature_of
from scripts.tests.support import CRASHING, LIMIT_S, Tree

KIND = "heap-buffer-overflow"
REPORT = """
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011
    #0 0x55d0 in take /home/a b/é/impl/wire/codec.c:35:12
    #1 0x55d1 in shk_u8 /home/a b/é/impl/wire/codec.c:99:5
    #2 0x55d2 in fuzzer::Fuzzer::ExecuteCallback(unsigned char const*) (/home/a b/é/x+0x1)
"""


def fuzz(tree: Tree, *arguments: object, limited: bool = False) -> subprocess.CompletedProcess[str]:
    return tree.run(
        "fuzz.campaign", *arguments, "--json", tree.root / "out/facts.json", limited=limited
    )


def findings(tree: Tree) -> list[dict[str, Any]]:
    paths = sorted((tree.root / "out/fuzz/findings").glob("*/finding.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def test_a_target_that_is_left_out_is_not_run(tree: Tree) -> None:
    tree.add("client_hello", "server_hello")
    names = ["client_hello", "server_hello"]
    fuzz(tree, *names, "--without", "server_hello", "--seconds", "1")
    assert [target["name"] for target in tree.json()["targets"]] == ["client_hello"]
    done = fuzz(tree, "client_hello", "--without", "client_hello")
    assert done.returncode == 2 and "--without leaves no target" in done.stderr
    done = fuzz(tree, "--without", "nope")
    assert done.returncode == 2 and "nope" in done.stderr


def test_one_fault_in_two_targets_is_one_crash_made_small_and_reproduced(tree: Tree) -> None:
    tree.add("client_hello", "server_hello")
    done = fuzz(tree, "client_hello", "server_hello", "--seconds", "1")
    assert done.returncode == 1, done.stderr
    assert "fuzz: 2 targets, " in done.stdout and ", 1 crash\n" in done.stdout
    [crash] = tree.json()["crashes"]
    assert crash["kind"] == KIND and crash["where"] == ["take", "client", "LLVMFuzzerTestOneInput"]
    assert sorted(crash["targets"]) == ["client_hello", "server_hello"]
    [finding] = findings(tree)
    kept = tree.root / "out/fuzz/findings" / finding["name"] / "input"
    assert kept.read_bytes()[:2] == b"!!" and kept.stat().st_size < len(CRASHING)
    assert sorted(finding["targets"]) == ["client_hello", "server_hello"]
    as_found = [path.read_bytes() for path in tree.files("out/fuzz") if KIND in path.name]
    assert as_found.count(CRASHING) == 2
    for command in [crash["reproduce"], *crash["targets"].values()]:
        script, file = shlex.split(command)
        assert script == "scripts/repro"
        again = tree.run("fuzz.repro", tree.root / file)
        assert again.returncode == 1 and f"{KIND}: take < client" in again.stdout


def test_a_later_campaign_knows_the_finding_of_the_earlier(tree: Tree) -> None:
    tree.add("client_hello", "server_hello")
    fuzz(tree, "server_hello", "--seconds", "1")
    [earlier] = findings(tree)
    done = fuzz(tree, "client_hello", "server_hello", "--seconds", "1")
    [later] = findings(tree)
    assert done.returncode == 1 and later["first_seen"] == earlier["first_seen"]
    assert earlier["targets"] == ["server_hello"]
    assert sorted(later["targets"]) == ["client_hello", "server_hello"]


def test_a_promoted_finding_is_a_regression_that_is_known_again(tree: Tree) -> None:
    tree.add("client_hello")
    fuzz(tree, "client_hello", "--seconds", "1")
    [finding] = findings(tree)
    done = tree.run("fuzz.repro", "--promote", finding["name"])
    assert done.returncode == 0, done.stderr
    [kept] = tree.files("corpora/regressions/client_hello")
    assert kept.name == finding["name"] and kept.read_bytes()[:2] == b"!!"
    again = fuzz(tree, "client_hello", "--seconds", "1")
    [crash] = tree.json()["crashes"]
    assert again.returncode == 1
    assert crash["file"] == f"corpora/regressions/client_hello/{finding['name']}"
    assert tree.run("fuzz.repro", finding["name"]).returncode == 1
    refused = tree.run("fuzz.repro", "--promote", finding["name"])
    assert refused.returncode == 2 and "has been promoted" in refused.stderr


def test_a_promoted_script_is_a_case_of_the_end_that_it_is_against(tree: Tree) -> None:
    name, script = "alarm-of-offer-0123abcd", "player server\ndrop certificate_verify\n"
    folder = tree.root / "out/fuzz/findings" / name
    folder.mkdir(parents=True)
    facts = {
        **{"name": name, "kind": "alarm-of-offer", "where": [], "target": "pair"},
        **{"targets": ["pair"], "said": "", "clause": "", "commit": "", "size": 1},
        "first_seen": "2026-01-02T03:04:05+00:00",
    }
    (folder / "finding.json").write_text(json.dumps(facts))
    (folder / "input").write_bytes(b"1")
    (folder / "script.case").write_text(script)
    done = tree.run("fuzz.repro", "--promote", name)
    assert done.returncode == 0, done.stderr
    kept = f"corpora/cases/client/found/{name}.case"
    assert (tree.root / kept).read_text() == script and "what is expected" in done.stdout
    [finding] = findings(tree)
    assert finding["promoted"] == kept
    assert finding["command"] == f"scripts/repro out/fuzz/findings/{name}/input"  # not the text


def test_where_corpora_are_read_only_a_finding_is_not_promoted(tree: Tree) -> None:
    tree.add("client_hello")
    fuzz(tree, "client_hello", "--seconds", "1")
    [finding] = findings(tree)
    for path in (tree.root / "corpora").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (tree.root / "corpora").chmod(0o555)
    done = tree.run("fuzz.repro", "--promote", finding["name"], limited=True)
    assert done.returncode == 3 and "cannot be promoted" in done.stderr
    assert findings(tree) == [finding]
    assert (tree.root / "out/fuzz/findings" / finding["name"] / "input").is_file()


def test_where_out_takes_nothing_the_input_is_kept_elsewhere(tree: Tree) -> None:
    tree.add("client_hello")
    (tree.root / "out" / "fuzz").touch()  # a file cannot be a folder
    done = fuzz(tree, "client_hello", "--seconds", "1")
    assert done.returncode == 1 and done.stderr == ""
    [crash] = tree.json()["crashes"]
    kept = tree.root / crash["file"]
    assert kept.is_relative_to(tree.root / "tmp") and kept.read_bytes() == CRASHING
    assert tree.run("fuzz.repro", kept).returncode == 1


def test_an_input_that_no_disk_takes_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scripts.lib.fuzz.crashes.save", full)
    monkeypatch.setattr("scripts.lib.fuzz.findings.save", full)
    monkeypatch.setattr("scripts.lib.fuzz.crashes.crashes_as", lambda *_: False)
    said: list[str] = []
    Crashes(["client_hello"], Group(), said.append).take("client_hello", b"!!", REPORT)
    assert any("echo ISE= | base64 -d >FILE" in text for text in said), said
    assert any("out/fuzz takes no file: No space left" in text for text in said)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")
    code = "from pathlib import Path\nfrom scripts.lib.files import save\n"
    code += f"save(Path({str(path)!r}), bytes(100000))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 1 and b"File too large" in done.stderr
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]
    save(path, b"after")
    assert path.read_bytes() == b"after"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_campaign_tells_what_ran_and_keeps_what_it_found(
    tree: Tree, number: signal.Signals
) -> None:
    tree.add("client_hello", "key_update", "finished")
    arguments = ["client_hello", "key_update", "finished", "--seconds", "600", "--jobs", "2"]
    facts = tree.root / "out" / "facts.json"
    with tree.start("fuzz.campaign", *arguments, "--json", facts) as process:
        assert process.stdout is not None
        lines = []
        while "reproduce:" not in (line := process.stdout.readline()):
            assert line, process.stderr and process.stderr.read()
            lines.append(line)
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, err
    # The target that crashes may have come to its end before the signal is there.
    told = re.search(
        r"fuzz: interrupted: (\d) of 3 targets done, (\d) cut short, (\d) not run, ", out
    )
    assert told is not None, out
    done, cut_short, not_run = map(int, told.groups())
    assert done + cut_short + not_run == 3 and done <= 1 and cut_short >= 1, out
    assert out.endswith(", 1 crash\n")
    assert tree.json()["interrupted"] is True
    statuses = [target["status"] for target in tree.json()["targets"]]
    assert statuses.count("cut short") == cut_short and statuses.count("not run") == not_run
    [crash] = tree.json()["crashes"]
    assert (tree.root / crash["file"]).read_bytes()[:2] == b"!!"


@pytest.mark.parametrize(
    ("target", "words"), [("finished", "killed by SIGKILL"), ("certificate", "killed by SIGSEGV")]
)
def test_a_fuzzer_that_ends_without_an_input_has_failed_and_is_no_crash(
    tree: Tree, target: str, words: str
) -> None:
    tree.add(target)
    done = fuzz(tree, target, "--seconds", "1")
    assert done.returncode == 1
    assert ", 0 crashes, 1 target failed\n" in done.stdout and words in done.stdout
    assert tree.json()["crashes"] == []
    assert tree.json()["targets"][0]["status"] == "failed"
    assert findings(tree) == []


def test_a_fuzzer_that_does_not_start_shows_no_crash_of_an_input(tree: Tree) -> None:
    tree.add("certificate")
    done = tree.run("fuzz.repro", tree.root / "corpora/seeds/certificate/seed")
    assert done.returncode == 3 and "does not start (killed by SIGSEGV)" in done.stderr


def test_results_that_cannot_be_written_are_refused_before_anything_runs(tree: Tree) -> None:
    done = tree.run("fuzz.campaign", "--json", tree.root / "programs" / "cmake" / "facts.json")
    assert done.returncode == 2 and "cmake/facts.json: " in done.stderr and done.stdout == ""


def test_the_path_of_a_frame_does_not_matter() -> None:
    assert signature_of(REPORT).where == ("take", "shk_u8")
    assert signature_of(REPORT.replace("/home/a b/é", "")) == signature_of(REPORT)


def test_without_a_symbolizer_places_tell_crashes_apart() -> None:
    one = "==1==ERROR: AddressSanitizer: SEGV\n    #0 0x5 (/a b/x+0x1) (BuildId: 0a)"
    other = one.replace("x+0x1", "x+0x2")
    assert signature_of(one).where == ("x+0x1",)
    assert signature_of(one) != signature_of(other)


def test_what_a_violated_property_says_stands_for_its_stack() -> None:
    lines = [
        "fuzz: property violated: roundtrip-differs: finished, form tls13: 9 bytes decoded",
        "fuzz: property violated: roundtrip-differs: key_update, form -: 10 bytes decoded",
        "fuzz: property violated: roundtrip-differs: key_update, form -: something else",
    ]
    first, second, third = map(signature_of, lines)
    assert first == second != third


def test_an_alarm_is_one_whatever_the_number_it_is_about() -> None:
    line = "fuzz: property violated: alarm-of-offer: {}, form script: it took {} [RFC 8446 §4.1.3]"
    first = signature_of(line.format("pair", "0x1303 (TLS_CHACHA20_POLY1305_SHA256)"))
    second = signature_of(line.format("peer_openssl", "0xc006 (TLS_ECDHE_ECDSA_WITH_NULL_SHA)"))
    assert first == second and first.where == ("it took N [RFC 8446 §4.1.3]",)
    other = line.replace("§4.1.3", "§4.1.4").format("pair", "0x1303 (TLS_X)")
    assert signature_of(other) != first


def test_the_time_of_a_fuzzer_begins_when_it_has_read_its_corpus() -> None:
    status = Status()
    assert not status.read("INFO: seed corpus: files: 1173") and not status.has_begun
    assert status.read("#512\tpulse  cov: 2606 ft: 7000 corp: 257/64Kb exec/s: 60 rss: 99Mb")
    assert not status.has_begun and status.coverage == 2606
    assert status.read("#1174\tINITED cov: 2993 ft: 9000 corp: 482/99Kb exec/s: 60 rss: 99Mb")
    assert status.has_begun
    assert status.read("#2048\tpulse  cov: 2993 ft: 9000 corp: 482/99Kb exec/s: 60 rss: 99Mb")
    assert status.has_begun
