"""Plants faults into a copy of our TLS, one at a time, and lets `shakedown tamper` find each: an
oracle has to raise its alarm, without a script that names the fault."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass

from scripts.lib.exits import Stop, run_main
from scripts.lib.options import seconds
from scripts.lib.paths import ROOT
from scripts.lib.ready import ready

COPY = ROOT / "build" / "planted-faults" / "tree"
PROGRAM = COPY / "build" / "dev" / "harness" / "shakedown"
BUILD_LIMIT_S = 3600


@dataclass(frozen=True)
class Fault:
    name: str
    oracle: str  # that finds it
    file: str
    right: str  # stands in the file once
    wrong: str


FAULTS = (
    Fault(
        "a shared secret of zeros is taken",
        "secrecy",
        "impl/crypto/libcrypto_exchange.c",
        "        status = shk_libcrypto_failure(SHK_E_BAD_KEY_SHARE);\n"
        "    EVP_PKEY_CTX_free(context);\n    EVP_PKEY_free(other);",
        "        memset(secret, 0, e->secret);\n"
        "    EVP_PKEY_CTX_free(context);\n    EVP_PKEY_free(other);",
    ),
    Fault(
        "a suite that was not offered is taken",
        "offer",
        "impl/handshake/flow/client.c",
        "suite == NULL || !shk_u16_list_has(hs->offered.cipher_suites, value)",
        "suite == NULL",
    ),
    Fault(
        "a session is resumed under any name",
        "offer",
        "impl/handshake/sessions/session_trust.c",
        "same_length && shk_span_equal(session->server_name, shk_session_name(conn)) &&",
        "same_length &&",
    ),
    Fault(
        "a message is taken across a change of keys",
        "offer",
        "impl/conn_input.c",
        "if (conn->read != keys && at + len != bytes.len)",
        "if (conn->read != keys && at + len > bytes.len)",
    ),
)


def _call(what: str, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise Stop(3, f"{command[0]} is missing; scripts/setup installs it")
    done = subprocess.run(
        command, cwd=COPY, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False
    )
    if done.returncode != 0:
        raise Stop(1, f"{done.stdout[-4000:]}{done.stderr}\n{what} failed: {shlex.join(command)}")


def _copy() -> None:
    """Makes the copy, or what has changed of it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, COPY / name
        if source.is_symlink() and not target.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source.readlink())
        if not source.is_file() or source.is_symlink():
            continue
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def _build() -> None:
    _call("the build", ["cmake", "--build", "--preset", "dev", "--target", "shakedown"])


def _tamper(limit_s: float, seed: int) -> str:
    """The first alarm; "" if there is none."""
    command = [str(PROGRAM), "tamper", "--against", "ours", "--first"]
    command += ["--seconds", str(max(1, round(limit_s))), "--seed", str(seed)]
    done = subprocess.run(
        command, cwd=COPY, capture_output=True, text=True, timeout=limit_s * 3 + 60, check=False
    )
    if done.returncode not in (0, 1):
        raise Stop(1, f"{done.stderr}{shlex.join(command)} ended with {done.returncode}")
    return done.stdout.rpartition("\n\n")[0] if done.returncode == 1 else ""


def _find(fault: Fault, limit_s: float, seed: int) -> bool:
    path = COPY / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.right) != 1:
        raise Stop(1, f"{fault.file} does not have once: {fault.right}")
    path.write_text(text.replace(fault.right, fault.wrong), encoding="utf-8")
    try:
        _build()
        start = time.monotonic()
        alarm = _tamper(limit_s, seed)
    finally:
        path.write_text(text, encoding="utf-8")
    found = re.search(r"alarm of (\w+)", alarm)
    good = found is not None and found[1] == fault.oracle
    print(f"{'found' if good else 'MISSED'}  {fault.name}: {time.monotonic() - start:.1f} s")
    print("".join(f"    {line}\n" for line in alarm.splitlines()), end="", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/planted-faults",
        description=__doc__,
        epilog="Exit: 0 all were found, and without one there was no alarm; 1 one was not; "
        "2 wrong use; 3 the environment lacks something.",
    )
    parser.add_argument("--seconds", type=seconds, default=60.0, help="for each (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default 1)")
    arguments = parser.parse_args()
    ready()
    print(f"building a copy in {COPY.relative_to(ROOT)}", flush=True)
    _copy()
    _call("configuring", ["cmake", "--preset", "dev"])
    _build()
    alarm = _tamper(min(arguments.seconds, 10.0), arguments.seed)
    print(f"{'an alarm' if alarm else 'no alarm'} with nothing planted\n{alarm}", flush=True)
    missed = [f for f in FAULTS if not _find(f, arguments.seconds, arguments.seed)]
    print(f"{len(FAULTS) - len(missed)} of {len(FAULTS)} found")
    return 1 if missed or alarm else 0


if __name__ == "__main__":
    run_main("scripts/planted-faults", main)
