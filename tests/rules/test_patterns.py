"""Regular expressions are read as CPython 3.14 reads them, on any Python."""

from __future__ import annotations

import pytest
from py314_rules.patterns import has_late_flags


@pytest.mark.parametrize(
    ("pattern", "verbose", "late"),
    [
        ("(?i)a", False, False),
        ("a(?i)", False, True),
        ("(?i)(?m)a", False, False),
        ("(?i)a(?m)", False, True),
        (" (?i)a", False, True),
        (" (?i)a", True, False),
        ("(?x) # (?i)\n (?m) a", False, False),
        ("(?x) a (?m)", False, True),
        ("a|(?i)b", False, True),
        ("((?i)a)", False, True),
        ("(?:(?i)a)", False, True),
        ("(a)?(?(1)(?i)b)", False, True),
        ("(?P<n>a)(?P=n)(?i)", False, True),
        ("(?=a)(?<!b)(?>c)", False, False),
        ("(?#a comment)(?i)a", False, False),
        (r"(?#\)(?i))(?i)a", False, False),
        ("a(?i:b)(?-i:c)(?i-s:d)", False, False),
        (r"a\(?i)", False, False),
        (r"a\\(?i)", False, True),
        ("[(?i)]", False, False),
        ("[^](?i)]", False, False),
        ("[]](?i)", False, True),
        (r"[\]](?i)", False, True),
        ("# (?i)", True, False),
        (r"\# (?i)", True, True),
        ("[#](?i)", True, True),
        ("(?x:#(?i)\n)", False, False),
        ("(?-x:#(?i))", True, True),
        ("(?x:a)#(?i)", False, True),
        # What was never a pattern.
        ("a(?i)(", False, False),
        ("a(?i))", False, False),
        ("a(?i)[b", False, False),
        ("a(?-i)", False, False),
        ("a(?i", False, False),
        ("a(?i)\\", False, False),
    ],
)
def test_late_flags(pattern: str, verbose: bool, late: bool) -> None:
    assert has_late_flags(pattern, verbose=verbose) is late


@pytest.mark.parametrize("part", ["(", "[", "(?#", "(?P<", "(?", "\\", "(?i)", "[^]", "#", "(?x:#", "a|"])
def test_long_patterns_take_no_time(part: str) -> None:
    has_late_flags(part * 50_000, verbose=True)
