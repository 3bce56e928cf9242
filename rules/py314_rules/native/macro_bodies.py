"""What the rules about names in C have in common: the names that stand in the bodies of macros."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from py314_check.api import Directive, NativeContext

_DEFINITION = re.compile(r"(?P<name>\w+)(?:\((?P<parameters>[^()]*)\))?(?P<body>.*)", re.DOTALL)
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_WORD = re.compile(r"[A-Za-z_]\w*")


def macro_words(context: NativeContext, directive: Directive, wanted: Collection[str]) -> set[str]:
    """Which of some names stand in the body of a macro that the file uses.

    None where the conditions around the macro cannot be told.
    """
    match = _DEFINITION.match(directive.rest) if directive.name == "define" and directive.certain else None
    if match is None:
        return set()
    words = set(_WORD.findall(_STRING.sub(" ", match["body"]))) - set(_WORD.findall(match["parameters"] or ""))
    found = words.intersection(wanted)
    return found if found and match["name"].encode() in _words(context.code) else set()


def word_in(directive: Directive, word: str) -> tuple[int, int] | None:
    """Where a word stands in the text of a directive."""
    match = re.search(rf"\b{word}\b", directive.text)
    return None if match is None else match.span()


@lru_cache(maxsize=2)
def _words(code: bytes) -> frozenset[bytes]:
    return frozenset(re.findall(rb"\w+", code))
