"""PRJ006 pin-without-wheels."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Confidence, Impact, Level, Requirement, Rule, admits, load_facts
from py314_rules.packaging.metadata import setup_words


@dataclass(frozen=True)
class _Distribution:
    """A row of facts/wheels.toml, which says what each key means."""

    first: str
    free_threaded: str | None = None


DISTRIBUTIONS = load_facts("py314_rules.facts", "wheels.toml", _Distribution)


class PinWithoutWheels(Rule):
    """A requirement that admits no version of a compiled package with wheels for the target.

    ## What it does
    Reports pins and upper limits in pyproject.toml, setup.cfg, setup.py and requirements files that shut out all
    versions of a package which have wheels for Python 3.14 (for a free-threaded target: for its free-threaded build).
    It knows some forty widely used packages, by a table; requirements whose marker does not hold on the target do not
    count.

    ## Why it matters
    Installers then build the package from source, if there is one: that needs compilers and libraries, takes long, and
    often fails, since the old code does not know the new Python.

    ## Example
    ```text
    numpy==1.26.4
    ```

    ## Use instead
    ```text
    numpy==1.26.4; python_version < "3.14"
    numpy>=2.3.2; python_version >= "3.14"
    ```

    ## Fix safety
    There is no fix: newer versions may behave differently.

    ## References
    - [Platform compatibility tags](https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/)
    """

    code, name = "PRJ006", "pin-without-wheels"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    languages = frozenset({"pyproject", "setup.cfg", "requirements", "python"})
    since = "3.14"
    words = (setup_words("install_requires"), setup_words("extras_require"), setup_words("setup_requires"))

    def visit_Requirement(self, requirement: Requirement) -> None:
        row = DISTRIBUTIONS.get(requirement.name)
        if row is None:
            return
        free_threaded = self.context.target.free_threaded and row.free_threaded is not None
        first = row.free_threaded if free_threaded and row.free_threaded else row.first
        if admits(requirement.specifier, first) is False:
            build = "free-threaded Python 3.14" if free_threaded else "Python 3.14"
            self.report(
                requirement,
                f"`{requirement.name}{requirement.specifier}` admits no version with wheels for {build}: the first is"
                f" {first}.",
                help=f"Allow `{requirement.name}>={first}`, where needed by a marker for Python 3.14.",
                symbol=requirement.name,
                free_threading=free_threaded and admits(requirement.specifier, row.first) is not False,
            )
