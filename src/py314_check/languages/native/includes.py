"""Which headers a source includes on a target."""

from __future__ import annotations

import re

from py314_check.languages.native.slicing import ascii_bytes, sliced
from py314_check.languages.native.tree import is_cpp, is_header
from py314_check.model import Target


def includes(data: bytes, path: str, header: str, target: Target) -> bool | None:
    """Whether a source includes a header of this name where the target's build compiles it; None if nowhere at all."""
    names = rf'["<](?:[^">\r\n]*/)?{re.escape(header)}[">]'
    if re.search(rb"#[ \t]*include[ \t]*" + names.encode(), data) is None:
        return None
    code = ascii_bytes(data.decode("utf-8", "replace"))
    directives = sliced(code, target, is_cpp=is_cpp(path, data), is_header=is_header(path)).directives
    return any(one.name == "include" and re.match(names, one.rest) for one in directives)
