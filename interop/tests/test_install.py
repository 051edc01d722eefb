"""What `cmake --install` leaves is all that a program of others needs: the examples build against
it, and talk to each other."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from interop.tests.cli_support import NAME, SHAKEDOWN, child_of, expect, run
from scripts.lib.paths import PKI, ROOT

BUILD = Path(SHAKEDOWN).resolve().parents[1]
EXAMPLES = ROOT / "examples"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
BUILD_LIMIT_S = 120


def call(
    *command: str | Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        timeout=BUILD_LIMIT_S,
        check=False,
        env={**os.environ, **(environment or {})},
    )


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installed to one place and moved to another."""
    made = tmp_path_factory.mktemp("made") / "tree"
    done = call("cmake", "--install", BUILD, "--prefix", made)
    assert done.returncode == 0, done.stderr
    moved = tmp_path_factory.mktemp("moved") / "tree"
    shutil.move(made, moved)
    return moved


@pytest.fixture(scope="module")
def flags(prefix: Path) -> list[str]:
    [folder] = {file.parent for file in prefix.rglob("shakedown.pc")}
    words = ["pkg-config", "--cflags", "--libs", "shakedown"]
    done = call(*words, environment={"PKG_CONFIG_PATH": str(folder)})
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout
    return done.stdout.split()


@pytest.fixture(scope="module")
def examples(prefix: Path, flags: list[str]) -> dict[str, Path]:
    sources = prefix.parent / "examples"
    shutil.copytree(EXAMPLES, sources)
    programs = {name: prefix.parent / name for name in ("client", "server")}
    for name, program in programs.items():
        files = [sources / f"example_{name}.c", sources / "io.c"]
        done = call("cc", "-std=gnu11", *STRICT, *files, *flags, "-o", program)
        assert done.returncode == 0, done.stderr
    return programs


def test_every_public_header_stands_alone(prefix: Path, flags: list[str], tmp_path: Path) -> None:
    headers = sorted((prefix / "include" / "shakedown").glob("*.h"))
    source = sorted((ROOT / "impl" / "include" / "shakedown").glob("*.h"))
    assert [h.name for h in headers] == [h.name for h in source] != []
    for header in headers:
        unit = tmp_path / f"{header.stem}.c"
        unit.write_text(f"#include <shakedown/{header.name}>\nextern int shk_used;\n")
        done = call("cc", "-std=c11", *STRICT, *flags, "-c", unit, "-o", tmp_path / "unit.o")
        assert done.returncode == 0, done.stderr


def test_the_examples_talk_to_each_other(examples: dict[str, Path]) -> None:
    with child_of(examples["server"], PKI / "p256.pem", PKI / "p256.key") as server:
        port = expect(server, r"^listening 127\.0\.0\.1:(\d+)$")
        done = run("127.0.0.1", port, NAME, PKI / "roots.pem", program=str(examples["client"]))
        assert done.returncode == 0, done.stderr
        assert server.wait() == 0, server.text
    assert done.stdout == b"hello\n"
    assert b"client: TLS 1.3, TLS_" in done.stderr


def test_the_example_client_verifies(examples: dict[str, Path]) -> None:
    with child_of(examples["server"], PKI / "p256.pem", PKI / "p256.key") as server:
        port = expect(server, r"^listening 127\.0\.0\.1:(\d+)$")
        anchors = PKI / "roots.pem"
        done = run("127.0.0.1", port, "other.test", anchors, program=str(examples["client"]))
        assert done.returncode == 1 and b"bad_certificate" in done.stderr, done.stderr
        assert server.wait() == 1, server.text


def test_the_installed_program_has_its_test_pki(prefix: Path) -> None:
    program = str(prefix / "bin" / "shakedown")
    pki = prefix / "share" / "shakedown" / "pki"
    assert run("pair", "ours", "ours", program=program).returncode == 0
    key = (pki / "p256.key").read_text(encoding="ascii")
    (pki / "p256.key").write_text("none", encoding="ascii")
    done = run("pair", "ours", "ours", program=program)
    (pki / "p256.key").write_text(key, encoding="ascii")
    assert done.returncode == 2 and b"share/shakedown/pki/p256.key" in done.stderr, done.stderr


def test_the_installed_program_has_its_cases(prefix: Path) -> None:
    program = str(prefix / "bin" / "shakedown")
    cases = prefix / "share" / "shakedown" / "cases"
    script = cases / "client" / "signature-13" / "missing.case"
    done = run("play", script, "--against", "openssl", program=program)
    assert done.returncode == 0 and b"1 passed" in done.stdout, done.stdout + done.stderr
    known = (cases / "expected" / "openssl.toml").read_text(encoding="utf-8")
    (cases / "expected" / "openssl.toml").write_text("none", encoding="ascii")
    done = run("play", script, "--against", "openssl", program=program)
    (cases / "expected" / "openssl.toml").write_text(known, encoding="utf-8")
    assert done.returncode == 2 and b"share/shakedown/cases/expected" in done.stderr, done.stderr


def test_a_test_pki_that_cannot_be_read_is_no_lack_of_a_peer(prefix: Path) -> None:
    program = str(prefix / "bin" / "shakedown")
    share = prefix / "share" / "shakedown"
    key = (share / "pki" / "p256.key").read_text(encoding="ascii")
    (share / "pki" / "p256.key").write_text("none", encoding="ascii")
    script = share / "cases" / "server" / "finished"
    done = run("play", script, "--against", "openssl", "--jobs", 1, program=program)
    (share / "pki" / "p256.key").write_text(key, encoding="ascii")
    assert done.returncode == 2 and b"p256.key is not usable" in done.stdout, done.stdout
