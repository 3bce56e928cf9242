"""Threads: which functions of a file run in them.

Told from what starts threads, and from there along the calls within the file. A function that is handed on to other
code, as a callback of an event loop is, may run anywhere, and is not followed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from functools import cached_property

import libcst as cst

from py314_check.api import Function, InThreads, ThreadStart
from py314_check.languages.python.scopes import Names, argument, dotted
from py314_check.languages.python.standard import standard
from py314_check.languages.python.tree import DEFINITIONS, children
from py314_check.languages.python.types import Types

_THREAD, _TIMER = "threading.Thread", "threading.Timer"
_EXECUTOR, _POOL = "concurrent.futures.ThreadPoolExecutor", "multiprocessing.pool.ThreadPool"
_IN_INTERPRETERS = "concurrent.futures.InterpreterPoolExecutor"  # its threads share no objects
_FUTURE = "concurrent.futures.Future"
_SERVER, _HANDLER = "socketserver.ThreadingMixIn", "socketserver.BaseRequestHandler"
_HANDING = {
    _EXECUTOR: {"submit", "map"},
    _POOL: {"apply", "apply_async", "map", "map_async", "imap", "imap_unordered", "starmap", "starmap_async"},
}
_ONE_AT_A_TIME = {"submit", "apply", "apply_async"}
# Functions whose first argument they run in a thread, in a copy of the caller's context.
_RUN_IN_THREAD = {
    *("asyncio.to_thread", "anyio.to_thread.run_sync", "trio.to_thread.run_sync"),
    "starlette.concurrency.run_in_threadpool",
}
_START = {"_thread.start_new_thread", "_thread.start_new"}
# Behind any other decorator, a function may run elsewhere.
_SAME_THREAD = {
    *("staticmethod", "classmethod", "property", "cached_property", "override", "abstractmethod", "wraps"),
    *("contextmanager", "no_type_check", "cache", "lru_cache"),
}
_LOOPS = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_ENOUGH = 2
"""How many starts of a function are kept: more say no more."""


class Threads:
    """The threads of one file."""

    def __init__(self, names: Names, types: Types) -> None:
        self._names = names
        self._types = types

    def of(self, function: Function) -> InThreads | None:
        """How a function runs in threads; None where the file does not show that it does."""
        starts = self._starts.get(function)
        return None if starts is None else InThreads(tuple(starts))

    def started(self, call: cst.Call) -> ThreadStart | None:
        """What a call hands to threads, if that is a function of this file."""
        return next(iter(self._started(call)), None)

    def unwrapped(self, target: cst.BaseExpression | None) -> cst.BaseExpression | None:
        """What a ``functools.partial`` is made of; any other expression as it is."""
        value = None if target is None else self._names.value(target)
        if isinstance(value, cst.Call) and "functools.partial" in self._resolve(value.func):
            return argument(value, 0, "func")
        return target

    @cached_property
    def _starts(self) -> dict[cst.CSTNode, list[ThreadStart]]:
        """The functions that run in threads, each with the first starts that lead to it."""
        found: dict[cst.CSTNode, list[ThreadStart]] = {}
        waiting = deque((start.function, start) for start in self._roots())
        while waiting:
            function, start = waiting.popleft()
            known = found.setdefault(function, [])
            if len(known) < _ENOUGH and start not in known:
                known.append(start)
                waiting.extend((called, start) for called in self._called(function))
        return found

    def _roots(self) -> Iterator[ThreadStart]:
        made: defaultdict[cst.ClassDef, list[cst.Call]] = defaultdict(list)
        for call in self._names.tree.of_type(cst.Call):
            yield from self._started(call)
            definition = self._types.definition(call.func)
            if isinstance(definition, cst.ClassDef):
                made[definition].append(call)
        for node in self._names.tree.of_type(cst.ClassDef):
            if _THREAD in self._types.bases(node):
                run = _methods(node).get("run")
                if run is not None:
                    starts: list[cst.CSTNode] = [*made[node]] or [node]
                    for start in starts:
                        yield ThreadStart(start, run, many=self._is_repeated(start))

    def _started(self, call: cst.Call) -> Iterator[ThreadStart]:
        names = self._resolve(call.func)
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
        if names & _RUN_IN_THREAD:
            yield from self._handed(call, argument(call, 0, "func"), _after(call, 1), in_context=True)
        elif names & _START:
            yield from self._handed(call, argument(call, 0, "function"), _listed(argument(call, 1, "args")))
        elif method == "run_in_executor":
            if self._is_of_threads(argument(call, 0, "executor")):
                yield from self._handed(call, argument(call, 1, "func"), _after(call, 2))
        elif method == "add_done_callback":
            if _FUTURE in self._types.of(self._owner(call)):
                yield from self._handed(call, argument(call, 0, "fn"))
        elif any(method in methods for methods in _HANDING.values()):
            owner = self._types.of(self._owner(call))
            if _IN_INTERPRETERS not in owner and any(method in of for pool, of in _HANDING.items() if pool in owner):
                given = argument(call, 0, "fn") or argument(call, 0, "func")
                many = method not in _ONE_AT_A_TIME
                yield from self._handed(call, given, () if many else _after(call, 1), many=many)
        elif names & {_THREAD, _TIMER} or any(arg.keyword is not None for arg in call.args) or len(call.args) > 1:
            yield from self._constructed(call, names)

    def _constructed(self, call: cst.Call, names: frozenset[str]) -> Iterator[ThreadStart]:
        """What the constructors of threads, pools and servers are given."""
        keywords = {arg.keyword.value for arg in call.args if arg.keyword is not None}
        if _TIMER in names:
            yield from self._handed(call, argument(call, 1, "function"), _listed(argument(call, 2, "args")))
        elif _THREAD in names or ("target" in keywords and self._makes(call, _THREAD)):
            target = argument(call, 1 if _THREAD in names else -1, "target")
            given = _listed(argument(call, 3 if _THREAD in names else -1, "args"))
            yield from self._handed(call, target, given, in_context="context" in keywords)
        elif "initializer" in keywords and self._makes(call, *_HANDING):
            yield from self._handed(call, argument(call, -1, "initializer"), many=True)
        else:
            handler = self._types.definition(argument(call, 1, "RequestHandlerClass"))
            is_handler = isinstance(handler, cst.ClassDef) and _HANDLER in self._types.bases(handler)
            if isinstance(handler, cst.ClassDef) and is_handler and self._makes(call, _SERVER):
                for method in _methods(handler).values():
                    yield ThreadStart(call, method, many=True)

    def _makes(self, call: cst.Call, *kinds: str) -> bool:
        """Whether a call makes an object of a class, or is the constructor of one as a subclass calls it."""
        types = self._types.of(call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__":
            types = self._types.of(call.func.value) | self._resolve(call.func.value)
        return any(kind in types for kind in kinds) and _IN_INTERPRETERS not in types

    def _is_of_threads(self, executor: cst.BaseExpression | None) -> bool:
        """Whether the executor of an event loop has threads: the default one has."""
        if isinstance(executor, cst.Name) and executor.value == "None":
            return True
        types = self._types.of(executor)
        return _EXECUTOR in types and _IN_INTERPRETERS not in types

    def _handed(
        self,
        call: cst.Call,
        target: cst.BaseExpression | None,
        given: Sequence[cst.BaseExpression] = (),
        *,
        many: bool = False,
        in_context: bool = False,
    ) -> Iterator[ThreadStart]:
        """What running an expression in a thread runs: a function of the file, a partial of one, a context's run."""
        target = self.unwrapped(target)
        if given and self._is_run_of_context(target):
            yield from self._handed(call, given[0], given[1:], many=many, in_context=True)
            return
        function = self._types.definition(target)
        if isinstance(function, _FUNCTIONS) and self._is_followed(function):
            yield ThreadStart(call, function, tuple(given), many or self._is_repeated(call), in_context)

    def _is_run_of_context(self, target: cst.BaseExpression | None) -> bool:
        if not isinstance(target, cst.Attribute) or target.attr.value != "run":
            return False
        return "contextvars.Context" in self._types.of(target.value)

    def _called(self, function: cst.CSTNode) -> Iterator[Function]:
        """The functions of the file that a function certainly calls itself, in the same thread."""
        stack = children(function.body) if isinstance(function, cst.FunctionDef) else children(function)
        while stack:
            node = stack.pop()
            if type(node) in DEFINITIONS:
                continue
            stack.extend(children(node))
            if isinstance(node, cst.Call):
                called = self._types.definition(node.func)
                if isinstance(called, cst.ClassDef):
                    called = _methods(called).get("__init__")
                if isinstance(called, _FUNCTIONS) and self._is_followed(called):
                    yield called

    def _is_followed(self, function: Function) -> bool:
        if isinstance(function, cst.Lambda):
            return True
        decorators = (
            dotted(one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator)
            for one in function.decorators
        )
        return function.asynchronous is None and all(name.rpartition(".")[2] in _SAME_THREAD for name in decorators)

    def _is_repeated(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in a loop of its function."""
        for child, parent in self._names.ancestors(node):
            if type(parent) in DEFINITIONS:
                return False
            if type(parent) in _LOOPS and child not in (
                getattr(parent, "iter", None),
                getattr(parent, "orelse", None),
            ):
                return True
        return False

    def _resolve(self, node: cst.CSTNode) -> frozenset[str]:
        return frozenset(map(standard().canonical, self._names.resolve(node)))

    @staticmethod
    def _owner(call: cst.Call) -> cst.BaseExpression | None:
        return call.func.value if isinstance(call.func, cst.Attribute) else None


def _methods(owner: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    return {one.name.value: one for one in owner.body.body if isinstance(one, cst.FunctionDef)}


def _after(call: cst.Call, position: int) -> tuple[cst.BaseExpression, ...]:
    """The positional arguments of a call from one on."""
    return tuple(arg.value for arg in call.args[position:] if arg.keyword is None and not arg.star)


def _listed(arguments: cst.BaseExpression | None) -> tuple[cst.BaseExpression, ...]:
    """What ``args=(...)`` holds."""
    return tuple(one.value for one in arguments.elements) if isinstance(arguments, (cst.Tuple, cst.List)) else ()
