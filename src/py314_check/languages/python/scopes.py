"""Names: where each is bound, and which qualified name an expression stands for.

Our own pass, because libcst's scope and qualified-name providers cost several times the parse. It is built for one
file on the first question asked.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import libcst as cst

from py314_check.languages.python.standard import standard
from py314_check.languages.python.tree import children

_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
# By type, because `isinstance` is slow for libcst's abstract classes, and these are asked for at every step.
_SCOPES = frozenset({cst.Module, cst.ClassDef, *_FUNCTIONS, *_COMPREHENSIONS})
_BRANCHES: frozenset[type[cst.CSTNode]] = frozenset(
    {
        *(cst.If, cst.IfExp, cst.For, cst.While, cst.Try, cst.TryStar, cst.BooleanOperation),
        *(cst.ExceptHandler, cst.ExceptStarHandler, cst.Else, cst.MatchCase),
    }
)
_IMPORTS = (cst.Import, cst.LazyImport, cst.ImportFrom, cst.LazyImportFrom)
_MAX_ALIASES = 12
"""How many assignments a name is followed through."""

_CONSTANTS = ("None", "True", "False")

_ARMS_OF_TRY = ("try", "except")
Block = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Binding:
    """One place that gives a name a value: ``qualified`` for imports, ``value`` for plain assignments."""

    node: cst.CSTNode
    qualified: str | None
    value: cst.BaseExpression | None
    order: int
    block: Block
    index: int | None = None
    """Which element of ``value`` it is, where a tuple of names takes one value apart."""

    @property
    def is_tried(self) -> bool:
        """Whether it stands in a ``try`` statement."""
        return any(arm in _ARMS_OF_TRY for _, arm in self.block)


class Assigned(NamedTuple):
    """What something was assigned: an expression, or which element of it."""

    value: cst.BaseExpression
    element: int | None = None


@dataclass
class Scope:
    """A namespace: the bindings of each name in order of evaluation."""

    node: cst.CSTNode
    parent: Scope | None
    bindings: defaultdict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal``, and the scope they belong to."""


