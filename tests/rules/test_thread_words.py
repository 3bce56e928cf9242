"""The word tests of the rules about threads lose nothing that the rules find."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from helpers import layouts
from helpers.scanning import scan_source
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from py314_rules.threads import _classes, _outlined

from py314_check.languages.python import sharing, types
from py314_check.registry import all_rules
from py314_check.words import WordTest

FIXTURES = Path(__file__).parent.parent / "fixtures"
CODES = "GIL"
TEST = WordTest([rule for rule in all_rules() if rule.code.startswith(CODES)])

LAYOUTS = {
    **layouts.LAYOUTS,
    "one blank": lambda source: source.replace("    ", " "),
    "form feeds before lines": lambda source: source.replace("\n\n", "\n\x0c\n\x0c"),
    "comments": lambda source: source.replace(":\n", ":  # def f(: x\n\n# class A:\n"),
    "strings that look like code": lambda source: f'_ = """\nclass A:\ndef main():\n"""\n{source}',
}
FILES = sorted(path for path in FIXTURES.glob("GIL*/*.py") if not path.name.startswith("test_"))


def lost(source: bytes) -> list[tuple[str, int, str]]:
    """What is found without the word test, and not with it."""
    without = scan_source(source, word_test=False, codes=CODES).findings
    kept = scan_source(source, codes=CODES).findings
    return [(one.code, one.place.line, one.symbol) for one in without if one not in kept]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_fixtures_in_all_layouts(file: Path, layout: str) -> None:
    assert lost(LAYOUTS[layout](file.read_text("utf-8")).encode()) == []


def test_the_tables_are_those_of_the_engine() -> None:
    assert _outlined._CHANGING == sharing._CHANGING
    assert {*_outlined._CONTAINERS} == {*sharing._CONTAINERS.values()}
    iterating = {name.rpartition(".")[2] for name in sharing._ITERATING | sharing._WRITERS}
    assert {*_outlined._ITERATING} == {*iterating, "join"}
    assert {*_classes.GIVEN_CLASS} == types._IMPLICIT_CLASSMETHODS


ODD = {
    "GIL101": {
        "a lambda": "import json\nX = {}\ndump = lambda: json.dumps(X)\nput = lambda k: X.update(k)",
        "an alias of the kind": "from collections import deque as D\nX = D()\ndef f(): X.append(1)\ndef g():\n for a in X: h(a)",
        "another alias": "D = dict\nX = D()\ndef f(k): X[k] = 1\ndef g(): return max(X)",
        "a tuple": "A, X = 1, {}\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "a chain": "A = X = {}\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "a value in brackets": "X = (  # c\n {})\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "an annotation in lines": "X: dict[\n str, int] = {}\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "bound in a block": "try:\n import y\nexcept ImportError:\n X = {}\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "bound in one line": "if a: X = {}\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "behind a semicolon": "a = 1; X = {}\ndef f(k): X[k] = 1\ndef g(): return [a for a in X]",
        "keywords in lines": "X = {}\ndef f(k):\n  X[k] = 1\n  g(\n    X=1,\n  )\ndef g(): return [a for a in X]",
        "a key in lines": "X = {}\ndef f(k):\n  X[\n k\n ] = 1\ndef g(): return [a for a in X]",
        "blanks": "X = {}\ndef f(k): X . update (k)\ndef g():\n  for a in ( X ) : h(a)",
        "a backslash": "X = {}\ndef f(k): X \\\n .update(k)\ndef g():\n  for a \\\n in X: h(a)",
        "an f-string": "X = {}\ndef f(k): X[k] = 1\ndef g(): return f\"{', '.join(X)} (\"",
        "a nested string": "X = {}\ndef f(k): X[k] = 1\ndef g(): return f\"{X[\"a\"]} {max(X)}\"",
        "a class inside": "def f():\n class A:\n  X = {}\n  @classmethod\n  def g(cls, k): cls.X[k] = 1\n  @classmethod\n  def h(cls): return max(cls.X)",
        "a block in a class": "class A:\n if a:\n  X = {}\n def g(self, k): self.X[k] = 1\n def h(self): return max(self.X)",
        "an instance elsewhere": "class A:\n X = {}\nclass B:\n X = {}\n def __init__(self): self.X = {}\ndef f(a: A, k): a.X[k] = 1\ndef g(a: A): return max(a.X)",
        "a name with an accent": "Ã¼ = {}\ndef f(k): Ã¼[k] = 1\ndef g(): return max(Ã¼)".encode("latin-1").decode(),
        "as a keyword": "import json\nX = {}\ndef f(k): X[k] = 1\ndef g(): return json.dumps(obj=X)",
        "renamed": "from json import dumps as d\nX = {}\ndef f(k): X[k] = 1\ndef g(): return d(X)",
        "bound by a function": "def f():\n global X\n X = {}\ndef g(k): X[k] = 1\ndef h(): return max(X)",
    },
    "GIL103": {
        "one line": "X = None\ndef f():\n global X; X = X or make()",
        "a one-line function": "X = None\ndef f(): global X; X = X or make()",
        "declared in lines": "X = None\ndef f():\n global a, \\\n  X\n if X is None: X = 1",
        "a form feed": "X = None\ndef f():\n\x0c global X\n if X is None: X = 1",
        "a small name": "class a:\n x = None\ndef f():\n if a.x is None: a.x = 1",
        "another first parameter": "class A:\n x = None\n @classmethod\n def f(klass):\n  if not klass.x: klass.x = 1",
        "decorators": "class A:\n x = None\n @classmethod\n @wraps(\n  1)\n def f(k):\n  if not k.x: k.x = 1",
        "__new__": "class A:\n x = None\n def __new__(c):\n  if not c.x: c.x = 1",
        "self that is a class": "class A:\n x = None\n @classmethod\n def f(self):\n  if not self.x: self.x = 1",
        "a variable": "class A:\n x = None\n def f(self):\n  k = type(self)\n  if not k.x: k.x = 1",
        "a variable in brackets": "class A:\n x = None\n def f(self):\n  k = (\n   A)\n  if not k.x: k.x = 1",
        "type()": "class A:\n x = None\n def f(self):\n  if not type(self).x: type(self).x = 1",
        "brackets": "class A:\n x = None\ndef f():\n  if not (A).x: (A).x = 1",
        "an annotation": "class A:\n x = None\ndef f(k: type[A]):\n  if not k.x: k.x = 1",
        "an annotation in a string": "class A:\n x = None\ndef f(k: 'type[A]'):\n  if not k.x: k.x = 1",
        "a union": "from typing import Optional, Type\nclass A:\n x = None\ndef f(a: int, k: Optional[Type[A]]):\n  if not k.x: k.x = 1",
        "an inner class": "class B:\n class A:\n  x = None\n def f(self):\n  if not self.A.x: self.A.x = 1",
        "a function that gives it": "class A:\n x = None\ndef k():\n return A\ndef f():\n  if not k().x: k().x = 1",
        "a property that gives it": "class A:\n x = None\n @property\n def k(self):\n  return A\n def f(self):\n  if not self.k.x: self.k.x = 1",
        "hasattr": "class A:\n @classmethod\n def f(cls):\n  if not hasattr(cls, 'x'): cls.x = 1",
        "an early return": "X = None\ndef f():\n global X\n if X: return X\n X = make()\n return X",
        "compared in brackets": "X = None\ndef f():\n global X\n if (X) is (None): X = 1",
    },
    "GIL104": {
        "a comprehension": "X = {}\ndef f(ks): return [X.pop(k) for k in ks if k in X]",
        "a conditional": "X = []\ndef f(): return X.pop() if X else None",
        "an operator": "X = []\ndef f(): return X and X.pop()",
        "looked up outside": "X = {}\ndef f(k):\n v = X.get(k)\n def g():\n  if v is None: X[k] = 1\n return g",
        "a handler": "X = {}\ndef f(k):\n try: return X[k]\n except KeyError: X[k] = 1",
        "a class": "class A:\n X = []\n @classmethod\n def f(cls):\n  if cls.X: cls.X.pop()",
        "deleted in brackets": "X = {}\ndef f(k):\n if k in X: del (X[k])",
    },
    "GIL105": {
        "an element of what a call gave": "X = make()\ndef f(k): X[k] += 1",
        "an imported name": "from m import X\ndef f(k): X[k] += 1",
        "an f-string that shows": "X = make()\ndef f(k): X[k] += f'{k[0]=}'",
        "a variable": "X = 0\ndef f():\n global X\n X = 1 + X",
        "a class": "class a:\n X = 0\ndef f(): a.X = a.X + 1",
        "later on a class": "class A: pass\nA.X = make()\ndef f(k): A.X[k] += 1",
        "later on a class, and through self": "class A:\n def f(self, k): self.X[k] += 1\nA.X = make()",
        "a chain": "X = 0\ndef f():\n global X\n y = X = X + 1",
        "a value in lines": "X = 0\ndef f():\n global X\n X = (\n  X\n  + 1)",
    },
    "GIL102": {
        "a small class": "import threading\nlock = threading.Lock()\nclass a:\n X = 0\ndef f():\n with lock: a.X = 1\ndef g(): a.X = 2",
        "a lock of any name": "import threading\nguard = threading.Lock()\nX = {}\ndef f(k):\n with guard: X[k] = 1\ndef g(k): X[k] = 2",
        "with in lines": "X = {}\ndef f(k):\n with (a,\n  lock): X[k] = 1\ndef g(k): X[k] = 2",
        "a docstring": 'X = {}\ndef f(k):\n """The lock must be held."""\n X[k] = 1\ndef g(k): X[k] = 2',
        "in one function": "X = {}\ndef f(k):\n X[k] = 1\n with lock: X[k] = 2",
        "unpacked": "X = 0\ndef f():\n global X\n with lock: X, y = 1, 2\ndef g():\n global X\n X, y = 1, 2",
        "by functions that take and give back": "X = {}\ndef f(k):\n _acquire_lock()\n X[k] = 1\n _release_lock()\ndef g(k): X[k] = 2",
        "a decorator": "X = {}\n@synchronized\ndef f(k): X[k] = 1\ndef g(k): X[k] = 2",
        "a decorator of the file": "X = {}\ndef one_by_one(f):\n def inner(*a):\n  with lock: return f(*a)\n return inner\n@one_by_one\ndef f(k): X[k] = 1\ndef g(k): X[k] = 2",
        "a lock of any name that is given": "import threading\nX = {}\ndef f(k, guard: threading.Lock):\n with guard: X[k] = 1\ndef g(k): X[k] = 2",
        "a lock of any name that a function makes": "import threading\nX = {}\ndef make(): return threading.Lock()\nguard = make()\ndef f(k):\n with guard: X[k] = 1\ndef g(k): X[k] = 2",
        "a lock of any name of an object": "import threading\nX = {}\nclass A:\n def __init__(self): self.guard = threading.RLock()\n def f(self, k):\n  with self.guard: X[k] = 1\ndef g(k): X[k] = 2",
        "an item of locks": "X = {}\ndef f(k):\n with locks[k]: X[k] = 1\ndef g(k): X[k] = 2",
        "a method of a lock": "X = {}\ndef f(k):\n with rwlock.reading(): X[k] = 1\ndef g(k): X[k] = 2",
        "through a function": "X = {}\ndef held():\n with lock: yield\ndef f(k):\n with held(): X[k] = 1\ndef g(k): X[k] = 2",
    },
    "GIL107": {
        "a class's variable": "class A:\n X = 0\n @classmethod\n def f(cls):\n  old = cls.X\n  cls.X = 1\n  try: g()\n  finally: cls.X = old",
        "a module's variable": "X = 0\ndef f():\n global X\n old, X = X, 1\n try: g()\n finally: X = old",
        "an alias": "import sys as s\ndef f():\n old = s.stdout\n s.stdout = 1\n try: g()\n finally: s.stdout = old",
        "imported": "from os import chdir as cd, getcwd\ndef f():\n old = getcwd()\n cd('/')\n try: g()\n finally: cd(old)",
        "getattr": "import os\ndef f():\n old = os.getcwd()\n getattr(os, 'chdir')('/')\n try: g()\n finally: getattr(os, 'chdir')(old)",
        "getattr outside": "import os\ncd = getattr(os, 'chdir')\ndef f():\n old = os.getcwd()\n cd('/')\n try: g()\n finally: cd(old)",
        "behind it": "X = 0\ndef f():\n global X\n old, X = X, 1\n try: g()\n finally: X = old; g(a=b.c)",
        "several": "import sys\ndef f():\n o = sys.stdout, sys.stderr\n sys.stdout, sys.stderr = 1, 2\n try: g()\n finally: sys.stdout, sys.stderr = o",
        "with in lines": "import contextlib\ndef f():\n with (\n  a,\n  contextlib.redirect_stdout(b),\n ): g()",
        "a context manager": "import sys\nclass A:\n def __enter__(self): sys.stdout = 1\n def __exit__(self, *_): sys.stdout = self.old",
    },
    "GIL202": {
        "with and a backslash": "import threading\ndef f():\n with threading \\\n  .Lock(): g()",
        "with in lines": "import threading\ndef f():\n with (  # x\n   threading.Lock()\n ): g()",
        "an alias": "from threading import Lock as L\ndef f():\n with L(): g()",
        "another alias": "import threading\nL = threading.Lock\ndef f():\n with L(): g()",
        "brackets": "import threading\ndef f():\n l = (threading.Lock())\n with l: g()",
        "one line": "import threading\ndef f(): l = threading.Lock(); l.acquire(); l.release()",
        "CR": "import threading\rdef f():\r l = threading.Lock()\r with l: g()",
        "getattr": "import threading\ndef f():\n with getattr(threading, 'Lock')(): g()",
    },
    "GIL203": {
        "blanks": "import threading\nl = threading.Lock()\ndef f():\n l . acquire ( )\n g()\n l.release()",
        "lines": "import threading\nl = threading.Lock()\ndef f():\n l.acquire(  # c\n )\n g()\n l.release()",
        "a backslash": "import threading\nl = threading.Lock()\ndef f():\n l.\\\nacquire()\n g()\n l.release()",
        "import_module": "l = __import__('threading').Lock()\ndef f():\n l.acquire()\n g()\n l.release()",
        "a handler's lock": "import logging\nclass H(logging.Handler):\n def f(self):\n  self.lock.acquire()\n  g()\n  self.lock.release()",
        "deeper between": "import threading\nl = threading.Lock()\ndef f():\n l.acquire()\n if a:\n  g()\n a = 1; l.release()",
        "in the module": "import threading\nl = threading.Lock()\nl.acquire()\ng()\nl.release()",
    },
    "GIL204": {
        "a generator in lines": "import threading\ndef run(p):\n f = (\n  a for a in p)\n def w():\n  for x in f: g(x)\n for _ in a:\n  threading.Thread(target=w).start()",
        "an alias": "from threading import Thread as T\ndef run(p):\n f = iter(p)\n def w():\n  for x in f: g(x)\n for _ in a:\n  T(target=w).start()",
        "another alias": "import threading\nT = (\n threading.Thread)\ndef run(p):\n f = iter(p)\n def w():\n  for x in f: g(x)\n for _ in a:\n  T(target=w).start()",
    },
    "GIL205": {
        "an alias": "from functools import cached_property\nfrom threading import Lock as L\nclass A:\n @cached_property\n def f(self): return L()",
        "a backslash": "from functools import cached_property\nclass A:\n @cached_property\n def f(self): return open \\\n ('x')",
        "a variable": "from functools import cached_property\nimport threading\nclass A:\n @cached_property\n def f(self):\n  k = threading.Lock\n  return k()",
    },
    "GIL206": {
        "a comment": "import functools\nclass A(functools.cached_property):\n def f(self): return (self.  # x\n lock)",
        "import_module": "import importlib\nf = importlib.import_module('functools')\nclass A(f.cached_property):\n def f(self): return self.lock",
    },
}  # fmt: skip
CASES = [(code, name, source) for code, sources in ODD.items() for name, source in sources.items()]


@pytest.mark.parametrize(("code", "name", "source"), CASES, ids=[f"{code} {name}" for code, name, _ in CASES])
def test_odd_layouts(code: str, name: str, source: str) -> None:
    findings = scan_source(source.encode(), word_test=False, codes=code).findings
    assert [one.code for one in findings] == [code], "the rule itself finds it"
    assert scan_source(source.encode(), codes=code).findings == findings


NAMES = ("X", "A.X", "cls.X", "self.X", "k.X", "s", "type(self).X", "(A).X")
TESTS = ("{n}", "not {n}", "{n} is None", "1 in {n}", "{n}.get(1) is None", "hasattr(cls, 'X')", "len({n}) > 1")
STATEMENTS = (
    *("{n} = None", "{n} = {{}}", "{n} = make()", "{n} += 1", "{n} = {n} + 1", "{n}[1] = []", "{n}[1] += 1"),
    *("{n}.append(1)", "{n}.pop()", "del {n}[1]", "return {n}", "for a in {n}: pass", "g(*{n})", "max({n})"),
    *("[a for a in {n}]", "k = A", "k = type(self)", "{n} = {n} or make()", "print(f'{{max({n})}} (')", "s = X"),
    *("{n}, y = 1, 2", "yield", "g(\n        X=1,\n    )", "{n}[\n        1] = 2", "'''\ndef main():\n'''", "lock.acquire()"),
)  # fmt: skip
HEADERS = (
    *("def f(self):", "def f(cls):", "@classmethod\n{i}def f(cls):", "def f(k):", "def f(k: type[A]):", "def main():"),
    *("async def f(self):", "def f_locked(self, X):", "@classmethod\n{i}@wraps(\n{i})\n{i}def f(k):", "def __exit__(self):"),
)  # fmt: skip
BINDINGS = (
    "X = {}",
    "X = []",
    "X = None",
    "X: dict[\n str, int] = {}",
    "if a: X = dict()",
    "a, X = 1, {}",
    "X = D()",
    "pass",
)


@st.composite
def statements(draw: st.DrawFn, indent: str) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(NAMES))
        inner = draw(st.sampled_from(STATEMENTS)).format(n=name)
        match draw(st.integers(0, 5)):
            case 0:
                lines.append(f"if {draw(st.sampled_from(TESTS)).format(n=name)}:\n{indent}    {inner}")
            case 1:
                lines.append(f"try:\n{indent}    {inner}\n{indent}except KeyError:\n{indent}    {name}[1] = []")
            case 2:
                lines.append(f"with lock:\n{indent}    {inner}")
            case _:
                lines.append(inner)
    if draw(st.booleans()):
        lines.insert(0, "global X")
    return "".join(f"{indent}{line}\n" for line in lines)


@st.composite
def modules(draw: st.DrawFn) -> str:
    parts = ["from collections import deque as D\n", draw(st.sampled_from(BINDINGS)) + "\n"]
    parts.append(f"class A:\n    {draw(st.sampled_from(BINDINGS))}\n".replace("\n str", "\n     str"))
    for _ in range(draw(st.integers(1, 4))):
        indent = draw(st.sampled_from(["", "    "]))
        header = draw(st.sampled_from(HEADERS)).format(i=indent)
        if not indent and parts[-1].startswith("class"):
            parts.append("\n")
        if indent and not parts[-1].startswith(("    ", "class")):
            parts.append("class B(A):\n    pass\n")
        parts.append(f"{indent}{header}\n" + draw(statements(indent + "    ")))
    return "".join(parts)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    "X = {}\nclass A:\n    X = {}\ndef f(k):\n    X[1] = 2\n    g(\n        X=1,\n    )\ndef g(k):\n    [a for a in X]\n"
)
@given(modules())
def test_nothing_is_lost(source: str) -> None:
    assert lost(source.encode()) == []


@pytest.mark.parametrize(
    "piece",
    [
        *("x = ", "x.y = ", "x[1] = ", "x = A\n", "A", "type(", "(", "[", "a, ", "global x\n", "global x, ", "def def ", "\\\n"),
        *("def f():\n", " def f():\n", "class A:\n", "class A: x = []\n", "if x in x: ", "for x in x ", "del x[", ".x.y:"),
        *("x: type[A], ", "x = (A, ", "return A\n", "with x, ", "'", '"', "f'{", "x.append(x.append(", " \n", "x and "),
        *("@classmethod\ndef f(x): x.y = x\n", "def f(x): x.y = A\n", "x = []\ndef f(): x.append(x)\n", "lock held with the "),
    ],
)  # fmt: skip
def test_hostile_input_takes_linear_time(piece: str) -> None:
    start = "import sys, os\nclass A:\n x = []\nx = []\ndef f():\n global x\n if x: x[1] = x\n A.x = 1; finally_ = sys.path\n "

    def cost(length: int) -> float:
        data = (start + piece * (length // len(piece))).encode() + b"\nyield finally __exit__\n"
        begin = time.process_time()
        TEST.candidates(data)
        return time.process_time() - begin

    once, four_times = (min(cost(size) for _ in range(3)) for size in (20_000, 80_000))
    assert four_times < 8 * once + 0.02
