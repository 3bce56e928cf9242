"""Types: what a value certainly is an instance of, and what cannot be told."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest
from helpers.scanning import found

from py314_check.languages.python.context import PythonContext
from py314_check.languages.python.tree import Tree
from py314_check.model import Target
from py314_check.source import SourceFile

IMPORTS = """\
import ast, asyncio, configparser, contextlib, enum, gzip, sqlite3, tarfile, tempfile, typing, unittest, wave, zipfile
from pathlib import Path
"""


def asked(program: str) -> list[frozenset[str]]:
    """The types of ``x`` in every ``show(x)`` of a program."""
    context, nodes = _shown(program)
    return [context.types(node) for node in nodes]


def _shown(program: str) -> tuple[PythonContext, list[cst.BaseExpression]]:
    """The context of a program, and each ``x`` of ``show(x)`` in it."""
    text = IMPORTS + textwrap.dedent(program)
    module = cst.parse_module(text)
    context = PythonContext(SourceFile("a.py", "python", text.encode(), text), Tree(module), Target())
    nodes: list[cst.BaseExpression] = []

    class Shows(cst.CSTVisitor):
        def visit_Call(self, node: cst.Call) -> None:
            if isinstance(node.func, cst.Name) and node.func.value == "show":
                nodes.append(node.args[0].value)

    module.visit(Shows())
    return context, nodes


CERTAIN = {
    "a constructor": ("x = configparser.ConfigParser()\nshow(x)", "configparser.RawConfigParser"),
    "a function of the library": ("show(tarfile.open('x'))", "tarfile.TarFile"),
    "a method of the library": ("show(sqlite3.connect('x').cursor())", "sqlite3.Cursor"),
    "with": ("with tarfile.open('x') as t:\n    show(t)", "tarfile.TarFile"),
    "for": ("for p in Path('x').iterdir():\n    show(p)", "pathlib.PurePath"),
    "a comprehension": ("[show(p) for p in Path('x').glob('*')]", "pathlib.Path"),
    "an annotated parameter": ("def f(p: Path): show(p)", "pathlib.PurePath"),
    "a string annotation": ("def f(p: 'Path | None'): show(p)", "pathlib.Path"),
    "Optional": ("def f(p: typing.Optional[Path]): show(p)", "pathlib.Path"),
    "a list of them": ("def f(ps: list[Path]):\n    for p in ps: show(p)", "pathlib.Path"),
    "an attribute of the library": ("show(Path('x').parent)", "pathlib.Path"),
    "an operator of the library": ("show(Path('x') / y)", "pathlib.Path"),
    "None first, the object later": (
        "class A:\n    db = None\n    def f(self):\n        self.db = sqlite3.connect('x')\n    def g(self): show(self.db)",
        "sqlite3.Connection",
    ),
    "self in a subclass": ("class A(unittest.TestCase):\n    def f(self): show(self)", "unittest.TestCase"),
    "through a class of the file": (
        "class A(unittest.IsolatedAsyncioTestCase): ...\nclass B(A): ...\nshow(B())",
        "unittest.TestCase",
    ),
    "super": ("class A(ast.NodeVisitor):\n    def f(self): show(super())", "ast.NodeVisitor"),
    "a function of the file": (
        "def f():\n    c = configparser.ConfigParser()\n    return c\nshow(f())",
        "configparser.ConfigParser",
    ),
    "its annotation": ("def f() -> Path: ...\nshow(f())", "pathlib.Path"),
    "a property": ("class A:\n    @property\n    def p(self) -> Path: ...\nshow(A().p)", "pathlib.Path"),
    "isinstance": ("def f(n):\n    if isinstance(n, ast.Constant) and n: show(n)", "ast.Constant"),
    "isinstance that leaves": (
        "def f(n):\n    if not isinstance(n, ast.Constant): return\n    show(n)",
        "ast.Constant",
    ),
    "assert isinstance": ("def f(n):\n    assert isinstance(n, ast.Constant)\n    show(n)", "ast.Constant"),
    "one of several": ("def f(n):\n    if isinstance(n, (ast.Str, ast.Num)): show(n)", "ast.Constant"),
    "match": ("def f(n):\n    match n:\n        case ast.Constant(): show(n)", "ast.Constant"),
    "what is not in Python 2 alone": (
        "try:\n    from HTMLParser import HTMLParser as P\nexcept ImportError:\n    from html.parser import HTMLParser as P\n"
        "show(P())",
        "html.parser.HTMLParser",
    ),
    "what is in the library": (
        "try:\n    from threading import Thread\nexcept ImportError:\n    from dummy_threading import Thread\nshow(Thread())",
        "threading.Thread",
    ),
    "a module of six.moves": (
        "import six\nshow(six.moves.configparser.ConfigParser())",
        "configparser.RawConfigParser",
    ),
    "a name of six.moves": ("from six.moves.queue import Queue\nshow(Queue())", "queue.Queue"),
    "a visitor's node": ("class V(ast.NodeVisitor):\n    def visit_Constant(self, n): show(n)", "ast.Constant"),
    "code of a function": ("show(f.__code__)", "types.CodeType"),
    "a coroutine": ("async def f(): ...\nshow(f())", "types.CoroutineType"),
    "a generator": ("def f(): yield\nshow(f())", "types.GeneratorType"),
    "true division": ("n = 10\nshow(n / 2)", "builtins.float"),
    "not": ("show(not y)", "builtins.bool"),
    "either way": ("x = Path('a') if y else Path('b')\nshow(x)", "pathlib.Path"),
    "a star import": ("from zipfile import *\nshow(ZipFile('x'))", "zipfile.ZipFile"),
    "a built-in that a star import has replaced": ("from os import *\nshow(open('x'))", "builtins.int"),
    "a base from a star import": ("from zipfile import *\nclass A(ZipFile): ...\nshow(A('x'))", "zipfile.ZipFile"),
    "closing": ("with contextlib.closing(tarfile.open('x')) as t: show(t)", "tarfile.TarFile"),
    "a stack of contexts": (
        "with contextlib.ExitStack() as s: show(s.enter_context(tarfile.open('x')))",
        "tarfile.TarFile",
    ),
    "closing, by a name": ("c = contextlib.closing(sqlite3.connect('x'))\nwith c as x: show(x)", "sqlite3.Connection"),
    "attributes that take a tuple apart": (
        "class A:\n    def __init__(self): self.a, self.b = 1, Path('a')\n    def f(self): show(self.b)",
        "pathlib.Path",
    ),
    "the members of an enumeration": ("class A(enum.Enum):\n    B = 1\nfor a in A: show(a)", "enum.Enum"),
    "its members, from a method of it": (
        "class A(str, enum.Enum):\n    @classmethod\n    def f(cls): return [show(m) for m in cls]",
        "builtins.str",
    ),
    "a coroutine of the library": ("show(asyncio.sleep(1))", "types.CoroutineType"),
    "a coroutine of a method": ("show(asyncio.Lock().acquire())", "types.CoroutineType"),
    "what a coroutine of the library gives": (
        "async def f(): show(await asyncio.create_subprocess_exec('x'))",
        "asyncio.subprocess.Process",
    ),
    "async with": ("async def f():\n    async with asyncio.TaskGroup() as g: show(g)", "asyncio.TaskGroup"),
    "a file": ("with open('x') as f: show(f)", "io.TextIOWrapper"),
    "a binary file": ("show(open('x', mode='rb'))", "io.BufferedReader"),
    "a file that is written": ("MODE = 'wb'\nshow(Path('x').open(MODE))", "io.BufferedWriter"),
    "a file of unknown mode": ("show(open('x', y))", "_io._IOBase"),
    "a file without a buffer": ("show(open('x', 'rb', 0))", "_io._IOBase"),
    "a compressed file": ("show(gzip.open('x'))", "gzip.GzipFile"),
    "a compressed text": ("show(gzip.open('x', 'rt'))", "io.TextIOWrapper"),
    "a member of an archive": ("show(zipfile.ZipFile('x').open('a'))", "zipfile.ZipExtFile"),
    "a sound": ("show(wave.open('x', 'rb'))", "wave.Wave_read"),
    "except": ("try: ...\nexcept OSError as e: show(e)", "builtins.OSError"),
}

UNKNOWN = {
    "one of two of a third party": (
        "try:\n    from regex_ import Pattern as P\nexcept ImportError:\n    from html.parser import HTMLParser as P\nshow(P())"
    ),
    "the node of a visitor that is never called": "class V(ast.NodeVisitor):\n    def visit_Num(self, n): show(n)",
    "a parameter": "def f(x): show(x)",
    "rebound": "x = Path('a')\nx = y(x)\nshow(x)",
    "set in one branch": "x = y\nif z: x = Path('a')\nshow(x)",
    "or something else": "show(y or Path('a'))",
    "an attribute that another method sets": (
        "class A:\n    def f(self): self.p = Path('a')\n    def g(self, p): self.p = p\n    def h(self): show(self.p)"
    ),
    "bound anew behind the test": "def f(n):\n    if isinstance(n, ast.Constant):\n        n = y(n)\n        show(n)",
    "the other arm of the test": "def f(n):\n    if isinstance(n, ast.Constant): ...\n    else: show(n)",
    "a class of another file": "from x import Path\nshow(Path('a'))",
    "a comparison of what is unknown": "show(y == z)",
    "a division of what is unknown": "show(y / z)",
    "a decorated function": "@contextlib.contextmanager\ndef f(): yield\nshow(f())",
    "closing": "with contextlib.closing(y) as x: show(x)",
    "what a context manager gives": "with tempfile.TemporaryDirectory() as x: show(x)",
    "what a context manager of the file gives": (
        "class A(tarfile.TarFile):\n    def __enter__(self): ...\nwith A('x') as x: show(x)"
    ),
    "a class, iterated over": "class A:\n    B = 1\nfor a in A: show(a)",
    "an enumeration with a metaclass": "class A(enum.Enum, metaclass=M):\n    B = 1\nfor a in A: show(a)",
    "an attribute that takes apart what is unknown": (
        "class A:\n    def __init__(self): self.a, self.b = y\n    def f(self): show(self.b)"
    ),
    "a functional named tuple": "N = typing.NamedTuple('N', [])\nshow(N)",
    "a functional enumeration": "show(enum.Enum('E', 'A'))",
    "a circle": "def f(): return g()\ndef g(): return f()\nshow(f())",
    "itself": "x = x\nshow(x)",
    "what is awaited": "async def f(): show(await asyncio.sleep(1, y))",
    "a compressed file of unknown mode": "show(gzip.open('x', y))",
    "a compressed file of hidden mode": "show(gzip.open('x', *y))",
    "a sound of unknown mode": "show(wave.open('x', y))",
    "behind a star import of another module": "from zipfile import *\nfrom x import *\nshow(ZipFile('x'))",
    "a built-in that a star import may have replaced": "from x import *\nshow(dict())",
}


@pytest.mark.parametrize(("program", "expected"), CERTAIN.values(), ids=CERTAIN)
def test_certain(program: str, expected: str) -> None:
    (types,) = asked(program)
    assert expected in types


@pytest.mark.parametrize("program", UNKNOWN.values(), ids=UNKNOWN)
def test_unknown(program: str) -> None:
    assert asked(program) == [frozenset()]


def told(program: str) -> list[tuple[str | None, tuple[str, int] | None, str]]:
    """The string, the element and the value of ``x`` in every ``show(x)`` of a program, as code."""
    context, nodes = _shown(program)
    found = []
    for node in nodes:
        element = context.element(node)
        written = None if element is None else (_code(element[0]), element[1])
        found.append((context.string(node), written, _code(context.value(node))))
    return found


def _code(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)


STRINGS = {
    "a name": "x = 'a'\nshow(x)",
    "an attribute of self": "class A:\n    X = 'a'\n    def f(self): show(self.X)",
    "of the class": "class A:\n    X = 'a'\n    @classmethod\n    def f(cls): show(cls.X)",
    "of the class by its name": "class A:\n    X = 'a'\nshow(A.X)",
    "of an instance": "class A:\n    X = 'a'\nshow(A().X)",
    "of a base of the file": "class A:\n    X = 'a'\nclass B(A):\n    def f(self): show(self.X)",
    "set in a method": "class A:\n    def __init__(self): self.x = 'a'\n    def f(self): show(self.x)",
    "set beside another": "class A:\n    def __init__(self, y): self.x, self.y = 'a', y\n    def f(self): show(self.x)",
    "annotated": "class A:\n    X: typing.ClassVar[str] = 'a'\nshow(A.X)",
    "an attribute of that name of another class": (
        "class A:\n    X = 'a'\nclass B:\n    def f(self): self.X = 'b'\nB().X = 'b'\nshow(A.X)"
    ),
    "of a class with an unknown base": "class A(y):\n    X = 'a'\nshow(A.X)",
}
NO_STRINGS = {
    "an attribute set twice": "class A:\n    X = 'a'\n    def f(self): self.X = 'b'\n    def g(self): show(self.X)",
    "added to": "class A:\n    X = 'a'\n    X += 'b'\nshow(A.X)",
    "set in a subclass": "class A:\n    X = 'a'\n    def f(self): show(self.X)\nclass B(A):\n    X = 'b'",
    "set in a base": "class A:\n    X = 'b'\nclass B(A):\n    X = 'a'\nshow(B.X)",
    "set from outside": "class A:\n    X = 'a'\nA.X = 'b'\nshow(A.X)",
    "set on what may be an instance": "class A:\n    X = 'a'\n    def f(self): show(self.X)\ny.X = 'b'",
    "set in a branch": "class A:\n    if y: X = 'a'\nshow(A.X)",
    "of an unknown base first": "class A:\n    X = 'a'\nclass B(y, A): ...\nshow(B.X)",
    "a property": "class A:\n    @property\n    def x(self): return 'a'\nshow(A().x)",
    "of a member of an enumeration": "class A(str, enum.Enum):\n    X = 'a'\nshow(A.X)",
    "a field of a data class": "@dataclass\nclass A:\n    x: str = 'a'\n    def f(self): show(self.x)",
    "a field of what may be a model": "class A(y):\n    x: str = 'a'\n    def f(self): show(self.x)",
    "a field of a named tuple": "class A(typing.NamedTuple):\n    x: str = 'a'\n    def f(self): show(self.x)",
    "of an unknown object": "show(y.X)",
    "of a module": "show(ast.X)",
}
ELEMENTS = {
    "a subscript": ("show(f()[0])", ("f()", 0)),
    "a name for one": ("x = f()[1]\nshow(x)", ("f()", 1)),
    "of a name": ("x = f()\nshow(x[0])", ("f()", 0)),
    "a tuple of names": ("x, y = f()\nshow(y)", ("f()", 1)),
    "of a name, taken apart": ("z = f()\nx, y = z\nshow(y)", ("f()", 1)),
    "attributes": (
        "class A:\n    def __init__(self): self.x, self.y = f()\n    def g(self): show(self.y)",
        ("f()", 1),
    ),
    "an attribute for one": ("class A:\n    X = f()[0]\nshow(A.X)", ("f()", 0)),
    "a starred tuple": ("*x, y = f()\nshow(y)", None),
    "a nested tuple": ("(x, y), z = f()\nshow(y)", None),
    "a loop": ("for x, y in f(): show(y)", None),
    "with": ("with f() as (x, y): show(y)", None),
    "set again": ("x, y = f()\nif z: y = 1\nshow(y)", None),
    "an attribute set again": (
        "class A:\n    y = None\n    def __init__(self): self.x, self.y = f()\n    def g(self): show(self.y)",
        None,
    ),
    "a slice": ("show(f()[:1])", None),
    "a computed index": ("show(f()[i])", None),
}
VALUES = {
    "a file": ("with open('a') as x: show(x)", "open('a')"),
    "an archive": ("with tarfile.open('a') as x: show(x)", "tarfile.open('a')"),
    "closing": ("with contextlib.closing(tarfile.open('a')) as x: show(x)", "x"),
    "what gives something else": ("with tempfile.TemporaryDirectory() as x: show(x)", "x"),
    "what is unknown": ("with y as x: show(x)", "x"),
    "an attribute": ("class A:\n    X = 'a'\nshow(A.X)", "A.X"),
}


@pytest.mark.parametrize("program", STRINGS.values(), ids=STRINGS)
def test_strings(program: str) -> None:
    assert [string for string, _, _ in told(program)] == ["a"]


@pytest.mark.parametrize("program", NO_STRINGS.values(), ids=NO_STRINGS)
def test_what_is_not_certainly_a_string(program: str) -> None:
    assert [string for string, _, _ in told(program)] == [None]


@pytest.mark.parametrize(("program", "expected"), ELEMENTS.values(), ids=ELEMENTS)
def test_elements(program: str, expected: tuple[str, int] | None) -> None:
    assert [element for _, element, _ in told(program)] == [expected]


@pytest.mark.parametrize(("program", "expected"), VALUES.values(), ids=VALUES)
def test_values(program: str, expected: str) -> None:
    assert [value for _, _, value in told(program)] == [expected]


def test_attributes_that_are_set_from_one_another_take_no_time() -> None:
    """Each way through them was gone once: this would not end."""
    methods = "".join(f"    def m{i}(self): self.a{i} = self.a{i + 1} or self.a{i + 2}\n" for i in range(60))
    assert asked(f"class A:\n{methods}    def f(self): show(self.a0)\n") == [frozenset()]


def test_names_that_are_set_from_one_another_take_no_time() -> None:
    steps = "        if g(0): count = count - 1\n" * 40
    program = f"import re\ncount = 0\ndef f(k):\n    global count\n    if k:\n{steps}    if count:\n        re.sub('a', '', '', 1)\n"
    assert [one.code for one in found(program, codes="DPR")] == ["DPR003"]


def test_what_is_compiled_counts_also_where_it_never_runs() -> None:
    assert [one.symbol for one in found("if 0:\n    x = '\\d'\n", codes="SYN")] == ["invalid escape"]


def test_a_rule_does_not_run_before_its_version() -> None:
    program = "class A:\n    x: int\n    print(__annotations__)\n"
    assert [one.code for one in found(program, target="3.14")] == ["CHG103"]
    assert found(program, target="3.13") == []