def dotted(node: cst.BaseExpression | None) -> str:
    """``a.b.c`` for a chain of plain names; the empty string for anything else."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return ""
    return ".".join([node.value, *reversed(parts)])


def import_module_name(node: cst.ImportFrom | cst.LazyImportFrom) -> str:
    """The module of a ``from`` import as written, with its leading dots."""
    return "." * len(node.relative) + dotted(node.module)


def string_value(node: cst.CSTNode | None) -> str | None:
    """The value of a plain string literal (also of implicitly joined ones), or None."""
    parts: list[str] = []
    while isinstance(node, cst.ConcatenatedString):
        left = string_value(node.left)
        if left is None:
            return None
        parts.append(left)
        node = node.right
    if not isinstance(node, cst.SimpleString) or "b" in node.prefix:
        return None
    last = node.raw_value if "\\" not in node.raw_value or "r" in node.prefix else _unescaped(node)
    return None if last is None else "".join([*parts, last])


def _unescaped(node: cst.SimpleString) -> str | None:
    with warnings.catch_warnings():  # the host's opinion of invalid escapes is not part of the report
        warnings.simplefilter("ignore")
        try:
            value = node.evaluated_value
        except (SyntaxError, ValueError):
            return None
    return value if isinstance(value, str) else None


def taken_apart(
    targets: cst.Tuple | cst.List, value: cst.BaseExpression | None
) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression | None, int | None]]:
    """What each of several targets is given: the value where they are written out, or which element of one."""
    values = value.elements if isinstance(value, (cst.Tuple, cst.List)) else ()
    if len(values) != len(targets.elements):
        values = ()
    starred = any(isinstance(one, cst.StarredElement) for one in (*targets.elements, *values))
    for position, element in enumerate(targets.elements):
        if starred or value is None:
            yield element.value, None, None
        elif values:
            yield element.value, values[position].value, None
        else:
            yield element.value, value, position


def argument(call: cst.Call, position: int, keyword: str) -> cst.BaseExpression | None:
    """The argument given at a position or by keyword; None where there is none or a star hides it."""
    for index, arg in enumerate(call.args):
        if arg.star:
            return None
        if (arg.keyword is None and index == position) or (arg.keyword is not None and arg.keyword.value == keyword):
            return arg.value
    return None


class Names:
    """The scopes of one file, and what its expressions stand for."""

    def __init__(
        self,
        module: cst.Module,
        is_dead: Callable[[cst.CSTNode], bool],
        runs_always: Callable[[cst.CSTNode], bool],
    ) -> None:
        """``is_dead`` tells whether a node is never done with on the target: bindings there count for nothing.

        ``runs_always`` tells whether a ``try`` always runs to the end of its body, or into this handler of it.
        """
        self.module = module
        self.is_dead = is_dead
        self._runs_always = runs_always
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self.order: dict[cst.CSTNode, int] = {}
        self.star_imports: list[tuple[str, cst.CSTNode]] = []
        self.futures: set[str] = set()
        self.attributes_set: list[cst.Attribute] = []
        """The attributes that assignments give a value, such as ``collections.Mapping``."""
        self._asking: set[cst.CSTNode] = set()
        self._scopes: dict[cst.CSTNode, Scope] = {module: Scope(module, None)}
        self._index()

    # What stands where.

    def ancestors(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
        """Pairs of (child, parent), from a node up to the module."""
        parents = self.parents
        while (parent := parents.get(node)) is not None:
            yield node, parent
            node = parent

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """The scope in which a name at this node is looked up."""
        came_from = node
        for child, parent in self.ancestors(node):
            if type(parent) in _SCOPES and not self._evaluated_outside(parent, child, came_from):
                return self._scopes[parent]
            came_from = child
        return self._scopes[self.module]

    @staticmethod
    def _evaluated_outside(scope: cst.CSTNode, child: cst.CSTNode, grandchild: cst.CSTNode) -> bool:
        if isinstance(scope, (cst.FunctionDef, cst.ClassDef)):
            return child is not scope.body
        if isinstance(scope, cst.Lambda):
            return child is scope.params
        if isinstance(scope, _COMPREHENSIONS):  # the first iterable belongs to the outer scope
            return child is scope.for_in and grandchild is scope.for_in.iter
        return False

    def block_of(self, node: cst.CSTNode) -> Block:
        """The branches, outermost first, that must be taken within its scope for a node to run."""
        path: list[tuple[int, str]] = []
        for child, parent in self.ancestors(node):
            if type(parent) in _SCOPES:
                break
            arm = _arm(parent, child)
            if arm is not None:
                path.append((self.order[parent], arm))
        return tuple(reversed(path))

    # What an expression stands for.

    def resolve(self, node: cst.CSTNode | None, depth: int = 0) -> frozenset[str]:
        """The qualified names that an expression may stand for, such as ``{"ast.Num"}``; empty if unknown.

        Relative imports keep their dots (``.compat.X``); a name that is bound nowhere comes as ``builtins.NAME``.
        """
        if node is None or depth > _MAX_ALIASES or node in self._asking or (depth == 0 and self._in_import(node)):
            return frozenset()
        if isinstance(node, cst.Name):
            self._asking.add(node)
            try:
                return self._resolve_name(node, depth)
            finally:
                self._asking.discard(node)
        if isinstance(node, cst.Attribute):
            return frozenset(f"{name}.{node.attr.value}" for name in self.resolve(node.value, depth))
        if isinstance(node, cst.NamedExpr):
            return self.resolve(node.value, depth + 1)
        if isinstance(node, cst.Call):
            return self._resolve_call(node, depth)
        if isinstance(node, cst.IfExp):
            return self.resolve(node.body, depth + 1) | self.resolve(node.orelse, depth + 1)
        if isinstance(node, cst.BooleanOperation):
            return self.resolve(node.left, depth + 1) | self.resolve(node.right, depth + 1)
        return frozenset()

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """Another question in the middle of one: what is being resolved may be asked for again."""
        asking, self._asking = self._asking, set()
        try:
            yield
        finally:
            self._asking = asking

    def _in_import(self, node: cst.CSTNode) -> bool:
        """Whether a node is a part of a name in an import statement, which is no expression."""
        parent: cst.CSTNode | None = node
        while isinstance(parent, (cst.Attribute, cst.Name)):
            parent = self.parents.get(parent)
        return isinstance(parent, (cst.ImportAlias, cst.ImportFrom, cst.LazyImportFrom))

    def _resolve_name(self, node: cst.Name, depth: int) -> frozenset[str]:
        bindings = self.bindings(node)
        if bindings is None:
            if node.value in _CONSTANTS:
                return frozenset()
            return self._starred(node.value)
        found: set[str] = set()
        for binding in bindings:
            if binding.qualified is not None:
                found.add(binding.qualified)
            elif binding.value is not None and binding.index is None:
                found |= self.resolve(binding.value, depth + 1)
        return frozenset(found)

    def _starred(self, name: str) -> frozenset[str]:
        """What a name that nothing in the file binds may stand for: what a star import brought, or a builtin.

        The last one counts that certainly brings it. Behind what brings names that nobody knows, nothing is certain.
        """
        brought = standard().starred
        found: set[str] = set()
        unknown: set[str] = set()
        builtin = {f"builtins.{name}"}  # also a name that is none, and bound nowhere
        for module, node in reversed(self.star_imports):
            if self.is_dead(node):
                continue
            if module not in brought:
                unknown.add(f"{module}.{name}")
            elif name in brought[module]:
                if not unknown:
                    found.add(f"{module}.{name}")
                if unknown or not self.block_of(node):  # it takes the place of the builtin, if there is one
                    return frozenset(found | unknown | (set() if name in brought["builtins"] else builtin))
        if not found and not unknown and name not in brought["builtins"]:  # it may be gone since long ago
            found = {f"{module}.{name}" for module, _ in self.star_imports}
        return frozenset(builtin | found | unknown)

    def _resolve_call(self, node: cst.Call, depth: int) -> frozenset[str]:
        names = [string_value(arg.value) for arg in node.args[:2]]
        if not any(names):
            return frozenset()
        function = self.resolve(node.func, depth + 1)
        if "builtins.getattr" in function and len(names) == 2 and names[1]:
            return frozenset(f"{owner}.{names[1]}" for owner in self.resolve(node.args[0].value, depth + 1))
        name = names[0] or ""
        if "importlib.import_module" in function and name:
            return frozenset({name})
        if "builtins.__import__" in function and name:
            return frozenset({name.partition(".")[0]})
        return frozenset()

    def bindings(self, name: cst.Name) -> list[Binding] | None:
        """The bindings of a name that may reach this use of it, or None where it is bound nowhere in the file."""
        home = self.scope_of(name)
        scope = self._binding_scope(name.value, home)
        if scope is None:
            return None
        return self._reaching(scope.bindings[name.value], name, at_once=scope is home)

    def value(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a name was assigned, where it certainly was that; any other expression as it is."""
        made = self.assigned(node)
        return node if made is None or made.element is not None else made.value

    def assigned(self, node: cst.BaseExpression) -> Assigned | None:
        """What a name was assigned, or which element of it, where that is certain."""
        bindings = self.bindings(node) or [] if isinstance(node, cst.Name) else []
        if len(bindings) != 1 or bindings[0].value is None:
            return None
        return Assigned(bindings[0].value, bindings[0].index)

    def dead_bindings(self, name: cst.Name) -> list[Binding]:
        """The bindings of a name that count for nothing, since the target does not get there."""
        scope = self._binding_scope(name.value, self.scope_of(name))
        return [] if scope is None else [one for one in scope.bindings[name.value] if self.is_dead(one.node)]

    def adopt(self, expression: cst.BaseExpression, at: cst.CSTNode) -> None:
        """Gives an expression that was parsed from a string the place of the string's node."""
        self.parents[expression] = at
        stack: list[cst.CSTNode] = [expression]
        while stack:
            node = stack.pop()
            self.order[node] = self.order[at]
            for child in children(node):
                self.parents[child] = node
                stack.append(child)

    def is_unbound(self, node: cst.CSTNode, name: str) -> bool:
        """Whether a name, looked up where a node stands, is bound nowhere in the file."""
        return self._binding_scope(name, self.scope_of(node)) is None

    def all_bindings(self, name: str, at: cst.CSTNode) -> list[Binding]:
        """All bindings of a name in the scope where it is looked up from a node, whether or not they reach it."""
        scope = self.binding_scope(name, at)
        return [] if scope is None else scope.bindings[name]

    def binding_scope(self, name: str, at: cst.CSTNode) -> Scope | None:
        """The scope that binds a name which is looked up where a node stands; None for none in the file."""
        return self._binding_scope(name, self.scope_of(at))

    def scopes_around(self, node: cst.CSTNode) -> Iterator[Scope]:
        """The scopes in which a name at a node is looked up, nearest first."""
        home = self.scope_of(node)
        scope: Scope | None = home
        while scope is not None:
            if scope is home or not isinstance(scope.node, cst.ClassDef):
                yield scope
            scope = scope.parent

    def _binding_scope(self, name: str, home: Scope) -> Scope | None:
        scope: Scope | None = home
        while scope is not None:
            if name in scope.elsewhere:
                scope = scope.elsewhere[name]
            if name in scope.bindings and (scope is home or not isinstance(scope.node, cst.ClassDef)):
                return scope
            scope = scope.parent
        return None

    def _reaching(self, bindings: list[Binding], use: cst.Name, *, at_once: bool) -> list[Binding]:
        """Back from the use (or from the end of the scope) to the last binding that cannot be passed by.

        What cannot run on the target binds nothing, save for uses that cannot run there either.
        """
        block: Block = ()
        candidates = bindings
        if at_once:
            block = self._settled(self.block_of(use))
            before = [binding for binding in bindings if binding.order < self.order[use]]
            candidates = before or bindings
        reaching: list[Binding] = []
        for binding in reversed(candidates):
            if self.is_dead(binding.node) and not self.is_dead(use):
                continue
            needed = self._settled(binding.block)
            if _excludes(needed, block):
                continue
            reaching.append(binding)
            if block[: len(needed)] == needed:
                break
        return reaching

    def _settled(self, block: Block) -> Block:
        """A block without the arms of ``try`` statements that are always taken on the target."""
        if all(arm not in _ARMS_OF_TRY for _, arm in block):
            return block
        return tuple(step for step in block if step[1] not in _ARMS_OF_TRY or not self._runs_always(self._at[step[0]]))

    @cached_property
    def _at(self) -> list[cst.CSTNode]:
        """The nodes in order of evaluation."""
        return list(self.order)

    # Building.

    def _index(self) -> None:
        """One walk: parents, order of evaluation, scopes; then the bindings, once all scopes are known."""
        stack: list[cst.CSTNode] = [self.module]
        binders: list[cst.CSTNode] = []
        while stack:
            node = stack.pop()
            self.order[node] = len(self.order)
            if type(node) in _BINDERS:
                binders.append(node)
            inner = children(node)
            for child in inner:
                self.parents[child] = node
            stack.extend(reversed(inner))
            if type(node) in _SCOPES and node is not self.module:
                self._scopes[node] = Scope(node, None)
        for node, scope in self._scopes.items():
            if node is not self.module:
                scope.parent = self.scope_of(node)
        for node in binders:
            if isinstance(node, (cst.Global, cst.Nonlocal)):
                self._declare(node)
        for node in binders:
            self._bind(node)

    def _declare(self, node: cst.Global | cst.Nonlocal) -> None:
        scope = self.scope_of(node)
        owner: Scope | None = self._scopes[self.module]
        if isinstance(node, cst.Nonlocal):
            owner = scope.parent
            while owner is not None and not isinstance(owner.node, _FUNCTIONS):
                owner = owner.parent
        if owner is not None and owner is not scope:
            for item in node.names:
                scope.elsewhere[item.name.value] = owner

    def _bind(self, node: cst.CSTNode) -> None:
        if isinstance(node, _IMPORTS):
            self._bind_import(node)
        elif isinstance(node, cst.Assign):
            for target in node.targets:
                self._bind_target(target.target, node, node.value)
        elif isinstance(node, cst.NamedExpr) or (isinstance(node, cst.AnnAssign) and node.value is not None):
            self._bind_target(node.target, node, node.value)
        elif isinstance(node, (cst.AugAssign, cst.For, cst.CompFor)):
            self._bind_target(node.target, node, None)
        elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._add(node.name.value, node, scope=self.scope_of(node))
        elif isinstance(node, cst.TypeAlias):
            self._add(node.name.value, node)
        elif isinstance(node, cst.Param):
            self._bind_parameter(node)
        elif isinstance(node, cst.AsName):
            self._bind_as(node)
        elif isinstance(node, (cst.MatchAs, cst.MatchStar, cst.MatchMapping)):
            name = node.rest if isinstance(node, cst.MatchMapping) else node.name
            if name is not None:
                self._add(name.value, node)

    def _bind_import(self, node: cst.CSTNode) -> None:
        if isinstance(node, (cst.Import, cst.LazyImport)):
            for alias in node.names:
                name = dotted(alias.name)
                if alias.asname is not None:
                    self._add(dotted_target(alias.asname), alias, qualified=name)
                else:
                    top = name.partition(".")[0]
                    self._add(top, alias, qualified=top)
        elif isinstance(node, (cst.ImportFrom, cst.LazyImportFrom)):
            module = import_module_name(node)
            if isinstance(node.names, cst.ImportStar):
                self.star_imports.append((module, node))
                return
            for alias in node.names:
                name = dotted(alias.name)
                if module == "__future__":
                    self.futures.add(name)
                qualified = module + name if module.endswith(".") else f"{module}.{name}"
                self._add(dotted_target(alias.asname) if alias.asname else name, alias, qualified=qualified)

    def _bind_target(
        self, target: cst.CSTNode, node: cst.CSTNode, value: cst.BaseExpression | None, index: int | None = None
    ) -> None:
        """Binds every name in an assignment target; a tuple takes its values one by one where they are written out."""
        if isinstance(target, cst.Name):
            scope = self.scope_of(node)
            if isinstance(node, cst.NamedExpr):
                while isinstance(scope.node, _COMPREHENSIONS) and scope.parent is not None:
                    scope = scope.parent
            elif isinstance(node, cst.CompFor):
                scope = self._scopes[self._comprehension(node)]
            self._add(target.value, node, value=value, index=index, scope=scope, at=target)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element, given, position in taken_apart(target, value if index is None else None):
                self._bind_target(element, node, given, position)
        elif isinstance(target, cst.StarredElement):
            self._bind_target(target.value, node, None)
        elif isinstance(target, cst.Attribute):
            self.attributes_set.append(target)

    def _comprehension(self, node: cst.CSTNode) -> cst.CSTNode:
        return next(parent for _, parent in self.ancestors(node) if isinstance(parent, _COMPREHENSIONS))

    def _bind_parameter(self, node: cst.Param) -> None:
        function = next(parent for _, parent in self.ancestors(node) if isinstance(parent, _FUNCTIONS))
        self._add(node.name.value, node, scope=self._scopes[function])

    def _bind_as(self, node: cst.AsName) -> None:
        parent = self.parents[node]
        if isinstance(parent, cst.WithItem):
            self._bind_target(node.name, parent, None)
        elif isinstance(parent, (cst.ExceptHandler, cst.ExceptStarHandler)):
            self._bind_target(node.name, node, None)

    def _add(
        self,
        name: str,
        node: cst.CSTNode,
        *,
        qualified: str | None = None,
        value: cst.BaseExpression | None = None,
        scope: Scope | None = None,
        index: int | None = None,
        at: cst.CSTNode | None = None,
    ) -> None:
        """``at`` is the node at which the name has its value, where that is not ``node`` itself."""
        home = scope or self.scope_of(node)
        block = self.block_of(node)
        owner = home.elsewhere.get(name, home)
        if owner is not home:  # set from inside a function, some time: passes nothing by
            block = ((self.order[home.node], "elsewhere"), *block)
        owner.bindings[name].append(Binding(node, qualified, value, self.order[at or node], block, index))


