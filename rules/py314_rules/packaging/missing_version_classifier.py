"""PRJ002 missing-version-classifier."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Settings, Words
from py314_rules.packaging.metadata import LANGUAGES, is_test_data, python_requirement, versions


class MissingVersionClassifier(Rule):
    """Classifiers that name versions of Python, not the target; or it, where `requires-python` does not.

    ## What it does
    Reports lists of classifiers with `Programming Language :: Python :: 3.N` up to a version before the target; and the
    classifier of the target where `requires-python` in the same file does not admit it, which is a warning.

    ## Why it matters
    Users and tools (pyreadiness, caniusepython3 and their like) take the list for what is tested. It decides nothing
    when the project is installed.

    ## Example
    ```toml
    [project]
    name = "app"
    version = "1.0"
    classifiers = [
      "Programming Language :: Python :: 3.12",
      "Programming Language :: Python :: 3.13",
    ]
    ```

    ## Use instead
    ```toml
    [project]
    name = "app"
    version = "1.0"
    classifiers = [
      "Programming Language :: Python :: 3.12",
      "Programming Language :: Python :: 3.13",
      "Programming Language :: Python :: 3.14",
    ]
    ```

    ## Fix safety
    There is no fix: add the classifier when the project's tests pass on that version.

    ## References
    - [Classifiers](https://pypi.org/classifiers/)
    """

    code, name = "PRJ002", "missing-version-classifier"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    languages = LANGUAGES
    words = (Words("setup", "classifiers"),)

    def visit_Settings(self, settings: Settings) -> None:
        named = {} if is_test_data(self.context.path) else versions(settings)
        target, release = self.context.target.version, self.context.target.release
        python = python_requirement(settings)
        shut_out = python is not None and python.admits(f"{release}.0", f"{release}.9999") is False
        if target in named and shut_out and python is not None:
            self.report(
                named[target],
                f"This classifier names Python {release}, and `{python.text}` does not admit it.",
                help="Let the two say the same.",
                level=Level.WARNING,
                impact=Impact.BREAKS,
            )
        elif named and target not in named and max(named) < target and not shut_out:
            latest = named[max(named)]
            self.report(
                latest,
                f"The classifiers name Python {_text(max(named))}, and not {release}.",
                help=f"Add `Programming Language :: Python :: {release}` when the project's tests pass on it.",
            )


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
