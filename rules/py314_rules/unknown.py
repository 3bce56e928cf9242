"""What the names of an outline are given, and of which expressions the type certainly cannot be told.

It may hold that a type can be told where it cannot, and must hold wherever ``Context.types`` tells one.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from py314_check.api import Outline, Scope, arguments, below, expressions_in, last_name, once, targets_in
from py314_rules.called import may_be, other_names

Q = TypeVar("Q", bound=Hashable)

_STANDARD = frozenset(
    "abc aifc annotationlib argparse array ast asynchat asyncio asyncore audioop bdb binascii binhex bisect"
    " builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys"
    " compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes dataclasses"
    " datetime dbm decimal difflib dis doctest email enum errno filecmp fileinput fnmatch fractions ftplib"
    " functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http"
    " imaplib imghdr imp importlib inspect io ipaddress itertools json keyword linecache locale logging lzma"
    " mailbox mailcap math mimetypes mmap modulefinder multiprocessing netrc nis nntplib nt ntpath numbers"
    " opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib"
    " poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pyexpat queue random re"
    " reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site six"
    " smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl statistics"
    " string stringprep struct subprocess sunau symtable sys sysconfig tabnanny tarfile telnetlib tempfile"
    " termios textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc tty types"
    " typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg wsgiref xdrlib"
    " xml xmlrpc zipapp zipfile zipimport zlib zoneinfo".split()
)
_NO_CLASSES = frozenset("Annotated Any ClassVar Final Optional Union".split())
"""What in an annotation says nothing of the type by itself."""
_COLLECTIONS = (ast.Dict, ast.DictComp, ast.GeneratorExp, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple)


class Given:
    """What a name is given: values, each with the scope that it stands in, and the names in annotations."""

    def __init__(self) -> None:
        self.values: list[tuple[ast.expr, Scope]] = []
        self.classes: list[ast.expr] = []


class Variables:
    """What the names of a file are given, by the scopes that they are variables of; attributes and functions, by their
    names alone: what functions return, and what is said that they do.
    """

    def __init__(self, outline: Outline) -> None:
        self._names: defaultdict[Scope, defaultdict[str, Given]] = defaultdict(lambda: defaultdict(Given))
        self.attributes: defaultdict[str, Given] = defaultdict(Given)
        self.functions: defaultdict[str, Given] = defaultdict(Given)
        for scope in outline.scopes:
            self._read(scope, outline.scopes[0])

    def _read(self, scope: Scope, module: Scope) -> None:
        """Finds what is given to names in a scope, and what its function returns."""
        is_class = isinstance(scope.node, ast.ClassDef)
        outside = {name: module for node in scope.of(ast.Global) for name in node.names}
        outside |= {name: self._owner(scope, name) for node in scope.of(ast.Nonlocal) for name in node.names}
        pairs = [*scope.assignments]
        pairs += [(node.target, _item(node.iter)) for node in scope.of(ast.For, ast.AsyncFor, ast.comprehension)]
        pairs += [(node.optional_vars, node.context_expr) for node in scope.of(ast.withitem) if node.optional_vars]
        for target, value in pairs:
            if isinstance(target, (ast.Tuple, ast.List)):
                value = _item(value)
            for one in targets_in(target):
                if isinstance(one, ast.Name):
                    self._names[outside.get(one.id, scope)][one.id].values.append((value, scope))
                if isinstance(one, ast.Attribute) or (is_class and isinstance(one, ast.Name)):
                    self.attributes[last_name(one)].values.append((value, scope))
        for node in scope.of(ast.AnnAssign):
            classes = classes_in(node.annotation)
            if isinstance(node.target, ast.Name):
                self._names[scope][node.target.id].classes += classes
            if isinstance(node.target, ast.Attribute) or is_class:
                self.attributes[last_name(node.target)].classes += classes
        if scope.is_function:
            for parameter in arguments(scope.node.args):
                self._names[scope][parameter.arg].classes += classes_in(parameter.annotation)
        if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = self.functions[scope.node.name]
            given = [node.value for node in scope.of(ast.Return, ast.YieldFrom) if node.value is not None]
            given += [ast.List([node.value]) for node in scope.of(ast.Yield) if node.value is not None]
            function.values += [(value, scope) for value in given or [ast.Constant(None)]]
            function.classes += classes_in(scope.node.returns)

    def _owner(self, scope: Scope, name: str) -> Scope:
        """The function around one, of which a name is a variable: what stands in it has been read before."""
        place = scope.parent
        while place is not None and not (place.is_function and name in self._names[place]):
            place = place.parent
        return place or scope

    def of(self, node: ast.Name | ast.Attribute, scope: Scope) -> Given | None:
        """What a name is given, where it is looked up; None where that is an import or definition, or nothing."""
        if isinstance(node, ast.Attribute):
            return self.attributes.get(node.attr)
        place: Scope | None = scope
        while place is not None:
            is_seen = place is scope or not isinstance(place.node, ast.ClassDef)
            if is_seen and node.id in self._names[place]:
                return self._names[place][node.id]
            place = place.parent
        return None


class Fixpoint(Generic[Q]):
    """The answers to questions that depend on each other, each of which is no until another makes it yes."""

    def __init__(self, answer: Callable[[Q], bool]) -> None:
        self._answer = answer
        """Answers a question, and asks others with ``holds`` meanwhile."""
        self._known: dict[Q, bool] = {}
        self._waiting: list[Q] = []
        self._asked_for: defaultdict[Q, set[Q]] = defaultdict(set)
        self._now: Q | None = None

    def holds(self, question: Q) -> bool:
        """The answer; as far as it is known by now, to what is asked for another's sake: that is asked again then."""
        if question not in self._known:
            self._known[question] = False
            self._waiting.append(question)
        if self._now is None:
            self._settle(question)
        elif not self._known[question]:
            self._asked_for[question].add(self._now)
        return self._known[question]

    def _settle(self, wanted: Q) -> None:
        while self._waiting and not self._known[wanted]:
            self._now = self._waiting.pop()
            if not self._known[self._now] and self._answer(self._now):
                self._known[self._now] = True
                self._waiting += self._asked_for.pop(self._now, ())
        self._now = None


