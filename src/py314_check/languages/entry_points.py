"""Entry points among settings: ``name = module:attribute`` in pyproject.toml and setup.cfg."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from py314_check.api import EntryPoint, Setting
from py314_check.model import Place

_REFERENCE = re.compile(r"\s*(?P<module>[A-Za-z_][\w.]*)\s*(?::|\[|$)")
_ITEM = re.compile(r"(?P<name>[^=#;]+?)\s*=\s*(?=[A-Za-z_][\w.]*\s*(?::|$))")


def entry_points(settings: Iterable[Setting]) -> Iterator[EntryPoint]:
    """The entry points of a pyproject.toml, PEP 621's and Poetry's, or of a setup.cfg."""
    for setting in settings:
        match setting.keys:
            case (("project", "scripts" | "gui-scripts", name) | ("project", "entry-points", _, name)) as keys:
                yield from _read(setting, keys[:-1], str(name))
            case ("tool", "poetry", "scripts", name, *rest) | ("tool", "poetry", "plugins", _, name, *rest) as keys:
                if not rest or rest == ["reference"] or rest == ["callable"]:  # {reference = "module:main"}
                    yield from _read(setting, keys[: len(keys) - len(rest) - 1], str(name))
            case ("options.entry_points", group, *_):
                item = _ITEM.match(str(setting.value))
                if item is not None:
                    yield from _read(setting, (group,), item["name"], item.end())


def _read(setting: Setting, group: tuple[str | int, ...], name: str, start: int = 0) -> Iterator[EntryPoint]:
    match = _REFERENCE.match(setting.value, start) if isinstance(setting.value, str) else None
    if match is not None:
        place, (start, end) = setting.place, match.span("module")
        place = Place(place.line, place.column + start, place.line, place.column + end)
        yield EntryPoint(place, ".".join(map(str, group)), name, match["module"])
