"""Languages: each turns bytes into something that rules can visit."""

from __future__ import annotations

from pathlib import PurePath

ENTRY_POINT_FILES = {"pyproject.toml": "pyproject", "setup.cfg": "setup.cfg"}


def language_of(path: PurePath) -> str:
    """The language of a file that was discovered or named; what is nothing else is Python."""
    return ENTRY_POINT_FILES.get(path.name, "python")
