"""Whether a bool may stand behind the operator ``~``, told from a file's outline: for the word test.

It may hold where none does, and must hold wherever ``Context.types`` finds one. Names are followed to all that gives
them a value, in whatever scope.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import Any

from py314_check.api import Outline, Scope, arguments, expressions_in, last_name, targets_in
from py314_rules.called import may_be, other_names
from py314_rules.values import classes_in

_BUILTINS = frozenset("all any bool callable hasattr isinstance issubclass".split())
_METHODS = frozenset(
    "acquire endswith exists full_match is_absolute is_block_device is_char_device is_dir is_fifo is_file is_integer"
    " is_junction is_mount is_relative_to is_reserved is_socket is_symlink isalnum isalpha isascii isatty isdecimal"
    " isdigit isdisjoint isidentifier islower isnumeric isprintable isspace issubset issuperset istitle isupper match"
    " readable startswith wait writable".split()
)
_FUNCTIONS = frozenset(
    "WCOREDUMP WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED access exists get_blocking get_handle_inheritable"
    " get_inheritable isabs isatty isclose isdevdrive isdir isfile isfinite isinf isjunction islink ismount isnan"
    " isreserved lexists samefile sameopenfile samestat".split()
)
_ATTRIBUTES = frozenset(
    "c_contiguous contiguous f_contiguous readonly supports_bytes_environ supports_unicode_filenames".split()
)
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
_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
_ALWAYS_BOOL = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_COLLECTIONS = (ast.Dict, ast.DictComp, ast.GeneratorExp, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple)


def may_invert_bool(outline: Outline) -> bool:
    """Whether a bool may stand behind a ``~``."""
    inverted = _Given()
    for scope in outline.scopes:
        inverted.values += [(one.operand, scope) for one in scope.of(ast.UnaryOp) if isinstance(one.op, ast.Invert)]
    return bool(inverted.values) and _Bools(outline).may_be_in(inverted)


class _Given:
    """What a name is given: values, each with the scope that it stands in, and the names in annotations."""

    def __init__(self) -> None:
        self.values: list[tuple[ast.expr, Scope]] = []
        self.classes: list[ast.expr] = []


_Question = tuple[str, _Given]


class _Bools:
    """Which expressions of a file may be bools, and of which the type cannot be told."""

    def __init__(self, outline: Outline) -> None:
        self._variables: defaultdict[Scope, defaultdict[str, _Given]] = defaultdict(lambda: defaultdict(_Given))
        self._attributes: defaultdict[str, _Given] = defaultdict(_Given)
        self._functions: defaultdict[str, _Given] = defaultdict(_Given)
        for scope in outline.scopes:
            self._read(scope, outline.scopes[0])
        self._givers = other_names(outline, *_BUILTINS, *_METHODS, *_FUNCTIONS)
        self._flags = other_names(outline, *_ATTRIBUTES)
        self._bool = other_names(outline, "bool", *(("boolean", "Boolean") if "xmlrpc" in outline.imports else ()))
        self._foreign = {
            (alias.asname or alias.name).partition(".")[0]
            for node in outline.of(ast.Import, ast.ImportFrom)
            for alias in node.names
            if not _is_standard(alias.name if isinstance(node, ast.Import) else "." * node.level + (node.module or ""))
        }
        classes = {one.name for one in outline.of(ast.ClassDef)}
        bases = [
            base
            for one in outline.of(ast.ClassDef)
            for base in one.bases
            if last_name(base) not in (*classes, "object")
        ]
        self._derives = not all(map(self._is_foreign, bases))
        """Whether a class may have attributes of one of the library."""
        tells = other_names(outline, "isinstance")
        tests = [one.args for one in outline.of(ast.Call) if len(one.args) == 2 and may_be(one.func, tells)]
        self._tested = {last_name(tested) for tested, _ in tests}
        self._tested_for_bool = {
            last_name(tested)
            for tested, kinds in tests
            if any(may_be(one, self._bool) for one in (kinds, *expressions_in(kinds)))
        }
        matched = [one.cls for one in outline.of(ast.MatchClass)]
        self._matches = bool(matched)
        self._matches_bool = any(may_be(one, self._bool) for one in matched)
        self._known: dict[_Question, bool] = {}
        self._waiting: list[_Question] = []
        self._asked_for: defaultdict[_Question, set[_Question]] = defaultdict(set)

    def _read(self, scope: Scope, module: Scope) -> None:
        """Finds what is given to names in a scope, and what its function returns."""
        is_class = isinstance(scope.node, ast.ClassDef)
        outside = {name: module for node in scope.of(ast.Global) for name in node.names}
        pairs = [*scope.assignments]
        pairs += [(node.target, _item(node.iter)) for node in scope.of(ast.For, ast.AsyncFor, ast.comprehension)]
        pairs += [(node.optional_vars, node.context_expr) for node in scope.of(ast.withitem) if node.optional_vars]
        for target, value in pairs:
            if isinstance(target, (ast.Tuple, ast.List)):
                value = _item(value)
            for one in targets_in(target):
                if isinstance(one, ast.Name):
                    self._variables[outside.get(one.id, scope)][one.id].values.append((value, scope))
                if isinstance(one, ast.Attribute) or (is_class and isinstance(one, ast.Name)):
                    self._attributes[last_name(one)].values.append((value, scope))
        for node in scope.of(ast.AnnAssign):
            classes = classes_in(node.annotation)
            if isinstance(node.target, ast.Name):
                self._variables[scope][node.target.id].classes += classes
            if isinstance(node.target, ast.Attribute) or is_class:
                self._attributes[last_name(node.target)].classes += classes
        if scope.is_function:
            for parameter in arguments(scope.node.args):
                self._variables[scope][parameter.arg].classes += classes_in(parameter.annotation)
        if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = self._functions[scope.node.name]
            function.values += [(node.value, scope) for node in scope.of(ast.Return) if node.value is not None]
            function.classes += classes_in(scope.node.returns)

    def _given(self, node: ast.Name | ast.Attribute, scope: Scope) -> _Given | None:
        """What a name is given, where it is looked up; None where that is an import or definition, or nothing."""
        if isinstance(node, ast.Attribute):
            return self._attributes.get(node.attr)
        place: Scope | None = scope
        while place is not None:
            is_seen = place is scope or not isinstance(place.node, ast.ClassDef)
            if is_seen and node.id in self._variables[place]:
                return self._variables[place][node.id]
            place = place.parent
        return None

    def may_be_in(self, given: _Given) -> bool:
        """Whether a bool may be given.

        What is not known yet does not hold until it is told; then what came of that is asked again.
        """
        wanted = "bool", given
        self._waiting.append(wanted)
        while self._waiting and not self._known.get(wanted):
            self._now = self._waiting.pop()
            if not self._known.get(self._now) and self._answer(*self._now):
                self._known[self._now] = True
                self._waiting += self._asked_for.pop(self._now, ())
        return self._known.get(wanted, False)

    def _ask(self, kind: str, given: _Given) -> bool:
        """Whether, as far as is known, something holds of what is given."""
        question = kind, given
        if question not in self._known:
            self._known[question] = False
            self._waiting.append(question)
        if not self._known[question]:
            self._asked_for[question].add(self._now)
        return self._known[question]

    def _answer(self, kind: str, given: _Given) -> bool:
        """Whether one is a bool, holds bools, or has a type that can be told, of the values that are given."""
        if kind == "type":
            return not all(self._is_unknown(*value) for value in given.values)
        return any(self.may_be(*value) if kind == "bool" else self._may_hold(*value) for value in given.values)

    def may_be(self, node: Any, scope: Scope) -> bool:
        """Whether an expression may be a bool."""
        match node:
            case ast.Constant():
                return isinstance(node.value, bool)
            case ast.UnaryOp():
                return isinstance(node.op, ast.Not)
            case ast.Compare():
                return any(isinstance(one, _ALWAYS_BOOL) for one in node.ops) or not self._is_unknown(node, scope)
            case ast.BoolOp() | ast.IfExp() | ast.NamedExpr():
                return all(self.may_be(one, scope) for one in expressions_in(node))
            case ast.BinOp():
                return isinstance(node.op, _BITS) and self.may_be(node.left, scope) and self.may_be(node.right, scope)
            case ast.Name() | ast.Attribute():
                return self._is_named(node, scope)
            case ast.Call():
                return self._gives(node.func, scope)
            case ast.Await() | ast.Starred():
                return self.may_be(node.value, scope)
            case ast.Subscript():
                return self._may_hold(node.value, scope)
        return False

    def _may_hold(self, node: Any, scope: Scope) -> bool:
        """Whether one of what an expression holds, or gives one after the other, may be a bool."""
        match node:
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self.may_be(node.elt, scope)
            case ast.DictComp():
                return self.may_be(node.value, scope)
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                inner = node.values if isinstance(node, ast.Dict) else node.elts
                return any(self.may_be(one, scope) or self._may_hold(one, scope) for one in inner)
            case ast.Call():  # `zip(flags)`, `flags.values()`
                given = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
                defined = self._functions.get(last_name(node.func))
                return any(self._may_hold(one, scope) for one in given) or (
                    defined is not None and self._all_hold(defined)
                )
            case ast.Name() | ast.Attribute():
                named = self._given(node, scope)
                return named is not None and self._all_hold(named)
            case ast.Subscript() | ast.Await() | ast.Starred():
                return self._may_hold(node.value, scope)
        return any(self._may_hold(one, scope) for one in expressions_in(node))

    def _all_hold(self, given: _Given) -> bool:
        """Whether bools may be held by what is given."""
        if any(may_be(one, self._bool) for one in given.classes):
            return True
        return self._ask("items", given)

    def _is_named(self, node: ast.Name | ast.Attribute, scope: Scope) -> bool:
        name = last_name(node)
        if name in self._flags and not self._is_unknown(node, scope):
            return True
        if name in self._tested_for_bool or self._matches_bool:
            return True
        given = [self._given(node, scope)]
        if isinstance(node, ast.Attribute):
            given.append(self._functions.get(node.attr))  # a property
        return any(one is not None and self._holds(one) for one in given)

    def _holds(self, given: _Given) -> bool:
        """Whether a bool may be given, or is meant by an annotation."""
        if any(may_be(one, self._bool) for one in given.classes):
            return True
        return self._ask("bool", given)

    def _gives(self, function: ast.expr, scope: Scope) -> bool:
        """Whether a call of a function may give a bool."""
        if may_be(function, self._givers) and not self._is_unknown(function, scope):
            return True
        if isinstance(function, ast.Lambda):
            return self.may_be(function.body, scope)
        if isinstance(function, ast.Call):  # `type(True)(1)`
            return any(self.may_be(one, scope) for one in function.args)
        if not isinstance(function, (ast.Name, ast.Attribute)):
            return False
        defined, given = self._functions.get(last_name(function)), self._given(function, scope)
        bodies = [(one.body, there) for one, there in given.values if isinstance(one, ast.Lambda)] if given else []
        return (defined is not None and self._holds(defined)) or any(self.may_be(*body) for body in bodies)

    def _is_unknown(self, node: Any, scope: Scope) -> bool:
        """Whether the type of an expression certainly cannot be told."""
        match node:
            case ast.Name():
                return self._is_unknown_name(node, scope)
            case ast.Attribute():
                is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                given = self._attributes.get(node.attr) if is_own else None
                if is_own and node.attr in self._functions:
                    return False
                if is_own:
                    return not self._derives if given is None else self._is_unclear(given)
                return self._is_unknown(node.value, scope)
            case ast.Subscript() | ast.Await() | ast.NamedExpr() | ast.Starred():
                return self._is_unknown(node.value, scope)
            case ast.Call():
                return self._is_unknown(node.func, scope)
            case ast.BinOp():
                return self._is_unknown(node.left, scope) and self._is_unknown(node.right, scope)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                return any(isinstance(one, _COLLECTIONS) or self._is_unknown(one, scope) for one in sides)
            case ast.BoolOp() | ast.IfExp():
                return any(self._is_unknown(one, scope) for one in expressions_in(node))
        return False

    def _is_unknown_name(self, node: ast.Name, scope: Scope) -> bool:
        if node.id in self._tested or self._matches or node.id in self._functions:
            return False
        given = self._given(node, scope)
        if given is None:
            return node.id in self._foreign
        return node.id not in ("self", "cls") and self._is_unclear(given)

    def _is_unclear(self, given: _Given) -> bool:
        """Whether nothing that is given has a known type: a parameter without an annotation is given nothing."""
        if not all(map(self._is_foreign, given.classes)):
            return False
        return not self._ask("type", given)

    def _is_foreign(self, node: ast.expr) -> bool:
        """Whether a class in an annotation is one of which nothing is known."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._foreign


def _item(node: ast.expr) -> ast.expr:
    """An element of something."""
    return ast.Subscript(node, ast.Constant(0), ast.Load())


def _is_standard(module: str) -> bool:
    top = module.partition(".")[0]
    return top in _STANDARD or (top.startswith("_") and len(top) > 1)
