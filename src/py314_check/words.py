"""The word test: which rules can fire in a file at all, told from its bytes in a fraction of the time of parsing it."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from py314_check.mentions import word_places, words_in
from py314_check.pieces import without_remarks

if TYPE_CHECKING:
    from py314_check.model import Words

_LINE_LIMIT = 500
"""How far back a word is looked behind; behind that many bytes without an end of statement it counts."""
_IMPORT = re.compile(  # what may stand before such a module in its line
    rb"(?:^(?:\xef\xbb\xbf)?|[;:])[ \t\f]*(?:lazy[ \t]+)?(?:import[ \t]+(?:[^;:()]*[\s,])?|from[ \t]+)\Z"
)


class Tested(Protocol):
    """What the word test must know of a rule: a rule has it, and so has its entry in the index."""

    @property
    def languages(self) -> frozenset[str]: ...
    @property
    def words(self) -> tuple[Words, ...]: ...


RuleT = TypeVar("RuleT", bound=Tested)


class WordTest(Generic[RuleT]):
    """The word test for a set of rules, for the files of a language."""

    def __init__(self, rules: Iterable[RuleT], language: str = "python") -> None:
        self._rules = [rule for rule in rules if language in rule.languages]
        self._has_remarks = language == "python"
        self._ways: defaultdict[bytes, list[tuple[RuleT, _Way]]] = defaultdict(list)  # by their first word
        self._vocabulary: set[bytes] = set()
        for rule in self._rules:
            for words in rule.words:
                way = _Way(words)
                self._ways[words.words[0].encode() if words.words else b""].append((rule, way))
                self._vocabulary |= way.words

    def candidates(self, data: bytes) -> list[RuleT]:
        """The rules that may fire in a file with these bytes, in their order."""
        data = data.removeprefix(BOM_UTF8)  # no part of the first word
        able = self._able(data, {*self._rules})
        remarked = {rule for rule in able if any(way.remarks for way in rule.words)}
        if able - remarked and self._has_remarks:  # few files come this far
            able = remarked | self._able(without_remarks(data), able - remarked)
        return [rule for rule in self._rules if rule in able]

    def _able(self, data: bytes, rules: Collection[RuleT]) -> set[RuleT]:
        present = self._vocabulary.intersection(words_in(data))
        able: set[RuleT] = set()
        for first in [*(present & self._ways.keys()), b""]:
            for rule, way in self._ways.get(first, ()):
                if rule in rules and rule not in able and way.words <= present and way.holds(data):
                    able.add(rule)
        return able


class _Way:
    """One way in which a rule can fire, ready to be held against bytes."""

    def __init__(self, words: Words) -> None:
        self.words = frozenset(word.encode() for word in words.words)
        self._first = words.words[0].encode() if words.words else b""
        self._imported, self._quoted, self._test = words.imported, words.quoted, words.test

    def holds(self, data: bytes) -> bool:
        """Whether the bytes, in which all the words occur, also have what else is asked for."""
        if self._imported and b"six.moves" not in data and not self._stands(data, _may_be_imported):
            return False
        if self._quoted and not self._stands(data, _is_quoted):
            return False
        return self._test is None or bool(self._test(data))

    def _stands(self, data: bytes, where: Callable[[bytes, int], bool]) -> bool:
        return any(where(data, start) for start in word_places(data, self._first))


def _is_quoted(data: bytes, start: int) -> bool:
    return data[start - 1 : start] in (b'"', b"'")


def _may_be_imported(data: bytes, start: int) -> bool:
    """Whether the word at this offset may be a top-level module in an import statement.

    A line may also continue the one before it with a backslash: then it is taken to be one.
    """
    first = max(start - _LINE_LIMIT, 0)
    line = max(data.rfind(b"\n", first, start), data.rfind(b"\r", first, start)) + 1
    if line == 0 and first > 0:
        return any(word in data[first:start] for word in (b"import", b"from"))
    if data[max(line - 3, 0) : line].rstrip(b"\r\n").endswith(b"\\"):
        return True
    return _IMPORT.search(data[line:start]) is not None
