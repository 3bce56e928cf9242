"""Uses of the names in facts/names.toml, in every spelling; what the rules about names have in common."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from py314_check.api import (
    Change,
    Confidence,
    Context,
    Mentions,
    Outline,
    Rule,
    Words,
    cst,
    is_module,
    load_facts,
    parse_version,
)
from py314_rules.patching import patched_attribute, patched_name
from py314_rules.spellings import MayHave, makers, spellings
from py314_rules.successors import Successor, in_import, renamed

OLDEST = (3, 13)
"""The oldest target there is."""


@dataclass(frozen=True, kw_only=True)
class Row(Successor):
    """A row of facts/names.toml, which says what each key means."""

    url: str
    instead: str
    removed_in: str | None = None
    deprecated_in: str | None = None
    warns_in: str | None = None
    goes_in: str | None = None
    aliases: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    private: bool = False
    where: str | None = None
    symbol: str | None = None
    words: tuple[str, ...] = ()

    def is_gone(self, context: Context) -> bool:
        """Whether the target no longer has the name."""
        return self.removed_in is not None and parse_version(self.removed_in) <= context.target.version

    @property
    def may_be_deprecated(self) -> bool:
        """Whether some target still has the name, and says that it is to go."""
        return self.deprecated_in is not None and (self.removed_in is None or parse_version(self.removed_in) > OLDEST)

    def is_deprecated(self, context: Context) -> bool:
        """Whether the target still has the name, and says that it is to go."""
        announced = self.deprecated_in is not None and parse_version(self.deprecated_in) <= context.target.version
        return announced and not self.is_gone(context)


ROWS = load_facts("py314_rules.facts", "names.toml", Row)
NAMES = {name: canonical for canonical, row in ROWS.items() for name in (canonical, *row.aliases)}
"""Every qualified name of the table -> the name of its row."""
_LAST_PARTS = frozenset(name.rpartition(".")[2] for name in NAMES)


@dataclass(frozen=True)
class Use:
    """A place that needs a name of the table."""

    node: cst.CSTNode
    written: str
    name: str
    raises: str
    certain: bool = True
    part: tuple[int, int] | None = None

    @property
    def row(self) -> Row:
        return ROWS[self.name]

    @property
    def symbol(self) -> str:
        return self.row.symbol or self.name

    @property
    def confidence(self) -> Confidence | None:
        """Medium for what was never documented, and where a base class of unknown content may provide the name."""
        return Confidence.MEDIUM if self.row.private or not self.certain else None


_MOVED_TO = {"collections": "collections.abc"}
"""Where the same names are now: what is mentioned there is not meant."""


def words_of(rows: dict[str, Row]) -> tuple[Words, ...]:
    """The words without which no file uses a name of these rows."""
    return tuple(
        dict.fromkeys(way for name, row in rows.items() for one in (name, *row.aliases) for way in _words(one, row))
    )


def _words(name: str, row: Row) -> Iterator[Words]:
    owner, _, last = name.rpartition(".")
    for also in row.words or ("",):
        further = (last, also) if also else (last,)
        if not row.member:
            for spelled in spellings(name):
                yield _mentioned(spelled, also)
        elif name.startswith("types."):  # code objects come from any function ...
            yield Words(*further, outline=_Attribute("types", last))
        else:  # ... everything else from what the file imports
            for module, words in makers(owner).items():
                yield Words(module, *further, outline=_Attribute(module, last, MayHave(module, words)))


def _mentioned(name: str, also: str) -> Words:
    module, _, last = name.rpartition(".")
    words = dict.fromkeys((name.partition(".")[0], last, also)) if also else (name.partition(".")[0], last)
    return Words(*words, outline=_Used(Mentions(module.removeprefix("six.moves."), last, _MOVED_TO.get(module, ""))))


@dataclass(frozen=True)
class _Used:
    """Whether a name is not only set, or asked for with ``hasattr``."""

    name: Mentions

    def __call__(self, outline: Outline) -> bool:
        return any(map(_is_use, self.name.nodes(outline)))


def _is_use(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Name) and node.func.id == "hasattr")
    return not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load)


@dataclass(frozen=True)
class _Attribute:
    """Whether a file may ask an instance, or a class of a module, for an attribute: what is no module."""

    module: str
    name: str
    may_have: MayHave | None = None

    def __call__(self, outline: Outline) -> bool:
        if self.may_have is not None and not self.may_have(outline):
            return False
        if any(_may_be_instance(node.value, outline) for node in outline.attributes.get(self.name, ())):
            return True
        return self.name in outline.strings and Mentions(self.module, self.name)(outline)


def _may_be_instance(node: ast.expr, outline: Outline) -> bool:
    return not (isinstance(node, ast.Name) and is_module(outline, node.id))


class NameRule(Rule):
    """A rule about names of the table: ``check`` is given every use of one."""

    def check(self, use: Use) -> None:
        raise NotImplementedError

    def report_gone(self, use: Use, name: str) -> None:
        """Reports a use of what the target no longer has, under this name."""
        row = use.row
        self.report(
            use.node,
            f"`{name}` was removed in Python {row.removed_in}{self.context.fails_when(use.node)}.",
            help=f"{row.instead} See {row.url}.",
            symbol=use.symbol,
            removed_in=row.removed_in,
            raises=use.raises,
            module=use.written.partition(".")[0],
            part=use.part,
            confidence=use.confidence,
            fix=self.fix(use),
        )

    def fix(self, use: Use) -> Change | None:
        """What puts the successor of a name in its place, where it has one and the name can be nothing else."""
        node = use.node
        if use.row.fix is None or use.part is not None:
            return None
        alias = next(self.context.ancestors(node))
        if isinstance(alias, cst.ImportAlias):
            return in_import(self.context, node, self._imported(alias))
        if not isinstance(node, cst.Attribute):
            return None
        others = {NAMES.get(name) for name in self.context.resolve(node)} - {use.name}
        return None if others and not use.row.member else renamed(self.context, node, use.name, use.row)

    def _imported(self, alias: cst.ImportAlias) -> dict[cst.ImportAlias, Row]:
        """The names in the ``from`` import of one that this rule reports, too, and that have a successor."""
        statement = next(self.context.ancestors(alias))
        names = getattr(statement, "names", ())
        module = self.context.dotted(getattr(statement, "module", None))
        found: dict[cst.ImportAlias, Row] = {}
        for one in names if isinstance(names, (list, tuple)) else ():
            for name in sorted(self.context.aliases(f"{module}.{self.context.dotted(one.name)}") & NAMES.keys()):
                row = ROWS[NAMES[name]]
                if row.fix is not None and self.is_own(row):
                    found[one] = row
        return found

    def is_own(self, row: Row) -> bool:
        """Whether this rule is the one that reports a row on the target."""
        raise NotImplementedError

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if node.relative or node.module is None or isinstance(node.names, cst.ImportStar):
            return
        module = self.context.dotted(node.module)
        for alias in node.names:
            names = self.context.aliases(f"{module}.{self.context.dotted(alias.name)}")
            self._found(alias.name, names, "ImportError")

    visit_LazyImportFrom = visit_ImportFrom

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value not in _LAST_PARTS or _is_set(self.context, node):
            return
        names = self.context.resolve(node)
        if not self._found(node, names, "AttributeError"):
            member = self.context.member(node)
            self._found(node, member.order, "AttributeError", certain=member.certain, nearest=True)

    def visit_Name(self, node: cst.Name) -> None:
        if node.value in _LAST_PARTS:  # behind `from module import *`
            names = self.context.resolve(node)
            if f"builtins.{node.value}" in names:
                self._found(node, names, "NameError")

    def visit_Call(self, node: cst.Call) -> None:
        if len(node.args) < 1:
            return
        owner, attribute = patched_attribute(self.context, node)
        if attribute is not None and attribute.value in _LAST_PARTS:
            names = {f"{one}.{attribute.value}" for one in self.context.resolve(owner)}
            self._found(attribute.node, names, "AttributeError", part=attribute.part)
        patched = patched_name(self.context, node)
        if patched is not None and patched.value.rpartition(".")[2] in _LAST_PARTS:
            self._found(patched.node, {patched.value}, "AttributeError", part=patched.part)

    def _found(
        self,
        node: cst.CSTNode,
        names: Collection[str],
        raises: str,
        *,
        certain: bool = True,
        nearest: bool = False,
        part: tuple[int, int] | None = None,
    ) -> bool:
        """Checks the rows that some names stand for, or the first of them; tells whether there are any."""
        by_row: defaultdict[str, list[str]] = defaultdict(list)
        for name in names if nearest else sorted(names):
            if name in NAMES:
                by_row[NAMES[name]].append(name)
        for canonical, written in by_row.items():
            last = canonical.rpartition(".")[2]
            if not any(f"{subclass}.{last}" in names for subclass in ROWS[canonical].but):
                self.check(Use(node, written[0], canonical, raises, certain, part))
                if nearest:
                    break
        return bool(by_row)


def _is_set(context: Context, node: cst.Attribute) -> bool:
    """Whether an attribute is given a value or deleted here, not read."""
    child: cst.CSTNode = node
    for parent in context.ancestors(node):
        if not isinstance(parent, (cst.Element, cst.StarredElement, cst.Tuple, cst.List)):
            return isinstance(parent, (cst.AssignTarget, cst.AsName, cst.Del)) or (
                isinstance(parent, (cst.AnnAssign, cst.For, cst.CompFor)) and parent.target is child
            )
        child = parent
    return False
