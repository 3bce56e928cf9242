"""Which interpreters there are: the one that runs this, and those on PATH."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator

_NAME = re.compile(r"python(3\.\d+)(t?)(?:\.exe)?")


def found() -> list[str]:
    """The running interpreter, and every ``python3.X`` and ``python3.Xt`` on PATH, by version; each file once."""
    named = []
    for directory in os.get_exec_path():
        for name in _names(directory):
            match = _NAME.fullmatch(name)
            path = os.path.join(directory, name)
            if match is not None and os.path.isfile(path) and os.access(path, os.X_OK):
                named.append((int(match[1].partition(".")[2]), match[2], path))
    named.sort(key=lambda one: one[:2])
    return _once([sys.executable, *(path for _, _, path in named)])


def given(pythons: Iterable[str]) -> list[str]:
    """The interpreters that are named: paths, or names to be looked up on PATH. Those that are missing stay."""
    return _once(shutil.which(one) or one for one in pythons)


def _names(directory: str) -> Iterator[str]:
    try:
        yield from sorted(os.listdir(directory or "."))
    except OSError:
        return


def _once(paths: Iterable[str]) -> list[str]:
    by_file: dict[str, str] = {}
    for path in paths:
        by_file.setdefault(os.path.realpath(path), path)
    return list(by_file.values())
