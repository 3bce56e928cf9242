"""CHG402 single-dash-long-option."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.called import Given, may_call

_METHOD = "argparse._ActionsContainer.add_argument"


def _may_store_anew(given: Sequence[Given]) -> bool:
    """Whether the names may be a short one and then others, all with a single dash."""
    names = [one.value.value if isinstance(one.value, ast.Constant) else "-" for one in given if one.keyword is None]
    if len(names) < 2 or any(one.star or one.keyword == "dest" for one in given):
        return False
    return len(str(names[0])) < 3 and all(str(name).startswith("-") and str(name)[1:2] != "-" for name in names)


class SingleDashLongOption(Rule):
    """An option with a short name before a long one of a single dash, and without `dest`.

    ## What it does
    Reports `add_argument("-f", "-foo")` on a parser or group of argparse without `dest`: with names that begin with a
    single dash, the first of them short and another long.

    Not reported: options that have a name with two dashes, or whose long name comes first.

    ## Why it matters
    Since Python 3.15 the value is stored by the long name (`args.foo`). Before, it was stored by the first (`args.f`).

    ## Example
    ```python
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("-f", "-foo")
    ```

    ## Use instead
    ```python
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("-f", "-foo", dest="f")
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [What's New in Python 3.15: argparse](https://docs.python.org/3.15/whatsnew/3.15.html#argparse)
    """

    code, name = "CHG402", "single-dash-long-option"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.15"
    words = (
        Words("argparse", "add_argument", outline=lambda outline: may_call(outline, "add_argument", _may_store_anew)),
    )

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "add_argument":
            return
        keywords = {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
        names = [self.context.string(arg.value) or "" for arg in node.args if arg.keyword is None]
        if "dest" in keywords or any(arg.star for arg in node.args):
            return
        if self.context.string(keywords.get("action")) in ("help", "version"):
            return  # these store nothing
        if not all(re.match(r"-[^-]", name) for name in names) or not names or len(names[0]) > 2:
            return
        long = next((name for name in names if len(name) > 2), None)
        if long is not None and _METHOD in self.context.member(node.func).names:
            self.report(
                node.func.attr,
                f"Since Python 3.15 the value of `{names[0]}` and `{long}` is stored as `{_dest(long)}`; before, as "
                f"`{_dest(names[0])}`.",
                help=f'Pass dest="{_dest(names[0])}" to keep the name.',
                symbol="argparse.ArgumentParser.add_argument",
                module="argparse",
            )


def _dest(option: str) -> str:
    return option.lstrip("-").replace("-", "_")
