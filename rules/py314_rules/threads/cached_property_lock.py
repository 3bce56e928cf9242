"""GIL206 cached-property-lock."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_CLASS = "functools.cached_property"
_LOCK = f"{_CLASS}.lock"


class CachedPropertyLock(Rule):
    """The attribute `lock` of a `functools.cached_property`, which Python 3.12 dropped.

    ## What it does
    Reports `self.lock` in subclasses of `functools.cached_property` that do not set it themselves, and `lock` of any
    other object that certainly is one. Where the class may have another base instead (a backport that was imported
    under the same name), confidence is medium.

    ## Why it matters
    The getter used to run under this lock. Since Python 3.12 there is none, and asking for it raises `AttributeError`.

    ## Example
    ```python
    import functools


    class settable_property(functools.cached_property):
        def __set__(self, instance, value):
            with self.lock:
                instance.__dict__[self.attrname] = value
    ```

    ## Use instead
    ```python
    import functools
    import threading


    class settable_property(functools.cached_property):
        def __init__(self, func):
            super().__init__(func)
            self.lock = threading.RLock()

        def __set__(self, instance, value):
            with self.lock:
                instance.__dict__[self.attrname] = value
    ```

    ## Fix safety
    There is no fix: whether a lock is needed depends on the program.

    ## References
    - [functools.cached_property](https://docs.python.org/3/library/functools.html#functools.cached_property)
    - [What's New in Python 3.12: functools](https://docs.python.org/3/whatsnew/3.12.html)
    """

    code, name = "GIL206", "cached-property-lock"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.12"
    words = (Words("functools", "cached_property", "lock", outline=lambda outline: "lock" in outline.attributes),)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value != "lock" or isinstance(next(self.context.ancestors(node)), cst.AssignTarget):
            return
        member = self.context.member(node)
        if _LOCK in member.names or self._is_of_subclass(node):
            self.report(
                node,
                f"A `functools.cached_property` has had no `lock` since Python 3.12{self.context.fails_when(node)}.",
                help="Give the class a lock of its own, or do without: nothing locks the getter any more.",
                symbol=_LOCK,
                removed_in="3.12",
                raises="AttributeError",
                confidence=None if member.certain else Confidence.MEDIUM,
            )

    def _is_of_subclass(self, node: cst.Attribute) -> bool:
        """Whether it is ``self.lock`` in a class that may derive from this one, among others, and sets none itself."""
        owner = self.context.enclosing(node, cst.ClassDef)
        if owner is None or self.context.dotted(node) != "self.lock":
            return False
        if not any(_CLASS in self.context.resolve(base.value) for base in owner.bases):
            return False
        return not any(
            (isinstance(one, cst.AssignTarget) and self.context.dotted(one.target) in ("self.lock", "lock"))
            or (isinstance(one, cst.FunctionDef) and one.name.value == "lock")
            for one in self.context.below(owner)
        )
