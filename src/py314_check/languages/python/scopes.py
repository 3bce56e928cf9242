"""Names: where each is bound, and which qualified name an expression stands for.

Our own pass, because libcst's scope and qualified-name providers cost several times the parse. It is built for one
file on the first question asked.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import libcst as cst

from py314_check.languages.python.standard import standard
from py314_check.languages.python.tree import SUITES, Tree, children

_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_SCOPES: frozenset[type[cst.CSTNode]] = frozenset({cst.Module, cst.ClassDef, *_FUNCTIONS, *_COMPREHENSIONS})
_TWO_ARMS = frozenset({cst.If, cst.IfExp, cst.For, cst.While})
_MAX_ALIASES = 12
"""How many assignments a name is followed through."""

_CONSTANTS = ("None", "True", "False")

_RESOLVED = frozenset({cst.Name, cst.Attribute, cst.NamedExpr, cst.Call, cst.IfExp, cst.BooleanOperation})
"""What may stand for qualified names."""
_HOLD_NAMES = frozenset({cst.ImportAlias, cst.ImportFrom, cst.LazyImportFrom})
_DECLARATIONS: frozenset[type[cst.CSTNode]] = frozenset({cst.Global, cst.Nonlocal})
_NOTHING: frozenset[str] = frozenset()
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


class _Later(NamedTuple):
    """The bindings of a name that reach uses in other scopes: those that can run on the target, or all."""

    live: list[Binding]
    whole: list[Binding]
    alike: bool


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
    one: Any = node
    parts: list[str] = []
    while type(one) is cst.Attribute:
        parts.append(one.attr.value)
        one = one.value
    if type(one) is not cst.Name:
        return ""
    return ".".join([one.value, *reversed(parts)]) if parts else str(one.value)


def import_module_name(node: cst.ImportFrom | cst.LazyImportFrom) -> str:
    """The module of a ``from`` import as written, with its leading dots."""
    return "." * len(node.relative) + dotted(node.module)


def string_value(node: cst.CSTNode | None) -> str | None:
    """The value of a plain string literal (also of implicitly joined ones), or None."""
    one: Any = node
    parts: list[str] = []
    while type(one) is cst.ConcatenatedString:
        left = string_value(one.left)
        if left is None:
            return None
        parts.append(left)
        one = one.right
    if type(one) is not cst.SimpleString or "b" in one.prefix:
        return None
    last = one.raw_value if "\\" not in one.raw_value or "r" in one.prefix else _unescaped(one)
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
        tree: Tree,
        is_dead: Callable[[cst.CSTNode], bool],
        runs_always: Callable[[cst.CSTNode], bool],
    ) -> None:
        """``is_dead`` tells whether a node is never done with on the target: bindings there count for nothing.

        ``runs_always`` tells whether a ``try`` always runs to the end of its body, or into this handler of it.
        """
        self.tree = tree
        self.module = tree.module
        self.is_dead = is_dead
        self._runs_always = runs_always
        self.parents = tree.parents
        self.order = tree.order
        self.cuts = 0
        """How often a question led back to itself, or too far: what is answered meanwhile is not kept."""
        self.star_imports: list[tuple[str, cst.CSTNode]] = []
        self.futures: set[str] = set()
        self.attributes_set: list[cst.Attribute] = []
        """The attributes that assignments give a value, such as ``collections.Mapping``."""
        self._asking: set[cst.CSTNode] = set()
        self._resolved: dict[cst.CSTNode, frozenset[str]] = {}
        self._bound: dict[cst.Name, list[Binding] | None] = {}
        self._later: dict[tuple[cst.CSTNode, str], _Later] = {}
        self._under_way: set[tuple[cst.CSTNode, str]] = set()
        self._homes: dict[cst.CSTNode, Scope] = {}
        self._blocks: dict[cst.CSTNode, Block] = {}
        self._scopes: dict[cst.CSTNode, Scope] = {node: Scope(node, None) for node in tree.of_types(_SCOPES)}
        self._bind_all()

    # What stands where.

    def ancestors(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, Any]]:
        """Pairs of (child, parent), from a node up to the module."""
        parents = self.parents
        while (parent := parents.get(node)) is not None:
            yield node, parent
            node = parent

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """The scope in which a name at this node is looked up."""
        parents, homes = self.parents, self._homes
        suites: list[cst.CSTNode] = []
        found: Scope | None = None
        came_from = child = node
        while found is None and (parent := parents.get(child)) is not None:
            kind = type(parent)
            if kind in _SCOPES and not _evaluated_outside(parent, child, came_from):
                found = self._scopes[parent]
            elif kind in SUITES:
                found = homes.get(parent)
                if found is None:
                    suites.append(parent)
            came_from, child = child, parent
        home = found or self._scopes[self.module]
        homes.update(dict.fromkeys(suites, home))
        return home

    def block_of(self, node: cst.CSTNode) -> Block:
        """The branches, outermost first, that must be taken within its scope for a node to run."""
        parents, blocks = self.parents, self._blocks
        suites: list[tuple[cst.CSTNode, int]] = []  # and how many of the branches are inside
        inside: list[tuple[int, str]] = []
        outside: Block | None = None
        child = node
        while outside is None and (parent := parents.get(child)) is not None:
            kind = type(parent)
            if kind in _SCOPES:
                break
            if kind in SUITES:
                outside = blocks.get(parent)
                if outside is None:
                    suites.append((parent, len(inside)))
            elif (arm := _arm(parent, child)) is not None:
                inside.append((self.order[parent], arm))
            child = parent
        block = (*(outside or ()), *reversed(inside))
        for suite, inner in suites:
            blocks[suite] = block[: len(block) - inner]
        return block

    # What an expression stands for.

    def resolve(self, node: cst.CSTNode | None) -> frozenset[str]:
        """The qualified names that an expression may stand for, such as ``{"ast.Num"}``; empty if unknown.

        Relative imports keep their dots (``.compat.X``); a name that is bound nowhere comes as ``builtins.NAME``.
        """
        if node is None:
            return _NOTHING
        found = self._resolved.get(node)
        if found is None:
            cuts = self.cuts
            found = _NOTHING if self._in_import(node) else self._resolve(node, 0)
            if cuts == self.cuts:
                self._resolved[node] = found
        return found

    def _resolve(self, node: Any, depth: int) -> frozenset[str]:
        kind = type(node)
        if kind not in _RESOLVED:
            return _NOTHING
        if depth > _MAX_ALIASES or node in self._asking:
            self.cuts += 1
            return _NOTHING
        if kind is cst.Name:
            self._asking.add(node)
            try:
                return self._resolve_name(node, depth)
            finally:
                self._asking.discard(node)
        if kind is cst.Attribute:
            owners = self._resolve(node.value, depth)
            return frozenset([f"{name}.{node.attr.value}" for name in owners]) if owners else _NOTHING
        if kind is cst.Call:
            return self._resolve_call(node, depth)
        if kind is cst.NamedExpr:
            return self._resolve(node.value, depth + 1)
        if kind is cst.IfExp:
            return self._resolve(node.body, depth + 1) | self._resolve(node.orelse, depth + 1)
        return self._resolve(node.left, depth + 1) | self._resolve(node.right, depth + 1)

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
        while type(parent) is cst.Attribute or type(parent) is cst.Name:
            parent = self.parents.get(parent)
        return type(parent) in _HOLD_NAMES

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
                found |= self._resolve(binding.value, depth + 1)
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
        function = self._resolve(node.func, depth + 1)
        if "builtins.getattr" in function and len(names) == 2 and names[1]:
            return frozenset(f"{owner}.{names[1]}" for owner in self._resolve(node.args[0].value, depth + 1))
        name = names[0] or ""
        if "importlib.import_module" in function and name:
            return frozenset({name})
        if "builtins.__import__" in function and name:
            return frozenset({name.partition(".")[0]})
        return frozenset()

    def bindings(self, name: cst.Name) -> list[Binding] | None:
        """The bindings of a name that may reach this use of it, or None where it is bound nowhere in the file."""
        if name in self._bound:
            return self._bound[name]
        cuts = self.cuts
        home = self.scope_of(name)
        scope = self.binding_scope(name.value, home)
        if scope is None:
            found = None
        elif scope is home:
            found = self._reaching(scope.bindings[name.value], name)
        else:
            found = self._reach_later(scope, name)
        if cuts == self.cuts:
            self._bound[name] = found
        return found

    def value(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a name was assigned, where it certainly was that; any other expression as it is."""
        made = self.assigned(node)
        return node if made is None or made.element is not None else made.value

    def assigned(self, node: cst.BaseExpression) -> Assigned | None:
        """What a name was assigned, or which element of it, where that is certain."""
        bindings = self.bindings(node) if isinstance(node, cst.Name) else None
        if not bindings or len(bindings) != 1 or bindings[0].value is None:
            return None
        return Assigned(bindings[0].value, bindings[0].index)

    def dead_bindings(self, name: cst.Name) -> list[Binding]:
        """The bindings of a name that count for nothing, since the target does not get there."""
        scope = self.binding_scope(name.value, self.scope_of(name))
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
        return self.binding_scope(name, self.scope_of(node)) is None

    @property
    def module_scope(self) -> Scope:
        """The scope of the file itself."""
        return self._scopes[self.module]

    def scope_made_by(self, node: cst.ClassDef | cst.FunctionDef) -> Scope:
        """The scope that the body of a class or function is."""
        return self._scopes[node]

    def all_bindings(self, name: str, at: cst.CSTNode) -> list[Binding]:
        """All bindings of a name in the scope where it is looked up from a node, whether or not they reach it."""
        scope = self.binding_scope(name, self.scope_of(at))
        return [] if scope is None else scope.bindings[name]

    def scopes_around(self, node: cst.CSTNode) -> Iterator[Scope]:
        """The scopes in which a name at a node is looked up, nearest first."""
        home = self.scope_of(node)
        scope: Scope | None = home
        while scope is not None:
            if scope is home or type(scope.node) is not cst.ClassDef:
                yield scope
            scope = scope.parent

    def binding_scope(self, name: str, home: Scope) -> Scope | None:
        """The scope in which a name is bound that is looked up in another, or None."""
        scope: Scope | None = home
        while scope is not None:
            if name in scope.elsewhere:
                scope = scope.elsewhere[name]
            if name in scope.bindings and (scope is home or type(scope.node) is not cst.ClassDef):
                return scope
            scope = scope.parent
        return None

    def _reaching(self, bindings: list[Binding], use: cst.Name) -> list[Binding]:
        """Back from a use in the same scope to the last binding that cannot be passed by.

        What cannot run on the target binds nothing, save for uses that cannot run there either.
        """
        block = self._settled(self.block_of(use))
        order = self.order[use]
        candidates = [binding for binding in bindings if binding.order < order] or bindings
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

    def _reach_later(self, scope: Scope, use: cst.Name) -> list[Binding]:
        """The same from the end of a scope, for uses in other scopes: one answer for all uses of a name.

        Whether a binding counts may depend on a test of the name itself: meanwhile, all of them do.
        """
        key = scope.node, use.value
        found = self._later.get(key)
        if found is None:
            bindings = scope.bindings[use.value]
            whole = self._to_last(reversed(bindings))
            cuts = self.cuts
            self._later[key] = _Later(whole, whole, alike=True)
            self._under_way.add(key)
            live = self._to_last(binding for binding in reversed(bindings) if not self.is_dead(binding.node))
            self._under_way.discard(key)
            found = _Later(live, whole, alike=live == whole)
            if cuts == self.cuts:
                self._later[key] = found
            else:
                del self._later[key]
        elif key in self._under_way:
            self.cuts += 1
        return found.live if found.alike or not self.is_dead(use) else found.whole

    def _to_last(self, bindings: Iterable[Binding]) -> list[Binding]:
        """Some bindings, up to the first that is made in any case."""
        found: list[Binding] = []
        for binding in bindings:
            found.append(binding)
            if not self._settled(binding.block):
                break
        return found

    def _settled(self, block: Block) -> Block:
        """A block without the arms of ``try`` statements that are always taken on the target."""
        if not any(arm in _ARMS_OF_TRY for _, arm in block):
            return block
        return tuple(
            step for step in block if step[1] not in _ARMS_OF_TRY or not self._runs_always(self.tree.nodes[step[0]])
        )

    # Building.

    def _bind_all(self) -> None:
        for node, scope in self._scopes.items():
            if node is not self.module:
                scope.parent = self.scope_of(node)
        for node in self.tree.of_types(_DECLARATIONS):
            self._declare(node)
        for node in self.tree.of_types(_BINDERS):
            _BINDERS[type(node)](self, node)

    def _declare(self, node: Any) -> None:
        scope = self.scope_of(node)
        owner: Scope | None = self._scopes[self.module]
        if type(node) is cst.Nonlocal:
            owner = scope.parent
            while owner is not None and not isinstance(owner.node, _FUNCTIONS):
                owner = owner.parent
        if owner is not None and owner is not scope:
            for item in node.names:
                scope.elsewhere[item.name.value] = owner

    def _bind_import(self, node: cst.Import | cst.LazyImport) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            if alias.asname is not None:
                self._add(dotted_target(alias.asname), alias, qualified=name)
            else:
                top = name.partition(".")[0]
                self._add(top, alias, qualified=top)

    def _bind_from(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
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

    def _bind_assignment(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._bind_target(target.target, node, node.value)

    def _bind_one(self, node: cst.NamedExpr | cst.AnnAssign) -> None:
        if node.value is not None:
            self._bind_target(node.target, node, node.value)

    def _bind_item(self, node: cst.AugAssign | cst.For | cst.CompFor) -> None:
        self._bind_target(node.target, node, None)

    def _bind_definition(self, node: cst.FunctionDef | cst.ClassDef | cst.TypeAlias) -> None:
        self._add(node.name.value, node)

    def _bind_pattern(self, node: cst.MatchAs | cst.MatchStar | cst.MatchMapping) -> None:
        name = node.rest if isinstance(node, cst.MatchMapping) else node.name
        if name is not None:
            self._add(name.value, node)

    def _bind_target(
        self, target: cst.CSTNode, node: cst.CSTNode, value: cst.BaseExpression | None, index: int | None = None
    ) -> None:
        """Binds every name in an assignment target; a tuple takes its values one by one where they are written out."""
        if isinstance(target, cst.Name):
            scope = self.scope_of(node)
            if type(node) is cst.NamedExpr:
                while isinstance(scope.node, _COMPREHENSIONS) and scope.parent is not None:
                    scope = scope.parent
            elif type(node) is cst.CompFor:
                scope = self._scope_around(node, _COMPREHENSIONS)
            self._add(target.value, node, value=value, index=index, scope=scope, at=target)
        elif isinstance(target, cst.Attribute):
            self.attributes_set.append(target)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element, given, position in taken_apart(target, value if index is None else None):
                self._bind_target(element, node, given, position)
        elif isinstance(target, cst.StarredElement):
            self._bind_target(target.value, node, None)

    def _scope_around(self, node: cst.CSTNode, kinds: Container[type]) -> Scope:
        return self._scopes[next(parent for _, parent in self.ancestors(node) if type(parent) in kinds)]

    def _bind_parameter(self, node: cst.Param) -> None:
        self._add(node.name.value, node, scope=self._scope_around(node, _FUNCTIONS))

    def _bind_as(self, node: cst.AsName) -> None:
        parent = self.parents[node]
        if type(parent) is cst.WithItem:
            self._bind_target(node.name, parent, None)
        elif type(parent) is not cst.ImportAlias:  # a handler
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


_BINDERS: Mapping[type[cst.CSTNode], Callable[[Names, Any], None]] = {
    cst.AnnAssign: Names._bind_one,
    cst.AsName: Names._bind_as,
    cst.Assign: Names._bind_assignment,
    cst.AugAssign: Names._bind_item,
    cst.ClassDef: Names._bind_definition,
    cst.CompFor: Names._bind_item,
    cst.For: Names._bind_item,
    cst.FunctionDef: Names._bind_definition,
    cst.Import: Names._bind_import,
    cst.ImportFrom: Names._bind_from,
    cst.LazyImport: Names._bind_import,
    cst.LazyImportFrom: Names._bind_from,
    cst.MatchAs: Names._bind_pattern,
    cst.MatchMapping: Names._bind_pattern,
    cst.MatchStar: Names._bind_pattern,
    cst.NamedExpr: Names._bind_one,
    cst.Param: Names._bind_parameter,
    cst.TypeAlias: Names._bind_definition,
}


def _evaluated_outside(scope: Any, child: cst.CSTNode, grandchild: cst.CSTNode) -> bool:
    """Whether a child of what makes a scope is evaluated in the scope around it."""
    kind = type(scope)
    if kind is cst.FunctionDef or kind is cst.ClassDef:
        return child is not scope.body
    if kind is cst.Lambda:
        return child is scope.params
    if kind is cst.Module:
        return False
    first: cst.CompFor = scope.for_in
    return child is first and grandchild is first.iter


def dotted_target(asname: cst.AsName) -> str:
    """The name behind ``as``."""
    return dotted(asname.name) if isinstance(asname.name, cst.Name) else ""


def _excludes(binding: Block, use: Block) -> bool:
    """Whether the two lie in different arms of the same branch, so that one never reaches the other."""
    for ours, theirs in zip(binding, use, strict=False):
        if ours != theirs:
            return ours[0] == theirs[0] and {ours[1], theirs[1]} <= {"body", "orelse"}
    return False


def _arm(parent: Any, child: cst.CSTNode) -> str | None:
    """Which arm of a branch a child is: one that may not run where the parent does. None for what always runs."""
    kind = type(parent)
    if kind in _TWO_ARMS:
        return "body" if child is parent.body else "orelse" if child is parent.orelse else None
    if kind is cst.Try or kind is cst.TryStar:
        return "try" if child is parent.body or child is parent.orelse else None
    if kind is cst.BooleanOperation:
        return "right" if child is parent.right else None
    if kind is cst.ExceptHandler or kind is cst.ExceptStarHandler:
        return "except"
    return "body" if kind is cst.Else or kind is cst.MatchCase else None
