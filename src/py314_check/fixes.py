"""Fixes applied: to the text of a file, and to the file itself."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from py314_check.languages.changes import offsets
from py314_check.model import Applicability, Edit, Finding, Fix
from py314_check.source import SourceFile

MAX_ROUNDS = 10
"""How often a file is looked at again for what one round of fixes left, or brought up."""


class NotWrittenError(Exception):
    """A file that was left as it is; the message is a sentence that says why."""


def wanted(findings: Iterable[Finding], *, unsafe: bool) -> list[Fix]:
    """The fixes of some findings that may be applied, in the order of the findings."""
    fixes = (one.fix for one in findings if one.fix is not None and one.guard is None)
    return [fix for fix in fixes if unsafe or fix.applicability is Applicability.SAFE]


def apply(fixes: Iterable[Fix], source: SourceFile) -> tuple[str, int]:
    """The text with fixes applied, and how many were. Of fixes in each other's way, the first wins.

    Fixes that make the same edit, as for an import that several need, share it. An import goes where fixes together
    take all of its uses.
    """
    edits: set[Edit] = set()
    taken: Counter[tuple[Edit, int]] = Counter()
    applied = 0
    for fix in fixes:
        new = [edit for edit in fix.edits if edit not in edits]
        if any(_collide(edit, other) for edit in new for other in edits):
            continue
        edits.update(new)
        applied += 1
        for leftover in fix.leftovers if new else ():
            taken[leftover.edit, leftover.uses] += leftover.taken
    for (edit, uses), count in taken.items():
        if count == uses and not any(_collide(edit, other) for other in edits):
            edits.add(edit)
    return _edited(source, edits), applied


def _collide(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap. Two insertions at one place do not, nor does one at the edge of a replacement."""
    ours, theirs = one.place, other.place
    start, end = (ours.line, ours.column), (ours.end_line, ours.end_column)
    their_start, their_end = (theirs.line, theirs.column), (theirs.end_line, theirs.end_column)
    return start < their_end and their_start < end


def _edited(source: SourceFile, edits: Iterable[Edit]) -> str:
    parts: list[str] = []
    position = 0
    for (start, end), content in sorted((offsets(edit.place, source), edit.content) for edit in edits):
        parts += [source.text[position:start], content]
        position = end
    return "".join([*parts, source.text[position:]])


def diff(path: str, before: bytes, after: bytes) -> bytes:
    """A unified diff of what is in a file, as ``patch`` takes it: in the file's own bytes, with its own line ends."""
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", data.decode("latin-1")) for data in (before, after))
    name = path.encode("utf-8", "surrogateescape").decode("latin-1")
    lines = difflib.unified_diff(old, new, name, name)
    whole = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(whole).encode("latin-1")


def write(path: Path, before: bytes, after: bytes) -> None:
    """Puts new content into a file, whole or not at all: what a link points to keeps its place, mode and owner.

    Raises NotWrittenError where the file cannot be written, or is not what it was when it was read.
    """
    real = Path(os.path.realpath(path))
    try:
        status = real.stat()
        if not status.st_mode & stat.S_IWUSR or not os.access(real, os.W_OK):
            raise NotWrittenError("Not fixed: the file is read-only.")
        handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after)
            os.chmod(temporary, stat.S_IMODE(status.st_mode))
            if hasattr(os, "chown"):
                with suppress(PermissionError):
                    os.chown(temporary, status.st_uid, status.st_gid)
            if real.read_bytes() != before:
                raise NotWrittenError("Not fixed: the file has changed since it was read. Run again.")
            os.replace(temporary, real)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise NotWrittenError(f"Not fixed: it cannot be written: {error.strerror}.") from error
