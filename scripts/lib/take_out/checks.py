"""Finds the checks of impl/: every condition that decides whether something is refused.

A *sink* is where a condition leads to a refusal: an `if` whose branch names an error row, gives
nothing back (`return false`, `return NULL`) or passes a candidate over (`continue`); a `?:` with
an error row for one of its arms; shk_require. From there a condition is taken apart down to the
checks that it is made of: those that refuse where they are false are the conjuncts of an `&&`,
those that refuse where they are true the alternatives of an `||`. Where a check is a call of a
predicate of impl/, or a variable, the returns of the one and the values of the other are taken
apart in turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

ERROR_ROW = re.compile(rb"SHK_E_[A-Z0-9_]+")
# It is given the name of a row without SHK_E_.
OWN_FAILURE = "SHK_OWN"
PREPROCESSOR = re.compile(rb"^#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
# Of flow rows: false leaves the message to another row, or to none.
FLOW_CONDITION = re.compile(r"shk_if_\w+")
# It formats, and refuses nothing.
PRINTER = "impl/wire/print.c"
# What we send is no refusal.
SENT = re.compile(r"\bsend$")


@cache
def parser() -> Parser:
    import tree_sitter_c  # here, since --help works without them
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_c.language()))


@dataclass(frozen=True, order=True)
class Check:
    """A condition, and by which of its values it refuses."""

    file: str
    start: int
    end: int
    refuses: bool
    function: str = ""
    text: str = ""

    @property
    def key(self) -> str:
        return f"{self.file} {self.function}: {self.text}"


@dataclass
class Function:
    """A function of impl/, and by which values its result refuses, as far as uses tell."""

    file: str
    name: str
    type: str
    body: Node
    refuses: set[bool] = field(default_factory=set)
    loops_choose: bool = False  # what no turn of a loop chose is refused at the end


def inside(node: Node, *kinds: str) -> Iterator[Node]:
    """All descendants of these kinds, in order."""
    for child in node.named_children:
        if child.type in kinds:
            yield child
        yield from inside(child, *kinds)


def text_of(node: Node | None) -> str:
    return re.sub(r"\s+", " ", node.text.decode()) if node is not None and node.text else ""


def bare(node: Node) -> Node:
    """Without parentheses."""
    while node.type == "parenthesized_expression":
        node = [child for child in node.named_children if child.type != "comment"][0]
    return node


def operator(node: Node) -> str:
    return text_of(node.child_by_field_name("operator"))


def part(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    assert found is not None, (node.type, name, text_of(node))
    return found


def names_error(node: Node) -> bool:
    """Whether an expression is an error row, or a call that is given one."""
    node = bare(node)
    if node.type == "call_expression":
        if text_of(node.child_by_field_name("function")) == OWN_FAILURE:
            return True
        return any(names_error(argument) for argument in part(node, "arguments").named_children)
    return node.type == "identifier" and ERROR_ROW.fullmatch(node.text or b"") is not None


class Finder:
    """All checks of a tree. `run` finds them; uses of predicates are followed to a fixed point."""

    def __init__(self, root: Path) -> None:
        self.sources: dict[str, bytes] = {}
        self.functions: dict[tuple[str, str], Function] = {}
        self.found: dict[tuple[str, int, int, bool], Check] = {}
        for path in sorted((root / "impl").rglob("*.c")):
            name = str(path.relative_to(root))
            if "tests" not in path.relative_to(root).parts and name != PRINTER:
                self._read(name, path.read_bytes())

    def run(self) -> list[Check]:
        before = (-1, -1)
        while before != (now := self._size()):
            before = now
            for function in self.functions.values():
                self._function(function)
        return self._numbered()

    def _size(self) -> tuple[int, int]:
        uses = sum(len(function.refuses) for function in self.functions.values())
        return len(self.found), uses

    def _numbered(self) -> list[Check]:
        """With texts that tell apart what reads alike within a function."""
        seen: dict[str, int] = {}
        out = []
        for check in sorted(self.found.values()):
            seen[check.key] = count = seen.get(check.key, 0) + 1
            text = check.text if count == 1 else f"{check.text} #{count}"
            row = (check.file, check.start, check.end, check.refuses, check.function, text)
            out.append(Check(*row))
        return out

    def _read(self, file: str, source: bytes) -> None:
        self.sources[file] = source
        blank = PREPROCESSOR.sub(lambda m: re.sub(rb"[^\n]", b" ", m[0]), source)
        for node in inside(parser().parse(blank).root_node, "function_definition"):
            declarator = next(inside(node, "function_declarator"), None)
            if declarator is None:  # what the grammar takes for one: a struct that is _Thread_local
                continue
            name = text_of(part(declarator, "declarator"))
            pointer = any(child.type == "pointer_declarator" for child in node.named_children)
            kind = text_of(node.child_by_field_name("type")) + ("*" if pointer else "")
            function = Function(file, name, kind, part(node, "body"))
            last = function.body.named_children[-1:]
            function.loops_choose = bool(last) and self._gives_nothing(last[0], function)
            if FLOW_CONDITION.fullmatch(name):
                function.refuses.add(False)
            self.functions[file, name] = function

    def _callee(self, file: str, name: str) -> Function | None:
        """The function of the name: of the same file, or a public one."""
        if (file, name) in self.functions:
            return self.functions[file, name]
        if not name.startswith("shk_"):
            return None
        return next((f for (_, other), f in self.functions.items() if other == name), None)

    # Sinks.

    def _function(self, function: Function) -> None:
        for node in inside(
            function.body,
            "if_statement",
            "conditional_expression",
            "call_expression",
            "return_statement",
            "assignment_expression",
        ):
            if node.type == "if_statement":
                self._if(node, function)
            elif node.type == "conditional_expression":
                self._either(node, function)
            elif node.type == "call_expression":
                self._require(node, function)
            elif node.type == "return_statement" and function.type == "bool":
                for refuses in function.refuses or {False}:
                    self._returned(node, function, refuses)
            elif node.type == "assignment_expression" and operator(node) == "=":
                left, right = part(node, "left"), bare(part(node, "right"))
                if left.type != "identifier" and not SENT.search(text_of(left)):
                    self._split(right, False, function)

    def _if(self, node: Node, function: Function) -> None:
        condition = bare(part(node, "condition"))
        if self._refuses(part(node, "consequence"), function):
            self._take(condition, True, function)
        elif self._chooses(node, function):
            self._take(condition, False, function)
        elif self._stops(part(node, "consequence")):
            self._split(condition, True, function)
        else:
            self._split(condition, False, function)
        other = node.child_by_field_name("alternative")
        if other is not None and self._refuses(other.named_children[0], function):
            self._take(condition, False, function)

    def _either(self, node: Node, function: Function) -> None:
        first, second = part(node, "consequence"), part(node, "alternative")
        if names_error(first) != names_error(second):
            self._take(part(node, "condition"), names_error(first), function)

    def _require(self, node: Node, function: Function) -> None:
        if text_of(part(node, "function")) == "shk_require":
            arguments = part(node, "arguments").named_children
            self._take(arguments[2], False, function)

    def _returned(self, node: Node, function: Function, refuses: bool) -> None:
        value = bare(node.named_children[0])
        if value.type in ("true", "false"):
            return
        if function.refuses:
            self._take(value, refuses, function)
        else:
            self._split(value, refuses, function)

    def _refuses(self, node: Node, function: Function) -> bool:
        """Whether a statement, or one of a block, refuses."""
        if node.type == "compound_statement":
            return any(self._refuses(child, function) for child in node.named_children)
        if node.type == "continue_statement":
            return True
        if node.type == "expression_statement" and node.named_children:
            node = node.named_children[0]
            value = part(node, "right") if node.type == "assignment_expression" else node
            return names_error(value)
        return node.type == "return_statement" and self._gives_nothing(node, function)

    def _stops(self, node: Node) -> bool:
        """Whether a statement, or the last one of a block, leaves all that follows undone."""
        if node.type == "compound_statement" and node.named_children:
            return self._stops(node.named_children[-1])
        if node.type == "break_statement":
            return True
        return node.type == "return_statement" and text_of(node) in ("return;", "return SHK_OK;")

    def _gives_nothing(self, node: Node, function: Function) -> bool:
        if node.type != "return_statement" or not node.named_children:
            return False
        value = bare(node.named_children[0])
        if value.type in ("true", "false"):
            return (value.type == "true") in (function.refuses or {False})
        return value.type == "null" or names_error(value)

    def _chooses(self, node: Node, function: Function) -> bool:
        """Whether a turn of a loop gives back what was sought, and what is not found is refused."""
        if not function.loops_choose or self._refuses(part(node, "consequence"), function):
            return False
        outer = node.parent
        while outer is not None and outer != function.body:
            if outer.type in ("for_statement", "while_statement"):
                body = part(node, "consequence")
                return body.type == "return_statement" or any(
                    child.type == "return_statement" for child in body.named_children
                )
            outer = outer.parent
        return False

    # Conditions.

    def _parts(self, node: Node, refuses: bool) -> list[tuple[Node, bool]] | None:
        """What a condition is made of, where each part may refuse for itself; None: no parts."""
        if node.type == "unary_expression" and operator(node) == "!":
            return [(bare(part(node, "argument")), not refuses)]
        if node.type == "conditional_expression":
            names = ("consequence", "alternative")
            return [(bare(part(node, name)), refuses) for name in names]
        if node.type != "binary_expression" or operator(node) not in ("&&", "||"):
            return None
        sides = [bare(part(node, "left")), bare(part(node, "right"))]
        if (operator(node) == "||") == refuses:
            return [(side, refuses) for side in sides]
        # a guard and what it guards: the latter's parts, if any
        several = [side for side in sides if self._several(side, refuses)]
        return [(side, refuses) for side in several] or None

    def _several(self, node: Node, refuses: bool) -> bool:
        parts = self._parts(node, refuses)
        if parts is None:
            return False
        if node.type == "conditional_expression":
            return any(self._several(*one) for one in parts)
        return len(parts) > 1 or self._several(*parts[0])

    def _split(self, node: Node, refuses: bool, function: Function) -> None:
        """Only where there is more than one part."""
        if self._several(node, refuses):
            self._take(node, refuses, function)

    def _take(self, node: Node, refuses: bool, function: Function) -> None:
        node = bare(node)
        parts = self._parts(node, refuses)
        for one, value in parts or []:
            self._take(one, value, function)
        if parts is not None or self._passes_on(node):
            return
        place = (function.file, node.start_byte, node.end_byte, refuses)
        if place not in self.found:
            self.found[place] = Check(*place, function.name, text_of(node))
            self._follow(node, refuses, function)

    def _passes_on(self, node: Node) -> bool:
        """Whether it only asks for the status of what went before, or is a constant."""
        if node.type == "binary_expression" and operator(node) in ("==", "!="):
            sides = (part(node, "left"), part(node, "right"))
            return sides[0].type == "identifier" and text_of(sides[1]) == "SHK_OK"
        return node.type in ("true", "false")

    def _follow(self, node: Node, refuses: bool, function: Function) -> None:
        if node.type == "call_expression":
            callee = self._callee(function.file, text_of(part(node, "function")))
            if callee is not None and callee.type == "bool":
                callee.refuses.add(refuses)
        if node.type == "identifier":
            for value in self._values(text_of(node), function):
                self._take(value, refuses, function)

    def _values(self, name: str, function: Function) -> Iterator[Node]:
        """What a bool variable of the function is made to be."""
        for node in inside(function.body, "declaration"):
            if text_of(node.child_by_field_name("type")) != "bool":
                continue
            for one in inside(node, "init_declarator"):
                if text_of(part(one, "declarator")) == name:
                    yield part(one, "value")
        for node in inside(function.body, "assignment_expression"):
            if text_of(part(node, "left")) == name and operator(node) == "=":
                right = bare(part(node, "right"))
                if right.type == "binary_expression" and operator(right) in (
                    "&&",
                    "||",
                    "==",
                    "!=",
                    "<",
                    ">",
                    "<=",
                    ">=",
                ):
                    yield right


def instrumented(source: bytes, checks: list[tuple[int, Check]]) -> bytes:
    """The source of a file in which each of its checks, with its number, can be taken out."""
    pieces: list[tuple[int, int, int, bytes]] = []
    for number, check in checks:
        head = b"shk_take_out(%d, %d, " % (number, check.refuses)
        # at one place: what ends goes first, then the outermost of what begins
        pieces.append((check.start, 1, -check.end, head))
        pieces.append((check.end, 0, -check.start, b")"))
    out, at = [], 0
    for place, _, _, piece in sorted(pieces):
        out += [source[at:place], piece]
        at = place
    return b"".join([*out, source[at:]])
