"""What a file's bytes say of its classes: which there are, and what is in their parentheses.

It may say so of what is none, such as a class in a string, and does say so of every class of the file. The time is
linear: of each place, a bounded part is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from py314_rules.call_words import arguments, other_names

_CLASS = re.compile(rb"class[ \t\f\\]")
_NAME = re.compile(rb"class(?:[ \t\f]|\\\r?\n|\\\r)+([\w\x80-\xff]+)(?:[ \t\f]|\\\r?\n|\\\r)*([(\[:]?)")
_WORDS = re.compile(rb"[\w\x80-\xff]+")
_REACH = 4000  # bytes of what is in the parentheses that are read; where there is more, anything may be in them
_MARGIN = 200  # bytes of a line before the word that are read: its indentation
_MAX_NAMES = 30  # of classes that are followed; behind that many, any class may derive from one


class ClassHeader(NamedTuple):
    """The header of a class: where it is, how far it is indented, the class's name, how many bases it has (stars count
    for two) and how many of these have a subscript, and the words in the parentheses, or None for any.
    """

    start: int
    indent: int
    name: bytes
    bases: int
    subscripts: int
    words: Collection[bytes] | None


@lru_cache(maxsize=1)  # several rules ask
def class_headers(data: bytes) -> tuple[ClassHeader, ...]:
    """The headers of all classes, in order."""
    found = []
    for match in _CLASS.finditer(data):
        start = match.start()
        before = data[max(start - _MARGIN, 0) : start]
        line = before.rstrip(b" \t\f")
        named = _NAME.match(data, start, start + _MARGIN)
        if named is None or (line and not line.endswith((b"\n", b"\r", b"\xef\xbb\xbf"))):
            continue
        indent = len(before[len(line) :].expandtabs(8))
        given = arguments(data[named.end() : named.end() + _REACH]) if named[2] == b"(" else []
        if given is None or named[2] not in (b"(", b":"):
            found.append(ClassHeader(start, indent, named[1], 2, 2, None))
        else:
            bases = sum(1 + bool(one.star) for one in given if one.keyword is None)
            words = {word for one in given for word in _WORDS.findall(one.text)}
            subscripts = sum(b"[" in one.text for one in given if one.keyword is None)
            found.append(ClassHeader(start, indent, named[1], bases, subscripts, words))
    return tuple(found)


def derived(data: bytes, *bases: bytes) -> list[ClassHeader]:
    """The headers of the classes that may derive from others, which are given by their names."""
    headers = class_headers(data)
    names = other_names(data, *bases)
    waiting = [*(names or ())]
    found: dict[int, ClassHeader] = {}
    for name in waiting:  # which grows
        for header in headers:
            if header.start not in found and (header.words is None or name in header.words):
                found[header.start] = header
                more = {*waiting} if header.name in waiting else other_names(data, header.name)
                if more is None or len(waiting) > _MAX_NAMES:
                    return [*headers]
                waiting += more.difference(waiting)
    return [*headers] if names is None else [found[start] for start in sorted(found)]
