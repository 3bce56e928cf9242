"""The languages whose files are read as events, without a syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from py314_check.api import Event
from py314_check.languages import cmake, cython, entry_points
from py314_check.source import SourceFile

READERS: Mapping[str, Callable[[SourceFile], Sequence[Event]]] = {
    "cmake": cmake.commands,
    "cython": cython.module,
    "pyproject": entry_points.from_pyproject,
    "setup.cfg": entry_points.from_setup_cfg,
}
