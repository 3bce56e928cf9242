"""The statements of a file, told from its bytes: each on one line, with the header of what it stands in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from py314_check.api import word_places
from py314_rules import word_tests

_HEADER = re.compile(rb"(?:class|def|async[ \t]+def)\b")


@dataclass(eq=False, slots=True)
class Statement:
    """A statement without comments and what is in strings, and the header of what it is right in: a class, a function,
    or for the module a statement without text.
    """

    text: bytes
    header: Statement | None = None

    def is_in(self, kind: bytes) -> bool:
        """Whether it stands right in a ``class``, or in a ``def`` that is not ``async``."""
        return self.header is not None and self.header.text.startswith(kind)


class Statements:
    """The statements of a file, in order, found by the words in them."""

    def __init__(self, code: bytes) -> None:
        self.all = [*_statements(code)]
        self._text = b"\n".join([one.text for one in self.all])
        self._starts = [*accumulate([len(one.text) + 1 for one in self.all], initial=0)]

    def with_words(self, *words: bytes) -> Iterator[Statement]:
        """Those in which one of some words occurs."""
        found: set[int] = set()
        for word in words:
            done = 0
            for place in word_places(self._text, word):
                if place >= done:
                    index = bisect_right(self._starts, place) - 1
                    done = self._starts[index + 1]
                    found.add(index)
        return (self.all[index] for index in sorted(found))

    def below(self, header: Statement) -> Iterator[Statement]:
        """Those that stand right in what a statement is the header of."""
        return (one for one in self.all if one.header is header)


@lru_cache(maxsize=1)  # several rules ask
def statements(data: bytes) -> Statements | None:
    """The statements of a file; None where strings and code cannot be told apart."""
    text = word_tests.code_of(data)
    return None if text is None else Statements(text)


def _statements(code: bytes) -> Iterator[Statement]:
    around: list[tuple[int, Statement | None]] = [
        (-1, None)
    ]  # the headers that a statement may be in, by their indentation
    for indent, text in word_tests.statements(code):
        while around[-1][0] >= indent:
            around.pop()
        one = Statement(text, around[-1][1])
        yield one
        if _HEADER.match(text) is not None:
            around.append((indent, one))
