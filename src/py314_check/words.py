"""The word test: which rules can fire in a file at all, told in a fraction of the time of parsing it with libcst.

First from the words of its bytes; where these let something pass, from its outline.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from py314_check.outline import Outline, UnknownSyntaxError
from py314_check.splitting import words_in

if TYPE_CHECKING:
    from py314_check.model import Words


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
        self._is_python = language == "python"
        self._ways: defaultdict[bytes, list[tuple[RuleT, _Way]]] = defaultdict(list)  # by their first word
        self._vocabulary: set[bytes] = set()
        for rule in self._rules:
            for words in rule.words:
                way = _Way(words)
                self._ways[words.words[0].encode() if words.words else b""].append((rule, way))
                self._vocabulary |= way.words

    def candidates(self, data: bytes) -> list[RuleT]:
        """The rules that may fire in a file with these bytes, in their order."""
        ways = [pair for pair in self._possible(data.removeprefix(BOM_UTF8)) if pair[1].may_hold(data)]
        able = {rule for rule, way in ways if not (way.needs_outline and self._is_python)}
        if len(able) < len({rule for rule, _ in ways}):
            able |= _held(data, [pair for pair in ways if pair[0] not in able])
        return [rule for rule in self._rules if rule in able]

    def _possible(self, data: bytes) -> list[tuple[RuleT, _Way]]:
        """The rules, each with a way to fire of which all words occur."""
        present = self._vocabulary.intersection(words_in(data))
        return [
            (rule, way)
            for first in [*(present & self._ways.keys()), b""]
            for rule, way in self._ways.get(first, ())
            if way.words <= present
        ]


def _held(data: bytes, ways: Sequence[tuple[RuleT, _Way]]) -> set[RuleT]:
    """The rules of which a way to fire holds for the outline of a file, which is gone when this is done."""
    outline = Outline(data)
    able: set[RuleT] = set()
    try:
        for rule, way in ways:
            if rule not in able and way.holds(outline):
                able.add(rule)
    except (UnknownSyntaxError, RecursionError):
        able.update(rule for rule, _ in ways)
    return able


class _Way:
    """One way in which a rule can fire, ready to be held against a file in which all its words occur."""

    def __init__(self, words: Words) -> None:
        self.words = frozenset(word.encode() for word in words.words)
        self._first = words.words[0] if words.words else ""
        self._imported, self._quoted = words.imported, words.quoted
        self._test, self._outline = words.test, words.outline
        self.needs_outline = self._outline is not None or (not words.remarks and bool(self.words))

    def may_hold(self, data: bytes) -> bool:
        """Whether the bytes have what is asked of them."""
        if self._quoted and not any(quote + self._first.encode() in data for quote in (b'"', b"'")):
            return False
        return self._test is None or bool(self._test(data))

    def holds(self, outline: Outline) -> bool:
        """Whether the code has the words, and what else is asked of it. Raises UnknownSyntaxError."""
        if not self.words <= outline.words:
            return False
        if self._imported and outline.imports.isdisjoint((self._first, "six")):
            return False
        if self._quoted and self._first not in outline.quoted:
            return False
        return self._outline is None or bool(self._outline(outline))
