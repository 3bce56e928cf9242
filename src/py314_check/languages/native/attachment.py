"""Where a thread has given up its thread state, and with it the right to call Python.

Certainty comes first: a stretch counts where what begins it stands in a block around what ends it, and it ends at the
first name of something that may take the thread state back. Behind a branch that does so and leaves, it goes on.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

_STEP = re.compile(
    rb"(?P<gives_up>\bPy_(?:BEGIN_ALLOW|UNBLOCK)_THREADS\b|\bPyEval_SaveThread\b)"
    rb"|(?P<takes>\b\w*(?:_THREADS|ALLOW_C_API|[Gg][Ii][Ll])\w*|\bPyEval_\w*Thread\b|\bPyThreadState_(?:Ensure|Swap)\b)"
    rb"|(?P<opens>\{)|(?P<closes>\})|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
)
_GIVES_UP = re.compile(rb"Py_BEGIN_ALLOW_THREADS|PyEval_SaveThread")
_CONDITION = re.compile(rb"\b(?:if|else|while|for)\b|[?&|]")
_LEAVES = re.compile(rb"\b(?:return\b[^;{}]*|goto\s+\w+|Py_RETURN_\w+)\s*;?\s*\Z")
_LONGEST_STATEMENT = 300


class Attachment:
    """Answers for one file."""

    def __init__(self, code: bytes) -> None:
        self._code = code

    def is_detached(self, at: int, function_start: int) -> bool:
        """Whether the thread certainly has no thread state at an offset of a function that starts at another."""
        before = bisect_left(self._stretches, (at, 0)) - 1
        return before >= 0 and function_start < self._stretches[before][0] and at < self._stretches[before][1]

    @cached_property
    def _stretches(self) -> list[tuple[int, int]]:
        return list(self._found()) if _GIVES_UP.search(self._code) else []

    def _found(self) -> Iterator[tuple[int, int]]:
        """From where a thread state is given up to where it may be taken back, where the one is in a block around."""
        blocks = [0]  # for each open block: from where on there is no thread state in it, or 0
        taken: list[tuple[int, list[int]]] = []  # where it was taken back: how deep in blocks, and what these were then
        for match in _STEP.finditer(self._code):
            if match["opens"]:
                blocks.append(0)
            elif match["closes"] and len(blocks) > 1:
                blocks.pop()
                while taken and taken[-1][0] > len(blocks):
                    _, before = taken.pop()
                    if self._leaves(match.start()):
                        blocks = [match.end() if since else 0 for since in before[: len(blocks)]]
            elif match["gives_up"] and not self._depends(match.start()):
                if taken and taken[-1][0] == len(blocks):
                    blocks = [match.end() if since else 0 for since in taken.pop()[1]]
                blocks[-1] = match.end()
            elif match["takes"] and max(blocks):
                yield max(blocks), match.start()
                taken.append((len(blocks), blocks))
                blocks = [0] * len(blocks)

    def _leaves(self, end: int) -> bool:
        """Whether a block that ends at an offset leaves the function, or jumps."""
        return _LEAVES.search(self._code, max(end - _LONGEST_STATEMENT, 0), end) is not None

    def _depends(self, start: int) -> bool:
        """Whether what the statement at an offset does depends on a condition in it: ``if (x) save = ...``."""
        before = self._code[max(start - _LONGEST_STATEMENT, 0) : start]
        statement = before[max(before.rfind(sign) for sign in (b";", b"{", b"}")) + 1 :]
        return _CONDITION.search(statement) is not None
