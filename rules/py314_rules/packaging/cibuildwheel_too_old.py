"""EXT305 cibuildwheel-too-old."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Settings, admits
from py314_rules.packaging.pinned import pins

FIRST = "3.1"
"""The first that builds wheels for CPython 3.14 unless told otherwise; 3.0 does where prereleases are enabled."""


class CibuildwheelTooOld(Rule):
    """A pin of cibuildwheel to a version that builds no wheels for the target.

    ## What it does
    Reports `uses: pypa/cibuildwheel@v2.23` and commands such as `pip install cibuildwheel==2.23` in workflows, where
    that version knows no CPython 3.14. A pin to a commit says nothing about the version, and is not reported.

    ## Why it matters
    The workflow passes, and the release has no wheels for Python 3.14: users have to build it.

    ## Example
    ```yaml
    jobs:
      wheels:
        runs-on: ubuntu-latest
        steps:
          - uses: pypa/cibuildwheel@v2.23.3
    ```

    ## Use instead
    ```yaml
    jobs:
      wheels:
        runs-on: ubuntu-latest
        steps:
          - uses: pypa/cibuildwheel@v4.3.5
    ```

    ## Fix safety
    There is no fix: newer versions have dropped older Pythons, and options.

    ## References
    - [cibuildwheel: changelog](https://cibuildwheel.pypa.io/en/stable/changelog/)
    """

    code, name = "EXT305", "cibuildwheel-too-old"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    languages = frozenset({"ci"})
    since = "3.14"

    def visit_Settings(self, settings: Settings) -> None:
        enabled = any("cpython-prerelease" in str(one.value) for one in settings.settings)
        first = "3.0" if enabled else FIRST
        for setting, version in pins(settings):
            if admits(f"=={version}.*" if version.count(".") < 2 else f"=={version}", first) is False:
                self.report(
                    setting,
                    f"cibuildwheel {version} builds no wheels for Python 3.14.",
                    help=f"Use cibuildwheel {FIRST} or later.",
                    symbol="cibuildwheel",
                )
