"""What the files of a project say, for questions that a single file cannot answer. Comments do not count.

Each file is read once, and its words are indexed on the first question: any number of questions takes linear time. An
answer that an earlier run found holds as long as the files are as they were: then none is read.
"""

from __future__ import annotations

import functools
import os
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from py314_check.answers import Answers
from py314_check.cargo import is_published
from py314_check.discovery import DEFAULT_EXCLUDE
from py314_check.languages.native.slicing import without_comments as without_c_comments
from py314_check.pieces import without_comments as without_hash_comments
from py314_check.splitting import words_in
from py314_check.stamps import Stamp, stamp_of

BUILD_FILE = re.compile(
    r"setup\.(?:py|cfg)|(?:pyproject|Cargo)\.toml|meson\.build|CMakeLists\.txt|.+\.cmake|.+\.ya?ml"
    r"|.*requirements.*\.(?:txt|in)|(?:GNU)?[Mm]akefile(?:\..+)?|.+\.(?:mk|sh|bash|bat|cmd|ps1)|tox\.ini"
    r"|(?:noxfile|tasks|_?build\w*|SConstruct)(?:\.py)?|BUILD(?:\.bazel)?|[Jj]ustfile"
)
CYTHON = re.compile(r".+\.(?:pyx|pxd|pxi)")
RUST = re.compile(r".+\.rs|Cargo\.toml")
C = re.compile(r".+\.(?:c|h|cc|cpp|cxx|hh|hpp|hxx|inc)")
_WITHOUT_COMMENTS: Mapping[re.Pattern[str], Callable[[bytes], bytes]] = {
    BUILD_FILE: without_hash_comments,
    CYTHON: without_hash_comments,
    RUST: without_c_comments,
    C: without_c_comments,
}
_WORD = re.compile(rb"\w+")


class Directories:
    """What is in directories, each listed once."""

    def __init__(self) -> None:
        self._listed = functools.cache(_listed)

    def files(self, directory: Path, names: re.Pattern[str]) -> Iterator[tuple[str, Stamp | None]]:
        """The files at and below a directory that have such names, with their stamps, those nearest to it first."""
        waiting = deque([str(directory)])
        while waiting:
            directories, files = self._listed(waiting.popleft())
            waiting.extend(directories)
            for entry in files:
                if names.fullmatch(entry.name):
                    with suppress(OSError):
                        yield entry.path, stamp_of(entry.stat())


def _listed(directory: str) -> tuple[list[str], list[os.DirEntry[str]]]:
    """The directories in a directory that may hold code of the project, and the files in it, sorted."""
    directories: list[str] = []
    files: list[os.DirEntry[str]] = []
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in DEFAULT_EXCLUDE:
                    directories.append(entry.path)
            elif entry.is_file():
                files.append(entry)
    return directories, files


class Contents:
    """The files of one kind at and below a directory: a kind is a pattern for their names, of those above."""

    def __init__(
        self,
        directory: Path,
        kind: re.Pattern[str],
        directories: Directories | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._files = list((directories or Directories()).files(directory, kind))
        self._without_comments = _WITHOUT_COMMENTS[kind]
        self._answers = answers or Answers()
        self._about = f"{directory} {kind.pattern}"
        self._saying = functools.cache(self._find_saying)
        self._matching = functools.cache(self._find_matching)

    def says(self, text: str, *, but: Path) -> bool:
        """Whether a piece of code stands in another file than one: whole words, the last of which may end with ``_``
        for anything that begins so.
        """
        return any(path != str(but) for path in self._saying(text))

    def saying(self, text: str) -> list[Path]:
        """The files in which a piece of code stands."""
        return list(map(Path, self._saying(text)))

    def matches(self, pattern: str) -> bool:
        """Whether a regular expression matches somewhere; one that is none matches nowhere."""
        return self._matching(pattern)

    def ask(self, question: str, find: Callable[[], list[str]]) -> list[str]:
        """The answer to a question about these files: what ``find`` finds in them, now or in an earlier run."""
        return self._answers.ask(f"{question} {self._about}", self._files, find)

    def _find_matching(self, pattern: str) -> bool:
        try:
            wanted = re.compile(pattern.encode())
        except (re.error, ValueError):
            return False

        def find() -> list[str]:
            for path, data in self._read():
                if wanted.search(data) and wanted.search(self._without_comments(data)):
                    return [path]
            return []

        return bool(self.ask(f"matches {pattern}", find))

    def _find_saying(self, text: str) -> list[str]:
        data = text.encode("utf-8", "surrogateescape")
        words = [match[0] for match in _WORD.finditer(data) if match.end() < len(data) or not data.endswith(b"_")]
        whole = re.compile(re.escape(data) + (rb"(?!\w)" if text[-1:].isalnum() else b""))

        def find() -> list[str]:
            everywhere = [path for path, _ in self._files]
            rarest = min((self._by_word.get(word, []) for word in words), key=len, default=everywhere)
            found = ((path, content(path)) for path in rarest)
            return [path for path, code in found if data in code and whole.search(self._without_comments(code))]

        return self.ask(f"says {text}", find)

    @functools.cached_property
    def _by_word(self) -> Mapping[bytes, list[str]]:
        found: defaultdict[bytes, list[str]] = defaultdict(list)
        for path, data in self._read():
            for word in set(words_in(data)):
                found[word].append(path)
        return found

    def _read(self) -> Iterator[tuple[str, bytes]]:
        """The files that are the project's own, and what is in them, one after the other."""
        return ((path, data) for path, _ in self._files if not is_published(data := content(path)))


def content(path: str) -> bytes:
    """What is in a file; nothing where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
