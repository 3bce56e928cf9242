"""Imports, as fixes need them: how a name can be spelled at a place, which import that takes, which become unused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from py314_check.languages.changes import NotFixableError
from py314_check.languages.python.scopes import Binding, Names, dotted, import_module_name
from py314_check.languages.python.tree import children
from py314_check.source import SourceFile

_IMPORTS = (cst.Import, cst.LazyImport, cst.ImportFrom, cst.LazyImportFrom)
_FROM = (cst.ImportFrom, cst.LazyImportFrom)


@dataclass(frozen=True)
class Addition:
    """An import to add. ``where`` is ``before``, ``behind`` or ``top`` for a line of its own at a statement, ``inline``
    for before a statement on its line, ``merged`` for behind the last name of a list. ``gap``: blank lines above and
    below a line of its own.
    """

    node: cst.CSTNode
    where: str
    text: str
    gap: tuple[int, int] = (0, 0)


def in_import(names: Names, node: cst.CSTNode) -> bool:
    """Whether a node is a part of an import statement."""
    for _, parent in names.ancestors(node):
        if type(parent) in _IMPORTS or type(parent) is cst.SimpleStatementLine:
            return type(parent) in _IMPORTS
    return False


class Imports:
    """The imports of one file."""

    def __init__(self, names: Names, source: SourceFile) -> None:
        self._names = names
        self._source = source

    def uses_of(self, alias: cst.ImportAlias) -> int:
        """How often the name that an import binds stands in the file."""
        return len(self._named[_local(alias)])

    # How a name is spelled.

    def spell(
        self,
        name: str,
        at: cst.CSTNode,
        added: list[Addition],
        used: set[cst.CSTNode],
        *,
        instead_of: cst.Attribute | None = None,
    ) -> str:
        """What stands for a qualified name at a node.

        What must be imported for that is put with what is ``added``, and an import that is there with what is ``used``.

        ``instead_of`` is what stood there before: the new import goes where that one's is.
        Raises NotFixableError where the name that would be bound is taken.
        """
        module, _, last = name.rpartition(".")
        if module in ("", "builtins"):
            if not self._names.is_unbound(at, last):
                raise NotFixableError(f"`{last}` is another name in this file")
            return last
        there = self._spelled(name, at)
        if there is not None:
            spelling, binding = there
            used.add(binding.node)
            return spelling
        addition, bound = self._addition(module, last, at, instead_of)
        self._must_be_free(bound, module, at, addition)
        if addition not in added:
            added.append(addition)
        return name if instead_of is not None else last

    def spelled(self, name: str, at: cst.CSTNode) -> str:
        """What a qualified name is called at a node by what the file imports; empty where nothing gives it."""
        there = self._spelled(name, at)
        return "" if there is None else there[0]

    def _spelled(self, name: str, at: cst.CSTNode) -> tuple[str, Binding] | None:
        """The spelling of a qualified name at a node, and the import that gives it."""
        module, _, last = name.rpartition(".")
        for local, bindings in self._imported(at):
            for binding in bindings:
                if binding.qualified in (name, module) and _full_name(binding) in (name, module):
                    return local if binding.qualified == name else f"{local}.{last}", binding
                if binding.qualified == local and _full_name(binding) == module and module.startswith(f"{local}."):
                    return name, binding
        return None

    def _imported(self, at: cst.CSTNode) -> Iterator[tuple[str, list[Binding]]]:
        """The names that only imports bind, and that are there whenever a node runs, nearest scope first."""
        home = self._names.scope_of(at)
        block = self._names.block_of(at)
        seen: set[str] = set()
        for scope in self._names.scopes_around(at):
            for local, bindings in scope.bindings.items():
                if local in seen or local in home.elsewhere:
                    continue
                seen.add(local)
                one = bindings[0].qualified
                if one is None or any(binding.qualified != one for binding in bindings):
                    continue
                there = [
                    binding
                    for binding in bindings
                    if not self._names.is_dead(binding.node)
                    and (binding.block == () or (scope is home and block[: len(binding.block)] == binding.block))
                    and (scope is not home or binding.order < self._names.order[at])
                ]
                if there:
                    yield local, there

    def _addition(
        self, module: str, last: str, at: cst.CSTNode, instead_of: cst.Attribute | None
    ) -> tuple[Addition, str]:
        """The import to add, and the name that it binds."""
        if instead_of is None:
            mergeable = self._mergeable(module, self._names.module.body, at)
            if mergeable is not None:
                return Addition(mergeable, "merged", f", {last}"), last
            return self._at_top(f"from {module} import {last}"), last
        old = self._import_of(instead_of)
        text = f"import {module}"
        addition = self._at_top(text) if old is None else self._before(old, text)
        return addition, module.partition(".")[0]

    def _import_of(self, node: cst.BaseExpression) -> cst.CSTNode | None:
        """The import statement that alone binds the name that a dotted name begins with."""
        while isinstance(node, cst.Attribute):
            node = node.value
        bindings = self._names.all_bindings(node.value, node) if isinstance(node, cst.Name) else []
        if len(bindings) != 1 or bindings[0].qualified is None:
            return None
        return self._names.parents[bindings[0].node]

    def _before(self, statement: cst.CSTNode, text: str) -> Addition:
        line = self._names.parents[statement]
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            return Addition(line, "before", text)
        return Addition(statement, "inline", f"{text}; ")

    def _at_top(self, text: str) -> Addition:
        """Behind the imports that the file begins with, or else before its first statement."""
        opening: cst.CSTNode | None = None
        imports: cst.CSTNode | None = None
        for index, line in enumerate(self._names.module.body):
            body = line.body if isinstance(line, cst.SimpleStatementLine) else ()
            if body and all(isinstance(one, _IMPORTS) for one in body):
                imports = line
            elif index == 0 and len(body) == 1 and _is_docstring(body[0]):
                opening = line
            else:
                break
        if imports is not None:
            return Addition(imports, "behind", text)
        if opening is not None:
            return Addition(opening, "behind", text, gap=(1, 0))
        first = self._names.module.body[0]
        return Addition(first, "top", text, gap=(0, 2 if isinstance(first, (cst.FunctionDef, cst.ClassDef)) else 1))

    def beside(self, statement: cst.ImportFrom | cst.LazyImportFrom, module: str, bindings: str) -> Addition:
        """Adds bindings from another module where a statement imports: to an import there, or as one before it."""
        body = self._names.parents[self._names.parents[statement]]
        lines = getattr(body, "body", ())
        mergeable = self._mergeable(module, lines if isinstance(lines, (list, tuple)) else (), statement)
        if mergeable is not None:
            return Addition(mergeable, "merged", f", {bindings}")
        return self._before(statement, f"from {module} import {bindings}")

    def _mergeable(self, module: str, lines: Sequence[cst.CSTNode], at: cst.CSTNode) -> cst.ImportAlias | None:
        """The last name that one of some statements, which runs before a node, imports from a module."""
        for line in lines:
            if line is self._names.parents[at]:
                return None
            for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if (
                    isinstance(statement, _FROM)
                    and import_module_name(statement) == module
                    and not isinstance(statement.names, cst.ImportStar)
                    and self._names.order[statement] < self._names.order[at]
                ):
                    return statement.names[-1]
        return None

    def _must_be_free(self, bound: str, module: str, at: cst.CSTNode, addition: Addition) -> None:
        """Whatever has the name that an import is to bind must already be the same import."""
        scope = self._names.scope_of(addition.node)
        taken = NotFixableError(f"`{bound}` is another name in this file")
        for binding in scope.bindings.get(bound, ()):
            if binding.qualified != bound or bound != module.partition(".")[0]:
                raise taken
        if self._names.binding_scope(bound, self._names.scope_of(at)) not in (None, scope):
            raise taken
        for name in self._named[bound]:
            if (
                self._names.binding_scope(bound, self._names.scope_of(name)) is None
            ):  # a builtin, or what a star import brings
                raise taken

    # Which imports lose their uses.

    def losing(self, gone: Sequence[cst.CSTNode], kept: Sequence[cst.CSTNode]) -> Iterator[tuple[cst.ImportAlias, int]]:
        """The imports that are used in nodes that go, save for parts that are kept, and how many of their uses go."""
        staying = {one for node in kept for one in self._below(node)}
        going = {one for node in gone for one in self._below(node)} - staying
        by_alias: defaultdict[cst.ImportAlias, int] = defaultdict(int)
        for node in sorted((one for one in going if isinstance(one, cst.Name)), key=self._names.order.__getitem__):
            bindings = self._names.all_bindings(node.value, node) if node in self._references else []
            if len(bindings) == 1 and isinstance(bindings[0].node, cst.ImportAlias):
                by_alias[bindings[0].node] += 1
        yield from by_alias.items()

    def uses(self, alias: cst.ImportAlias) -> list[cst.Name] | None:
        """All uses of the name that an import binds; None where something else binds it too, or may use it unseen."""
        if self.why_needed(alias):
            return None
        local = _local(alias)
        scope = self._names.scope_of(alias)
        return [
            name for name in self._named[local] if self._names.binding_scope(local, self._names.scope_of(name)) is scope
        ]

    def why_needed(self, alias: cst.ImportAlias) -> str:
        """Why the name that an import binds may be used where no name in the code says so; empty if it is not."""
        local, scope = _local(alias), self._names.scope_of(alias)
        if len(scope.bindings[local]) != 1:
            return f"`{local}` is bound in several places"
        if scope.node is self._names.module and self._source.path.endswith(("__init__.py", ".pyi")):
            return f"a package may be there to offer `{local}` to others"
        if alias.asname is not None and dotted(alias.name) == local:
            return f"`{local}` is offered to others"
        if local in self._quoted_words:
            return f"`{local}` stands in a string"
        return ""

    def _below(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        stack = [node]
        while stack:
            one = stack.pop()
            yield one
            stack.extend(children(one))

    @cached_property
    def _references(self) -> set[cst.Name]:
        return {name for names in self._named.values() for name in names}

    @cached_property
    def _named(self) -> defaultdict[str, list[cst.Name]]:
        """The names in expressions and targets, by their text."""
        found: defaultdict[str, list[cst.Name]] = defaultdict(list)
        parents = self._names.parents
        for node in self._names.tree.of_type(cst.Name):
            parent = parents[node]
            other = (
                (isinstance(parent, cst.Attribute) and parent.attr is node)
                or (isinstance(parent, cst.Arg) and parent.keyword is node)
                or (isinstance(parent, (cst.FunctionDef, cst.ClassDef, cst.Param)) and parent.name is node)
            )
            if not other and not in_import(self._names, node):
                found[node.value].append(node)
        return found

    @cached_property
    def _quoted_words(self) -> Collection[str]:
        """The words in strings that are not docstrings, and in comments about types."""
        words: set[str] = set(re.findall(r"\w+", " ".join(re.findall(r"#\s*type:.*", self._source.text))))
        for node in self._names.tree.of_type(cst.SimpleString):
            if not isinstance(self._names.parents[node], cst.Expr):
                words.update(re.findall(r"\w+", node.value))
        return words


def _is_docstring(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString))


def _local(alias: cst.ImportAlias) -> str:
    """The name that an import binds."""
    if alias.asname is not None:
        return dotted(alias.asname.name) if isinstance(alias.asname.name, cst.Name) else ""
    return dotted(alias.name).partition(".")[0]


def _full_name(binding: Binding) -> str:
    """What an import imports: of ``import a.b``, which binds ``a``, it is ``a.b``."""
    alias = binding.node
    plain = isinstance(alias, cst.ImportAlias) and alias.asname is None and "." in dotted(alias.name)
    return dotted(alias.name) if plain and isinstance(alias, cst.ImportAlias) else binding.qualified or ""
