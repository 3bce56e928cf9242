"""The words of bytes, whatever is written in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

_PART = 1_000_000  # bytes of a big file that are split into words at a time
_IS_WORD = bytes(byte >= 0x80 or chr(byte).isalnum() or byte == ord("_") for byte in range(256))
_ONLY_WORDS = bytes(byte if _IS_WORD[byte] else 0x20 for byte in range(256))


def words_in(data: bytes) -> Iterable[bytes]:
    """All words, in order: one ``translate`` and one ``split``. Bytes above ASCII may be part of a name.

    Those of a big file come from one part after the other: all at once, they would take ten times its memory.
    """
    text = data.translate(_ONLY_WORDS)
    return text.split() if len(text) <= _PART else chain.from_iterable(map(bytes.split, _parted(text)))


def _parted(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = text.find(b" ", start + _PART)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end
