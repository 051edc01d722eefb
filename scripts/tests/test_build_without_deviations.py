"""-DSHK_DEVIATIONS=OFF: the library without hooks, and nothing that needs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from scripts.lib.paths import ROOT

LIMIT_S = 600
HOOKED = ("shk_deviate", "shk_goes_on", "shk_flight_append", "shk_conn_emit", "shk_conn_rebind")


def run(*words: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def symbols(library: Path) -> set[str]:
    return {line.split()[-1] for line in run("nm", library).splitlines() if " " in line}


def test_library_has_no_hooks(tmp_path: Path) -> None:
    run("cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DSHK_DEVIATIONS=OFF")
    run("cmake", "--build", tmp_path, "--target", "shk_tls")
    found = symbols(tmp_path / "impl/libshk_tls.a")
    assert "shk_conn_feed" in found
    assert not [name for name in found if name.startswith(HOOKED)]
    with_them = symbols(ROOT / "build/dev/impl/libshk_tls.a")
    assert all(any(name.startswith(hook) for name in with_them) for hook in HOOKED)
