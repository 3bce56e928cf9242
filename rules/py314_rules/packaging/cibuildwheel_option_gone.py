"""EXT302 cibuildwheel-option-gone."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Confidence, Impact, Level, Rule, Setting, load_facts
from py314_rules.packaging.pinned import earlier_than


@dataclass(frozen=True)
class _Option:
    """A row of facts/cibuildwheel.toml, which says what each key means."""

    until: str
    instead: str
    rejected: bool = False
    value: str = ""


OPTIONS = load_facts("py314_rules.facts", "cibuildwheel.toml", _Option)


class CibuildwheelOptionGone(Rule):
    """An option of cibuildwheel that newer versions reject or ignore.

    ## What it does
    Reports `enable = ["cpython-freethreading"]` and `free-threaded-support` in `[tool.cibuildwheel]`, and the variables
    `CIBW_ENABLE`, `CIBW_FREE_THREADED_SUPPORT` and `CIBW_PRERELEASE_PYTHONS` in workflows. Nothing is reported where a
    workflow or a requirements file of the project pins cibuildwheel to a version that still knows the option, or to a
    commit of which no comment says the version.

    ## Why it matters
    cibuildwheel stops with an error, or builds other wheels than intended; often in the workflow that makes a release.

    ## Example
    ```toml
    [tool.cibuildwheel]
    enable = ["cpython-freethreading", "pypy"]
    ```

    ## Use instead
    ```toml
    [tool.cibuildwheel]
    enable = ["pypy"]
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [cibuildwheel: enable](https://cibuildwheel.pypa.io/en/stable/options/#enable)
    - [cibuildwheel: changelog](https://cibuildwheel.pypa.io/en/stable/changelog/)
    """

    code, name = "EXT302", "cibuildwheel-option-gone"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    languages = frozenset({"pyproject", "ci"})

    def visit_Setting(self, setting: Setting) -> None:
        names = [key for key in setting.keys if isinstance(key, str)]
        option = names[-1] if names[-1:] and names[-1].startswith("CIBW_") else ".".join(names)
        row = OPTIONS.get(option)
        if row is None or (row.value and row.value not in str(setting.value).replace(",", " ").split()):
            return
        if not row.value and str(setting.value).lower() in ("", "0", "false", "no"):
            return
        what = row.value or option.rpartition(".")[2]
        self.report(
            setting,
            f"cibuildwheel {row.until} and later {'reject' if row.rejected else 'ignore'} `{what}`.",
            help=row.instead,
            symbol=what,
            impact=None if row.rejected else Impact.CHANGES,
            unless_built_with=(earlier_than(row.until),),
        )
