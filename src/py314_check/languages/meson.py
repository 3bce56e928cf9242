"""Meson: the calls of a meson.build file, such as ``py.extension_module('name', 'file.c', limited_api: '3.11')``.

Every call is told, also those within others. What is never closed ends with the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from py314_check.api import MesonArgument, MesonCall
from py314_check.source import SourceFile

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
    | f?(?P<string>'{3}.*?(?:'{3}|\Z)|'(?:[^'\\\r\n]|\\.)*'?)
    | (?P<name>[A-Za-z_]\w*(?:[ \t]*\.[ \t]*[A-Za-z_]\w*)*)[ \t]*(?P<behind>[(:])?
    | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<comma>,)
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACES = re.compile(r"\s*")
_DEEPEST = 200
_NO_CALLS = frozenset({"and", "or", "not", "in", "if", "elif", "endif"})
_STEPS = {"if": 1, "endif": -1}


@dataclass
class _Bracket:
    """An open bracket: the call whose arguments it holds, if it does, and what has been read of the last of them."""

    start: int
    call: re.Match[str] | None = None
    keyword: str = ""
    strings: list[str] = field(default_factory=list)
    arguments: list[MesonArgument] = field(default_factory=list)

    def end_argument(self, text: str, end: int) -> None:
        """Goes on to the next argument, behind a comma or at the end."""
        if self.start < end:
            self.arguments.append(MesonArgument(self.keyword, text[self.start : end].rstrip(), tuple(self.strings)))
        self.start, self.keyword, self.strings = _past_spaces(text, end + 1), "", []


def calls(source: SourceFile) -> list[MesonCall]:
    """The calls of a file, each at its name, in the order in which they end.

    Behind brackets that are nested deeper than anybody writes them, nothing is read.
    """
    text = source.text
    found: list[MesonCall] = []
    brackets: list[_Bracket] = []
    conditions = 0
    for token in _TOKEN.finditer(text):
        around = brackets[-1] if brackets else None
        name = token["name"]
        if name is not None and around is None:
            conditions = max(conditions + _STEPS.get(name, 0), 0)
        if token["open"] or token["behind"] == "(":
            if len(brackets) == _DEEPEST:
                break
            is_call = name is not None and name not in _NO_CALLS
            brackets.append(_Bracket(_past_spaces(text, token.end()), token if is_call else None))
        elif around is None:
            continue
        elif token["comma"] and around.call is not None:
            around.end_argument(text, token.start())
        elif (token["comment"] or token["behind"] == ":") and around.start == token.start():
            around.start, around.keyword = _past_spaces(text, token.end()), name or around.keyword
        elif token["string"]:
            around.strings.append(_value(token["string"]))
        elif token["close"]:
            found += _closed(source, brackets, token.start(), is_conditional=conditions > 0)
    while brackets:
        found += _closed(source, brackets, len(text), is_conditional=conditions > 0)
    return found


def _past_spaces(text: str, start: int) -> int:
    match = _SPACES.match(text, start)
    return start if match is None else match.end()


def _closed(source: SourceFile, brackets: list[_Bracket], end: int, *, is_conditional: bool) -> list[MesonCall]:
    """Ends the last bracket, and the call that it belongs to. The strings of a list are those of what it stands in."""
    last = brackets.pop()
    if last.call is None:
        if brackets:
            brackets[-1].strings += last.strings
        return []
    last.end_argument(source.text, end)
    name = re.sub(r"\s", "", last.call["name"])
    return [MesonCall(source.place(*last.call.span("name")), name, tuple(last.arguments), is_conditional)]


def _value(literal: str) -> str:
    if literal.startswith("'''"):
        return literal[3:].removesuffix("'''")
    return re.sub(r"\\(['\\])", r"\1", literal[1:].removesuffix("'"))
