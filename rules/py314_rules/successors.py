"""Fixes for the names in facts/names.toml that have a successor with the same arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from py314_check.api import Change, Context, Imported, Insert, Remove, Rename, Replace, cst, parse_version

Edits = tuple[Replace | Insert | Remove | Rename, ...]


@dataclass(frozen=True, kw_only=True)
class Successor:
    """The keys of a row that say what takes a name's place; facts/names.toml explains them."""

    member: bool = False
    fix: str | None = None
    fix_in: str = "3.0"
    fix_differs: str | None = None
    fix_as: str | None = None
    fix_keywords: tuple[str, ...] = ()
    fix_arguments: tuple[str, ...] = ()
    fix_takes: int | None = None


def change(message: str, row: Successor, edits: Edits) -> Change | None:
    """The change that makes some edits, if there are any; safe where the row names no difference."""
    return Change(message, *edits, safe=row.fix_differs is None, since=row.fix_in) if edits else None


def renamed(context: Context, node: cst.Attribute, name: str, row: Successor) -> Change | None:
    """What puts the successor of a name of the table in the place of an attribute that stands for it."""
    call = next(context.ancestors(node))
    called = call if isinstance(call, cst.Call) and call.func is node else None
    assert row.fix is not None
    shown = row.fix.replace(":", "").removeprefix("builtins.")
    if row.member:
        shown = shown.rpartition(".")[2]
    if row.fix_takes is not None and (called is None or not _takes(called, row.fix_takes)):
        return None
    if row.fix_as is not None:
        return None if called is None else change(f"Use `{shown}`", row, _otherwise(context, called, node, row))
    renaming = _renaming(context, node, name, row)
    if renaming is None:
        return None
    arguments = _arguments(called, row) if called is not None else ()
    return change(f"Use `{shown}`", row, (renaming, *arguments))


def _takes(call: cst.Call, count: int) -> bool:
    return len(call.args) == count and not any(arg.keyword or arg.star for arg in call.args)


def _renaming(context: Context, node: cst.Attribute, name: str, row: Successor) -> Replace | Rename | None:
    fix = row.fix or ""
    owner, _, last = fix.rpartition(".")
    if not row.member:
        if not context.dotted(node):
            return None
        return Replace(node, *_imported(fix)) if ":" in fix else Rename(node, fix)
    if owner == name.rpartition(".")[0]:
        return Replace(node.attr, last)
    return Replace(node, *_imported(fix)) if context.dotted(node) else None


def _imported(text: str) -> tuple[Imported, str]:
    """``module.name`` and ``module.name:.more`` as new text."""
    name, _, rest = text.partition(":")
    return (Imported(name), rest)


def _arguments(call: cst.Call, row: Successor) -> Iterator[Replace | Insert]:
    names = dict(pair.split("=") for pair in row.fix_keywords)
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value in names:
            yield Replace(arg.keyword, names[arg.keyword.value])
    for text in row.fix_arguments:
        if call.args:
            yield Insert(call.args[-1], ", ", *_imported(text), behind=True)
        else:
            yield Insert(call.whitespace_before_args, *_imported(text))


def _otherwise(context: Context, call: cst.Call, node: cst.Attribute, row: Successor) -> Edits:
    """A call that becomes an attribute, an assignment to one, or a list."""
    fix = row.fix or ""
    last = fix.rpartition(".")[2]
    if row.fix_as == "attribute":
        return () if call.args else (Replace(call, node.value, f".{last}"),)
    if row.fix_as == "assignment":
        statement = next(context.ancestors(call))
        if not isinstance(statement, cst.Expr) or not _takes(call, 1):
            return ()
        return (Replace(call, node.value, f".{last} = ", call.args[0].value),)
    wrapped = Insert(call, Imported("builtins.list"), "("), Insert(call, ")", behind=True)
    if fix == "builtins.list":
        return (Replace(call, Imported(fix), "(", node.value, ")"),)
    return (*wrapped, Replace(node.attr, last))


def in_import(context: Context, node: cst.CSTNode, rows: Mapping[cst.ImportAlias, Successor]) -> Change | None:
    """What imports the successors of the names in a ``from`` import, which are all mended at once.

    ``rows`` has those of the statement that have one; only names that can be imported as they are count.
    """
    row = next((row for alias, row in rows.items() if alias.name is node), None)
    if row is None or not _is_importable(row):
        return None
    together = {
        alias: one
        for alias, one in rows.items()
        if _is_importable(one) and (one.fix_differs is None) == (row.fix_differs is None)
    }
    names = sorted({f"`{one.fix}`" for one in together.values()})
    edits = [Rename(alias.name, one.fix or "") for alias, one in together.items()]
    since = max((one.fix_in for one in together.values()), key=parse_version)
    return Change(f"Import {', '.join(names)}", *edits, safe=row.fix_differs is None, since=since)


def _is_importable(row: Successor) -> bool:
    fix = row.fix or ":"
    return not (":" in fix or fix.startswith("builtins.") or row.member or row.fix_arguments or row.fix_keywords)
