"""What the standard library has, and what its classes and functions are.

The tables beside this module hold the facts; their headers say where those come from and what the values mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import tomli


@dataclass(frozen=True)
class Standard:
    """The table ``standard_types.toml``; all names are qualified, and canonical but for ``aliases`` and ``starred``."""

    aliases: Mapping[str, str]
    bases: Mapping[str, Sequence[str]]
    returns: Mapping[str, str]
    attributes: Mapping[str, str]
    modes: Mapping[str, Mapping[str, str | int]]
    starred: Mapping[str, Collection[str]]

    def canonical(self, name: str) -> str:
        """The public name of what a qualified name means: ``unittest.TestCase`` of ``unittest.case.TestCase``."""
        head, tail = name, ""
        while head:
            if head in self.aliases:
                return self.aliases[head] + tail
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return name

    def mro(self, name: str) -> list[str]:
        """A class and its standard bases, nearest first."""
        order = [name]
        for known in order:  # grows as it is read
            order += [base for base in self.bases.get(known, ()) if base not in order]
        return order


@dataclass(frozen=True)
class Library:
    """What every target has on every platform, and what none has any more since Python 2."""

    objects: Mapping[str, frozenset[str]]
    """Module -> its functions and classes."""
    values: Mapping[str, frozenset[str]]
    """Module -> its variables."""
    gone: frozenset[str]

    def is_object(self, name: str) -> bool:
        """Whether a name is a module, a function or a class for certain: something that is true in a test."""
        module, _, last = name.rpartition(".")
        return name in self.objects or last in self.objects.get(module, ())

    def has(self, name: str) -> bool:
        """Whether a name is there for certain."""
        module, _, last = name.rpartition(".")
        return self.is_object(name) or last in self.values.get(module, ())

    def lacks(self, name: str) -> bool:
        """Whether Python 2 alone had a name, or the module that it is in."""
        while name and name not in self.gone:
            name = name.rpartition(".")[0]
        return bool(name)


@lru_cache(maxsize=1)
def standard() -> Standard:
    """The types, read once in a process; six.moves is another name of what it gives."""
    tables = _read("standard_types.toml")
    starred = {module: frozenset(names.split()) for module, names in tables["starred"].items()}
    aliases = {**tables["aliases"], **_read("six_moves.toml")["moves"]}
    return Standard(**{**tables, "aliases": aliases, "starred": starred})


@lru_cache(maxsize=1)
def library() -> Library:
    """The names, read once in a process."""
    there, python2 = _read("standard_names.toml"), _read("python2.toml")
    objects, values = (
        {module: frozenset(names.split()) for module, names in there[table].items()} for table in ("objects", "values")
    )
    return Library(objects, values, frozenset({*python2["modules"], *python2["names"]}))


def _read(file: str) -> dict[str, Any]:
    return tomli.loads(files("py314_check.languages.python").joinpath(file).read_text(encoding="utf-8"))
