"""The word test of DPR006 against the rule itself: whatever it reports, in whatever layout, the test lets through."""

from __future__ import annotations

import pytest
from helpers.layouts import LAYOUTS
from helpers.scanning import found
from py314_rules import unknown
from py314_rules.deprecated import _bools

from py314_check.api import Outline
from py314_check.languages.python.standard import standard

# One program between two lines of dashes.
PROGRAMS = r"""
print(~True)
---
x = ~~True
---
def f():
    return~True
---
x = 4 / ~True
---
x = [1, not~True]
---
import os
if ~os.path.exists("x"):
    pass
---
from os.path import exists
if ~exists("x"): pass
---
from os.path import exists as there
if ~there("x"): pass
---
from os.path import *
if ~exists("x"): pass
---
import os.path as p
x = ~p.isdir("x")
---
import posixpath
x = ~posixpath.isabs("x")
---
import math
x = ~math.isnan(1.0)
---
from math import isnan
nan = isnan
x = ~nan(1.0)
---
x = ~"abc".startswith("a")
---
x = ~"abc" "def".isalpha()
---
x = ~b"abc".isalpha()
---
x = ~f"{1}abc".isalpha()
---
x = ~1.5.is_integer()
---
s = "abc"
x = ~s.startswith("a")
---
def f(s: str):
    return ~s.isdigit()
---
def f(s: "str"):
    return ~s.isdigit()
---
def f(s):
    if isinstance(s, str):
        return ~s.isdigit()
---
def f(s):
    assert isinstance(s, bool)
    return ~s
---
def f(s):
    if not isinstance(s, bool):
        return
    return ~s
---
def f(s):
    match s:
        case bool():
            return ~s
---
def f(s):
    match s:
        case str():
            return ~s.isdigit()
---
Flag = bool
def f(s: Flag):
    return ~s
---
from builtins import bool as Flag
def f(s: Flag):
    return ~s
---
import builtins
def f(s: builtins.bool):
    return ~s
---
from typing import Optional
def f(s: Optional[bool] = None):
    return ~s
---
def f(s: "bool | None" = None):
    return ~s
---
from typing import Optional
def f(s: "Optional[bool]" = None):
    return ~s
---
def f(s: bool | None = None):
    return ~s
---
from typing import Union
def f(s: Union[bool, None]):
    return ~s
---
from typing import Annotated
def f(s: Annotated[bool, 1]):
    return ~s
---
from typing import Final
S: Final[bool] = foo()
x = ~S
---
def f(flags: list[bool]):
    for flag in flags:
        print(~flag)
---
def f(flags: list[bool]):
    return ~flags[0]
---
from collections.abc import Sequence
def f(flags: Sequence[bool]):
    return [~flag for flag in flags]
---
def flags() -> list[bool]: ...
a, b = flags()
x = ~a
---
class C:
    flags: list[bool]
    def f(self):
        return ~self.flags[1]
---
class C:
    on = True
    def f(self):
        return ~self.on
---
class C:
    def __init__(self):
        self.on: bool = foo()
    def f(self):
        return ~self.on
---
class C:
    @property
    def on(self):
        return self.x is None
    def f(self):
        return ~self.on
---
class C:
    @property
    def on(self) -> bool:
        return foo()
    def f(this):
        return ~this.on
---
class C:
    def on(self) -> bool:
        return foo()
    def f(this):
        return ~this.on()
---
class C:
    def on(self):
        return True
class D(C):
    def f(self):
        return ~super().on()
---
class C:
    def on(self):
        return True
x = ~C().on()
---
def on():
    if foo():
        return True
    return None is None
x = ~on()
---
def on(): return 1 < 2
x = ~on()
---
async def f():
    import asyncio
    lock = asyncio.Lock()
    return ~await lock.acquire()
---
async def f():
    import asyncio
    lock = asyncio.Lock()
    c = lock.acquire()
    return ~(await c)
---
a, b = True, 1
x = ~a
---
(a) = b = 1 == 1
x = ~a
---
[a, b] = [None is None, 2]
x = ~a
---
if (a := 1 in [1]): print(~a)
---
a = (
    True
)
x = ~(
    # c
    a
)
---
a = \
  True
x = ~ \
  a
---
x = ~ (True)
---
x = (~  # c
  True)
---
x = ~(True if foo() else False)
---
a = True
x = ~(a or False)
---
a = 1
x = ~(a < 2)
---
a = len([])
x = ~(a == 2)
---
def f(n: int):
    return ~(n > 1)
---
def f(n: int):
    m = n % 2
    return ~(m == 1)
---
def f(s: str):
    return ~(s % 1 == "1")
---
def f(n):
    return ~(n / 2 > 1)
---
s = "abc"
x = ~(s.count("a") > 1)
---
class A:
    def count(self): return []
s = "abc"
x = ~(s.count("a") > 1)
---
import sys
x = ~(sys.platform == "linux")
---
import sys
p = sys.platform
x = ~(p == "linux")
---
import time
x = ~(time.time() > 1)
---
from time import time as now
x = ~(now() > 1.0)
---
for i in range(3):
    print(~(i > 1))
---
for c in "abc":
    print(~c.isalpha())
---
with open("x") as f:
    print(~f.readable())
---
import pathlib
p = pathlib.Path("x")
print(~p.exists(), ~p.parent.is_dir())
---
from pathlib import Path
class C:
    def __init__(self, p: Path):
        self.p = p
    def f(self):
        return ~self.p.exists()
---
from pathlib import Path
class P(Path):
    def f(self):
        return ~self.exists()
---
class S(str):
    def f(self):
        return ~(self.count("a") == 1)
---
x = 1; flag = x is None; print(~flag)
---
flag = True
lst = [~flag, (~flag), {~flag: ~flag}]
---
def f(flag=True):
    global g
    g = True
def h():
    return ~g
---
def f():
    flag = False
    def g():
        nonlocal flag
        flag = True
        return ~flag
---
x = lambda flag: ~isinstance(flag, int)
---
is_a = isinstance
x = ~is_a(1, int)
---
x = ~type(True)(1)
---
x = ~getattr(__builtins__, "callable")(1)
---
import builtins
x = ~getattr(builtins, "callable")(1)
---
import builtins
x = ~builtins.any([])
---
f = callable if True else callable
x = ~f(1)
---
m = memoryview(b"")
x = ~m.readonly
---
import os
x = ~os.supports_bytes_environ
---
from os import supports_bytes_environ
x = ~supports_bytes_environ
---
from os import supports_bytes_environ as s
x = ~s
---
from xmlrpc.client import Boolean
def f(x: Boolean): return ~x
---
print(f"{~True}")
---
flag = True
print(f"({~flag}")
---
é = True
x = ~é
---
x = {1}.isdisjoint({2})
y = ~x
---
x = ~{1}.isdisjoint({2})
---
try:
    flag = True
except ValueError:
    flag = False
print(~flag)
---
if a:
    flag = True
elif b:
    flag = False
else: flag = True
print(~flag)
---
import ast
class V(ast.NodeVisitor):
    def visit_Name(self, node):
        return ~node.id.startswith("x")
---
def f(*args, **kw):
    return ~(args is None)
---
def f(x):
    y = x
    z = y
    y = True
    return ~z
---
def f(x):
    a = True
    b = a
    c = b
    return ~c
---
def f(items: dict[str, bool]):
    return ~items["a"]
---
flag = not foo()
x = 1 if ~flag else 2
---
class E(Exception):
    flag = True
    def f(self): return ~self.flag
---
import enum
class Color(enum.Enum):
    RED = 1
    def f(self): return ~(self is None)
---
x: bool
x = foo()
y = ~x
---
from dataclasses import dataclass
@dataclass
class D:
    on: bool = False
def f(d: D): return ~d.on
---
class D:
    on: "bool"
def f(d: "D"): return ~d.on
---
def f() -> "bool": ...
x = ~f()
---
def f():
    while True: yield
def g():
    x = yield
    return ~ (x is y)
---
from six.moves.builtins import bool as b
def f(x: b): return ~x
---
import typing as t
def f(x: t.Optional[bool]): return ~x
---
def f(x, y=lambda: True): return ~y()
---
y = lambda: True
x = ~y()
---
def f(flags: tuple[bool, ...]): return ~flags[0]
---
from contextlib import closing
def f(s: str):
    with closing(s) as t:
        return ~t.isalpha()
---
def outer():
    def inner() -> bool: ...
    return ~inner()
---
x = ~(yes := True)
---
def f(n: float, m: int): return ~(0 < n <= m)
---
def f(n):
    n = int(n)
    return ~(n == 1)
---
def f(n):
    n = str(n).strip().lower()
    return ~(n == "x")
---
import re
x = ~(re.sub("a", "b", "c") == "d")
---
import json
x = ~(json.dumps(1) == "1")
---
x = ~"a".join([]).isalpha()
---
lines = open("x").read().split()
for line in lines: print(~line.isalpha())
---
def f(d: dict): return ~("a" in d)
---
for flag in [True]: print(~flag)
---
for i, c in enumerate("abc"): print(~c.isalpha())
---
for line in open("x"): print(~line.isalpha())
---
for s in sorted("abc"): print(~s.isalpha())
---
for s in "a b".split(): print(~s.isalpha())
---
def f(s: str):
    for line in s.splitlines(): print(~line.isalpha(), ~(line == "x"))
---
def f(s: str):
    a, b = s.split()
    return ~a.isalpha()
---
def f(s: str):
    a, _, b = s.partition("x")
    return ~(a == "x")
---
import os
for n in os.listdir("."): print(~n.startswith("."))
---
import os
for e in os.scandir("."): print(~e.is_dir())
---
from pathlib import Path
for e in Path(".").iterdir(): print(~e.is_dir())
---
from pathlib import Path
x = [p for p in Path(".").glob("*") if ~p.is_dir()]
---
from pathlib import Path
def files() -> list[Path]: ...
for p in files(): print(~p.is_dir())
---
from pathlib import Path
def files(): return Path(".").iterdir()
for p in files(): print(~p.is_dir())
---
import argparse
x = ~isinstance(argparse, int) & 1
---
x = ~any(y for y in [1])
---
x = ~\tTrue
---
def f(a: int, b: str, /, *, c: bool): return ~c
---
def f(a, *, c: bool = False): return ~c
---
class A:
    x = y = True
    def f(self): return ~self.y
---
class A:
    x, y = True, None
    def f(self): return ~self.x
---
class A:
    def f(self):
        self.a, self.b = True, 1
        return ~self.a
---
class A:
    def __init__(self): self.n = 0
    def f(self): return ~(self.n > 0)
---
class A:
    n: int
    def f(self): return ~(self.n > 0)
---
class A:
    def size(self): return 1
    def f(self): return ~(self.size() > 0)
---
class A:
    def size(self) -> int: ...
    def f(self): return ~(self.size() > 0)
---
class A:
    @property
    def size(self) -> int: ...
    def f(self): return ~(self.size > 0)
---
class A:
    n = 1
x = ~(A.n > 0)
---
class A:
    n = 1
a = A()
x = ~(a.n > 0)
---
from typing import NamedTuple
class A(NamedTuple):
    n: int
def f(a: A): return ~(a.n > 0)
---
import threading
lock = threading.Lock()
x = ~lock.acquire()
---
import subprocess
x = ~(subprocess.run([]).returncode == 0)
---
import datetime
x = ~(datetime.datetime.now().year == 1)
---
N = 3
def f(): return ~(N == 1)
---
def f(x=1):
    if isinstance(x, (int, float)): return ~(x > 1)
---
def f(x):
    if isinstance(x, int) and ~(x > 1): return x
---
def f(x): return "a" if ~(x is None) else "b"
---
x = ~(not 1)
---
flag = bool(1)
print(~flag)
---
flag = all([])
print(~flag)
---
import os
flag = os.path.isfile("x")
print(~flag)
---
print(~None.__eq__(1), ~True.__bool__())
---
def f(): return f() or True
x = ~f()
---
def f(): return g() or True
def g(): return f()
x = ~g()
---
a = b = None
a = b is None
b = a
x = ~a
---
def f(x):
    k = x
    k = m
    m = k
    m = 1
    return ~(m > 0 > m)
---
def f(x):
    m = k
    k = m
    k = 1
    flag = m < k
    return ~flag
"""


