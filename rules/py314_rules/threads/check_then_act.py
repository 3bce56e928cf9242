"""GIL104 check-then-act."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Scope, Shared, Use, Words, cst, once
from py314_rules.threads._outlined import Uses, shared
from py314_rules.threads.sharing import is_resource, is_unlikely, through_instance

_TAKES = {"del", "pop", "remove", "popitem", "popleft"}
_OWN = {"threading.get_ident", "threading.get_native_id", "threading.current_thread", "_thread.get_ident"}
_LOOKS_UP = {"get", "keys"}
_SPARE = re.compile(r"(?i)(?:connect(?:ion)?|client|session|engine)$")


@once
def _may_check(outline: Outline) -> bool:
    """Whether a function may change a container that it has looked into."""
    found = shared(outline)
    return any(
        name in found.containers and any(_may_have_looked(outer, name) for outer in one.with_outer)
        for one in found.uses
        for name in one.items | one.taken
    )


def _may_have_looked(one: Uses, name: str) -> bool:
    return name in one.tested or name in one.searched or _handles_key_error(one.scope)


def _handles_key_error(scope: Scope) -> bool:
    return any(isinstance(one.type, ast.Name) and one.type.id == "KeyError" for one in scope.of(ast.ExceptHandler))


class CheckThenAct(Rule):
    """A container of a module or class that is tested and then changed as tested, without a lock.

    ## What it does
    Reports where a function tests a container of the module or of a class, and does what only the outcome allows, in a
    second step and without a lock:

    * `if key in d: del d[key]` (also `d.pop(key)`, `l.remove(value)`), and `if l: l.pop()`: another thread may have
      taken it;
    * `if key not in d: d[key] = []`, also after `d.get(key)` and in the handler of a `KeyError`: a list, dictionary or
      set that another thread has put there, and filled already, is replaced. So is a lock or a thread.

    Of low confidence, and hidden unless asked for, is what only remembers results (`if key not in d: d[key] = f(key)`),
    or clients and connections: the same is made twice. So is what takes an element by its key, unless the file shows
    that it runs in threads: mostly each thread has keys of its own. What runs only while the module is imported, under
    `if __name__ == "__main__":` or in tests is not reported, nor what handles the exception.

    ## Why it matters
    Between the test and the change another thread may do the same. The result is a `KeyError` or an `IndexError` where
    the test seemed to rule it out, or elements that vanish with the list that they were put into. With the GIL that
    took a switch of threads between two lines.

    ## Example
    ```python
    import threading

    _listeners = {}


    def listen(event, function):
        if event not in _listeners:
            _listeners[event] = []
        _listeners[event].append(function)
    ```

    ## Use instead
    ```python
    import threading

    _listeners = {}


    def listen(event, function):
        _listeners.setdefault(event, []).append(function)
    ```

    `d.pop(key, None)` in place of a test and `del` is one step, too. So is `setdefault`.

    ## Fix safety
    There is no fix yet.

    ## References
    - [Thread safety guarantees](https://docs.python.org/3/library/threadsafety.html#thread-safety-for-dict-objects)
    """

    code, name = "GIL104", "check-then-act"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = needs_threads = True
    in_tests = False
    words = (Words("def", outline=_may_check), Words("lambda", outline=_may_check))

    def visit_Module(self, node: cst.Module) -> None:
        for variable in self.context.shared:
            if not variable.container:
                continue
            told: set[cst.CSTNode | None] = set()
            nodes = {one.node for one in variable.uses}
            for use in variable.uses:
                function = self.context.enclosing(use.node, cst.FunctionDef)
                if use.kind != "change" or function in told or self.context.is_serialised(use.node):
                    continue
                if self._check(variable, use, nodes):
                    told.add(function)

    def _check(self, variable: Shared, use: Use, nodes: set[cst.BaseExpression]) -> bool:
        if self._is_of_thread(use):
            return False
        if use.how == "[]=" and self._is_found(use, nodes, present=False):
            return self._tell_of_put(variable, use)
        if use.how in _TAKES and self._fails(use) and self._is_found(use, nodes, present=True):
            by_key = use.how in ("del", "remove") or (isinstance(use.act, cst.Call) and bool(use.act.args))
            is_likely = not by_key or self.context.in_threads(use.node) is not None
            error = "IndexError" if variable.container in ("list", "deque") and use.how != "remove" else "KeyError"
            self._tell(
                variable,
                use,
                "another thread may take the element between the test and this",
                "Take it in one step (`pop(key, None)`), handle the exception, or hold a lock around both.",
                raises="ValueError" if variable.container in ("list", "deque") and use.how == "remove" else error,
                confidence=None if is_likely else Confidence.LOW,
            )
            return True
        return False

    def _fails(self, use: Use) -> bool:
        """Whether a use fails where the element is gone: ``pop`` does without a default."""
        return use.how != "pop" or (isinstance(use.act, cst.Call) and len(use.act.args) < 2)

    def _tell_of_put(self, variable: Shared, use: Use) -> bool:
        value = use.act.value if isinstance(use.act, cst.Assign) else None
        if value is None:
            return False
        confidence, what = Confidence.LOW, "two threads that find nothing both put something there"
        if self._is_empty_container(value, use) and not self._is_answer(variable, use):
            confidence, what = Confidence.HIGH, "a container that another thread has put there meanwhile is lost"
        elif is_resource(self.context, value) and not self._is_spare(value):
            confidence, what = Confidence.HIGH, "two threads that find nothing each make one"
        self._tell(
            variable, use, what, "Use `setdefault`, or hold a lock around the test and this.", confidence=confidence
        )
        return True

    def _tell(
        self,
        variable: Shared,
        use: Use,
        what: str,
        help: str,
        *,
        raises: str | None = None,
        confidence: Confidence | None = None,
    ) -> None:
        self.report(
            use.node,
            f"`{variable.name}` is tested and then changed without a lock: {what}.",
            help=help,
            symbol=variable.name,
            raises=raises,
            confidence=Confidence.LOW if self._is_unlikely(use) else confidence,
        )

    def _is_empty_container(self, value: cst.BaseExpression, use: Use) -> bool:
        """Whether it is a container that is filled only once it can be found."""
        made = self.context.value(value)
        if isinstance(made, cst.Call):
            is_empty = not made.args or self.context.container_kind(made) == "defaultdict"
        else:
            is_empty = isinstance(made, (cst.List, cst.Dict, cst.Set)) and not made.elements
        if not is_empty or not self.context.container_kind(made):
            return False
        return made is value or self._statement(made) in self._around(use)[0][-1:]

    def _is_spare(self, value: cst.BaseExpression) -> bool:
        """Whether it makes a client or the like: of two for one key, the one that is not found again does no harm."""
        made = self.context.value(value)
        return isinstance(made, cst.Call) and _SPARE.search(self.context.dotted(made.func)) is not None

    def _is_answer(self, variable: Shared, use: Use) -> bool:
        """Whether the empty container is a result: it is returned at once, and other results are put whole."""
        function = self.context.enclosing(use.node, cst.FunctionDef)
        behind = next(iter(self._around(use)[1]), None)
        if not isinstance(behind, cst.SimpleStatementLine) or not isinstance(behind.body[0], cst.Return):
            return False
        return any(
            one is not use
            and one.how == "[]="
            and isinstance(one.act, cst.Assign)
            and not self._is_empty_container(one.act.value, one)
            and self.context.enclosing(one.node, cst.FunctionDef) is function
            for one in variable.uses
        )

    def _statement(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return next((one for one in self.context.ancestors(node) if isinstance(one, cst.SimpleStatementLine)), None)

    def _around(self, use: Use) -> tuple[list[cst.CSTNode], list[cst.CSTNode]]:
        """The statements before that of a use in its block, and those behind it."""
        statement = self._statement(use.node)
        if statement is None:
            return [], []
        block = list(getattr(next(self.context.ancestors(statement)), "body", ()))
        place = block.index(statement)
        return block[:place], block[place + 1 :]

    def _is_unlikely(self, use: Use) -> bool:
        return is_unlikely(self.context, use.node) or through_instance(self.context, use.node)

    def _is_of_thread(self, use: Use) -> bool:
        """Whether what is changed is the thread's own: the key is its number."""
        item = next(self.context.ancestors(use.node))
        arguments = use.act.args if isinstance(use.act, cst.Call) else ()
        keys = [one.value for one in arguments]
        if isinstance(item, cst.Subscript):
            keys = [one.slice.value for one in item.slice if isinstance(one.slice, cst.Index)]
        values = (self.context.value(one) for one in keys)
        return any(isinstance(one, cst.Call) and self.context.resolve(one.func) & _OWN for one in values)

    def _is_found(self, use: Use, nodes: set[cst.BaseExpression], *, present: bool) -> bool:
        """Whether the code has just looked, and found an element, or none."""
        if any(self._says(test, outcome, nodes, present) for test, outcome in self.context.conditions(use.node)):
            return True
        return not present and self._is_handler(use, nodes)

    def _says(self, test: cst.BaseExpression, outcome: bool, nodes: set[cst.BaseExpression], present: bool) -> bool:
        """Whether a test with this outcome says that an element is, or is not, in what stands at some nodes."""
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return self._says(test.expression, not outcome, nodes, present)
        if isinstance(test, cst.BooleanOperation):
            if isinstance(test.operator, cst.And) is not outcome:
                return False
            return any(self._says(side, outcome, nodes, present) for side in (test.left, test.right))
        if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            operator, right = test.comparisons[0].operator, test.comparisons[0].comparator
            if isinstance(operator, (cst.In, cst.NotIn)):
                return self._is_of(right, nodes) and (isinstance(operator, cst.In) is outcome) is present
            if isinstance(operator, (cst.Is, cst.IsNot)) and self.context.dotted(right) == "None":
                return self._is_looked_up(test.left, nodes) and (isinstance(operator, cst.IsNot) is outcome) is present
            return False
        return (test in nodes or self._is_looked_up(test, nodes)) and outcome is present

    def _is_looked_up(self, node: cst.BaseExpression, nodes: set[cst.BaseExpression]) -> bool:
        """Whether an expression is what ``d.get(key)`` gave."""
        value = self.context.value(node)
        return isinstance(value, cst.Call) and self._is_of(value, nodes)

    def _is_of(self, node: cst.BaseExpression, nodes: set[cst.BaseExpression]) -> bool:
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _LOOKS_UP:
            node = node.func.value
        return node in nodes

    def _is_handler(self, use: Use, nodes: set[cst.BaseExpression]) -> bool:
        """Whether a use stands in the handler of a ``KeyError`` that reading the container raises."""
        handler = self.context.enclosing(use.node, cst.ExceptHandler)
        if handler is None or handler.type is None or self.context.dotted(handler.type) != "KeyError":
            return False
        attempt = self.context.enclosing(handler, cst.Try)
        return attempt is not None and any(self._items(attempt, nodes))

    def _items(self, attempt: cst.Try, nodes: set[cst.BaseExpression]) -> Iterator[bool]:
        for one in self.context.below(attempt.body):
            yield isinstance(one, cst.Subscript) and one.value in nodes
