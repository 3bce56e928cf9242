"""Comments that silence findings: ``# py314: ignore[...]``, ``# noqa: ...``, ``# py314: ignore-file[...]``.

In C they begin with ``//`` or ``/*``. Behind ``noqa:``, words that other tools have for what a rule reports count, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from py314_check.api import UnusedSuppression
from py314_check.model import Finding
from py314_check.source import SourceFile

_OURS = re.compile(
    r"(?:#|//|/\*)\s*py314(?:-check)?:\s*ignore(?P<file>-file)?\b(?:\s*\[(?P<codes>[^\]]*)\])?", re.IGNORECASE
)
_NOQA = re.compile(r"(?:#|//|/\*)\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z]+[0-9]*(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_WORD = re.compile(r"noqa:\s*([a-z][\w-]*)", re.IGNORECASE)
_OUR_CODES = r"(?:SYN|RMV|CHG|DPR|GIL|EXT|TIS|PRJ|JIT)\d*"
_OUR_CODE = re.compile(_OUR_CODES)
_MAY_BE_UNUSED = re.compile(rb"py314(?:-check)?:|noqa[^\r\n]*?\b%s\b" % _OUR_CODES.encode(), re.IGNORECASE)


@dataclass
class Suppression:
    """One comment. ``codes`` holds codes and prefixes, None for all; ``line`` is None where it holds for the file."""

    start: int
    end: int
    text: str
    line: int | None
    codes: tuple[str, ...] | None
    foreign: bool
    whole: bool = False
    used: set[str] = field(default_factory=set)

    def covers(self, finding: Finding, lines: Collection[int]) -> bool:
        """Whether it silences a finding that may be silenced from these lines; notes that it was of use."""
        if self.line is not None and self.line not in lines:
            return False
        if self.codes is None:
            self.used.add("")
            return True
        matching = [code for code in self.codes if finding.code.startswith(code)]
        self.used.update(matching)
        return bool(matching)

    def unused(self, active: Collection[str], *, all_active: bool) -> tuple[str, ...] | None:
        """The codes without effect, ``()`` for a bare comment without any; None where there is nothing to say.

        Codes of rules that are switched off are left alone, and so is a bare ``noqa``: it may be for another tool.
        """
        if self.codes is None:
            return () if not self.used and all_active and not self.foreign else None
        idle = [code for code in self.codes if code not in self.used]
        if not all_active:
            idle = [code for code in idle if any(rule.startswith(code) for rule in active)]
        if self.foreign:
            idle = [code for code in idle if _OUR_CODE.fullmatch(code) and code in self.text.upper()]
        return tuple(idle) or None


def may_be_unused(data: bytes) -> bool:
    """Whether a file without findings may have a comment that is ours, and so has no effect."""
    return _MAY_BE_UNUSED.search(data) is not None


def read(
    comments: Iterable[tuple[int, str]], source: SourceFile, words: Mapping[str, str] | None = None
) -> list[Suppression]:
    """The suppressions in the comments of a file, each given by its offset and text.

    ``words`` are those of other tools behind ``noqa:``, each with the code that it stands for.
    """
    found: list[Suppression] = []
    for offset, text in comments:
        line, _ = source.position(offset)
        for pattern in (_OURS, _NOQA):
            match = pattern.search(text)
            if match is None:
                continue
            word = _WORD.search(text, match.start()) if pattern is _NOQA else None
            codes = match["codes"] if word is None else (words or {}).get(word[1].lower(), match["codes"])
            whole_file = pattern is _OURS and match["file"] is not None
            found.append(
                Suppression(
                    start=offset + match.start(),
                    end=offset + match.end(),
                    text=match[0],
                    line=None if whole_file else line,
                    codes=None if codes is None else tuple(code.upper() for code in re.split(r"[,\s]+", codes) if code),
                    foreign=pattern is _NOQA,
                    whole=match[0].strip() == text.strip(),
                )
            )
    return found


def comments_by_line(source: SourceFile, *, whole_line: bool) -> list[tuple[int, str]]:
    """Comments of a file without a syntax tree: TOML and cfg, or (``whole_line``) source that does not parse."""
    pattern = re.compile(r"^[ \t]*(#.*)$" if whole_line else r"(#[^'\"]*)$")
    found = []
    for start, line in zip(source.line_starts, source.lines, strict=True):
        match = pattern.search(line)
        if match is not None:
            found.append((start + match.start(1), match[1]))
    return found


def apply(
    findings: Sequence[tuple[Finding, Collection[int]]], suppressions: Sequence[Suppression]
) -> tuple[list[Finding], int]:
    """Drops what is suppressed. Each finding comes with the lines whose comments may silence it.

    Returns what is left and how many were dropped; a guarded finding that is dropped does not count, since it
    would not have been reported.
    """
    kept: list[Finding] = []
    dropped = 0
    for finding, lines in findings:
        covering = [suppression for suppression in suppressions if suppression.covers(finding, lines)]
        if covering:  # all of them, not the first: each is to know that it was of use
            dropped += finding.guard is None
        else:
            kept.append(finding)
    return kept, dropped


def unused(
    suppressions: Iterable[Suppression], source: SourceFile, active: Collection[str], *, all_active: bool
) -> list[UnusedSuppression]:
    """An event for each comment that has no effect, or codes without effect."""
    events = []
    for suppression in suppressions:
        codes = suppression.unused(active, all_active=all_active)
        if codes is not None:
            place = source.place(suppression.start, suppression.end)
            whole = suppression.whole and len(codes) == len(suppression.codes or ())
            events.append(UnusedSuppression(place, suppression.text, codes, whole))
    return events
