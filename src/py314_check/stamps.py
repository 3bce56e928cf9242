"""Whether a file is as it was, told by what its directory entry says, and by its content where that is not enough."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

TICK = 2_000_000_000
"""Nanoseconds within which a file may change twice without its times showing it: the most that a file system rounds."""


class Stamp(NamedTuple):
    """The size of a file in bytes, and when its content and its entry were last changed, in nanoseconds."""

    size: int
    mtime: int
    ctime: int


def stamp_of(status: os.stat_result) -> Stamp | None:
    """The stamp of a file; None where it changed just now, so that it may change again and keep its stamp."""
    if max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - TICK:
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def stamp_at(path: str | os.PathLike[str]) -> Stamp | None:
    """The stamp of a file; None as above, and where there is no such file."""
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


def read_file(path: str) -> tuple[Stamp | None, bytes]:
    """What is in a file, with the stamp that it had before it was read. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return stamp_of(os.fstat(file.fileno())), file.read()


def digest(data: bytes) -> str:
    """A hash of some content, in 32 characters."""
    from hashlib import blake2b

    return blake2b(data, digest_size=16).hexdigest()
