"""DPR004 element-truth."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, last_name, once
from py314_rules.called import calls, other_names
from py314_rules.unknown import tests
from py314_rules.values import reached, truth_tests

_ELEMENT = "xml.etree.ElementTree.Element"
_GIVING = (
    "Comment Element PI ProcessingInstruction SubElement XML close comment end find findall fromstring fromstringlist"
    " iter iterfind iterparse makeelement getroot parse pi root start".split()
)
"""What gives elements, or is one."""


@once
def _may_ask(outline: Outline) -> bool:
    """Whether the truth of an element may be asked for."""
    giving = other_names(outline, *_GIVING)
    if any(last_name(kind) in giving for _, kinds in tests(outline) for kind in ast.walk(kinds)):
        return True
    asked = [*truth_tests(outline), *(one.args[0] for one in calls(outline, "bool") if one.args)]
    made = reached(outline, *asked, annotated=True)
    return any(last_name(one.func if isinstance(one, ast.Call) else one) in giving for one in made)


class ElementTruth(Rule):
    """An XML element used as a truth value, which asks whether it has children.

    ## What it does
    Reports elements of `xml.etree.ElementTree` where a truth value is wanted: `if element.find("x")`, `not element`,
    `element.find("x") or default`, `bool(element)`, `assert element`.

    Not reported: comparisons with `None`, `len(element)`, and elements of lxml and of other libraries.

    ## Why it matters
    An element without children is false, so `if element.find("x")` does not see an element that is there. Since Python
    3.12 it is deprecated to ask; a future version will make every element true.

    ## Example
    ```python
    import xml.etree.ElementTree as ET

    root = ET.fromstring("<a><b/></a>")
    if root.find("b"):
        print("this is not printed")
    ```

    ## Use instead
    ```python
    import xml.etree.ElementTree as ET

    root = ET.fromstring("<a><b/></a>")
    if root.find("b") is not None:
        print("this is printed")
    ```

    ## Fix safety
    There is no fix: whether presence or children are asked for is not to be seen.

    ## References
    - [xml.etree.ElementTree: truth value](https://docs.python.org/3/library/xml.etree.elementtree.html#element-objects)
    - [What's New in Python 3.12: deprecated](https://docs.python.org/3/whatsnew/3.12.html#deprecated)
    """

    code, name = "DPR004", "element-truth"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    since = "3.12"
    words = tuple(Words("xml", "etree", module, outline=_may_ask) for module in ("ElementTree", "cElementTree"))

    def visit_If(self, node: cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf) -> None:
        self._check(node.test)

    visit_While = visit_IfExp = visit_Assert = visit_CompIf = visit_If

    def visit_UnaryOperation(self, node: cst.UnaryOperation) -> None:
        if isinstance(node.operator, cst.Not):
            self._check(node.expression)

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        self._check(node.left)

    def visit_Call(self, node: cst.Call) -> None:
        if len(node.args) == 1 and not node.args[0].star and self.context.resolve(node.func) == {"builtins.bool"}:
            self._check(node.args[0].value)

    def _check(self, tested: cst.BaseExpression) -> None:
        while isinstance(tested, cst.BooleanOperation):  # its left side is visited by itself
            tested = tested.right
        if _ELEMENT not in self.context.types(tested):
            return
        asked = self.context.member(cst.Attribute(tested, cst.Name("__bool__")))
        if asked.certain and f"{_ELEMENT}.__bool__" in asked.names:
            self.report(
                tested,
                "An XML element without children is false, even where it is there; since Python 3.12 its truth value "
                "is deprecated.",
                help="Write `is not None` to ask whether it is there, or `len(...)` to ask for children.",
                symbol=_ELEMENT,
                module="xml",
            )
