"""Whether a lock is held where something runs, as far as the function itself shows."""

from __future__ import annotations

import re

from py314_check.api import Context, cst

LOCKS = {
    *("threading.Lock", "threading.RLock", "threading.Condition", "threading.Semaphore"),
    *("multiprocessing.synchronize.SemLock", "multiprocessing.synchronize.Condition"),
}
_LIKE_LOCK = re.compile(r"lock|mutex|cond|sem|guard|synchron", re.IGNORECASE)


def is_lock_held(context: Context, node: cst.CSTNode) -> bool:
    """Whether a ``with`` or an ``acquire`` before it, or a decorator, may keep other threads out of a node.

    What is named like a lock counts, so that nothing is said of locks of classes that nobody knows.
    """
    home = context.home(node)
    child = node
    for parent in context.ancestors(node):
        if isinstance(parent, cst.With) and any(_is_like_lock(context, item.item) for item in parent.items):
            return True
        if isinstance(parent, (cst.IndentedBlock, cst.Module)):
            for statement in parent.body:
                if statement is child:
                    break
                if any(_acquires(one) for one in context.below(statement, own=True)):
                    return True
        if parent is home:
            break
        child = parent
    decorators = home.decorators if isinstance(home, cst.FunctionDef) else ()
    return any(_is_like_lock(context, one.decorator) for one in decorators)


def _is_like_lock(context: Context, node: cst.BaseExpression) -> bool:
    called = node.func if isinstance(node, cst.Call) else node
    named = context.dotted(called) or next((context.dotted(one) for one in context.below(called)), "")
    return bool(context.types(node) & LOCKS) or _LIKE_LOCK.search(named) is not None


def _acquires(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "acquire"
