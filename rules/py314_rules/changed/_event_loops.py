"""What a file does with asyncio's event loops: where it sets one, and which of its functions run inside one."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from py314_check.api import Context, Function, Outline, cst
from py314_rules.called import calls, home

GETTERS = {
    "asyncio.get_event_loop",
    "asyncio.AbstractEventLoopPolicy.get_event_loop",
    "asyncio.DefaultEventLoopPolicy.get_event_loop",
}
# Methods of a loop, a future and a task that run what they are given inside a loop.
_RUN_INSIDE = {
    *("call_soon", "call_soon_threadsafe", "call_later", "call_at", "add_done_callback"),
    *("add_reader", "add_writer", "add_signal_handler", "create_server", "create_connection", "start_server"),
    *(
        "create_datagram_endpoint",
        "create_unix_server",
        "create_unix_connection",
        "subprocess_exec",
        "connect_read_pipe",
    ),
}
# All methods of these classes run where a loop is running or set.
_INSIDE = {"asyncio.BaseProtocol", "unittest.IsolatedAsyncioTestCase"}
_WINDOWS = ("win32", "nt", "Windows", "win")


def may_run_with_module(outline: Outline, call: ast.Call, seen: frozenset[str] = frozenset()) -> bool:
    """Whether ``EventLoops.runs_with_module`` may hold for the function around a call."""
    function = home(outline, call)
    if function is None:
        return True
    node = function.node
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or node.name in seen:
        return False
    return any(may_run_with_module(outline, one, seen | {node.name}) for one in calls(outline, node.name))


class EventLoops:
    """Fed with every call of a file, in order of evaluation; asked when all have been seen."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._order: dict[cst.CSTNode, int] = {}
        self._setting: list[cst.Call] = []
        self._callers: defaultdict[cst.CSTNode, list[cst.Call]] = defaultdict(list)
        self._callbacks: set[cst.CSTNode] = set()

    def see(self, node: cst.Call) -> None:
        self._order[node] = len(self._order)
        if self._sets(node):
            self._setting.append(node)
        called = self._context.definition(node.func)
        if called is not None:
            self._callers[called].append(node)
        if isinstance(node.func, (cst.Attribute, cst.Name)) and _last(node.func) in _RUN_INSIDE:
            for argument in node.args:
                callback = self._context.definition(argument.value)
                if callback is not None:
                    self._callbacks.add(callback)

    def gets(self, node: cst.Call) -> bool:
        """Whether a call is ``asyncio.get_event_loop()``, or that of a policy."""
        if self._context.resolve(node.func) & GETTERS:
            return True
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "get_event_loop":
            return False
        member = self._context.member(node.func)
        return member.certain and not member.names.isdisjoint(GETTERS)

    def runs_inside(self, function: Function | None, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
        """Whether a function is most likely called where a loop is running."""
        if function is None or function in seen:
            return False
        seen |= {function}
        if (
            function in self._callbacks
            or self._is_coroutine(function)
            or self.runs_inside(self._context.home(function), seen)
        ):
            return True
        owner = self._owner(function)
        if owner is not None and (self._context.bases(owner) & _INSIDE or self._is_async_test(owner)):
            return True
        callers = self._calls_of(function) if self._makes_object(function) else self._callers[function]
        return bool(callers) and all(self.runs_inside(self._context.home(call), seen) for call in callers)

    def runs_with_module(self, function: Function | None, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
        """Whether a function is called by code that runs with the module, and by no other code of the file."""
        if function is None:
            return True
        if not isinstance(function, cst.FunctionDef) or function in seen or function in self._callbacks:
            return False
        yields = any(isinstance(one, cst.Yield) for one in self._context.below(function, own=True))
        if function.decorators or self._is_coroutine(function) or yields:
            return False
        calls, seen = self._callers[function], seen | {function}
        return bool(calls) and all(self.runs_with_module(self._context.home(call), seen) for call in calls)

    def is_set(self, node: cst.CSTNode, order: int | None = None) -> bool:
        """Whether a loop may have been set before a node runs. ``order`` is that of the node, if it is no call."""
        home = self._context.home(node)
        at = self._order.get(node, len(self._order)) if order is None else order
        return any(self._reaches(setting, node, home, at) for setting in self._setting)

    def _reaches(self, setting: cst.Call, node: cst.CSTNode, home: Function | None, at: int) -> bool:
        where = self._context.home(setting)
        if where is home:
            return self._order[setting] < at and not self._passed_by(setting, node)
        if where is None:
            return not self._passed_by(setting, node)
        if self._order[setting] < at and where in self._homes(home):
            return True
        if home is None:
            return any(self._context.home(call) is None and self._order[call] < at for call in self._calls_of(where))
        owner = self._owner(where)
        return (
            (owner is not None and owner is self._owner(home))
            or bool(self._calls_of(where))
            or (isinstance(where, cst.FunctionDef) and bool(where.decorators))  # a fixture, a command ...
        )

    def _passed_by(self, setting: cst.CSTNode, node: cst.CSTNode) -> bool:
        """Whether a setting is in the other branch of an ``if``, or in one for Windows alone."""
        arms: dict[cst.CSTNode, cst.CSTNode] = {}
        child = node
        for parent in self._context.ancestors(node):
            arms[parent] = child
            child = parent
        child = setting
        for parent in self._context.ancestors(setting):
            if isinstance(parent, cst.If) and child is not parent.test:
                if parent in arms:
                    return arms[parent] is not child and arms[parent] is not parent.test
                if child is parent.body and any(text in _WINDOWS for text in self._strings(parent.test)):
                    return True
            child = parent
        return False

    def _strings(self, test: cst.CSTNode) -> Iterator[str | None]:
        return (self._context.string(node) for node in self._context.below(test) if isinstance(node, cst.SimpleString))

    def _sets(self, node: cst.Call) -> bool:
        last = _last(node.func)
        if last == "set_event_loop":
            return not node.args or not _is_none(node.args[0].value)
        if last == "set_event_loop_policy" and node.args:  # one from elsewhere may still make loops
            policy = node.args[0].value
            names = self._context.resolve(policy.func if isinstance(policy, cst.Call) else policy)
            return not any(name.startswith(("asyncio.", "uvloop.")) for name in names) and not _is_none(policy)
        names = self._context.resolve(node.func)
        return "asyncio.Runner" in names or "IOLoop" in self._context.dotted(node.func).split(
            "."
        )  # tornado sets its own

    def _is_coroutine(self, function: Function) -> bool:
        if not isinstance(function, cst.FunctionDef):
            return False
        if function.asynchronous is not None:
            return True
        if function.name.value.startswith("test") or any("fixture" in one for one in self._decorators(function)):
            names = {parameter.name.value for parameter in function.params.params}
            if names & {"loop", "event_loop"}:  # pytest's plugins have set these
                return True
        return any(one.rpartition(".")[2] in ("coroutine", "inlineCallbacks") for one in self._decorators(function))

    def _decorators(self, function: cst.FunctionDef) -> list[str]:
        return [
            self._context.dotted(one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator)
            for one in function.decorators
        ]

    def _is_async_test(self, owner: cst.ClassDef) -> bool:
        """Whether a class is a test case such as tornado's or aiohttp's, which sets a loop for its tests."""
        bases = [self._context.dotted(base.value).rpartition(".")[2] for base in owner.bases]
        return any(base.startswith(("Async", "Aio")) and base.endswith("TestCase") for base in bases)

    def _calls_of(self, function: Function) -> list[cst.Call]:
        owner = self._owner(function)
        return self._callers[function] + (self._callers[owner] if owner is not None else [])

    def _makes_object(self, function: Function) -> bool:
        """Whether calling the class calls the function."""
        return isinstance(function, cst.FunctionDef) and function.name.value in ("__init__", "__new__", "__post_init__")

    def _homes(self, home: Function | None) -> Iterator[Function]:
        while home is not None:
            home = self._context.home(home)
            if home is not None:
                yield home

    def _owner(self, function: Function) -> cst.ClassDef | None:
        """The class whose method a function is."""
        inner = self._context.enclosing(function, cst.ClassDef, cst.FunctionDef, cst.Lambda)
        return inner if isinstance(inner, cst.ClassDef) else None


def _last(function: cst.BaseExpression) -> str:
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