_BINDERS = frozenset(
    {
        *_IMPORTS,
        cst.AnnAssign,
        cst.AsName,
        cst.Assign,
        cst.AugAssign,
        cst.ClassDef,
        cst.CompFor,
        cst.For,
        cst.FunctionDef,
        cst.Global,
        cst.MatchAs,
        cst.MatchMapping,
        cst.MatchStar,
        cst.NamedExpr,
        cst.Nonlocal,
        cst.Param,
        cst.TypeAlias,
    }
)


def dotted_target(asname: cst.AsName) -> str:
    """The name behind ``as``."""
    return dotted(asname.name) if isinstance(asname.name, cst.Name) else ""


def _excludes(binding: Block, use: Block) -> bool:
    """Whether the two lie in different arms of the same branch, so that one never reaches the other."""
    for ours, theirs in zip(binding, use, strict=False):
        if ours != theirs:
            return ours[0] == theirs[0] and {ours[1], theirs[1]} <= {"body", "orelse"}
    return False


def _arm(parent: cst.CSTNode, child: cst.CSTNode) -> str | None:
    """Which arm of a branch a child is: one that may not run where the parent does. None for what always runs."""
    if type(parent) not in _BRANCHES:
        return None
    match parent:
        case cst.If() | cst.IfExp() | cst.For() | cst.While():
            return "body" if child is parent.body else "orelse" if child is parent.orelse else None
        case cst.Try() | cst.TryStar():
            return "try" if child is parent.body or child is parent.orelse else None
        case cst.BooleanOperation():
            return "right" if child is parent.right else None
        case cst.ExceptHandler() | cst.ExceptStarHandler():
            return "except"
        case cst.Else() | cst.MatchCase():
            return "body"
    return None
