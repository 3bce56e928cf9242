"""Which version of cibuildwheel a project uses, as its workflows and requirements say."""

from __future__ import annotations

import re

from py314_check.api import Setting, Settings

_PIN = re.compile(r"cibuildwheel\s*(?:@\s*v?|[~=]=\s*)(?P<version>\d+(?:\.\d+)*)(?![\w.])")


def earlier_than(version: str) -> str:
    """A regular expression for what keeps cibuildwheel at an earlier version, or at a commit of an unknown one."""
    major, minor = map(int, version.split("."))
    number = rf"v?(?:[1-{major - 1}]" + (rf"|{major}\.[0-{minor - 1}]" if minor else "") + r")(?![\w])"
    commit = r"@[0-9a-f]{40}"
    return (
        rf"cibuildwheel(?:\s*(?:@|[~=]=)\s*{number}|{commit}[ \t]*#[ \t]*{number}|{commit}(?![ \t]*#[ \t]*v?\d)"
        rf"|[^\n#]*<\s*(?:{number}|{major}(?:\.0)*(?![\w.])))"
    )


def pins(settings: Settings) -> list[tuple[Setting, str]]:
    """The settings of a file that pin cibuildwheel to a version, and the version."""
    return [
        (one, match["version"])
        for one in settings.settings
        if isinstance(one.value, str) and (match := _PIN.search(one.value)) is not None
    ]
