"""Where projects say which Python they are for: pyproject.toml, setup.cfg, and calls of ``setup``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from py314_check.api import Mentions, Outline, Setting, Settings, Words, admits, from_poetry, parse_version

LANGUAGES = frozenset({"pyproject", "setup.cfg", "python"})
_REQUIRES_PYTHON = (
    ("project", "requires-python"),
    ("tool", "flit", "metadata", "requires-python"),
    ("options", "python_requires"),
    ("options", "python-requires"),
    ("setup", "python_requires"),
)
_POETRY = ("tool", "poetry", "dependencies", "python")
_CLASSIFIERS = (
    ("project", "classifiers"),
    ("tool", "poetry", "classifiers"),
    ("tool", "flit", "metadata", "classifiers"),
    ("metadata", "classifiers"),
    ("metadata", "classifier"),
    ("setup", "classifiers"),
)
_VERSION = re.compile(r"Programming Language :: Python :: (3\.\d+)")
FREE_THREADING = "Programming Language :: Python :: Free Threading"


_SETUPS = (Mentions("setuptools", "setup"), Mentions("distutils.core", "setup"))


def setup_words(*keywords: str) -> Words:
    """The words of a Python file in which ``setup`` is called with some keywords."""
    return Words("setup", *keywords, outline=_mentions_setup)


def _mentions_setup(outline: Outline) -> bool:
    return any(setup(outline) for setup in _SETUPS)


def is_test_data(path: str) -> bool:
    """Whether a file describes a project that tests are made with, and not the one that is tested."""
    return not {"tests", "test", "testing", "testdata", "fixtures"}.isdisjoint(PurePosixPath(path).parts[:-1])


@dataclass(frozen=True)
class PythonRequirement:
    """Which versions of Python a project is for: where it says so, in which words, and as PEP 440 has it.

    Any of the ``specifiers`` will do; Poetry can name several.
    """

    setting: Setting
    text: str
    specifiers: tuple[str, ...]

    def admits(self, first: str, last: str) -> bool | None:
        """Whether it admits a version between two; None where it cannot be read."""
        answers = [admits(one, first, last) for one in self.specifiers]
        return True if True in answers else None if None in answers or not answers else False


def python_requirement(settings: Settings) -> PythonRequirement | None:
    """What a file says of the versions of Python that its project is for."""
    for keys in (*_REQUIRES_PYTHON, _POETRY):
        found = [one for one in settings.below(*keys) if len(one.keys) == len(keys) or isinstance(one.keys[-1], int)]
        if found:
            text = " ".join(str(one.value) for one in found)
            return PythonRequirement(found[0], text, tuple(from_poetry(text)) if keys == _POETRY else (text,))
    return None


def classifiers(settings: Settings) -> list[Setting]:
    """The classifiers of a file, each with its place."""
    return [one for keys in _CLASSIFIERS for one in settings.below(*keys)]


def versions(settings: Settings) -> dict[tuple[int, int], Setting]:
    """The versions of Python that classifiers name, in order, each with the classifier."""
    named = [(match[1], one) for one in classifiers(settings) if (match := _VERSION.fullmatch(str(one.value).strip()))]
    return dict(sorted((parse_version(version), one) for version, one in named))