def programs() -> list[str]:
    return PROGRAMS.strip("\n").split("\n---\n")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_lost(layout: str) -> None:
    reported = 0
    for program in programs():
        source = LAYOUTS[layout](program).encode()
        findings = found(source, codes="DPR006", word_test=False)  # type: ignore[arg-type]
        reported += bool(findings)
        assert not findings or _bools.may_invert_bool(Outline(source)), source
    assert reported > 150


@pytest.mark.parametrize(
    "program",
    [
        "import numpy as np\nmask = np.array([1]) > 0\nprint(~mask, ~np.isnan(mask), ~(mask == 1), ~mask.any())",
        "def f(mask, other):\n    keep = mask & (other < 1)\n    return other[~keep], ~(mask | other), ~mask",
        "class A:\n    def f(self, mask):\n        self.mask = mask\n        return ~self.mask, ~(self.mask > 0)",
        "def f(mask):\n    return ~mask\ndef g():\n    mask = True\n    return mask",
        "def f(x: int):\n    return ~x & ~(x + 1) & ~len('a') & ~0xff",
        "from pandas import isna\ndef f(frame):\n    missing = isna(frame)\n    return frame[~missing], ~frame.isin([1])",
    ],
)
def test_numbers_and_arrays_are_not_sent(program: str) -> None:
    assert not _bools.may_invert_bool(Outline(program.encode()))


def test_what_gives_a_bool_is_known() -> None:
    """The names are those of the tables of types."""
    table = standard()
    gives = {name for name, result in table.returns.items() if result.removeprefix("async ") == "builtins.bool"}
    last = {name.rpartition(".")[2] for name in gives}
    assert last == (_bools._METHODS | _bools._FUNCTIONS | _bools._BUILTINS) - {"bool"}
    attributes = {name.rpartition(".")[2] for name, kind in table.attributes.items() if kind == "builtins.bool"}
    assert attributes == _bools._ATTRIBUTES
    names = (*table.returns, *table.attributes, *table.bases, *table.aliases, *table.modes)
    tops = {name.partition(".")[0] for name in names}
    assert {top for top in tops if not top.startswith("_")} == unknown._STANDARD
