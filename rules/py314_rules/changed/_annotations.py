"""What a file's bytes say of `__annotations__`: whether it is read where Python 3.14 does not have it any more."""

from __future__ import annotations

import re

from py314_check.api import pieces, word_places

_KEY = b"__annotations__"
_ATTRIBUTE = re.compile(rb"[.\r\n][ \t\f]*__annotations__\b").search  # or the beginning of a continued line
_NAME = re.compile(rb"(?<![\w.\"'])__annotations__(?![\w\"'])").search
_QUOTED = re.compile(rb"[\"']__annotations__").search
_FROM_FUTURE = re.compile(
    rb"\s*(?:from[ \t]+__future__[ \t]+import[ \t]+(?!annotations\b)[\w \t,]+[\r\n]+)*"
    rb"from[ \t]+__future__[ \t]+import[ \t]+annotations\b"
)
# The key of a subscript, the first argument of a call, what is looked for with `in`, or a constant.
_AS_KEY = re.compile(rb"(?:[\[(]|(?<![=!<>])=|^[^=\r\n]*,[^=\r\n]*=[^=]*,)[\s\\()]*[rRuU]?[\"']+\Z", re.MULTILINE)
_LOOKED_FOR = re.compile(rb"[\"'\s\\)]+(?:#|in\b|not\b)")
_MARGIN = 300  # bytes around a place that are read


def may_read_on_instance(data: bytes) -> bool:
    """Whether the annotations of an instance may be read, without a ``from __future__ import annotations``."""
    by_string = _QUOTED(data) is not None and (b"getattr" in data or b"hasattr" in data)
    return (by_string or _ATTRIBUTE(data) is not None) and not _has_future(data)


def may_read_name(data: bytes) -> bool:
    """Whether the name, or the key of a namespace, may be read, without a ``from __future__ import annotations``."""
    by_key = _QUOTED(data) is not None and any(one in data for one in (b"globals", b"locals", b"vars"))
    return (by_key or _NAME(data) is not None) and not _has_future(data)


def may_read_in_namespace(data: bytes) -> bool:
    """Whether the key may be looked up in a mapping that may be the namespace of a class."""
    if not any(one in data for one in (b"__dict__", b"vars", b"bases", b"type")):
        return False
    return any(
        _LOOKED_FOR.match(data, start + len(_KEY)) or _AS_KEY.search(data[max(start - _MARGIN, 0) : start])
        for start in word_places(data, _KEY)
    )


def _has_future(data: bytes) -> bool:
    """Whether the file begins with such an import, behind comments and a docstring."""
    done = 0
    for piece in pieces(data):
        if data[done : piece.start].strip():
            break
        done = piece.end
    return _FROM_FUTURE.match(data, done) is not None
