"""What the word tests say of the types of arguments loses nothing that ``Context.types`` tells, in any program."""

from __future__ import annotations

import warnings
from textwrap import indent

from helpers.scanning import scan_source
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from py314_rules.deprecated.element_truth import _ELEMENT, _GIVING

from py314_check.languages.python.standard import standard

_CODES = ("CHG001", "DPR003", "DPR006")
_START = """
import math, random, shlex, time
from pathlib import Path
from typing import Any, Optional
from urllib.parse import parse_qs
from foreign import Foreign, foreign
"""
_NAMES = st.sampled_from("abc")
_LEAVES = st.one_of(
    _NAMES,
    st.sampled_from(
        "1.5 1.5 2 2 1j 1j True {1} a+1.5 b*2 c-1j None 's' (1,2) [1] self.a self.b A.a a.b time.time() foreign(a)"
        " math.pi len(a) float(b) Path(a) range(2)[0]".split()
    ),
)
_SHAPES = (
    "({x} + {y})",
    "({x} / {y})",
    "({x} * {y})",
    "({x} ** {y})",
    "({x} % {y})",
    "({x} > {y})",
    "({x} in {y})",
    "-{x}",
    "(not {x})",
    "({x} if {y} else {x})",
    "({x} or {y})",
    "({n} := {x})",
    "{n}({x})",
    "self.{n}()",
    "({x})[0]",
    "abs({x})",
    "(lambda: {x})()",
    "[{x} for {n} in {y}]",
    "{{1: {x}}}[1]",
)
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda shape, x, y, n: shape.format(x=x, y=y, n=n), st.sampled_from(_SHAPES), inner, inner, _NAMES
    ),
    max_leaves=3,
)
_USES = st.builds(
    str.format,
    st.sampled_from(
        (
            *("random.randint(0, {})", "math.factorial({})", "complex({}, 1)", "random.sample({}, 1)"),
            *("random.seed({})", "shlex.split({})", "parse_qs({})", "print(~{})"),
        )
    ),
    _EXPRESSIONS,
)
_HEADS = (
    "for {n} in {x}:",
    "with {x} as {n}:",
    "if isinstance({n}, (float, set)):",
    "if {x}:",
    "class A:",
    "class B(A):",
    "def {n}(self, c={x}):",
    "def {n}(a: float) -> float:",
    "def {n}(a: Any, b: Optional[set] = None) -> Any:",
    "def {n}(*a: complex):\n    global {m}",
)
_STATEMENTS = st.recursive(
    st.one_of(
        _USES,
        st.builds("{} = {}".format, st.sampled_from(["a", "b", "c", "self.a", "self.b", "A.a", "a, b"]), _EXPRESSIONS),
        st.builds("{}: {} = {}".format, _NAMES, st.sampled_from(["float", "'set'", "object", "Foreign"]), _EXPRESSIONS),
        st.builds("{} += {}".format, _NAMES, _EXPRESSIONS),
    ),
    lambda inner: st.builds(
        lambda head, n, m, x, body: "\n".join(
            [
                head.format(n=n, m=m, x=x),
                indent("\n".join(body), "    "),
                *([f"    return {x}"] if "def" in head else []),
            ]
        ),
        st.sampled_from(_HEADS),
        _NAMES,
        _NAMES,
        _EXPRESSIONS,
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def test_what_gives_an_element_is_known() -> None:
    """The names are those of the tables of types; a loop over an element needs one that is given before."""
    table = standard()
    gives = {name for kinds in (table.returns, table.attributes) for name, kind in kinds.items() if _ELEMENT in kind}
    assert {name.rpartition(".")[2] for name in gives} - {"__iter__"} <= {*_GIVING}


@given(st.lists(_STATEMENTS, min_size=1, max_size=4), st.lists(_USES, min_size=3, max_size=6))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_nothing_is_lost(statements: list[str], last: list[str]) -> None:
    source = "\n".join([_START, *statements, *last, ""])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "a.py", "exec")
        except SyntaxError:
            assume(False)
    for code in _CODES:
        with_test, without = (scan_source(source, codes=code, word_test=on).findings for on in (True, False))
        assert with_test == without
