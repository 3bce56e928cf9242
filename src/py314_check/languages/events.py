"""The languages whose files are read as events, without a syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from py314_check.api import Environment, Event, Setting, Settings
from py314_check.languages import cargo, cmake, meson
from py314_check.languages.cython.events import events as cython
from py314_check.languages.entry_points import entry_points
from py314_check.languages.environment import declared, docker, scripts
from py314_check.languages.settings import ini, requirements, toml, yaml
from py314_check.model import Place
from py314_check.source import SourceFile

Reader = Callable[[SourceFile], Sequence[Event]]
_Environments = Callable[[SourceFile, Sequence[Setting]], list[Environment]]


def _settings(read: Callable[[SourceFile], list[Setting]], environments: _Environments | None = None) -> Reader:
    """The settings of a file: all together, each, and what else some of them stand for."""

    def events(source: SourceFile) -> list[Event]:
        settings = read(source)
        place = Place(1, 1, 1, len(source.lines[0]) + 1)
        return [
            Settings(place, tuple(settings)),
            *settings,
            *entry_points(settings),
            *requirements.requirements(settings),
            *(environments(source, settings) if environments is not None else ()),
        ]

    return events


READERS: Mapping[str, Reader] = {
    "cargo": cargo.events,
    "cmake": cmake.commands,
    "cython": cython,
    "meson": meson.calls,
    "pyproject": _settings(toml.settings, declared.pyproject),
    "setup.cfg": _settings(ini.settings),
    "requirements": requirements.from_file,
    "tox": _settings(ini.settings, declared.tox),
    "ci": _settings(yaml.settings, declared.workflow),
    "compose": _settings(yaml.settings, declared.compose),
    "systemd": _settings(ini.settings, declared.systemd),
    "docker": docker.environment,
    "shell": scripts.script,
    "dotenv": scripts.dotenv,
}
