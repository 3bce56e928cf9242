"""Shell scripts, and files of variables such as .env."""

from __future__ import annotations

from py314_check.api import Environment
from py314_check.languages.environment.collector import Collector
from py314_check.languages.environment.shell import commands, words
from py314_check.source import SourceFile


def script(source: SourceFile) -> list[Environment]:
    """A shell script: what it exports, what it runs. Each command is a scope of its own in that of the script."""
    collector = Collector(source)
    collector.script(commands(source.text), ())
    return collector.environment()


def dotenv(source: SourceFile) -> list[Environment]:
    """A file of variables, one a line."""
    collector = Collector(source)
    for start, line in zip(source.line_starts, source.lines, strict=True):
        for word in words(source.text, start, start + len(line))[:2]:
            assigned = word.assigned()
            if assigned is not None:
                collector.variable(*assigned, ())
                break
    return collector.environment()
