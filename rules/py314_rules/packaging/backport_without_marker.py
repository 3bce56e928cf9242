"""PRJ005 backport-without-marker."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Confidence, Impact, Level, Requirement, Rule, Settings, load_facts, parse_version
from py314_rules.modules import MODULES
from py314_rules.packaging.metadata import LANGUAGES, PythonRequirement, python_requirement, setup_words


@dataclass(frozen=True)
class _Limit:
    """A row of facts/backports.toml: the first Python that a backport can be installed on."""

    needs_in: str


_LIMITS = load_facts("py314_rules.facts", "backports.toml", _Limit)


def _backports() -> dict[str, str]:
    """Each backport with the first Python version without the module that it brings back."""
    found: dict[str, str] = {}
    for row in MODULES.values():
        for name in row.backports:
            if row.removed_in is not None:
                found[name] = min(found.get(name, row.removed_in), row.removed_in, key=parse_version)
    return found


BACKPORTS = _backports()


class BackportWithoutMarker(Rule):
    """A backport of a removed module, required without an environment marker.

    ## What it does
    Reports requirements in pyproject.toml, setup.cfg and setup.py on what brings a removed module back (`legacy-cgi`,
    `audioop-lts`, `standard-*` ...), without a marker, in projects whose `requires-python` in the same file also admits
    versions that still have the module.

    ## Why it matters
    Some of these cannot be installed on earlier versions at all (`audioop-lts` needs Python 3.13): then the project
    cannot either, which is a warning. The others are installed there for nothing.

    ## Example
    ```toml
    [project]
    name = "app"
    version = "1.0"
    requires-python = ">=3.10"
    dependencies = ["audioop-lts"]
    ```

    ## Use instead
    ```toml
    [project]
    name = "app"
    version = "1.0"
    requires-python = ">=3.10"
    dependencies = ["audioop-lts; python_version >= '3.13'"]
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [Dependency specifiers: environment markers](https://packaging.python.org/en/latest/specifications/dependency-specifiers/)
    """

    code, name = "PRJ005", "backport-without-marker"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    languages = LANGUAGES
    words = (setup_words("python_requires", "install_requires"),)
    _python: PythonRequirement | None = None

    def visit_Settings(self, settings: Settings) -> None:
        self._python = python_requirement(settings)

    def visit_Requirement(self, requirement: Requirement) -> None:
        removed_in = BACKPORTS.get(requirement.name)
        if removed_in is None or requirement.marker or self._python is None:
            return
        limit = _LIMITS.get(requirement.name)
        first = removed_in if limit is None else limit.needs_in
        before = f"{parse_version(first)[0]}.{parse_version(first)[1] - 1}.9999"
        if parse_version(first) > self.context.target.version or not self._python.admits("3.0", before):
            return
        if limit is None:
            what = f"is needed from Python {first} on, and `{self._python.text}` admits earlier versions as well"
        else:
            what = f"cannot be installed before Python {first}, and `{self._python.text}` admits earlier versions"
        self.report(
            requirement,
            f"`{requirement.name}` {what}.",
            help=f"Write `{requirement.name}; python_version >= '{first}'`.",
            level=None if limit is None else Level.WARNING,
            impact=None if limit is None else Impact.BREAKS,
        )
