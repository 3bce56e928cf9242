"""What the expressions of an outline may be: a value of some types, or a string.

It may hold where the rule finds something else, and must hold wherever ``Context.types`` and ``Context.string`` say so.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator

from py314_check.api import Outline, Scope, below, expressions_in, last_name, names_set, once, targets_in

_LITERALS: dict[type[ast.AST], str] = {
    **dict.fromkeys((ast.List, ast.ListComp), "builtins.list"),
    **dict.fromkeys((ast.Set, ast.SetComp), "builtins.set"),
    **dict.fromkeys((ast.Dict, ast.DictComp), "builtins.dict"),
    ast.Tuple: "builtins.tuple",
    ast.JoinedStr: "builtins.str",
    ast.Compare: "builtins.bool",
    ast.Lambda: "types.FunctionType",
    ast.GeneratorExp: "types.GeneratorType",
}
_CONSTANTS: dict[type, str] = {type(None): "types.NoneType", type(...): "types.EllipsisType"}
_MAKERS = {"int": "int", "len": "int", "ord": "int", "str": "str", "repr": "str", "list": "list", "sorted": "list"}
_MAX_DEPTH = 8
_ANY = (ast.Call, ast.Attribute, ast.Subscript, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred)


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


def may_be_of(outline: Outline, node: ast.expr, kinds: Collection[str], depth: int = 0) -> bool:
    """Whether an expression may be an instance of a class; ``/`` is any division, ``.`` a class of the file."""
    if isinstance(node, ast.Constant):
        kind = type(node.value)
        return _CONSTANTS.get(kind, f"builtins.{kind.__name__}") in kinds
    if type(node) in _LITERALS:
        return _LITERALS[type(node)] in kinds
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS:
        return f"builtins.{_MAKERS[node.func.id]}" in kinds
    if isinstance(node, _ANY) or depth > _MAX_DEPTH or "." in kinds:
        return True
    if isinstance(node, ast.Name):
        values = _values(outline)[node.id]
        return None in values or any(may_be_of(outline, one, kinds, depth + 1) for one in values if one is not None)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, (ast.Div, ast.Pow, ast.Mod)):
            return True
        return any(may_be_of(outline, one, kinds, depth + 1) for one in (node.left, node.right))
    inner = [node.operand] if isinstance(node, ast.UnaryOp) else expressions_in(node)
    return not inner or any(may_be_of(outline, one, kinds, depth + 1) for one in inner)


@once
def _values(outline: Outline) -> defaultdict[str, list[ast.expr | None]]:
    """What names may be given, in any scope; None where that cannot be told. A parameter may be given nothing known."""
    found: defaultdict[str, list[ast.expr | None]] = defaultdict(list)
    plain: set[int] = set()
    for target, value in outline.assignments:
        if isinstance(target, ast.Name):
            plain.add(id(target))
            found[target.id].append(value)
    for name, nodes in outline.names.items():
        if any(type(node.ctx) is ast.Store and id(node) not in plain for node in nodes):
            found[name].append(None)
    for node in outline.of(ast.Import, ast.ImportFrom):
        for one in node.names:
            found[one.asname or one.name.partition(".")[0]].append(None)
    for annotated in outline.of(ast.AnnAssign):
        for name in names_set(annotated.target):
            found[name].append(None)
    for scope in outline.scopes:
        arguments = getattr(scope.node, "args", None)
        if arguments is not None:
            listed = [*arguments.posonlyargs, *arguments.args]
            defaults = [*zip(reversed(listed), reversed(arguments.defaults), strict=False)]
            for one, default in (*defaults, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)):
                found[one.arg] += [] if default is None else [default]
            for one in (*listed, *arguments.kwonlyargs):
                found[one.arg] += [] if one.annotation is None else [None]
            for one in (arguments.vararg, arguments.kwarg):
                if one is not None:
                    found[one.arg].append(None)
    for test in outline.of(ast.Call, ast.Compare):  # `isinstance(x, float)`, `x is None`
        tested = test.left if isinstance(test, ast.Compare) else test.args[0] if len(test.args) == 2 else None
        if isinstance(tested, ast.Name):
            found[tested.id].append(None)
    return found


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


def classes_in(annotation: ast.expr | None) -> list[ast.expr]:
    """The names in an annotation, and in strings there."""
    nodes = below(annotation)
    texts = [one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [
        *(one for one in nodes if isinstance(one, (ast.Name, ast.Attribute))),
        *(ast.Name(word, ast.Load()) for text in texts for word in re.findall(r"\w+", text)),
    ]
