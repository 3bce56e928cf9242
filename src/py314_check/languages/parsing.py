"""Parsing with tree-sitter, which takes whatever it is given, within a limit of time."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from py314_check.source import NotAnalysedError

if TYPE_CHECKING:
    from tree_sitter import Language, Node

SECONDS = 10
"""A file that takes longer is reported as not analysed."""


class Deadline:
    """The time by which a file must be done."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raises NotAnalysedError once it has passed."""
        if self.passed():
            raise NotAnalysedError(f"it takes longer than {SECONDS} seconds. Split it or exclude it.")

    def passed(self) -> bool:
        return time.monotonic() > self._end


def parse(code: bytes, grammar: str, deadline: Deadline) -> Node:
    """The root of the tree that a grammar such as ``tree_sitter_c`` makes of some code.

    Raises NotAnalysedError where the time is up or tree-sitter cannot be imported.
    """
    language = _language(grammar)
    from tree_sitter import Parser

    def read(offset: int, _: object) -> bytes:
        return code[offset : offset + 4096]

    def stop(*_: object) -> bool:
        return deadline.passed()

    try:
        return Parser(language).parse(read, progress_callback=stop).root_node
    except ValueError:
        deadline.check()
        raise


def walk(root: Node, deadline: Deadline) -> Iterator[tuple[int, Node]]:
    """All nodes below one and itself, each with its depth, in the order of the file."""
    cursor = root.walk()
    depth = visited = 0
    while True:
        if visited % 10_000 == 0:
            deadline.check()
        visited += 1
        if cursor.node is not None:
            yield depth, cursor.node
        if cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


def by_type(root: Node, kinds: Collection[str], deadline: Deadline) -> dict[str, list[Node]]:
    """The nodes of some types, each in the order of the file. A query takes the square of the time on broken code."""
    found: dict[str, list[Node]] = {kind: [] for kind in kinds}
    for _, node in walk(root, deadline):
        if node.type in found:
            found[node.type].append(node)
    return found


def between(nodes: Sequence[Node], starts: Sequence[int], around: Node) -> Sequence[Node]:
    """The nodes, in order, that stand in another; ``starts`` are where they start."""
    return nodes[bisect_left(starts, around.start_byte) : bisect_left(starts, around.end_byte)]


@cache
def _language(grammar: str) -> Language:
    try:
        from tree_sitter import Language

        return Language(import_module(grammar).language())
    except ImportError as error:
        raise NotAnalysedError(
            f"it takes {grammar.replace('_', '-')} to read, which this Python cannot import ({error}). Run the tool on"
            " another."
        ) from None
