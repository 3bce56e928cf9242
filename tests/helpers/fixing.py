"""Applies fixes to pieces of source, as the tests need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from py314_check.fixes import Fixing
from py314_check.model import Target
from py314_check.registry import all_rules
from py314_check.scan import File, FileResult, ScanSettings, look_at

TextT = TypeVar("TextT", str, bytes)


def fixed(
    source: TextT,
    *,
    path: str = "module.py",
    target: str = "3.14",
    codes: str = "",
    unsafe: bool = True,
    floor: tuple[int, int] | None = None,
) -> TextT:
    """The source after all fixes, of the rules whose codes begin so."""
    data = source if isinstance(source, bytes) else source.encode()
    rules = tuple(rule.code for rule in all_rules() if rule.code.startswith(codes))
    settings = ScanSettings(Target.parse(target), rules)
    file = File(path, "", len(data), floor, data=data)

    def scanned(files: Sequence[File], settings: ScanSettings) -> list[FileResult]:
        return [one.result for one in look_at(files, settings) if one.result is not None]

    fixing = Fixing(lambda path: file, scanned([file], settings))
    fixing.run(
        lambda: [one for result in fixing.results for one in result.findings],
        lambda files: scanned(files, replace(settings, word_test=False)),
        unsafe=unsafe,
    )
    assert fixing.notes == []
    data = fixing.changes[0].after if fixing.changes else data
    return data if isinstance(source, bytes) else data.decode()
