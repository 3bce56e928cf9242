"""Where a file may mean a name of a module, for the tests that tell whether a rule can fire in it.

It may say so where something else is meant, and must say so wherever ``Context.resolve`` finds the name.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from py314_check.outline import Outline, expressions_in, first_two, last_name, names_set, once

_MAX_PARTS = 8  # of a dotted name that means something in the standard library
_MAX_TARGETS = 60  # that one name may stand for; behind that many, it may stand for anything
_ANY = "*"
"""Stands for any name."""
_SIX = "six.moves."  # what is in it has the names of Python 3, but for some of its modules
_LOADERS = (b"import_module", b"__import__")
_PATCHES = {"patch", "monkeypatch"}
_BY_NAME = {"getattr", "setattr", "delattr", "object"}
"""What is given something and the name of an attribute."""


@dataclass(frozen=True)
class Mentions:
    """A test for ``Words``: whether a file may mean a name of a module.

    There it is bound by an import, an attribute of something that is, or in a string. Below the module counts too, as
    ``asyncio.tasks.sleep`` for ``asyncio.sleep``, but for what is ``apart``.
    """

    module: str
    name: str
    apart: str = ""

    def __call__(self, outline: Outline) -> bool:
        return next(self.nodes(outline), None) is not None

    def nodes(self, outline: Outline) -> Iterator[ast.AST]:
        """The parts of imports, names, attributes and calls that may mean it."""
        bindings = bindings_of(outline)
        if not bindings.may_give(self.module.partition(".")[0]):
            return
        yield from (node for node, path in bindings.imported if self._is_in(path))
        for name, targets in bindings.targets.items():
            if any(map(self._is_meant, targets)):
                yield from outline.names.get(name, ())
        if any(map(self._is_owner, bindings.starred)):
            yield from outline.names.get(self.name, ())
        for node in outline.attributes.get(self.name, ()):
            if any(map(self._is_owner, bindings.resolve(node.value))):
                yield node
        if self.name in outline.strings:
            yield from (node for node in outline.of(ast.Call) if self._is_given(node, bindings))
        if any(map(self._is_in, bindings.patched)):
            yield outline.module

    def is_meant(self, node: ast.AST, outline: Outline) -> bool:
        """Whether an expression may stand for it."""
        return any(map(self._is_meant, bindings_of(outline).resolve(node)))

    def _is_given(self, call: ast.Call, bindings: Bindings) -> bool:
        """Whether a function may be given the module and the name: ``getattr(module, "name")``."""
        given = first_two(call)
        if len(given) < 2 or not any(self._is_owner(name) for one in given for name in bindings.resolve(one)):
            return False
        if any(isinstance(one, ast.Constant) and one.value == self.name for one in given):
            return True
        return last_name(call.func) in _BY_NAME

    def _is_in(self, path: str) -> bool:
        """Whether something in a dotted name is meant."""
        parts = path.split(".")
        return self.name in parts[1:] and any(
            self._is_meant(".".join(parts[: index + 1])) for index, part in enumerate(parts) if part == self.name
        )

    def _is_meant(self, name: str) -> bool:
        owner, _, last = name.rpartition(".")
        return name == _ANY or (last == self.name and self._is_owner(owner))

    def _is_owner(self, name: str) -> bool:
        name = name.removeprefix(_SIX)
        if self.apart and (name == self.apart or name.startswith(self.apart + ".")):
            return False
        own = self.module
        return name in (own, _ANY) or name.startswith(own + ".")


def may_import(outline: Outline, module: str) -> bool:
    """Whether a file may import a top-level module, or something in it, also by a name in a string."""
    return bindings_of(outline).may_give(module)


def is_module(outline: Outline, name: str) -> bool:
    """Whether a name is a module wherever it stands: it is imported by that name, and nothing else binds it."""
    bindings = bindings_of(outline)
    return bindings.targets.get(name) == {name} and name not in bindings.rebound


@once
def bindings_of(outline: Outline) -> Bindings:
    """What the imports of a file bind, and what takes its value from that."""
    return Bindings(outline)


class Bindings:
    """What the imports of a file bind, and what takes its value from that."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self.targets: defaultdict[str, set[str]] = defaultdict(set)
        """What names may stand for, by themselves."""
        self.starred: set[str] = set()
        """The modules of which all names are imported."""
        self.imported: list[tuple[ast.AST, str]] = []
        """The parts of imports, with what they import."""
        self.loads = not outline.words.isdisjoint(_LOADERS)
        """Whether strings may name modules to import."""
        self._import()
        self._assign()
        self._tops = {name.partition(".")[0] for _, name in self.imported}

    def _import(self) -> None:
        for node in self._outline.of(ast.Import):
            for alias in node.names:
                self.imported.append((alias, alias.name))
                top = alias.name.partition(".")[0]
                self.targets[alias.asname or top].add(alias.name if alias.asname else top)
        for origin in self._outline.of(ast.ImportFrom):
            for alias in origin.names if not origin.level and origin.module else ():
                if alias.name == "*":
                    self.starred.add(origin.module or "")
                    self.imported.append((alias, origin.module or ""))
                else:
                    name = f"{origin.module}.{alias.name}"
                    self.imported.append((alias, name))
                    self.targets[alias.asname or alias.name].add(name)

    def _assign(self) -> None:
        """Follows what is imported through assignments."""
        uses: defaultdict[str, list[tuple[list[str], ast.AST]]] = defaultdict(list)
        waiting = [*self.targets]
        for target, value in self._outline.assignments:
            names = [*names_set(target)]
            for choice in _choices(value) if names else ():
                for part in _parts(choice):
                    is_name = isinstance(part, ast.Name)
                    if isinstance(part, ast.Name):
                        uses[part.id].append((names, choice))
                    if self.starred if is_name else self.loads and isinstance(part, ast.Constant):
                        self._add(names, choice, waiting)
        for name in waiting:  # which grows
            for names, choice in uses.get(name, ()):
                self._add(names, choice, waiting)

    def _add(self, names: Collection[str], value: ast.AST, waiting: list[str]) -> None:
        found = {name for name in self.resolve(value) if name.count(".") < _MAX_PARTS}
        for name in names:
            known = self.targets[name]
            if not found <= known and _ANY not in known:
                known |= found
                if len(known) > _MAX_TARGETS:
                    known.add(_ANY)
                waiting.append(name)

    def resolve(self, node: Any) -> set[str]:
        """The qualified names that an expression may stand for."""
        kind = type(node)
        if kind is ast.Name:
            known = self.targets.get(node.id, set())
            return known | {f"{module}.{node.id}" for module in self.starred} if self.starred else known
        if kind is ast.Attribute:
            return {f"{owner}.{node.attr}" if owner != _ANY else _ANY for owner in self.resolve(node.value)}
        if kind is ast.Call:
            return self._resolve_call(node)
        return {name for part in expressions_in(node) for name in self.resolve(part)}

    def _resolve_call(self, call: ast.Call) -> set[str]:
        """What ``getattr(owner, "name")`` and ``import_module("module")`` stand for, under whatever name."""
        given = first_two(call)
        found: set[str] = set()
        names = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if len(given) == 2 and names:
            found.update(f"{owner}.{names[0]}" if owner != _ANY else _ANY for owner in self.resolve(given[0]))
        if self.loads:
            found.update(part for name in names for part in (name, name.partition(".")[0]))
        return found

    def may_give(self, top: str) -> bool:
        """Whether anything in the file may be a top-level module, or name it."""
        if top in self._tops or "six" in self._tops:
            return True
        named = self._outline.strings if self.loads else self.patched
        return any(text.startswith(top) and text[len(top) : len(top) + 1] in ("", ".") for text in named)

    @cached_property
    def patched(self) -> frozenset[str]:
        """The strings that may be names, with their modules, of what is patched: ``mock.patch("module.name")``."""
        found: set[str] = set()
        for call in self._outline.of(ast.Call) if {b"patch", b"monkeypatch"} & self._outline.words else ():
            if self._patches(call.func):
                target = next(iter(first_two(call)), None)
                if not isinstance(target, ast.Constant):
                    return self._outline.strings
                found.add(str(target.value))
        return frozenset(found)

    def _patches(self, func: ast.expr) -> bool:
        words = {*map(last_name, _parts(func))}
        return not _PATCHES.isdisjoint(words.union(*(name.split(".") for name in self.resolve(func))))

    @cached_property
    def rebound(self) -> set[str]:
        """The names that something else than an import binds."""
        outline = self._outline
        bound = {name for name, nodes in outline.names.items() if any(type(node.ctx) is not ast.Load for node in nodes)}
        bound.update(node.name for node in outline.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        bound.update(node.arg for node in outline.of(ast.arg))
        bound.update(node.name for node in outline.of(ast.ExceptHandler, ast.MatchAs, ast.MatchStar))
        bound.update(node.rest for node in outline.of(ast.MatchMapping))
        return bound


def _choices(node: ast.AST) -> list[ast.AST]:
    """The expressions of which one is what an expression gives, and that are made of no further ones."""
    found = [node]
    for one in found:  # which grows
        found += expressions_in(one)
    return [one for one in found if not expressions_in(one)]


def _parts(node: Any) -> Iterator[ast.AST]:
    """The expressions that may be what an expression gives, or what that is asked of."""
    waiting: list[Any] = [node]
    for one in waiting:  # which grows
        yield one
        waiting += expressions_in(one)
        if isinstance(one, ast.Attribute):
            waiting.append(one.value)
        elif isinstance(one, ast.Call):
            waiting += first_two(one)
