"""YAML: the configuration of continuous integration, such as GitHub's workflows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from py314_check.api import Setting
from py314_check.source import NotAnalysedError, SourceFile

if TYPE_CHECKING:
    from yaml import Node, ScalarNode

_Keys = tuple[str | int, ...]

_BRACKET = re.compile(r"[\[\]{}]")
MAX_CHARACTERS = 200_000
"""PyYAML reads about 50 kB a second."""
MAX_NODES = 50_000
"""Aliases make a short file a long one, or one without an end."""
MAX_DEPTH = 100


def settings(source: SourceFile) -> list[Setting]:
    """The scalars of a YAML file, as they are written: ``3.10`` is text. Aliases stand for what they name.

    Nothing is constructed. Raises NotAnalysedError for what is not YAML, such as the template of a file.
    """
    import yaml

    if len(source.text) > MAX_CHARACTERS or _depth(source.text) > MAX_DEPTH:
        raise NotAnalysedError(f"it has more than {MAX_CHARACTERS:,} characters, or more than {MAX_DEPTH} levels.")
    try:
        documents = list(yaml.compose_all(source.text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        detail = " ".join(str(getattr(error, "problem", None) or error).split())
        raise NotAnalysedError(f"it is not YAML ({detail}).") from None
    found: list[Setting] = []
    for keys, node in _scalars(documents):
        quotes = 1 if node.style in ("'", '"') else 0
        place = source.place(node.start_mark.index + quotes, node.end_mark.index - quotes)
        found.append(Setting(place, keys, node.value))
    return found


def _depth(text: str) -> int:
    """How deeply brackets are nested, at most: PyYAML takes a millisecond for each that it is in."""
    depth = deepest = 0
    for match in _BRACKET.finditer(text):
        depth = depth + 1 if match[0] in "[{" else max(depth - 1, 0)
        deepest = max(depth, deepest)
    return deepest


def _scalars(documents: list[Node | None]) -> Iterator[tuple[_Keys, ScalarNode]]:
    """Each scalar in order, with its keys."""
    from yaml import MappingNode, ScalarNode

    stack: list[tuple[_Keys, Node]] = [((), one) for one in reversed(documents) if one is not None]
    seen = 0
    while stack:
        keys, node = stack.pop()
        seen += 1
        if seen > MAX_NODES or len(keys) > MAX_DEPTH:
            raise NotAnalysedError(f"it has more than {MAX_NODES:,} values, or more than {MAX_DEPTH} levels.")
        if isinstance(node, ScalarNode):
            yield keys, node
            continue
        if isinstance(node, MappingNode):
            pairs = [(key.value, value) for key, value in node.value if isinstance(key, ScalarNode)]
        else:
            pairs = list(enumerate(node.value))
        stack += [((*keys, key), value) for key, value in reversed(pairs)]
