"""Whether a file may have entry points of `importlib.metadata`, told from its outline."""

from __future__ import annotations

from py314_check.api import Mentions, Outline, once

_TESTS = [
    Mentions("importlib.metadata", name)
    for name in (
        *("EntryPoint", "EntryPoints", "entry_points"),
        *("Distribution", "PathDistribution", "distribution", "distributions"),
    )
]


@once  # for each of the words, and for both rules
def may_have_entry_points(outline: Outline) -> bool:
    """Whether a name of the module that gives some may be meant."""
    return any(test(outline) for test in _TESTS)
