"""Names in strings: what ``getattr``, ``mock.patch`` and pytest's ``monkeypatch`` are given."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Context, cst

# pytest's are known by the names of their fixtures.
_PATCHES = ("unittest.mock.patch", "mock.patch", "mock.mock.patch", "mocker.patch")
_BY_NAME = {
    *_PATCHES,
    *(f"{patch}.{method}" for patch in _PATCHES for method in ("dict", "multiple")),
    *("monkeypatch.setattr", "monkeypatch.delattr"),
}
_BY_OWNER = {*(f"{patch}.object" for patch in _PATCHES), "monkeypatch.setattr", "monkeypatch.delattr"}
PATCH_WORDS = ("patch", "monkeypatch")
"""Without one of these in a file, it patches nothing."""


@dataclass(frozen=True)
class Quoted:
    """A name in a string: the string's node, and where in its text the name stands (None: not as it is)."""

    node: cst.BaseExpression
    value: str
    part: tuple[int, int] | None


def quoted(context: Context, node: cst.BaseExpression | None) -> Quoted | None:
    """The string that an expression is, or stands for."""
    value = context.string(node)
    if node is None or not value:
        return None
    part = None
    if isinstance(node, cst.SimpleString) and node.raw_value.startswith(value):
        start = len(node.prefix) + len(node.quote)
        part = (start, start + len(value))
    return Quoted(node, value, part)


def patched_name(context: Context, call: cst.Call) -> Quoted | None:
    """``module.name`` of ``patch("module.name")``."""
    if not _functions(context, call) & _BY_NAME or _may_be_missing(context, call):
        return None
    return quoted(context, context.argument(call, 0, "target"))


def patched_attribute(context: Context, call: cst.Call) -> tuple[cst.BaseExpression | None, Quoted | None]:
    """The object and the name of ``getattr(module, "name")`` and ``patch.object(module, "name")``."""
    functions = _functions(context, call)
    if "builtins.getattr" in functions:
        return context.argument(call, 0, "object"), quoted(context, context.argument(call, 1, "name"))
    if functions & _BY_OWNER and not _may_be_missing(context, call):
        owner = context.argument(call, 0, "target")
        return owner, quoted(context, context.argument(call, 1, "attribute") or context.argument(call, 1, "name"))
    return None, None


def _may_be_missing(context: Context, call: cst.Call) -> bool:
    """``patch.object(..., create=True)``, ``monkeypatch.setattr(..., raising=False)``."""
    flags = {"create": "True", "raising": "False"}
    return any(
        arg.keyword is not None and context.dotted(arg.value) == flags.get(arg.keyword.value) for arg in call.args
    )


def _functions(context: Context, call: cst.Call) -> frozenset[str]:
    return context.resolve(call.func) or frozenset({context.dotted(call.func)})
