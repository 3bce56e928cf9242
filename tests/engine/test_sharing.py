"""Locks, what runs serially, and the variables that threads share."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import libcst as cst
import pytest

from py314_check.api import Shared
from py314_check.languages.python.context import PythonContext
from py314_check.languages.python.tree import Tree, below
from py314_check.model import Target
from py314_check.source import SourceFile

HEAD = """\
import threading, atexit, contextlib, asyncio, collections
from elsewhere import table_lock, clock, block
lock = threading.Lock()
gate = threading.Condition()
"""


def context_of(program: str, path: str = "module.py") -> tuple[PythonContext, cst.Module]:
    text = HEAD + textwrap.dedent(program)
    module = cst.parse_module(text)
    return PythonContext(SourceFile(path, "python", text.encode(), text), Tree(module), Target()), module


def at_call(program: str, asked: Callable[[PythonContext, cst.CSTNode], bool], path: str = "module.py") -> bool:
    """What the context answers of the one ``show()`` of a program."""
    context, module = context_of(program, path)
    (call,) = [one for one in below(module) if isinstance(one, cst.Call) and context.dotted(one.func) == "show"]
    return asked(context, call)


def at_show(program: str, path: str = "module.py") -> tuple[bool, bool]:
    """Whether a lock is held at the one ``show()`` of a program, and whether that is serialised."""
    return at_call(program, PythonContext.is_locked, path), at_call(program, PythonContext.is_serialised, path)


LOCKED = {
    "with": "def f():\n    with lock:\n        show()",
    "one of several": "def f(path):\n    with open(path), lock:\n        show()",
    "a condition by its type": "def f():\n    with gate:\n        show()",
    "an imported name": "def f():\n    with table_lock:\n        show()",
    "a parameter": "def f(a_lock):\n    with a_lock:\n        show()",
    "an attribute": "class A:\n    def f(self):\n        with self._lock:\n            show()",
    "an attribute by what it was given": """
        class A:
            def __init__(self):
                self.gate = threading.RLock()
            def f(self):
                with self.gate:
                    show()
        """,
    "one of many": "def f(key):\n    with locks[key]:\n        show()",
    "one that is made by a function": "def f():\n    with get_lock('a'):\n        show()",
    "acquire": "def f():\n    lock.acquire()\n    show()\n    lock.release()",
    "acquire and try": "def f():\n    lock.acquire()\n    try:\n        show()\n    finally:\n        lock.release()",
    "acquire in a test": "def f():\n    if not lock.acquire(timeout=1):\n        return\n    show()",
    "released on another way": "def f(a):\n    lock.acquire()\n    if a:\n        lock.release()\n        return\n    show()",
    "functions that acquire": "def f():\n    _acquire_lock()\n    show()\n    _release_lock()",
    "a decorator by its name": "@synchronized\ndef f():\n    show()",
    "a decorator of the file": """
        def alone(function):
            def wrapper():
                with lock:
                    function()
            return wrapper
        @alone
        def f():
            show()
        """,
    "a context manager of the file": """
        @contextlib.contextmanager
        def alone():
            with lock:
                yield
        def f():
            with alone():
                show()
        """,
    "a class that locks": """
        class Alone:
            def __enter__(self):
                lock.acquire()
            def __exit__(self, *details):
                lock.release()
        def f():
            with Alone():
                show()
        """,
    "its name says so": "def f_locked():\n    show()",
    "an item behind it": "def f():\n    with lock, show():\n        pass",
    "its documentation says so": 'def f():\n    """Clear it. The lock must be held."""\n    show()',
    "its documentation asks for it": 'def f():\n    """Callers must hold self._lock."""\n    show()',
    "its documentation tells how to call it": 'def f():\n    """Must be called with the lock held."""\n    show()',
}
NOT_LOCKED = {
    "no lock": "def f():\n    show()",
    "a file": "def f(path):\n    with open(path):\n        show()",
    "a clock, a block": "def f():\n    with clock, block:\n        show()",
    "one that is made for it": "def f():\n    with threading.Lock():\n        show()",
    "of an event loop": "async def f():\n    async with lock:\n        show()",
    "behind it": "def f():\n    with lock:\n        pass\n    show()",
    "released": "def f():\n    lock.acquire()\n    lock.release()\n    show()",
    "released in finally": "def f():\n    lock.acquire()\n    try:\n        g()\n    finally:\n        lock.release()\n    show()",
    "released in finally, further in": """
        def f(a):
            if a:
                lock.acquire()
                try:
                    g()
                finally:
                    lock.release()
                show()
        """,
    "before it": "def f():\n    show()\n    lock.acquire()",
    "an item before it": "def f():\n    with show(), lock:\n        pass",
    "its documentation says the contrary": 'def f():\n    """The lock must not be held."""\n    show()',
    "its documentation names one": 'def f():\n    """Unlock the door. It is called when a block is held."""\n    show()',
    "its documentation says it need not be": 'def f():\n    """Called without holding the lock."""\n    show()',
    "another one released": "def f():\n    gate.acquire()\n    gate.release()\n    lock.release()\n    show()",
    "of the function around": "def f():\n    with lock:\n        def g():\n            show()\n        return g",
    "in another function": "def f():\n    lock.acquire()\ndef g():\n    show()",
}
SERIAL = {
    "the module": "show()",
    "a class body": "class A:\n    show()",
    "a function of the module alone": "def f():\n    show()\nf()\nf()",
    "through another": "def _g():\n    show()\ndef f():\n    _g()\nf()",
    "a script": "if __name__ == '__main__':\n    show()",
    "a function of the script": "def f():\n    show()\nif __name__ == '__main__':\n    f()",
    "main": "def _g():\n    show()\ndef main():\n    _g()",
    "a decorator": "def mark(anything):\n    show()\n@mark\ndef f(): pass",
    "one that registers": "def mark(name):\n    def give(func):\n        show()\n        return func\n    return give",
    "one that wraps": "def give(anything):\n    show()\n    return functools.update_wrapper(print, anything)",
    "one that a decorator calls": "def mark(func):\n    def inner():\n        show()\n    inner()\n    return func",
    "when a class is made": "class A:\n    def __init_subclass__(cls):\n        show()",
    "a metaclass": "class A(type):\n    def __new__(cls, *args):\n        show()",
    "at the end": "def f():\n    show()\natexit.register(f)",
    "all callers lock": "def _f():\n    show()\ndef g():\n    with lock:\n        _f()\ndef h():\n    with lock:\n        _f()",
    "callers of callers lock": "def _f():\n    show()\ndef _g():\n    _f()\ndef h():\n    with lock:\n        _g()",
    "a method whose callers lock": """
        class A:
            def _f(self):
                show()
            def g(self):
                with self._lock:
                    self._f()
        """,
}
NOT_SERIAL = {
    "a public function": "def f():\n    show()\ndef g():\n    with lock:\n        f()",
    "a private one for others": "def _f():\n    show()",
    "one caller locks": "def _f():\n    show()\ndef g():\n    with lock:\n        _f()\ndef h():\n    _f()",
    "handed on": "def _f():\n    show()\nhandlers = [_f]",
    "called by the module and others": "def _f():\n    show()\n_f()\ndef g():\n    _f()",
    "a lambda": "f = lambda: show()",
    "it gives back an argument that is no function": "def f(number):\n    show()\n    return number",
    "a private one that calls itself": "def _f():\n    show()\n    _f()",
    "called by itself alone": "def f():\n    show()\n    f()",
    "what a decorator returns": "def mark(func):\n    def inner():\n        show()\n    return inner",
    "what a class hands on as it is made": """
        class A:
            def __init_subclass__(cls):
                def later():
                    show()
                cls.later = later
        """,
}


@pytest.mark.parametrize("program", LOCKED.values(), ids=LOCKED.keys())
def test_a_lock_is_held(program: str) -> None:
    assert at_show(program) == (True, True)


@pytest.mark.parametrize("program", (NOT_LOCKED | NOT_SERIAL).values(), ids=(NOT_LOCKED | NOT_SERIAL).keys())
def test_no_lock_is_held(program: str) -> None:
    assert at_show(program) == (False, False)


@pytest.mark.parametrize("program", SERIAL.values(), ids=SERIAL.keys())
def test_it_is_serialised_without_a_lock(program: str) -> None:
    assert at_show(program) == (False, True)


@pytest.mark.parametrize("path", ["test_a.py", "a_test.py", "tests/a.py", "conftest.py", "setup.py"])
def test_a_test_or_script_is_serialised(path: str) -> None:
    assert at_show("def f():\n    show()", path) == (False, True)


def test_what_imports_a_test_framework_is_a_test() -> None:
    assert at_show("import pytest\ndef f():\n    show()") == (False, True)
    assert at_show("def g():\n    import pytest\ndef f():\n    show()") == (False, False)


SELDOM = {
    "its name": "def register_codec():\n    show()",
    "all callers": "def _f():\n    show()\ndef _g():\n    _f()\ndef initialise():\n    _g()\ndef set_up():\n    _f()",
    "its documentation": 'def f():\n    """Forgets all. Only for use in testing."""\n    show()',
    "it sets handlers of signals": "import signal\ndef f():\n    show()\n    signal.signal(2, print)",
    "objects of class bodies": "class A:\n    def __init__(self):\n        show()\n    def __get__(self, *_): pass",
    "its name, in capitals": "def setUpModule():\n    show()",
    "a debugger": "import bdb\nclass A(bdb.Bdb):\n    def f(self):\n        show()",
    "its name tells of a fork": "def _before_fork():\n    show()",
    "in a process of its own": "def _run_in_subprocess():\n    show()",
}
NOT_SELDOM = {
    "another name": "def registered():\n    show()",
    "one caller": "def _f():\n    show()\ndef initialise():\n    _f()\ndef g():\n    _f()",
    "a public function": "def f():\n    show()\ndef initialise():\n    f()",
    "a helper of what starts each object": """
        class A:
            def initialize(self):
                self._f()
            @classmethod
            def _f(cls):
                show()
        """,
    "a helper of what may add often": "class A:\n    def _f(self):\n        show()\n    def add(self):\n        self._f()",
    "a test of something": 'def f():\n    """Used for testing whether all is well."""\n    show()',
    "it calls itself": "def _f():\n    show()\n    _f()\ndef initialise(): pass",
    "another method of a descriptor": "class A:\n    def f(self):\n        show()\n    def __get__(self, *_): pass",
}
IN_LOOP = {
    "a coroutine": "async def f():\n    show()",
    "what coroutines call": "def g():\n    show()\ndef f():\n    g()\nasync def h():\n    f()",
    "a method that they call": "class A:\n    def g(self):\n        show()\n    async def f(self):\n        self.g()",
    "a protocol": "class A(asyncio.Protocol):\n    def data_received(self, data):\n        show()",
    "a function in a coroutine": "async def f():\n    def g():\n        show()\n    g()",
}
NOT_IN_LOOP = {
    "a function": "def f():\n    show()",
    "handed to a thread": "def g():\n    show()\nasync def f():\n    g()\n    await asyncio.to_thread(g)",
    "called by others, too": "def g():\n    show()\nasync def f():\n    g()\ndef h():\n    g()",
    "functions that call each other": "def f():\n    show()\n    g()\ndef g():\n    f()\nasync def h(): pass",
    "a function in a coroutine, handed on": "async def f():\n    def g():\n        show()\n    await asyncio.to_thread(g)",
}


@pytest.mark.parametrize("program", SELDOM.values(), ids=SELDOM.keys())
def test_it_runs_seldom(program: str) -> None:
    assert at_call(program, PythonContext.runs_seldom)


@pytest.mark.parametrize("program", NOT_SELDOM.values(), ids=NOT_SELDOM.keys())
def test_it_may_run_often(program: str) -> None:
    assert not at_call(program, PythonContext.runs_seldom)


@pytest.mark.parametrize("program", IN_LOOP.values(), ids=IN_LOOP.keys())
def test_it_runs_in_an_event_loop(program: str) -> None:
    assert at_call(program, PythonContext.runs_in_loop)


@pytest.mark.parametrize("program", NOT_IN_LOOP.values(), ids=NOT_IN_LOOP.keys())
def test_it_may_run_outside_an_event_loop(program: str) -> None:
    assert not at_call(program, PythonContext.runs_in_loop)


def shared(program: str) -> dict[str, Shared]:
    return {one.name: one for one in context_of(program)[0].shared}


def kinds(program: str, name: str = "d") -> list[str]:
    """What functions do with a variable, in order: the kind, and how."""
    return [f"{use.kind} {use.how}".strip() for use in shared(program)[name].uses]


USES = {
    "global": ("d = 0\ndef f():\n    global d\n    d = 1", ["set"]),
    "del": ("d = 0\ndef f():\n    global d\n    del d", ["set"]),
    "taken apart": ("d = 0\ndef f():\n    global d\n    a, d = 1, 2", ["set"]),
    "a loop": ("d = 0\ndef f():\n    global d\n    for d in (): pass", ["set"]),
    "a walrus": ("d = 0\ndef f():\n    global d\n    (d := 1)", ["set"]),
    "an import": ("d = 0\ndef f():\n    global d\n    import e as d", ["set"]),
    "added": ("d = 0\ndef f():\n    global d\n    d += 1", ["add"]),
    "items": ("d = {}\ndef f():\n    d[1] = d[0]\n    del d[1]\n    d[1] += 1", ["item", "change []=", "change del", "change []+="]),
    "methods": ("d = {}\ndef f():\n    d.update(a=1)\n    d.get(1)", ["change update", "read get"]),
    "loops": ("d = {}\ndef f():\n    d.clear()\n    [a for a in d]\n    for a in d.items(): pass", ["change clear", "iterate", "iterate items"]),
    "passes": ("d = {}\ndef f():\n    d.clear()\n    max(d)\n    tuple(d.values())", ["change clear", "iterate", "iterate values"]),
    "atomic": ("d = {}\ndef f():\n    d.clear()\n    list(d)\n    sorted(d.items())\n    d.copy()", ["change clear", "read", "read items", "read copy"]),
    "nested": ("d = {}\ndef f():\n    d.clear()\n    d[1][2] = 3", ["change clear", "item"]),
}  # fmt: skip


@pytest.mark.parametrize(("program", "expected"), USES.values(), ids=USES.keys())
def test_uses(program: str, expected: list[str]) -> None:
    assert kinds(program) == expected


CLASS_USES = {
    "the class by name": ("class A:\n    n = 0\n    def f(self):\n        A.n += 1", ["add"]),
    "a class method": ("class A:\n    n = 0\n    @classmethod\n    def f(cls):\n        cls.n = 1", ["set"]),
    "the class of self": ("class A:\n    n = 0\n    def f(self):\n        self.__class__.n += 1\n        type(self).n = 1", ["add", "set"]),
    "a base": ("class B:\n    n = []\nclass A(B):\n    def f(self):\n        self.n.append(1)", ["change append"]),
    "set in a method alone": ("class A:\n    @classmethod\n    def f(cls):\n        if not hasattr(cls, 'n'):\n            cls.n = 1", ["read", "set"]),
}  # fmt: skip


@pytest.mark.parametrize(("program", "expected"), CLASS_USES.values(), ids=CLASS_USES.keys())
def test_uses_of_class_variables(program: str, expected: list[str]) -> None:
    (variable,) = shared(program).values()
    assert [f"{use.kind} {use.how}".strip() for use in variable.uses] == expected


@pytest.mark.parametrize(
    "program",
    [
        "d = {}\ndef f(d):\n    d[1] = 2",
        "d = {}\ndef f():\n    d = {}\n    d[1] = 2",
        "d = {}\nd[1] = 2\ndef f():\n    return d[1]",
        "class A:\n    n = {}\n    def __init__(self):\n        self.n = {}\n    def f(self):\n        self.n[1] = 2",
        "class A:\n    n = 0\n    def f(self):\n        self.n += 1",
    ],
    ids=["a parameter", "a local", "at import only", "an instance's own", "an instance's counter"],
)
def test_not_shared(program: str) -> None:
    assert shared(program) == {}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("{}", "dict"),
        ("[1]", "list"),
        ("set()", "set"),
        ("collections.defaultdict(list)", "defaultdict"),
        ("None", ""),
        ("made()", ""),
        ("threading.local()", ""),
    ],
)
def test_containers(value: str, kind: str) -> None:
    assert shared(f"d = {value}\ndef f():\n    d[1] = 2")["d"].container == kind
