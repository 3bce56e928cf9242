"""Entry points declared in pyproject.toml and setup.cfg: ``name = module:attribute``, with the place of the module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tomli

from py314_check.api import EntryPoint
from py314_check.model import Place
from py314_check.source import SourceError, SourceFile

_REFERENCE = re.compile(r"\s*(?P<module>[A-Za-z_][\w.]*)\s*(?::|\[|$)")
_HEADER = re.compile(r"^\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]")
_CFG_ITEM = re.compile(r"^\s*(?P<name>[^=#;]+?)\s*=\s*(?P<value>[A-Za-z_][\w.]*\s*(?::.*)?)$")


def from_pyproject(source: SourceFile) -> list[EntryPoint]:
    """The entry points of a pyproject.toml, PEP 621's and Poetry's. Raises SourceError for what is not TOML."""
    try:
        data = tomli.loads(source.text)
    except tomli.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(match[1]), int(match[2])) if match else (len(source.lines), 1)
        detail = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise SourceError(f"This file is not TOML: {detail}.", Place(line, column, line, column)) from None
    tables = dict(_tables(data))
    return [found for group, table in tables.items() for found in _read_table(group, table, source)]


def _tables(data: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for root in ("project", "tool.poetry"):
        table: object = data
        for key in root.split("."):
            table = table.get(key) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            continue
        for group in ("scripts", "gui-scripts"):
            if isinstance(table.get(group), dict):
                yield f"{root}.{group}", table[group]
        groups = table.get("entry-points" if root == "project" else "plugins")
        for name, group_table in groups.items() if isinstance(groups, dict) else ():
            if isinstance(group_table, dict):
                yield f"{root}.{'entry-points' if root == 'project' else 'plugins'}.{name}", group_table


def _read_table(group: str, table: Mapping[str, object], source: SourceFile) -> Iterator[EntryPoint]:
    for name, value in table.items():
        if isinstance(value, dict):  # Poetry's {reference = "module:main", type = "console"}
            value = value.get("reference") or value.get("callable")
        match = _REFERENCE.match(value) if isinstance(value, str) else None
        if match is not None and isinstance(value, str):
            yield EntryPoint(
                _find(source, group, name, value, match.start("module"), match["module"]), group, name, match["module"]
            )


def _find(source: SourceFile, group: str, name: str, value: str, offset: int, module: str) -> Place:
    """Where an entry's module stands: tomli keeps no places, so the key and the quoted value are looked for.

    First below the table's own header, then anywhere (dotted keys, inline tables); failing that, the top of the file.
    """
    entry = re.compile(rf"(?<![\w-])[\"']?{re.escape(name)}[\"']?\s*=[^\r\n]*?[\"']{re.escape(value)}[\"']")
    quoted = re.compile(rf"[\"']{re.escape(value)}[\"']")
    header = ""
    fallbacks: list[tuple[int, int]] = []
    for number, line in enumerate(source.lines, start=1):
        heading = _HEADER.match(line)
        if heading is not None and "=" not in line:
            header = re.sub(r"[\"'\s]", "", heading["name"])
            continue
        match = entry.search(line)
        found = match or quoted.search(line)
        if found is None or line.lstrip().startswith("#"):
            continue
        column = line.index(value, found.start() if match is None else match.end() - len(value) - 1) + offset + 1
        if match is not None and header == group.replace("'", ""):
            return Place(number, column, number, column + len(module))
        fallbacks.append((number, column))
    line_number, column = fallbacks[0] if fallbacks else (1, 1)
    return Place(line_number, column, line_number, column + (len(module) if fallbacks else 0))


def from_setup_cfg(source: SourceFile) -> list[EntryPoint]:
    """The entry points in the ``[options.entry_points]`` section of a setup.cfg."""
    found: list[EntryPoint] = []
    section = group = ""
    for number, line in enumerate(source.lines, start=1):
        heading = _HEADER.match(line)
        if heading is not None and not line[:1].isspace():
            section, group = heading["name"], ""
        elif section == "options.entry_points" and not line.lstrip().startswith(("#", ";")):
            if not line[:1].isspace() and re.match(r"[^=:]+[=:]", line):
                name, _, value = re.split(r"([=:])", line, maxsplit=1)
                group, start = name.strip(), len(line) - len(value)
            else:
                value, start = line, 0
            item = _CFG_ITEM.match(value)
            module = _REFERENCE.match(value, item.start("value")) if item is not None else None
            if group and item is not None and module is not None:
                column = start + module.start("module") + 1
                place = Place(number, column, number, column + len(module["module"]))
                found.append(EntryPoint(place, group, item["name"], module["module"]))
    return found
