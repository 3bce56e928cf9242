"""Tells from a file's outline whether it may call a function with certain arguments: one that cannot is not parsed.

It may hold where no such call is, and must hold wherever one is.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

from py314_check.api import (
    Mentions,
    Outline,
    Scope,
    expressions_in,
    first_two,
    last_name,
    names_set,
    once,
)


class Given(NamedTuple):
    """An argument of a call: its star (``""``, ``"*"``, ``"**"``), its keyword, and its value, with the scope that it
    stands in, where these are at hand.
    """

    star: str
    keyword: str | None
    value: tuple[ast.expr, Scope] | None = None


def may_call(
    outline: Outline,
    function: str,
    condition: Callable[[Sequence[Given]], object],
    module: str | None = None,
    *,
    inside: Collection[str] = (),
) -> bool:
    """Whether a call of a function may have arguments that a condition holds for.

    The function is given by its last name; of a module's function, the module tells which calls are meant. What is
    right ``inside`` a call of one of some functions, under its own name, does not count.
    """
    skipped = {id(one) for name in inside for outer in _by_name(outline).get(name, ()) for one in outer.args}
    return any(condition(given(outline, call)) for call in calls(outline, function, module) if id(call) not in skipped)


def calls(outline: Outline, function: str, module: str | None = None) -> Iterator[ast.Call]:
    """The calls of a function, given as above."""
    mentions = None if module is None else Mentions(module, function)
    if mentions is None or mentions(outline):
        names = other_names(outline, function)
        by_name = _by_name(outline)
        for call in (one for name in (*names, "") for one in by_name.get(name, ())):
            if may_be(call.func, names) and (mentions is None or mentions.is_meant(call.func, outline)):
                yield call


def home(outline: Outline, call: ast.Call) -> Scope | None:
    """The function or lambda that a call stands in; None for one of the module, or of its classes."""
    scope: Scope | None = _scopes(outline)[id(call)]
    while scope is not None and not scope.is_function:
        scope = scope.parent
    return scope


@once
def _scopes(outline: Outline) -> dict[int, Scope]:
    return {id(call): scope for scope in outline.scopes for call in scope.of(ast.Call)}


def given(outline: Outline, call: ast.Call) -> list[Given]:
    """The arguments of a call in the order of ``ast``: those with keywords last."""
    scope = _scopes(outline)[id(call)]
    return [
        *(
            Given("*", None, (one.value, scope)) if isinstance(one, ast.Starred) else Given("", None, (one, scope))
            for one in call.args
        ),
        *(Given("" if one.arg else "**", one.arg, (one.value, scope)) for one in call.keywords),
    ]


def may_derive_from(outline: Outline, name: str, module: str | None) -> bool:
    """Whether a class of the file may have a class among its bases, under its own name or another that it is given."""
    mentions = None if module is None else Mentions(module, name)
    names = other_names(outline, name)
    return any(
        may_be(base, names) and (mentions is None or mentions.is_meant(base, outline))
        for one in outline.of(ast.ClassDef)
        for base in map(_unsubscripted, one.bases)
    )


@once
def other_names(outline: Outline, *names: str) -> frozenset[str]:
    """Some names, and those that what has one of them is given by assignments and imports."""
    waiting = [*names]
    for node in outline.of(ast.Import, ast.ImportFrom):
        waiting += [one.asname for one in node.names if one.asname and one.name.rpartition(".")[2] in names]
    found = {*waiting}
    for name in waiting:  # which grows
        for target in _assigned_with(outline).get(name, ()):
            more = {*names_set(target)} - found
            found |= more
            waiting += more
    return frozenset(found)


@once
def _assigned_with(outline: Outline) -> dict[str, list[ast.expr]]:
    """The targets of assignments of values that may be what has a name, by that name."""
    found: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for target, value in outline.assignments:
        for name in _names(value):
            found[name].append(target)
    return found


@once
def _by_name(outline: Outline) -> dict[str, list[ast.Call]]:
    """The calls by the last name of what is called; those of anything else by the empty string."""
    found: defaultdict[str, list[ast.Call]] = defaultdict(list)
    for call in outline.of(ast.Call):
        found[last_name(call.func)].append(call)
    return found


def is_call_of(node: ast.AST, names: Collection[str]) -> bool:
    """Whether an expression may be a call of what has one of some names."""
    return isinstance(node, ast.Call) and may_be(node.func, names)


def may_be(node: ast.AST, names: Collection[str]) -> bool:
    """Whether an expression, or a part of a tuple, may be what has one of some names: by a string, too."""
    return any(name in names for name in _names(node))


def _names(node: Any) -> Iterator[str]:
    """The last names of what an expression may be."""
    kind = type(node)
    if kind is ast.Name:
        yield node.id
    elif kind is ast.Attribute:
        yield node.attr
    elif kind is ast.Call:  # `getattr(owner, "name")`, under whatever name
        for one in first_two(node):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
    else:
        for part in expressions_in(node):
            yield from _names(part)


def derived(outline: Outline, *names: str) -> Iterator[Scope]:
    """The classes of a file that may derive, however indirectly, from one that has one of some names."""
    bases = {*other_names(outline, *names)}
    waiting = [scope for scope in outline.scopes if isinstance(scope.node, ast.ClassDef) and scope.node.bases]
    known = 0
    while known < len(bases):
        known, left = len(bases), []
        for scope in waiting:
            if any(may_be(_unsubscripted(base), bases) for base in scope.node.bases):
                bases |= other_names(outline, scope.node.name)
                yield scope
            else:
                left.append(scope)
        waiting = left


def _unsubscripted(node: ast.expr) -> ast.expr:
    """``Base`` of ``Base[T]``."""
    return node.value if isinstance(node, ast.Subscript) else node
