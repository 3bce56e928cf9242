"""Cython files, told line by line: what is a line, a function, a variable of the module, and what is written where."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from py314_check.api import CythonCall, CythonModule, CythonVariable, Event, Owner
from py314_check.languages.cython.events import events
from py314_check.languages.cython.lines import blanked, lines
from py314_check.source import SourceFile


def read(text: str, path: str = "module.pyx") -> list[Event]:
    return events(SourceFile(path, "cython", text.encode(), text))


def writes(text: str) -> list[tuple[str, int, str, bool]]:
    """The variables with the lines in which they are written, their types, and whether that is serialised."""
    return [
        (one.name, write.place.line, one.type, write.is_serialised)
        for one in read(text)
        if isinstance(one, CythonVariable)
        for write in one.writes
    ]


def owner(text: str) -> Owner:
    (call,) = (one for one in read(text) if isinstance(one, CythonCall))
    return call.owner


def test_logical_lines() -> None:
    text = 'a = (1,  # )\n  \'x)\', 2)\nif b:\r\n\tc = """\nno\n"""; d\ne = 1 \\\n + 2\n'
    found = [(one.start, one.indent, one.code.split()) for one in lines(text)]
    assert [(indent, code[0]) for _, indent, code in found] == [(0, "a"), (0, "if"), (8, "c"), (0, "e")]
    assert [text[start] for start, _, _ in found] == ["a", "i", "c", "e"]
    assert len(blanked(text)) == len(text)


def test_what_stands_in_brackets() -> None:
    (line,) = lines("f(a[1], {2: 3}) + g[(4)] = x")
    assert line.flat == "f(" + " " * 12 + ") + g[" + " " * 3 + "] = x"


def test_an_open_bracket_ends_with_the_next_function() -> None:
    assert [one.code[:5] for one in lines("x = (1,\ndef f():\n  pass\n")] == ["x = (", "def f", "pass"]


@pytest.mark.parametrize(
    ("declared", "of_type"),
    [
        ("cdef int x", "int"),
        ("cdef public unsigned long long a = 1, x = 2", "unsigned long long"),
        ("cdef int *a, *x", "int *"),
        ("cdef x", "object"),
        ("cdef:\n  double y\n  dict x = {}", "dict"),
        ("x = 5", ""),
        ("if a:\n  cdef list x", "list"),
        ("cdef inline int x(int y)", ""),
    ],
)
def test_variables_of_the_module(declared: str, of_type: str) -> None:
    text = f"{declared}\ndef f():\n  global x\n  x = 1\n"
    assert writes(text) == [("x", text.count("\n"), of_type, False)]


@pytest.mark.parametrize(
    ("statement", "is_write"),
    [
        ("x = 1", True),
        ("x: int = 1", True),
        ("a = x = 1", True),
        ("a, x = 1, 2", True),
        ("x += 1", True),
        ("x <<= 1", True),
        ("if a: x = 1", True),
        ("a = 1; x = 2", True),
        ("del x", True),
        ("for x in y: pass", True),
        ("x == 1", False),
        ("a = x", False),
        ("f(x=1)", False),
        ("a.x = 1", False),
        ("x.a = 1", False),
        ("x[0] = 1", False),
        ("if x <= 1: pass", False),
        ("'x = 1'", False),
        ("# x = 1", False),
    ],
)
def test_what_writes(statement: str, is_write: bool) -> None:
    assert bool(writes(f"cdef object x\ndef f():\n  global x\n  {statement}\n")) is is_write


@pytest.mark.parametrize(
    ("function", "is_serialised"),
    [
        ("def f():\n  global x\n  with lock:\n    x = 1", True),
        ("def f():\n  global x\n  with lock: x = 1", True),
        ("def f():\n  global x\n  with lock:\n    pass\n  x = 1", False),
        ("def f():\n  global x\n  with open(a):\n    x = 1", False),
        ("def f():\n  global x\n  lock.acquire()\n  x = 1\n  lock.release()", True),
        ("def f():\n  global x\n  lock.acquire()\n  lock.release()\n  x = 1", False),
        ("@cython.critical_section\ndef f(self):\n  global x\n  x = 1", True),
        ("cdef f():\n  global x\n  x = 1\nf()", True),
        ("cdef f():\n  global x\n  x = 1\nf()\ndef g():\n  f()", False),
        ("cdef f():\n  global x\n  x = 1\ndef g():\n  with lock:\n    f()", True),
        ("def _f():\n  global x\n  x = 1\nh(_f)", False),
        ("def init():\n  global x\n  x = 1", True),
    ],
)
def test_what_is_serialised(function: str, is_serialised: bool) -> None:
    assert [found[3] for found in writes(f"cdef object x\n{function}\n")] == [is_serialised]


def test_without_the_gil() -> None:
    text = "cdef int x\ndef f():\n global x\n x = 1\n with nogil:\n  x = 2\n  with gil: x = 3\ncdef void g() nogil:\n global x\n x = 4\n"
    found = {
        write.value: write.has_gil for one in read(text) if isinstance(one, CythonVariable) for write in one.writes
    }
    assert found == {"1": True, "2": False, "3": True, "4": False}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(a):\n  PyList_GetItem(a, 0)", Owner.GIVEN),
        ("def f(**a):\n  PyDict_GetItem(<dict>a, 0)", Owner.PRIVATE),
        ("def f():\n  a = []\n  PyList_GetItem(a, 0)", Owner.PRIVATE),
        ("def f(self):\n  cdef list a = self.a\n  PyList_GetItem(a, 0)", Owner.SHARED),
        ("def f(self):\n  cdef:\n    list a = self.a\n  PyList_GetItem(a, 0)", Owner.SHARED),
        ("def __cinit__(self):\n  PyList_GetItem(self.a, 0)", Owner.UNKNOWN),
        ("cdef list a\ndef f():\n  PyList_GetItem(a, 0)", Owner.SHARED),
        ("def f():\n  PyList_GetItem(g(), 0)", Owner.UNKNOWN),
        ("cdef f(list a):\n  PyList_GetItem(a, 0)\ndef g():\n  f([1])", Owner.PRIVATE),
        ("cdef f(list a):\n  PyList_GetItem(a, 0)\ndef g(b):\n  f([1]), f(b)", Owner.GIVEN),
        ("cdef f(list a):\n  PyList_GetItem(a, 0)\ndef g(b):\n  f([1]), h(f)", Owner.GIVEN),
    ],
)
def test_whose_a_container_is(code: str, expected: Owner) -> None:
    assert owner(code + "\n") is expected


def test_only_modules_are_modules() -> None:
    assert [type(one) for one in read("x = 1")] == [CythonModule]
    assert read("x = 1", "part.pxi") == []


_PIECES = [
    "cdef ",
    "def f(",
    "x",
    " = ",
    "(",
    ")",
    "[",
    "]",
    ":",
    "\n",
    "  ",
    "global x",
    "'",
    '"""',
    "#",
    "\\",
    ",",
    "class ",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    for event in read(text):
        assert event.place.line >= 1


@pytest.mark.parametrize("before", ["", "cdef list x\ndef g(x):\n  global x\n  "])
@pytest.mark.parametrize(
    "unit",
    [
        *[
            "(",
            "f(",
            "x,",
            "x.",
            "cdef int x\n",
            "def f(x):\n  global x\n  x += 1\n",
            "  if x:\n",
            "if x: ",
            "x = ",
            "<",
        ],
        *["cdef f(list a):\n  PyList_GetItem(a, 0)\n  f(a)\n", "del x", "'", '"""', "x[", "PyList_GetItem(", "a b "],
    ],
)
def test_linear(unit: str, before: str) -> None:
    start = time.process_time()
    read(before + unit * (30_000 // len(unit)))
    assert time.process_time() - start < 8
