"""What the rules about unions have in common: code that tells them apart, and what bytes say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from py314_check.api import Context, cst
from py314_rules.call_words import other_names

BLANK = rb"(?:\s|\\[\r\n]|#[^\r\n]*)*"
NAME = rb"[\w\x80-\xff]+"
_UNION = re.compile(rb"(?:Union|Optional)%b\[" % BLANK)
_MODULE = re.compile(rb"%b[\s\\]*\.\Z" % NAME)
_BEHIND = 300  # bytes before a union that are read
_REACH = 1000  # bytes of a union that are read
_OUTER = re.compile(rb"[\s(]*(?:%b(?:\s*\.\s*%b)*\s*\[\s*)?" % (NAME, NAME))
_WORDS = re.compile(NAME)
_COMMENT = re.compile(rb"#[^\r\n]*")
_CONTINUED = re.compile(rb"\\(?:\r\n|\r|\n)")
_BRACKET = re.compile(rb"[\[\]]")


def may_have_other_name(data: bytes) -> bool:
    """Whether ``Union`` or ``Optional`` may go by another name."""
    return other_names(data, b"Union", b"Optional") != {b"Union", b"Optional"}


def plain(text: bytes) -> set[bytes]:
    """A text with its continued lines joined, as it is and without comments, if there may be some in it."""
    joined = _CONTINUED.sub(b" ", text) if b"\\" in text else text
    return {joined, _COMMENT.sub(b"", joined)} if b"#" in joined else {joined}


@lru_cache(maxsize=1)  # several rules ask
def before_unions(data: bytes) -> tuple[bytes, ...]:
    """What stands before each ``Union[`` and ``Optional[``, and before the module that it is an attribute of."""
    return tuple(
        (_MODULE.sub(b"", text.rstrip()) if text.rstrip().endswith(b".") else text).rstrip()
        for union in _UNION.finditer(data)
        for text in plain(data[max(union.start() - _BEHIND, 0) : union.start()])
    )


def behind_unions(data: bytes) -> Iterator[bytes]:
    """What follows each ``Union[...]``; everything behind the bracket where that does not close."""
    for union in _UNION.finditer(data):
        text = data[union.end() : union.end() + _REACH]
        depth = 1
        for bracket in _BRACKET.finditer(text):
            depth += 1 if bracket[0] == b"[" else -1
            if depth == 0:
                text = text[bracket.end() :]
                break
        yield text


@lru_cache(maxsize=1)
def names_for_unions(data: bytes) -> frozenset[bytes]:
    """The names that may be given a union, or a generic type with one in it, and other words of their lines."""
    names: set[bytes] = set()
    for before in before_unions(data):
        targets, sign, outer = before.rpartition(b"=")
        if sign and _OUTER.fullmatch(outer):
            names.update(_WORDS.findall(targets.rstrip().replace(b"\r", b"\n").rpartition(b"\n")[2]))
    return frozenset(names)


def knows_more(context: Context, node: cst.CSTNode) -> bool:
    """Whether the function around a node also knows unions as they are on Python 3.14: by class, origin or text."""
    function = context.enclosing(node, cst.FunctionDef)
    for one in context.below(function.body) if function is not None else ():
        if isinstance(one, cst.Name) and ("UnionType" in one.value or one.value == "get_origin"):
            return True
        if isinstance(one, cst.SimpleString) and (context.string(one) or "").strip() == "|":
            return True
    return False
