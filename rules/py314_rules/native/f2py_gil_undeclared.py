"""EXT006 f2py-gil-undeclared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from py314_check.api import (
    CMakeCommand,
    Confidence,
    Event,
    Impact,
    Level,
    MesonCall,
    Rule,
    Setting,
    Words,
    cst,
)
from py314_rules.native.promise import CONSEQUENCE, PROMISE
from py314_rules.packaging.metadata import is_test_data

_MODULE, _OPTION = "numpy.f2py", "freethreading-compatible"
_PROGRAMS = frozenset({"f2py", "f2py3"})
_WHAT_TO_DO = frozenset({"-c", "-m"})
_COMMAND = re.compile(r"(?:^|[\s;&|])(?:f2py3?|\S*python\S*\s+-m\s+numpy\.f2py)\s(?:[^\n;&|]*\s)?-[cm]\s")
_CONTINUED = re.compile(r"\\\r?\n")


class F2pyGilUndeclared(Rule):
    """A module made with f2py that does not declare that it can run without the GIL.

    ## What it does
    Reports commands that make a module with NumPy's f2py (`python -m numpy.f2py`, or `f2py` with `-c` or `-m`) without
    the option `--freethreading-compatible`: in meson.build and CMake files, in lists of arguments in Python files, in
    pyproject.toml and in workflows. Nothing is reported where a build file of the project names the option.

    ## Why it matters
    On a free-threaded build, the first import of such a module turns the GIL on for the whole process, and says so in a
    `RuntimeWarning`.

    Declaring support is a promise, not a proof: f2py does not look at the Fortran code. Variables with `SAVE`, in
    `COMMON` blocks and in modules are shared by all threads.

    ## Example
    ```meson
    custom_target('fast',
      output: 'fastmodule.c',
      input: 'fast.f90',
      command: [py, '-m', 'numpy.f2py', '@INPUT@', '-m', 'fast'],
    )
    ```

    ## Use instead
    ```meson
    custom_target('fast',
      output: 'fastmodule.c',
      input: 'fast.f90',
      command: [py, '-m', 'numpy.f2py', '@INPUT@', '-m', 'fast', '--freethreading-compatible'],
    )
    ```

    ## Fix safety
    There is no fix: the declaration is right only when the Fortran code can be run by several threads at a time. The
    option needs NumPy 2.1 or later; NumPy 2.4 was seen to write `Py_MOD_GIL_USED` without it.

    ## References
    - [NumPy 2.1.0 release notes](https://numpy.org/doc/stable/release/2.1.0-notes.html)
    - [Using f2py](https://numpy.org/doc/stable/f2py/usage.html)
    """

    code, name = "EXT006", "f2py-gil-undeclared"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    languages = frozenset({"python", "meson", "cmake", "pyproject", "ci"})
    words = (Words("f2py", test=re.compile(rb"-m['\",\s]+numpy\.f2py\b|['\"\s]f2py3?['\"\s]").search),)

    def visit_MesonCall(self, call: MesonCall) -> None:
        self._check(call, call.strings)

    def visit_CMakeCommand(self, command: CMakeCommand) -> None:
        self._check(command, command.arguments)

    def visit_List(self, node: cst.List) -> None:
        strings = [self.context.string(one.value) or "" for one in node.elements]
        self._check(node, strings)

    def visit_Setting(self, setting: Setting) -> None:
        for line in _CONTINUED.sub(" ", str(setting.value)).splitlines():
            if _COMMAND.search(line) and _OPTION not in line:
                self._report(setting)
                return

    def _check(self, node: Event | cst.CSTNode, words: Sequence[str]) -> None:
        runs_module = ("-m", _MODULE) in pairwise(words)
        runs_program = not _PROGRAMS.isdisjoint(words) and not _WHAT_TO_DO.isdisjoint(words)
        if (runs_module or runs_program) and not any(_OPTION in word for word in words):
            self._report(node)

    def _report(self, node: Event | cst.CSTNode) -> None:
        if not is_test_data(self.context.path):
            self.report(
                node,
                f"f2py makes a module here that does not declare that it needs no GIL: {CONSEQUENCE}.",
                help=f"Pass `--{_OPTION}`, with NumPy 2.1 or later. {PROMISE}",
                symbol=_MODULE,
                unless_built_with=(_OPTION,),
            )
