"""Whether `__annotations__` may be read where Python 3.14 does not have it any more, told from a file's outline."""

from __future__ import annotations

import ast

from py314_check.api import Outline

_KEY = "__annotations__"


def may_read_on_instance(outline: Outline) -> bool:
    """Whether the annotations of an instance may be read, without a ``from __future__ import annotations``."""
    by_string = _KEY in outline.strings and not {b"getattr", b"hasattr"}.isdisjoint(outline.words)
    return (by_string or any(map(_is_read, outline.attributes.get(_KEY, ())))) and not _has_future(outline)


def may_read_name(outline: Outline) -> bool:
    """Whether the name, or the key of a namespace, may be read, without a ``from __future__ import annotations``."""
    by_key = _KEY in outline.strings and not {b"globals", b"locals", b"vars"}.isdisjoint(outline.words)
    return (by_key or _KEY in outline.names) and not _has_future(outline)


def may_read_in_namespace(outline: Outline) -> bool:
    """Whether the key may be looked up in a mapping that may be the namespace of a class."""
    if not any(word in (b"__dict__", b"vars", b"type") or b"bases" in word for word in outline.words):
        return False
    keys = [one.slice for one in outline.of(ast.Subscript)]
    keys += [one.left for one in outline.of(ast.Compare)]
    keys += [one.args[0] for one in outline.of(ast.Call) if one.args]
    keys += [one.value for one in outline.of(ast.Assign, ast.AnnAssign, ast.NamedExpr)]  # and used by that name
    return any(_KEY in _strings(one) for one in keys)


def _strings(node: ast.AST | None) -> list[object]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    return [one.value for one in parts if isinstance(one, ast.Constant)]


def _is_read(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _has_future(outline: Outline) -> bool:
    futures = (one for one in outline.of(ast.ImportFrom) if one.module == "__future__")
    return any(alias.name == "annotations" for one in futures for alias in one.names)
