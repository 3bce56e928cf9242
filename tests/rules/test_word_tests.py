"""Every rule's word test: it loses nothing of what the fixtures hold, and no input makes it slow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pytest
from helpers.scanning import scan_source
from py314_rules.deprecated._bools import may_invert_bool

from py314_check.api import Outline, Rule
from py314_check.collector import without_collector
from py314_check.languages import WORD_TESTED, language_of
from py314_check.registry import all_rules

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = [
    path for path in sorted(FIXTURES.rglob("*")) if path.is_file() and language_of(path) in WORD_TESTED and path.suffix
]
ON_BYTES = [rule for rule in all_rules() if any(words.test is not None for words in rule.words)]
ON_OUTLINES = [rule for rule in all_rules() if any(words.outline is not None for words in rule.words)]

HOSTILE_BYTES = {
    "open brackets": b"(",
    "closed brackets": b")",
    "calls in calls": b"f(a=",
    "dots": b". ",
    "quotes": b"'",
    "quotes in threes": b'"""',
    "strings that are cut": b"f'{",
    "backslashes": b"\\",
    "continued lines": b"\\\n",
    "blank lines": b"\n",
    "blanks": b" ",
    "carriage returns and tabs": b"\r\t",
    "comments": b"# a\n",
    "comment signs": b"#",
    "handlers": b"except A, ",
    "inversions": b"~x ",
    "annotations": b"x: Union[a, ",
    "numbers": b"1if x else 0x",
    "digits": b"1",
    "percent signs and letters": b"%d",
    "letters above ASCII": b"\xc3\xa9",
    "a long word": b"a",
}
# {a} and {b} are two of the rule's words, {i} the number of the piece.
HOSTILE_CODE = {
    "imports": "import {a}, {b}\nfrom {a} import {b} as x{i}\n",
    "assignments, each of the one before": "x{i} = {b}\n{b} = x{i}\n",
    "a chain of assignments": "{a}.{b} = x0 = {a}.{b}\nx{j} = x{i}\n",
    "a chain, last link first": "x{i} = x{j}\nx0 = {a}\n",
    "assignments of one to itself": "{b} = {b}.{a}\n",
    "calls": "{a}.{b}(x, {a}={b}, *x)\n",
    "calls of calls": "{b}({a}())()()\n",
    "functions": "def {b}({a}, x: bool = {a}) -> bool:\n    global {a}\n    {a} = {b}\n    return isinstance({a}, x)\n",
    "functions with names of their own": "def f{i}(x{i}):\n    global g{i}\n    g{i} += {a}({b})\n    return g{j}\n",
    "classes": "class {a}({b}):\n    x{i} = {b}()\n    def {b}(self): return {a}.x{i} is {b}\n",
    "classes, each of the one before": "class C{j}(C{i}, {a}):\n    {b} = {a}\n    def f(self): self.{b} = C{i}.{a}\n",
    "handlers": "try:\n    {a}({b})\nexcept {b}:\n    x{i} = {a}\nfinally:\n    x = {b}\n",
    "with statements": "with {a} as {b}, {a}.{b}() as x{i}:\n    {a}.{b} += 1\n",
    "loops": "for {b} in {a}:\n    {a}[{b}] = ~{b}\n",
    "names that are given two things each": "{a}.{b}(x0, {a}=x0)\nx{i} = x{j} + x{j}\nx{i} = ~-f{j}(x{j})\n"
    "def f{i}(y) -> bool:\n    return x{j} if f{j}(y) else {a}\n",
    "strings": "x{i} = getattr({a}, '{b}'), '{a}.{b}', '{a} {i}'\n",
    "annotations": "x{i}: {a}[{b}] = {a}\n",
    "lambdas": "x{i} = lambda {a}={b}: {a}({b})\n",
}
BYTES = 4_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FIXTURES).as_posix())
def test_what_a_fixture_holds_passes(file: Path) -> None:
    target = re.search(r"^(?:#|//) target: (\S+)", file.read_text("utf-8", "replace"), re.MULTILINE)
    with_test, without = (
        scan_source(
            file.read_bytes(), path=file.name, target=target[1] if target else "3.14t", word_test=word_test
        ).findings
        for word_test in (True, False)
    )
    parses = not any(one.code == "SYN001" for one in without)  # only what is parsed is known not to parse
    assert not parses or with_test == without


@pytest.mark.parametrize("rule", ON_BYTES, ids=lambda rule: rule.code)
def test_hostile_bytes_take_linear_time(rule: type[Rule]) -> None:
    for words, test in _tests(rule, "test"):
        for kind, piece in HOSTILE_BYTES.items():
            text = piece * 8 + " ".join(words).encode() + b" "
            growth = _growth(test, *(text * (size // len(text)) for size in (BYTES, 4 * BYTES)))
            assert growth < 9, f"{words}, {kind}: four times the bytes take {growth:.0f} times the time"


@pytest.mark.parametrize("rule", ON_OUTLINES, ids=lambda rule: rule.code)
def test_hostile_code_takes_linear_time(rule: type[Rule]) -> None:
    for words, test in _tests(rule, "outline"):
        names = [word for word in words if word.isidentifier() and not iskeyword(word)] or ["x"]
        for kind, piece in HOSTILE_CODE.items():
            sizes = (BYTES // len(piece), 4 * BYTES // len(piece))
            once, four_times = (
                "".join(piece.format(a=names[0], b=names[-1], i=i, j=i + 1) for i in range(size)).encode()
                for size in sizes
            )
            growth = _growth(partial(_on_outline, test), once, four_times)
            assert growth < 9, f"{words}, {kind}: four times the code takes {growth:.0f} times the time"


def test_functions_that_return_what_each_other_does() -> None:
    """There were more ways from one to another than could be followed."""
    count = 14
    returns = "".join(f"    if y:\n        return f{other}(y)\n" for other in range(count))
    source = "".join(f"def f{one}(y):\n{returns}" for one in range(count))
    assert not may_invert_bool(Outline(f"{source}x = ~f0(1)\n".encode()))
    assert may_invert_bool(Outline(f"{source}    return y is None\nx = ~f0(1)\n".encode()))


def _on_outline(test: Callable[[Outline], object], data: bytes) -> object:
    with without_collector():  # as in a run
        outline = Outline(data)
        assert outline.words
        return test(outline)


def _tests(rule: type[Rule], which: str) -> list[tuple[tuple[str, ...], Callable[[Any], object]]]:
    """The rule's tests of one kind, with the words that they go with; of those made from tables, the first two."""
    found: dict[object, list[tuple[tuple[str, ...], Callable[[Any], object]]]] = {}
    for words in rule.words:
        test = getattr(words, which)
        if test is not None:
            kind = getattr(test, "__func__", None) or getattr(test, "func", None) or type(test)
            found.setdefault(test if kind is type(lambda: None) else kind, []).append((words.words, test))
    return [one for several in found.values() for one in several[:2]]


def _growth(test: Callable[[bytes], object], once: bytes, four_times: bytes) -> float:
    """The time of the longer input by that of the shorter; 0 for what takes no time to speak of."""
    took = _took(test, four_times)
    if took < 0.05:
        return 0
    growth = took / _took(test, once)
    for _ in range(5):  # the least of several: what else the machine does only adds to it
        growth = min(growth, _took(test, four_times) / _took(test, once))
    return growth


def _took(test: Callable[[bytes], object], data: bytes) -> float:
    start = time.process_time()
    test(data)
    return time.process_time() - start
