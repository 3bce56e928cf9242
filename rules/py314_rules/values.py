"""What the expressions of an outline may be: a value of some types, or a string.

It may hold where the rule finds something else, and must hold wherever ``Context.types`` and ``Context.string`` say so.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator

from py314_check.api import Outline, Scope, expressions_in, last_name, once, targets_in
from py314_rules.called import is_call_of, may_be, other_names
from py314_rules.unknown import Fixpoint, Given, classes_in, unknown, variables

_BOOL = "builtins.bool"
_NUMBERS = frozenset(f"builtins.{name}" for name in ("bool", "int", "float", "complex"))
_SCALARS = _NUMBERS | {"builtins.str", "builtins.bytes"}
_ALWAYS_BOOL = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_LITERALS: dict[type[ast.AST], str] = {
    **dict.fromkeys((ast.List, ast.ListComp), "builtins.list"),
    **dict.fromkeys((ast.Set, ast.SetComp), "builtins.set"),
    **dict.fromkeys((ast.Dict, ast.DictComp), "builtins.dict"),
    ast.Tuple: "builtins.tuple",
    ast.JoinedStr: "builtins.str",
    ast.Lambda: "types.FunctionType",
    ast.GeneratorExp: "types.GeneratorType",
}
_CONSTANTS: dict[type, str] = {type(None): "types.NoneType", type(...): "types.EllipsisType"}
_MAKERS = {
    **{name: name for name in "bool bytes complex dict float frozenset int list range set str tuple".split()},
    "len": "int",
    "ord": "int",
    "repr": "str",
    "sorted": "list",
}
_OTHERS = frozenset(
    "Any None Optional Union bool bytes complex dict float frozenset int list object set str tuple".split()
)
"""What in an annotation is nothing else, at least in lower case."""


def may_be_text(outline: Outline, node: ast.expr, is_wanted: Callable[[str], object]) -> bool:
    """Whether an expression may be a string, or bytes, of which something holds."""
    if isinstance(node, ast.Constant):
        text = _text(node)
        return text is not None and bool(is_wanted(text))
    return _has_text(outline, is_wanted)


@once
def _has_text(outline: Outline, is_wanted: Callable[[str], object]) -> bool:
    texts = map(_text, outline.of(ast.Constant))
    return any(is_wanted(text) for text in {text for text in texts if text is not None})


def _text(node: ast.Constant) -> str | None:
    value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
    return value if isinstance(value, str) else None


@once
def instances(outline: Outline) -> Instances:
    """Which expressions of a file may be instances of which classes."""
    return Instances(outline)


class Instances:
    """Which expressions of a file may be instances of some classes, given by qualified names; ``/`` is any division,
    ``.`` a class of the file.
    """

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._variables = variables(outline)
        self._unknown = unknown(outline)
        self._given = Fixpoint(self._is_given)

    def may_be(self, node: ast.expr, scope: Scope, kinds: frozenset[str]) -> bool:
        """Whether an expression in a scope may be of one of the classes."""
        kind = type(node)
        if isinstance(node, ast.Constant):
            made = type(node.value)
            return _is_of(_CONSTANTS.get(made, f"builtins.{made.__name__}"), kinds)
        if kind in _LITERALS:
            return _is_of(_LITERALS[kind], kinds)
        if "." in kinds:
            return True
        if isinstance(node, ast.Compare):
            return _is_of(_BOOL, kinds) and self.may_be_bool(node, scope)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return _is_of(_BOOL, kinds)
        if isinstance(node, ast.Name):
            return self._may_be_named(node, scope, kinds)
        if isinstance(node, ast.Call):
            return self._may_be_made(node, scope, kinds)
        if isinstance(node, ast.BinOp):
            return self._may_be_computed(node, scope, kinds)
        if isinstance(node, ast.Subscript) and is_call_of(node.value, ("range",)):
            return "builtins.int" in kinds
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Await)):
            return not self._unknown.holds(node, scope)
        inner = [node.operand] if isinstance(node, ast.UnaryOp) else expressions_in(node)
        return not inner or any(self.may_be(one, scope, kinds) for one in inner)

    def may_be_bool(self, node: ast.Compare, scope: Scope) -> bool:
        """Whether a comparison may give a bool: one of others than numbers and strings may give anything."""
        return all(isinstance(one, _ALWAYS_BOOL) for one in node.ops) or all(
            self.may_be(one, scope, _SCALARS) for one in (node.left, *node.comparators)
        )

    def _may_be_computed(self, node: ast.BinOp, scope: Scope, kinds: frozenset[str]) -> bool:
        operands: list[ast.expr] = [node]
        leaves = []
        while operands:
            one = operands.pop()
            if not isinstance(one, ast.BinOp):
                leaves.append(one)
            elif isinstance(one.op, ast.Div):
                return True
            else:
                operands += (one.right, one.left)
        if all(self.may_be(one, scope, _NUMBERS) for one in leaves):
            return "builtins.int" in kinds or any(self.may_be(one, scope, kinds) for one in leaves)
        others = kinds - _NUMBERS - {"/"}
        return bool(others) and self.may_be(leaves[0], scope, others)

    def _may_be_named(self, name: ast.Name, scope: Scope, kinds: frozenset[str]) -> bool:
        given = self._variables.of(name, scope)
        if given is None or self._unknown.is_certain(name.id):
            return not self._unknown.holds(name, scope)
        return self._given.holds((kinds, given))

    def _may_be_made(self, call: ast.Call, scope: Scope, kinds: frozenset[str]) -> bool:
        made = _MAKERS.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if made is not None:
            return _is_of(f"builtins.{made}", kinds)
        returned = self._variables.functions.get(last_name(call.func))
        asked = call.func.value if isinstance(call.func, ast.Attribute) else call  # a method may be anything's
        if (returned is None or asked is not call) and not self._unknown.holds(asked, scope):
            return True
        return returned is not None and self._given.holds((kinds, returned))

    def _is_given(self, question: tuple[frozenset[str], Given]) -> bool:
        """Whether one of the values that are given may be of the classes, or an annotation may mean them."""
        kinds, given = question
        return any(self._may_mean(one, kinds) for one in given.classes) or any(
            self.may_be(value, scope, kinds) for value, scope in given.values
        )

    def _may_mean(self, annotation: ast.expr, kinds: frozenset[str]) -> bool:
        """Whether a name in an annotation may stand for one of the classes."""
        wanted = sorted({kind.rpartition(".")[2] for kind in ({_BOOL, *kinds} if _is_of(_BOOL, kinds) else kinds)})
        name = last_name(annotation)
        if name.lower() in wanted or may_be(annotation, other_names(self._outline, *wanted)):
            return True
        return name not in _OTHERS and not self._unknown.is_foreign(annotation)


def _is_of(made: str, kinds: frozenset[str]) -> bool:
    """Whether a class is one of some, or a subclass: of those that are told here, only `bool` is one of another."""
    return made in kinds or (made == _BOOL and "builtins.int" in kinds)


def truth_tests(place: Outline | Scope) -> Iterator[ast.expr]:
    """The expressions whose truth is asked for, but for the arguments of `bool`."""
    for node in place.of(ast.If, ast.While, ast.IfExp, ast.Assert):
        yield node.test
    for node in place.of(ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            yield node.operand
    for node in place.of(ast.BoolOp):
        yield from node.values
    for node in place.of(ast.comprehension):
        yield from node.ifs


def reached(outline: Outline, *nodes: ast.expr, annotated: bool = False) -> Iterator[ast.expr]:
    """Some expressions, and all that they may stand for or be made of: what names and attributes are given, anywhere in
    the file, what functions of the file return, and elements of what is written out; names in annotations, too, if it
    matters what is ``annotated``.
    """
    seen: set[str] = set()
    waiting: list[ast.expr] = [*nodes]
    for node in waiting:  # which grows
        yield node
        waiting += expressions_in(node)
        if isinstance(node, (ast.Dict, ast.Set)):
            waiting += node.values if isinstance(node, ast.Dict) else node.elts
        elif isinstance(node, (ast.Await, ast.Subscript)):
            waiting.append(node.value)
        elif isinstance(node, ast.BinOp):
            waiting += (node.left, node.right)
        named = node.func if isinstance(node, ast.Call) else node
        if isinstance(named, (ast.Name, ast.Attribute)):
            name = last_name(named) if named is node else f"{last_name(named)}()"
            if name not in seen:
                seen.add(name)
                waiting += _given(outline)[name]
                waiting += _given(outline)[f"{name}:"] if annotated else ()


@once
def _given(outline: Outline) -> defaultdict[str, list[ast.expr]]:
    """What names and attributes are given, by themselves or as parts of something; what functions return, behind whose
    names there is ``()``. With a colon behind them, the names in their annotations.
    """
    found: defaultdict[str, list[ast.expr]] = defaultdict(list)
    pairs = [*outline.assignments]
    pairs += [(one.target, one.iter) for one in outline.of(ast.For, ast.AsyncFor, ast.comprehension)]
    pairs += [(one.optional_vars, one.context_expr) for one in outline.of(ast.withitem) if one.optional_vars]
    for target, value in pairs:
        for one in targets_in(target):
            if isinstance(one, (ast.Name, ast.Attribute)):
                found[last_name(one)].append(value)
    annotations: list[tuple[str, ast.expr | None]] = [(one.arg, one.annotation) for one in outline.of(ast.arg)]
    annotations += [(last_name(one.target), one.annotation) for one in outline.of(ast.AnnAssign)]
    for scope in outline.scopes:
        if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{scope.node.name}()"
            found[name] += [one.value for one in scope.of(ast.Return) if one.value is not None]
            annotations.append((name, scope.node.returns))
    for name, annotation in annotations:
        found[f"{name}:"] += classes_in(annotation)
    return found
