"""Tells from a file's bytes by which names the instances of some classes may go: what has no such name is none.

It follows what ``Context.types`` follows: assignments, annotations, what functions return, loops, ``with``,
``isinstance`` and base classes. But it knows names alone, wherever they stand: it may follow too many, and follows all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from py314_check.api import PIECE, word_places
from py314_rules.call_words import arguments
from py314_rules.statement_words import Statement, Statements, statements

_MAX_NAMES = 150  # that are followed; behind that many, anything may be an instance
_MAX_STATEMENT = 20_000  # bytes of a statement in which names are followed; of a longer one, anything may come
_REACH = 2000  # bytes of an expression that are read
_MARGIN = 100  # bytes before a bracket that say whose it is
_NAME = rb"[\w\x80-\xff]+"
_CHAIN = rb"%b(?:\s*\.\s*%b)*" % (_NAME, _NAME)
_WORDS = re.compile(_NAME)
_CHAINS = re.compile(_CHAIN)
_TARGETS = re.compile(rb"%b(?![\w\x80-\xff]|\s*[.(\[])" % _NAME)
_MARKS = re.compile(rb"[()\[\]{}]|(?<![=!<>:+\-*/%&|^@~])=(?!=)|:(?!=)|;")
_BRACKETS = re.compile(rb"[()\[\]{}]")
_CALLED = re.compile(rb"(?:(%b)|[)\]}'])\s*\Z" % _NAME)
_COMPOUND = re.compile(rb"(?:async\s+)?(class|def|for|with|if|elif|else|while|try|except|finally|case(?!\s*[=.,]))\b")
_DEFINES = re.compile(rb"(?:async\s+)?(?:def|class)\s+(%b)\s*([(\[]?)" % _NAME)
_RECEIVER = re.compile(rb"(?:async\s+)?def\s+%b[^(]*\(\s*(%b)" % (_NAME, _NAME))
_FOR = re.compile(rb"\bfor\b([^\r\n]{0,500}?)\bin\b")
_AS = re.compile(rb"\bas[\s(]+(%b)" % _CHAIN)
_RENAMED = re.compile(rb"(%b)\s+as\s+(%b)" % (_NAME, _NAME))
_WALRUS = re.compile(rb"(%b)\s*:=" % _NAME)
_ISINSTANCE = re.compile(rb"\bisinstance\s*\(\s*(%b)" % _CHAIN)
_TYPE_IN_STRING = re.compile(rb"(?:->|:)[\w.\[\],\s|(]*[\"'][\w.\[\], |]*\Z")
_ENDS = re.compile(rb"[()\[\]{}]|:(?!=)|\b(?:for|async)\b")
_STRINGS = re.compile(rb"(?:\b[bBfFrRtTuU]{1,2})?" + PIECE, re.VERBOSE | re.DOTALL)
_LOOPS = re.compile(rb"\bfor\b[^()\[\]{}]*")
_CONTAINS = re.compile(  # what is iterated over for what it is annotated with
    rb"\b(?:List|Set|FrozenSet|Tuple|Sequence|MutableSequence|Iterable|Iterator|Collection|Generator|Deque|AbstractSet"
    rb"|list|set|frozenset|tuple|deque)\s*\["
)
_STRING_ENDS = re.compile(rb"[\w.\[\], |]*[\"']")
_KEYWORDS = frozenset(b"if else or and not in is await lambda return for yield from with assert".split())
_PASSES = frozenset((b"enter_context", b"closing", b"aclosing", b"type"))  # they give what they are given, or its like


class Instances:
    """What may be an instance of some classes in a file.

    ``members`` are the methods and attributes of an instance that give one; ``in_loops`` tells whether these, or what
    instances are iterated over for, are instances again. Otherwise only annotations of containers may say so.
    """

    def __init__(
        self, data: bytes, classes: Collection[bytes], members: Collection[bytes] = (), *, in_loops: bool = True
    ) -> None:
        self._members = members
        self._in_loops = in_loops
        self._known = {*classes}  # names of the classes, of instances, and of what holds or gives some
        self._types = {*classes}
        self._file = statements(data)
        self._is_lost = self._file is None or any(_is_fetched(data, name) for name in classes)
        if self._file is not None and not self._is_lost:
            self._follow(self._file)
            self._is_lost = self._is_lost or any(_annotates_by_string(data, name) for name in self._types)

    def may_give(self, text: bytes) -> bool:
        """Whether an expression, as a ``Statement`` has it, may be an instance, or a container of some."""
        if self._is_lost:
            return True
        words = {*_WORDS.findall(text)}
        if words.isdisjoint(self._known):
            return False
        outer = _outer(text) if self._in_loops else _LOOPS.sub(b" ", _outer(text))
        return not words.isdisjoint(_PASSES) or any(map(self._leads_on, _CHAINS.findall(outer)))

    def may_be_in(self, word: bytes, place: Callable[[Statement], bytes]) -> bool:
        """Whether what is at a place of a statement with a word may be an instance."""
        file = None if self._is_lost else self._file
        return file is None or any(self.may_give(_without_templates(place(one))) for one in file.with_words(word))

    def _leads_on(self, chain: bytes) -> bool:
        for word in reversed(_WORDS.findall(chain)):
            if word in self._known:
                return True
            if word not in self._members:
                break
        return False

    def _mentions(self, text: bytes) -> bool:
        return not self._known.isdisjoint(_WORDS.findall(text))

    def _is_meant_by(self, annotation: bytes) -> bool:
        is_meant = self._mentions(annotation)
        self._is_lost = self._is_lost or (is_meant and not self._in_loops and _CONTAINS.search(annotation) is not None)
        return is_meant

    def _follow(self, file: Statements) -> None:
        names = [*self._known]
        for name in names:  # which grows
            taken: set[bytes] = set()
            for one in file.with_words(name):
                self._is_lost = self._is_lost or len(one.text) > _MAX_STATEMENT or len(names) > _MAX_NAMES
                if self._is_lost:
                    return
                taken.update(self._taken(one, file))
            taken = {one for one in taken - _KEYWORDS if not one[:1].isdigit()}
            names += taken.difference(names)
            self._known.update(taken)

    def _taken(self, one: Statement, file: Statements) -> Iterator[bytes]:
        """The names that a statement gives an instance, or something that gives one."""
        header, statement = one.header, _without_templates(one.text)
        head, body = b"", statement
        compound = _COMPOUND.match(statement)
        if compound is not None:
            head, *_ = _split(statement, b":")
            body = statement[len(head) + 1 :].strip()
            yield from self._taken_by_header(one, compound[1], head, file)
            header = one if compound[1] in (b"class", b"def") else header
        for simple in _split(body, b";"):
            yield from self._taken_by_simple(header, simple.strip())
        yield from self._taken_in_expressions(statement)

    def _taken_by_header(self, one: Statement, kind: bytes, head: bytes, file: Statements) -> Iterator[bytes]:
        defines = _DEFINES.match(head)
        if defines is not None:
            given = arguments(head[defines.end() :]) if defines[2] == b"(" else []
            if given is None or defines[2] == b"[":  # type parameters
                self._is_lost = self._is_lost or self._mentions(head)
            elif kind == b"class":
                if self._mentions(head[defines.end() :]):
                    self._types.add(defines[1])
                    yield from (defines[1], b"super", *_receivers(file, one))
            else:
                for name, _, annotation in (one.text.partition(b":") for one in given):
                    if self._is_meant_by(annotation):
                        yield from _WORDS.findall(name)
                if self._is_meant_by(head.rpartition(b"->")[2] if b"->" in head else b""):
                    yield defines[1]
        elif kind == b"except" or (kind == b"with" and self.may_give(_AS.sub(b"", head))):
            yield from (_WORDS.findall(target)[-1] for target in _AS.findall(head))
        elif kind == b"case":
            self._is_lost = self._is_lost or self._mentions(head)

    def _taken_by_simple(self, header: Statement | None, statement: bytes) -> Iterator[bytes]:
        if statement.startswith(b"return"):
            function = None if header is None else _DEFINES.match(header.text)
            if function is not None and self.may_give(statement.removeprefix(b"return")):
                yield function[1]
            return
        yield from (alias for name, alias in _RENAMED.findall(statement) if name in self._known)
        *targets, value = _split(statement, b"=")
        target, *annotation = _split(targets[0] if targets else value, b":")
        if any(map(self._is_meant_by, annotation)):
            yield from _TARGETS.findall(target)
        if targets and self.may_give(value):
            found = [name for one in (target, *targets[1:]) for name in _TARGETS.findall(one)]
            if b"(" not in value and not self._types.isdisjoint(_WORDS.findall(value)):  # another name for a class
                self._types.update(found)
            yield from found

    def _taken_in_expressions(self, statement: bytes) -> Iterator[bytes]:
        for loop in _FOR.finditer(statement) if self._in_loops else ():
            if self.may_give(_first_expression(statement[loop.end() : loop.end() + _REACH])):
                yield from _WORDS.findall(loop[1])
        for given in _WALRUS.finditer(statement):
            if self.may_give(_first_expression(statement[given.end() : given.end() + _REACH])):
                yield given[1]
        for tested in _ISINSTANCE.finditer(statement):
            if self._mentions(statement[tested.end() : tested.end() + _REACH]):
                yield _WORDS.findall(tested[1])[-1]


def _is_fetched(data: bytes, name: bytes) -> bool:
    """Whether an attribute of this name may be asked for by a string."""
    return b"getattr" in data and any(
        data[start - 1 : start] in (b"'", b'"') and b"getattr" in data[max(start - _MARGIN, 0) : start]
        for start in word_places(data, name)
    )


def _annotates_by_string(data: bytes, name: bytes) -> bool:
    """Whether a name stands in a string that may be an annotation, or a part of one."""
    return any(
        _STRING_ENDS.match(data, start) and _TYPE_IN_STRING.search(data, max(start - _MARGIN, 0), start)
        for start in word_places(data, name)
    )


def _receivers(file: Statements, owner: Statement) -> Iterator[bytes]:
    """What the methods of a class call their first parameter."""
    methods = map(_RECEIVER.match, (one.text for one in file.below(owner)))
    return (method[1] for method in methods if method is not None)


def _without_templates(statement: bytes) -> bytes:
    """A statement without its f-strings, unless these give something a name."""
    if statement.count(b"'") + statement.count(b'"') == 2 * statement.count(b"''") or b":=" in statement:
        return statement
    return _STRINGS.sub(b"''", statement)


def _first_expression(text: bytes) -> bytes:
    """What a text begins with, up to where its loop, argument or bracket ends."""
    depth = 0
    for found in _ENDS.finditer(text):
        if found[0] in b"([{":
            depth += 1
        elif found[0] in b")]}":
            depth -= 1
        if depth < 0 or (depth == 0 and found[0] not in b")]}"):
            return text[: found.start()]
    return text


def _split(text: bytes, mark: bytes) -> list[bytes]:
    """The parts of a statement between marks that stand in no brackets."""
    parts: list[bytes] = []
    depth = done = 0
    for found in _MARKS.finditer(text):
        if found[0] in b"([{":
            depth += 1
        elif found[0] in b")]}":
            depth -= 1
        elif depth <= 0 and found[0] == mark:
            parts.append(text[done : found.start()])
            done = found.end()
    return [*parts, text[done:]]


def _outer(text: bytes) -> bytes:
    """An expression without what stands in the brackets of calls and subscripts."""
    parts: list[bytes] = []
    depth = done = 0
    for bracket in _BRACKETS.finditer(text):
        if depth:
            depth += 1 if bracket[0] in b"([{" else -1
            done = bracket.end()
        elif bracket[0] in b"([{":
            callee = _CALLED.search(text, max(bracket.start() - _MARGIN, 0), bracket.start())
            if callee is not None and callee[1] not in _KEYWORDS:
                parts.append(text[done : bracket.start()])
                depth = 1
    return b" ".join([*parts, text[done:] if depth == 0 else b""])
