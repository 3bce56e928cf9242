"""EXT004 cython-gil-undeclared."""

from __future__ import annotations

from py314_check.api import Change, Confidence, CythonModule, Impact, Insert, Level, Rule, Words
from py314_rules.native.promise import CONSEQUENCE, PROMISE

_DIRECTIVE = "freethreading_compatible"


class CythonGilUndeclared(Rule):
    """A Cython module that does not declare that it can run without the GIL.

    ## What it does
    Reports `.pyx` files that do not set the directive `freethreading_compatible` in a comment before their first
    statement, where no build file of the project (`setup.py`, `pyproject.toml`, `meson.build`, CMake) names it either,
    and no other file includes them. A comment behind the first statement does not count, for Cython neither. A file
    that sets it to `False` says so on purpose, and is a note: its own comment wins over what `setup.py` says.

    ## Why it matters
    On a free-threaded build, the first import of such a module turns the GIL on for the whole process, and says so in a
    `RuntimeWarning`.

    Declaring support is a promise, not a proof: nothing is checked when the module is imported.

    ## Example
    ```cython
    # cython: language_level=3

    def add(int a, int b):
        return a + b
    ```

    ## Use instead
    ```cython
    # cython: language_level=3, freethreading_compatible=True

    def add(int a, int b):
        return a + b
    ```

    ## Fix safety
    The fix sets the directive and is unsafe: that is right only when the module's code can be run by several threads at
    a time. The directive needs Cython 3.1 or later.

    ## References
    - [Cython: free threading](https://cython.readthedocs.io/en/latest/src/userguide/freethreading.html)
    """

    code, name = "EXT004", "cython-gil-undeclared"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    languages = frozenset({"cython"})
    words = (Words(remarks=True),)

    def visit_CythonModule(self, module: CythonModule) -> None:
        value = dict(module.directives).get(_DIRECTIVE)
        if value == "False":
            self.report(
                module,
                f"This Cython module asks for the GIL (`{_DIRECTIVE}=False`): {CONSEQUENCE}.",
                help=f"Set it to `True` once the module can do without. {PROMISE}",
                symbol=_DIRECTIVE,
                level=Level.NOTE,
            )
        elif value is None:
            self.report(
                module,
                f"This Cython module does not declare that it needs no GIL: {CONSEQUENCE}.",
                help=f"Begin it with `# cython: {_DIRECTIVE}=True`, with Cython 3.1 or later. {PROMISE}",
                symbol=_DIRECTIVE,
                unless=tuple(f'include "{path}"' for path in _spellings(self.context.path)),
                unless_built_with=(_DIRECTIVE,),
                fix=Change(f"Set `{_DIRECTIVE}`", _declared(module), safe=False),
            )


def _declared(module: CythonModule) -> Insert:
    if module.directives:
        return Insert(module, f", {_DIRECTIVE}=True", behind=True)
    return Insert(module, f"# cython: {_DIRECTIVE}=True\n")


def _spellings(path: str) -> list[str]:
    """The ends of a path by which another file may include it."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]
