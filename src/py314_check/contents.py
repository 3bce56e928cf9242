"""What the files of a project say, for questions that a single file cannot answer. Comments do not count.

Each file is read once, and its words are indexed on the first question: any number of questions takes linear time.
"""

from __future__ import annotations

import functools
import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from py314_check.cargo import is_published
from py314_check.discovery import DEFAULT_EXCLUDE
from py314_check.languages.native.slicing import without_comments as without_c_comments
from py314_check.pieces import without_comments

BUILD_FILE = re.compile(
    r"setup\.(?:py|cfg)|(?:pyproject|Cargo)\.toml|meson\.build|CMakeLists\.txt|.+\.cmake|.+\.ya?ml"
    r"|.*requirements.*\.(?:txt|in)"
)
CYTHON = re.compile(r".+\.(?:pyx|pxd|pxi)")
RUST = re.compile(r".+\.rs|Cargo\.toml")
C = re.compile(r".+\.(?:c|h|cc|cpp|cxx|hh|hpp|hxx|inc)")
_WITHOUT_COMMENTS: Mapping[re.Pattern[str], Callable[[bytes], bytes]] = {
    BUILD_FILE: without_comments,
    CYTHON: without_comments,
    RUST: without_c_comments,
    C: without_c_comments,
}
_WORD = re.compile(rb"\w+")
_WORDS = bytes(byte if byte >= 0x80 or chr(byte).isalnum() or byte == ord("_") else 0x20 for byte in range(256))


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
        self._files = list(_files(directory, kind))
        self._matching = functools.cache(self._find_matching)
        self._saying = functools.cache(self._find_saying)

    def says(self, text: str, *, but: Path) -> bool:
        """Whether a piece of code stands in another file than one: words, the last of which may end with ``_`` for
        anything that begins so.
        """
        return bool(self._saying(text) - {but})

    def matches(self, pattern: str) -> bool:
        """Whether a regular expression matches somewhere."""
        return self._matching(pattern)

    def _find_matching(self, pattern: str) -> bool:
        wanted = re.compile(pattern.encode())
        return any(wanted.search(one.data) and wanted.search(one.code) for one in self._files)

    def _find_saying(self, text: str) -> frozenset[Path]:
        data = text.encode()
        words = [match[0] for match in _WORD.finditer(data) if match.end() < len(data) or not data.endswith(b"_")]
        rarest = min((self._by_word.get(word, []) for word in words), key=len, default=self._files)
        return frozenset(one.path for one in rarest if data in one.data and data in one.code)

    @functools.cached_property
    def _by_word(self) -> Mapping[bytes, list[_File]]:
        found: defaultdict[bytes, list[_File]] = defaultdict(list)
        for one in self._files:
            for word in set(one.data.translate(_WORDS).split()):
                found[word].append(one)
        return found


def _files(directory: Path, kind: re.Pattern[str]) -> list[_File]:
    found = []
    for place, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if name not in DEFAULT_EXCLUDE]
        for path in (Path(place, name) for name in names if kind.fullmatch(name)):
            with suppress(OSError):
                data = path.read_bytes()
                if not is_published(data):
                    found.append(_File(path, data, _WITHOUT_COMMENTS[kind]))
    return found
