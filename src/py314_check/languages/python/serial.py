"""What of a Python file no two threads run at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from py314_check.languages import is_test
from py314_check.languages.python.locks import Locks
from py314_check.languages.python.scopes import Names
from py314_check.languages.python.tree import below
from py314_check.languages.python.types import Types
from py314_check.languages.reach import only_by

_IMPORT, _ANY_TIME = "import", ""
"""What uses a function: the module itself, when it is imported; or somebody, some time."""
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_TEST_MODULES = ("pytest", "unittest", "nose")
_SCRIPTS = {"setup.py", "conf.py", "noxfile.py"}
_MAIN = re.compile(r"_*(?:main|run_main|cli_main|main_cli)_*")
_WHEN_ALONE = {"atexit.register", "os.register_at_fork"}
"""What is given to these runs when there are no other threads, or none any more."""
_DECORATED = re.compile(
    r"f|fn|fun|\w*func|\w*function|cls|klass|class_|method|wrapped|callable|handler|coro|plugin|kind"
)
_AT_CLASS_CREATION = {"__init_subclass__", "__set_name__"}
_SELDOM = re.compile(
    r"(?i)^_?(?!_)(?:un|de)?(?:register|install|patch|enable|disable|configure|init(?:iali[sz]e)?|set_?up|tear_?down|add|reset"
    r"|kill\w*|shut_?down|clean_?up|close|finali[sz]e|restore|activate|deactivate|bootstrap|preload|reload)(?:_|\d*$)"
    r"|(?:^|_)(?:at_?exit|at_?fork|after_(?:in_)?(?:child|fork)|at_shutdown|for_tests?|configs?)(?:_|$)|^__(?:del|exit)__$"
)


class Serial:
    """Tells what of one file runs only while it is imported, or under a lock."""

    def __init__(self, path: str, names: Names, types: Types, locks: Locks) -> None:
        self._path = PurePosixPath(path)
        self._names = names
        self._types = types
        self._locks = locks

    def is_serialised(self, node: cst.CSTNode) -> bool:
        """Whether no two threads run a node at a time: while the file is imported or run as a script, in a test, under
        a lock, also of all callers.
        """
        function = self._function(node)
        if function is None or self._is_not_shared or self._locks.is_held(node) or self._is_interrupted(node):
            return True
        return any(self._key(one) in self._serial for one in self._functions_around(node))

    def _is_interrupted(self, node: cst.CSTNode) -> bool:
        """Whether a node handles KeyboardInterrupt, which Python raises in the main thread alone."""
        handlers = (parent for _, parent in self._names.ancestors(node) if isinstance(parent, cst.ExceptHandler))
        return any("builtins.KeyboardInterrupt" in self._names.resolve(one.type) for one in handlers)

    def runs_seldom(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in a function that is named like one that sets something up or takes it down."""
        return any(
            isinstance(one, cst.FunctionDef) and _SELDOM.search(one.name.value) for one in self._functions_around(node)
        )

    @cached_property
    def _is_not_shared(self) -> bool:
        """Whether the whole file is a test or a script."""
        if is_test(self._path.as_posix()) or self._path.name in _SCRIPTS:
            return True
        imported = (
            one.qualified.partition(".")[0]
            for bindings in self._names.module_scope.bindings.values()
            for one in bindings
            if one.qualified is not None and not one.block
        )
        return any(one in _TEST_MODULES for one in imported)

    def _function(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The function in whose body a node stands."""
        return next(self._functions_around(node), None)

    def _functions_around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        for child, parent in self._names.ancestors(node):
            if isinstance(parent, _FUNCTIONS) and child is parent.body:
                yield parent

    def _key(self, function: cst.CSTNode) -> str:
        return str(self._names.order[function])

    @cached_property
    def _serial(self) -> set[str]:
        """The functions that run only at import, or under a lock that their callers hold."""
        users: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
        entries = {_IMPORT}
        functions = [one for one in self._names.nodes if isinstance(one, cst.FunctionDef)]
        by_name: defaultdict[str, list[cst.FunctionDef]] = defaultdict(list)
        for function in functions:
            by_name[function.name.value].append(function)
        uses: defaultdict[str, list[cst.CSTNode]] = defaultdict(list)
        for node in self._names.nodes:
            if isinstance(node, cst.Name) and node.value in by_name:
                parent = self._names.parents.get(node)
                if isinstance(parent, cst.FunctionDef) and node is parent.name:
                    continue
                uses[node.value].append(parent if isinstance(parent, cst.Attribute) and parent.attr is node else node)
        for function in functions:
            name, key = function.name.value, self._key(function)
            if self._runs_once(function):
                entries.add(key)
                continue
            found = [self._user(one) for one in uses[name]]
            if not found:
                found = [(_ANY_TIME, False)]
            elif not self._is_private(function) and any(user != _IMPORT for user, _ in found):
                found.append((_ANY_TIME, False))
            users[key] += found
        return only_by(entries, users, under_lock=True)

    def _user(self, use: cst.CSTNode) -> tuple[str, bool]:
        """The function that calls what is used, and whether it holds a lock there; who only hands it on, any time."""
        function = self._function(use)
        parent = self._names.parents.get(use)
        called = isinstance(parent, cst.Decorator) or (isinstance(parent, cst.Call) and parent.func is use)
        if isinstance(parent, cst.Arg) and isinstance(call := self._names.parents.get(parent), cst.Call):
            called = not self._names.resolve(call.func).isdisjoint(_WHEN_ALONE)
        if function is None:
            return (_IMPORT, False) if called else (_ANY_TIME, False)
        return (self._key(function), self._locks.is_held(use)) if called else (_ANY_TIME, False)

    def _is_private(self, function: cst.FunctionDef) -> bool:
        if self._function(function) is not None:
            return True  # a function in a function: who hands it on is seen
        name = function.name.value
        return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))

    def _runs_once(self, function: cst.FunctionDef) -> bool:
        name = function.name.value
        if name in _AT_CLASS_CREATION or _MAIN.fullmatch(name):
            return True
        owner = self._types.owner(function)
        if owner is not None and name in ("__new__", "__init__") and "builtins.type" in self._types.bases(owner):
            return True
        return _gives_back(function)


def _gives_back(function: cst.FunctionDef) -> bool:
    """Whether a function is given a function or class and returns that, or one that it defines, as decorators do."""
    given = function.params.params[0].name.value if len(function.params.params) == 1 else ""
    if not _DECORATED.fullmatch(given):
        return False
    parts = list(below(function.body, own=True))
    known = {given, *(one.name.value for one in parts if isinstance(one, (cst.FunctionDef, cst.ClassDef)))}
    returned = [one.value for one in parts if isinstance(one, cst.Return)]
    return bool(returned) and all(isinstance(one, cst.Name) and one.value in known for one in returned)
