"""Tells from a file's bytes whether it may call a function with certain arguments: a file that cannot is not parsed.

It may hold where no such call is, and must hold wherever one is. The time is linear: of each place, a bounded part is
read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from py314_check.api import PIECE, Mentions, word_places


@dataclass(frozen=True)
class Given:
    """One argument of a call: its star (``""``, ``"*"``, ``"**"``), its keyword, and its text where that is at hand."""

    star: str
    keyword: str | None
    text: bytes = b""


_REACH = 4000  # bytes of a call that are read; a longer one may have any arguments
_BEHIND = 200  # bytes before a name that may say that it is given another one
_MAX_NAMES = 12  # of one function that are followed; behind that many, any call may be its
_TOKENS = re.compile(PIECE + rb"| (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<comma>,)", re.VERBOSE | re.DOTALL)
_BLANK = rb"(?:\s|\\[\r\n]|#[^\r\n]*)*"
_SPACE = re.compile(_BLANK)
_NAME = rb"(?!\d)[\w\x80-\xff]+"
_KEYWORD = re.compile(rb"(%b)%b=(?!=)" % (_NAME, _BLANK))
# `x = module.name` at the end of a statement, `x = y or module.name`: a name for the same function.
_RENAMES = re.compile(rb"(?:(?P<assigned>[=,])|\b(?:else|or|and))[\s(\\]*(?:[\w\x80-\xff]+\s*\.\s*)*\Z")
_CHAIN = bytes(byte for byte in range(256) if byte >= 0x80 or chr(byte).isalnum() or byte in b"_. \t\f\r\n\\(")
_ASSIGNS = re.compile(rb"(?<![=!<>])=(?!=)")
_ENDS = re.compile(rb"[ \t]*(?:[\r\n;#),]|(?:if|or|and)\b|\Z)")
_AS = re.compile(rb"[\s\\]*as[\s\\]+(%b)" % _NAME)
_TARGETS = re.compile(rb"(?<![\w\x80-\xff.])%b(?![\w\x80-\xff]|\s*\.)" % _NAME)
_DEFINES = re.compile(rb"\b(?:def|class)\s+\Z")


def may_derive_from(name: str, data: bytes) -> bool:
    """Whether a class of the file may have a class of this name among its bases."""
    return re.search(rb"class\s+\w+\s*\([^:]{0,500}?\b%b\b" % name.encode(), data) is not None


def may_call(
    data: bytes, function: str, condition: Callable[[Sequence[Given]], bool], module: str | None = None
) -> bool:
    """Whether a call of a function may have arguments that a condition holds for.

    The function is given by its last name; of a module's function, the module tells which calls are meant.
    """
    names = [function.encode()]
    for name in names:  # which grows
        is_given = module is not None and name == function.encode()
        places = Mentions(module or "", function).places(data) if is_given else word_places(data, name)
        for start in places:
            end = start + len(name)
            if _may_hold(data, start, end, condition):
                return True
            names += _other_names(data, start, end).difference(names)
            if len(names) > _MAX_NAMES:
                return True
    return False


def _may_hold(data: bytes, start: int, end: int, condition: Callable[[Sequence[Given]], bool]) -> bool:
    before = data[max(start - _BEHIND, 0) : start]
    if _DEFINES.search(before[-20:]) is not None:
        return False
    opened = _behind(data, end)
    if data[opened : opened + 1] == b"(":
        given = arguments(data[opened + 1 : opened + 1 + _REACH])
        return given is None or condition(given)
    return before.endswith((b"'", b'"'))  # getattr(module, "name")


def _behind(data: bytes, end: int) -> int:
    space = _SPACE.match(data, end, end + _REACH)
    return end if space is None else space.end()


def _other_names(data: bytes, start: int, end: int) -> set[bytes]:
    """The names that a function is given where its name stands."""
    alias = _AS.match(data, end)
    if alias is not None:
        return {alias[1]}
    before = data[max(start - _BEHIND, 0) : start]
    rest = before.rstrip(_CHAIN)
    if not rest.endswith((b"=", b",")) and not any(word in before[len(rest) :] for word in (b"else", b"or", b"and")):
        return set()
    renames = _RENAMES.search(before)
    if renames is None or (renames["assigned"] is not None and _ENDS.match(data, end) is None):
        return set()
    lines = before.replace(b"\r", b"\n")
    if renames["assigned"] is None:
        lines = lines.rpartition(b"\n")[2]
        sign = _ASSIGNS.search(lines)
        targets = lines[: sign.start()] if sign is not None else b""
    else:
        targets, _, value = lines.rpartition(b"=")
        first, ended, _ = value.partition(b"\n")
        is_open = len(first.translate(None, b")]}")) > len(first.translate(None, b"([{"))
        if ended and not is_open and not first.endswith(b"\\"):
            return set()  # of another statement
    line = targets.rpartition(b"\n")[2].strip(b" \t\f(")
    return set() if b"(" in line else set(_TARGETS.findall(line))  # in a call, it is a keyword


def arguments(text: bytes) -> list[Given] | None:
    """The arguments of a call, from behind its opening bracket; None where they do not end within the text."""
    given: list[Given] = []
    start = depth = 0
    for token in _TOKENS.finditer(text):
        if token["open"]:
            depth += 1
        elif depth == 0 and (token["comma"] or token["close"]):
            given.extend(_argument(text[start : token.start()]))
            start = token.end()
            if token["close"]:
                return given
        elif token["close"]:
            depth -= 1
    return None


def _argument(text: bytes) -> Iterator[Given]:
    space = _SPACE.match(text)
    text = text[space.end() :] if space is not None else text
    if text:
        star = "**" if text.startswith(b"**") else "*" if text.startswith(b"*") else ""
        keyword = _KEYWORD.match(text)
        value = text if keyword is None else text[keyword.end() :]
        yield Given(star, None if keyword is None else keyword[1].decode("ascii", "replace"), value.strip())


def other_names(data: bytes, *names: bytes) -> set[bytes] | None:
    """Some names, and those that what has one of them is given by assignments and imports; None for too many."""
    found = [*names]
    for name in found:  # which grows
        for start in word_places(data, name):
            found += _other_names(data, start, start + len(name)).difference(found)
        if len(found) > _MAX_NAMES + len(names):
            return None
    return {*found}
