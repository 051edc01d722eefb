"""The strict order of rooms: no file calls one that calls it back, and none calls upwards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.lib.paths import ROOT
from scripts.tests import rooms

BUILD = ROOT / "build" / "dev"
PAGE = ROOT / "docs" / "ARCHITECTURE.md"
BEGIN, END = "<!-- rooms: begin -->", "<!-- rooms: end -->"


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    found = rooms.arrows(BUILD)
    assert len(found) > 150, f"few object files in {BUILD}: build preset dev"
    return found


def test_no_file_calls_one_that_calls_it_back(graph: dict[str, set[str]]) -> None:
    found = ["\n  ".join(circle) for circle in rooms.circles(graph)]
    assert not found, "files that call each other in a circle:\n  " + "\n\n  ".join(found)


def test_no_file_calls_upwards(graph: dict[str, set[str]]) -> None:
    found = rooms.against_order(graph, rooms.ranks())
    assert not found, "calls against the order:\n  " + "\n  ".join(found)


def test_a_call_upwards_is_seen() -> None:
    order = rooms.ranks("impl/wire\nimpl/record impl/x509\nimpl")
    good = {"impl/conn.c": {"impl/record/a.c"}, "impl/record/a.c": {"impl/wire/b.c"}}
    assert rooms.against_order(good, order) == [] and rooms.circles(good) == []
    up = {**good, "impl/wire/b.c": {"impl/conn.c"}}
    assert rooms.against_order(up, order) == ["impl/wire/b.c uses impl/conn.c"]
    assert rooms.circles(up) == [["impl/conn.c", "impl/record/a.c", "impl/wire/b.c"]]
    aside = {"impl/record/a.c": {"impl/x509/c.c"}}
    assert rooms.against_order(aside, order) == ["impl/record/a.c uses impl/x509/c.c"]
    assert rooms.against_order({"new/a.c": set()}, order) == ["new/a.c: its room has no place"]


def included(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    return [a or b for a, b in re.findall(r'^\s*#\s*include (?:"([^"]+)"|<([^>]+)>)', text, re.M)]


def sources(*folders: str) -> list[Path]:
    files = [f for folder in folders for f in (ROOT / folder).rglob("*.[ch]")]
    return [f for f in files if "tests" not in f.parts]


def test_outside_impl_only_its_public_headers_are_included() -> None:
    """But for fuzz targets whose properties are about the inside of our connection or sessions."""
    inside = {f.relative_to(ROOT / "impl").as_posix() for f in sources("impl")}
    wrong = [
        f"{f.relative_to(ROOT)} includes {name}"
        for f in sources("harness", "fuzz", "examples")
        if not {"state", "input"} & set(f.parts)
        for name in included(f)
        if name in inside
    ]
    assert wrong == []


def test_no_file_includes_a_header_of_a_room_above_it() -> None:
    order = rooms.ranks()
    wrong = []
    for file in sources("impl"):
        if "include" in file.parts:
            continue
        here = rooms.room(file.relative_to(ROOT).as_posix())
        for name in included(file):
            there = rooms.room(f"impl/{name}")
            if (ROOT / "impl" / name).exists() and order[there] > order[here]:
                wrong.append(f"{file.relative_to(ROOT)} includes {name}")
    assert wrong == []


def test_the_program_has_no_toy_provider() -> None:
    """Who could choose it would have no secrets (harness/sim/toy.h)."""
    program = BUILD / "harness/shakedown"
    known = [
        symbol
        for _, symbol, defined in rooms.symbols([program.name], str(program.parent))
        if defined
    ]
    assert "shk_libcrypto_new" in known
    assert [symbol for symbol in known if symbol.startswith("shk_toy")] == []


@pytest.mark.parametrize(
    ("library", "rooms_of_it"),
    [
        ("openssl/ssl.h", ["harness/endpoint/openssl/"]),
        ("gnutls/", ["harness/endpoint/gnutls/"]),
        (
            "openssl/",
            [
                "impl/crypto/",
                "impl/x509/",
                "impl/libcrypto_provider.c",
                "harness/endpoint/openssl/",
            ],
        ),
    ],
)
def test_a_library_is_known_in_its_rooms_alone(library: str, rooms_of_it: list[str]) -> None:
    users = {
        f.relative_to(ROOT).as_posix()
        for f in sources("impl", "harness", "fuzz", "examples")
        if any(name.startswith(library) for name in included(f))
    }
    assert users, f"nobody includes {library}"
    assert [u for u in sorted(users) if not u.startswith(tuple(rooms_of_it))] == []


def test_the_drawing_of_the_rooms_is_of_today(graph: dict[str, set[str]]) -> None:
    """Draws them anew where it is not, for the next commit."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    drawn = f"{before}{BEGIN}\n{rooms.drawing(graph, rooms.ranks())}\n{END}{after}"
    if drawn != text:
        PAGE.write_text(drawn, encoding="utf-8")
    assert drawn == text, f"{PAGE} has been drawn anew; look at it and commit it"
