"""RMV001 removed-module."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, cst
from py314_rules.modules import MODULES, ModuleRule, Row, Use, words_of


class RemovedModule(ModuleRule):
    """An import of a standard library module that is gone.

    ## What it does
    Reports imports of modules and submodules that the target's standard library does not have any more: `import`
    and `from` statements, `importlib.import_module("x")`, `__import__("x")`, `runpy.run_module("x")`, names in strings
    that `mock.patch` and pytest's `monkeypatch` import, and entry points in pyproject.toml and setup.cfg.

    Not reported: modules of your own with such a name, imports that a version test or a handler of `ImportError`
    takes care of, and modules that a declared dependency brings back (`legacy-cgi`, `audioop-lts`, `setuptools` for
    `distutils` ...). `--show-guarded` lists the latter two.

    ## Why it matters
    The import raises `ModuleNotFoundError`: at start-up where it stands at the top of a module, and only when it is
    called where it stands in a function.

    ## Example
    ```python
    import pipes

    print(pipes.quote("a b"))
    ```

    ## Use instead
    ```python
    import shlex

    print(shlex.quote("a b"))
    ```

    ## Fix safety
    There is a fix where all that a file uses of the module has a drop-in elsewhere. It is safe where the two mean the
    same (`pipes.quote`, `imp.reload`), and unsafe where they differ (`distutils.core.setup`, which becomes that of
    setuptools). An import in a package's `__init__.py`, and one whose name stands in a string, stays.

    ## References
    - [PEP 594: removing dead batteries](https://peps.python.org/pep-0594/) (3.13)
    - [PEP 632: distutils](https://peps.python.org/pep-0632/) (3.12)
    - [What's New in Python 3.12: asynchat, asyncore, imp, smtpd](https://docs.python.org/3/whatsnew/3.12.html#removed)
    """

    code, name = "RMV001", "removed-module"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = words_of({name: row for name, row in MODULES.items() if row.removed_in})

    def check(self, use: Use) -> bool:
        row = use.row
        if not row.is_gone(self.context):
            return False
        because = f" ({row.reference})" if row.reference else ""
        later = self.context.fails_when(use.node) if isinstance(use.node, cst.CSTNode) else ""
        self.report(
            use.node,
            f"`{use.name}` was removed in Python {row.removed_in}{because}{later}.",
            help=_advice(row),
            symbol=use.name,
            removed_in=row.removed_in,
            raises=use.raises,
            module=use.name.partition(".")[0],
            module_is_gone=True,
            provided_by=(*row.backports, *((row.shim,) if row.shim else ())),
            brought_by=row.shim or "",
            part=use.part,
            confidence=use.confidence,
            fix=self.fix(use),
        )
        return True


def _advice(row: Row) -> str:
    sentences = [row.instead]
    returning = [*row.backports[:2], *([row.shim] if row.shim else [])]  # best first
    if returning:
        verb = "bring" if len(returning) > 1 else "brings"
        names = ", ".join(returning[:-1]) + (" or " if len(returning) > 1 else "") + returning[-1]
        sentences.append(f"To keep it for now, depend on {names}, which {verb} it back.")
    return " ".join([*sentences, f"See {row.url}."])
