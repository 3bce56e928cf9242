"""A long text that is parsed in parts makes the tree that it makes as a whole."""

from __future__ import annotations

import argparse
import ast
import inspect
import json.decoder
import typing
from types import ModuleType

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from py314_check.languages.python import tree
from py314_check.source import SourceError, SourceFile

IN_PARTS = {
    "functions": "def f(): pass\n\n\ndef g(): pass\n",
    "decorators": "x = 1\n\n@a\n@b\ndef f(): pass\n\n@c\nclass A: pass\n\n@d\ndef g(): pass\n",
    "comments between": "def f():\n    pass\n    # of f\n# of none\n\n# of g\n\ndef g(): pass\n",
    "comments behind": "def f(): pass\n\nclass A:\n    x = 1\n    # inside\n\n\n# outside\n",
    "statements between": "import a\n\ndef f(): pass\nf(); f()\n\nasync def g(): pass\nif f:\n    g()\n",
    "line ends of Windows": "def f():\r\n    pass\r\n\r\ndef g():\r\n    pass\r\n",
    "no line end at the end": "def f(): pass\n\ndef g():\n    pass",
    "blanks in blank lines": "def f():\n    pass\n    \n\ndef g():\n    pass\n \n\ndef h(): pass\n",
}
AS_A_WHOLE = {
    "one definition": "def f(): pass\n",
    "no blank line": "x = 1\ndef f(): pass\ndef g(): pass\n",
    "in a string": 'def f(): """\n\ndef g(): pass\n"""\n',
    "in brackets": "x = [\n\n# def f\n]\ny = (\n\nlambda: 1)\n",
    "nothing before": "\n\ndef f(): pass\n",
    "behind a decorator": "@a\n\ndef f(): pass\n",
    "other indentations": "def f():\n  pass\n\ndef g():\n\tpass\n",
    "other line ends": "def f(): pass\r\n\r\ndef g(): pass\n\n\ndef h(): pass\n",
    "nothing but comments before": "# a\n\n# b\n\ndef f(): pass\n",
}


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_PIECE", 1)


def _assert_same(text: str) -> bool:
    """Whether there are parts; if so, they make the same tree."""
    made, whole = tree._parsed_in_pieces(text), cst.parse_module(text)
    assert made is None or (made.deep_equals(whole) and made.code == whole.code)
    return made is not None


@pytest.mark.parametrize("text", IN_PARTS.values(), ids=IN_PARTS.keys())
def test_the_parts_make_the_whole(text: str) -> None:
    assert _assert_same(text)


@pytest.mark.parametrize("text", AS_A_WHOLE.values(), ids=AS_A_WHOLE.keys())
def test_what_cannot_be_cut_is_left_whole(text: str) -> None:
    assert not _assert_same(text)


@pytest.mark.parametrize("module", [argparse, ast, inspect, json.decoder, typing], ids=lambda one: one.__name__)
def test_modules_of_the_library(module: ModuleType) -> None:
    assert _assert_same(inspect.getsource(module))


@given(
    st.lists(
        st.sampled_from(["\n", "\n\n", "def f(): pass\n", "@a\n", "x = 1\n", "# c\n", "'''", "(", ")", "\\\n", "    "])
    )
)
def test_any_lines(lines: list[str]) -> None:
    text = "".join(lines)
    try:
        cst.parse_module(text)
    except cst.ParserSyntaxError:
        assert tree._parsed_in_pieces(text) is None
    else:
        _assert_same(text)


def test_errors_are_placed_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def error() -> SourceError:
        with pytest.raises(SourceError) as raised:
            tree.parse(SourceFile("a.py", "python", text.encode(), text))
        return raised.value

    text = "def f(): pass\n\ndef g(): pass\n\nx = = 1\n"
    in_parts = error()
    monkeypatch.setattr(tree, "_PIECE", 1_000)
    whole = error()
    assert in_parts.place.line == 5
    assert (str(in_parts), in_parts.place) == (str(whole), whole.place)
