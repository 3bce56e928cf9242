"""Cargo.toml: its settings, and the crates among them that its library depends on."""

from __future__ import annotations

from collections.abc import Iterator

import tomli

from py314_check.api import CargoDependency, Event, Setting, Settings
from py314_check.cargo import dependencies, read_requirement
from py314_check.languages.settings import toml
from py314_check.model import Place
from py314_check.source import NotAnalysedError, SourceError, SourceFile


def events(source: SourceFile) -> list[Event]:
    """The settings of the file, and its dependencies. Raises NotAnalysedError for what is not TOML, as templates."""
    try:
        settings = toml.settings(source)
    except SourceError as error:
        raise NotAnalysedError(str(error)) from None
    return [Settings(Place(), tuple(settings)), *settings, *_dependencies(source, settings)]


def _dependencies(source: SourceFile, settings: list[Setting]) -> Iterator[CargoDependency]:
    by_keys = {one.keys: one for one in settings}
    for where, crate, said in dependencies(tomli.loads(source.text)):
        version = by_keys.get(where) or by_keys.get((*where, "version"))
        origin = version or by_keys.get((*where, "path")) or by_keys.get((*where, "git"))
        text = version.value if version is not None and isinstance(version.value, str) else ""
        features = (by_keys.get((*where, "features", number)) for number in range(_length(said)))
        yield CargoDependency(
            Place() if origin is None else origin.place,
            crate,
            text,
            read_requirement(text) if text else None,
            tuple(feature for feature in features if feature is not None),
            isinstance(said, dict) and said.get("optional") is True,
            version is None and origin is not None,
        )


def _length(said: object) -> int:
    features = said.get("features") if isinstance(said, dict) else None
    return len(features) if isinstance(features, list) else 0
