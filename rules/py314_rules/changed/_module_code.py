"""What code runs when a module is imported, told from its bytes: its own, and the functions that it calls."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from py314_rules.word_tests import code_of, statements

_HEAD = re.compile(rb"(?:(?P<async>async)\s+)?(?P<kind>def|class)\b\s*(?P<name>[\w\x80-\xff]+)(?P<rest>.*)", re.DOTALL)
_GUARD = re.compile(rb"(?:el)?if\b.*\b(?:__name__|current_process|parent_process)\b", re.DOTALL)
_ARM = re.compile(rb"(?:elif|else)\b")
# What is called, and attributes that may be given another name.
_CALLED = re.compile(rb"(?<![\w\x80-\xff])([\w\x80-\xff]+)\s*\(")
_TAKEN = re.compile(rb"\.\s*([\w\x80-\xff]+)(?![\w\x80-\xff])\s*(?=[;,)\]}]|\Z|\b(?:if|else|or|and|for)\b)")
_IMPORT = re.compile(rb"(?:lazy\s+)?(?:import|from)\b(?!.*\bas\b)", re.DOTALL)


@lru_cache(maxsize=1)
def run_by_module(data: bytes) -> bytes | None:
    """The statements that may run with the module, or in plain functions that it may call; None where it is unclear."""
    return _reached(data, is_guarded=False, is_plain=True)


@lru_cache(maxsize=1)
def run_by_import(data: bytes) -> bytes | None:
    """The statements that may run with the module whoever imports it, or in functions that it may call then.

    Imports are left out, but for those under another name. None where it is unclear.
    """
    return _reached(data, is_guarded=True, is_plain=False)


def _reached(data: bytes, *, is_guarded: bool, is_plain: bool) -> bytes | None:
    """Statements outside of functions (but for those ``is_guarded`` by a test of ``__name__``) and in the functions
    that are called in what is reached, or bind global names; of these, if ``is_plain``, neither coroutines nor what is
    decorated.
    """
    code = code_of(data)
    if code is None:
        return None
    reached: list[bytes] = []
    functions: defaultdict[bytes, list[list[bytes]]] = defaultdict(list)
    around: list[tuple[int, list[bytes]]] = []  # what runs apart: indentation of its head, its statements
    binders: list[list[bytes]] = []
    is_decorated = False
    for indent, statement in statements(code):
        while around and (around[-1][0] > indent or (around[-1][0] == indent and not _ARM.match(statement))):
            around.pop()
        home = around[-1][1] if around else reached
        head = _HEAD.match(statement)
        if head is None:
            if is_guarded and home is reached and _GUARD.match(statement):
                around.append((indent, []))
            elif not (is_guarded and _IMPORT.match(statement)):
                home.append(statement)
                binders += [home] if b"global" in statement and home is not reached else []
        elif head["kind"] == b"class":
            home.append(head["rest"])
        else:
            home.append(head["rest"])
            body: list[bytes] = []
            if not (is_plain and (head["async"] or is_decorated)):
                functions[head["name"]].append(body)
            around.append((indent, body))
        is_decorated = statement.startswith(b"@")
    reached += (statement for body in binders for statement in body)
    for statement in reached:  # which grows
        for name in functions.keys() & {*_CALLED.findall(statement), *_TAKEN.findall(statement)}:
            reached += (line for body in functions.pop(name) for line in body)
    return b"\n".join(reached)
