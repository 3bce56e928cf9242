"""CHG401 nested-argument-group."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_GROUP, _EXCLUSIVE = "add_argument_group", "add_mutually_exclusive_group"
_NESTS = {
    "argparse._ArgumentGroup.add_argument_group": "argument groups",
    "argparse._MutuallyExclusiveGroup.add_mutually_exclusive_group": "mutually exclusive groups",
}


def _twice(method: str, receiver: str) -> Words:
    """The method occurs twice: for the outer group and for the inner; or the file names the class of the outer."""
    kind = receiver.encode()
    return Words("argparse", method, outline=lambda one: len(one.attributes.get(method, ())) > 1 or kind in one.words)


class NestedArgumentGroup(Rule):
    """A group of command line arguments that is made inside another group.

    ## What it does
    Reports `add_argument_group` on an argument group or on a mutually exclusive group of argparse, and
    `add_mutually_exclusive_group` on a mutually exclusive group, where the receiver is certainly such a group.

    Not reported: a mutually exclusive group inside an ordinary argument group, which stays allowed.

    ## Why it matters
    Since Python 3.14 the call raises `ValueError`. Before, it was deprecated and did not always work.

    ## Example
    ```python
    import argparse

    parser = argparse.ArgumentParser()
    outer = parser.add_argument_group("outer")
    inner = outer.add_argument_group("inner")
    ```

    ## Use instead
    ```python
    import argparse

    parser = argparse.ArgumentParser()
    outer = parser.add_argument_group("outer")
    inner = parser.add_argument_group("inner")
    ```

    ## Fix safety
    There is no fix yet: the parser is not always at hand where the inner group is made.

    ## References
    - [What's New in Python 3.14: argparse](https://docs.python.org/3/whatsnew/3.14.html#argparse)
    """

    code, name = "CHG401", "nested-argument-group"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (
        _twice(_GROUP, "_ArgumentGroup"),
        _twice(_EXCLUSIVE, "_MutuallyExclusiveGroup"),
        Words("argparse", _GROUP, _EXCLUSIVE),
        Words("argparse", _GROUP, "_MutuallyExclusiveGroup"),
    )

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value not in (_GROUP, _EXCLUSIVE):
            return
        member = self.context.member(node.func)
        for name in sorted(member.names & _NESTS.keys()) if member.certain else ():
            self.report(
                node.func.attr,
                f"Since Python 3.14 argparse raises ValueError when {_NESTS[name]} are nested"
                f"{self.context.fails_when(node)}.",
                help="Make this group from the parser instead.",
                symbol="argparse nested group",
                raises="ValueError",
                module="argparse",
            )
