"""EXT304 free-threading-classifier."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Settings
from py314_rules.packaging.metadata import FREE_THREADING, LANGUAGES, classifiers, setup_words

UNDECLARED = ("EXT001", "EXT002", "EXT003", "EXT004", "EXT005")


class FreeThreadingClassifier(Rule):
    """A `Free Threading` classifier in a project whose extension modules turn the GIL on.

    ## What it does
    Reports `Programming Language :: Python :: Free Threading :: ...` (but for `1 - Unstable`) where the same run finds
    an extension module of the project that does not declare that it needs no GIL (EXT001 to EXT005).

    ## Why it matters
    The metadata promise what the code takes back: importing that module turns the GIL on for the whole process.

    ## Example
    ```toml
    [project]
    name = "fast"
    version = "1.0"
    classifiers = ["Programming Language :: Python :: Free Threading :: 3 - Stable"]
    ```

    ## Use instead
    ```toml
    [project]
    name = "fast"
    version = "1.0"
    classifiers = ["Programming Language :: Python :: Free Threading :: 1 - Unstable"]
    ```

    ## Fix safety
    There is no fix: let the modules declare it, or take the classifier back.

    ## References
    - [Classifiers](https://pypi.org/classifiers/)
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html)
    """

    code, name = "EXT304", "free-threading-classifier"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    languages = LANGUAGES
    words = (setup_words("classifiers"),)

    def visit_Settings(self, settings: Settings) -> None:
        for classifier in classifiers(settings):
            text = str(classifier.value).strip()
            if text.startswith(f"{FREE_THREADING} ::") and "Unstable" not in text:
                self.report(
                    classifier,
                    "The project declares free-threading support, and a module of it turns the GIL on.",
                    help=f"See the findings of {UNDECLARED[0]} to {UNDECLARED[-1]}: declare it there, or take it back"
                    " here.",
                    only_with=UNDECLARED,
                )
