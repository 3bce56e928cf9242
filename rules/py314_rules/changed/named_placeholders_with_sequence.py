"""CHG405 named-placeholders-with-sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst
from py314_rules.called import may_call

_METHODS = {
    f"sqlite3.{kind}.{method}": method for kind in ("Connection", "Cursor") for method in ("execute", "executemany")
}
_SEQUENCES = {"builtins.tuple", "builtins.list", "builtins.str", "builtins.range"}
# SQLite's tokens that may hide or hold a placeholder; what is left open at the end is a string or comment too.
_TOKENS = re.compile(
    r"""'[^']*'? | "[^"]*"? | `[^`]*`? | \[[^\]]*\]? | --[^\n]* | /\*(?:[^*]|\*(?!/))*
    | [A-Za-z_\x80-\U0010ffff][\w$]* | (?P<named>(?<!:)[:@$][\w$]+)""",
    re.VERBOSE,
)


_PLACEHOLDER = re.compile(r"[:@$][A-Za-z_0-9]")


def _may_name(method: str, outline: Outline) -> bool:
    """Whether a statement may be run with values, and one may have named placeholders."""
    named = any(map(_PLACEHOLDER.search, outline.strings))
    return named and may_call(outline, method, lambda given: len(given) > 1)


class NamedPlaceholdersWithSequence(Rule):
    """A query with named placeholders that is given a sequence of values.

    ## What it does
    Reports `execute` and `executemany` of a `sqlite3` connection or cursor with a constant query that has named
    placeholders (`:name`, `@name`, `$name`) and with parameters that are certainly a tuple, a list or a string.

    Not reported: colons in strings, quoted names and comments of the query, numbered placeholders (`?1`), and
    receivers that are not certainly of `sqlite3`.

    ## Why it matters
    Since Python 3.14 the call raises `sqlite3.ProgrammingError`. Before, the values were bound in order of the
    placeholders, since 3.12 with a `DeprecationWarning`.

    ## Example
    ```python
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.execute("select :first, :second", (1, 2))
    ```

    ## Use instead
    ```python
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.execute("select :first, :second", {"first": 1, "second": 2})
    db.execute("select ?, ?", (1, 2))
    ```

    ## Fix safety
    There is no fix yet: with a name that occurs twice, a value belongs to both places.

    ## References
    - [What's New in Python 3.14: sqlite3](https://docs.python.org/3/whatsnew/3.14.html#sqlite3)
    - [sqlite3: how to use placeholders](https://docs.python.org/3/library/sqlite3.html#sqlite3-placeholders)
    """

    code, name = "CHG405", "named-placeholders-with-sequence"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = tuple(Words("sqlite3", method, outline=partial(_may_name, method)) for method in ("execute", "executemany"))

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value not in ("execute", "executemany"):
            return
        if len(node.args) < 2 or any(arg.star or arg.keyword for arg in node.args):  # they take no keywords
            return
        member = self.context.member(node.func)
        if not member.certain or not member.names & _METHODS.keys():
            return
        named = next(_placeholders(self._query(node.args[0].value)), None)
        parameters = node.args[1].value
        if node.func.attr.value == "executemany":
            given = all([self._is_sequence(one) for one in self._each(parameters)] or [False])
        else:
            given = self._is_sequence(parameters)
        if named is not None and given:
            self.report(
                node.func.attr,
                f"Since Python 3.14 a sequence of values for named placeholders (`{named}`) raises "
                f"sqlite3.ProgrammingError; before, the values were bound in order.",
                help="Pass a dict of names to values, or write ? for each value.",
                symbol="sqlite3 named placeholders",
                raises="Exception",  # sqlite3.ProgrammingError is no builtin; handlers of Exception do catch it
                module="sqlite3",
            )

    def _query(self, node: cst.BaseExpression) -> str:
        """The text of a query; what is filled in stands as a name. Empty where the query is not constant."""
        node = self.context.value(node)
        text = self.context.string(node)
        if text is not None:
            return text
        if isinstance(node, cst.ConcatenatedString):
            return self._query(node.left) + self._query(node.right)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return self._query(node.left) + self._query(node.right)
        if isinstance(node, cst.FormattedString):
            return "".join(part.value if isinstance(part, cst.FormattedStringText) else "x" for part in node.parts)
        return ""

    def _is_sequence(self, node: cst.BaseExpression) -> bool:
        node = self.context.value(node)
        if isinstance(node, (cst.Tuple, cst.List)) and not node.elements:
            return False  # too few values: that never worked
        return bool(self.context.types(node) & _SEQUENCES)

    def _each(self, node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
        """The parameters of each row that ``executemany`` is given, as far as they are written out."""
        node = self.context.value(node)
        if isinstance(node, (cst.Tuple, cst.List)):
            yield from (element.value for element in node.elements)
        elif isinstance(node, (cst.ListComp, cst.GeneratorExp)):
            yield node.elt


def _placeholders(query: str) -> Iterator[str]:
    return (found["named"] for found in _TOKENS.finditer(query) if found["named"])
