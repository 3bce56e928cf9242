"""The C in the documentation of the rules, held against the headers of real Pythons: what it says compiles, does."""

from __future__ import annotations

import re

import pytest
from helpers.headers import compiler_errors

from py314_check.registry import all_rules, describe

_BLOCK = re.compile(r"^```c\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INCLUDE = "#include <Python.h>\n"
_BOX = "typedef struct { PyObject_HEAD PyObject **items; Py_ssize_t size; } Box;\n"
LEFT_OUT = {
    "EXT001": "static int fill(PyObject *module) { return 0; }\n",
    "EXT106": 'static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "fast"};\n',
    "EXT202": "typedef struct { PyObject_HEAD PyObject *items; } Registry;\n",
    "EXT203": "void add(PyObject *, PyObject *);\n",
    "EXT205": "PyObject *add_in_place(PyObject *, PyObject *);\nPyObject *add_to_copy(PyObject *, PyObject *);\n",
    "EXT206": _BOX,
    "EXT208": "static long last;\n",
    "EXT209": _BOX,
    "EXT211": "PyObject *fill(char *, PyObject *);\n",
    "EXT212": "typedef struct { PyObject_HEAD PyObject *function, *arguments; } Caller;\n",
    "EXT213": "PyObject *add(PyObject **, Py_ssize_t);\n",
    "EXT214": "int wait_for_device(void);\n",
    "JIT006": "PyObject *evaluate(PyThreadState *, struct _PyInterpreterFrame *, int);\n",
}
"""What an example leaves to the reader: it stands behind the first inclusion."""
BREAKS = {
    "EXT101": {False, True},
    "EXT102": {False, True},
    "EXT103": {True},
    "EXT105": {True},
    "EXT106": {False},
}
"""On which builds the examples of rules do not compile, free-threaded or not: of those that say so."""
C_RULES = [rule for rule in all_rules() if _BLOCK.search(describe(rule).sections["Use instead"])]
EACH = pytest.mark.parametrize("rule", C_RULES, ids=lambda rule: rule.code)
EACH_BUILD = pytest.mark.parametrize("free_threaded", [False, True], ids=["with the GIL", "free-threaded"])


def _errors(rule: type, section: str, version: str, *, free_threaded: bool) -> str:
    (code,) = _BLOCK.findall(describe(rule).sections[section])
    whole = code.replace(_INCLUDE, _INCLUDE + LEFT_OUT.get(rule.code, ""), 1)
    return compiler_errors(whole, version, free_threaded=free_threaded)


def test_what_is_left_out_is_of_rules_that_are_there() -> None:
    assert LEFT_OUT.keys() | BREAKS.keys() <= {rule.code for rule in C_RULES}


@EACH
@EACH_BUILD
@pytest.mark.parametrize("version", ["3.14", "3.15"])
def test_the_remedy_compiles(rule: type, version: str, free_threaded: bool) -> None:
    assert _errors(rule, "Use instead", version, free_threaded=free_threaded) == ""


@EACH
@EACH_BUILD
def test_the_example_compiles_where_it_does_not_break(rule: type, free_threaded: bool) -> None:
    breaks = free_threaded in BREAKS.get(rule.code, ())
    assert bool(_errors(rule, "Example", "3.14", free_threaded=free_threaded)) == breaks
