"""Recordings: they replay on any machine, and only a whole one gives the same bytes again."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from interop.tests.cli_support import LIMIT_S, NAME, SHAKEDOWN, run
from scripts.lib.paths import PKI

TIME = ["--time", "1750161600"]  # when the OCSP response of the test PKI is good
FILES = {
    "--server-cert": "p256.pem",
    "--server-key": "p256.key",
    "--server-dcert": "rsa2048.pem",
    "--server-dkey": "rsa2048.key",
    "--status-file": "p256.ocsp",
    "--client-cert": "client-p256.pem",
    "--client-key": "client-p256.key",
    "--cafile": "roots.pem",
}


def record(folder: Path, *options: str | Path) -> Path:
    """A recording made in that folder from files in it."""
    for name in FILES.values():
        shutil.copy(PKI / name, folder)
    words = [word for option, file in FILES.items() for word in (option, str(folder / file))]
    words += ["--servername", NAME, "--client-auth", "require", "--status", *TIME]
    recording = folder / "recording"
    done = run("pair", "ours", "ours", *words, *options, "--record", recording)
    assert done.returncode == 0, done.stderr + done.stdout
    return recording


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return record(tmp_path_factory.mktemp("made")).read_text().splitlines(keepends=True)


def test_a_recording_replays_without_the_files_it_was_made_from(tmp_path: Path) -> None:
    made, elsewhere = tmp_path / "made", tmp_path / "else where"
    made.mkdir()
    elsewhere.mkdir()
    log = made / "secrets"
    recording = record(made, "--keylogfile", log)
    assert str(tmp_path) not in recording.read_text()
    shutil.move(recording, elsewhere / "moved")
    shutil.rmtree(made)
    done = subprocess.run(
        [SHAKEDOWN, "replay", "moved"],
        cwd=elsewhere,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.count(b"bytes again") == 2
    assert not log.exists()


def test_a_recording_with_its_keys_is_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "recording").touch(mode=0o644)
    assert stat.S_IMODE(record(tmp_path).stat().st_mode) == 0o600


def test_an_option_of_any_length_is_recorded(tmp_path: Path) -> None:
    recording = tmp_path / "recording"
    psk = ["--psk-identity", "x" * 5000, "--psk", "00" * 16]
    done = run("pair", "ours", "ours", *psk, "--tls", "1.3", "--record", recording)
    assert done.returncode == 0, done.stderr + done.stdout
    assert run("replay", recording).returncode == 0


def test_every_line_of_a_recording_counts(lines: list[str], tmp_path: Path) -> None:
    shorter = tmp_path / "shorter"
    for i in range(len(lines)):
        shorter.write_text("".join(lines[:i] + lines[i + 1 :]))
        done = run("replay", shorter)
        assert done.returncode == 2, (lines[i][:40], done.stdout)
        assert b"line " in done.stderr
        assert done.stdout.count(b"bytes again") == 0


def without(lines: list[str], start: str) -> str:
    """The recording without lines of that start, which the verdict does not count."""
    left = [line for line in lines if not line.startswith(start)]
    return "".join(left[:-1]) + f"verdict good {len(left) - 1}\n"


@pytest.mark.parametrize("side", ["client", "server"])
def test_what_our_side_sends_beside_the_recording_is_told(
    side: str, lines: list[str], tmp_path: Path
) -> None:
    shorter = tmp_path / "shorter"
    last = [line for line in lines if line.startswith(f"{side} take ")][-1]
    for start in (f"{side} take ", last):
        shorter.write_text(without(lines, start))
        done = run("replay", shorter)
        assert done.returncode == 1
        assert f"the {side} sends ".encode() in done.stdout


def test_an_end_closes_a_side_and_must_be_there(lines: list[str], tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.write_text(without(lines, "client end"))
    done = run("replay", changed)
    assert done.returncode == 2 and b"is to be its end" in done.stderr
    end = lines.index("client end\n")
    more = [*lines[:end], lines[end], "client shutdown\n", *lines[end + 1 :]]
    changed.write_text(without(more, "nothing"))
    done = run("replay", changed)
    assert done.returncode == 2 and b"behind the end of a side" in done.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("option server keylogfile {path}", b"names no file to write"),
        ("option server cert {path}", b"holds the content of a file"),
        ("option server cert \0", b"a byte of 0"),
    ],
)
def test_a_recording_reads_and_writes_no_files_of_whoever_replays_it(
    line: str, reason: bytes, lines: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    changed = tmp_path / "changed"
    more = [*lines[:4], line.format(path=path) + "\n", *lines[4:]]
    changed.write_text(without(more, "nothing"))
    done = run("replay", changed)
    assert done.returncode == 2 and b"line 5: " in done.stderr and reason in done.stderr
    assert not path.exists()
