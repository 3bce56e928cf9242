"""Tells from a file's bytes whether it may call a function with certain arguments: a file that cannot is not parsed.

It may hold where no such call is, and must hold wherever one is. The time is linear: of each place, a bounded part is
read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from py314_check.api import PIECE, word_places, words_in
from py314_check.old_mentions import Mentions


@dataclass(frozen=True)
class Given:
    """One argument of a call: its star (``""``, ``"*"``, ``"**"``), its keyword, and its text where that is at hand."""

    star: str
    keyword: str | None
    text: bytes = b""


_REACH = 4000  # bytes of a call that are read; a longer one may have any arguments
_BEHIND = 300  # bytes around a name that may say that it is given another one
_MAX_NAMES = 12  # of one function that are followed; behind that many, any call may be its
_TOKENS = re.compile(PIECE + rb"| (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<comma>,)", re.VERBOSE | re.DOTALL)
_NESTS = re.compile(rb"[(\[{}\]\"'#]")
_SPACE = re.compile(rb"(?:[\s\\]|#[^\r\n]*)*")
_BRACKETS = re.compile(rb"(?:[\s\\)]|#[^\r\n]*)*")
_NAME = rb"[\w\x80-\xff]+"
_KEYWORD = re.compile(rb"([^\W\d]\w*)(?:[\s\\]|#[^\r\n]*)*=(?!=)")
# `x = module.name` at the end of a statement, `x = y or module.name`: a name for the same function.
_RENAMES = re.compile(rb"(?:([=,])|\b(?:else|or|and))[\s\\(\[]*(?:%b[\s\\]*\.[\s\\]*)*\Z" % _NAME)
_ENDS = re.compile(rb"[ \t\f]*(?:[\r\n;:#),\\\]]|(?:if|or|and|else)\b|\Z)")
_AS = re.compile(rb"[\s\\]*as[\s\\]+(%b)" % _NAME)
_SIGN = re.compile(rb"(?<![=!<>])=(?!=)")
_TARGETS = re.compile(rb"(?<![\w.\x80-\xff])%b(?![\w\x80-\xff]|[\s\\]*\.)" % _NAME)
_WALRUS = re.compile(rb"(%b)[\s\\]*:\Z" % _NAME)
_DEFINES = re.compile(rb"\b(?:def|class)\s+\Z")
_CLASS = re.compile(rb"class[\s\\]+%b[\s\\]*[\[(]" % _NAME)
_CHOICE = re.compile(rb"(?:if|or|and|else)\b")
_NESTED = rb"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_IS_CALLED = re.compile(_NESTED + rb"\)[\s\\]*\(")
_IS_SECOND = re.compile(rb",[\s\\(]*[rRuU]?[\"']+\Z")
_LOOKUP = re.compile(rb"(%b)[\s\\]*\(%b\Z" % (_NAME, _NESTED))
_COMMENT = re.compile(rb"#[^\r\n]*")


def may_derive_from(data: bytes, name: str, module: str | None) -> bool:
    """Whether a class of the file may have a class among its bases, under its own name or another that it is given."""
    known = _calls(data).of(name.encode(), module)
    return known.too_many or any(not known.names.isdisjoint(words_in(bases)) for bases in _bases(data))


def _bases(data: bytes) -> Iterator[bytes]:
    """What is between the name of each class and the colon behind its bases."""
    for start in word_places(data, b"class"):
        header = _CLASS.match(data, start)
        if header is not None:
            yield data[header.end() : header.end() + _REACH].partition(b"):")[0]


def may_call(
    data: bytes, function: str, condition: Callable[[Sequence[Given]], bool], module: str | None = None
) -> bool:
    """Whether a call of a function may have arguments that a condition holds for.

    The function is given by its last name; of a module's function, the module tells which calls are meant.
    """
    calls = _calls(data).of(function.encode(), module)
    return calls.may_be_any or any(map(condition, calls.given))


@dataclass
class _Found:
    """The calls of a function: what each is given, and the names that it is called by."""

    names: set[bytes]
    given: list[Sequence[Given]]
    too_many: bool = False
    may_be_any: bool = False


class _Calls:
    """The calls of functions in one file; several rules ask for the same."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._known: dict[tuple[bytes, str | None], _Found] = {}

    def of(self, function: bytes, module: str | None) -> _Found:
        """The calls of a function by its last name, and of a module's by its module, too."""
        key = function, module
        if key not in self._known:
            self._known[key] = _Found({function}, [])  # for who asks meanwhile
            self._known[key] = self._find(function, module)
        return self._known[key]

    def _find(self, function: bytes, module: str | None) -> _Found:
        data = self._data
        names = [function]
        found = _Found(set(), [])
        for name in names:  # which grows
            of_module = module is not None and name == function
            places = Mentions(module or "", name.decode()).places(data) if of_module else word_places(data, name)
            for start in places:
                end = start + len(name)
                given = _given(data, start, end)
                if given is None:
                    found.may_be_any = True
                elif given is not _NO_CALL:
                    found.given.append(given)
                names += _other_names(data, start, end).difference(names)
                if len(names) > _MAX_NAMES:
                    found.too_many = found.may_be_any = True
                    return found
        found.names.update(names)
        return found


