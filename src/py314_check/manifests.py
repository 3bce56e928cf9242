"""The files in which a project describes itself: found, read once and remembered.

A file that cannot be read or does not say what it should is a sentence in ``Manifests.problems``, never an exception.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


class Manifests:
    """The manifests of the directories below ``root``, and of those outside of it that are asked for.

    ``problems`` gathers a sentence for each file that could not be read as what it is.
    """

    def __init__(self, root: Path) -> None:
        self.root = absolute(root)
        self.problems: list[str] = []
        self._complained: set[Path] = set()
        self.has_manifest = functools.cache(_has_manifest)
        self.levels = functools.cache(self._find_levels)
        self.pyproject = functools.cache(self._read_pyproject)
        self.setup_cfg = functools.cache(self._read_setup_cfg)

    def _find_levels(self, directory: Path) -> tuple[Path, ...]:
        """A directory and those above it up to the root; beyond the root, up to the nearest that is a project."""
        above = (directory, *directory.parents)
        if self.root in above:
            return above[: above.index(self.root) + 1]
        return above[: next((number for number, level in enumerate(above, 1) if self.has_manifest(level)), 1)]

    def _read_pyproject(self, directory: Path) -> Document:
        return self.read_toml(directory / "pyproject.toml")

    def read_toml(self, path: Path) -> Document:
        """A TOML file; an empty document where there is none, or none that can be read."""
        data = self.read(path)
        try:
            text = "" if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._complain(path, f"it is not UTF-8 (byte {error.start})")
            text = ""
        return self.parse_toml(path, text)

    def parse_toml(self, path: Path, text: str) -> Document:
        """TOML that stands in a file, as all of it or as a part."""
        data: dict[str, object] = {}
        if text:
            import tomli

            try:
                data = tomli.loads(text)
            except (ValueError, RecursionError) as error:
                self._complain(path, f"it is not TOML: {error}")
        return Document(data, lambda message: self._complain(path, message))

    def _read_setup_cfg(self, directory: Path) -> dict[str, dict[str, str]]:
        path = directory / "setup.cfg"
        data = self.read(path)
        if data is None:
            return {}
        import configparser

        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            self._complain(path, f"it is not UTF-8 (byte {error.start})")
        except configparser.Error as error:
            self._complain(path, " ".join(str(error).split()))
        return {section: dict(parser.items(section)) for section in parser.sections()}

    def read(self, path: Path) -> bytes | None:
        """The bytes of a regular file, or None."""
        if not os.path.isfile(path):
            return None
        try:
            return path.read_bytes()
        except OSError as error:
            self._complain(path, f"it cannot be read ({error.strerror})")
            return None

    def _complain(self, path: Path, message: str) -> None:
        if path not in self._complained:
            self._complained.add(path)
            self.problems.append(f"{self.shown(path)} is not taken into account in full: {message}.")

    def shown(self, path: Path) -> str:
        """A path as it is shown to the user: relative to the root, if it is below it."""
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()


@dataclass(frozen=True)
class Document:
    """The tables of a TOML file. ``complain`` is told of those that are not what they should be."""

    data: object
    complain: Callable[[str], None]

    def get(self, path: str) -> object:
        """The value at a dotted path, or None."""
        value = self.data
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _find(self, path: str) -> list[tuple[str, object]]:
        """The values at a dotted path in which ``*`` is any key, each with its own path."""
        found = [("", self.data)]
        for key in path.split("."):
            inner: list[tuple[str, object]] = []
            for name, value in found:
                if isinstance(value, dict):
                    keys = value if key == "*" else [key] if key in value else []
                    inner += [(f"{name}.{one}".removeprefix("."), value[one]) for one in keys]
                else:
                    self.complain(f"[{name}] must be a table")
            found = inner
        return found

    def tables(self, path: str) -> Iterator[tuple[str, dict[str, object]]]:
        """The tables at a path."""
        for name, value in self._find(path):
            if isinstance(value, dict):
                yield name, value
            else:
                self.complain(f"[{name}] must be a table")

    def requirements(self, path: str) -> Iterator[tuple[str, str]]:
        """The strings of the lists at a path. Groups include one another by tables, which add nothing to the whole."""
        for name, value in self._find(path):
            items = value if isinstance(value, list) else []
            if items is not value or not all(isinstance(item, (str, dict)) for item in items):
                self.complain(f"{name} must be a list of strings")
            yield from ((name, item) for item in items if isinstance(item, str))


def listed_in_cfg(value: str) -> list[str]:
    """setuptools' lists: one item a line, or all on one line with semicolons between them."""
    items = value.splitlines() if "\n" in value else value.split(";")
    return [item.strip() for item in items if item.strip() and not item.lstrip().startswith("#")]


def strings(value: object) -> list[str]:
    """The strings of a list; the words of a string."""
    if isinstance(value, str):
        return value.split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def values(table: object, key: str) -> list[str]:
    """The string under a key, as a list of one or none."""
    value = table.get(key) if isinstance(table, dict) else None
    return [value] if isinstance(value, str) else []


# What a directory holds.


def absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _has_manifest(directory: Path) -> bool:
    return any(os.path.isfile(directory / name) for name in _MANIFESTS)


def file_names(directory: Path) -> list[str]:
    """The names of the files in a directory, sorted; none where it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.name for entry in entries if entry.is_file())
    except (OSError, ValueError):
        return []
