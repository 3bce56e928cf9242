"""CHG403 ast-node-fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, load_facts
from py314_rules.called import Given, may_call


@dataclass(frozen=True)
class Row:
    """A row of facts/ast_fields.toml, which says what each key means."""

    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    placed: bool = False


NODES = load_facts("py314_rules.facts", "ast_fields.toml", Row)
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def _may_make(outline: Outline, module: str, node: str) -> bool:
    """Whether a node may be made with fields that are missing or unknown."""
    row = NODES[node]

    def is_wrong(given: Sequence[Given]) -> bool:
        keywords = {one.keyword for one in given if one.keyword is not None}
        placed = row.fields[: len(given) - len(keywords)]
        return not {*row.required} <= {*placed, *keywords} or not keywords <= {*row.fields}

    return may_call(outline, node, is_wrong, module)


class AstNodeFields(Rule):
    """A node of `ast` that is made without a field that it needs, or with one that it does not have.

    ## What it does
    Reports calls of node classes of `ast` that leave out a required field or give a keyword that is no field.

    Not reported: calls with `*` or `**`, and classes of your own that derive from a node class.

    ## Why it matters
    Python 3.13 and 3.14 give a `DeprecationWarning` and make a node that lacks the field, as before. Python 3.15 raises
    `TypeError`.

    ## Example
    ```python
    import ast

    name = ast.Name(ctx=ast.Load())
    name.id = "x"
    ```

    ## Use instead
    ```python
    import ast

    name = ast.Name("x", ctx=ast.Load())
    ```

    ## Fix safety
    There is no fix: only you know the value.

    ## References
    - [What's New in Python 3.13: ast](https://docs.python.org/3/whatsnew/3.13.html#ast)
    - [ast: node classes](https://docs.python.org/3/library/ast.html#node-classes)
    """

    code, name = "CHG403", "ast-node-fields"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.13"
    words = tuple(
        Words(module, node, outline=partial(_may_make, module=module, node=node))
        for module in ("ast", "_ast")
        for node in NODES
    )

    def visit_Call(self, node: cst.Call) -> None:
        names = {name.removeprefix("ast.") for name in self.context.resolve(node.func) if name.startswith("ast.")}
        if len(names) != 1 or any(arg.star for arg in node.args):
            return
        (kind,) = names
        if kind in NODES:
            self._check(node, kind, NODES[kind])

    def _check(self, node: cst.Call, kind: str, row: Row) -> None:
        keywords = [arg.keyword.value for arg in node.args if arg.keyword is not None]
        given = {*row.fields[: len(node.args) - len(keywords)], *keywords}
        missing = [field for field in row.required if field not in given]
        unknown = [word for word in keywords if word not in row.fields and not (row.placed and word in _PLACE)]
        if missing:
            what = "without " + " and ".join(f"`{field}`" for field in missing)
        elif unknown:
            what = "with the unknown " + " and ".join(f"`{word}`" for word in unknown)
        else:
            return
        fails = self.context.target.version >= (3, 15)
        self.report(
            node.func,
            f"Since Python 3.15 `ast.{kind}` {what} raises TypeError; since 3.13 it is deprecated.",
            help="Pass every required field when the node is made."
            if missing
            else "Set other attributes after the node is made.",
            symbol=f"ast.{kind}",
            raises="TypeError" if fails else None,
            module="ast",
            level=None if fails else Level.NOTE,
            impact=None if fails else Impact.WARNS,
        )
