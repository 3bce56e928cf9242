"""Applies fixes to pieces of source, as the tests need it."""

from __future__ import annotations

from typing import TypeVar

from py314_check.fixes import Fixing
from py314_check.model import Target
from py314_check.registry import all_rules
from py314_check.scan import ScanSettings, Task, prepare, scan_batch

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
    prepared = prepare(path, data, settings)
    if isinstance(prepared, Task):
        task = Task(path, data, prepared.codes, floor)
        fixing = Fixing([task], scan_batch([task], settings))
        fixing.run(
            lambda: [one for result in fixing.results for one in result.findings],
            lambda tasks: scan_batch(tasks, settings),
            settings,
            unsafe=unsafe,
        )
        assert fixing.notes == []
        data = fixing.changes[0].after if fixing.changes else data
    return data if isinstance(source, bytes) else data.decode()
