"""Starting programs under AddressSanitizer where the kernel moves mappings too far for it.

Up to LLVM 17 and gcc 13, ASan dies at times before main where vm.mmap_rnd_bits is above 28: the
kernel has put something where its shadow memory must be. What it says then looks like a crash.
"""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

from scripts.lib.exits import Stop
from scripts.lib.presets import fuzzer

SYSCTL = Path("/proc/sys/vm/mmap_rnd_bits")
MOST_BITS = 28
FIXED = ("setarch", "-R")  # addresses as they are without randomisation
STARTS = 64  # with 32 bits, about one start in ten dies
START_LIMIT_S = 60


def bits() -> int:
    try:
        return int(SYSCTL.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such setting here
        return 0


def starts(*words: str) -> bool:
    try:
        return subprocess.run(words, capture_output=True, timeout=START_LIMIT_S).returncode == 0
    except (OSError, subprocess.TimeoutExpired):  # ASan can also hang in reporting itself
        return False


@functools.cache
def start_words() -> tuple[str, ...]:
    """Words before a command that runs under ASan."""
    if bits() <= MOST_BITS:
        return ()
    if starts(*FIXED, "true"):
        return FIXED
    program = fuzzer("fuzz_replay")
    if not program.exists() or all(starts(str(program), "--list") for _ in range(STARTS)):
        return ()
    raise Stop(
        3,
        f"AddressSanitizer does not always start with vm.mmap_rnd_bits={bits()}, and "
        f"{' '.join(FIXED)} is not allowed here; as root: sysctl vm.mmap_rnd_bits={MOST_BITS}",
    )
