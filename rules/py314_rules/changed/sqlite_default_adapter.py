"""CHG406 sqlite-default-adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst
from py314_rules.called import Given, may_call

_METHODS = {f"sqlite3.{kind}.{method}" for kind in ("Connection", "Cursor") for method in ("execute", "executemany")}


def _may_give_date(given: Sequence[Given]) -> bool:
    return len(given) == 2


class SqliteDefaultAdapter(Rule):
    """A date or a datetime that `sqlite3` is to store by its default adapter.

    ## What it does
    Reports parameters of `execute` and `executemany` of a `sqlite3` connection or cursor that are certainly a `date` or
    a `datetime`, in files that register no adapter.

    ## Why it matters
    Since Python 3.12 the default adapters give a `DeprecationWarning`. They still work.

    ## Example
    ```python
    import datetime
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.execute("select ?", (datetime.date.today(),))
    ```

    ## Use instead
    ```python
    import datetime
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.execute("select ?", (datetime.date.today().isoformat(),))
    ```

    ## Fix safety
    There is no fix yet: the default for a datetime has a space where `isoformat()` has a T.

    ## References
    - [sqlite3: adapter and converter recipes](https://docs.python.org/3/library/sqlite3.html#sqlite3-adapter-converter-recipes)
    - [What's New in Python 3.12: deprecated](https://docs.python.org/3/whatsnew/3.12.html#deprecated)
    """

    code, name = "CHG406", "sqlite-default-adapter"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.MEDIUM  # another file may register an adapter
    since = "3.12"
    words = tuple(
        Words("sqlite3", "datetime", method, outline=partial(may_call, function=method, condition=_may_give_date))
        for method in ("execute", "executemany")
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._registers = False
        self._found: list[tuple[cst.BaseExpression, str]] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._registers = self._registers or "sqlite3.register_adapter" in self.context.resolve(node.func)
        if len(node.args) != 2 or not isinstance(node.func, cst.Attribute) or any(arg.star for arg in node.args):
            return
        member = self.context.member(node.func)
        if not member.certain or not member.names & _METHODS:
            return
        for value in self._values(node.args[1].value, rows=node.func.attr.value == "executemany"):
            kinds = self.context.types(value)
            if "datetime.date" in kinds:
                kind = "datetime" if "datetime.datetime" in kinds else "date"
                self._found.append((value, kind))

    def leave_Module(self, node: cst.Module) -> None:
        for value, kind in self._found if not self._registers else ():
            self.report(
                value,
                f"Since Python 3.12 it is deprecated to leave a {kind} to the default adapter of `sqlite3`.",
                help="Pass a string, such as isoformat(), or register an adapter of your own.",
                symbol="sqlite3 default adapter",
                module="sqlite3",
            )

    def _values(self, parameters: cst.BaseExpression, *, rows: bool) -> Iterator[cst.BaseExpression]:
        """The parameters that are written out, of one row or of several."""
        parameters = self.context.value(parameters)
        if isinstance(parameters, (cst.Tuple, cst.List)):
            for element in parameters.elements:
                if rows:
                    yield from self._values(element.value, rows=False)
                else:
                    yield element.value
        elif rows and isinstance(parameters, (cst.ListComp, cst.GeneratorExp)):
            yield from self._values(parameters.elt, rows=False)
        elif not rows and isinstance(parameters, cst.Dict):
            yield from (element.value for element in parameters.elements)
