"""JSON files that are kept from run to run: with a checksum, written whole or not at all, the newest of their kind.

It is never pickle: such a file may come from anywhere.
"""

from __future__ import annotations

import json
import os
from binascii import crc32
from contextlib import suppress

MOST = 20
"""How many files of a kind a directory keeps: those that were not used for the longest time go first."""


def load(path: str) -> object:
    """What was saved. Raises OSError or ValueError where it is not to be had as it was."""
    with open(path, "rb") as file:
        checksum, _, text = file.read().partition(b"\n")
    if checksum != b"%08x" % crc32(text):
        raise ValueError("wrong checksum")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def save(path: str, value: object) -> None:
    """Writes a value in the place of what was there. Raises OSError where it cannot be written.

    Of several runs at a time, the last has its way. Files that begin as this one's name, up to the last dash, are of
    its kind.
    """
    from tempfile import mkstemp  # few runs write anything

    text = json.dumps(value, separators=(",", ":")).encode()
    directory, name = os.path.split(path)
    os.makedirs(directory, exist_ok=True)
    handle, temporary = mkstemp(dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"%08x\n" % crc32(text) + text)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _forget_old(directory, name[: name.rindex("-") + 1])


def _forget_old(directory: str, start: str) -> None:
    ages = []
    for entry in os.scandir(directory):
        if entry.name.startswith(start):
            with suppress(OSError):  # another run was faster
                ages.append((-entry.stat().st_mtime_ns, entry.path))
    for _, path in sorted(ages)[MOST:]:
        with suppress(OSError):
            os.unlink(path)
