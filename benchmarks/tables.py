"""Tables and paragraphs in Markdown, and the figures in them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

MEGABYTE = 1_000_000


def table(head: str, rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a table, and an empty one: ``head`` has the columns as they are written, less the outer bars."""
    columns = head.split(" | ")
    yield f"| {head} |"
    yield f"| {' | '.join('---' for _ in columns)} |"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"
    yield ""


def paragraph(*sentences: str) -> Iterator[str]:
    """The lines of a paragraph, and an empty one."""
    yield from textwrap.wrap(" ".join(sentences), 120, break_long_words=False, break_on_hyphens=False)
    yield ""


def middle(values: Iterable[float], places: int = 2) -> str:
    """The median."""
    return f"{median(values):.{places}f}"


def spread(values: Sequence[float], places: int = 2) -> str:
    """The least and the greatest."""
    return f"{min(values):.{places}f} to {max(values):.{places}f}"


def percent(part: float, whole: float) -> str:
    """A part of a whole that is not 0, in percent."""
    return f"{100 * part / whole:.1f} %"
