"""EXT003 nanobind-gil-undeclared."""

from __future__ import annotations

import re

from py314_check.api import CMakeCommand, Confidence, Impact, Level, Rule, Words
from py314_rules.native.promise import CONSEQUENCE, PROMISE

_MAY_HOLD_OPTIONS = re.compile(r"\$[{<].*(?:OPT|FLAG|ARG|FREE|THREAD|NB_|NANOBIND)", re.IGNORECASE)


class NanobindGilUndeclared(Rule):
    """A module made with nanobind that does not declare that it can run without the GIL.

    ## What it does
    Reports `nanobind_add_module` in CMake files without the option `FREE_THREADED`. Where the options may stand in a
    variable, nothing is reported.

    ## Why it matters
    On a free-threaded build, the first import of such a module turns the GIL on for the whole process, and says so in a
    `RuntimeWarning`. The option also makes nanobind itself lock what it needs to; nothing in the C++ code can replace
    it.

    Declaring support is a promise, not a proof: nothing is checked when the module is imported.

    ## Example
    ```cmake
    nanobind_add_module(fast NB_STATIC fast.cpp)
    ```

    ## Use instead
    ```cmake
    nanobind_add_module(fast NB_STATIC FREE_THREADED fast.cpp)
    ```

    ## Fix safety
    There is no fix: the declaration is right only when the module's code can be run by several threads at a time. The
    option needs nanobind 2.2 or later; for other builds of Python it has no effect.

    ## References
    - [nanobind: free-threaded Python](https://nanobind.readthedocs.io/en/latest/free_threaded.html)
    """

    code, name = "EXT003", "nanobind-gil-undeclared"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    languages = frozenset({"cmake"})
    words = (Words("nanobind_add_module"),)

    def visit_CMakeCommand(self, command: CMakeCommand) -> None:
        if command.name != "nanobind_add_module" or "FREE_THREADED" in command.arguments:
            return
        if not any(map(_MAY_HOLD_OPTIONS.search, command.arguments)):
            self.report(
                command,
                f"`nanobind_add_module` makes a module that does not declare that it needs no GIL: {CONSEQUENCE}.",
                help=f"Add the option `FREE_THREADED`, with nanobind 2.2 or later. {PROMISE}",
                symbol="nanobind_add_module",
            )
