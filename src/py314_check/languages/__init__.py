"""Languages: each turns bytes into something that rules can visit."""

from __future__ import annotations

import re
from pathlib import PurePath

_NAMES = {
    "CMakeLists.txt": "cmake",
    "Cargo.toml": "cargo",
    "meson.build": "meson",
    "pyproject.toml": "pyproject",
    "setup.cfg": "setup.cfg",
    "tox.ini": "tox",
    **dict.fromkeys(
        (
            "action.yml",
            "action.yaml",
            "appveyor.yml",
            ".appveyor.yml",
            "azure-pipelines.yml",
            ".cirrus.yml",
            ".gitlab-ci.yml",
            ".travis.yml",
        ),
        "ci",
    ),
}
_SUFFIXES = {
    **dict.fromkeys((".py", ".pyi", ".pyw"), "python"),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++"), "c"),
    ".cmake": "cmake",
    **dict.fromkeys((".pyx", ".pxd", ".pxi"), "cython"),
    ".rs": "rust",
    **dict.fromkeys((".sh", ".bash"), "shell"),
    ".service": "systemd",
}
_SUFFIXES_WHEN_NAMED = {".yml": "ci", ".yaml": "ci", ".txt": "requirements", ".in": "requirements"}
_SUFFIXES_IN_WALK = tuple(_SUFFIXES)
_IN_DIRECTORY = (("/.github/workflows/", (".yml", ".yaml")), ("/requirements/", (".txt", ".in")))
_PATTERNS = (
    (re.compile(r".*requirements.*\.(?:txt|in)"), "requirements"),
    (re.compile(r"(?:Docker|Container)file(?:\..+)?|.+\.(?i:dockerfile)"), "docker"),
    (re.compile(r"(?:docker-)?compose(?:[-._].+)?\.ya?ml"), "compose"),
    (re.compile(r"\.env(?:\..+)?|.+\.env"), "dotenv"),
)
_TESTS = re.compile(
    r"(?:.*/)?(?:(?:tests?|testing|testsuite|test_?utils?)/.*|conftest\.py|tests?\.\w+|test_[^/]*"
    r"|[^/]*(?:_tests?|test_?utils?)\.\w+)",
    re.ASCII,
)
WORD_TESTED = frozenset("python c cmake cython meson rust cargo docker shell compose dotenv systemd".split())
"""The languages whose files are read only where some rule's words occur; the few files of others always are."""


def language_of(path: PurePath) -> str:
    """The language of a file that was discovered or named; what is nothing else is Python."""
    suffix = path.suffix.lower()
    known = _NAMES.get(path.name) or _SUFFIXES.get(suffix)
    if known is None:
        known = next((language for pattern, language in _PATTERNS if pattern.fullmatch(path.name)), None)
    return known or _SUFFIXES_WHEN_NAMED.get(suffix, "python")


def is_test(path: str) -> bool:
    """Whether a file is a test or belongs to tests: by its path from the project's root, or else by its name."""
    is_outside = path.startswith("/") or path[1:2] == ":"
    return _TESTS.fullmatch(path.rpartition("/")[2] if is_outside else path) is not None


def is_looked_at(directory: str, name: str) -> bool:
    """Whether a walk looks at a file: by its name, its suffix, or the directory it is in, which ends in a slash."""
    return (
        name.lower().endswith(_SUFFIXES_IN_WALK)
        or name in _NAMES
        or any(pattern.fullmatch(name) for pattern, _ in _PATTERNS)
        or any(directory.endswith(place) and name.endswith(suffixes) for place, suffixes in _IN_DIRECTORY)
    )
