"""facts/c_names.toml and c_fields.toml: sorted, and every row fires."""

from __future__ import annotations

import pytest
from helpers.scanning import scan_source
from py314_rules.native import removed_c_field, removed_c_name

from py314_check.api import parse_version


@pytest.mark.parametrize("rows", [removed_c_name.ROWS, removed_c_field.ROWS], ids=["names", "fields"])
def test_rows_are_sorted(rows: dict[str, object]) -> None:
    assert list(rows) == sorted(rows)


def test_every_name_fires() -> None:
    program = "void f(void) {\n" + "".join(f"    use({name});\n" for name in removed_c_name.ROWS) + "}\n"
    result = scan_source(program, path="m.c", target="3.15", codes="EXT101")
    assert [one.symbol for one in result.findings] == list(removed_c_name.ROWS)


def test_every_field_fires() -> None:
    program = "void f(A *a) {\n" + "".join(f"    use(a->{name});\n" for name in removed_c_field.ROWS) + "}\n"
    result = scan_source(program, path="m.c", target="3.15", codes="EXT102")
    assert [one.symbol for one in result.findings] == list(removed_c_field.ROWS)


@pytest.mark.parametrize("target", ["3.13", "3.14", "3.15"])
def test_no_row_fires_before_its_time(target: str) -> None:
    program = "void f(void) { " + " ".join(f"use({name});" for name in removed_c_name.ROWS) + " }\n"
    result = scan_source(program, path="m.c", target=target, codes="EXT101")
    gone = [name for name, row in removed_c_name.ROWS.items() if parse_version(row.removed_in) <= parse_version(target)]
    assert [one.symbol for one in result.findings] == gone
