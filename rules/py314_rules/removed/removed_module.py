"""RMV001 removed-module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from py314_check.api import (
    Confidence,
    EntryPoint,
    Impact,
    Level,
    Rule,
    Words,
    cst,
    load_facts,
    parse_version,
)


@dataclass(frozen=True)
class Row:
    """A row of facts/removed_modules.toml, which says what each key means."""

    removed_in: str
    url: str
    instead: str
    deprecated_in: str | None = None
    reference: str | None = None
    backports: tuple[str, ...] = ()
    shim: str | None = None
    private: bool = False
    attribute: bool = False
    submodules: tuple[str, ...] = ()


def _modules() -> dict[str, Row]:
    rows = load_facts("py314_rules.facts", "removed_modules.toml", Row)
    return {
        name: row for parent, row in rows.items() for name in (parent, *(f"{parent}.{sub}" for sub in row.submodules))
    }


MODULES = _modules()
_ATTRIBUTES = frozenset(name.rpartition(".")[2] for name, row in MODULES.items() if row.attribute)
_IMPORTERS = {
    "importlib.import_module": "name",
    "importlib.__import__": "name",
    "builtins.__import__": "name",
    "runpy.run_module": "mod_name",
}
# Functions that import the module of a dotted name; pytest's by the names of their fixtures.
_PATCHES = ("unittest.mock.patch", "mock.patch", "mock.mock.patch", "mocker.patch")
_PATCHERS = {
    *_PATCHES,
    *(f"{patch}.{method}" for patch in _PATCHES for method in ("dict", "multiple")),
    *("monkeypatch.setattr", "monkeypatch.delattr"),
}
# Without one of these words in the file, no string in it is the name of a module to import.
_LOADING_WORDS = ("import_module", "__import__", "run_module", "patch", "monkeypatch")


def _words(name: str) -> Iterator[Words]:
    top = name.partition(".")[0]
    if top in MODULES:
        yield Words(top, imported=True)
        for call in _LOADING_WORDS:
            yield Words(top, call, quoted=True)
        return
    parent, _, last = name.rpartition(".")
    parts = {b"parent": re.escape(parent).encode().replace(rb"\.", rb"\s*\.\s*"), b"last": last.encode()}
    # `parent.last`, `import parent as p`, `from parent import last`: they begin with a word, which makes them fast.
    listed = rb"\s+import\b(?:\s*\([^()]{0,1000}?|(?:[^\r\n\\()]|\\\r?\n){0,300}?)\b%(last)b\b"
    direct = rb"%(parent)b(?:\s*\.\s*%(last)b\b|\s+as\s|" + listed + rb")"
    yield Words(*name.split("."), test=re.compile(direct % parts).search)
    relative = rb"[\"']\.+%(last)b\b"  # `import_module(".last", "parent")`
    yield Words(*name.split("."), "import_module", test=re.compile(relative % parts).search)


class RemovedModule(Rule):
    """An import of a standard library module that is gone.

    ## What it does
    Reports imports of modules and submodules that the target's standard library does not have any more: `import`
    and `from` statements, `importlib.import_module("x")`, `__import__("x")`, `runpy.run_module("x")`, names in strings
    that `mock.patch` and pytest's `monkeypatch` import, and entry points in pyproject.toml and setup.cfg.

    Not reported: modules of your own with such a name, imports that a version test or a handler of `ImportError`
    takes care of, and modules that a declared dependency brings back (`legacy-cgi`, `audioop-lts`, `setuptools` for
    `distutils` ...). `--show-guarded` lists the latter two.

    ## Why it matters
    The import raises `ModuleNotFoundError`: at start-up where it stands at the top of a module, and only when it is
    called where it stands in a function.

    ## Example
    ```python
    import pipes

    print(pipes.quote("a b"))
    ```

    ## Use instead
    ```python
    import shlex

    print(shlex.quote("a b"))
    ```

    ## Fix safety
    There is no fix yet: what takes a module's place is seldom a drop-in.

    ## References
    - [PEP 594: removing dead batteries](https://peps.python.org/pep-0594/) (3.13)
    - [PEP 632: distutils](https://peps.python.org/pep-0632/) (3.12)
    - [What's New in Python 3.12: asynchat, asyncore, imp, smtpd](https://docs.python.org/3/whatsnew/3.12.html#removed)
    """

    code, name = "RMV001", "removed-module"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    languages = frozenset({"python", "pyproject", "setup.cfg"})
    words = tuple(dict.fromkeys(way for name in MODULES for way in _words(name)))

    def visit_Import(self, node: cst.Import | cst.LazyImport) -> None:
        for alias in node.names:
            self._check(alias.name, self.context.dotted(alias.name))

    visit_LazyImport = visit_Import

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if node.relative or node.module is None:
            return
        module = self.context.dotted(node.module)
        if self._check(node.module, module) or isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            name = f"{module}.{self.context.dotted(alias.name)}"
            if name in MODULES:
                self._check(alias.name, name, raises="ImportError")

    visit_LazyImportFrom = visit_ImportFrom

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value in _ATTRIBUTES:
            for name in self.context.resolve(node):
                if name in MODULES and MODULES[name].attribute:
                    self._check(node, name, raises="AttributeError")

    def visit_Call(self, node: cst.Call) -> None:
        if not any(_known_part(self.context.string(arg.value)) for arg in node.args):
            return
        functions = self.context.resolve(node.func) or {self.context.dotted(node.func)}
        for name in functions & _IMPORTERS.keys():
            argument = self.context.argument(node, 0, _IMPORTERS[name])
            self._check_string(argument, self._absolute(node, self.context.string(argument)))
        if functions & _PATCHERS:
            argument = self.context.argument(node, 0, "target")
            self._check_string(argument, _known_part(self.context.string(argument)))

    def visit_EntryPoint(self, entry: EntryPoint) -> None:
        self._check(entry, entry.module)

    def _absolute(self, call: cst.Call, name: str | None) -> str | None:
        """The absolute name of what ``import_module`` is given, which may be relative to its ``package``."""
        if name is None or not name.startswith("."):
            return name
        package = self.context.string(self.context.argument(call, 1, "package"))
        if package is None:
            return None
        bare = name.lstrip(".")
        parts = package.split(".")
        return ".".join([*parts[: len(parts) - (len(name) - len(bare)) + 1], bare])

    def _check_string(self, node: cst.BaseExpression | None, name: str | None) -> None:
        if node is None or not name:
            return
        part = None
        if isinstance(node, cst.SimpleString) and node.raw_value.startswith(name):
            start = len(node.prefix) + len(node.quote)
            part = (start, start + len(name))
        self._check(node, name, part=part)

    def _check(
        self,
        node: cst.CSTNode | EntryPoint,
        name: str,
        *,
        raises: str = "ModuleNotFoundError",
        part: tuple[int, int] | None = None,
    ) -> bool:
        """Reports a module that is gone on the target; tells whether it is."""
        row = MODULES.get(_known_part(name) or "")
        if row is None or parse_version(row.removed_in) > self.context.target.version:
            return False
        because = f" ({row.reference})" if row.reference else ""
        later = "" if isinstance(node, EntryPoint) else self.context.fails_when(node)
        self.report(
            node,
            f"`{name}` was removed in Python {row.removed_in}{because}{later}.",
            help=_advice(row),
            symbol=name,
            removed_in=row.removed_in,
            raises=raises,
            module=name.partition(".")[0],
            module_is_gone=True,
            provided_by=(*row.backports, *((row.shim,) if row.shim else ())),
            brought_by=row.shim or "",
            part=part,
            confidence=Confidence.MEDIUM if row.private else None,
        )
        return True


def _known_part(name: str | None) -> str | None:
    """The longest beginning of a dotted name that is a module of the table, or None."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def _advice(row: Row) -> str:
    sentences = [row.instead]
    returning = [*row.backports[:2], *([row.shim] if row.shim else [])]  # best first
    if returning:
        verb = "bring" if len(returning) > 1 else "brings"
        names = ", ".join(returning[:-1]) + (" or " if len(returning) > 1 else "") + returning[-1]
        sentences.append(f"To keep it for now, depend on {names}, which {verb} it back.")
    return " ".join([*sentences, f"See {row.url}."])
