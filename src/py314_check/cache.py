"""Results of earlier runs: a file that is as it was, under the same rules and settings, is not read again.

One index holds all that is known under one set of rules and settings: for each file its stamp, a digest of its content,
and its result. What is missing, corrupt or foreign is found out anew, and a place that cannot be written is no trouble.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from py314_check import __version__, kept
from py314_check.answers import Answers
from py314_check.registry import pack_digest
from py314_check.scan import MAX_BYTES, FileResult, ScanSettings
from py314_check.stamps import Stamp, digest

DIRECTORY = ".py314_check_cache"
_NAME = "py314-check-"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache of py314-check.\n"
_PARSERS = (
    "libcst",
    "tree_sitter",
    "tree_sitter_c",
    "tree_sitter_cpp",
    "tree_sitter_rust",
    "yaml",
    "tomli",
    "packaging",
)
_METADATA = re.compile(r"(?:libcst|tree[-_]sitter\w*|pyyaml|tomli|packaging)-.+\.(?:dist|egg)-info", re.IGNORECASE)

Floor = tuple[int, int] | None


@dataclass(frozen=True)
class Kept:
    """What is known of a file: its content had this digest when it had this stamp. ``stamp`` is None where it had just
    changed then, so that its content has to be asked. ``floor`` is that of its project.
    """

    stamp: Stamp | None
    digest: str
    floor: Floor
    result: FileResult


class Cache:
    """The index for some settings in a directory of indexes; ``root`` is what the paths in results are relative to."""

    def __init__(self, directory: Path, root: Path, settings: ScanSettings) -> None:
        key = digest(repr((__version__, pack_digest(), _versions(), os.fsencode(root), settings)).encode())
        self._index = directory / f"{_NAME}{key}.json"
        known = _load(self._index)
        files, answers = known.get("files"), known.get("answers")
        self._files: dict[str, Any] = files if isinstance(files, dict) else {}
        self._root = root
        self._seen: set[str] = set()
        self._changed = False
        self.answers = Answers(answers)
        """What other files of the project say."""

    def get(self, path: str) -> Kept | None:
        """What is known of a file, whatever became of it since then; None where that is nothing of use."""
        entry = self._files.get(path)
        if entry is None:
            return None
        self._seen.add(path)
        try:
            stamp, content, floor, result = entry
            return Kept(
                None if stamp is None else Stamp(*stamp),
                content,
                None if floor is None else tuple(floor),
                _decoder(FileResult)(result, path) if result else FileResult(path),
            )
        except (ValueError, TypeError, LookupError, AttributeError):
            return None

    def put(self, path: str, stamp: Stamp | None, content: str, floor: Floor, result: FileResult) -> None:
        """Keeps what is known of a file; of one that could not be analysed, only that it is too big, or deadly."""
        self._seen.add(path)
        self._changed = True
        if result.not_analysed and not result.is_lost and (stamp is None or stamp.size <= MAX_BYTES):
            self._files.pop(path, None)
        else:
            self._files[path] = [stamp, content, floor, _encoded(result)]

    def save(self) -> None:
        """Writes the index, whole or not at all, if there is anything new. What is known of files that are gone is not.

        Of several runs at a time, the last has its way.
        """
        try:
            if not (self._changed or self.answers.changed):
                os.utime(self._index)
                return
            gone = [path for path in self._files if path not in self._seen and not os.path.lexists(self._root / path)]
            for path in gone:
                del self._files[path]
            directory = self._index.parent
            directory.mkdir(parents=True, exist_ok=True)
            for name, content in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
                if not (directory / name).exists():
                    (directory / name).write_text(content, encoding="utf-8")
            kept.save(str(self._index), {"files": self._files, "answers": self.answers.kept})
        except OSError:
            return


def _load(index: Path) -> dict[str, Any]:
    """An index as it was written; nothing where it is not that."""
    try:
        known = kept.load(str(index))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _versions() -> list[str]:
    """The versions of the libraries that parse, as the names of the directories of their metadata."""
    packages = {os.path.dirname(spec.origin) for name in _PARSERS if (spec := find_spec(name)) and spec.origin}
    found: list[str] = []
    for place in {os.path.dirname(package) for package in packages}:
        with suppress(OSError):
            found += filter(_METADATA.fullmatch, os.listdir(place))
    return sorted(found)


# Plain data of the model as JSON, and back. Paths are left out: they are those of the file.


def _encoded(value: Any) -> Any:
    """What JSON can hold of a value: of a dataclass, the fields that are not what they would be anyway."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_encoded(one) for one in value]
    if not is_dataclass(value):
        return value
    given = [(field, getattr(value, field.name)) for field in fields(value) if field.name != _PATH]
    return {field.name: _encoded(one) for field, one in given if field.default is MISSING or one != field.default}


_PATH = "path"
_Decoder = Callable[[Any, str], Any]
"""Makes a value of what ``_encoded`` made of it and the path of the file. Raises for all else."""


@functools.cache
def _decoder(kind: Any) -> _Decoder:
    """The decoder for a type of the model's fields, or a dataclass of it."""
    arguments = get_args(kind)
    if is_dataclass(kind):
        return _dataclass(cast("type[Any]", kind))
    if get_origin(kind) in (Union, UnionType):  # with None, and nothing else
        (inner,) = (_decoder(one) for one in arguments if one is not NoneType)
        return lambda data, path: None if data is None else inner(data, path)
    if get_origin(kind) is tuple:
        return _tuple([_decoder(one) for one in arguments if one is not ...], is_endless=arguments[-1] is ...)
    if issubclass(kind, Enum):
        return lambda data, path: kind(data)

    def plain(data: Any, path: str) -> Any:
        if type(data) is not kind:
            raise ValueError(data)
        return data

    return plain


def _tuple(decoders: list[_Decoder], *, is_endless: bool) -> _Decoder:
    def decode(data: Any, path: str) -> Any:
        if type(data) is not list:
            raise ValueError(data)
        if is_endless:
            return tuple(decoders[0](one, path) for one in data)
        return tuple(decoder(one, path) for decoder, one in zip(decoders, data, strict=True))

    return decode


def _dataclass(kind: type[Any]) -> _Decoder:
    defaults = {field.name: field.default for field in fields(kind)}
    decoders = {name: _decoder(hint) for name, hint in get_type_hints(kind).items() if name in defaults}

    def decode(data: Any, path: str) -> Any:
        values = {**defaults, **{name: decoders[name](one, path) for name, one in data.items()}}
        if _PATH in decoders:
            values[_PATH] = path
        if MISSING in values.values():
            raise ValueError(data)
        made = object.__new__(kind)
        made.__dict__.update(values)  # which is frozen, and may have a constructor of its own
        return made

    return decode
