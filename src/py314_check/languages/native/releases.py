"""Ways out of a function on which a lock that it took is not given back.

Certainty comes first. A lock counts where it is taken and given back in one block, by calls that name it alike. A way
out counts where nothing on it may give the lock back: neither a call that is named like one, nor a function of the file
that makes such a call.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tree_sitter import Node

_RETURNS = re.compile(r"Py_RETURN_\w+")
_JUMPS = frozenset({"return_statement", "goto_statement", "break_statement", "continue_statement"})
_LOOPS = frozenset({"for_statement", "while_statement", "do_statement", "for_range_loop"})
_WITH_PARTS = _LOOPS | {
    "compound_statement",
    "if_statement",
    "else_clause",
    "labeled_statement",
    "switch_statement",
    "case_statement",
}
_OWN_FLOW = frozenset({"function_definition", "lambda_expression"})


class _Code(Protocol):
    """What is asked of the file."""

    @property
    def functions(self) -> Mapping[str, Node]: ...
    def text(self, node: Node) -> str: ...
    def name(self, node: Node | None) -> str: ...
    def arguments(self, call: Node) -> Sequence[Node]: ...
    def calls(self, function: Node | None = None) -> Sequence[Node]: ...
    def runs(self, function: Node) -> Sequence[Node]: ...
    def function(self, node: Node) -> Node | None: ...


class Releases:
    """Answers for one file. ``change`` says of a name whether it takes a lock (1) or gives one back (-1)."""

    def __init__(self, code: _Code, change: Callable[[str], int]) -> None:
        self._code = code
        self._change = change
        self._releasing: dict[int, bool] = {}  # by function
        self._given_back: dict[int, dict[str, int]] = {}  # by function: where a lock is given back last

    def jumps(self, call: Node) -> list[Node]:
        """The jumps past the place where what a call locks is given back, without giving it back."""
        if self._change(self._code.name(call)) != 1 or not self._is_given_back(call):
            return []
        statement = call.parent
        if statement is not None and statement.type == "cast_expression":
            statement = statement.parent
        block = None if statement is None else statement.parent
        if statement is None or statement.type != "expression_statement":
            return []
        if block is None or block.type != "compound_statement":
            return []
        held: list[Node] = []
        for following in block.named_children:
            if following.start_byte < statement.end_byte:
                continue
            release = self._released_by(following, call)
            if release is not None:
                return list(_Way(self._code, self, call, release).jumps(held))
            held.append(following)
        return []

    def may_release(self, call: Node) -> bool:
        """Whether a call gives some lock back, itself or in what it calls."""
        name = self._code.name(call)
        if self._change(name) < 0:
            return True
        called = self._code.functions.get(name)
        if called is None:
            return False
        if called.id not in self._releasing:
            calls = (one for each in self._code.runs(called) for one in self._code.calls(each))
            self._releasing[called.id] = any(self._change(self._code.name(one)) < 0 for one in calls)
        return self._releasing[called.id]

    def _is_given_back(self, lock: Node) -> bool:
        """Whether the function goes on to give a lock back at all: a node's parent is slow to find."""
        function = self._code.function(lock)
        if function is None:
            return False
        if function.id not in self._given_back:
            releases = [call for call in self._code.calls(function) if self._change(self._code.name(call)) < 0]
            self._given_back[function.id] = {self._locked(call): call.start_byte for call in releases}
        return self._given_back[function.id].get(self._locked(lock), -1) > lock.start_byte

    def _released_by(self, statement: Node, lock: Node) -> Node | None:
        """The call that a statement is, where that gives a lock back."""
        while statement.type == "labeled_statement" and statement.named_children:
            statement = statement.named_children[-1]
        if statement.type != "expression_statement" or not statement.named_children:
            return None
        call = statement.named_children[0]
        if call.type != "call_expression" or self._change(self._code.name(call)) >= 0:
            return None
        return call if self._locked(call) == self._locked(lock) else None

    def _locked(self, call: Node) -> str:
        """What a call locks or gives back, as it is written; of a method, whose."""
        called = call.child_by_field_name("function")
        if called is not None and called.type == "field_expression":
            called = called.child_by_field_name("argument")
            return "" if called is None else self._code.text(called)
        arguments = self._code.arguments(call)
        return re.sub(r"[\s()]+", "", self._code.text(arguments[0])) if arguments else ""


class _Way:
    """From where a lock is taken to where it is given back."""

    def __init__(self, code: _Code, releases: Releases, lock: Node, release: Node) -> None:
        self._code = code
        self._start, self._end = lock.end_byte, release.end_byte
        function = code.function(lock)
        self._function = function
        calls = () if function is None else code.calls(function)
        self._given_back = [call.start_byte for call in calls if releases.may_release(call)]  # in order

    def jumps(self, statements: Sequence[Node]) -> Iterator[Node]:
        """The jumps in statements that come one after the other, as far as the lock is certainly held."""
        for statement in statements:
            if statement.type in _OWN_FLOW:
                continue
            releases = self._releases_in(statement)
            if self._jumps(statement):
                if not releases and self._leaves(statement):
                    yield statement
                return
            if releases and statement.type not in _WITH_PARTS:
                return
            yield from self.jumps(statement.named_children)
            if releases and not self._ends(statement):
                return

    def _releases_in(self, node: Node) -> bool:
        at = bisect_left(self._given_back, node.start_byte)
        return at < len(self._given_back) and self._given_back[at] < node.end_byte

    def _jumps(self, statement: Node) -> bool:
        return statement.type in _JUMPS or (
            statement.type == "expression_statement" and _RETURNS.match(self._code.text(statement)) is not None
        )

    def _ends(self, statement: Node) -> bool:
        """Whether whatever gives the lock back in a statement also leaves: what comes behind still holds it."""
        if statement.type not in ("compound_statement", "if_statement", "else_clause"):
            return False
        parts = statement.named_children
        if statement.type == "compound_statement" and parts:
            last = parts[-1]
            if last.type in ("return_statement", "goto_statement") or _RETURNS.match(self._code.text(last)):
                return True
        return all(self._ends(part) for part in parts if self._releases_in(part))

    def _leaves(self, jump: Node) -> bool:
        if jump.type in ("break_statement", "continue_statement"):
            around = jump.parent
            kinds = _LOOPS if jump.type == "continue_statement" else _LOOPS | {"switch_statement"}
            while around is not None and around.type not in kinds:
                around = around.parent
            if around is None or around.start_byte >= self._start:
                return False
            return jump.type == "continue_statement" or not self._is_given_back_behind(around.end_byte)
        if jump.type == "goto_statement":
            label = self._label(jump)
            return label > self._end and not self._is_given_back_behind(label)
        return True

    def _label(self, jump: Node) -> int:
        """Where a goto goes; -1 where that is not to be told."""
        label = jump.child_by_field_name("label")
        if label is None or self._function is None:
            return -1
        name = re.escape(self._code.text(label))
        match = re.search(rf"(?m)(?<![?\w])\b{name}\s*:(?!:)", self._code.text(self._function))
        return -1 if match is None else self._function.start_byte + match.start()

    def _is_given_back_behind(self, offset: int) -> bool:
        return bool(self._given_back) and self._given_back[-1] > offset
