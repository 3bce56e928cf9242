"""What identifies a finding from one run to the next, for GitHub and for our own baseline."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from itertools import accumulate

_BASE = 37
_WINDOW = 100
_MASK = 2**64 - 1
_LINE_FEED = 10
_END_OF_FILE = 65535
_WINDOW_FACTOR = pow(_BASE, _WINDOW, _MASK + 1)


def line_hashes(data: bytes) -> dict[int, str]:
    """GitHub's ``primaryLocationLineHash`` of every line (1-based) of a file.

    The hash of a line covers the 100 UTF-16 code units from its start, blanks dropped and line ends made LF, as a
    polynomial modulo 2**64; behind the colon stands how often the file has had this hash so far. It is the difference
    of two prefix hashes, so the time is linear in the size of the file.
    """
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    units = [unit for (unit,) in struct.iter_unpack("<H", text.encode("utf-16-le"))]
    starts = [0, *(index for index, unit in enumerate(units, start=1) if unit == _LINE_FEED)]
    units += [_END_OF_FILE, *([0] * _WINDOW)]
    prefixes = list(accumulate(units, lambda value, unit: (value * _BASE + unit) & _MASK, initial=0))
    seen: Counter[int] = Counter()
    hashes: dict[int, str] = {}
    for line, start in enumerate(starts, start=1):
        value = (prefixes[start + _WINDOW] - prefixes[start] * _WINDOW_FACTOR) & _MASK
        seen[value] += 1
        hashes[line] = f"{value:x}:{seen[value]}"
    return hashes


def fingerprint(code: str, path: str, symbol: str, line_text: str, ordinal: int) -> str:
    """A finding's identity, which outlives moved lines and changed indentation: 20 hexadecimal digits.

    ``ordinal`` tells apart findings that are equal in all else; count it in the order of the file.
    """
    fields = (code, path, symbol, " ".join(line_text.split()), str(ordinal))
    return hashlib.sha256("\0".join(fields).encode("utf-8", "surrogatepass")).hexdigest()[:20]
