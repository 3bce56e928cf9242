"""A source file: its bytes, its text, and where each line starts."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from py314_check.model import Place

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(r"\r\n|\r|\n")


class NotAnalysedError(Exception):
    """A file that cannot be analysed here, or not in time; the message says why and what to do."""


class SourceError(Exception):
    """A file that cannot be read as source. ``args[0]`` is a sentence, ``place`` where the trouble begins."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class SourceFile:
    """One file on its way through the house. ``path`` is as reported: POSIX, relative to the project root."""

    path: str
    language: str
    data: bytes
    text: str
    floor: tuple[int, int] | None = None
    """The oldest Python that its project says it runs on; None where it does not say."""

    @cached_property
    def line_starts(self) -> list[int]:
        """Offsets into ``text`` at which lines start. Only CR, LF and CRLF end a line, as for Python itself."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text without their ends."""
        return _LINE_END.split(self.text)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column (in code points) of an offset into ``text``."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def place(self, start: int, end: int) -> Place:
        """The place between two offsets into ``text``."""
        return Place(*self.position(start), *self.position(end))

    def excerpt(self, place: Place) -> tuple[str, ...]:
        """The lines that a place touches."""
        return tuple(self.lines[place.line - 1 : place.end_line])


def decode_python(data: bytes) -> str:
    """The text of Python source, without its byte order mark.

    Follows PEP 263 as CPython does. Written out because ``tokenize.detect_encoding`` differs between the Python
    versions that may run this tool. Raises SourceError for what CPython rejects: an unknown encoding, bytes that
    are not in it, a NUL byte.
    """
    encoding, cookie_line = _declared_encoding(data)
    body = data.removeprefix(codecs.BOM_UTF8)
    if len(body) != len(data) and encoding not in (None, "utf-8"):
        message = f"The encoding {encoding} is declared, but the file begins with a UTF-8 byte order mark."
        raise SourceError(message, _line_place(cookie_line))
    if b"\0" in body:
        raise SourceError("Source code cannot contain NUL bytes.", _byte_place(body, body.index(b"\0"), "latin-1"))
    codec = encoding or "utf-8"
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        byte = body[error.start : error.start + 1].hex()
        message = f"The byte 0x{byte} is not valid {codec}: declare the right encoding, or convert the file."
        raise SourceError(message, _byte_place(body, error.start, codec)) from None
    except (LookupError, ValueError):
        message = f"The declared encoding {codec!r} is unknown or not a text encoding."
        raise SourceError(message, _line_place(cookie_line)) from None


def decode_native(data: bytes) -> str:
    """The text of source whose encoding does not matter to us.

    UTF-16 with its byte order mark, UTF-8, or else a character for each byte.
    """
    try:
        return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def encoded(text: str, like: SourceFile) -> bytes:
    """The bytes of a changed text, encoded as the file is. Raises SourceError where the file's own text does not come
    to its own bytes, as with a character that has two encodings.
    """
    data = like.data
    if like.language == "python":
        codec = _declared_encoding(data)[0] or "utf-8"
        candidates = [codec if codec != "utf-8" or not data.startswith(codecs.BOM_UTF8) else "utf-8-sig"]
    else:
        candidates = ["utf-8-sig"] if data.startswith(codecs.BOM_UTF8) else ["utf-8", "latin-1"]
    for codec in candidates:
        try:
            if like.text.encode(codec) == data:
                return text.encode(codec)
        except UnicodeEncodeError:
            continue
    raise SourceError("its encoding does not give back the bytes of the file", Place())


def _declared_encoding(data: bytes) -> tuple[str | None, int]:
    """The encoding named in a PEP 263 comment on line 1 or 2, normalised as far as UTF-8 goes, and that line."""
    head = data.removeprefix(codecs.BOM_UTF8)[:4096]
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", head, maxsplit=2)[:2], start=1):
        match = _COOKIE.match(line)
        if match is not None:
            name = match[1].decode("ascii")
            spelled = name.lower().replace("_", "-")
            is_utf8 = spelled in ("utf-8", "utf8") or spelled.startswith("utf-8-")
            return "utf-8" if is_utf8 else name, number
        if _BLANK.match(line) is None:
            break
    return None, 1


def _line_place(line: int) -> Place:
    return Place(line, 1, line, 1)


def _byte_place(data: bytes, offset: int, codec: str) -> Place:
    before = re.split(rb"\r\n|\r|\n", data[:offset])
    column = len(before[-1].decode(codec, "replace")) + 1
    return Place(len(before), column, len(before), column + 1)
