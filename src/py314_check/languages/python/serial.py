"""What of a Python file no two threads run at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import libcst as cst

from py314_check.languages import is_test
from py314_check.languages.python.locks import Locks
from py314_check.languages.python.scopes import Names, dotted
from py314_check.languages.python.tree import below
from py314_check.languages.python.types import Types
from py314_check.languages.reach import only_by

_IMPORT, _ANY_TIME = "import", ""
"""What uses a function: the module itself, when it is imported; or somebody, some time."""
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_DEFINED = (cst.FunctionDef, cst.ClassDef)
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
    r"|kill\w*|shut_?down|clean_?up|clear_(?:all|caches?)|set_(?:global_|default_)?(?:settings|options|defaults)|close|finali[sz]e|restore|activate"
    r"|deactivate|bootstrap|preload|reload)(?:_|\d*$)"
    r"|(?:^|_)(?:clean_?ups?|at_?exit|at_?fork|(?:before|after)_(?:in_)?(?:child|fork)|at_shutdown|for_tests?|configs?|configuration"
    r"|in_(?:sub)?process|in_child)(?:_|$)|^__(?:del|exit)__$"
)
_ONCE = re.compile(r"(?i)^_?(?:init(?:iali[sz]e)?|set_?up|configure|bootstrap|at_?exit)(?:_|$)")
"""Those of them that certainly run once, and whose helpers do."""
_IN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FOR_TESTS = re.compile(
    r"(?i)\b(?:only|used?|useful|meant)(?: only)? (?:for|in|by) (?:unit )?test(?:s|ing)(?: only)?\s*(?:[.,;]|$)"
)
"""Documentation of functions that says that tests alone call them."""
_DESCRIBING = {"__get__", "__set__", "__set_name__"}
_INTERACTIVE = {"bdb.Bdb", "cmd.Cmd", "code.InteractiveConsole", "code.InteractiveInterpreter", "pdb.Pdb"}
"""Classes of debuggers and consoles, which one user types into."""
_OF_LOOP = re.compile(r"asyncio\.(?:\w+\.)?\w*(?:Protocol|Transport)")


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
        innermost = self._innermost(node)
        return innermost is not None and self._key(innermost) in self._serial

    def _is_interrupted(self, node: cst.CSTNode) -> bool:
        """Whether a node handles KeyboardInterrupt, which Python raises in the main thread alone."""
        handlers = (parent for _, parent in self._names.ancestors(node) if type(parent) is cst.ExceptHandler)
        return any("builtins.KeyboardInterrupt" in self._names.resolve(one.type) for one in handlers)

    def runs_seldom(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in a function that is named or documented like one that sets something up, takes it
        down or serves tests; in one that only what sets something up calls; in one that only the main thread can run,
        or that serves one user at a terminal; or in one that makes what class bodies hold.
        """
        around = [one for one in self._functions_around(node) if isinstance(one, cst.FunctionDef)]
        return any(map(self._is_seldom, around)) or any(self._key(one) in self._by_seldom for one in around[:1])

    def runs_in_loop(self, node: cst.CSTNode) -> bool:
        """Whether a node runs in an event loop: in a coroutine, in what coroutines alone call as far as the file
        shows, or in a protocol or transport of asyncio.
        """
        innermost = self._innermost(node)
        return innermost is not None and (self._is_of_loop(innermost) or self._key(innermost) in self._by_loop)

    def _is_seldom(self, function: cst.FunctionDef) -> bool:
        if _SELDOM.search(_snake_case(function.name.value)) or _FOR_TESTS.search(function.get_docstring() or ""):
            return True
        if function in self._in_main_thread:
            return True
        owner = self._types.owner(function)
        if owner is None:
            return False
        is_made_in_class = function.name.value == "__init__" and self._is_descriptor(owner)
        return is_made_in_class or not _INTERACTIVE.isdisjoint(self._types.bases(owner))

    def _is_descriptor(self, owner: cst.ClassDef) -> bool:
        return any(
            not _DESCRIBING.isdisjoint(self._names.scope_made_by(one).bindings) for one in self._types.family(owner)
        )

    @cached_property
    def _in_main_thread(self) -> set[cst.CSTNode | None]:
        """The functions that set handlers of signals, which only the main thread can."""
        return {
            self._function(node)
            for node in self._names.tree.of_type(cst.Call)
            if dotted(node.func).endswith("signal") and "signal.signal" in self._names.resolve(node.func)
        }

    def _is_of_loop(self, function: cst.FunctionDef) -> bool:
        if function.asynchronous is not None:
            return True
        owner = self._types.owner(function)
        return owner is not None and any(_OF_LOOP.fullmatch(one) for one in self._types.bases(owner))

    @cached_property
    def _by_seldom(self) -> set[str]:
        """What only functions that certainly run once call, or the module when it is imported."""
        functions = (one for one in self._functions if self._types.owner(one) is None)  # not once for each object
        once = {self._key(one) for one in functions if _ONCE.search(_snake_case(one.name.value))}
        return _called_by({_IMPORT} | self._serial | once, self._users)

    @cached_property
    def _by_loop(self) -> set[str]:
        return _called_by({self._key(one) for one in self._functions if self._is_of_loop(one)}, self._uses)

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
            if type(parent) in _FUNCTIONS and child is parent.body:
                yield parent

    def _innermost(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function in whose body a node stands, not counting lambdas."""
        return next((one for one in self._functions_around(node) if isinstance(one, cst.FunctionDef)), None)

    def _key(self, function: cst.CSTNode) -> str:
        return str(self._names.order[function])

    @cached_property
    def _serial(self) -> set[str]:
        """The functions that run only at import, or under a lock that their callers hold."""
        once = {self._key(one) for one in self._functions if self._runs_once(one)}
        users = {key: found for key, found in self._users.items() if key not in once}
        return only_by({_IMPORT, *once}, users, under_lock=True)

    @cached_property
    def _functions(self) -> list[cst.FunctionDef]:
        return self._names.tree.of_type(cst.FunctionDef)

    @cached_property
    def _users(self) -> dict[str, list[tuple[str, bool]]]:
        """What uses each function, and whether it holds a lock there: others than this file, too, if it is public."""
        public = {self._key(one) for one in self._functions if not self._is_private(one)}
        return {
            key: [*uses, (_ANY_TIME, False)] if key in public and any(user != _IMPORT for user, _ in uses) else uses
            for key, uses in self._uses.items()
        }

    @cached_property
    def _uses(self) -> dict[str, list[tuple[str, bool]]]:
        """What else of this file uses each function, and whether it holds a lock there."""
        by_name: defaultdict[str, list[cst.FunctionDef]] = defaultdict(list)
        for function in self._functions:
            by_name[function.name.value].append(function)
        uses: defaultdict[str, list[cst.CSTNode]] = defaultdict(list)
        for node in self._names.tree.of_type(cst.Name):
            if node.value in by_name:
                parent: Any = self._names.parents.get(node)
                kind = type(parent)
                if kind is not cst.FunctionDef or node is not parent.name:
                    uses[node.value].append(parent if kind is cst.Attribute and parent.attr is node else node)
        found = {self._key(one): [self._user(use) for use in uses[one.name.value]] for one in self._functions}
        by_others = {key: [one for one in users if one[0] != key] for key, users in found.items()}
        return {key: users or [(_ANY_TIME, False)] for key, users in by_others.items()}

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


def _snake_case(name: str) -> str:
    """A name with its words apart: ``set_Up_Module`` for ``setUpModule``."""
    return _IN_WORDS.sub("_", name)


def _called_by(entries: set[str], users: Mapping[str, Collection[tuple[str, bool]]]) -> set[str]:
    """Some functions, and those that are called by such alone, from one of these on."""
    candidates = only_by(entries, users, under_lock=False)
    found = entries
    while late := {one for one in candidates - found if any(user in found for user, _ in users[one])}:
        found = found | late
    return found


def _gives_back(function: cst.FunctionDef) -> bool:
    """Whether a function is given a function or class and returns that, or one that it defines, as decorators do."""
    if len(function.params.params) != 1:
        return False
    given = function.params.params[0].name.value
    parts: list[Any] = list(below(function.body, own=True))
    if any(type(one) is cst.Call and _wraps(one, given) for one in parts):
        return True
    if not _DECORATED.fullmatch(given):
        return False
    known = {given, *(one.name.value for one in parts if type(one) in _DEFINED)}
    returned = [one.value for one in parts if type(one) is cst.Return]
    return bool(returned) and all(isinstance(one, cst.Name) and one.value in known for one in returned)


def _wraps(call: cst.Call, name: str) -> bool:
    """Whether a call is ``functools.wraps`` of what a name stands for, or the like."""
    called = dotted(call.func).rpartition(".")[2]
    given = [one.value.value for one in call.args if isinstance(one.value, cst.Name)]
    return name in given and (called == "wraps" or "update_wrapper" in called)
