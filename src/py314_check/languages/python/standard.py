"""What the standard library's classes and functions are: aliases, bases, and what calls and attributes give.

The table beside this module holds the facts; its header says where they come from and what the values mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

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


@lru_cache(maxsize=1)
def standard() -> Standard:
    """The table, read once in a process."""
    text = files("py314_check.languages.python").joinpath("standard_types.toml").read_text(encoding="utf-8")
    table = tomli.loads(text)
    table["starred"] = {module: frozenset(names.split()) for module, names in table["starred"].items()}
    return Standard(**table)
