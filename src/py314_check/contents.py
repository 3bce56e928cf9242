"""What the files of a project say, for questions that a single file cannot answer. Comments do not count.

Each file is read once, and its words are indexed on the first question: any number of questions takes linear time.
"""

from __future__ import annotations

import functools
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from py314_check.cargo import is_published
from py314_check.discovery import DEFAULT_EXCLUDE
from py314_check.languages.native.slicing import without_comments as without_c_comments
from py314_check.mentions import words_in_parts
from py314_check.pieces import without_comments as without_hash_comments

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


@dataclass(frozen=True)
class _File:
    path: Path
    data: bytes
    without_comments: Callable[[bytes], bytes]

    @functools.cached_property
    def code(self) -> bytes:
        return self.without_comments(self.data)


class Contents:
    """The files of one kind at and below a directory: a kind is a pattern for their names, of those above."""

    def __init__(self, directory: Path, kind: re.Pattern[str]) -> None:
        without_comments = _WITHOUT_COMMENTS[kind]
        found = ((path, data) for path, data in read(directory, kind) if not is_published(data))
        self._files = [_File(path, data, without_comments) for path, data in found]
        self._matching = functools.cache(self._find_matching)
        self._saying = functools.cache(self._find_saying)

    def says(self, text: str, *, but: Path) -> bool:
        """Whether a piece of code stands in another file than one: whole words, the last of which may end with ``_``
        for anything that begins so.
        """
        return any(one.path != but for one in self._saying(text))

    def saying(self, text: str) -> list[tuple[Path, bytes]]:
        """The files in which a piece of code stands, with all that is in them."""
        return [(one.path, one.data) for one in self._saying(text)]

    def matches(self, pattern: str) -> bool:
        """Whether a regular expression matches somewhere."""
        return self._matching(pattern)

    def _find_matching(self, pattern: str) -> bool:
        wanted = re.compile(pattern.encode())
        return any(wanted.search(one.data) and wanted.search(one.code) for one in self._files)

    def _find_saying(self, text: str) -> list[_File]:
        data = text.encode()
        words = [match[0] for match in _WORD.finditer(data) if match.end() < len(data) or not data.endswith(b"_")]
        rarest = min((self._by_word.get(word, []) for word in words), key=len, default=self._files)
        found = [one for one in rarest if data in one.data]
        if not found:
            return []
        whole = re.compile(re.escape(data) + (rb"(?!\w)" if text[-1].isalnum() else b""))
        return [one for one in found if whole.search(one.code)]

    @functools.cached_property
    def _by_word(self) -> Mapping[bytes, list[_File]]:
        found: defaultdict[bytes, list[_File]] = defaultdict(list)
        for one in self._files:
            for word in set[bytes]().union(*words_in_parts(one.data)):
                found[word].append(one)
        return found


def read(directory: Path, names: re.Pattern[str]) -> Iterator[tuple[Path, bytes]]:
    """The files at and below a directory that have such names, and what is in them, one after the other."""
    for place, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if name not in DEFAULT_EXCLUDE]
        for path in (Path(place, name) for name in files if names.fullmatch(name)):
            with suppress(OSError):
                yield path, path.read_bytes()
