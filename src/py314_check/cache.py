"""Results of earlier runs: a file whose bytes, rules and settings are as they were is not analysed again.

Entries are JSON, never pickles: a cache may come from anywhere. What is missing, corrupt or foreign is analysed anew,
and a place that cannot be written is no trouble.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from py314_check import __version__
from py314_check.model import (
    Applicability,
    Confidence,
    Crate,
    Edit,
    Finding,
    Fix,
    Impact,
    Leftover,
    Level,
    Notification,
    Place,
)
from py314_check.registry import pack_digest
from py314_check.scan import FileResult, ScanSettings, Task

DIRECTORY = ".py314_check_cache"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache of py314-check.\n"


class Cache:
    """A directory of results, one file each, named by the hash of all that the result depends on."""

    def __init__(self, directory: Path, settings: ScanSettings) -> None:
        self._directory = directory / __version__
        self._base = hashlib.sha256(repr((__version__, pack_digest(), settings)).encode())

    def _entry(self, task: Task) -> Path:
        key = self._base.copy()
        parts = (
            task.path.encode("utf-8", "surrogateescape"),
            repr(task.floor).encode(),
            *(code.encode() for code in task.codes),
        )
        for part in (*parts, task.data):
            key.update(len(part).to_bytes(8, "big") + part)
        name = key.hexdigest()
        return self._directory / name[:2] / f"{name[2:]}.json"

    def get(self, task: Task) -> FileResult | None:
        """The result of an equal task, or None."""
        try:
            return _result(task.path, json.loads(self._entry(task).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def put(self, task: Task, result: FileResult) -> None:
        """Keeps a result, whole or not at all. One of a file that was not analysed is not kept."""
        if result.not_analysed:
            return
        entry = self._entry(task)
        try:
            self._prepare(entry.parent)
            handle, temporary = tempfile.mkstemp(dir=entry.parent)
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                json.dump(dataclasses.asdict(result), file)
            os.replace(temporary, entry)
        except OSError:
            return

    def _prepare(self, directory: Path) -> None:
        if directory.is_dir():
            return
        directory.mkdir(parents=True, exist_ok=True)
        top = self._directory.parent
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
            if not (top / name).exists():
                (top / name).write_text(text, encoding="utf-8")


def _result(path: str, data: dict[str, Any]) -> FileResult:
    return FileResult(
        path,
        tuple(_finding({**one, "path": path}) for one in data["findings"]),
        tuple(
            Notification(path, one["kind"], one["message"], one["place"] and Place(**one["place"]))
            for one in data["notifications"]
        ),
        int(data["suppressed"]),
        bool(data["parsed"]),
    )


def _finding(data: dict[str, Any]) -> Finding:
    fix = data["fix"]
    if fix is not None:
        leftovers = (Leftover(_edit(one["edit"]), one["taken"], one["uses"]) for one in fix["leftovers"])
        edits = tuple(map(_edit, fix["edits"]))
        fix = Fix(Applicability(fix["applicability"]), fix["message"], edits, tuple(leftovers))
    return Finding(
        **{
            **data,
            "level": Level(data["level"]),
            "impact": Impact(data["impact"]),
            "confidence": Confidence(data["confidence"]),
            "place": Place(**data["place"]),
            "source": tuple(data["source"]),
            "provided_by": tuple(data["provided_by"]),
            "unless": tuple(data["unless"]),
            "unless_built_with": tuple(data["unless_built_with"]),
            "only_with": tuple(data["only_with"]),
            "crate": data["crate"] and _crate(data["crate"]),
            "fix": fix,
        }
    )


def _edit(data: dict[str, Any]) -> Edit:
    return Edit(Place(**data["place"]), data["content"])


def _crate(data: dict[str, Any]) -> Crate:
    since, before = tuple(data["since"]), data["before"]
    return Crate(*data["names"], since=since, before=None if before is None else tuple(before))
