"""What the fixes of calls in facts/calls.toml do to their arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from py314_check.api import Insert, Remove, Replace, cst


class FixedRow(Protocol):
    """The keys of a row that decide; facts/calls.toml explains them."""

    @property
    def fix(self) -> str | None: ...
    @property
    def keywords(self) -> tuple[str, ...]: ...
    @property
    def but_keywords(self) -> tuple[str, ...]: ...
    @property
    def fix_keywords(self) -> tuple[str, ...]: ...
    @property
    def position(self) -> int | None: ...


def edits_of(call: cst.Call, row: FixedRow, index: int, shift: int) -> Iterator[Remove | Replace | Insert]:
    """The edits of a row's fix; none where the arguments do not allow it.

    ``index`` is that of the argument that the row is about, -1 for none; ``shift`` is 1 where ``self`` comes first.
    """
    if row.fix is None or any(arg.star for arg in call.args):
        return
    if row.fix == "drop":
        yield from _dropped(call, row, shift)
    elif row.fix == "by position":
        yield from _by_position(call, row, shift)
    elif row.fix == "by keyword":
        yield from _by_keyword(call, row, shift)
    elif row.fix == "without U":
        yield from _without_u(call.args[index].value)
    elif row.fix.startswith("add "):
        text = row.fix.removeprefix("add ")
        if call.args:
            yield Insert(call.args[-1], f", {text}", behind=True)
        else:
            yield Insert(call.whitespace_before_args, text)


def _dropped(call: cst.Call, row: FixedRow, shift: int) -> Iterator[Remove]:
    """The arguments that the row is about; none where one that has an effect comes behind by position."""
    found = []
    for index, arg in enumerate(call.args):
        every = "*" in row.keywords
        if arg.keyword is None:
            behind = index - shift - row.position if row.position is not None else -1
            if behind > 0 and not every:
                return
            dropped = behind >= 0
        else:
            dropped = arg.keyword.value in row.keywords or (every and arg.keyword.value not in row.but_keywords)
        if dropped:
            found.append(Remove(arg))
    yield from found


def _by_position(call: cst.Call, row: FixedRow, shift: int) -> Iterator[Replace]:
    """The arguments that must come by position, if they come first and in this order."""
    found = []
    named = False  # whether an argument came that keeps its name
    for index, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value in row.keywords:
            if named or row.keywords.index(arg.keyword.value) != index - shift:
                return
            found.append(Replace(arg, arg.value))
        named = named or (arg.keyword is not None and arg.keyword.value not in row.keywords)
    yield from found


def _by_keyword(call: cst.Call, row: FixedRow, shift: int) -> Iterator[Insert]:
    for index, arg in enumerate(call.args):
        behind = index - shift - (row.position or 0)
        if arg.keyword is None and 0 <= behind < len(row.fix_keywords):
            yield Insert(arg, f"{row.fix_keywords[behind]}=")


def _without_u(mode: cst.BaseExpression) -> Iterator[Replace]:
    if isinstance(mode, cst.SimpleString) and re.fullmatch(r"[rbU]+", mode.raw_value):
        quote = len(mode.prefix) + len(mode.quote)
        rest = mode.raw_value.replace("U", "")
        rest = rest if "r" in rest else f"r{rest}"
        yield Replace(mode, rest, part=(quote, quote + len(mode.raw_value)))
