"""CHG202 int-without-int-method."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst

_CONVERTS = {"__int__", "__index__"}
# Bases that define neither.
_PLAIN = {
    *("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"),
    *("numbers.Number", "numbers.Complex", "numbers.Real", "numbers.Rational", "typing.SupportsFloat"),
}


class IntWithoutIntMethod(Rule):
    """A class with `__trunc__` and without `__int__`, whose instances `int()` does not take any more.

    ## What it does
    Reports classes that define `__trunc__`, and neither define nor inherit `__int__` or `__index__`. It is an error
    where the file calls `int()` with such an instance.

    Not reported: classes with bases that are not known; and, where no `int()` of one is in sight, those that also have
    `__floor__` or `__ceil__`, or are in a file that uses `trunc`: they are made for `math.trunc`.

    ## Why it matters
    Since Python 3.14 `int()` raises `TypeError` for such instances. Before, it called `__trunc__`.

    ## Example
    ```python
    class Value:
        def __trunc__(self):
            return 7
    ```

    ## Use instead
    ```python
    class Value:
        def __trunc__(self):
            return 7

        __int__ = __trunc__
    ```

    ## Fix safety
    There is no fix yet; `__int__ = __trunc__` is safe.

    ## References
    - [What's New in Python 3.14: builtins](https://docs.python.org/3/whatsnew/3.14.html#other-language-changes)
    - [object.\\_\\_int\\_\\_](https://docs.python.org/3/reference/datamodel.html#object.__int__)
    """

    code, name = "CHG202", "int-without-int-method"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (Words("__trunc__"),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._found: list[tuple[cst.ClassDef, cst.CSTNode]] = []
        self._converted: set[cst.CSTNode] = set()
        self._truncates = False

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        own = _defined_by(node)
        if "__trunc__" in own and self._converts(node) is False:
            self._found.append((node, own["__trunc__"]))

    def visit_Call(self, node: cst.Call) -> None:
        called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        if isinstance(called, cst.Name) and called.value == "trunc":
            self._truncates = True
        if len(node.args) == 1 and "builtins.int" in self.context.resolve(node.func):
            made = self.context.value(node.args[0].value)
            owner = self.context.definition(made.func) if isinstance(made, cst.Call) else None
            if owner is not None:
                self._converted.add(owner)

    def leave_Module(self, node: cst.Module) -> None:
        for owner, method in self._found:
            for_math = self._truncates or not {"__floor__", "__ceil__"}.isdisjoint(_defined_by(owner))
            if for_math and owner not in self._converted:
                continue
            self.report(
                method,
                f"Since Python 3.14 int() raises TypeError for `{owner.name.value}`, which has no __int__; before, it"
                " called __trunc__.",
                help="Define __int__ as well: `__int__ = __trunc__`.",
                symbol="int() through __trunc__",
                level=Level.ERROR if owner in self._converted else Level.WARNING,
            )

    def _converts(self, node: cst.ClassDef) -> bool | None:
        """Whether a class or one of its bases has such a method; None where that is not known."""
        if not _CONVERTS.isdisjoint(_defined_by(node)):
            return True
        if node.decorators or node.keywords:
            return None
        for base in node.bases:
            value = base.value.value if isinstance(base.value, cst.Subscript) else base.value
            found = self.context.definition(value)
            if isinstance(found, cst.ClassDef):
                if self._converts(found) is not False:
                    return None
            elif not self.context.resolve(value) & _PLAIN:
                return None
        return False


def _defined_by(node: cst.ClassDef) -> dict[str, cst.CSTNode]:
    """What a class body defines: name -> the name's node."""
    found: dict[str, cst.CSTNode] = {}
    for line in node.body.body:
        if isinstance(line, cst.FunctionDef):
            found[line.name.value] = line.name
        for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            for target in one.targets if isinstance(one, cst.Assign) else ():
                if isinstance(target.target, cst.Name):
                    found[target.target.value] = target.target
    return found
