"""PRJ003 skipped-free-threaded-wheels."""

from __future__ import annotations

from fnmatch import fnmatchcase

from py314_check.api import Confidence, Impact, Level, Rule, Setting, Settings
from py314_rules.packaging.metadata import FREE_THREADING, classifiers


class SkippedFreeThreadedWheels(Rule):
    """A project that declares free-threading support and builds no wheels for it.

    ## What it does
    Reports patterns of cibuildwheel's `skip` in pyproject.toml that leave out all free-threaded builds of the target,
    where a classifier `Programming Language :: Python :: Free Threading` stands in the same file.

    ## Why it matters
    Users of a free-threaded Python find the classifier, and have to build the project themselves.

    ## Example
    ```toml
    [project]
    name = "fast"
    version = "1.0"
    classifiers = ["Programming Language :: Python :: Free Threading :: 1 - Unstable"]

    [tool.cibuildwheel]
    skip = "*t-* *-musllinux_*"
    ```

    ## Use instead
    ```toml
    [project]
    name = "fast"
    version = "1.0"
    classifiers = ["Programming Language :: Python :: Free Threading :: 1 - Unstable"]

    [tool.cibuildwheel]
    skip = "*-musllinux_*"
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [cibuildwheel: build selection](https://cibuildwheel.pypa.io/en/stable/options/#build-skip)
    """

    code, name = "PRJ003", "skipped-free-threaded-wheels"
    level, impact, confidence = Level.NOTE, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    languages = frozenset({"pyproject"})
    since = "3.13"

    def visit_Settings(self, settings: Settings) -> None:
        if not any(str(one.value).startswith(FREE_THREADING) for one in classifiers(settings)):
            return
        for setting in settings.below("tool", "cibuildwheel", "skip"):
            self._check(setting)

    def _check(self, setting: Setting) -> None:
        build = f"cp{self.context.target.release.replace('.', '')}t"
        platforms = ("manylinux_x86_64", "win_amd64", "macosx_arm64")
        for pattern in str(setting.value).split():
            if all(fnmatchcase(f"{build}-{platform}", pattern) for platform in platforms):
                self.report(
                    setting,
                    f"The project declares free-threading support, and `{pattern}` leaves its wheels out.",
                    help=f"Let cibuildwheel build `{build}` wheels, too.",
                )
