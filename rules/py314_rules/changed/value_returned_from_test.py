"""CHG414 value-returned-from-test."""

from __future__ import annotations

import ast

from py314_check.api import Confidence, Impact, Level, Mentions, Outline, Rule, Scope, Words, cst, once
from py314_rules.called import derived

_CASES = {"unittest.TestCase", "unittest.IsolatedAsyncioTestCase"}
_KEEP_THE_VALUE = {
    *("unittest.skip", "unittest.skipIf", "unittest.skipUnless", "unittest.expectedFailure"),
    *("unittest.mock.patch", "unittest.mock.patch.object", "unittest.mock.patch.dict", "unittest.mock.patch.multiple"),
}
_CASE_NAMES = ("TestCase", "IsolatedAsyncioTestCase")


@once
def _may_give_value(outline: Outline) -> bool:
    """Whether a test in what may be a case is a coroutine, or gives more than the result of a method of its own."""
    if not any(Mentions("unittest", case)(outline) for case in _CASE_NAMES):
        return False
    cases = {*derived(outline, *_CASE_NAMES)}
    return any(_gives_value(one) for one in outline.scopes if one.parent in cases)


def _gives_value(function: Scope) -> bool:
    node = function.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.name.startswith("test"):
        return False
    if isinstance(node, ast.AsyncFunctionDef) or any(function.of(ast.Yield, ast.YieldFrom)):
        return True
    values = (one.value.value if isinstance(one.value, ast.Await) else one.value for one in function.of(ast.Return))
    return any(one is not None and not _is_of_self(one) for one in values)


def _is_of_self(value: ast.expr) -> bool:
    """Whether a value is what a method of the test gives."""
    func = value.func if isinstance(value, ast.Call) else None
    return isinstance(func, ast.Attribute) and getattr(func.value, "id", "") == "self"


class ValueReturnedFromTest(Rule):
    """A test method of a `unittest.TestCase` that returns a value.

    ## What it does
    Reports `return` with a value that is certainly not `None` in a method `test...` of a `unittest.TestCase`, and test
    methods that are generators or, outside `IsolatedAsyncioTestCase`, coroutines: what they return is never run.

    Not reported: `return self.skipTest(...)`, nested functions, decorated methods, and test cases with a base class
    that nobody knows: both may do something with the value.

    ## Why it matters
    Since Python 3.11 it gives a `DeprecationWarning`. The value is ignored: it asserts nothing.

    ## Example
    ```python
    import unittest


    class TestAnswer(unittest.TestCase):
        def test_answer(self):
            return 6 * 7 == 42
    ```

    ## Use instead
    ```python
    import unittest


    class TestAnswer(unittest.TestCase):
        def test_answer(self):
            self.assertEqual(6 * 7, 42)
    ```

    ## Fix safety
    There is no fix: the value may have been meant as an assertion.

    ## References
    - [What's New in Python 3.11: unittest](https://docs.python.org/3/whatsnew/3.11.html#deprecated)
    """

    code, name = "CHG414", "value-returned-from-test"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    since = "3.11"
    words = tuple(Words("unittest", case, outline=_may_give_value) for case in _CASE_NAMES)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        if node.asynchronous is not None and not self._is_isolated(node) and self._is_test(node):
            self._report(node.name, "a coroutine that is never awaited: the test does not run")

    def visit_Yield(self, node: cst.Yield) -> None:
        function = self.context.enclosing(node, cst.FunctionDef, cst.Lambda)
        if isinstance(function, cst.FunctionDef) and function.asynchronous is None and self._is_test(function):
            self._report(node, "a generator that is never run")

    def visit_Return(self, node: cst.Return) -> None:
        function = self.context.enclosing(node, cst.FunctionDef)
        if node.value is None or function is None or not self._is_test(function):
            return
        value = self.context.value(node.value)
        if isinstance(value, (cst.Call, cst.Await)) and not self._gives_a_value(value):
            return  # whether a function gives None is not to be known
        types = self.context.types(node.value)
        if types and "types.NoneType" not in types and (function.asynchronous is None or self._is_isolated(function)):
            self._report(node, "a value")

    def _gives_a_value(self, value: cst.Call | cst.Await) -> bool:
        """Whether a call makes an instance, or is one of a builtin function, whose results are known."""
        if isinstance(value, cst.Await):
            return False
        names = self.context.resolve(value.func)
        is_builtin = all(name.startswith("builtins.") for name in names)
        return bool(names) and (is_builtin or names <= self.context.types(value))

    def _is_test(self, function: cst.FunctionDef) -> bool:
        if not function.name.value.startswith("test"):
            return False
        for one in function.decorators:
            decorator = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
            if not self.context.resolve(decorator) & _KEEP_THE_VALUE:
                return False
        owner = self.context.enclosing(function, cst.ClassDef, cst.FunctionDef)
        return isinstance(owner, cst.ClassDef) and self._is_plain(owner)

    def _is_plain(self, owner: cst.ClassDef) -> bool:
        """Whether a class is a test case that runs its methods as unittest does: all its bases are known."""
        found = [self.context.definition(base.value) for base in owner.bases]
        return bool(self.context.bases(owner) & _CASES) and all(
            self._is_plain(base) if isinstance(base, cst.ClassDef) else self.context.resolve(arg.value) & _CASES
            for base, arg in zip(found, owner.bases, strict=True)
        )

    def _is_isolated(self, function: cst.FunctionDef) -> bool:
        owner = self.context.enclosing(function, cst.ClassDef)
        return owner is not None and "unittest.IsolatedAsyncioTestCase" in self.context.bases(owner)

    def _report(self, node: cst.CSTNode, what: str) -> None:
        self.report(
            node,
            f"Since Python 3.11 it is deprecated that a test returns anything but None; this returns {what}.",
            help="Assert what is to be true, and return nothing.",
            symbol="unittest.TestCase",
            module="unittest",
        )
