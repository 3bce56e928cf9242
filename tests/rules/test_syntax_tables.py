"""SYN004 and SYN006 against real compilers, table by table; and the word tests of this room against hostile files."""

from __future__ import annotations

import time
from itertools import product

import pytest
from helpers.compiling import compiled
from helpers.scanning import found
from py314_rules.syntax.invalid_escape import InvalidEscape
from py314_rules.syntax.number_runs_into_keyword import NumberRunsIntoKeyword
from py314_rules.syntax.python2_except_clause import Python2ExceptClause

NUMBERS = [
    "1",
    "0",
    "0xf",
    "0xa",
    "0b1",
    "0o7",
    "1.",
    "1.5",
    ".5",
    "1e5",
    "1j",
    "1_0",
    "00",
    "1.e3",
    "0XF",
    "1J",
    "1.j",
    "0B1",
]
AFTER = [
    "{}and y",
    "x if {}else y",
    "[{}for x in y]",
    "{}if x else y",
    "{}in x",
    "{}is x",
    "{}or y",
    "{}not in x",
    "x < -{}in y",
]

PLACES = {
    "module": "x: {}",
    "parameter": "def f(x: {}): ...",
    "result": "def f() -> {}: ...",
    "class": "class A:\n  x: {}",
    "generic class": "class A[T]:\n  def f(x: {}): ...",
    "generic function": "async def g():\n  def f[T](x: {}): ...",
    "class in a function": "def g():\n  class A:\n    def f(x: {}): ...",
    "local variable": "def g():\n  x: {}",
    "local variable of a coroutine": "async def g():\n  x: {} = 1",
    "function in a function": "def g():\n  def f(x: {}): ...",
    "function in a coroutine": "async def g():\n  def f(*x: {}) -> int: ...",
    "class in a coroutine": "async def g():\n  class A:\n    x: {}",
}
EXPRESSIONS = [
    "(a := int)", "(yield)", "(yield from x)", "(await x)", "[a := y for y in z]", "[y for y in z if (a := y)]", "[y for y in (a := 1,)]",
    "(lambda: (a := 1))", "(lambda: (yield))", "(lambda y=(a := 1): 1)", "(lambda y=(yield): 1)", "f'{(a := 1)}'", "[await x for x in y]",
    "(await x for x in y)", "(x for x in (yield))", "[x for x in await y]", "[x async for x in y]", "(x async for x in y)",
    "[x for x in y for z in await q]", "[[await x for x in y] for z in w]", "([await x for x in y] for z in w)", "int", "[x for x in y]",
]  # fmt: skip


def test_numbers_and_keywords() -> None:
    programs = [after.format(number) for number, after in product(NUMBERS, AFTER)]
    for program, answer in zip(programs, compiled("3.14", programs), strict=True):
        expected = 0 if isinstance(answer, str) else sum("literal" in text and "invalid" in text for _, text in answer)
        if not isinstance(answer, str):
            assert len(found(program, codes="SYN004")) == expected, program


def test_expressions_in_annotations() -> None:
    """What 3.14 rejects and 3.13 accepts is reported, and nothing else."""
    futures = ("", "from __future__ import annotations\n")
    programs = [
        future + place.replace("{}", expression)
        for future, place, expression in product(futures, PLACES.values(), EXPRESSIONS)
    ]
    answers = zip(programs, compiled("3.13", programs), compiled("3.14", programs), strict=True)
    for program, old, new in answers:
        newly_wrong = not isinstance(old, str) and isinstance(new, str)
        assert bool(found(program, codes="SYN006")) is newly_wrong, (program, old, new)


HOSTILE = [
    "\nexcept ", "\nexcept (", "\nexcept ((a", "\nexcept [a", "\nexcept a \\\n", "\nexcept (a)\\\n", "(", "'", "'''", "'''\\'''", 'f"{', "rf'{{\\d'",
    "\\", "\\d", "#", "finally:\n", "finally:\n pass\n", "0x", "0xff ", "1", "1e", "1_", "1.1j", "1.", "x: (\n", ":=", "def ", "r'\\d'",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "rf'{}'"])
def test_word_tests_are_linear(piece: str, around: str) -> None:
    data = around.replace("{}", piece * 30_000).encode()
    rules = (InvalidEscape, NumberRunsIntoKeyword, Python2ExceptClause)
    tests = [way.test for rule in rules for way in rule.words if way.test]
    for test in tests:
        began = time.process_time()
        test(data)
        assert time.process_time() - began < 1
