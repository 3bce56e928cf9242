"""Imports of the modules in facts/modules.toml, in every spelling; what the rules about modules have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from py314_check.api import (
    Change,
    Confidence,
    Context,
    Mentions,
    Outline,
    Remove,
    Rename,
    Rule,
    Words,
    cst,
    load_facts,
    parse_version,
)
from py314_rules.patching import PATCH_WORDS, patched_name, quoted

if TYPE_CHECKING:
    from py314_check.api import EntryPoint


@dataclass(frozen=True)
class Row:
    """A row of facts/modules.toml, which says what each key means."""

    url: str
    instead: str
    removed_in: str | None = None
    deprecated_in: str | None = None
    warns_in: str | None = None
    goes_in: str | None = None
    reference: str | None = None
    backports: tuple[str, ...] = ()
    shim: str | None = None
    private: bool = False
    attribute: bool = False
    submodules: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    fix_in: str = "3.0"
    fix_differs: str | None = None

    def is_gone(self, context: Context) -> bool:
        """Whether the target no longer has the module."""
        return self.removed_in is not None and parse_version(self.removed_in) <= context.target.version

    def is_deprecated(self, context: Context) -> bool:
        """Whether the target still has the module, and says that it is to go."""
        announced = self.deprecated_in is not None and parse_version(self.deprecated_in) <= context.target.version
        return announced and not self.is_gone(context)


def _modules() -> dict[str, Row]:
    rows = load_facts("py314_rules.facts", "modules.toml", Row)
    return {
        name: row for parent, row in rows.items() for name in (parent, *(f"{parent}.{sub}" for sub in row.submodules))
    }


MODULES = _modules()
_FIXES = {pair.partition("=")[0]: pair.partition("=")[2] for row in MODULES.values() for pair in row.fixes}
"""Names in modules of the table that have a drop-in elsewhere, with that."""
_ATTRIBUTES = frozenset(name.rpartition(".")[2] for name, row in MODULES.items() if row.attribute)
_IMPORTERS = {
    "importlib.import_module": "name",
    "importlib.__import__": "name",
    "builtins.__import__": "name",
    "runpy.run_module": "mod_name",
}
# Without one of these words in the file, no string in it is the name of a module to import.
_LOADING_WORDS = ("import_module", "__import__", "run_module", *PATCH_WORDS)


@dataclass(frozen=True)
class Use:
    """A place that imports a module of the table: ``name``, or something below the module that has the row."""

    node: cst.CSTNode | EntryPoint
    name: str
    row: Row
    raises: str = "ModuleNotFoundError"
    part: tuple[int, int] | None = None

    @property
    def confidence(self) -> Confidence | None:
        """Medium for what was never public."""
        return Confidence.MEDIUM if self.row.private else None


def words_of(modules: dict[str, Row]) -> tuple[Words, ...]:
    """The words without which no file imports one of these modules."""
    return tuple(dict.fromkeys(way for name in modules for way in _words(name)))


def _words(name: str) -> Iterator[Words]:
    top = name.partition(".")[0]
    if top in MODULES:
        yield Words(top, imported=True)
        for call in _LOADING_WORDS:
            yield Words(top, call, quoted=True)
        return
    yield Words(*name.split("."), outline=_MayImport(name))


@dataclass(frozen=True)
class _MayImport:
    """A test for ``Words``: whether a file may import a submodule, also by a name in a string."""

    name: str

    def __call__(self, outline: Outline) -> bool:
        parent, _, last = self.name.rpartition(".")
        if Mentions(parent, last)(outline):
            return True
        named = (self.name, *(f"{dots}{last}" for dots in (".", "..", "...")))  # `import_module(".last", "parent")`
        return any(text in named or text.startswith(tuple(f"{name}." for name in named)) for text in outline.strings)


class ModuleRule(Rule):
    """A rule about modules of the table: ``check`` is given every import of one, and says whether it reports it."""

    languages = frozenset({"python", "pyproject", "setup.cfg"})

    def check(self, use: Use) -> bool:
        raise NotImplementedError

    def visit_Import(self, node: cst.Import | cst.LazyImport) -> None:
        for alias in node.names:
            self._found(alias.name, self.context.dotted(alias.name))

    visit_LazyImport = visit_Import

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if node.relative or node.module is None:
            return
        module = self.context.dotted(node.module)
        if self._found(node.module, module) or isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            name = f"{module}.{self.context.dotted(alias.name)}"
            if name in MODULES:
                self._found(alias.name, name, raises="ImportError")

    visit_LazyImportFrom = visit_ImportFrom

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value in _ATTRIBUTES:
            for name in sorted(self.context.resolve(node)):
                if name in MODULES and MODULES[name].attribute:
                    self._found(node, name, raises="AttributeError")

    def visit_Call(self, node: cst.Call) -> None:
        if not any(known_part(self.context.string(arg.value)) for arg in node.args):
            return
        for name in sorted(self.context.resolve(node.func) & _IMPORTERS.keys()):
            argument = quoted(self.context, self.context.argument(node, 0, _IMPORTERS[name]))
            absolute = argument and self._absolute(node, argument.value)
            if argument and absolute:
                self._found(argument.node, absolute, part=argument.part if absolute == argument.value else None)
        patched = patched_name(self.context, node)
        module = patched and known_part(patched.value)
        if patched and module:
            start = patched.part and (patched.part[0], patched.part[0] + len(module))
            self._found(patched.node, module, part=start)

    def fix(self, use: Use) -> Change | None:
        """What does without the module, where all that is used of it is to be had elsewhere."""
        alias = next(self.context.ancestors(use.node)) if isinstance(use.node, cst.CSTNode) else None
        edits: list[Rename | Remove] = []
        if isinstance(alias, cst.ImportAlias):
            bound = alias.asname is None and isinstance(use.node, cst.Attribute)
            edits = list(self._uses(alias, use.name.partition(".")[0] if bound else use.name))
        elif isinstance(alias, (cst.ImportFrom, cst.LazyImportFrom)) and not isinstance(alias.names, cst.ImportStar):
            names = {one: f"{use.name}.{self.context.dotted(one.name)}" for one in alias.names}
            if _FIXES.keys() >= set(names.values()):
                edits = [Rename(one.name, _FIXES[name]) for one, name in names.items()]
        if not edits:
            return None
        successors = sorted({f"`{one.name}`" for one in edits if isinstance(one, Rename)})
        return Change(f"Use {', '.join(successors)}", *edits, safe=use.row.fix_differs is None, since=use.row.fix_in)

    def _uses(self, alias: cst.ImportAlias, module: str) -> Iterator[Rename | Remove]:
        """The edits for each use of a module that an import binds; none where one of them has no successor."""
        found: list[Rename | Remove] = [Remove(alias)]
        for name in self.context.uses(alias) or ():
            used: cst.CSTNode = name
            dotted = module
            while dotted not in _FIXES:
                parent = next(self.context.ancestors(used))
                if not isinstance(parent, cst.Attribute) or parent.value is not used:
                    return
                used, dotted = parent, f"{dotted}.{parent.attr.value}"
            found.append(Rename(used, _FIXES[dotted]))
        if len(found) > 1:
            yield from found

    def visit_EntryPoint(self, entry: EntryPoint) -> None:
        self._found(entry, entry.module)

    def _absolute(self, call: cst.Call, name: str) -> str | None:
        """The absolute name of what ``import_module`` is given, which may be relative to its ``package``."""
        if not name.startswith("."):
            return name
        package = self.context.string(self.context.argument(call, 1, "package"))
        if package is None:
            return None
        bare = name.lstrip(".")
        parts = package.split(".")
        return ".".join([*parts[: len(parts) - (len(name) - len(bare)) + 1], bare])

    def _found(
        self,
        node: cst.CSTNode | EntryPoint,
        name: str,
        *,
        raises: str = "ModuleNotFoundError",
        part: tuple[int, int] | None = None,
    ) -> bool:
        known = known_part(name)
        return known is not None and self.check(Use(node, name, MODULES[known], raises, part))


def known_part(name: str | None) -> str | None:
    """The longest beginning of a dotted name that is a module of the table, or None."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None
