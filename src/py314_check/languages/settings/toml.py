"""TOML: tomli says what the values are, and a scanner of the text it has accepted says where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tomli

from py314_check.api import Setting
from py314_check.model import Place
from py314_check.source import SourceError, SourceFile

_Keys = tuple[str | int, ...]

_BASIC, _LITERAL = r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'"
_STRING = rf'"""(?:\\.|[^"\\]|"(?!""))*"{{3,5}}|\'\'\'(?:[^\']|\'(?!\'\'))*\'{{3,5}}|{_BASIC}|{_LITERAL}'
_HEADER = re.compile(rf"[ \t]*(?P<open>\[\[?)(?P<name>(?:[^\]\"'\n]|{_BASIC}|{_LITERAL})*)\]\]?")
_KEY = re.compile(rf"(?P<quoted>{_BASIC}|{_LITERAL})|[^\s.\"']+")
_TOKEN = re.compile(
    rf"[ \t\r]*(?:(?P<comment>\#[^\n]*)|(?P<string>{_STRING})|(?P<sign>[\[\]{{}},=\n])"
    r"|(?P<bare>\d{4}-\d\d-\d\d\ \d\d:[^\s\#,\]}]*|[^\s\#,=\[\]{}\"']+))",
    re.DOTALL,
)


def settings(source: SourceFile) -> list[Setting]:
    """The values of a TOML file, in order. Raises SourceError for what is not TOML."""
    try:
        data = tomli.loads(source.text)
    except ValueError as error:  # also of a number with too many digits
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(match[1]), int(match[2])) if match else (len(source.lines), 1)
        detail = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise SourceError(f"This file is not TOML: {detail}.", Place(line, column, line, column)) from None
    return [Setting(source.place(start, end), keys, _value(data, keys)) for keys, start, end in _spans(source.text)]


def _value(data: object, keys: _Keys) -> str | int | float | bool:
    for key in keys:
        data = data[key]  # type: ignore[index]
    return data if isinstance(data, (str, int, float)) else str(data)  # a date


@dataclass
class _Open:
    """A table or an array that is being read. ``index`` is that of the array's next value, None in a table."""

    keys: _Keys
    index: int | None = None


def _spans(text: str) -> Iterator[tuple[_Keys, int, int]]:
    """The keys of each value that holds no others, and where it begins and ends, without its quotes."""
    arrays: dict[_Keys, int] = {}  # the number of the last table of each array of tables
    stack = [_Open(())]
    key: _Keys = ()
    is_value = False
    position = 0
    while position < len(text):
        if len(stack) == 1 and not key and (header := _HEADER.match(text, position)) is not None:
            stack = [_Open(_table(_parts(header["name"]), arrays, is_array=header["open"] == "[["))]
            position = header.end()
            continue
        token = _TOKEN.match(text, position)
        if token is None:  # spaces at the end
            return
        position = token.end()
        inner = stack[-1]
        here = (*inner.keys, *key) if inner.index is None else (*inner.keys, inner.index)
        if token["sign"] is None:
            if token["comment"] is not None:
                continue
            if is_value or inner.index is not None:
                start, end = token.span(token.lastgroup or 0)
                quotes = 0 if token["string"] is None else 3 if text.startswith(('"""', "'''"), start) else 1
                yield here, start + quotes, end - quotes
            else:
                key += _parts(token[0])
        elif token["sign"] in ("[", "{"):
            stack.append(_Open(here, 0 if token["sign"] == "[" else None))
            key, is_value = (), False
        elif token["sign"] in ("]", "}"):
            stack.pop()
        elif token["sign"] == "=":
            is_value = True
        elif token["sign"] == "," or len(stack) == 1:
            key, is_value = (), False
            if inner.index is not None:
                inner.index += 1


def _table(names: _Keys, arrays: dict[_Keys, int], *, is_array: bool) -> _Keys:
    """The keys of the table of a header, with the numbers of the arrays of tables on the way."""
    keys: _Keys = ()
    for position, name in enumerate(names, start=1):
        keys += (name,)
        if is_array and position == len(names):
            arrays[keys] = arrays.get(keys, -1) + 1
        if keys in arrays:
            keys += (arrays[keys],)
    return keys


def _parts(text: str) -> _Keys:
    """The parts of a dotted key."""
    return tuple(
        match[0] if match["quoted"] is None else str(tomli.loads(f"key = {match[0]}")["key"])
        for match in _KEY.finditer(text)
    )
