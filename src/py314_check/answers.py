"""Answers to questions about what is in files, remembered for as long as these are as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from py314_check.stamps import Stamp, digest

MOST = 100_000
"""How many answers are kept; those not asked for the longest time go first."""


class Answers:
    """Answers by question, each with a signature of the files it came from. ``kept`` is plain data, and may be junk."""

    def __init__(self, kept: object = None) -> None:
        self._kept: dict[str, Any] = kept if isinstance(kept, dict) else {}
        self.changed = False
        """Whether there are other answers than in the beginning."""

    @property
    def kept(self) -> dict[str, Any]:
        """All of them, as plain data."""
        return dict(list(self._kept.items())[-MOST:])

    def ask(self, question: str, files: Iterable[tuple[str, Stamp | None]], find: Callable[[], list[str]]) -> list[str]:
        """The answer that was found in some files when they had these stamps, or else what ``find`` finds in them.

        The question says all that the answer depends on but the files and the target.
        """
        signature = _signature(files)
        kept = self._kept.pop(question, None)
        if not signature or not _is_answer(kept) or kept[0] != signature:
            kept = [signature, find()]
            self.changed = True
        if signature:
            self._kept[question] = kept
        answer: list[str] = kept[1]
        return answer

    def whether(self, question: str, files: Iterable[tuple[str, Stamp | None]], find: Callable[[], bool]) -> bool:
        """The same for a question to which the answer is yes or no."""
        return bool(self.ask(question, files, lambda: ["yes"] if find() else []))


def _is_answer(kept: object) -> bool:
    return (
        isinstance(kept, list)
        and len(kept) == 2
        and isinstance(kept[1], list)
        and all(isinstance(one, str) for one in kept[1])
    )


def _signature(files: Iterable[tuple[str, Stamp | None]]) -> str:
    """Empty where one of the files has just changed, so that it may change without a trace."""
    listed = list(files)
    return "" if any(stamp is None for _, stamp in listed) else digest(repr(listed).encode("utf-8", "surrogateescape"))
