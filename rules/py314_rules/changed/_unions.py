"""What the rules about unions have in common: code that tells them apart, and what bytes say of them."""

from __future__ import annotations

import re
from functools import lru_cache

from py314_check.api import Context, cst

_UNION = re.compile(rb"(?:Union|Optional)\s*\[")
_LETTERS = bytes(byte for byte in range(256) if byte >= 0x80 or chr(byte).isalnum() or byte == ord("_"))
_BEHIND = 300  # bytes before a union that are read
_OUTER = re.compile(rb"\s*(?:[\w.]+\s*\[\s*)?")
_WORDS = re.compile(rb"\w+")


@lru_cache(maxsize=1)  # several rules ask
def before_unions(data: bytes) -> tuple[bytes, ...]:
    """What stands before each ``Union[`` and ``Optional[``, and before the module that it is an attribute of."""
    found = []
    for union in _UNION.finditer(data):
        before = data[max(union.start() - _BEHIND, 0) : union.start()]
        found.append((before[:-1].rstrip(_LETTERS) if before.endswith(b".") else before).rstrip())
    return tuple(found)


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
