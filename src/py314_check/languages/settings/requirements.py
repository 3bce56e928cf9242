"""Requirements on distributions: those among the settings of a project, and requirements files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from py314_check.api import Requirement, Setting
from py314_check.model import Place
from py314_check.source import SourceFile
from py314_check.specifiers import from_poetry

_COMMENT = re.compile(r"(?:^|\s)#.*")
_OPTION = re.compile(r"(?:^|\s)--?[A-Za-z].*")


def requirements(settings: Iterable[Setting]) -> Iterator[Requirement]:
    """The requirements that a pyproject.toml, a setup.cfg or a call of ``setup`` declares."""
    for setting in settings:
        text = setting.value
        if not isinstance(text, str):
            continue
        match setting.keys:
            case (
                ("build-system", "requires", _)
                | ("project", "dependencies", _)
                | ("project", "optional-dependencies", _, _)
                | ("dependency-groups", _, _)
                | ("tool", "uv", "dev-dependencies", _)
                | ("tool", "pdm", "dev-dependencies", _, _)
                | ("tool", "hatch", "envs", _, "dependencies" | "extra-dependencies", _)
                | ("tool", "flit", "metadata", "requires", _)
                | ("tool", "flit", "metadata", "requires-extra", _, _)
                | ("options" | "setup", "install_requires" | "setup_requires" | "tests_require", _)
                | ("options.extras_require", _, _)
                | ("setup", "extras_require", _, _)
            ):
                yield from _read(setting, text)
            case (
                ("options" | "setup", "install_requires" | "setup_requires" | "tests_require")
                | ("options.extras_require", _)
                | ("setup", "extras_require", _)
            ):  # on one line
                for one in text.split(";"):
                    yield from _read(setting, one)
            case ("tool", "poetry", "dependencies" | "dev-dependencies", str(name)) | (
                "tool",
                "poetry",
                "group",
                _,
                "dependencies",
                str(name),
            ) if name != "python":
                alternatives = from_poetry(text)
                if len(alternatives) == 1:
                    yield from _read(setting, f"{name}{alternatives[0]}")


def from_file(source: SourceFile) -> list[Requirement]:
    """The requirements in a requirements file. Options, and what cannot be read, are left out."""
    found: list[Requirement] = []
    parts: list[str] = []
    first = 1
    for number, line in enumerate(source.lines, start=1):
        if not parts:
            first = number
        parts.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        text = _OPTION.sub("", _COMMENT.sub("", "".join(parts)))
        head = source.lines[first - 1]
        start, end = len(head) - len(head.lstrip()), len(_COMMENT.sub("", head).rstrip("\\ \t"))
        parts = []
        found += _read(Setting(Place(first, start + 1, first, max(start, end) + 1), (), text), text)
    return found


def _read(setting: Setting, text: str) -> Iterator[Requirement]:
    if not text.strip():
        return
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed
    from packaging.utils import canonicalize_name

    try:
        parsed = Parsed(text.strip())
    except (InvalidRequirement, RecursionError):
        return
    yield Requirement(
        setting.place,
        setting.keys,
        str(canonicalize_name(parsed.name)),
        str(parsed.specifier),
        "" if parsed.marker is None else str(parsed.marker),
    )
