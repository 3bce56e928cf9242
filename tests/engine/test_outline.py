"""Outlines: a Python file as the parser of the running Python sees it."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py314_check.outline import Outline, UnknownSyntaxError, below, names_set, once

WORDS = {
    "a name": ("word = 1", True),
    "an attribute": ("x.word", True),
    "a part of a module": ("import a.word.b", True),
    "an alias": ("import a as word", True),
    "a function": ("def word(): pass", True),
    "a parameter": ("def f(*, word): pass", True),
    "a keyword argument": ("f(word=1)", True),
    "a declaration": ("def f():\n    global word", True),
    "a handler": ("try: pass\nexcept E as word: pass", True),
    "a captured pattern": ("match x:\n    case [1, *word]: pass", True),
    "a name behind a pattern that is a constant": ("match x:\n    case None | True: word", True),
    "a string": ("x = 'a.word'", True),
    "bytes": ("x = b'word'", True),
    "a string in an annotation": ("x: 'list[word]'", True),
    "text in an f-string": ("x = f'{y} word'", True),
    "a name in an f-string": ("x = f'{word}'", True),
    "a format": ("x = f'{y:{word}}'", True),
    "a comment": ("x = 1  # word", False),
    "a docstring": ("def f():\n    '''word'''", False),
    "a string that stands alone": ("x\n'word'", False),
    "a longer word": ("words = wording.sword", False),
}


@pytest.mark.parametrize(("source", "is_there"), WORDS.values(), ids=WORDS.keys())
def test_a_word_is_in_the_code(source: str, is_there: bool) -> None:
    assert (b"word" in Outline(source.encode()).words) is is_there


def test_keywords_are_not_told_apart() -> None:
    assert {b"finally", b"lambda", b"match"} <= Outline(b"").words


SOURCE = b"""\
@mark(1)
class A(base(2)):
    x: kind(3) = 4
    def f(self, a: kind(5) = default(6)) -> kind(7):
        y = lambda b=default(8): inner(9)
        return [inner(10) for z in y]
"""


def test_what_is_around_a_definition_is_not_in_it() -> None:
    scopes = Outline(SOURCE).scopes
    numbers = [sorted(node.value for node in scope.of(ast.Constant)) for scope in scopes]
    assert [type(scope.node).__name__ for scope in scopes] == ["Module", "ClassDef", "FunctionDef", "Lambda"]
    assert numbers == [[1, 2], [3, 4, 5, 6, 7], [8, 10], [9]]
    assert [scope.runs_later for scope in scopes] == [False, False, True, True]


def test_every_node_is_in_one_scope() -> None:
    outline = Outline(SOURCE)
    kinds = (ast.Call, ast.Name, ast.Constant, ast.arg, ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.AnnAssign)
    found = [node for scope in outline.scopes for node in scope.of(*kinds)]
    assert len(found) == len({*map(id, found)})
    assert {*map(id, found)} == {id(node) for node in ast.walk(outline.module) if isinstance(node, kinds)}
    assert {*map(id, outline.of(*kinds))} == {*map(id, found)}


@pytest.mark.parametrize(
    "data", [b"x = (", b"print 1", b"a\0b", b"\xff", b"# coding: nowhere\n", b"(" * 10_000], ids=repr
)
def test_what_cannot_be_parsed_is_unknown(data: bytes) -> None:
    with pytest.raises(UnknownSyntaxError):
        assert Outline(data).words


@pytest.mark.parametrize("data", [b"# coding: latin-1\nx = '\xe9'", b"\xef\xbb\xbfx", b"x\ry\r\nz", b"\x0cx"], ids=repr)
def test_what_python_reads_is_read(data: bytes) -> None:
    assert b"x" in Outline(data).words


def test_the_parser_s_warnings_are_not_shown() -> None:
    code = "from py314_check.outline import Outline; assert Outline(b\"x = '\\\\d'\\nif 1is x: pass\").words"
    run = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_what_is_asked_once_is_answered_for_each_outline_and_argument() -> None:
    asked: list[tuple[bytes, str]] = []

    @once
    def ends_with(outline: Outline, text: str) -> bool:
        asked.append((outline.data, text))
        return outline.data.endswith(text.encode())

    one, other = Outline(b"x = 1"), Outline(b"x = 2")
    answers = [ends_with(one, "1"), ends_with(one, "1"), ends_with(one, "2"), ends_with(other, "1")]
    assert answers == [True, True, False, False]
    assert asked == [(b"x = 1", "1"), (b"x = 1", "2"), (b"x = 2", "1")]


def test_names_of_targets() -> None:
    ((target, _),) = Outline(b"(a, [b, *c], d.e, f[0]) = x").assignments
    assert [*names_set(target)] == ["a", "b", "c"]


@given(
    st.lists(
        st.sampled_from(["(", ")", "x", "=", "\n", "lambda", ":", "def f", " ", "'", "[", "]", "*", ","]), max_size=12
    )
)
def test_below_finds_what_the_standard_library_does(parts: list[str]) -> None:
    try:
        tree = ast.parse("".join(parts))
    except (SyntaxError, MemoryError):
        return
    assert {*map(id, below(tree))} == {*map(id, ast.walk(tree))}


@pytest.mark.parametrize("piece", ["-", "x.", "x()", "[", "not ", "x+", "lambda:", "x if x else "])
def test_what_is_too_deep_crashes_nothing(piece: str) -> None:
    outline = Outline((piece * 5_000 + "x").encode())
    try:
        assert outline.words
    except (UnknownSyntaxError, RecursionError):
        assert sys.getrecursionlimit()
