"""Configuration: ``[tool.py314-check]`` of the nearest pyproject.toml, or py314-check.toml; keys are long options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from py314_check.model import Confidence, Level, Target
from py314_check.registry import did_you_mean

FILE_NAMES = ("py314-check.toml", ".py314-check.toml")
LEVELS = tuple(level.value for level in Level)
CONFIDENCES = tuple(confidence.value for confidence in Confidence)
FAIL_ON = ("error", "warning", "note", "never")
FORMATS = ("text", "concise", "json", "sarif", "github")
COLORS = ("auto", "always", "never")

STRINGS = "a list of strings"
KEYS: dict[str, type | str | tuple[str, ...]] = {
    "target": Target.CHOICES,
    "select": STRINGS,
    "ignore": STRINGS,
    "extend-select": STRINGS,
    "extend-ignore": STRINGS,
    "level": LEVELS,
    "confidence": CONFIDENCES,
    "fail-on": FAIL_ON,
    "output-format": FORMATS,
    "output-file": STRINGS,
    "show-guarded": bool,
    "fix": bool,
    "unsafe-fixes": bool,
    "exclude": STRINGS,
    "extend-exclude": STRINGS,
    "force-exclude": bool,
    "no-respect-gitignore": bool,
    "jobs": int,
    "no-cache": bool,
    "cache-dir": str,
    "no-progress": bool,
    "color": COLORS,
    "quiet": bool,
    "verbose": bool,
}
"""Key -> what its value must be: a type, a list of strings, or one of some words."""


class ConfigError(Exception):
    """A configuration file that cannot be used; the message names the file, the key and the remedy."""


def find(start: Path) -> Path | None:
    """The nearest configuration file in a directory or above it, or None; a pyproject.toml needs our table."""
    for directory in (start, *start.parents):
        for name in FILE_NAMES:
            if (directory / name).is_file():
                return directory / name
        pyproject = directory / "pyproject.toml"
        if pyproject.is_file() and _mentions_us(pyproject):
            return pyproject
    return None


def _mentions_us(pyproject: Path) -> bool:
    """Whether the file has our table. A broken one that names it counts: using it then fails with a message."""
    import tomli

    try:
        data = pyproject.read_bytes()
        if b"py314-check" not in data:
            return False
        tool = tomli.loads(data.decode("utf-8")).get("tool")
    except OSError:
        return False
    except ValueError:
        return b"[tool.py314-check" in data
    return isinstance(tool, dict) and "py314-check" in tool


def load(path: Path) -> dict[str, Any]:
    """The keys and values of a configuration file. Raises ConfigError for what is not known or does not fit."""
    import tomli

    try:
        data: Any = tomli.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    if path.name == "pyproject.toml":
        tool = data.get("tool", {})
        data = tool.get("py314-check", {}) if isinstance(tool, dict) else {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: [tool.py314-check] must be a table")
    return {key: _checked(path, key, value) for key, value in data.items()}


def _checked(path: Path, key: str, value: object) -> object:
    kind = KEYS.get(key)
    if kind is None:
        hint = did_you_mean(key, KEYS) or f"; known keys: {', '.join(KEYS)}"
        raise ConfigError(f"{path}: unknown key {key!r}{hint}")
    if isinstance(kind, tuple):
        wanted, fits = "one of " + ", ".join(map(repr, kind)), value in kind
    else:
        wanted, test = _KINDS[kind]
        fits = test(value)
    if not fits:
        raise ConfigError(f"{path}: {key} must be {wanted}, not {value!r}")
    return value


_KINDS: dict[type | str, tuple[str, Callable[[object], bool]]] = {
    STRINGS: (STRINGS, lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number from 1", lambda value: type(value) is int and value >= 1),
    str: ("a string", lambda value: isinstance(value, str)),
}


def merged(command_line: Mapping[str, Any], file: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Each key from the command line where it was given there, else from the file, else the default."""
    return {
        key: command_line[key] if command_line.get(key) is not None else file.get(key, default)
        for key, default in defaults.items()
    }
