"""Fact tables: TOML files beside the rules, one fact a row, read into dataclasses.

A row that does not fit is an error that names the file, the row and the remedy: facts are never half read.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from functools import cache
from pkgutil import get_data
from typing import Any, ClassVar, Protocol, TypeVar


class Facts(Protocol):
    """Any dataclass whose fields are str, bool, ``str | None``, ``int | None`` or ``tuple[str, ...]``.

    A field whose name ends in ``_in`` holds a Python version; that of ``goes_in`` may also be ``"future"``.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


FactsT = TypeVar("FactsT", bound=Facts)
_KINDS = {"str": str, "str | None": str, "bool": bool, "int | None": int, "tuple[str, ...]": list}
_VERSION = re.compile(r"[23]\.(0|[1-9]\d?)")


class FactError(Exception):
    """A fact table that cannot be used; the message names the file, the row and what to do."""


def load_facts(package: str, file: str, row_type: type[FactsT]) -> dict[str, FactsT]:
    """Reads a table of a rule pack: row name -> row. Raises FactError.

    ``package`` holds the file; each field of ``row_type`` is a key, required where the field has no default.
    """
    import tomli

    try:
        table = tomli.loads(_read(package, file).decode("utf-8"))
    except (OSError, ValueError) as error:  # TOML errors and duplicate rows are ValueErrors
        raise FactError(f"{file}: {error}") from error
    return {name: read_row(file, name, row, row_type) for name, row in table.items()}


def _read(package: str, file: str) -> bytes:
    data = get_data(package, file)
    if data is None:  # a package without an __init__.py
        from importlib.resources import files

        data = (files(package) / file).read_bytes()
    return data


@cache
def _keys(row_type: type[Facts]) -> dict[str, tuple[str, type, bool]]:
    """The keys of a row: their types, as they are written and as TOML has them, and whether they are required."""
    return {
        field.name: (str(field.type), _KINDS[str(field.type)], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(row_type)
    }


def read_row(file: str, name: str, row: object, row_type: type[FactsT]) -> FactsT:
    """One row of a table as a dataclass. Raises FactError for unknown, missing or mistyped keys."""
    if not isinstance(row, dict):
        raise FactError(f"{file}: row {name!r} must be a table, not {type(row).__name__}")
    keys = _keys(row_type)
    for key, value in row.items():
        if key not in keys:
            raise FactError(f"{file}: row {name!r} has an unknown key {key!r}{_hint(key, keys)}")
        wanted, kind, _ = keys[key]
        items = value if isinstance(value, list) else []
        if type(value) is not kind or any(type(item) is not str for item in items):  # True is no int here
            raise FactError(f"{file}: row {name!r}: {key!r} must be of type {wanted}, not {value!r}")
        if key.endswith("_in"):
            _check_version(file, name, key, str(value))
    missing = [key for key, (_, _, required) in keys.items() if required and key not in row]
    if missing:
        raise FactError(f"{file}: row {name!r} lacks {', '.join(map(repr, missing))}")
    return row_type(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})


def _hint(key: str, keys: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, keys, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys: {', '.join(keys)}"


def _check_version(file: str, name: str, key: str, value: str) -> None:
    if _VERSION.fullmatch(value) is None and (key, value) != ("goes_in", "future"):
        also = ', or "future"' if key == "goes_in" else ""
        raise FactError(f'{file}: row {name!r}: {key!r} must be a Python version such as "3.14"{also}, not {value!r}')
