"""meson.build files: each call with its arguments, told from the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py314_check.api import MesonCall
from py314_check.languages.meson import calls
from py314_check.source import SourceFile


def read(text: str) -> list[MesonCall]:
    return calls(SourceFile("meson.build", "meson", text.encode(), text))


def test_the_arguments_of_a_call() -> None:
    (call,) = read("py . extension_module('m', ['a.c', x ? 'b' : 'c'], # no\n  # no: 1\n  kw: [1, 'd'], end: y)")
    assert call.name == "py.extension_module"
    assert [(one.keyword, one.text, one.strings) for one in call.arguments] == [
        ("", "'m'", ("m",)),
        ("", "['a.c', x ? 'b' : 'c']", ("a.c", "b", "c")),
        ("kw", "[1, 'd']", ("d",)),
        ("end", "y", ()),
    ]
    assert (call.place.line, call.place.column, call.place.end_column) == (1, 1, 22)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a('(', \"b\")", ["a"]),
        ("a(b('x'), 'y')", ["b", "a"]),
        ("x = a().b('c').d", ["a", "b"]),
        ("if (a and (b)) or not (c)\nendif", []),
        ("# a()\nx = '''b()\n'''", []),
        (r"a('\'', b('c'))", ["b", "a"]),
        ("f'@a@(' + a('b')", ["a"]),
        ("a('b'", ["a"]),
        ("a('b", ["a"]),
        ("x = {'a': b(1)}", ["b"]),
    ],
)
def test_what_is_called(text: str, expected: list[str]) -> None:
    assert [call.name for call in read(text)] == expected


def test_what_stands_below_an_if() -> None:
    text = "a()\nif b() \n c(d())\n elif e()\n if x\n endif\n f()\nelse\n g()\nendif\nh()\nendif\ni()"
    found = {call.name: call.is_conditional for call in read(text)}
    assert found == dict.fromkeys("bcdefg", True) | dict.fromkeys("ahi", False)


def test_escapes_and_long_strings() -> None:
    (call,) = read(r"""a('b\'c\\', '''d\'e''', '')""")
    assert call.strings == ["b'c\\", "d\\'e", ""]


@given(st.text(alphabet="ab(){}[],:'#.\n \\if", max_size=60))
def test_any_text(text: str) -> None:
    for call in read(text):
        assert call.place.line >= 1


@pytest.mark.parametrize(
    "unit", ["a(", "'", "'''", "a.", "a   ", "a:", "[", "(,", "#", "a(b a: ", "( ", "a('b', c: ['d'])\n"]
)
def test_linear(unit: str) -> None:
    start = time.process_time()
    read(unit * (200_000 // len(unit)))
    assert time.process_time() - start < 3