@once
def variables(outline: Outline) -> Variables:
    """What the names of a file are given."""
    return Variables(outline)


@once
def unknown(outline: Outline) -> Unknown:
    """Of which expressions of a file the type cannot be told."""
    return Unknown(outline)


class Unknown:
    """Of which expressions of a file the type certainly cannot be told."""

    def __init__(self, outline: Outline) -> None:
        self._variables = variables(outline)
        imported = [
            ((alias.asname or alias.name).partition(".")[0], alias.name if isinstance(node, ast.Import) else origin)
            for node in outline.of(ast.Import, ast.ImportFrom)
            for origin in ["." * getattr(node, "level", 0) + (getattr(node, "module", None) or "")]
            for alias in node.names
        ]
        self._foreign = {name for name, module in imported if not _is_standard(module)}
        self._standard = {name for name, module in imported if _is_standard(module)}
        classes = {one.name for one in outline.of(ast.ClassDef)}
        bases = [
            base
            for one in outline.of(ast.ClassDef)
            for base in one.bases
            if last_name(base) not in (*classes, "object")
        ]
        self._derives = not all(map(self.is_foreign, bases))
        """Whether a class may have attributes of one of the library."""
        self._tested = {last_name(tested) for tested, _ in tests(outline)}
        self._matches = any(outline.of(ast.MatchClass))
        self._clear = Fixpoint(self._is_clear)

    def holds(self, node: Any, scope: Scope) -> bool:
        """Whether the type of an expression in a scope certainly cannot be told."""
        match node:
            case ast.Name():
                return self._holds_for_name(node, scope)
            case ast.Attribute():
                is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                given = self._variables.attributes.get(node.attr) if is_own else None
                if is_own and node.attr in self._variables.functions:
                    return False
                if is_own:
                    return not self._derives if given is None else not self._clear.holds(given)
                return self.holds(node.value, scope)
            case ast.Subscript() | ast.Await() | ast.NamedExpr() | ast.Starred():
                return self.holds(node.value, scope)
            case ast.Call():
                returned = self._variables.functions.get(node.func.id) if isinstance(node.func, ast.Name) else None
                return self.holds(node.func, scope) if returned is None else not self._clear.holds(returned)
            case ast.BinOp():
                return self.holds(node.left, scope) and self.holds(node.right, scope)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                return any(isinstance(one, _COLLECTIONS) or self.holds(one, scope) for one in sides)
            case ast.BoolOp() | ast.IfExp():
                return any(self.holds(one, scope) for one in expressions_in(node))
        return False

    def _holds_for_name(self, node: ast.Name, scope: Scope) -> bool:
        if node.id in self._tested or self._matches or node.id in self._variables.functions:
            return False
        given = self._variables.of(node, scope)
        if given is None:
            return node.id in self._foreign
        return node.id not in ("self", "cls") and not self._clear.holds(given)

    def is_certain(self, name: str) -> bool:
        """Whether a name's type may be told wherever it stands: by a test of it, or an import from the library."""
        return name in self._tested or self._matches or name in self._standard

    def _is_clear(self, given: Given) -> bool:
        """Whether something that is given has a known type: a parameter without an annotation is given nothing."""
        said = [one for one in given.classes if last_name(one) not in _NO_CLASSES]
        return not all(map(self.is_foreign, said)) or not all(self.holds(*value) for value in given.values)

    def is_foreign(self, node: ast.expr) -> bool:
        """Whether a class in an annotation is one of which nothing is known."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._foreign


@once
def tests(outline: Outline) -> list[tuple[ast.expr, ast.expr]]:
    """What ``isinstance`` is given, under whatever name."""
    tells = other_names(outline, "isinstance")
    given = [one.args for one in outline.of(ast.Call) if len(one.args) == 2 and may_be(one.func, tells)]
    return [(tested, kinds) for tested, kinds in given]


def classes_in(annotation: ast.expr | None) -> list[ast.expr]:
    """The names in an annotation, and in strings there."""
    nodes = below(annotation)
    texts = [one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [
        *(one for one in nodes if isinstance(one, (ast.Name, ast.Attribute))),
        *(ast.Name(word, ast.Load()) for text in texts for word in re.findall(r"\w+", text)),
    ]


def _item(node: ast.expr) -> ast.expr:
    """An element of something."""
    return ast.Subscript(node, ast.Constant(0), ast.Load())


def _is_standard(module: str) -> bool:
    top = module.partition(".")[0]
    return top in _STANDARD or (top.startswith("_") and len(top) > 1)
