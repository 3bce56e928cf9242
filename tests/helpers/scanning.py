"""Runs the engine on pieces of source, as the tests need it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from py314_check.model import Finding, Target
from py314_check.registry import all_rules
from py314_check.scan import File, FileResult, ScanSettings, look_at


def scan_source(
    source: str | bytes,
    *,
    path: str = "module.py",
    target: str = "3.14",
    word_test: bool = True,
    codes: str = "",
    floor: tuple[int, int] | None = None,
) -> FileResult:
    """The result for one file, before anything that the project decides. ``codes`` selects rules by prefix.

    ``floor`` is the oldest Python that the project is for.
    """
    data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    (result,) = scan_sources({path: data}, target=target, word_test=word_test, codes=codes, floor=floor)
    return result


def scan_sources(
    sources: Mapping[str, bytes],
    *,
    target: str = "3.14",
    word_test: bool = True,
    codes: str = "",
    floor: tuple[int, int] | None = None,
) -> list[FileResult]:
    """The results for several files by path, in one batch and in their order."""
    rules = tuple(rule.code for rule in all_rules() if rule.code.startswith(codes))
    settings = ScanSettings(Target.parse(target), rules, line_hashes=True, word_test=word_test)
    files = [File(path, "", len(data), floor, data=data) for path, data in sources.items()]
    return [one.result for one in look_at(files, settings) if one.result is not None]


def found(source: str | bytes, **how: str) -> list[Finding]:
    """The findings of one file."""
    return list(scan_source(source, **how).findings)  # type: ignore[arg-type]


def verdicts(source: str, **how: str) -> list[tuple[int, str, str]]:
    """Line, symbol and ``reported`` or ``guarded`` of each finding of RMV001."""
    return [
        (one.place.line, one.symbol, "reported" if one.guard is None else "guarded")
        for one in found(source, codes="RMV", **how)
    ]
