"""From what a rule wants changed in a Python file to a fix with places.

First it is planned, in nodes: which text goes, what comes, which imports that takes and leaves without a use. Then,
once the places of these nodes are known, it is made.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import libcst as cst

from py314_check.api import Change, Imported, Insert, Remove, Rename, Replace
from py314_check.languages.changes import NotFixableError, made
from py314_check.languages.python.imports import Addition, Imports
from py314_check.languages.python.scopes import Names, dotted, import_module_name
from py314_check.model import Edit, Fix, Leftover
from py314_check.source import SourceFile

Span = tuple[int, int]
Bounds = Callable[[Sequence[Span], str], Span]
_NEWLINE = re.compile(r"\r\n|\r|\n")
_TRAILING_COMMA = re.compile(r"[ \t\f]*,")
_FROM = (cst.ImportFrom, cst.LazyImportFrom)


@dataclass(frozen=True)
class Piece:
    """One replacement: ``bounds`` tells from the places of ``nodes`` what is replaced by ``content``.

    With ``line``, that becomes a line of its own, indented as the first node's is; ``gap``: blank lines above, below.
    """

    nodes: tuple[cst.CSTNode, ...]
    bounds: Bounds
    content: tuple[str | cst.CSTNode, ...] = ()
    line: bool = False
    gap: tuple[int, int] = (0, 0)


@dataclass
class Plan:
    """A change in nodes. ``imports`` are those that lose uses, or get one: what takes each away, how many uses it loses
    (-1: it gets some), and how many it has.
    """

    change: Change
    pieces: list[Piece] = field(default_factory=list)
    imports: list[tuple[Piece, int, int]] = field(default_factory=list)

    @property
    def nodes(self) -> Iterator[cst.CSTNode]:
        """The nodes whose places must be known."""
        for piece in (*self.pieces, *(piece for piece, _, _ in self.imports)):
            yield from piece.nodes
            yield from (part for part in piece.content if isinstance(part, cst.CSTNode))


# What is replaced.


def _whole(spans: Sequence[Span], text: str) -> Span:
    return spans[0][0], spans[-1][1]


def _to_next(spans: Sequence[Span], text: str) -> Span:
    return spans[0][0], spans[1][0]


def _from_last(spans: Sequence[Span], text: str) -> Span:
    return spans[0][1], spans[1][1]


def _before(spans: Sequence[Span], text: str) -> Span:
    return spans[0][0], spans[0][0]


def _behind(spans: Sequence[Span], text: str) -> Span:
    return spans[0][1], spans[0][1]


def _with_comma(spans: Sequence[Span], text: str) -> Span:
    start, end = spans[0]
    comma = _TRAILING_COMMA.match(text, end)
    return start, end if comma is None else comma.end()


def _line(spans: Sequence[Span], text: str) -> Span:
    """The lines of a statement; where a comment follows it, that stays."""
    start, end = spans[0]
    ends = _NEWLINE.search(text, end)
    if text[end : ends.start() if ends else len(text)].strip():
        return start, end
    return line_start(text, start), ends.end() if ends else len(text)


def _line_before(spans: Sequence[Span], text: str) -> Span:
    start = line_start(text, spans[0][0])
    return start, start


def _line_behind(spans: Sequence[Span], text: str) -> Span:
    ends = _NEWLINE.search(text, spans[0][1])
    end = ends.end() if ends else len(text)
    return end, end


def _line_at_top(spans: Sequence[Span], text: str) -> Span:
    """Before a statement and the comments that belong to it, unless those are the file's first lines."""
    at = start = line_start(text, spans[0][0])
    while at > 0:
        above = line_start(text, at - 1 - text.endswith("\r\n", 0, at))
        line = text[above:at].strip()
        if not line:
            return at, at
        if not line.startswith("#"):
            break
        at = above
    return start, start


