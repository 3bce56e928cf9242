"""SYN002 against the compiler of Python 3.14: the same statements, on the same lines."""

from __future__ import annotations

import random
import re

import pytest
from helpers.compiling import compiled
from helpers.scanning import found

COUNT = 400


class _Program:
    """A program of nested blocks. What leaves a block ends it: what is behind would be dead code."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines = ["async def f(x, y):"]
        self.block(1, in_loop=False)

    def block(self, depth: int, *, in_loop: bool) -> None:
        for _ in range(self.random.randint(0, 2)):
            if depth < 4:  # the compiler copies finally blocks, in nested ones again and again
                self.compound(depth, in_loop=in_loop)
        ends = ["return", "pass", "return x", *(["break", "continue"] if in_loop else [])]
        self.add(depth, self.random.choice(ends))

    def compound(self, depth: int, *, in_loop: bool) -> None:
        kind = self.random.choice(
            ["try", "try", "try", "for", "while", "async for", "if", "with", "match", "def", "class"]
        )
        if kind == "try":
            self.add(depth, "try:")
            self.block(depth + 1, in_loop=in_loop)
            if self.random.random() < 0.5:
                self.add(depth, "except x:")
                self.block(depth + 1, in_loop=in_loop)
                self.add(depth, "else:")
                self.block(depth + 1, in_loop=in_loop)
            self.add(depth, "finally:")
            self.block(depth + 1, in_loop=in_loop)
        elif kind in ("for", "while", "async for"):
            self.add(depth, "while x:" if kind == "while" else f"{kind} x in y:")
            self.block(depth + 1, in_loop=True)
            if self.random.random() < 0.5:
                self.add(depth, "else:")
                self.block(depth + 1, in_loop=in_loop)
        elif kind == "if":
            self.add(depth, "if x:")
            self.block(depth + 1, in_loop=in_loop)
        elif kind == "with":
            self.add(depth, "with x:")
            self.block(depth + 1, in_loop=in_loop)
        elif kind == "match":
            self.add(depth, "match x:")
            self.add(depth + 1, "case 1:")
            self.block(depth + 2, in_loop=in_loop)
        elif kind == "def":
            self.add(depth, "def g(x, y):")
            saved = len(self.lines)
            self.block(depth + 1, in_loop=False)
            self.lines[saved:] = [line.replace("async for", "for") for line in self.lines[saved:]]
        else:
            self.add(depth, "class C:")
            self.add(depth + 1, "def g(self): return 1")

    def add(self, depth: int, line: str) -> None:
        self.lines.append(" " * depth + line)


def _reported(program: str, word_test: bool) -> list[tuple[int, str]]:
    findings = found(program, codes="SYN", word_test=word_test)  # type: ignore[arg-type]
    assert {one.code for one in findings} <= {"SYN002"}
    return [(one.place.line, one.symbol.partition(" ")[0]) for one in findings]


def test_the_same_as_the_compiler() -> None:
    programs = ["\n".join(_Program(seed).lines) + "\n" for seed in range(COUNT)]
    warned = 0
    for program, answer in zip(programs, compiled("3.14", programs), strict=True):
        assert not isinstance(answer, str), f"{answer}\n{program}"
        expected = [(line, re.match(r"'(\w+)' in a 'finally' block", text)[1]) for line, text in answer]  # type: ignore[index]
        assert _reported(program, word_test=False) == sorted(expected), program
        assert _reported(program, word_test=True) == sorted(expected), program
        warned += len(expected)
    assert warned > COUNT / 2


@pytest.mark.parametrize(
    "program",
    [
        "def f():\n return\n try: pass\n finally: return 1\n",
        "def f():\n if 0:\n  try: pass\n  finally: return 1\n",
    ],
)
def test_dead_code_is_compiled(program: str) -> None:
    assert _reported(program, word_test=True)
