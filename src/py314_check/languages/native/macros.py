"""Macros of Python's headers that are no C by themselves, written as something that is, at the same length."""

from __future__ import annotations

import re

_WRITTEN_AS = {
    b"PyObject_HEAD": b"int ob_base_;",
    b"PyObject_VAR_HEAD": b"int ob_var_base_;",
}
_HEADS = re.compile(rb"\bPyObject_(?:VAR_)?HEAD\b")
_NESTED = rb"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_HEAD_INIT = re.compile(rb"\bPy(?:Var)?Object_HEAD_INIT\s*%s\s*,?" % _NESTED)
_STATEMENTS = re.compile(rb"\bPy_(?:(?:BEGIN|END)_ALLOW|BLOCK|UNBLOCK)_THREADS\b(?!\s*;)")
_EXPORTED = re.compile(
    rb"\b(?!PyMODINIT_FUNC\b)[A-Z_][A-Z0-9_]+(?=[ \t]+PyMODINIT_FUNC\b)"
    rb"|(?<=PyMODINIT_FUNC)\s+[A-Z_][A-Z0-9_]+(?=\s+PyInit)"
)
_SPACES = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


def rewritten(code: bytes) -> bytes:
    """The code with such macros rewritten. Most files have none: looking for a word is fast, a pattern is not."""
    if b"_HEAD" in code:
        code = _HEADS.sub(lambda match: _WRITTEN_AS[match[0]], code)
        code = _HEAD_INIT.sub(lambda match: b"0," + match[0][2:].translate(_SPACES), code)
    if b"_THREADS" in code:
        code = _STATEMENTS.sub(lambda match: b";".ljust(len(match[0])), code)
    if b"PyMODINIT_FUNC" in code:
        code = _EXPORTED.sub(lambda match: match[0].translate(_SPACES), code)
    return code