def line_start(text: str, offset: int) -> int:
    """Where the line that an offset is in begins."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


_LINES: Mapping[str, Bounds] = {"before": _line_before, "behind": _line_behind, "top": _line_at_top}


class Editor:
    """Plans the changes of one file."""

    def __init__(self, names: Names, source: SourceFile) -> None:
        self._names = names
        self.imports = Imports(names, source)

    def plan(self, change: Change, reported: cst.CSTNode) -> Plan | NotFixableError:
        """What a change for a finding at a node comes to, or why this file does not allow it."""
        try:
            return _Planning(self._names, self.imports, change, reported).plan
        except NotFixableError as error:
            return error


class _Planning:
    """One change being planned. Raises NotFixableError where the file does not allow it."""

    def __init__(self, names: Names, imports: Imports, change: Change, reported: cst.CSTNode) -> None:
        self._names = names
        self._reported = reported
        self._imports = imports
        self.plan = Plan(change)
        self._added: list[Addition] = []
        self._used: set[cst.CSTNode] = set()
        self._gone: list[cst.CSTNode] = []
        self._kept: list[cst.CSTNode] = []
        self._removed: list[cst.CSTNode] = []
        self._imported: defaultdict[cst.CSTNode, dict[cst.ImportAlias, str]] = defaultdict(dict)
        for edit in change.edits:
            if not isinstance(edit.node, cst.CSTNode):
                raise TypeError("in a Python file, changes are made to nodes of its tree")
            if isinstance(edit, Rename):
                self._rename(edit.node, edit.name)
            elif isinstance(edit, Remove):
                self._removed.append(edit.node)
            else:
                self._write(edit, edit.node)
        for statement, aliases in self._imported.items():
            self._rename_imported(statement, aliases)
        self._finish()

    def _write(self, edit: Replace | Insert, node: cst.CSTNode) -> None:
        at = node if node in self._names.order else self._reported  # whitespace has no place among the names
        content = tuple(
            self._imports.spell(part.name, at, self._added, self._used) if isinstance(part, Imported) else part
            for part in edit.content
        )
        self._kept += [part for part in content if isinstance(part, cst.CSTNode)]
        if isinstance(edit, Insert):
            bounds = _behind if edit.behind else _before
        elif edit.part is not None:
            bounds = partial(_part, *edit.part)
        else:
            bounds = _whole
            self._gone.append(node)
        self.plan.pieces.append(Piece((node,), bounds, content))

    def _rename(self, node: cst.CSTNode, name: str) -> None:
        alias = self._names.parents[node]
        if isinstance(alias, cst.ImportAlias) and isinstance(statement := self._names.parents[alias], _FROM):
            self._imported[statement][alias] = name
            return
        if isinstance(alias, cst.ImportAlias):
            if alias.asname is None and dotted(alias.name).partition(".")[0] != name.partition(".")[0]:
                raise NotFixableError("the import would bind another name")
        elif not isinstance(alias, _FROM):  # the module of an import
            if not isinstance(node, cst.Attribute):
                raise TypeError("what is renamed is an attribute, or the name or the module in an import")
            name = self._imports.spell(name, node, self._added, self._used, instead_of=node)
            self._gone.append(node)
        self.plan.pieces.append(Piece((node,), _whole, (name,)))

    def _rename_imported(self, statement: cst.CSTNode, aliases: Mapping[cst.ImportAlias, str]) -> None:
        """Names in a ``from`` import come from elsewhere now: all of them, or the others stay."""
        assert isinstance(statement, _FROM)
        assert not isinstance(statement.names, cst.ImportStar)
        assert statement.module is not None
        modules = {name.rpartition(".")[0] for name in aliases.values()}
        if len(aliases) == len(statement.names) and len(modules) == 1:
            module = modules.pop()
            if module != import_module_name(statement):
                self.plan.pieces.append(Piece((statement.module,), _whole, (module,)))
            for alias, name in aliases.items():
                if dotted(alias.name) != name.rpartition(".")[2]:
                    self.plan.pieces.append(Piece((alias,), _whole, (_binding(alias, name),)))
            return
        by_module: defaultdict[str, list[str]] = defaultdict(list)
        for alias, name in aliases.items():
            by_module[name.rpartition(".")[0]].append(_binding(alias, name))
        for module, bindings in by_module.items():
            self._added.append(self._imports.beside(statement, module, ", ".join(bindings)))
        self._removed += aliases

    def _finish(self) -> None:
        renamed = {alias for aliases in self._imported.values() for alias in aliases}
        for node in self._removed:
            needed = isinstance(node, cst.ImportAlias) and node not in renamed and self._imports.why_needed(node)
            if needed:
                raise NotFixableError(needed)
        self.plan.pieces += self._removals(self._removed)
        self.plan.pieces += [_added(addition) for addition in dict.fromkeys(self._added)]
        gone = [*self._gone, *(node for node in self._removed if not isinstance(node, cst.ImportAlias))]
        balance: dict[cst.CSTNode, int] = dict(self._imports.losing(gone, self._kept))
        balance.update(dict.fromkeys(sorted(self._used, key=self._names.order.__getitem__), -1))
        for alias, taken in balance.items():
            if (
                isinstance(alias, cst.ImportAlias)
                and alias not in self._removed
                and not self._imports.why_needed(alias)
            ):
                uses = self._imports.uses_of(alias)
                self.plan.imports += [(piece, taken, uses) for piece in self._removals([alias])]

    def _removals(self, nodes: Sequence[cst.CSTNode]) -> list[Piece]:
        """What takes some nodes away, with their commas, semicolons and lines. Nodes of one list go together."""
        lists: defaultdict[cst.CSTNode, list[cst.CSTNode]] = defaultdict(list)
        for node in nodes:
            lists[self._names.parents[node]].append(node)
        found: list[Piece] = []
        for parent, gone in lists.items():
            siblings = _siblings(parent, gone[0])
            if len(gone) < len(siblings):
                found += _from_list(siblings, gone)
            elif isinstance(parent, (cst.Import, cst.LazyImport, *_FROM)):
                found += self._removals([parent])
            elif isinstance(gone[0], cst.BaseSmallStatement):
                body = self._names.parents[parent]
                alone = len(getattr(body, "body", ())) == 1 or not isinstance(parent, cst.SimpleStatementLine)
                inserted = any(addition.node in (parent, *gone) for addition in self._added)
                needed = alone and not isinstance(body, cst.Module) and not inserted
                found.append(Piece((gone[0], gone[-1]), _whole, ("pass",)) if needed else Piece((parent,), _line))
            else:
                found.append(Piece((gone[0],), _with_comma) if len(gone) == 1 else Piece((gone[0], gone[-1]), _whole))
        return found


def _part(first: int, last: int, spans: Sequence[Span], text: str) -> Span:
    return spans[0][0] + first, spans[0][0] + last


def _binding(alias: cst.ImportAlias, name: str) -> str:
    """What an import of a name must say to bind what the old one did."""
    last = name.rpartition(".")[2]
    bound = (
        dotted(alias.asname.name) if alias.asname and isinstance(alias.asname.name, cst.Name) else dotted(alias.name)
    )
    return last if last == bound and alias.asname is None else f"{last} as {bound}"


def _added(addition: Addition) -> Piece:
    if addition.where in _LINES:
        return Piece((addition.node,), _LINES[addition.where], (addition.text,), line=True, gap=addition.gap)
    return Piece((addition.node,), _behind if addition.where == "merged" else _before, (addition.text,))


def _siblings(parent: cst.CSTNode, node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    for name in ("args", "names", "elements", "body", "bases", "keywords"):
        items = getattr(parent, name, ())
        if isinstance(items, (list, tuple)) and any(item is node for item in items):
            return items
    raise TypeError(f"there is no way to remove a {type(node).__name__}")


def _from_list(siblings: Sequence[cst.CSTNode], gone: Collection[cst.CSTNode]) -> Iterator[Piece]:
    """Each goes up to the next one; behind the last that stays, from the end of that one on."""
    stays = [index for index, one in enumerate(siblings) if one not in gone]
    for index, one in enumerate(siblings[: stays[-1]]):
        if one in gone:
            yield Piece((one, siblings[index + 1]), _to_next)
    if stays[-1] < len(siblings) - 1:
        yield Piece((siblings[stays[-1]], siblings[-1]), _from_last)


def make(
    plan: Plan, spans: Mapping[cst.CSTNode, Span], comments: Sequence[tuple[int, str]], source: SourceFile
) -> Fix | NotFixableError:
    """A planned change with its places, or why it cannot be made: a comment would be lost."""
    try:
        return _made(plan, spans, comments, source)
    except NotFixableError as error:
        return error


def _made(
    plan: Plan, spans: Mapping[cst.CSTNode, Span], comments: Sequence[tuple[int, str]], source: SourceFile
) -> Fix:
    edits = [_edit(piece, spans, comments, source) for piece in plan.pieces]
    leftovers = []
    for piece, taken, uses in plan.imports:
        try:
            edit = _edit(piece, spans, comments, source)
        except NotFixableError:  # the import stays, which does no harm
            continue
        leftovers.append(Leftover(Edit(source.place(*edit[:2]), edit[2]), taken, uses))
        if taken == uses:
            edits.append(edit)
    return made(plan.change, edits, source, leftovers)


def _edit(
    piece: Piece, spans: Mapping[cst.CSTNode, Span], comments: Sequence[tuple[int, str]], source: SourceFile
) -> tuple[int, int, str]:
    text = source.text
    where = [spans[node] for node in piece.nodes]
    start, end = piece.bounds(where, text)
    parts = [spans[part] for part in piece.content if isinstance(part, cst.CSTNode)]
    for offset, comment in comments:
        inside = start <= offset < end and not any(first <= offset < last for first, last in parts)
        if inside:
            raise NotFixableError(f"the comment `{comment[:40]}` would be lost")
        if end > start and "noqa" in comment.lower() and piece.bounds is _line and _same_line(text, end, offset):
            raise NotFixableError("a comment says that the line is to stay")
    content = "".join(text[slice(*spans[part])] if isinstance(part, cst.CSTNode) else part for part in piece.content)
    if piece.line:
        first = where[0][0]
        indent = text[line_start(text, first) : first].replace("\f", "")
        ends = _NEWLINE.search(text, start) or _NEWLINE.search(text)
        newline = ends[0] if ends else "\n"
        above, below = piece.gap
        content = f"{newline * above}{indent}{content}{newline}{newline * below}"
        if start and text[start - 1] not in "\r\n":  # the file has no final newline
            content = newline + content.removesuffix(newline)
    return start, end, content


def _same_line(text: str, start: int, end: int) -> bool:
    return start <= end and _NEWLINE.search(text, start, end) is None
