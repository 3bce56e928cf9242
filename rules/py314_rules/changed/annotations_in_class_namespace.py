"""CHG101 annotations-in-class-namespace."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst
from py314_rules.changed._annotations import may_read_in_namespace
from py314_rules.instances import is_instance

_KEY = "__annotations__"
_METHODS = ("get", "pop", "setdefault")
# Code that knows where annotations are on Python 3.14.
_COPES = re.compile(r"__annotate|annotationlib|get_annotate|\b(?:inspect|typing_extensions)\.get_annotations")
_LOOKS = re.compile(r"[\"']__annotations__[\"']\s+in\b")


class AnnotationsInClassNamespace(Rule):
    """Annotations looked up in the `__dict__` of a class, or in the namespace that a metaclass is given.

    ## What it does
    Reports reads of the key `"__annotations__"` of `X.__dict__` and `vars(X)` (by subscript, `get`, `pop`,
    `setdefault` and `in`), and of the namespace parameter of a metaclass.

    Not reported: functions that also look for `__annotate__` or use `annotationlib` or `inspect.get_annotations`; the
    `__dict__` of what is certainly no class; files with `from __future__ import annotations` and annotated classes of
    their own, because such classes keep the entry.

    ## Why it matters
    Since Python 3.14 annotations are computed when they are asked for, and the namespace holds a function for that.
    `cls.__dict__["__annotations__"]` raises `KeyError`; with `get` or `in`, every class seems to have no annotations.

    ## Example
    ```python
    def field_names(cls):
        return list(cls.__dict__.get("__annotations__", {}))
    ```

    ## Use instead
    ```python
    import inspect

    def field_names(cls):
        return list(inspect.get_annotations(cls))
    ```

    ## Fix safety
    There is no fix yet: `inspect.get_annotations` evaluates the annotations, which may fail before a class is complete.

    ## References
    - [Porting annotations to Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#changes-in-annotations-pep-649-and-pep-749)
    - [annotationlib: in a metaclass](https://docs.python.org/3/library/annotationlib.html#using-annotations-in-a-metaclass)
    """

    code, name = "CHG101", "annotations-in-class-namespace"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = (Words(_KEY, quoted=True, outline=may_read_in_namespace),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._has_annotated_class = False
        self._found: list[tuple[cst.CSTNode, cst.BaseExpression, bool]] = []

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        place = self.context.enclosing(node, cst.ClassDef, cst.FunctionDef)
        self._has_annotated_class = self._has_annotated_class or isinstance(place, cst.ClassDef)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        index = node.slice[0].slice
        if isinstance(index, cst.Index) and self.context.string(index.value) == _KEY:
            parent = next(self.context.ancestors(node))
            if not isinstance(parent, (cst.AssignTarget, cst.AnnAssign, cst.Del)) and not self._was_looked_for(node):
                self._found.append((node, node.value, True))

    def visit_Call(self, node: cst.Call) -> None:
        method = node.func
        if not isinstance(method, cst.Attribute) or method.attr.value not in _METHODS or not node.args:
            return
        if self.context.string(node.args[0].value) == _KEY:
            fails = method.attr.value == "pop" and len(node.args) == 1
            self._found.append((node, method.value, fails))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        operator = node.comparisons[0].operator
        if isinstance(operator, (cst.In, cst.NotIn)) and self.context.string(node.left) == _KEY:
            self._found.append((node, node.comparisons[0].comparator, False))

    def leave_Module(self, _: cst.Module) -> None:
        future = self.context.has_future("annotations")
        if future and self._has_annotated_class:
            return
        for node, mapping, fails in self._found:
            symbol = self._symbol(mapping)
            if symbol:
                self._tell(node, symbol, fails, Confidence.MEDIUM if future else Confidence.HIGH)

    def _tell(self, node: cst.CSTNode, symbol: str, fails: bool, confidence: Confidence) -> None:
        if symbol.endswith("__dict__"):
            where, advice = "the `__dict__` of a class or module", "Use `inspect.get_annotations(cls)`."
        else:
            where = "the namespace that a metaclass is given"
            advice = "Use `inspect.get_annotations(cls)` once the class is made, or annotationlib on the namespace."
        effect = "this raises KeyError" if fails else "this finds nothing, silently"
        self.report(
            node,
            f"Since Python 3.14 `__annotations__` is not in {where}: {effect}; before, it held the annotations.",
            help=advice,
            symbol=symbol,
            level=Level.ERROR if fails else None,
            impact=Impact.BREAKS if fails else None,
            confidence=confidence,
            copes=self._copes(node),
        )

    def _symbol(self, mapping: cst.BaseExpression) -> str:
        """What a mapping is: the ``__dict__`` of a class, the namespace of one in the making, or neither."""
        value = self.context.value(mapping)
        while (inner := self._copied(value)) is not None:
            mapping, value = inner, self.context.value(inner)
        owner: cst.BaseExpression | None = None
        if isinstance(value, cst.Attribute) and value.attr.value == "__dict__":
            owner = value.value
        elif (
            isinstance(value, cst.Call) and len(value.args) == 1 and "builtins.vars" in self.context.resolve(value.func)
        ):
            owner = value.args[0].value
        if owner is not None:
            return "" if self._is_no_class(owner) else "__annotations__ in class __dict__"
        is_namespace = isinstance(mapping, cst.Name) and self._is_namespace(mapping)
        return "__annotations__ in class namespace" if is_namespace else ""

    def _is_no_class(self, owner: cst.BaseExpression) -> bool:
        types = self.context.types(owner)
        if types:
            return "builtins.type" not in types
        surely = cst.Attribute(owner, cst.Name("__dict__"))
        return is_instance(self.context, owner) and self.context.member(surely).certain

    def _copied(self, value: cst.BaseExpression) -> cst.BaseExpression | None:
        """What ``dict(x)`` and ``x.copy()`` are copies of."""
        if not isinstance(value, cst.Call):
            return None
        if isinstance(value.func, cst.Attribute) and value.func.attr.value == "copy" and not value.args:
            return value.func.value
        is_dict = len(value.args) == 1 and "builtins.dict" in self.context.resolve(value.func)
        return value.args[0].value if is_dict else None

    def _is_namespace(self, mapping: cst.Name) -> bool:
        """Whether a name is the parameter in which a metaclass is given the namespace: ``name, bases, NAMESPACE``."""
        function = self.context.enclosing(mapping, cst.FunctionDef)
        if function is None:
            return False
        names = [parameter.name.value for parameter in (*function.params.posonly_params, *function.params.params)]
        if mapping.value not in names[2:]:
            return False
        position = names.index(mapping.value)
        owner = self.context.enclosing(function, cst.ClassDef, cst.FunctionDef)
        if isinstance(owner, cst.ClassDef) and "builtins.type" in self.context.bases(owner):
            return position == 3 and function.name.value in ("__new__", "__init__")
        return "bases" in names[position - 1]

    def _was_looked_for(self, node: cst.CSTNode) -> bool:
        """Whether it is read only where ``"__annotations__" in`` the mapping held: that test is reported."""
        tests = [
            parent.left if isinstance(parent, cst.BooleanOperation) else parent.test
            for parent in self.context.ancestors(node)
            if isinstance(parent, (cst.If, cst.IfExp, cst.BooleanOperation))
        ]
        return any(_LOOKS.search(_code(test)) for test in tests)

    def _copes(self, node: cst.CSTNode) -> bool:
        function = self.context.enclosing(node, cst.FunctionDef)
        return function is not None and _COPES.search(_code(function.body)) is not None


def _code(node: cst.CSTNode) -> str:
    return cst.Module(body=[]).code_for_node(node)
