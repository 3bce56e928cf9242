"""PRJ002 missing-version-classifier."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Settings
from py314_rules.packaging.metadata import (
    FREE_THREADING,
    LANGUAGES,
    classifiers,
    is_test_data,
    python_requirement,
    setup_words,
    versions,
)


class MissingVersionClassifier(Rule):
    """Classifiers that do not name the target, or contradict what the metadata say elsewhere.

    ## What it does
    Reports lists of classifiers with `Programming Language :: Python :: 3.N` up to a version before the target; and the
    classifier of the target where `requires-python` in the same file does not admit it, which is a warning.

    For a free-threaded target also lists that name its version, and say nothing of `Free Threading`. Several levels of
    `Free Threading` in one list contradict one another, for every target: a warning.

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
    words = (setup_words("classifiers"),)

    def visit_Settings(self, settings: Settings) -> None:
        if is_test_data(self.context.path):
            return
        named = versions(settings)
        about = [one for one in classifiers(settings) if str(one.value).strip().startswith(FREE_THREADING)]
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
        elif target in named and self.context.target.free_threaded and not about:
            self.report(
                named[target],
                f"The classifiers name Python {release}, and say nothing of its free-threaded build.",
                help=f"Add `{FREE_THREADING} :: ...` with the level that the project's tests support.",
            )
        levels = {str(one.value).strip() for one in about} - {FREE_THREADING}
        if len(levels) > 1:
            self.report(
                about[-1],
                "The classifiers name several levels of support for free threading.",
                help="Leave the one that holds.",
                level=Level.WARNING,
                impact=Impact.BLOCKS_FREE_THREADING,
            )


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
