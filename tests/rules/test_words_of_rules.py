"""Word tests against the rules themselves: whatever one of these reports, in whatever layout, its test lets through."""

from __future__ import annotations

import pytest
from helpers.layouts import LAYOUTS
from helpers.scanning import found

# Programs by rule, one between two lines of dashes; the rule reports each of them.
PROGRAMS = {
    "DPR004": r"""
import xml.etree.ElementTree as ET
if ET.fromstring("<a/>"): pass
---
from xml.etree import ElementTree
def f(text):
    root = ElementTree.XML(text)
    for child in root:
        if not child: pass
---
import xml.etree.ElementTree as ET
def f(node: ET.Element): return node or None
---
import xml.etree.ElementTree as ET
E = ET.Element
def f(node: "E"):
    while node: pass
---
import xml.etree.ElementTree as ET
class A:
    def __init__(self, path): self.root = ET.parse(path).getroot()
    def f(self): return 1 if self.root.find("b") else 2
---
import xml.etree.ElementTree as ET
def f(x):
    if isinstance(x, ET.Element):
        assert x
---
import xml.etree.ElementTree as ET
make = ET.SubElement
def f(root):
    one = make(root, "b")
    return bool(one)
---
import xml.etree.ElementTree as ET
def find(root: ET.Element): return root.find("b")
def f(root): return [1 for _ in root if find(root)]
---
import xml.etree.ElementTree as ET
def f(root: ET.Element):
    return [one for one in root.iter() if one]
""",
    "GIL202": r"""
import threading
def f(x):
    lock = threading.Lock()
    with lock: x.y = 1
---
import threading
def f(x):
    lock = threading.RLock()
    lock.acquire()
    try: x.y = 1
    finally: lock.release()
---
import threading
def f(x):
    with threading.Semaphore(): x.y = 1
---
import threading
class A:
    def f(self):
        lock = threading.Lock()
        with self.x, lock: self.y = 1
""",
    "GIL204": r"""
import threading
def run(jobs):
    waiting = iter(jobs)
    def work():
        take = next
        while True: take(waiting)
    for _ in range(4): threading.Thread(target=work).start()
---
import threading
waiting = (x for x in range(9))
def work():
    for job in waiting: job()
for _ in range(4): threading.Thread(target=work).start()
---
import threading
def work(waiting):
    print(next(waiting))
def run(jobs):
    waiting = zip(jobs, jobs)
    for _ in range(4): threading.Thread(target=work, args=(waiting,)).start()
""",
    "CHG001": r"""
import random
random.randint(0, 1.5)
---
import random
def f(x): return random.randrange(x / 2)
---
import random
half = 0.5
def f(): return random.randint(0, half * 2)
---
import math
def half(n: int) -> float: return n / 2
def f(): return math.factorial(half(4))
---
import math
def f(n: float): return math.factorial(n)
---
import math
def f(n):
    if isinstance(n, float): return math.factorial(n)
---
import math, time
def f(): return math.factorial(time.time())
---
import math
def ten(): return 10.0
def f(): return math.factorial(ten() - 1)
---
import random
def f(): return random.sample({1, 2}, 1)
---
import random
class A:
    def __init__(self): self.all = {1, 2}
    def f(self): return random.sample(self.all, 1)
---
import random
def f(x: dict): return random.sample(x.keys(), 1)
---
import random
random.seed((1, 2))
---
import random
def f():
    most = None
    def g():
        nonlocal most
        most = 0.5
    g()
    return random.randint(0, most)
---
import random
most = None
def f():
    global most
    most = 0.5
def g(): return random.randint(0, most)
---
import random
def f(x):
    if (most := x / 2): return random.randint(0, most)
---
import random
class A: pass
def f(): return random.Random(A())
""",
    "DPR003": r"""
complex(1j, 2)
---
from urllib.parse import parse_qs
parse_qs(True)
---
from urllib.parse import parse_qs
def f(x): return parse_qs(not x)
---
from urllib.parse import parse_qsl
def f(x): return parse_qsl(x is None)
---
z = 1j
def f(): return complex(z, 1)
---
def f(z: complex): return complex(z, 1)
---
def f(x): return complex(complex(x), 1)
---
import cmath
def f(x): return complex(cmath.sqrt(x), 1)
---
def root(x): return 2 * 1j
def f(x): return complex(root(x), 1)
---
def f(x): return complex(-(1 + 2j), 1)
---
class A:
    z = 1j
    def f(self): return complex(self.z, 1)
---
def f(x): return complex(1j if x else 2j, 1)
""",
    "CHG201": r"""
if NotImplemented: pass
---
nothing = NotImplemented
def f(): return not nothing
---
class A:
    def __eq__(self, other): return NotImplemented
    def __ne__(self, other): return not self.__eq__(other)
---
class A:
    def __eq__(self, other): return NotImplemented
    def __ne__(self, other):
        same = self.__eq__(other)
        return bool(same)
---
ask = bool
class A:
    def __eq__(self, other): return NotImplemented
    def f(self, other): return ask(self.__eq__(other))
""",
    "TIS001": r"""
def is_text(x: object) -> bool:
    if not isinstance(x, str):
        return False
    return True
---
def is_text(x: object) -> bool:
    if isinstance(x, str):
        return True
    elif x is None:
        raise TypeError
    else:
        return False
---
def is_text(x: object) -> bool:
    text = isinstance(x, str)
    return text
---
def is_text(x: object) -> bool:
    return True if isinstance(x, str) else False
---
def is_there(x: "int | None") -> bool:
    return not x is None
---
def is_text(x: object) -> bool:
    return isinstance(x, str) or isinstance(x, bytes) or False
---
def is_text(x: object) -> bool:
    return bool(isinstance(x, str) and True)
---
def is_text(x: object) -> bool: return isinstance(x, str)
---
def is_text(x) -> bool:
    '''Tells "def is_text(x): -> bool".

def other(x):
    '''
    # Of course.
    return (
        isinstance(x, (str, bytes))
    )
---
def is_text(x: object) -> "bool":
    return isinstance(x, str)
---
def is_text(x: object):
    return isinstance(x, str)
---
def is_text(x: "object", /, strict=False) -> bool:
    return isinstance(x, str)
---
def is_text(
    x: object,  # -> int:
    strict: bool = False,
) -> (
    bool
):
    return isinstance(x, str)
---
import builtins
def is_text(x: object) -> builtins.bool:
    return isinstance(x, str)
---
class A:
    def __is_text(self, x: object) -> bool:
        return isinstance(x, str)
---
class A:
    @staticmethod
    def is_text(x: object) -> bool:
        return isinstance(x, str)
---
class A:
    @classmethod
    def is_text(cls, x: object) -> bool:
        return isinstance(x, str)
---
from typing import final as last
class A:
    @last
    def is_text(self, x: object) -> bool:
        return isinstance(x, str)
---
class B: pass
class A(B):
    def is_text(self, x: object) -> bool:
        return isinstance(x, str)
---
from typing import Generic, TypeVar
T = TypeVar("T")
class A(Generic[T]):
    def is_text(self, x: object) -> bool:
        return isinstance(x, str)
---
def outer():
    def is_text(x: object) -> bool:
        return isinstance(x, str)
    return is_text
---
def is_text(x: object) -> bool:
    if isinstance(x, str):
        return True
    return False
---
def is_text(x: object) -> bool:
    if isinstance(x, str):
        return True
    else:
        return False
    return None
---
def is_text(x: object) -> bool:
    if isinstance(x, str):
        return True
    elif x is None:
        return True
    else:
        return False
---
DEBUG = False
def is_text(x: object) -> bool:
    if isinstance(x, str):
        return True
    if DEBUG:
        print("no")
    return False
---
DEBUG = False
def is_text(x: object) -> bool:
    if DEBUG:
        raise ValueError
    return isinstance(x, str)
---
def is_text(x: object) -> bool:
    ok = isinstance(x, str)
    return ok
---
def is_text(x: object) -> bool:
    ok = isinstance(x, str); return ok
---
def is_text(x: object) -> bool:
    a, ok = 1, isinstance(x, str)
    return ok
---
def is_text(x: object) -> bool:
    ok, a = isinstance(x, str), 1
    return ok
---
def is_text(x: object) -> bool:
    wrong = not isinstance(x, str)
    right = not wrong
    return right
---
def is_text(x: str | int) -> bool:
    return not isinstance(x, int)
---
def is_text(x: str | None) -> bool:
    return x is not None
---
def is_text(x: str | None) -> bool:
    return None is not x
---
def is_text(x: str | None) -> bool:
    return not (x) is (None)
---
def is_text(x: object) -> bool:
    return type(x) is bool
---
def is_text(x: object) -> bool:
    return bool == type(x)
---
def is_text(x: object) -> bool:
    return callable(x)
---
def is_text(x: object) -> bool:
    return isinstance(x, str) or isinstance(x, bytes)
---
def is_text(x: object) -> bool:
    return True if isinstance(x, str) else False
---
def is_text(x: object) -> bool:
    return bool(isinstance(x, str))
---
is_a = isinstance
def is_text(x: object) -> bool:
    return is_a(x, str)
---
from builtins import isinstance as is_a
def is_text(x: object) -> bool:
    return is_a(x, str)
---
def is_text(x: object) -> bool:
    print(f"({x}")
    return isinstance(x, str)
---
def is_text[T: (int, str)](x: object) -> bool:
    return isinstance(x, str)
---
def étiquette(x: object) -> bool:
    return isinstance(x, str)
""",
    "TIS002": r"""
from typing import TypeGuard
def is_pair(x: tuple[int, int] | None) -> TypeGuard[tuple[int, int]]:
    if x is not None:
        if len(x) == 2:
            return True
        raise ValueError
    return False
---
from typing import TypeGuard
def is_text(x: object) -> TypeGuard[str]:
    return isinstance(x, str)
---
from typing import TypeGuard
def is_text(x: object) -> "TypeGuard[str]":
    return isinstance(x, str)
---
import typing as t
def is_text(x) -> t.TypeGuard[str]:
    return isinstance(x, str)
---
from typing_extensions import TypeGuard as Guard
def is_text(x: object) -> Guard[str]:
    return isinstance(x, str)
---
import typing
Guard = typing.TypeGuard
def is_text(x: object) -> Guard[str]:
    return isinstance(x, str)
""",
    "SYN002": r"""
def f():
    try:
        pass
    finally:
        return 1
---
def f():
    try: pass
    finally: return 1
---
def f():
    try:
        pass
    finally:
        print('''
dedented
''')
        return 1
---
def f():
    try:
        pass
    finally:
        print(
1, ")"
        )
        return 1
---
def f():
    try:
        pass
    finally:
# dedented
        return 1
---
def f():
    print(f"(")
    try:
        pass
    finally:
        if 1:
            pass

        return 1
---
for x in y:
    try: pass
    finally:
        "continue"; break
---
def f():
    try:
        pass
    finally:
        try:
            pass
        finally:
            pass
        return 1
""",
    "SYN003": r"""
x = "\d"
---
x = b"\u0041"
---
x = r"\d" "\d"
---
x = f"\d{x}"
---
x = "\\\d"
---
x = "\400"
---
'''
\d
'''
""",
    "SYN004": r"""
x = 1if y else 2
---
x = 0xfor y
---
x = 1.if y else 2
---
x = 1.5jand y
---
x = [0x1for y in z]
---
x = f"{1if y else 2}"
---
x = 1_0if y else 2
---
x = 1e5if y else 2
""",
    "SYN005": r"""
try:
    pass
except ValueError, error:
    pass
---
try: pass
except (A,  # :)
    B), e:
    pass
---
try:
    pass
except A[")"], e: pass
---
try:
    pass
except \
        A, e: pass
""",
    "SYN006": r"""
def f(x: (y := int)): pass
---
def f():
    x: (yield)
---
def f():
    x: (  # a bracket (
        # and a remark
        yield
    )
---
async def f():
    x: await y
---
async def f():
    x: [
        a
        async for a in b
    ]
---
def f(x: [y := 1]): pass
---
def f(x: g(
    # a remark
    y := 1
)): pass
---
def f(
    x,
    z: {1, y := int},
): pass
---
async def f():
    def g() -> (await h): pass
""",
    "SYN900": r"""
x = 1  # py314: ignore[RMV001]
---
x = 1  # PY314: Ignore[RMV001]
---
x = 1  # py314-check: ignore
---
x = 1  # noqa: RMV001
---
x = 1  # NoQA: rmv001
---
x = 1  # noqa : E501, RMV001
---
# py314: ignore-file[RMV001]
""",
    "CHG302": r"""
import asyncio
async def job(): pass
task = asyncio.ensure_future(job())
---
import asyncio
async def job(): pass
def start(): return asyncio.gather(job(), job())
start()
---
import asyncio
async def job(): pass
class A:
    future = asyncio.shield(job())
---
import asyncio
def make(): return asyncio.Future()
def start(): return make()
if __name__ == "__main__":
    start()
---
import asyncio
async def job(): pass
task = asyncio.ensure_future(job())
---
import asyncio
async def job(): pass
def start():
    return asyncio.gather(job(), job())
start()
---
import asyncio
async def job(): pass
class A:
    def start(self):
        return asyncio.gather(job(), job())
A().start()
---
from asyncio import Future as F
x = F()
---
import asyncio
make = asyncio.Future
x = make()
---
import asyncio
class A:
    x = asyncio.Future()
---
import importlib
x = importlib.import_module("asyncio").Future()
---
def init():
    global asyncio
    import asyncio
x = asyncio.Future()
""",
    "CHG304": r"""
import asyncio
async def job(): pass
async def main(): await asyncio.wait([job(), job()])
---
import asyncio
asyncio.run(asyncio.wait([asyncio.sleep(1)]))
---
from asyncio import wait as hold, sleep
async def main():
    await hold(fs={sleep(1)})
---
import asyncio
hold = asyncio.wait
async def main():
    jobs = []
    jobs.append(asyncio.sleep(1))
    await hold(jobs)
""",
    "CHG305": r"""
import multiprocessing
p = multiprocessing.Process(target=print)
p.start()
---
from multiprocessing import Process as P
def run():
    p = P(target=print)
    p.start()
run()
---
import multiprocessing
pool = multiprocessing.Pool()
---
import multiprocessing as mp
manager = mp.Manager()
---
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor() as executor:
    executor.submit(print)
---
import multiprocessing
if 1:
    def run():
        with multiprocessing.Pool() as pool: pass
if __name__ == "main":
    pass
run()
---
import multiprocessing
class A:
    def go(self): multiprocessing.Pool()
a = A()
a.go()
---
import multiprocessing
class A:
    def go(self): multiprocessing.Pool()
run = A().go
run()
---
from multiprocessing.pool import Pool as Workers
with Workers(2) as pool: pass
""",
    "CHG306": r"""
import multiprocessing
p = multiprocessing.Process(target=lambda: 1)
---
from multiprocessing.process import BaseProcess
class P(BaseProcess): pass
p = P(target=lambda: 1)
---
from multiprocessing import Process
class P(Process): pass
p = P(target=lambda: 1)
---
import multiprocessing
pool = multiprocessing.Pool(1, lambda: 1)
---
import multiprocessing
pool = multiprocessing.Manager().Pool(1, lambda: 1)
---
import concurrent.futures as cf
e = cf.ProcessPoolExecutor(initializer=lambda: 1)
---
import multiprocessing
def f(g):
    p = multiprocessing.Process(target=print, args=((i for i in g),))
""",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("code", PROGRAMS)
def test_nothing_is_lost(code: str, layout: str) -> None:
    rules = "" if code == "SYN900" else code  # what has no effect shows where all rules are run
    for program in PROGRAMS[code].strip("\n").split("\n---\n"):
        source = LAYOUTS[layout](program).encode()
        reported, let_through = (
            {one.place for one in found(source, codes=rules, word_test=word_test) if one.code == code}  # type: ignore[arg-type]
            for word_test in (False, True)
        )
        assert reported or layout != "plain", program
        assert let_through == reported, source


@pytest.mark.parametrize(
    ("code", "program"),
    [
        ("CHG302", 'import asyncio\nx = getattr(asyncio, "Future")()'),
        ("CHG305", 'import multiprocessing\nx = getattr(multiprocessing, "Pool")()'),
        ("CHG305", 'import multiprocessing\nx = getattr(multiprocessing, "Manager")()'),
    ],
)
def test_names_in_strings(code: str, program: str) -> None:
    assert found(program, codes=code)
