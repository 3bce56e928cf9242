"""Fixes applied: to the text of a file, and to the file itself."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from py314_check.model import Applicability, Edit, FileChange, Finding, Fix, Notification
from py314_check.scan import File, FileResult, read
from py314_check.source import SourceError, SourceFile, encoded

MAX_ROUNDS = 10
"""How often a file is looked at again for what one round of fixes left, or brought up."""
CHANGED = "it has changed since it was read; run again"


class NotWrittenError(Exception):
    """A file that was left as it is; the message is a clause that says why."""


def apply(fixes: Iterable[Fix], source: SourceFile) -> tuple[str, int]:
    """The text with fixes applied, and how many were. Of fixes in each other's way, the first wins.

    Fixes that make the same edit, as for an import that several need, share it. An import goes where fixes together
    take all of its uses.
    """
    edits: set[Edit] = set()
    taken: Counter[tuple[Edit, int]] = Counter()
    applied = 0
    for fix in fixes:
        imports = {leftover.edit for leftover in fix.leftovers}
        new = [edit for edit in fix.edits if edit not in edits and edit not in imports]
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
    from py314_check.languages.changes import offsets

    parts: list[str] = []
    position = 0
    for (start, end), content in sorted((offsets(edit.place, source), edit.content) for edit in edits):
        parts += [source.text[position:start], content]
        position = end
    return "".join([*parts, source.text[position:]])


def diff(path: str, before: bytes, after: bytes) -> bytes:
    """A unified diff of what is in a file, as ``patch`` takes it: in the file's own bytes, with its own line ends."""
    import difflib

    old, new = (re.findall(r"[^\n]*\n|[^\n]+", data.decode("latin-1")) for data in (before, after))
    name = path.encode("utf-8", "surrogateescape").decode("latin-1")
    name += "\t" if " " in name else ""  # where the name ends, as Git and GNU diff have it
    lines = difflib.unified_diff(old, new, name, name)
    whole = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(whole).encode("latin-1")


def _write(path: Path, before: bytes, after: bytes) -> None:
    """Puts new content into a file, whole or not at all: what a link points to keeps its place, mode and owner.

    Raises NotWrittenError where the file is read-only, or not what it was when it was read, and OSError.
    """
    import tempfile

    real = Path(os.path.realpath(path))
    status = real.stat()
    if not status.st_mode & stat.S_IWUSR or not os.access(real, os.W_OK):
        raise NotWrittenError("it is read-only")
    handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
        if real.read_bytes() != before:
            raise NotWrittenError(CHANGED)
        os.replace(temporary, real)
    except BaseException:
        os.unlink(temporary)
        raise


class Fixing:
    """The files of a run while they are fixed. Nothing is written until ``write`` is called.

    ``read`` gives a file with its ``data``, as it was analysed, or raises NotWrittenError.
    """

    def __init__(self, read: Callable[[str], File], results: Iterable[FileResult]) -> None:
        self.notes: list[Notification] = []
        self._read = read
        self._first = {result.path: result for result in results}
        self._results = dict(self._first)
        self._before: dict[str, File] = {}
        self._after: dict[str, File] = {}
        self._applied: Counter[str] = Counter()

    @property
    def results(self) -> Collection[FileResult]:
        """What the files come to as they are now."""
        return self._results.values()

    @property
    def fixed(self) -> int:
        """How many fixes were applied."""
        return self._applied.total()

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """What became of the files, sorted by path."""
        return tuple(
            FileChange(path, self._before[path].data or b"", file.data or b"")
            for path, file in sorted(self._after.items())
        )

    def run(
        self,
        wanted: Callable[[], Iterable[Finding]],
        rescan: Callable[[Sequence[File]], Iterable[FileResult]],
        *,
        unsafe: bool,
    ) -> None:
        """Applies fixes, round by round, until none is left.

        ``wanted`` gives the findings of ``results`` that are reported, ``rescan`` analyses files again, without a word
        test: one that does not parse any more is left as it was before that round.
        """
        dirty = {path for path, result in self._first.items() if result.parsed}
        for _ in range(MAX_ROUNDS):
            files: dict[str, File] = {}
            applied: Counter[str] = Counter()
            for path, fixes in _by_path(wanted(), unsafe=unsafe).items():
                if path not in dirty:
                    continue
                try:
                    file = self._after.get(path) or self._before.get(path) or self._read(path)
                except NotWrittenError as error:
                    self._complain(path, str(error))
                    continue
                self._before.setdefault(path, file)
                data, count = self._fixed(file, fixes)
                if data != file.data:
                    files[path], applied[path] = replace(file, data=data, size=len(data)), count
            dirty = set()
            for result in rescan(list(files.values())):
                if result.parsed:
                    dirty.add(result.path)
                    self._after[result.path] = files[result.path]
                    self._results[result.path] = result
                    self._applied[result.path] += applied[result.path]
                else:
                    self._complain(result.path, "what came out would not parse; please report it with this file")
            if not dirty:
                return

    def _fixed(self, file: File, fixes: Sequence[Fix]) -> tuple[bytes, int]:
        """The file with fixes applied, and how many were."""
        data = file.data or b""
        source = read(file.path, data)
        text, count = apply(fixes, source)
        try:
            return encoded(text, source), count
        except SourceError as error:
            self._complain(file.path, str(error))
            return data, 0

    def undo(self, paths: Iterable[str]) -> None:
        """Forgets what became of some files: their results are those of the files as they are on the disk."""
        for path in paths:
            self._results[path] = self._first[path]

    def write(self, path: Path, change: FileChange) -> None:
        """Writes what became of a file. Where that fails, it counts as it was, and a notification says why."""
        try:
            _write(path, change.before, change.after)
        except (NotWrittenError, OSError) as error:
            self._complain(change.path, getattr(error, "strerror", None) or str(error))
            self.undo([change.path])
            del self._after[change.path], self._applied[change.path]

    def _complain(self, path: str, why: str) -> None:
        self.notes.append(Notification(path, "not-fixed", f"Not fixed: {why}."))


def _by_path(findings: Iterable[Finding], *, unsafe: bool) -> dict[str, list[Fix]]:
    """The fixes that may be applied, by file and in the order of the findings."""
    found: defaultdict[str, list[Fix]] = defaultdict(list)
    for one in findings:
        if one.fix is not None and one.guard is None and (unsafe or one.fix.applicability is Applicability.SAFE):
            found[one.path].append(one.fix)
    return found
