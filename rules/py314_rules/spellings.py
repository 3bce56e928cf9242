"""What the names of the tables go by in a file, for the word test: facts/spellings.toml."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from py314_check.api import Outline, load_facts, may_import


@dataclass(frozen=True)
class Row:
    """A row of facts/spellings.toml, which says what each key means."""

    aliases: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()


_ROWS = load_facts("py314_rules.facts", "spellings.toml", Row)


def spellings(name: str) -> tuple[str, ...]:
    """A name that is no member of a class, and its other names that its own words do not find."""
    return (name, *(_ROWS[name].aliases if name in _ROWS else ()))


def makers(owner: str) -> dict[str, tuple[str, ...]]:
    """The top-level modules of which a file imports one to have an instance of a class -> words of which it has one.

    ``{"random": ("Random", "SystemRandom"), "secrets": ("SystemRandom",)}`` for ``random.Random``.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in _ROWS[owner].made_by:
        found[name.partition(".")[0]].append(name.rpartition(".")[2])
    return {top: tuple(words) for top, words in found.items()}


@dataclass(frozen=True)
class MayHave:
    """A test of a file's outline: whether it may import a top-level module, and has one of some words."""

    module: str
    words: tuple[str, ...]

    def __call__(self, outline: Outline) -> bool:
        return any(word.encode() in outline.words for word in self.words) and may_import(outline, self.module)
