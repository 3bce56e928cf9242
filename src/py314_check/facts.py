"""Fact tables: TOML files beside the rules, one fact a row, read into dataclasses.

A row that does not fit is an error that names the file, the row and the remedy: facts are never half read.
"""

from __future__ import annotations

import dataclasses
import difflib
from importlib.resources import files
from typing import Any, ClassVar, Protocol, TypeVar

import tomli


class Facts(Protocol):
    """Any dataclass whose fields are str, bool, ``str | None`` or ``tuple[str, ...]``."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


FactsT = TypeVar("FactsT", bound=Facts)
_KINDS = {"str": str, "str | None": str, "bool": bool, "tuple[str, ...]": list}


class FactError(Exception):
    """A fact table that cannot be used; the message names the file, the row and what to do."""


def load_facts(package: str, file: str, row_type: type[FactsT]) -> dict[str, FactsT]:
    """Reads a table of a rule pack: row name -> row. Raises FactError.

    ``package`` holds the file; each field of ``row_type`` is a key, required where the field has no default.
    """
    try:
        table = tomli.loads((files(package) / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOML errors and duplicate rows are ValueErrors
        raise FactError(f"{file}: {error}") from error
    return {name: read_row(file, name, row, row_type) for name, row in table.items()}


def read_row(file: str, name: str, row: object, row_type: type[FactsT]) -> FactsT:
    """One row of a table as a dataclass. Raises FactError for unknown, missing or mistyped keys."""
    if not isinstance(row, dict):
        raise FactError(f"{file}: row {name!r} must be a table, not {type(row).__name__}")
    fields = {field.name: field for field in dataclasses.fields(row_type)}
    for key, value in row.items():
        if key not in fields:
            close = difflib.get_close_matches(key, fields, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; known keys: {', '.join(fields)}"
            raise FactError(f"{file}: row {name!r} has an unknown key {key!r}{hint}")
        kind = _KINDS[str(fields[key].type)]
        items = value if isinstance(value, list) else []
        if not isinstance(value, kind) or not all(isinstance(item, str) for item in items):
            raise FactError(f"{file}: row {name!r}: {key!r} must be of type {fields[key].type}, not {value!r}")
    missing = [key for key, field in fields.items() if field.default is dataclasses.MISSING and key not in row]
    if missing:
        raise FactError(f"{file}: row {name!r} lacks {', '.join(map(repr, missing))}")
    return row_type(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
