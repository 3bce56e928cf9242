"""What the rules about Cargo.toml have in common: which versions of PyO3 build for which Python."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Target, load_facts, parse_version

CRATES = frozenset({"pyo3", "pyo3-ffi"})
FREE_THREADED = (0, 23)
"""The first version that builds for free-threaded Python."""


@dataclass(frozen=True)
class Row:
    """A row of facts/pyo3.toml, which says what each key means."""

    stops_before: str
    supports: str
    source: str


ROWS = load_facts("py314_rules.facts", "pyo3.toml", Row)


def first_version(target: Target) -> tuple[int, int]:
    """The first version of PyO3 that builds for a target, as far as that is known."""
    row = ROWS.get(target.release)
    known = (0, 0) if row is None else parse_version(row.stops_before)
    return max(known, FREE_THREADED) if target.free_threaded else known


def recommended(target: Target) -> str:
    """The first version whose notes say that it supports a target's Python."""
    return max(ROWS[target.release].supports, "0.23") if target.free_threaded else ROWS[target.release].supports
