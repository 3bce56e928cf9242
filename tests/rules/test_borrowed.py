"""facts/borrowed.toml: every row fires on what it describes."""

from __future__ import annotations

import pytest
from helpers.scanning import scan_source
from py314_rules.native.borrowing import LENDERS


@pytest.mark.parametrize("lender", LENDERS)
def test_every_row_fires(lender: str) -> None:
    code = f"static PyObject *shared;\nvoid f(void *key) {{ use({lender}(shared, key)); PyDict_Clear(shared); }}\n"
    (finding,) = scan_source(code, path="m.c", codes="EXT202").findings
    assert finding.symbol == lender
    assert LENDERS[lender].instead in finding.help
