"""facts/container_fields.toml: every row fires."""

from __future__ import annotations

import pytest
from helpers.scanning import scan_source
from py314_rules.native.c_container_field import FIELDS


@pytest.mark.parametrize("name", FIELDS)
def test_every_row_fires(name: str) -> None:
    structure, _, field = name.partition(".")
    code = f"static PyObject *shared;\nvoid f(void) {{ use((({structure} *)shared)->{field}); }}\n"
    (finding,) = scan_source(code, path="m.c", codes="EXT213").findings
    assert finding.symbol == field
    assert FIELDS[name].instead in finding.help
