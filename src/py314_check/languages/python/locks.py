"""Where a function of a Python file holds a lock.

Any lock will do: which one protects what cannot be read off the code. What is named like a lock counts for one, since
what it really is may stand in another file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import libcst as cst

from py314_check.languages.python.reachability import BLOCKS
from py314_check.languages.python.scopes import Names, dotted
from py314_check.languages.python.tree import below
from py314_check.languages.python.types import Types

_NAMED = re.compile(
    r"(?i)(?<![bc])lock(?!s?tep|down|file)|mutex|semaphore|condition|synchroni[sz]e|critical_?section|exclusive"
    r"|(?:^|_)(?:sem|cond|cv|mu)(?:_|$)"
)
"""Names of locks, and of what takes one: but no block, and no clock."""
_HELD = re.compile(
    r"(?i)(?:^|_)(?:un)?locked(?:_|$)|no_?lock|lock_?held|with_?(?:the_)?lock|under_?lock|synchroni[sz]ed"
)
"""Names of functions that say that who calls them holds a lock."""
_A_LOCK = r"\b(?:\w*_)?(?:r?lock|mutex)\b"
_SOON = r"(?:(?!\b(?:not|without)\b)(?:[^.]|\.(?=\w))){0,60}?"  # in the same sentence
_SAYS_HELD = re.compile(
    rf"(?i){_A_LOCK} (?:must|should|needs to|has to|is)(?: already)?(?: be)?(?: already)? (?:held|acquired|taken)\b"
    rf"|\b(?:must|should|callers?|assum\w+){_SOON} hold(?:s|ing)?\b{_SOON}{_A_LOCK}"
    rf"|\b(?:called|run) (?:only )?(?:with|while|under)\b{_SOON}{_A_LOCK}"
)
"""Documentation strings of functions that say so: "The lock must be held", "call it with the lock held"."""
_KINDS = ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore")
_MAKERS = {
    "_thread.allocate_lock",
    *(f"{module}.{kind}" for module in ("threading", "multiprocessing") for kind in _KINDS),
}
_TAKES = {"acquire", "acquire_read", "acquire_write", "__enter__"}
_MOVES = _TAKES | {"release", "__exit__"}
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)


class _Steps(NamedTuple):
    """The calls in a block of statements that take locks or give them back: where, and which are held behind each."""

    orders: list[int]
    held: list[dict[str, bool]]


class Locks:
    """The locks of one file."""

    def __init__(self, names: Names, types: Types) -> None:
        self._names = names
        self._types = types
        self._taking: dict[cst.CSTNode, bool] = {}

    def is_held(self, node: cst.CSTNode) -> bool:
        """Whether the function in whose body a node stands certainly holds a lock there, or is named or marked so."""
        around: list[cst.CSTNode] = []
        for child, parent in self._names.ancestors(node):
            around.append(child)
            kind = type(parent)
            if kind is cst.With and self._locks(parent, before=child):
                return True
            if kind in _FUNCTIONS:
                if kind is cst.FunctionDef and child is parent.body and self._is_locking(parent):
                    return True
                return self._is_taken(node, around)
        return False

    def _locks(self, node: cst.With, before: cst.CSTNode | None = None) -> bool:
        """Whether a ``with`` statement holds a lock: in its body, or where one of its items is entered."""
        items = takewhile(lambda item: item is not before, node.items)
        return node.asynchronous is None and any(self.is_lock(item.item) for item in items)

    def is_lock(self, node: cst.BaseExpression) -> bool:
        """Whether what a ``with`` statement enters is a lock, or takes one; one that is made there locks nothing."""
        if isinstance(node, cst.Call):
            if self._names.resolve(node.func) & _MAKERS:
                return False
            definition = self._types.definition(node.func)
            return _is_named_so(node.func) or (definition is not None and self.takes(definition))
        return (
            _is_named_so(node)
            or not self._types.of(node).isdisjoint(_MAKERS)
            or (
                isinstance(made := self._made(node), cst.Call)
                and not self._names.resolve(made.func).isdisjoint(_MAKERS)
            )
        )

    def takes(self, definition: cst.CSTNode) -> bool:
        """Whether a function or class of the file takes a lock somewhere, as one that locks for others does."""
        if definition not in self._taking:
            self._taking[definition] = False  # asked for by itself
            self._taking[definition] = any(
                (type(one) is cst.With and self._locks(one)) or (type(one) is cst.Call and self._call(one) is not None)
                for one in below(definition)
            )
        return self._taking[definition]

    def _made(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        assigned = self._types.assigned(node) if isinstance(node, cst.Attribute) else self._names.assigned(node)
        return None if assigned is None or assigned.element is not None else assigned.value

    def _is_locking(self, function: cst.FunctionDef) -> bool:
        """Whether a decorator of a function locks, or its name or documentation says that its callers do."""
        if _HELD.search(function.name.value) or _SAYS_HELD.search(function.get_docstring() or ""):
            return True
        for decorator in function.decorators:
            marked = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
            definition = self._types.definition(marked)
            if _is_named_so(marked) or (definition is not None and self.takes(definition)):
                return True
        return False

    def _is_taken(self, node: cst.CSTNode, around: list[cst.CSTNode]) -> bool:
        """Whether a function has called something that takes a lock, and nothing yet that gives it back.

        ``around`` are the statements that the node stands in, the outermost last.
        """
        held: dict[str, bool] = {}
        for block in reversed(around):
            steps = self._steps.get(block)
            done = 0 if steps is None else bisect_left(steps.orders, self._names.order[node])
            if steps is not None and done:
                held |= steps.held[done - 1]
        return any(held.values())

    @cached_property
    def _steps(self) -> dict[cst.CSTNode, _Steps]:
        """The calls that take locks and give them back, in order, for each block of statements in a function."""
        found: defaultdict[cst.CSTNode, _Steps] = defaultdict(lambda: _Steps([], []))
        for node in self._names.tree.of_type(cst.Call):
            call = self._call(node)
            block = None if call is None else self._block(node)
            if call is not None and block is not None:
                steps = found[block]
                steps.held.append({**(steps.held[-1] if steps.held else {}), call[0]: call[1]})
                steps.orders.append(self._names.order[node])
        return found

    def _block(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The block of statements in which a call counts: that around a ``try``, for what its ``finally`` calls."""
        block: cst.CSTNode | None = None
        for _, parent in self._names.ancestors(node):
            kind = type(parent)
            if kind in _FUNCTIONS:
                return block
            if kind is cst.Finally:
                block = None  # it runs whatever happens, as if it stood behind the `try`
            elif block is None and kind in BLOCKS:
                block = parent
        return None

    def _call(self, call: cst.Call) -> tuple[str, bool] | None:
        """Which lock a call takes or gives back: ``lock.acquire()``, or ``_acquire_lock()``."""
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in _MOVES:
            return dotted(call.func.value), call.func.attr.value in _TAKES
        name = dotted(call.func).rpartition(".")[2].lower()
        if ("acquire" in name or "release" in name) and _NAMED.search(name):
            return "", "acquire" in name
        return None


def _is_named_so(node: cst.BaseExpression) -> bool:
    while isinstance(node, (cst.Subscript, cst.Call)):
        node = node.value if isinstance(node, cst.Subscript) else node.func
    if isinstance(node, cst.Attribute):
        return _NAMED.search(node.attr.value) is not None or _is_named_so(node.value)
    return isinstance(node, cst.Name) and _NAMED.search(node.value) is not None
