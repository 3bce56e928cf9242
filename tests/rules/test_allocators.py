"""facts/allocators.toml: what allocates names what releases, and every row fires."""

from __future__ import annotations

import pytest
from helpers.scanning import scan_source
from py314_rules.native.c_allocator_domain import ALLOCATORS


@pytest.mark.parametrize("name", ALLOCATORS)
def test_every_row_fires(name: str) -> None:
    row = ALLOCATORS[name]
    given = name if row.release else "PyMem_RawMalloc" if row.domain != "raw" else "malloc"
    taking = name if not row.release else "PyMem_RawFree" if row.domain != "raw" else "free"
    code = f"void f(void) {{ void *p = {given}(1); {taking}(p); }} // PyMem_\n"
    (finding,) = scan_source(code, path="m.c", codes="EXT211").findings
    assert finding.symbol == taking
    assert f"`{ALLOCATORS[given].release}`" in finding.help


@pytest.mark.parametrize("name", [name for name, row in ALLOCATORS.items() if row.release])
def test_what_releases_is_of_the_same_domain(name: str) -> None:
    row = ALLOCATORS[name]
    assert row.release is not None
    assert ALLOCATORS[row.release].domain == row.domain
    assert ALLOCATORS[row.release].release is None
