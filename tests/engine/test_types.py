"""Types: what a value certainly is an instance of, and what cannot be told."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest
from helpers.scanning import found

from py314_check.languages.python.context import PythonContext
from py314_check.model import Target
from py314_check.source import SourceFile

IMPORTS = "import ast, asyncio, configparser, contextlib, enum, sqlite3, tarfile, typing, unittest\nfrom pathlib import Path\n"


def asked(program: str) -> list[frozenset[str]]:
    """The types of ``x`` in every ``show(x)`` of a program."""
    text = IMPORTS + textwrap.dedent(program)
    module = cst.parse_module(text)
    context = PythonContext(SourceFile("a.py", "python", text.encode(), text), module, Target())
    calls: list[cst.Call] = []

    class Shows(cst.CSTVisitor):
        def visit_Call(self, node: cst.Call) -> None:
            if isinstance(node.func, cst.Name) and node.func.value == "show":
                calls.append(node)

    module.visit(Shows())
    return [context.types(call.args[0].value) for call in calls]


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
    "except": ("try: ...\nexcept OSError as e: show(e)", "builtins.OSError"),
}

UNKNOWN = {
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
    "a functional named tuple": "N = typing.NamedTuple('N', [])\nshow(N)",
    "a functional enumeration": "show(enum.Enum('E', 'A'))",
    "a circle": "def f(): return g()\ndef g(): return f()\nshow(f())",
    "itself": "x = x\nshow(x)",
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


def test_attributes_that_are_set_from_one_another_take_no_time() -> None:
    """Each way through them was gone once: this would not end."""
    methods = "".join(f"    def m{i}(self): self.a{i} = self.a{i + 1} or self.a{i + 2}\n" for i in range(60))
    assert asked(f"class A:\n{methods}    def f(self): show(self.a0)\n") == [frozenset()]


def test_names_that_are_set_from_one_another_take_no_time() -> None:
    steps = "        if g(0): count = count - 1\n" * 40
    program = f"import re\ncount = 0\ndef f(k):\n    global count\n    if k:\n{steps}    if count:\n        re.sub('a', '', '', 1)\n"
    assert [one.code for one in found(program)] == ["DPR003"]


def test_what_is_compiled_counts_also_where_it_never_runs() -> None:
    assert [one.symbol for one in found("if 0:\n    x = '\\d'\n", codes="SYN")] == ["invalid escape"]


def test_a_rule_does_not_run_before_its_version() -> None:
    program = "class A:\n    x: int\n    print(__annotations__)\n"
    assert [one.code for one in found(program, target="3.14")] == ["CHG103"]
    assert found(program, target="3.13") == []
