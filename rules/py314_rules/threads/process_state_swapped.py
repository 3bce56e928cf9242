"""GIL107 process-state-swapped."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from py314_check.api import Confidence, Impact, Level, Mentions, Outline, Rule, Scope, Words, cst, load_facts, once
from py314_rules.threads._outlined import shared
from py314_rules.threads.sharing import is_unlikely

_CHANGES = {"append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"}
_LATER = ("finally", "yield", "__exit__")
_TRY_STAR = getattr(ast, "TryStar", ast.Try)
_ORIGINAL = re.compile(r"^sys\.__std(?:out|err)__$")


@dataclass(frozen=True)
class _State:
    how: str
    what: str


STATES = load_facts("py314_rules.facts", "process_state.toml", _State)
_MANAGERS = {name for name, state in STATES.items() if state.how == "with"}


def _words() -> Iterable[Words]:
    for name, state in STATES.items():
        module, _, word = name.rpartition(".")
        if state.how == "with":
            yield Words(word, module)
            continue
        test = partial(_may_swap, name=Mentions(module, word), how=state.how)
        for later in _LATER:
            yield Words(word, module, later, outline=test)
    for later in _LATER:
        yield Words(later, outline=_may_swap_variable)


@once
def _may_swap(outline: Outline, name: Mentions, how: str) -> bool:
    """Whether one function may call a function of the process twice, or set a part of its state twice."""
    if not name(outline):
        return False
    places: Counter[Scope] = Counter()
    for scope in outline.scopes:
        owner = _swapper(scope)
        if owner is not None:
            set_here = _called(scope) if how == "call" else _set(scope)
            places[owner] += sum(name.is_meant(one, outline) for one in set_here)
    return any(count > 1 for count in places.values())


def _called(scope: Scope) -> Iterator[ast.expr]:
    return (one.func for one in scope.of(ast.Call))


def _set(scope: Scope) -> Iterator[ast.expr]:
    """What is set, or of which a part is, or that is changed by a method."""
    yield from (one for one in scope.of(ast.Attribute) if not isinstance(one.ctx, ast.Load))
    yield from (one.value for one in scope.of(ast.Subscript) if not isinstance(one.ctx, ast.Load))
    yield from (one.value for one in _called(scope) if isinstance(one, ast.Attribute) and one.attr in _CHANGES)


@once
def _may_swap_variable(outline: Outline) -> bool:
    """Whether one function may set a variable twice, once to what was saved."""
    places: Counter[tuple[Scope, str]] = Counter()
    saved: set[tuple[Scope, str]] = set()
    for one in shared(outline).uses:
        owner = _swapper(one.scope)
        if owner is not None:
            places.update((owner, name) for name in one.set.elements())
            saved.update((owner, name) for name in one.set_to_name)
    return any(places[one] > 1 for one in saved)


def _swapper(scope: Scope) -> Scope | None:
    """The function around what stands in a scope, or its class if it is a context manager's method; None where nothing
    can be set back: not in ``finally``, nor behind ``yield``.
    """
    function = scope.function
    if function is None or function.node.name in ("__enter__", "__exit__"):
        return function and function.parent
    outer: Scope | None = function
    while outer is not None:
        if any(outer.of(ast.Yield)) or any(one.finalbody for one in outer.of(ast.Try, _TRY_STAR)):
            return function
        outer = outer.parent
    return None


class ProcessStateSwapped(Rule):
    """State of the whole process that is set for a while and then set back.

    ## What it does
    Reports functions and context managers that set `sys.stdout`, `os.environ`, the working directory, the locale or
    another thing that the process has once, do something, and set it back in `finally`, behind `yield` or in
    `__exit__`; the same for a variable of the module whose old value is kept and put back; and `with
    contextlib.redirect_stdout(...)`, which does that for you: once for all that a function or statement swaps.

    The confidence is high where the file itself imports what makes threads, or locks for them. Elsewhere it is low:
    most programs that change their working directory for a while have one thread. It is low for variables of modules,
    too.

    What runs only under `if __name__ == "__main__":`, in a function named `main`, in tests or under a lock is not
    reported. Signal handlers are not either: only the main thread can set them.

    ## Why it matters
    Meanwhile, all other threads work with the new state: they print into the wrong buffer, or open files in the wrong
    directory. And if two threads do it at a time, the second saves what the first has set, and puts that back for good.
    With the GIL short stretches were seldom interrupted. Without it, they overlap.

    ## Example
    ```python
    import io
    import sys
    import threading


    def captured(function):
        old, sys.stdout = sys.stdout, io.StringIO()
        try:
            function()
            return sys.stdout.getvalue()
        finally:
            sys.stdout = old
    ```

    ## Use instead
    ```python
    import io


    def captured(function):
        out = io.StringIO()
        function(out)
        return out.getvalue()
    ```

    For state of your own, a `contextvars.ContextVar` has a value in each thread and task.

    ## Fix safety
    There is no fix.

    ## References
    - [contextlib.redirect_stdout](https://docs.python.org/3/library/contextlib.html#contextlib.redirect_stdout)
    - [contextvars](https://docs.python.org/3/library/contextvars.html)
    """

    code, name = "GIL107", "process-state-swapped"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = needs_threads = True
    in_tests = False
    words = tuple(_words())

    def __init__(self, context: object) -> None:
        super().__init__(context)  # type: ignore[arg-type]
        self._sets: defaultdict[tuple[cst.CSTNode | None, str], list[cst.CSTNode]] = defaultdict(list)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        ancestors = self.context.ancestors(node)
        parent = next(ancestors)
        if isinstance(parent, cst.Subscript) and parent.value is node:
            parent = next(ancestors)
        called = (
            isinstance(parent, cst.Attribute)
            and isinstance(next(ancestors), cst.Call)
            and parent.attr.value in _CHANGES
        )
        if (
            called
            or isinstance(parent, (cst.AssignTarget, cst.AugAssign, cst.Del))
            or self._is_taken_apart(parent, node)
        ):
            self._note(node, "set", node)

    def visit_Call(self, node: cst.Call) -> None:
        self._note(node.func, "call", node)

    def visit_With(self, node: cst.With) -> None:
        found = {name: call for item in node.items for name, call in self._manager(item.item)}
        if found and not self.context.is_serialised(next(iter(found.values()))):
            self._tell(list(found.items()))

    def _manager(self, item: cst.BaseExpression) -> Iterator[tuple[str, cst.CSTNode]]:
        """What state a context manager swaps; what sets back the stream that Python started with swaps none."""
        if isinstance(item, cst.Call) and not any(
            _ORIGINAL.search(self.context.dotted(one.value)) for one in item.args
        ):
            yield from ((name, item) for name in sorted(self.context.resolve(item.func) & _MANAGERS))

    def leave_Module(self, node: cst.Module) -> None:
        for variable in self.context.shared:
            for use in variable.uses:
                if use.kind == "set":
                    self._sets[self._function(use.node), variable.name].append(use.node)
        swapped: defaultdict[cst.CSTNode | None, list[tuple[str, cst.CSTNode]]] = defaultdict(list)
        for (function, name), places in self._sets.items():
            first = places[0]
            if function is None or self.context.is_serialised(first):
                continue
            if any(self._is_set_back(first, place, name) for place in places[1:]):
                swapped[function if name in STATES else first].append((name, first))
        for found in swapped.values():
            self._tell(found)

    def _note(self, named: cst.BaseExpression, how: str, node: cst.CSTNode) -> None:
        for name in self.context.resolve(named):
            if name in STATES and STATES[name].how == how:
                self._sets[self._function(node), name].append(node)

    def _function(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The function around a node; for the methods of a context manager, its class."""
        function = self.context.enclosing(node, cst.FunctionDef)
        if function is not None and function.name.value in ("__enter__", "__exit__"):
            return self.context.enclosing(function, cst.ClassDef)
        return function

    def _is_taken_apart(self, parent: cst.CSTNode, node: cst.CSTNode) -> bool:
        if not isinstance(parent, cst.Element):
            return False
        return isinstance(list(self.context.ancestors(parent))[1], cst.AssignTarget)

    def _is_set_back(self, first: cst.CSTNode, last: cst.CSTNode, name: str) -> bool:
        """Whether what is set at one place is set back at another: in ``finally``, after ``yield``, in ``__exit__``."""
        if name not in STATES and not self._is_saved(last):
            return False
        place = self.context.enclosing(last, cst.FunctionDef)
        if place is not self.context.enclosing(first, cst.FunctionDef):
            return place is not None and place.name.value == "__exit__"
        final = self.context.enclosing(last, cst.Finally)
        if final is not None:
            return self.context.enclosing(first, cst.Finally) is not final
        nodes = list(self.context.below(place, own=True)) if place is not None else []
        return any(isinstance(one, cst.Yield) for one in nodes[nodes.index(first) : nodes.index(last)])

    def _is_saved(self, target: cst.CSTNode) -> bool:
        """Whether what a variable is set to is a name: what was saved."""
        assign = self.context.enclosing(target, cst.Assign)
        return (
            assign is not None
            and isinstance(assign.value, cst.Name)
            and assign.value.value not in ("None", "True", "False")
        )

    def _tell(self, swapped: Sequence[tuple[str, cst.CSTNode]]) -> None:
        """Reports what one function or ``with`` statement swaps, at the first place."""
        name, node = swapped[0]
        is_likely = self.context.handles_threads and not is_unlikely(self.context, node)
        whats = [STATES[one].what if one in STATES else f"`{one}`" for one, _ in swapped]
        what = " and ".join(filter(None, (", ".join(whats[:-1]), whats[-1])))
        self.report(
            node,
            f"This sets {what} for all threads, and sets {'them' if whats[1:] else 'it'} back later: other threads meet"
            f" {'them' if whats[1:] else 'it'} meanwhile.",
            help="Pass it on as an argument, use a `ContextVar`, or hold a lock that all users take.",
            symbol=name,
            confidence=None if name in STATES and is_likely else Confidence.LOW,
        )
