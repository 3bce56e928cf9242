"""From what a rule wants changed to a fix with places, in any language: what needs no tree of Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from py314_check.api import Change, Event, Insert, Node, Remove, Rename, Replace, cst, parse_version
from py314_check.model import Applicability, Edit, Fix, Leftover, Place
from py314_check.source import SourceFile

OLDEST_SUPPORTED = (3, 10)
"""What a project runs on that does not say: the oldest Python that was supported when this was written."""
_SPACE_AND_COMMENT = re.compile(r"[ \t]*(\r\n|\r|\n|\Z)")


class NotFixableError(Exception):
    """A change that cannot be made in this file; the message is a clause that says why."""


def applicability(change: Change, floor: tuple[int, int] | None) -> Applicability:
    """A change is safe only where the project runs on nothing older than what the change needs."""
    fits = parse_version(change.since) <= (floor or OLDEST_SUPPORTED)
    return Applicability.SAFE if change.safe and fits else Applicability.UNSAFE


def made(
    change: Change, edits: Iterable[tuple[int, int, str]], source: SourceFile, leftovers: Sequence[Leftover] = ()
) -> Fix:
    """The fix that makes some edits, given by offsets into the text. Raises NotFixableError where they overlap."""
    ordered = sorted(set(edits))
    if any(end > start for (_, end, _), (start, _, _) in pairwise(ordered)):
        raise NotFixableError("its parts are in each other's way")
    placed = tuple(Edit(source.place(start, end), content) for start, end, content in ordered)
    return Fix(applicability(change, source.floor), change.message, placed, tuple(leftovers))


def simple(change: Change | None, span: Callable[[Event | Node], tuple[int, int]], source: SourceFile) -> Fix | None:
    """The fix that a change comes to where there is nothing but text: no imports, and no nodes in new text."""
    if change is None:
        return None
    return made(change, [_edit(one, span, source.text) for one in change.edits], source)


def _edit(
    edit: Replace | Insert | Remove | Rename, span: Callable[[Event | Node], tuple[int, int]], text: str
) -> tuple[int, int, str]:
    if isinstance(edit, Rename) or isinstance(edit.node, cst.CSTNode):
        raise TypeError("only Python files have names to rename and nodes of libcst")
    start, end = span(edit.node)
    if isinstance(edit, Remove):
        return *comment_with_space(text, start, end), ""
    content = "".join(str(piece) for piece in edit.content)
    if isinstance(edit, Insert):
        at = end if edit.behind else start
        return at, at, content
    if edit.part is not None:
        start, end = start + edit.part[0], start + edit.part[1]
    return start, end, content


def comment_with_space(text: str, start: int, end: int) -> tuple[int, int]:
    """What goes with a comment: the space before it, and the whole line where nothing else stands in it."""
    rest = _SPACE_AND_COMMENT.match(text, end)
    if rest is None:  # another comment follows
        return start, end
    before = text[:start].rstrip(" \t\f")
    if before and before[-1] not in "\r\n":
        return len(before), rest.start(1)
    return len(before), rest.end()


def offsets(place: Place, source: SourceFile) -> tuple[int, int]:
    """Where a place begins and ends in the text."""
    starts = source.line_starts
    return starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
