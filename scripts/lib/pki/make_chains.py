"""Makes corpora/pki/chains: certificate chains, good and flawed, and the table of their verdicts.

    scripts/make-chains           write all files anew
    scripts/make-chains --check   only tell whether each row has its files, and each file its row

A row is a chain as an end sends it (NAME.pem, leaf first; its key is KEY.key), what it is verified
against (ANCHORS.pem) and by, and what must become of it: accepted, or refused with a row of
errors.def. The verdicts stand in chains.def, which the unit test test_chain_corpus plays through
handshakes in both roles, and which other stacks can be held against. Needs `openssl`, 3.0 or later.
Exit: 0 all good, 1 a file is missing or of no row, 2 wrong use, 3 no usable openssl.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

from scripts.lib.paths import PKI
from scripts.lib.pki.chain_parts import Cert, Failure, Keys
from scripts.lib.pki.chain_rows import ROOT_CA, ROWS, Row

FOLDER = PKI / "chains"
LEAF_KEYS = tuple(sorted({row.chain[0].key for row in ROWS}))
HEAD = """/* Made by scripts/make-chains; do not edit.
 * SHK_CHAIN(name, whose, reference name, time, security level, strict, key, anchors, verdict,
 * clause, what): the chain NAME.pem with the private key KEY.key, of a SERVER, a CLIENT or BOTH;
 * what the client verifies it by; the time in seconds since 1970; the anchors' file; OK, or the row
 * of errors.def that it is refused with, and why. */
"""


def pem(content: bytes) -> str:
    text = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"


def anchors_of(made: Row) -> str:
    return f"{made.name}-anchors" if made.anchors else "anchors"


def table_line(made: Row) -> str:
    words = [
        f'"{made.name}"',
        made.whose,
        f'"{made.reference}"',
        str(made.time),
        str(made.level),
        str(made.strict).lower(),
        f'"{made.chain[0].key}"',
        f'"{anchors_of(made)}"',
        made.verdict,
        f'"{made.clause}"',
        f'"{made.about}"',
    ]
    return f"SHK_CHAIN({', '.join(words)})\n"


def table() -> str:
    return HEAD + "".join(map(table_line, ROWS))


def file_names() -> set[str]:
    chains = {f"{made.name}.pem" for made in ROWS} | {f"{anchors_of(made)}.pem" for made in ROWS}
    return chains | {f"{key}.key" for key in LEAF_KEYS} | {"chains.def", "README.md"}


def make() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(Path(folder))
        made: dict[Cert, str] = {}

        def text(certificates: Sequence[Cert]) -> str:
            for certificate in certificates:
                if certificate not in made:
                    made[certificate] = pem(certificate.encode(keys))
            return "".join(made[certificate] for certificate in certificates)

        for each in ROWS:
            (FOLDER / f"{each.name}.pem").write_text(text(each.chain), encoding="ascii")
            trusted = text(each.anchors or (ROOT_CA,))
            (FOLDER / f"{anchors_of(each)}.pem").write_text(trusted, encoding="ascii")
        for key in LEAF_KEYS:
            shutil.copyfile(keys.path(key), FOLDER / f"{key}.key")
    (FOLDER / "chains.def").write_text(table(), encoding="utf-8")
    for stale in {path.name for path in FOLDER.iterdir()} - file_names():
        (FOLDER / stale).unlink()


def check() -> list[str]:
    there = {path.name for path in FOLDER.iterdir()} if FOLDER.is_dir() else set()
    wanted = file_names()
    complaints = [f"{name} is missing" for name in sorted(wanted - there)]
    complaints += [f"{name} is of no row" for name in sorted(there - wanted)]
    if not complaints and (FOLDER / "chains.def").read_text(encoding="utf-8") != table():
        complaints.append("chains.def is out of date")
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/make-chains",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        for complaint in check():
            print(f"make-chains: {complaint}", file=sys.stderr)
        print(f"make-chains: {len(ROWS)} chains")
        return 1 if check() else 0
    if shutil.which("openssl") is None:
        print("make-chains: the program openssl is missing", file=sys.stderr)
        return 3
    make()
    print(f"make-chains: {len(ROWS)} chains in {FOLDER.name}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, subprocess.TimeoutExpired) as error:
        print(f"make-chains: {error}", file=sys.stderr)
        sys.exit(1)
