"""facts/c_names.toml, c_new_names.toml and c_fields.toml: sorted, as the headers have it, and every row fires."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from helpers.headers import compiler_errors, header_words
from helpers.interpreters import VERSIONS, interpreters
from helpers.scanning import scan_source
from py314_rules.native import removed_c_field, removed_c_name
from py314_rules.native.removed_c_name import NEW_NAMES, Row

from py314_check.api import parse_version

NAMES = removed_c_name.ROWS
FIELDS = removed_c_field.ROWS
TABLES = {"names": NAMES, "fields": FIELDS}
ALL = [(name, row) for rows in TABLES.values() for name, row in rows.items()]
EACH_VERSION = pytest.mark.parametrize("version", VERSIONS)


@pytest.mark.parametrize("rows", [*TABLES.values(), NEW_NAMES], ids=[*TABLES, "new names"])
def test_rows_are_sorted(rows: dict[str, object]) -> None:
    assert list(rows) == sorted(rows)


def test_every_name_fires() -> None:
    program = "void f(void) {\n" + "".join(f"    use({name});\n" for name in NAMES) + "}\n"
    result = scan_source(program, path="m.c", target="3.15", codes="EXT101")
    assert [one.symbol for one in result.findings] == list(NAMES)


def test_every_field_fires() -> None:
    fields = [field.split(".") for field in FIELDS]
    program = "".join(f"void f{i}({kind} *a) {{ use(a->{field}); }}\n" for i, (kind, field) in enumerate(fields))
    result = scan_source(program, path="m.c", target="3.15", codes="EXT102")
    assert [one.symbol for one in result.findings] == list(FIELDS)


@pytest.mark.parametrize("target", ["3.13", "3.14", "3.15"])
def test_no_row_fires_before_its_time(target: str) -> None:
    program = "void f(void) { " + " ".join(f"use({name});" for name in NAMES) + " }\n"
    result = scan_source(program, path="m.c", target=target, codes="EXT101")
    gone = [name for name, row in NAMES.items() if parse_version(row.removed_in) <= parse_version(target)]
    assert [one.symbol for one in result.findings] == gone


# What the headers and the library of real Pythons have


@EACH_VERSION
def test_what_is_gone_is_in_no_header(version: str) -> None:
    gone = {name for name, row in NAMES.items() if parse_version(row.removed_in) <= parse_version(version)}
    assert gone & header_words(version) == set()


@EACH_VERSION
def test_what_goes_next_is_in_the_headers(version: str) -> None:
    assert {name for name, row in NAMES.items() if row.removed_in == _next(version)} <= header_words(version)


@EACH_VERSION
def test_fields_compile_as_long_as_they_are_there(version: str) -> None:
    """One line for each, in one file: those that are gone do not compile, those that go next do."""
    code = "#include <Python.h>\n#include <structmember.h>\n#include <frameobject.h>\n"
    lines = [f"void f{i}({name.replace('.', ' *it) { (void)it->')}; }}" for i, name in enumerate(FIELDS)]
    errors = compiler_errors(code + "\n".join(lines), version)
    wrong = {list(FIELDS)[int(line) - 4] for line in re.findall(r"^<stdin>:(\d+):\d+: error", errors, re.MULTILINE)}
    assert {name for name, row in FIELDS.items() if parse_version(row.removed_in) <= parse_version(version)} <= wrong
    assert {name for name, row in FIELDS.items() if row.removed_in == _next(version)} & wrong == set()


def _next(version: str) -> str:
    major, minor = parse_version(version)
    return f"{major}.{minor + 1}"


@EACH_VERSION
def test_when_new_names_came(version: str) -> None:
    came = {name for name, row in NEW_NAMES.items() if parse_version(row.since) <= parse_version(version)}
    assert NEW_NAMES.keys() & header_words(version) == came


def _c_names(text: str) -> set[str]:
    """The names of the C API in a piece of code; of `PyConfig.home`, the field as well."""
    return set(re.findall(r"\b_?Py\w+|(?<=\bPyConfig\.)\w+|(?<=\bPyPreConfig\.)\w+", text))


def test_which_names_the_internal_headers_have() -> None:
    words = (
        header_words("3.13", internal=True) | header_words("3.14", internal=True) | header_words("3.15", internal=True)
    )
    assert {name for name, row in NAMES.items() if row.internal} == NAMES.keys() & words


def test_what_to_use_instead_is_declared() -> None:
    """By the headers of 3.14 and 3.15, or it comes with pythoncapi-compat; advice may name what a later one has."""
    compat = {name for name, row in NEW_NAMES.items() if row.compat}
    for name, row in ALL:
        first = max("3.14", row.removed_in, key=parse_version)
        instead, advice = _c_names(row.instead or ""), _c_names(row.advice or "")
        for version in {first, "3.15"}:
            assert instead - compat <= header_words(version), (name, version)
        if f"Python {VERSIONS[-1]}" not in (row.advice or ""):
            assert advice <= header_words(first), name
        assert advice <= header_words("3.15"), name


def test_what_to_use_instead_says_when_it_came() -> None:
    """All that is named first in `instead` is in the headers of 3.8, or has a row that tells since when."""
    first = {match[0] for _, row in ALL if (match := re.match(r"_?Py\w+", row.instead or ""))}
    assert first - header_words("3.8") == NEW_NAMES.keys()


def test_what_to_use_of_python_exists() -> None:
    names = sorted({row.instead for _, row in ALL if re.fullmatch(r"[a-z]\w*(\.\w+)+", row.instead or "")})
    python = interpreters().get("3.14")
    if python is None:
        pytest.skip("Python 3.14 is not installed here")
    ask = "import builtins, json, pkgutil, sys; print([pkgutil.resolve_name(n if n[:4] not in ('str.', 'int.')"
    ask += " else 'builtins.' + n) for n in json.load(sys.stdin)])"
    assert names
    subprocess.run([python, "-I", "-c", ask], input=json.dumps(names), text=True, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (Row("3.13"), "It has no public successor."),
        (Row("3.13", instead="PyObject_Call"), "Use `PyObject_Call`."),
        (Row("3.13", instead="PyObject_Call", advice="Mind."), "Use `PyObject_Call`. Mind."),
        (Row("3.13", advice="Leave it out."), "Leave it out."),
        (Row("3.13", instead="PyIter_Send"), "Use `PyIter_Send` (new in Python 3.10)."),
        (
            Row("3.13", instead='PyImport_AddModuleRef("__main__")'),
            'Use `PyImport_AddModuleRef("__main__")` (new in Python 3.13; pythoncapi-compat has it for older versions).',
        ),
    ],
)
def test_what_the_help_says(row: Row, says: str) -> None:
    assert removed_c_name.remedy(row) == says
