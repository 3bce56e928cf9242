"""CHG102 annotations-on-instance."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.changed._annotations import may_read_on_instance
from py314_rules.instances import is_instance

_KEY = "__annotations__"
# Instances of these have annotations of their own.
_HAVE_THEM = ("builtins.type", "builtins.classmethod", "builtins.staticmethod", "types.")


class AnnotationsOnInstance(Rule):
    """The annotations of a class, read through an instance of it.

    ## What it does
    Reports `self.__annotations__` (also with `getattr` and `hasattr`) where the object is certainly an instance, and
    its class neither sets the attribute nor has a base class or a `__getattr__` that may. Files with
    `from __future__ import annotations` are left alone: their classes keep the entry.

    ## Why it matters
    Since Python 3.14 instances do not see the annotations of their class: reading them raises `AttributeError`, and
    `getattr` with a default returns the default.

    ## Example
    ```python
    class Settings:
        host: str
        port: int

        def names(self):
            return list(self.__annotations__)
    ```

    ## Use instead
    ```python
    class Settings:
        host: str
        port: int

        def names(self):
            return list(type(self).__annotations__)
    ```

    ## Fix safety
    There is no fix yet; `type(self)` in place of `self` is nearly always meant.

    ## References
    - [What's New in Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#changes-in-annotations-pep-649-and-pep-749)
    - [PEP 749: implementing PEP 649](https://peps.python.org/pep-0749/)
    """

    code, name = "CHG102", "annotations-on-instance"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (Words(_KEY, "class", outline=may_read_on_instance),)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value == _KEY and self._is_of_class(node):
            parent = next(self.context.ancestors(node))
            if not isinstance(parent, (cst.AssignTarget, cst.AnnAssign, cst.Del)):
                self._tell(node, "this raises AttributeError", fails=True)

    def visit_Call(self, node: cst.Call) -> None:
        functions = self.context.resolve(node.func) & {"builtins.getattr", "builtins.hasattr"}
        if not functions or len(node.args) < 2 or self.context.string(node.args[1].value) != _KEY:
            return
        if self._is_of_class(cst.Attribute(node.args[0].value, cst.Name(_KEY))):  # as if it were written so
            fails = len(node.args) == 2 and "builtins.getattr" in functions
            self._tell(node, "this raises AttributeError" if fails else "this finds none, silently", fails=fails)

    def _is_of_class(self, node: cst.Attribute) -> bool:
        """Whether an attribute is looked up on an instance and was found in its class."""
        if self.context.has_future("annotations") or not is_instance(self.context, node.value):
            return False
        member = self.context.member(node)
        return member.certain and not any(one.startswith(_HAVE_THEM) for one in member.names)

    def _tell(self, node: cst.CSTNode, effect: str, *, fails: bool) -> None:
        self.report(
            node,
            f"Since Python 3.14 an instance does not see the `__annotations__` of its class: {effect}; before, it got"
            " them.",
            help="Ask the class: `type(self).__annotations__` or `inspect.get_annotations(type(self))`.",
            symbol="__annotations__ on instance",
            raises="AttributeError" if fails else None,
            level=None if fails else Level.WARNING,
            impact=None if fails else Impact.CHANGES,
        )
