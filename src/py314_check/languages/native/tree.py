"""Which grammar a file of C or C++ is parsed with."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_C_SUFFIXES = frozenset({".c", ".h"})
_LOOKS_LIKE_CPP = re.compile(
    rb"^[ \t]*(?:template[ \t]*<|namespace\b|class[ \t]+\w|using[ \t]+\w|(?:public|private|protected)[ \t]*:)"
    rb"|^[ \t]*#[ \t]*include[ \t]*<(?:pybind11|nanobind|boost)/",
    re.MULTILINE,
)


def is_header(path: str) -> bool:
    return PurePosixPath(path).suffix.lower().startswith(".h")


def is_cpp(path: str, data: bytes) -> bool:
    """Whether a file is C++: by its suffix, or as a header that looks like it."""
    suffix = PurePosixPath(path).suffix
    return suffix not in _C_SUFFIXES or (suffix == ".h" and _LOOKS_LIKE_CPP.search(data) is not None)
