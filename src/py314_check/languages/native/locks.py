"""Where a lock is held: critical sections, mutexes, guards that hold one until their block ends.

Locks are told by their names, also behind macros of the file, and any of them counts: which one protects what cannot
be read off the code.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from py314_check.languages.native.slicing import Directive

_CALL = re.compile(rb"(?<![\w.])(?:\w+(?:\.|->|::))*(?P<name>[A-Za-z_]\w*)[ \t]*(?=\(|;|\n)")
_HINT = re.compile(rb"(?i)lock|acquire|critical|once")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NO_LOCKING = frozenset(
    {"gil", "init", "new", "alloc", "allocate", "free", "destroy", "create", "delete", "is", "locked"}
)
_SCOPED = re.compile(
    rb"\b(?:\w+::)*(?P<name>\w*(?:[Ll]ock|[Gg]uard|[Cc]ritical_?[Ss]ection)\w*)[ \t]*(?:<[^<>;]*>)?[ \t]+\w+[ \t]*[({]"
)
_MACRO = re.compile(r"(?P<name>\w+)\s*(?:\([^)]*\))?(?P<body>.*)", re.DOTALL)
_ONCE = re.compile(rb"\b(?:call_once|pthread_once|PyOnceFlag\w*)[ \t]*\(")
_SECTION = re.compile(rb"\bPy_(?:(?P<begins>BEGIN)|END)_CRITICAL_SECTION\w*[ \t]*\(")
_BRACES = re.compile(rb"[{}]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_PARENTHESES = re.compile(rb"[()]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")

_LONGEST_ONCE = 20_000


@dataclass(frozen=True)
class _Step:
    """A place where a lock is taken (1), given back (-1), or taken until the block ends (0)."""

    start: int
    change: int
    block_end: int


class Locks:
    """The locks of one file."""

    def __init__(self, code: bytes, directives: Iterable[Directive]) -> None:
        self._code = code
        self._directives = directives
        self._sections_from: dict[int, list[tuple[int, int]]] = {}

    def is_held(self, at: int, function_start: int) -> bool:
        """Whether a lock is held at an offset of a function that starts at another.

        What gives it back in a branch beside counts for nothing here: such branches leave.
        """
        depth = 0
        for step in self._steps[bisect_left(self._starts, function_start) : bisect_left(self._starts, at)]:
            inside = at < step.block_end
            if step.change > 0:
                depth = depth + 1 if inside else max(depth, 1)
            elif step.change < 0 and inside:
                depth = max(depth - 1, 0)
            elif step.change == 0 and inside:
                return True
        return depth > 0

    def change(self, name: str) -> int:
        """What a function or macro does: 1, it takes a lock; -1, it gives one back; 0, neither."""
        return self._macros.get(name, _change(name))

    def section(self, at: int, function_start: int, function_end: int) -> tuple[int, int] | None:
        """The innermost critical section of a function that an offset stands in: where it starts and ends."""
        found = self._sections_from.get(function_start)
        if found is None:
            found = self._sections_from[function_start] = list(self._sections(function_start, function_end))
        return next((one for one in found if one[0] < at < one[1]), None)

    def _sections(self, function_start: int, function_end: int) -> Iterator[tuple[int, int]]:
        begun: list[int] = []
        for match in _SECTION.finditer(self._code, function_start, function_end):
            if match["begins"]:
                begun.append(match.start())
            elif begun:
                yield begun.pop(), match.start()

    @cached_property
    def _starts(self) -> list[int]:
        return [step.start for step in self._steps]

    @cached_property
    def _steps(self) -> list[_Step]:
        macros = self._macros
        if not macros and not _HINT.search(self._code):
            return []
        changes: list[tuple[int, int]] = []
        for match in _CALL.finditer(self._code):
            name = match["name"].decode()
            if change := self.change(name):
                changes.append((match.start(), change))
        changes += [
            (match.start(), 0) for match in _SCOPED.finditer(self._code) if "gil" not in match["name"].decode().lower()
        ]
        once = [_Step(match.start(), 0, self._closed(match.end())) for match in _ONCE.finditer(self._code)]
        return sorted([*self._in_blocks(sorted(changes)), *once], key=lambda step: step.start)

    def _in_blocks(self, changes: list[tuple[int, int]]) -> Iterator[_Step]:
        """The steps, each with the end of its block."""
        blocks: list[list[tuple[int, int]]] = [[]]
        at = 0
        for match in _BRACES.finditer(self._code):
            while at < len(changes) and changes[at][0] < match.start():
                blocks[-1].append(changes[at])
                at += 1
            if match[0] == b"{":
                blocks.append([])
            elif match[0] == b"}" and len(blocks) > 1:
                yield from (_Step(start, change, match.start()) for start, change in blocks.pop())
        for block in (*blocks, changes[at:]):
            yield from (_Step(start, change, len(self._code)) for start, change in block)

    @cached_property
    def _macros(self) -> dict[str, int]:
        """Macros of the file that take a lock or give it back; one that does both does neither."""
        found: dict[str, int] = {}
        for directive in self._directives:
            match = _MACRO.match(directive.rest) if directive.name == "define" else None
            if match is not None:
                names = re.findall(r"\w+", match["body"])
                change = sum(found[name] if name in found else _change(name) for name in names)
                if change:
                    found[match["name"]] = 1 if change > 0 else -1
        return found

    def _closed(self, start: int) -> int:
        """Where the arguments that start at an offset end."""
        depth = 0
        for match in _PARENTHESES.finditer(self._code, start, start + _LONGEST_ONCE):
            depth += (match[0] == b"(") - (match[0] == b")")
            if depth < 0:
                return match.start()
        return start


def _change(name: str) -> int:
    """1 for the name of something that takes a lock, -1 for one that gives it back, else 0."""
    if not _HINT.search(name.encode()):
        return 0
    words = {word.lower() for word in _WORDS.findall(name)}
    if words & _NO_LOCKING:
        return 0
    if {"critical", "section"} <= words:
        return 1 if words & {"begin", "enter"} else -1 if words & {"end", "leave", "exit"} else 0
    if "unlock" in words or ("lock" in words and words & {"release", "leave", "exit", "end", "drop"}):
        return -1
    return 1 if words & {"lock", "acquire"} else 0
