"""Which functions of a file run only where no two threads run them at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

ANY_TIME = ""
"""What uses a function that others than the functions of the file may call."""
SETTING_UP = re.compile(
    r"(?i)(?:^|_)(?:init\w*|set_?up|ready|register\w*|exec|add_types?)(?:_|$)|^_?import_|Init|Setup|Register"
)
"""The names of functions that set something up."""


def only_by(
    entries: Collection[str], users: Mapping[str, Collection[tuple[str, bool]]], *, under_lock: bool
) -> set[str]:
    """Some functions, and those that are used by such alone, or also under a lock.

    ``users`` are the functions that use each, and whether they hold a lock where they do.
    """
    found = {*entries, *users}
    while late := {
        name
        for name in found & users.keys() - entries
        if any(user not in found and not (locked and under_lock) for user, locked in users[name])
    }:
        found -= late
    return found
