"""PRJ001 shut-out-target."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Settings
from py314_rules.packaging.metadata import LANGUAGES, is_test_data, python_requirement, setup_words


class ShutOutTarget(Rule):
    """A `requires-python` that does not admit the target.

    ## What it does
    Reports `requires-python` in pyproject.toml, `python_requires` in setup.cfg and in the call of `setup`, and Poetry's
    `python`, where they do not admit the target's releases. `<=3.14` is one of these: it admits 3.14.0 and none after.

    ## Why it matters
    Installers refuse the project there, or go back to an older release that had no such limit. For an application that
    is a choice; for a library, all that depend on it are shut out with it.

    ## Example
    ```toml
    [project]
    name = "app"
    version = "1.0"
    requires-python = ">=3.10,<3.14"
    ```

    ## Use instead
    ```toml
    [project]
    name = "app"
    version = "1.0"
    requires-python = ">=3.10"
    ```

    ## Fix safety
    There is no fix: take the limit away when the project runs on that version.

    ## References
    - [requires-python](https://packaging.python.org/en/latest/specifications/pyproject-toml/#requires-python)
    - [PEP 440: version specifiers](https://peps.python.org/pep-0440/#version-specifiers)
    """

    code, name = "PRJ001", "shut-out-target"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    languages = LANGUAGES
    words = (setup_words("python_requires"),)

    def visit_Settings(self, settings: Settings) -> None:
        python = python_requirement(settings)
        release = self.context.target.release
        if is_test_data(self.context.path):
            return
        if python is None or python.admits(f"{release}.1", f"{release}.9999") is not False:
            return
        if python.admits(f"{release}.0", f"{release}.0"):
            why = f"admits Python {release}.0 and no later release of {release}"
        else:
            why = f"does not admit Python {release}"
        self.report(
            python.setting,
            f"`{python.text}` {why}: installers refuse the project there.",
            help=f"Take the limit away, or raise it, once the project runs on Python {release}.",
        )
