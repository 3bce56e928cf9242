"""Attributes of Rust items, and which of them leave an item out of a build."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from py314_check.api import Attribute
from py314_check.model import Target

_TOKEN = re.compile(r'r?#*"(?:\\.|[^"\\])*"?#*|[\w:]+|\S', re.DOTALL)
_PYTHON = re.compile(r"Py_(\d+)_(\d+)")
_OTHER_IMPLEMENTATIONS = frozenset({"PyPy", "GraalPy"})
_TESTS = frozenset({"test", "bench"})


def read(text: str) -> list[Attribute]:
    """The attributes in a list of them: ``pymodule(gil_used = false), cfg(test)``."""
    top = Attribute("", [])
    around = [top]
    current: Attribute | None = None
    value = False
    for token in _TOKEN.findall(text):
        if token in "([{":
            if current is None:
                current = Attribute("", [])
                around[-1].arguments.append(current)
            around.append(current)
            current, value = None, False
        elif token in ")]}":
            if len(around) > 1:
                current = around.pop()
        elif token == ",":
            current, value = None, False
        elif token == "=":
            value = True
        elif current is None:
            current = Attribute(token.rpartition("::")[2], [])
            around[-1].arguments.append(current)
        elif value:
            current.value += token
    return top.arguments


def unfolded(attributes: Iterable[Attribute], target: Target) -> Iterator[Attribute]:
    """Attributes as a build sees them: ``cfg_attr`` gives way to what it brings, if it may."""
    for attribute in attributes:
        if attribute.name != "cfg_attr":
            yield attribute
        elif attribute.arguments and holds(attribute.arguments[0], target) is not False:
            yield from unfolded(attribute.arguments[1:], target)


def leaves_out(attribute: Attribute, target: Target) -> bool:
    """Whether an attribute keeps its item out of the extension module that a build makes."""
    if attribute.name == "cfg":
        return any(holds(condition, target) is False for condition in attribute.arguments)
    return attribute.name in _TESTS


def holds(condition: Attribute, target: Target) -> bool | None:
    """Whether a condition of ``cfg`` is true for a build; None where that cannot be told."""
    name = condition.name
    if name in ("all", "any", "not"):
        inner = [holds(one, target) for one in condition.arguments]
        if name == "not":
            return None if len(inner) != 1 or inner[0] is None else not inner[0]
        decisive = name == "any"
        return decisive if decisive in inner else None if None in inner else not decisive
    if condition.value:
        return None
    if name == "Py_GIL_DISABLED":
        return target.free_threaded
    if name == "Py_LIMITED_API":
        return False if target.free_threaded else None
    if name in _TESTS or name in _OTHER_IMPLEMENTATIONS:
        return False
    version = _PYTHON.fullmatch(name)
    if version is not None:
        return (int(version[1]), int(version[2])) <= target.version
    return None
