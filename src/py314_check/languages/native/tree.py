"""Parsing C and C++ with tree-sitter, which takes whatever it is given, within a limit of time."""

from __future__ import annotations

import re
import time
from functools import cache
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from py314_check.languages.base import NotAnalysedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tree_sitter import Language, Node

SECONDS = 10
"""A file that takes longer is reported as not analysed."""
_C_SUFFIXES = frozenset({".c", ".h"})
_LOOKS_LIKE_CPP = re.compile(
    rb"^[ \t]*(?:template[ \t]*<|namespace\b|class[ \t]+\w|using[ \t]+\w|(?:public|private|protected)[ \t]*:)"
    rb"|^[ \t]*#[ \t]*include[ \t]*<(?:pybind11|nanobind|boost)/",
    re.MULTILINE,
)


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


def is_header(path: str) -> bool:
    return PurePosixPath(path).suffix.lower().startswith(".h")


def is_cpp(path: str, data: bytes) -> bool:
    """Whether a file is C++: by its suffix, or as a header that looks like it."""
    suffix = PurePosixPath(path).suffix
    return suffix not in _C_SUFFIXES or (suffix == ".h" and _LOOKS_LIKE_CPP.search(data) is not None)


def parse(code: bytes, *, is_cpp: bool, deadline: Deadline) -> Node:
    """The root of the tree. Raises NotAnalysedError where the time is up or tree-sitter cannot be imported."""
    language = _language(is_cpp)
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


def by_type(root: Node, kinds: Collection[str], deadline: Deadline) -> dict[str, list[Node]]:
    """The nodes of some types, each in the order of the file. A query takes the square of the time on broken code."""
    found: dict[str, list[Node]] = {kind: [] for kind in kinds}
    cursor = root.walk()
    for visited in count():
        if visited % 10_000 == 0:
            deadline.check()
        node = cursor.node
        if node is not None and node.type in found:
            found[node.type].append(node)
        if not cursor.goto_first_child():
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return found
    raise AssertionError


@cache
def _language(is_cpp: bool) -> Language:
    try:
        from tree_sitter import Language

        if is_cpp:
            import tree_sitter_cpp as grammar
        else:
            import tree_sitter_c as grammar  # type: ignore[no-redef]
    except ImportError as error:
        raise NotAnalysedError(
            f"C and C++ need tree-sitter, which this Python cannot import ({error}). Run the tool on another."
        ) from None
    return Language(grammar.language())
