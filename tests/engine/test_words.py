"""The word test: fast, linear, and it loses nothing."""

from __future__ import annotations

import re

import pytest
from helpers.scanning import scan_source
from hypothesis import given, settings
from hypothesis import strategies as st

from py314_check import splitting
from py314_check.registry import all_rules
from py314_check.words import WordTest

TEST = WordTest(all_rules())

PASSED_BY = {
    "nothing": "",
    "a name in a longer word": "import cgitools, imports",
    "a common word that is no import": "parser = argparse.ArgumentParser()\nparser.add_argument('x')",
    "a submodule of another package": "from sympy.core.symbol import Symbol",
    "a name imported from elsewhere": "from app import parser",
    "a comment": "# the old parser\nx = 1",
    "a quoted word without a way to import it": "x = {'symbol': 'chunk'}",
    "typing and re side by side": "import re\nfrom typing import Any\nx = re.compile('')",
}
HELD = {
    "import": "import parser",
    "import as": "import parser as p",
    "import among others": "import os, sys , parser",
    "from": "from parser import x",
    "indented": "def f():\n\timport parser",
    "behind a colon": "if x: import parser",
    "behind a semicolon": "x = 1;import parser",
    "backslash": "import os, \\\n  parser",
    "backslash and CRLF": "import os, \\\r\n  parser",
    "behind CR": "x = 1\rimport parser",
    "behind a byte order mark": "\ufeffimport parser",
    "first word behind a byte order mark": "\ufeffparser = __import__('parser')",
    "a string and import_module": "import_module('parser')",
    "a string and patch": 'mock.patch("parser.x")',
    "a pseudo-module": "import typing\nx: typing.re.Pattern",
    "a pseudo-module through an alias": "import typing as t\nx: t.re.Pattern",
    "behind from, on one line": "from tkinter import ttk, tix",
    "behind from, on a continued line": "from tkinter import ttk, \\\n    tix as t",
    "behind from, in parentheses": "from tkinter import (\n    ttk,  # c\n    tix,\n)",
    "one of our comments": "# py314: ignore",
    "a very long line": "x = 1; " * 200 + "import parser",
}


@pytest.mark.parametrize("text", PASSED_BY.values(), ids=PASSED_BY)
def test_not_parsed(text: str) -> None:
    assert TEST.candidates(text.encode()) == []


@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_parsed(text: str) -> None:
    assert TEST.candidates(text.encode())


@given(st.binary(max_size=200), st.integers(1, 30))
def test_words_come_whole_whatever_the_size_of_the_parts(data: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "_PART", size)
        words = list(splitting.words_in(data))
    assert words == re.findall(rb"[\w\x80-\xff]+", data)


PIECES = st.sampled_from(
    ["import ", "from ", "parser", "cgi", "tkinter", " tix", ", ", ".", " as m", "\n", "; ", "\\\n", "(", ")", "'", '"', "typing",
     ".re", " import ", "x = ", "import_module(", "__import__(", "mock.patch(", "if x: ", "    ", "# py314: ignore", "# noqa: RMV001",
     "import importlib\n", "from unittest import mock\n", "lazy "]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_it_loses_nothing(text: str) -> None:
    with_test = scan_source(text.encode())
    without = scan_source(text.encode(), word_test=False)
    if any(one.code == "SYN001" for one in without.findings):
        return  # only what is parsed is known not to parse
    assert with_test.findings == without.findings


@pytest.mark.parametrize(
    "hostile",
    [
        "import " * 40_000,
        "parser " * 40_000,
        "from typing import (" * 20_000 + "re",
        "(  # ,\n" * 20_000 + " typing re",
        ", # # #  #  # #\n # # # #\n" * 20_000 + " typing re",
        "typing." * 50_000 + " re io",
        "import x, " * 20_000 + "\nparser",
        "typing import " * 4_000 + "re",
    ],
    ids=[
        "imports",
        "words",
        "open parentheses",
        "comments",
        "many comment signs",
        "dots",
        "one long import",
        "half imports",
    ],
)
def test_hostile_input_is_linear(hostile: str) -> None:
    import time

    def cost(data: bytes) -> float:
        start = time.process_time()
        TEST.candidates(data)
        return time.process_time() - start

    once, four_times = (min(cost(hostile.encode() * factor) for _ in range(3)) for factor in (1, 4))
    assert four_times < 12 * once + 0.05, "four times the bytes, about four times the work (16 would be quadratic)"
