"""CHG208 copied-itertools."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import is_call_of, other_names
from py314_rules.values import reached

_NAMES = (
    *("accumulate", "chain", "combinations", "combinations_with_replacement", "compress", "count", "cycle"),
    *("dropwhile", "filterfalse", "groupby", "islice", "permutations", "product", "repeat", "starmap", "takewhile"),
    "zip_longest",
)
_ITERATORS = {f"itertools.{name}" for name in _NAMES}
_COPIES = {"copy.copy": "x", "copy.deepcopy": "x"}
_PICKLES = {
    f"{module}.{function}": "obj"
    for module in ("pickle", "_pickle", "cPickle", "cloudpickle", "dill")
    for function in ("dump", "dumps")
}
_PICKLERS = {"pickle.Pickler.dump", "pickle._Pickler.dump"}
_OWN_WAY = {"__deepcopy__", "__copy__", "__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__slots__"}

_MAKERS = (*_NAMES, "tee", "from_iterable")


@once
def _may_copy_iterator(outline: Outline) -> bool:
    """Whether an iterator, or an object that keeps one, may be what is copied."""
    copies, makers = other_names(outline, "copy", "deepcopy", "dump", "dumps"), other_names(outline, *_MAKERS)
    copied = [one.args[0] for one in outline.of(ast.Call) if one.args and is_call_of(one, copies)]
    copied += [one.value for call in outline.of(ast.Call) for one in call.keywords if one.arg in ("x", "obj")]

    if any(is_call_of(one, makers) for one in reached(outline, *copied)):
        return True
    kept = (value for target, value in outline.assignments if isinstance(target, ast.Attribute))
    return bool(copied) and any(is_call_of(one, makers) for one in kept)


class CopiedItertools(Rule):
    """An iterator of `itertools` that is copied or pickled.

    ## What it does
    Reports `copy.copy`, `copy.deepcopy`, `pickle.dump` and `pickle.dumps` of what is certainly an iterator of
    `itertools`, or for the latter three a list, tuple or dict written with one in it.

    Not reported: `copy.copy` of what `itertools.tee` gives, which still works.

    ## Why it matters
    Since Python 3.14 it raises `TypeError`.

    ## Example
    ```python
    import copy
    import itertools

    counter = itertools.count(5)
    clone = copy.copy(counter)
    ```

    ## Use instead
    ```python
    import itertools

    counter, clone = itertools.tee(itertools.count(5))
    ```

    ## Fix safety
    There is no fix yet: `tee` takes the place of the original as well.

    ## References
    - [What's New in Python 3.14: itertools](https://docs.python.org/3/whatsnew/3.14.html#itertools)
    - [itertools.tee](https://docs.python.org/3/library/itertools.html#itertools.tee)
    """

    code, name = "CHG208", "copied-itertools"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.14"
    words = (
        Words("copy", "itertools", imported=True, outline=_may_copy_iterator),
        *(
            Words("itertools", way, how, outline=_may_copy_iterator)
            for way in ("dump", "dumps")
            for how in ("pickle", "cPickle", "cloudpickle", "dill")
        ),
        Words("itertools", "pickle", "Pickler", outline=_may_copy_iterator),
    )

    def visit_Call(self, node: cst.Call) -> None:
        functions = self.context.resolve(node.func)
        for name in sorted(functions & _COPIES.keys()):
            found = self._found(self.context.argument(node, 0, "x"), deep=name == "copy.deepcopy")
            self._report(node, found, "copied", "itertools copy", also_tee=name == "copy.deepcopy")
            return
        member = self.context.member(node.func).names if isinstance(node.func, cst.Attribute) else frozenset()
        if functions & _PICKLES.keys() or member & _PICKLERS:
            found = self._found(self.context.argument(node, 0, "obj"), deep=True)
            self._report(node, found, "pickled", "itertools pickle", also_tee=True)

    def _report(self, node: cst.Call, found: str, what: str, symbol: str, *, also_tee: bool) -> None:
        if not found or (found == "itertools.tee" and not also_tee):
            return
        self.report(
            node.func,
            f"Since Python 3.14 `{found}` cannot be {what}: it raises TypeError; before, it could.",
            help="Use itertools.tee, or keep a list of the values.",
            symbol=symbol,
            raises="TypeError",
            module="itertools",
        )

    def _found(self, node: cst.BaseExpression | None, *, deep: bool) -> str:
        """The iterator that is copied, or that is in what is copied."""
        if node is None:
            return ""
        found = sorted(self.context.types(node) & _ITERATORS)
        if found:
            return found[0]
        if self._is_of_tee(node):
            return "itertools.tee"
        if not deep:
            return ""
        made = self.context.value(node)
        if isinstance(made, (cst.List, cst.Tuple, cst.Set, cst.Dict)):
            inner = [element.value for element in made.elements]
            return next((one for value in inner if (one := self._found(value, deep=True))), "")
        owner = self.context.definition(made.func) if isinstance(made, cst.Call) else self._class_of_self(node)
        return self._held_by(owner) if isinstance(owner, cst.ClassDef) else ""

    def _is_of_tee(self, node: cst.BaseExpression) -> bool:
        made = self.context.value(node)
        inner = self.context.value(made.value) if isinstance(made, cst.Subscript) else None
        return isinstance(inner, cst.Call) and "itertools.tee" in self.context.resolve(inner.func)

    def _class_of_self(self, node: cst.BaseExpression) -> cst.ClassDef | None:
        method = self.context.enclosing(node, cst.FunctionDef)
        if (
            method is None
            or not method.params.params
            or self.context.dotted(node) != method.params.params[0].name.value
        ):
            return None
        owner: cst.CSTNode | None = self.context.enclosing(method, cst.ClassDef, cst.FunctionDef)
        return owner if isinstance(owner, cst.ClassDef) and not method.decorators else None

    def _held_by(self, owner: cst.ClassDef) -> str:
        """The iterator that every instance of a class gets in ``__init__``, where it says nothing of copying."""
        methods = {one.name.value: one for one in owner.body.body if isinstance(one, cst.FunctionDef)}
        init = methods.get("__init__")
        if owner.bases or init is None or not _OWN_WAY.isdisjoint(methods):
            return ""
        for line in init.body.body:
            for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if isinstance(one, cst.Assign) and self.context.dotted(one.targets[0].target).startswith("self."):
                    found = sorted(self.context.types(one.value) & _ITERATORS)
                    if found:
                        return found[0]
        return ""
