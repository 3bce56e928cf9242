"""EXT301 build-requirement-too-old."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Confidence, Impact, Level, Requirement, Rule, admits, load_facts
from py314_rules.packaging.metadata import LANGUAGES, is_test_data, setup_words


@dataclass(frozen=True)
class _Tool:
    """A row of facts/build_tools.toml, which says what each key means."""

    url: str
    first: str | None = None
    why: str = ""
    free_threaded: str | None = None
    free_threaded_why: str = ""


TOOLS = load_facts("py314_rules.facts", "build_tools.toml", _Tool)


class BuildRequirementTooOld(Rule):
    """A build requirement that admits no version which can build for the target.

    ## What it does
    Reports requirements in `[build-system] requires` and `setup_requires` on Cython, pybind11, nanobind and
    setuptools that shut out every version which builds for Python 3.14, or for its free-threaded build (a note where
    neither the target nor the project is for that).

    ## Why it matters
    Where there is no wheel, installers build the project in an environment with just these requirements, and that
    fails: with compiler errors, or before.

    ## Example
    ```toml
    [build-system]
    requires = ["setuptools", "Cython<3"]
    ```

    ## Use instead
    ```toml
    [build-system]
    requires = ["setuptools", "Cython>=3.1"]
    ```

    ## Fix safety
    There is no fix: newer versions may need changes of the code.

    ## References
    - [Cython: free threading](https://cython.readthedocs.io/en/latest/src/userguide/freethreading.html)
    - [pybind11: changelog](https://pybind11.readthedocs.io/en/stable/changelog.html)
    - [nanobind: free-threaded Python](https://nanobind.readthedocs.io/en/latest/free_threaded.html)
    """

    code, name = "EXT301", "build-requirement-too-old"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    languages = LANGUAGES
    since = "3.14"
    words = (setup_words("setup_requires"),)

    def visit_Requirement(self, requirement: Requirement) -> None:
        tool = TOOLS.get(requirement.name)
        if tool is None or not requirement.is_for_building or is_test_data(self.context.path):
            return
        if tool.first and admits(requirement.specifier, tool.first) is False:
            self._report(requirement, tool.first, f"Python 3.14: {tool.why}", tool, free_threading=False)
        elif tool.free_threaded and admits(requirement.specifier, tool.free_threaded) is False:
            why = f"free-threaded Python 3.14: {tool.free_threaded_why}"
            self._report(requirement, tool.free_threaded, why, tool, free_threading=True)

    def _report(self, requirement: Requirement, first: str, why: str, tool: _Tool, *, free_threading: bool) -> None:
        self.report(
            requirement,
            f"`{requirement.name}{requirement.specifier}` admits no version that builds for {why}.",
            help=f"Require `{requirement.name}>={first}`. See {tool.url}.",
            symbol=requirement.name,
            impact=Impact.BLOCKS_FREE_THREADING if free_threading else None,
            free_threading=free_threading,
        )
