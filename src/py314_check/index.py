"""What is to be known of the rules before they are imported, kept from run to run in the user's cache directory.

Like bytecode, it is derived from the packs and holds while their files are what they were; whoever adds a pack or
changes a rule need not think of it. What is missing, corrupt or foreign is made anew, and a place that cannot be read
or written is no trouble. It is no project's own, so none can bring one.
"""

from __future__ import annotations

import os
import sys
from binascii import crc32
from collections.abc import Collection, Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from py314_check import __version__, kept


def read() -> dict[str, Any] | None:
    """What was written for the packs as they are now, or None."""
    try:
        known: Any = kept.load(_place())
        return known if known["signature"] and known["signature"] == signature(known["packages"]) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write(packages: Collection[str], signature: str, **what: object) -> None:
    """Keeps what was found out about the rules below some packages, where that is possible.

    ``signature`` is that of before: what has changed since then may be in what was found out, or not.
    """
    if signature:
        with suppress(OSError):
            kept.save(_place(), {"packages": [*packages], "signature": signature, **what})


def _place() -> str:
    """The file for this environment. Raises OSError where the user has no cache directory."""
    base = os.path.expanduser("~/.cache")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    elif os.path.isabs(xdg := os.environ.get("XDG_CACHE_HOME", "")):  # a relative one is to be ignored
        base = xdg
    if not os.path.isabs(base):
        raise OSError("no cache directory")
    return os.path.join(base, "py314-check", f"rules-{crc32(repr(_environment()).encode()):08x}.json")


def _environment() -> tuple[object, ...]:
    return __version__, sys.version, sys.prefix, *map(os.path.abspath, sys.path)


def signature(packages: Collection[str]) -> str:
    """All that the rules below some packages depend on: files by size and time, also those that name the packages.

    Empty where that cannot be told, as where a package is in an archive.
    """
    try:
        specs = [find_spec(package.partition(".")[0]) for package in packages]
        roots = [root for spec in specs for root in (spec and spec.submodule_search_locations) or ("",)]
        files = [entry for root in (os.path.dirname(__file__), *roots) for entry in files_below(root)]
        stamps = [(entry.path, entry.stat()) for entry in files] + [(path, os.stat(path)) for path in _entry_points()]
    except (OSError, ImportError, ValueError, AttributeError):
        return ""
    lines = [f"{path} {status.st_size} {status.st_mtime_ns}" for path, status in stamps]
    return "\n".join([repr(_environment()), *lines])


def files_below(root: str) -> Iterator[os.DirEntry[str]]:
    """The files of a package but for its bytecode, in order. Raises OSError where it is no directory."""
    for entry in sorted(os.scandir(root), key=lambda one: one.name):
        if not entry.is_dir():
            yield entry
        elif entry.name != "__pycache__":
            yield from files_below(entry.path)


def _entry_points() -> Iterator[str]:
    """The files in which installed distributions declare entry points, and archives that may hold some."""
    for directory in sys.path:
        if os.path.isfile(directory):
            yield directory
        with suppress(OSError):
            for name in sorted(os.listdir(directory or ".")):
                if name.lower().endswith(("dist-info", "egg-info")):
                    path = os.path.join(directory, name, "entry_points.txt")
                    if os.path.isfile(path):
                        yield path
