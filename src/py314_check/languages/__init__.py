"""Languages: each turns bytes into something that rules can visit."""

from __future__ import annotations

from pathlib import PurePath

_NAMES = {"CMakeLists.txt": "cmake", "pyproject.toml": "pyproject", "setup.cfg": "setup.cfg"}
_SUFFIXES = {
    **dict.fromkeys((".py", ".pyi", ".pyw"), "python"),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++"), "c"),
    ".cmake": "cmake",
    ".pyx": "cython",
}
NAMES = frozenset(_NAMES)
"""The names of files that a walk looks at, beside those that end in one of ``SUFFIXES``."""
SUFFIXES = tuple(_SUFFIXES)
WORD_TESTED = frozenset({"python", "c", "cmake", "cython"})
"""The languages whose files are read only where some rule's words occur; the few files of others always are."""


def language_of(path: PurePath) -> str:
    """The language of a file that was discovered or named; what is nothing else is Python."""
    return _NAMES.get(path.name) or _SUFFIXES.get(path.suffix.lower(), "python")
