"""Versions and markers: what a specifier admits, and whether a requirement holds on a target at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from py314_check.model import Target

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_PLATFORMS = (
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
)
_MACHINES = {"linux": ("x86_64", "aarch64"), "win32": ("AMD64", "ARM64"), "darwin": ("x86_64", "arm64")}
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)|["']([^"']+)["']\s*==\s*extra\b""")
_POETRY_BOUND = re.compile(r"\s*(\^|~=|~|===?|!=|[<>]=?|)\s*(\d+(?:\.(?:\d+|\*))*|\*)\s*,?")


def admits(specifier: str, first: str, last: str = "99999") -> bool | None:
    """Whether a specifier (``>=1.2,<2``) admits a version between two; None where it is none.

    Whether there is such a version on the index is not asked.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    lowest, highest = Version(first), Version(last)
    return any(
        lowest <= version <= highest and allowed.contains(version, prereleases=True)
        for version in (lowest, highest, *_candidates(allowed))
    )


def _candidates(allowed: SpecifierSet) -> Iterator[Version]:
    """Where what a specifier says changes: its versions, and those a little above them."""
    from packaging.version import InvalidVersion, Version

    for one in allowed:
        bound = one.version.removesuffix(".*")
        for text in (bound, f"{bound}.0.0.1"):
            try:
                yield Version(text)
            except InvalidVersion:
                continue


def from_poetry(constraint: str) -> list[str]:
    """The specifiers of which any will do for Poetry's constraint: ``^3.9``, ``~3.13``, ``>=3.9,<3.13 || 3.14.*``.

    Those that cannot be read are left out.
    """
    found = []
    for alternative in re.split(r"\|\|?", constraint):
        bounds = []
        rest = alternative
        while (match := _POETRY_BOUND.match(rest)) is not None:
            operator, number = match.groups()
            rest = rest[match.end() :]
            if operator == "^":
                bounds += [f">={number}", f"<{_next_breaking(number)}"]
            elif operator == "~":
                bounds += [f">={number}", f"=={'.'.join(number.split('.')[:2])}.*"]
            elif number != "*":
                bounds.append(f"{operator or '=='}{number}")
        if not rest.strip():
            found.append(",".join(bounds))
    return found


def _next_breaking(number: str) -> str:
    """The version at which ``^number`` ends: the first part that is not zero goes up."""
    parts = number.split(".")
    index = next((index for index, part in enumerate(parts) if part.strip("0")), len(parts) - 1)
    return ".".join([*parts[:index], str(int(parts[index]) + 1)]) if parts[index] != "*" else "99999"


def holds(marker: Marker | None, target: Target) -> bool:
    """Whether a marker holds on some platform of the target, for some extra."""
    if marker is None:
        return True
    extras = ["", *filter(None, (name for pair in _EXTRA.findall(str(marker)) for name in pair))]
    return any(
        marker.evaluate({**environment, "extra": extra}) for environment in _environments(target) for extra in extras
    )


@functools.cache
def _environments(target: Target) -> list[dict[str, str]]:
    """The environment markers of the target, none of them left to the Python that runs this."""
    python = {
        "python_version": target.release,
        "python_full_version": f"{target.release}.0",
        "implementation_name": "cpython",
        "implementation_version": f"{target.release}.0",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
    }
    return [
        {**python, **platform, "platform_machine": machine}
        for platform in _PLATFORMS
        for machine in _MACHINES[platform["sys_platform"]]
    ]
