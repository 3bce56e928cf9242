"""What a file is for, as its path says."""

from __future__ import annotations

import re

_TOOL = re.compile(r"debug|trac(?:e|ing)|profil|coverage|monitor|instrument|[bp]db", re.IGNORECASE)
_TRIAL = re.compile(
    r"(?:^|[-_./])(?:dev(?:el|elop|elopment|container)?|tests?|testing|ci|bench(?:mark)?s?|examples?|local|debug|override)"
    r"(?:$|[-_./])",
    re.IGNORECASE,
)


def names_tool(text: str) -> bool:
    """Whether a path or a name is that of a debugger, a profiler, or what measures coverage."""
    return _TOOL.search(text) is not None


def is_for_trial(path: str) -> bool:
    """Whether a file that describes a deployment is for development, tests or benchmarks, not for production."""
    return _TRIAL.search(path) is not None
