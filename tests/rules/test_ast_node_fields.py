"""facts/ast_fields.toml: every row is what the interpreters of this machine say."""

from __future__ import annotations

import json
import subprocess
from functools import cache

import pytest
from helpers.interpreters import interpreters
from py314_rules.changed.ast_node_fields import NODES

OBSERVE = """
import ast, json, sys
seen = {}
for name in json.load(sys.stdin):
    node = getattr(ast, name, None)
    if node is not None:
        kinds = getattr(node, "_field_types", {})
        optional = [f for f in node._fields if str(kinds[f]).startswith("list[") or kinds[f] is ast.expr_context
                    or type(None) in getattr(kinds[f], "__args__", ())]
        seen[name] = [list(node._fields), [f for f in node._fields if f not in optional], "col_offset" in node._attributes]
print(json.dumps(seen))
"""
KNOWN = [version for version in ("3.13", "3.14", "3.15") if version in interpreters()]


@cache
def observed(version: str) -> dict[str, tuple[list[str], list[str], bool]]:
    run = [interpreters()[version], "-I", "-c", OBSERVE]
    done = subprocess.run(run, input=json.dumps(sorted(NODES)), capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("version", KNOWN)
@pytest.mark.parametrize("kind", NODES)
def test_row(kind: str, version: str) -> None:
    if kind not in observed(version):
        pytest.skip(f"Python {version} has no ast.{kind}")
    fields, required, placed = observed(version)[kind]
    row = NODES[kind]
    assert row.fields[: len(fields)] == tuple(fields)
    assert set(row.required) <= set(required)
    assert row.placed is placed


@pytest.mark.skipif(len(KNOWN) < 3, reason="needs Python 3.13, 3.14 and 3.15")
@pytest.mark.parametrize("kind", NODES)
def test_nothing_is_left_out(kind: str) -> None:
    seen = [observed(version)[kind] for version in KNOWN if kind in observed(version)]
    assert set(NODES[kind].fields) == {field for fields, _, _ in seen for field in fields}
    assert set(NODES[kind].required) == set.intersection(*(set(required) for _, required, _ in seen))
