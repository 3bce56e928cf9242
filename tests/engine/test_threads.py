"""Threads: which functions of a file run in them, and how."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from py314_check.api import InThreads
from py314_check.languages.python.context import PythonContext
from py314_check.languages.python.tree import Tree
from py314_check.model import Target
from py314_check.source import SourceFile

IMPORTS = """\
import _thread, asyncio, contextvars, functools, http.server, socketserver, threading
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
"""


def asked(program: str) -> InThreads | None:
    """How the function runs in which ``show()`` is called."""
    text = IMPORTS + textwrap.dedent(program)
    module = cst.parse_module(text)
    context = PythonContext(SourceFile("a.py", "python", text.encode(), text), Tree(module), Target())
    calls = [one for one in context.below(module) if isinstance(one, cst.Call) and context.dotted(one.func) == "show"]
    assert len(calls) == 1
    return context.in_threads(calls[0])


F = "def f(*a): show()\n"
IN_THREADS = {
    "a target": F + "threading.Thread(target=f)",
    "a target by position": F + "threading.Thread(None, f)",
    "a lambda": "threading.Thread(target=lambda: show())",
    "a partial": F + "threading.Thread(target=functools.partial(f, 1))",
    "a timer": F + "threading.Timer(1, f)",
    "_thread": F + "_thread.start_new_thread(f, ())",
    "a method": "class A:\n  def go(self): threading.Thread(target=self.f)\n  def f(self): show()",
    "run of a subclass": "class A(threading.Thread):\n  def run(self): show()",
    "run of a subclass of a subclass": "class A(threading.Thread): pass\nclass B(A):\n  def run(self): show()",
    "a subclass that is given a target": F + "class A(threading.Thread): pass\nA(target=f)",
    "super().__init__": "class A(threading.Thread):\n"
    "  def __init__(self): super().__init__(target=self.f)\n  def f(self): show()",
    "Thread.__init__": F
    + "class A(threading.Thread):\n  def __init__(self): threading.Thread.__init__(self, target=f)",
    "submit": F + "with ThreadPoolExecutor() as pool: pool.submit(f)",
    "map of an attribute": "class A:\n  def __init__(self): self.pool = futures.ThreadPoolExecutor()\n"
    "  def go(self): self.pool.map(self.f, [])\n  def f(self): show()",
    "an initializer": F + "ThreadPoolExecutor(4, initializer=f)",
    "a callback of a future": F + "ThreadPoolExecutor().submit(len, '').add_done_callback(f)",
    "a pool of multiprocessing": F + "ThreadPool(4).imap_unordered(f, [])",
    "the executor of a loop": F + "async def g(loop): await loop.run_in_executor(None, f)",
    "an executor for a loop": F + "async def g(loop): await loop.run_in_executor(ThreadPoolExecutor(), f)",
    "to_thread": F + "async def g(): await asyncio.to_thread(f, 1)",
    "a context": F + "threading.Thread(target=contextvars.copy_context().run, args=(f,))",
    "a server": "class H(http.server.BaseHTTPRequestHandler):\n  def do_GET(self): show()\n"
    "http.server.ThreadingHTTPServer(('', 80), H)",
    "a server of the file": "class S(socketserver.ThreadingMixIn, socketserver.TCPServer): pass\n"
    "class H(socketserver.BaseRequestHandler):\n  def handle(self): show()\nS(('', 80), H)",
    "called by it": F + "def g(): f()\nthreading.Thread(target=g)",
    "called by it, further away": F + "def g(): return [h()]\ndef h(): f()\nthreading.Thread(target=g)",
    "made by it": "class A:\n  def __init__(self): show()\ndef g(): A()\nthreading.Thread(target=g)",
    "inside it": "def g():\n  def f(): show()\n  f()\nthreading.Thread(target=g)",
    "with itself": "def f():\n  show()\n  f()\nthreading.Thread(target=f)",
}
NOT_IN_THREADS = {
    "the module": "show()\nthreading.Thread(target=len)",
    "called by whoever starts it": F + "def g(): pass\nthreading.Thread(target=g)\nf()",
    "a process": F + "import multiprocessing\nmultiprocessing.Process(target=f)",
    "a pool of processes": F + "with ProcessPoolExecutor() as pool: pool.submit(f)",
    "a pool of interpreters": F + "with futures.InterpreterPoolExecutor() as pool: pool.submit(f)",
    "an unknown pool": F + "def g(pool): pool.submit(f)",
    "an executor that may be anything": F + "async def g(loop, pool): await loop.run_in_executor(pool, f)",
    "a callback of the loop": F + "def g(loop): loop.call_soon_threadsafe(f)\nthreading.Thread(target=g)",
    "a lambda for the loop": "def g(loop): loop.call_soon_threadsafe(lambda: show())\nthreading.Thread(target=g)",
    "a coroutine": "async def f(): show()\ndef g(): f()\nthreading.Thread(target=g)",
    "a callback of asyncio": F + "async def g(): asyncio.create_task(h()).add_done_callback(f)\nasync def h(): pass",
    "decorated with what nobody knows": "@on_main\n" + F + "threading.Thread(target=f)",
    "a server for one at a time": "class H(http.server.BaseHTTPRequestHandler):\n  def do_GET(self): show()\n"
    "http.server.HTTPServer(('', 80), H)",
    "a method of the thread that is not called": "class A(threading.Thread):\n"
    "  def run(self): pass\n  def stop(self): show()",
    "a class of its own": F + "class Thread:\n  def __init__(self, target): pass\nThread(target=f)",
    "the current thread": F + "threading.current_thread().name",
}


@pytest.mark.parametrize("program", IN_THREADS.values(), ids=IN_THREADS)
def test_it_runs_in_threads(program: str) -> None:
    assert asked(program) is not None


@pytest.mark.parametrize("program", NOT_IN_THREADS.values(), ids=NOT_IN_THREADS)
def test_it_does_not(program: str) -> None:
    assert asked(program) is None


@pytest.mark.parametrize(
    ("program", "many"),
    [
        ("threading.Thread(target=f)", False),
        ("for _ in x: threading.Thread(target=f)", True),
        ("[threading.Thread(target=f) for _ in x]", True),
        ("for _ in (threading.Thread(target=f), 1): pass", False),
        ("for _ in x:\n  def g(): threading.Thread(target=f)", False),
        ("threading.Thread(target=f)\nthreading.Thread(target=f)", True),
        ("with ThreadPoolExecutor() as pool: pool.submit(f)", False),
        ("with ThreadPoolExecutor() as pool: pool.map(f, x)", True),
        ("class A(threading.Thread):\n  def run(self): f()\nA()", False),
        ("class A(threading.Thread):\n  def run(self): f()\nA()\nA()", True),
    ],
)
def test_several_threads_may_run_it(program: str, many: bool) -> None:
    use = asked(F + program)
    assert use is not None
    assert use.many is many


@pytest.mark.parametrize(
    ("program", "given"),
    [
        ("threading.Thread(target=f)", False),
        ("threading.Thread(target=f, context=contextvars.Context())", True),
        ("threading.Thread(target=contextvars.copy_context().run, args=(f,))", True),
        ("async def g(): await asyncio.to_thread(f)", True),
        ("async def g(): await asyncio.to_thread(f)\nthreading.Thread(target=f)", False),
    ],
)
def test_it_is_given_a_context(program: str, given: bool) -> None:
    use = asked(F + program)
    assert use is not None
    assert use.in_context is given


def test_arguments_are_those_of_the_function() -> None:
    program = """
    def f(*a): show()
    threading.Thread(target=f, args=(1, 2))
    threading.Timer(1, f, [3])
    """
    use = asked(program)
    assert use is not None
    given = [[cst.ensure_type(one, cst.Integer).value for one in start.arguments] for start in use.starts]
    assert given == [["1", "2"], ["3"]]
