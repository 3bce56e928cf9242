"""When what is deprecated goes, in words."""

from __future__ import annotations


def schedule(version: str | None) -> str:
    """The end of a sentence: ``and will be removed in Python 3.16``; ``future`` and None are no version."""
    if version is None:
        return "and there is no plan to remove it"
    return f"and will be removed in {'a future version' if version == 'future' else f'Python {version}'}"
