"""Findings cover exactly what they are about, in every file that Python accepts."""

from __future__ import annotations

import pytest
from helpers.scanning import found
from hypothesis import given, settings
from hypothesis import strategies as st

from py314_check.source import SourceFile

PLACES = {
    "plain": ("import cgi\n", (1, 8, 1, 11)),
    "dotted": ("import os, distutils.util as du\n", (1, 12, 1, 26)),
    "from": ("from distutils.util import (\n    strtobool,\n)\n", (1, 6, 1, 20)),
    "submodule behind from": ("from tkinter import (\n    ttk,\n    tix,\n)\n", (3, 5, 3, 8)),
    "inside a string": ("import importlib\nimportlib.import_module(r'cgi')\n", (2, 27, 2, 30)),
    "the module in a patched name": ("from unittest import mock\nmock.patch('distutils.util.f')\n", (2, 13, 2, 27)),
    "joined strings as a whole": ("__import__('cgi' '')\n", (1, 12, 1, 20)),
    "behind wide characters": ("x = '日本語'; import cgi\n", (1, 19, 1, 22)),
    "behind characters beyond the BMP": ("x = '😀'; import cgi\n", (1, 17, 1, 20)),
    "behind a byte order mark": ("\ufeffimport cgi\n", (1, 8, 1, 11)),
    "CRLF": ("x = 1\r\nimport cgi\r\n", (2, 8, 2, 11)),
    "lone CR": ("x = 1\rimport cgi\r", (2, 8, 2, 11)),
    "form feed before the line": ("x = 1\n\fimport cgi\n", (2, 9, 2, 12)),
    "form feed in a comment above": ("# a\fb\nimport cgi\n", (2, 8, 2, 11)),
    "line separator in a string": ("x = 'a\u2028b'\nimport cgi\n", (2, 8, 2, 11)),
    "vertical tab in a string": ("x = 'a\vb'\nimport cgi\n", (2, 8, 2, 11)),
    "tabs": ("if x:\n\timport cgi\n", (2, 9, 2, 12)),
    "no newline at the end": ("import cgi", (1, 8, 1, 11)),
    "backslash": ("import \\\n    cgi\n", (2, 5, 2, 8)),
    "space before the colon of except": ("try:\n    x\nexcept E :\n    pass\nimport cgi\n", (5, 8, 5, 11)),
    "behind a semicolon": ("x = 1; import cgi; y = 2\n", (1, 15, 1, 18)),
    "attribute": ("import typing\nx: typing.io.IO = 1\n", (2, 4, 2, 13)),
    "deep indentation behind comments": ("class A:\n    # c\n\n    def f(self):\n        import cgi\n", (5, 16, 5, 19)),
}


@pytest.mark.parametrize(("program", "place"), PLACES.values(), ids=PLACES)
def test_place(program: str, place: tuple[int, int, int, int]) -> None:
    (finding,) = found(program, codes="RMV")
    where = finding.place
    assert (where.line, where.column, where.end_line, where.end_column) == place


def test_an_encoding_is_decoded_before_columns_are_counted() -> None:
    (finding,) = found("# -*- coding: latin-1 -*-\nx = 'é'; import cgi\n".encode("latin-1"), codes="RMV")
    assert (finding.place.line, finding.place.column) == (2, 17)
    assert finding.source == ("x = 'é'; import cgi",)


LINES = st.sampled_from(
    ["x = 1", "# comment", "", "x = '''a\nb'''", "if x:\n    y = 2\n\n    z = 3", "s = 'é😀\\\n'", "try:\n  a\nexcept E :\n  b",
     "def f(a, *, b=1): return a", "\f", "x = (1,\n\t2) ; y = 3", "class A(B): pass", "@d\ndef g(): ...", "with a as b, c: d"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_the_text_at_the_place_is_the_module(before: list[str], newline: str, last_newline: bool) -> None:
    text = newline.join([*("\n".join(before).split("\n")), "import cgi" + (newline if last_newline else "")])
    (finding,) = found(text.encode(), codes="RMV")
    line = SourceFile("m.py", "python", b"", text).lines[finding.place.line - 1]
    assert line[finding.place.column - 1 : finding.place.end_column - 1] == "cgi"
