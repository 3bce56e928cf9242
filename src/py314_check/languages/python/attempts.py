"""How a ``try`` ends on the target, where that is certain: old code tries what another Python may lack.

Certain is what the tables of the standard library say: that every target has a name, or that Python 2 alone had it.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import libcst as cst

from py314_check.languages.python.scopes import Names, dotted, import_module_name, string_value
from py314_check.languages.python.standard import library
from py314_check.languages.python.tree import SUITES, children

Try: TypeAlias = cst.Try | cst.TryStar
Handler: TypeAlias = cst.ExceptHandler | cst.ExceptStarHandler
_LOOKUPS = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError"}
_PLAIN = (cst.SimpleString, cst.ConcatenatedString, cst.Integer, cst.Float, cst.Lambda, cst.Ellipsis)
_COMPOSED = (cst.Tuple, cst.List, cst.Set, cst.Dict, cst.Comparison, cst.UnaryOperation)
_LOADERS = {"builtins.__import__", "importlib.import_module"}
_BY_NAME = {
    "builtins",
    "copy",
    "doctest",
    "importlib",
    "logging.config",
    "operator",
    "pickle",
    "pkgutil",
    "pydoc",
    "runpy",
}
"""Modules whose functions look up, load or run what they are given."""
_CONSTANTS = ("True", "False", "None", "__name__", "__file__")


@dataclass(frozen=True)
class Outcome:
    """How the body of a ``try`` ends."""

    fails_at: cst.CSTNode | None = None
    """The statement of the body that raises what a handler catches; None where the body succeeds."""
    handler: Handler | None = None
    """The handler that runs then."""
    missing: str = ""
    """What that statement needs in vain."""
    only_looks_up: bool = True
    """Whether the body imports and names things, and does nothing else that may fail."""


@dataclass
class _Needs:
    """What a statement needs: ``missing`` is None where it is all there, and "" where that cannot be told."""

    missing: str | None = None
    raises: str = ""
    acts: bool = False
    """Whether it also does something else that may fail."""

    def add(self, other: _Needs) -> _Needs:
        """Evaluates ``other`` afterwards: the first that is missing decides."""
        self.acts |= other.acts
        if not self.missing and other.missing is not None:
            self.missing, self.raises = other.missing, other.raises
        return self


class Attempts:
    """The ``try`` statements of one file."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._outcomes: dict[Try, Outcome | None] = {}
        self._asking: set[Try] = set()
        self._behind_failure: dict[cst.CSTNode, bool] = {}
        self.cuts = 0
        """How often a question led back to itself: an answer that is not certain holds for that question alone."""

    def outcome(self, node: Try) -> Outcome | None:
        """How the body ends; None where that cannot be told."""
        if node in self._outcomes:
            return self._outcomes[node]
        if node in self._asking:
            self.cuts += 1
            self._names.cuts += 1
            return None
        cuts = self.cuts
        self._asking.add(node)
        try:
            with self._names.afresh():
                found = self._outcome(node)
        finally:
            self._asking.discard(node)
        if found is not None or cuts == self.cuts or not self._asking:
            self._outcomes[node] = found
        return found

    def skips(self, node: Try, handler: Handler) -> bool:
        """Whether a handler never runs, since nothing that it could catch is raised."""
        outcome = self.outcome(node)
        if outcome is None:
            return False
        if outcome.fails_at is not None:
            return outcome.handler is not handler and outcome.only_looks_up
        return outcome.only_looks_up or (handler.type is not None and self.exception_names(handler.type) <= _LOOKUPS)

    def succeeds(self, node: Try) -> bool:
        """Whether the whole body runs, and no handler does."""
        outcome = self.outcome(node)
        return outcome is not None and outcome.fails_at is None and all(self.skips(node, one) for one in node.handlers)

    def runs_always(self, arm: cst.CSTNode) -> bool:
        """Whether a ``try`` runs to the end of its body, or into this handler."""
        if isinstance(arm, (cst.Try, cst.TryStar)):
            return self.succeeds(arm)
        node = self._names.parents[arm]
        outcome = self.outcome(node) if isinstance(node, (cst.Try, cst.TryStar)) else None
        return outcome is not None and outcome.handler is arm

    def is_behind_failure(self, node: cst.CSTNode) -> bool:
        """Whether a node is in the part of a body that fails, or behind it."""
        found = False
        cuts = self._names.cuts
        statements: list[cst.CSTNode] = []
        block: cst.CSTNode | None = None
        for child, parent in self._names.ancestors(node) if self._has_any else ():
            kind = type(parent)
            if kind in SUITES:
                known = self._behind_failure.get(child)
                if known is not None:
                    found = known
                    break
                statements.append(child)
            elif isinstance(parent, (cst.Try, cst.TryStar)) and child is parent.body:
                outcome = self.outcome(parent)
                if (
                    outcome is not None
                    and outcome.fails_at is not None
                    and block is not None
                    and self._names.order[block] >= self._names.order[outcome.fails_at]
                ):
                    found = True
                    break
            block = child
        if cuts == self._names.cuts:
            self._behind_failure.update(dict.fromkeys(statements, found))
        return found

    @cached_property
    def _has_any(self) -> bool:
        return bool(self._names.tree.of_type(cst.Try) or self._names.tree.of_type(cst.TryStar))

    def missing_in(self, statement: cst.CSTNode) -> str:
        """The name of Python 2 that a simple statement needs in vain; "" where there is none."""
        return self._statement(statement).missing or ""

    def handler_of(self, node: Try, raises: str | None) -> Handler | None:
        """The first handler that catches an exception of this name."""
        if raises is None:
            return None
        return next((handler for handler in node.handlers if self.catches(handler.type, raises)), None)

    def catches(self, kind: cst.BaseExpression | None, raises: str) -> bool:
        """Whether ``except kind`` catches an exception of this name."""
        return kind is None or bool(self.exception_names(kind) & _caught_by(raises))

    def exception_names(self, kind: cst.BaseExpression) -> set[str]:
        """The last parts of the names of exception classes; a name that holds a tuple of them is looked up."""
        if isinstance(kind, cst.Tuple):
            return {name for element in kind.elements for name in self.exception_names(element.value)}
        found = {qualified.rpartition(".")[2] for qualified in self._names.resolve(kind)}
        if isinstance(kind, cst.Name) and not found:
            for binding in self._names.bindings(kind) or ():
                if isinstance(binding.value, cst.Tuple):
                    found |= self.exception_names(binding.value)
        return found or {dotted(kind).rpartition(".")[2]}

    # What a body needs.

    def _outcome(self, node: Try) -> Outcome | None:
        certain = True
        only_looks_up = True
        for line in node.body.body:
            for statement in line.body if isinstance(line, cst.SimpleStatementLine) else (line,):
                needs = self._statement(statement)
                only_looks_up = only_looks_up and not needs.acts
                if needs.missing:
                    handler = self.handler_of(node, needs.raises)
                    return None if handler is None else Outcome(line, handler, needs.missing, only_looks_up and certain)
                if needs.missing == "":
                    if not isinstance(statement, (cst.Import, cst.ImportFrom, cst.Assign)):
                        return None
                    certain = False  # if this fails, it fails as what follows may
        return Outcome(only_looks_up=only_looks_up) if certain else None

    def _statement(self, node: cst.CSTNode) -> _Needs:
        match node:
            case cst.Import():
                return self._all(self._named(dotted(alias.name), "ImportError") for alias in node.names)
            case cst.ImportFrom():
                module = import_module_name(node)
                if isinstance(node.names, cst.ImportStar):
                    return self._named(module, "ImportError")
                return self._all(self._named(f"{module}.{dotted(one.name)}", "ImportError") for one in node.names)
            case cst.Assign() if not all(isinstance(one.target, (cst.Name, cst.Tuple)) for one in node.targets):
                return _Needs("")
            case cst.Expr() | cst.Assign():
                return self._expression(node.value)
            case cst.Return() | cst.AnnAssign():
                return _Needs() if node.value is None else self._expression(node.value)
            case cst.Pass():
                return _Needs()
            case cst.FunctionDef() if not node.decorators and not any(one.default for one in node.params.params):
                return _Needs()
        return _Needs("")

    def _all(self, needs: Iterator[_Needs]) -> _Needs:
        together = _Needs()
        for one in needs:
            together.add(one)
        return together

    def _named(self, qualified: str, raises: str) -> _Needs:
        if library().lacks(qualified):
            return _Needs(qualified, raises)
        return _Needs(None if library().has(qualified) else "")

    def _expression(self, node: cst.CSTNode) -> _Needs:
        match node:
            case cst.Name():
                return self._name(node)
            case cst.Attribute():
                return self._attribute(node)
            case cst.Call():
                return self._call(node)
        if isinstance(node, _PLAIN):
            return _Needs()
        if isinstance(node, _COMPOSED):
            parts = (self._expression(child) for child in _expressions(node))
            return self._all(parts).add(_Needs(acts=not isinstance(node, (cst.Tuple, cst.List))))
        return _Needs("")

    def _name(self, node: cst.Name) -> _Needs:
        if node.value in _CONSTANTS:
            return _Needs()
        if self._names.is_unbound(node, node.value):
            return _Needs("") if self._names.star_imports else self._named(f"builtins.{node.value}", "NameError")
        scope = self._names.scope_of(node)
        here = scope.bindings.get(node.value, ())
        if here and all(binding.order > self._names.order[node] for binding in here):
            needs = self._named(f"builtins.{node.value}", "NameError")  # `unicode = unicode`
            return needs if needs.missing else _Needs("")
        return _Needs()  # bound, to whatever

    def _attribute(self, node: cst.Attribute) -> _Needs:
        names = self._names.resolve(node)
        if len(names) != 1:
            return _Needs("")
        (name,) = names
        return self._named(name, "AttributeError")

    def _call(self, node: cst.Call) -> _Needs:
        functions = self._names.resolve(node.func)
        if functions & _LOADERS:
            module = string_value(node.args[0].value) if len(node.args) == 1 else None
            return _Needs("") if module is None else self._named(module, "ImportError")
        names = self._names.resolve(node)  # of getattr
        if len(names) == 1:
            (name,) = names
            return self._named(name, "AttributeError")
        function = self._expression(node.func)
        if function.missing is None and not self._is_harmless(functions, node):
            return _Needs("")  # it may raise anything
        return self._all(self._expression(arg.value) for arg in node.args).add(function).add(_Needs(acts=True))

    def _is_harmless(self, functions: frozenset[str], call: cst.Call) -> bool:
        """Whether functions are the library's, and do not fail to find what they are given."""
        if not functions or not all(map(library().has, functions)):
            return False
        if functions == {"builtins.hasattr"} or all(name.rpartition(".")[0] not in _BY_NAME for name in functions):
            return True
        return all(isinstance(arg.value, _PLAIN) for arg in call.args)


@lru_cache
def _caught_by(raises: str) -> frozenset[str]:
    """The names of the handlers that catch a built-in exception."""
    return frozenset(kind.__name__ for kind in getattr(builtins, raises).__mro__) | {"StandardError"}


def _expressions(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The outermost expressions below a node."""
    for child in children(node):
        if isinstance(child, cst.BaseExpression):
            yield child
        else:
            yield from _expressions(child)
