"""What the rules about static variables have in common: which writes two threads can make at a time."""

from __future__ import annotations

import re

from py314_check.api import NativeContext, Node, Static

_NOTHING = ("NULL", "nullptr", "0")
_OTHER_TEST = r"(?!\s*(?:[<>]|=[^=]|[=!]=(?!\s*(?:NULL|nullptr|0|Py_None)\b)))"


def racing_writes(context: NativeContext, variable: Static) -> list[Node]:
    """The writes to a variable that any thread may make at any time, without a lock."""
    return [write for write in variable.writes if _may_race(context, write)]


def first_use(context: NativeContext, variable: Static, writes: list[Node]) -> Node | None:
    """The first of some writes that puts something into a variable that was found empty: it is filled on first use."""
    empty = re.compile(rf"(?<![\w.>]){re.escape(variable.name)}\b(?!\s*\(){_OTHER_TEST}")
    filling = [one for one in writes if not _empties(context, one)]
    return next((one for one in filling if any(empty.search(context.text(test)) for test in context.tests(one))), None)


def _empties(context: NativeContext, write: Node) -> bool:
    value = write.child_by_field_name("right")
    return context.name(write) == "Py_CLEAR" if value is None else context.text(value) in _NOTHING


def _may_race(context: NativeContext, write: Node) -> bool:
    function = context.function(write)
    return function is not None and not (context.is_serialised(write) or context.is_teardown(function))
