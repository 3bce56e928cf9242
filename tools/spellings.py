"""Writes the table of what names and classes of the rules' tables go by in a file, for the word test.

    python tools/spellings.py            writes the table
    python tools/spellings.py --check    exits 1 if the table is out of date

What is in it follows from ``standard_types.toml``, which the engine takes names and types from.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from py314_rules.calls import ROWS as CALLS
from py314_rules.names import NAMES
from py314_rules.names import ROWS as ROWS_OF_NAMES

from py314_check.languages.python.standard import standard

TABLE = Path(__file__).parent.parent / "rules/py314_rules/facts/spellings.toml"
HEADER = """\
# What else a name of facts/names.toml and facts/calls.toml may go by in a file, for the word test alone.
# Made by `python tools/spellings.py` from what the engine knows of the standard library.
#
#   aliases   of a function or class that is not a member: its other names, and standard classes that derive from it,
#             where the words of its own name do not find them
#   made_by   of a class with members in the tables: what makes an instance of it, or is a class of such; one name for
#             each top-level module and last part

"""
_ANYWHERE = ("builtins", "types", "*")  # they need no import


def table() -> str:
    """The text of the table."""
    rows: list[str] = []
    for name in sorted(_functions() | _classes()):
        aliases = sorted(_aliases(name)) if name in _functions() else []
        made_by = sorted(_makers(name)) if name in _classes() else []
        keys = [("aliases", aliases), ("made_by", made_by)]
        lines = [f"{key} = [\n" + "".join(f'    "{one}",\n' for one in names) + "]\n" for key, names in keys if names]
        if lines:
            rows.append(f'["{name}"]\n' + "".join(lines))
    return HEADER + "\n".join(rows)


@cache
def _functions() -> frozenset[str]:
    """The names of the tables that are no members of classes."""
    called = {function for row in CALLS.values() if not row.member for function in row.functions}
    named = {name for name, canonical in NAMES.items() if not ROWS_OF_NAMES[canonical].member}
    return frozenset(name for name in called | named if not name.startswith("*."))


@cache
def _classes() -> frozenset[str]:
    """The classes whose members are in the tables."""
    called = {function for row in CALLS.values() if row.member for function in row.functions}
    named = {name for name, canonical in NAMES.items() if ROWS_OF_NAMES[canonical].member}
    owners = {name.rpartition(".")[0] for name in called | named}
    return frozenset(owner for owner in owners if owner.partition(".")[0] not in _ANYWHERE)


def _aliases(name: str) -> Iterator[str]:
    """The names that the words of a function's or class's own name do not find."""
    module, _, last = name.rpartition(".")
    is_called = any(name in row.functions for row in CALLS.values())
    deriving = _deriving()[name] if is_called and name.partition(".")[0] not in ("ast", "builtins", "typing") else ()
    for other in {*_spelled(name), *(alias for one in deriving for alias in (one, *_spelled(one)))} - _functions():
        owner, _, own = other.removeprefix("six.moves.").rpartition(".")
        if own != last or not (owner == module or owner.startswith(f"{module}.") or module == "builtins"):
            yield other


def _makers(name: str) -> set[str]:
    """What makes an instance of a class, or is a class of such."""
    wanted = [name]
    found: dict[tuple[str, str], str] = {}
    for one in wanted:  # which grows
        wanted += sorted(_deriving()[one] - {*wanted})
        for source in sorted({one, *_giving()[one]}):
            owner, _, last = source.rpartition(".")
            if source != one and last.startswith("__"):  # an operator, or what a `with` statement calls
                wanted += [owner] if owner not in wanted else []
                continue
            for spelled in (source, *sorted(_spelled(source))):
                found.setdefault((spelled.partition(".")[0], spelled.rpartition(".")[2]), spelled)
        if one.startswith("ast."):  # what its visitor is given
            visitor = f"ast.NodeVisitor.visit_{one.removeprefix('ast.')}"
            found["ast", visitor] = visitor
    return {maker for maker in found.values() if maker.rpartition(".")[0] not in wanted}


def _spelled(name: str) -> set[str]:
    """The other names of what a canonical name means."""
    found: set[str] = set()
    head, tail = name, ""
    while head:
        found.update(alias + tail for alias in _by_canonical()[head])
        head, _, last = head.rpartition(".")
        tail = f".{last}{tail}"
    return found


@cache
def _by_canonical() -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for alias, name in standard().aliases.items():
        found[name].add(alias)
    return found


@cache
def _deriving() -> defaultdict[str, set[str]]:
    """A class -> the standard classes that derive from it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in standard().bases:
        for base in standard().mro(one)[1:]:
            found[base].add(one)
    return found


@cache
def _giving() -> defaultdict[str, set[str]]:
    """A class -> the functions and attributes that give an instance of it, an iterable of such, or what is awaited."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for given in (standard().returns, standard().attributes):
        for source, value in given.items():
            found[value.split()[-1].lstrip("*")].add(source)
    for source, modes in standard().modes.items():
        for value in modes.values():
            found[str(value)].add(source)
    return found


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(TABLE.read_text(encoding="utf-8") != table())
    TABLE.write_text(table(), encoding="utf-8")