@lru_cache(maxsize=1)
def _calls(data: bytes) -> _Calls:
    return _Calls(data)


_NO_CALL: Sequence[Given] = []


def _given(data: bytes, start: int, end: int) -> Sequence[Given] | None:
    """The arguments of the call of a name, or of what it is a part of; None where they may be any."""
    if data[start - 1 : start] in (b"'", b'"'):
        return None if b"getattr" in data and _is_looked_up(data, start) else _NO_CALL
    opened = _behind(data, end, _SPACE)
    following = data[opened : opened + 1]
    if following == b")":  # `(module.name)(...)`
        opened = _behind(data, end, _BRACKETS)
        following = data[opened : opened + 1]
    if following != b"(":
        is_chosen = _CHOICE.match(data, opened) and _IS_CALLED.match(data, opened, opened + _BEHIND)
        return None if is_chosen else _NO_CALL  # `(module.name or other)(...)`
    if data[start - 1 : start] == b" " and _DEFINES.search(data, max(start - 20, 0), start) is not None:
        return _NO_CALL
    return _arguments(data, opened + 1, opened + 1 + _REACH)


def _is_looked_up(data: bytes, start: int) -> bool:
    """Whether what is quoted is the name in `getattr(module, "name")`."""
    before = _COMMENT.sub(b"", data[max(start - _BEHIND, 0) : start])
    second = _IS_SECOND.search(before)
    lookup = None if second is None else _LOOKUP.search(before, 0, second.start())
    return lookup is not None and lookup[1] in _calls(data).of(b"getattr", None).names


def _behind(data: bytes, end: int, skipped: re.Pattern[bytes]) -> int:
    if data[end : end + 1] == b"(":
        return end
    space = skipped.match(data, end, end + _REACH)
    return end if space is None else space.end()


def _other_names(data: bytes, start: int, end: int) -> set[bytes]:
    """The names that a function is given where its name stands."""
    if data[end : end + 1] == b"(":
        return set()
    alias = _AS.match(data, end)
    if alias is not None:
        return {alias[1]}
    before = data[max(start - _BEHIND, 0) : start]
    if b"=" not in before or _ENDS.match(data, end) is None:
        return set()
    before = _COMMENT.sub(b"", before) if b"#" in before else before
    renames = _RENAMES.search(before)
    if renames is None:
        return set()
    before = before.replace(b"\r", b"\n")
    signs = [sign.start() for sign in _SIGN.finditer(before)]
    found: set[bytes] = set()
    for sign in signs[-1:] if renames[1] == b"=" else signs:
        line = before[:sign].rpartition(b"\n")[2].lstrip(b" \t\f(")
        walrus = _WALRUS.search(line)
        if walrus is not None:
            found.add(walrus[1])
        elif renames[1] == b"," and b"," not in line:
            continue  # it is an element of what one name is given
        elif line.count(b"(") <= line.count(b")"):  # otherwise, it is a keyword in a call
            found.update(_TARGETS.findall(line))
    return found


def _arguments(data: bytes, start: int, stop: int) -> list[Given] | None:
    """The arguments of a call, from behind its opening bracket; None where they do not end within the text."""
    close = data.find(b")", start, stop)
    if close >= 0 and _NESTS.search(data, start, close) is None:
        return [one for text in data[start:close].split(b",") for one in _argument(text)]
    given: list[Given] = []
    depth = 0
    for token in _TOKENS.finditer(data, start, stop):
        if token["open"]:
            depth += 1
        elif depth == 0 and (token["comma"] or token["close"]):
            given.extend(_argument(data[start : token.start()]))
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


def arguments(text: bytes) -> list[Given] | None:
    """The arguments of a call, from behind its opening bracket; None where they do not end within the text."""
    return _arguments(text, 0, len(text))


def other_names(data: bytes, *names: bytes) -> set[bytes] | None:
    """Some names, and those that what has one of them is given by assignments and imports; None for too many."""
    found = [*names]
    for name in found:  # which grows
        for start in word_places(data, name):
            found += _other_names(data, start, start + len(name)).difference(found)
        if len(found) > _MAX_NAMES + len(names):
            return None
    return {*found}
