"""GIL204 shared-iterator."""

from __future__ import annotations

import ast
from collections.abc import Collection

from py314_check.api import Confidence, Impact, InThreads, Level, Outline, Rule, Scope, Words, cst, once
from py314_rules.called import may_be, other_names
from py314_rules.threads._words import STARTS_THREADS
from py314_rules.threads.sharing import is_shared

_ITERATORS = {"types.GeneratorType", "collections.abc.Iterator", "_csv.Reader", "builtins.filter", "builtins.reversed"}
_SAFE = {"itertools.count", "itertools.repeat", "multiprocessing.pool.IMapIterator"}
_MAKERS = frozenset(
    b"iter zip map filter reversed enumerate reader DictReader itertools iglob iterdir scandir finditer Iterator"
    b" Generator".split()
)
"""Words of which one occurs where something makes an iterator, but for generators."""


@once
def _may_share(outline: Outline) -> bool:
    """Whether a function may take elements from an iterator that it has not made."""
    makes = any(outline.of(ast.GeneratorExp, ast.Yield, ast.YieldFrom)) or not _MAKERS.isdisjoint(outline.words)
    asked = other_names(outline, "next")
    return makes and any(_takes_from_others(scope, asked) for scope in outline.scopes if scope.runs_later)


def _takes_from_others(scope: Scope, asked: Collection[str]) -> bool:
    own = {node.id for node in scope.of(ast.Name) if isinstance(node.ctx, ast.Store)}
    sources = [one.iter for one in scope.of(ast.For, ast.comprehension)]
    sources += [one.args[0] for one in scope.of(ast.Call) if one.args and may_be(one.func, asked)]
    return any(isinstance(one, ast.Attribute) or (isinstance(one, ast.Name) and one.id not in own) for one in sources)


class SharedIterator(Rule):
    """One iterator, from which several threads take elements.

    ## What it does
    Reports `next(iterator)` and loops over an iterator in functions that the file runs in several threads, and
    iterators that are handed to several threads which take from them, where no lock is held. Iterators are generators,
    `zip`, `map`, `filter`, `enumerate`, `iter(...)`, those of `itertools` and of `csv`.

    Not reported: `itertools.count` and `itertools.repeat`, and iterators of classes of your own, which may lock.

    ## Why it matters
    The documentation of free threading says it: threads that share an iterator may see elements twice, or never. A
    generator raises `ValueError: generator already executing`, also with the GIL.

    ## Example
    ```python
    import threading

    def run(jobs):
        waiting = iter(jobs)

        def work():
            for job in waiting:
                job()

        for _ in range(4):
            threading.Thread(target=work).start()
    ```

    ## Use instead
    ```python
    import queue
    import threading

    def run(jobs):
        waiting = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)

        def work():
            while True:
                try:
                    job = waiting.get_nowait()
                except queue.Empty:
                    return
                job()

        for _ in range(4):
            threading.Thread(target=work).start()
    ```

    ## Fix safety
    There is no fix yet: a queue, or a lock around `next`, changes more than one place.

    ## References
    - [Python support for free threading: iterators](https://docs.python.org/3/howto/free-threading-python.html#iterators)
    """

    code, name = "GIL204", "shared-iterator"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    in_tests = False
    words = tuple(Words(*start, outline=_may_share) for start in STARTS_THREADS)

    def visit_For(self, node: cst.For | cst.CompFor) -> None:
        self._check(node)

    visit_CompFor = visit_For

    def visit_Call(self, node: cst.Call) -> None:
        self._check(node)
        start = self.context.starts_thread(node)
        if start is not None and start.many and isinstance(start.function, cst.FunctionDef):
            taken = self._taken_by(start.function)
            for given, parameter in zip(start.arguments, self._parameters(start.function), strict=False):
                made = self._iterator(given)
                if parameter.name.value in taken and made is not None and not self._is_made_for_each(made, node):
                    self._report(given)

    def _check(self, node: cst.CSTNode) -> None:
        """Looks at what a function takes elements from, if that is not its own variable."""
        source = self._source(node)
        made = None if source is None else self._iterator(source)
        use = None if made is None else self.context.in_threads(node)
        if source is None or made is None or use is None:
            return
        if isinstance(made, cst.Attribute):
            shared = self._is_of_one_object(made, use)
        else:
            owner = self.context.home(made)
            shared = owner is not self.context.home(node) and is_shared(self.context, use, owner)
        if shared and not self.context.is_locked(node):
            self._report(source)

    def _is_of_one_object(self, attribute: cst.Attribute, use: InThreads) -> bool:
        """Whether an attribute of ``self`` is that of one object, of which a method starts the threads."""
        owner = self.context.enclosing(attribute, cst.ClassDef)
        inside = [start for start in use.starts if self.context.enclosing(start.node, cst.ClassDef) is owner]
        return self.context.dotted(attribute.value) == "self" and any(start.many for start in inside)

    def _source(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """What a loop or a call of ``next`` takes elements from, where that has a name."""
        source: cst.BaseExpression | None = None
        if isinstance(node, (cst.For, cst.CompFor)):
            source = node.iter
        elif isinstance(node, cst.Call) and "builtins.next" in self.context.resolve(node.func):
            source = self.context.argument(node, 0, "iterator")
        return source if self.context.dotted(source) else None

    def _iterator(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """Where an iterator is made that a name stands for; an attribute that is one."""
        made = self.context.value(node)
        types = self.context.types(made)
        is_iter = isinstance(made, cst.Call) and "builtins.iter" in self.context.resolve(made.func)
        if isinstance(made, cst.Call) and is_iter and len(made.args) != 1:
            return None
        return made if is_iter or (types & _ITERATORS and not types & _SAFE) else None

    def _parameters(self, function: cst.FunctionDef) -> list[cst.Param]:
        parameters = [*function.params.posonly_params, *function.params.params]
        is_method = isinstance(self.context.enclosing(function, cst.ClassDef, cst.FunctionDef), cst.ClassDef)
        return parameters[1:] if is_method and not function.decorators else parameters

    def _taken_by(self, function: cst.FunctionDef) -> set[str]:
        """The names from which a function takes elements without a lock."""
        sources = (self._source(node) for node in self.context.below(function.body, own=True))
        return {one.value for one in sources if isinstance(one, cst.Name) and not self.context.is_locked(one)}

    def _is_made_for_each(self, made: cst.CSTNode, start: cst.CSTNode) -> bool:
        """Whether what is made stands in the loop that starts the threads."""
        loops = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)
        loop = next((one for one in self.context.ancestors(start) if isinstance(one, loops)), None)
        return any(one is loop for one in self.context.ancestors(made))

    def _report(self, node: cst.BaseExpression) -> None:
        what = self.context.dotted(node)
        self.report(
            node,
            f"Several threads take elements from `{what}` at the same time, which may come twice or get lost.",
            help="Hand the elements out by a queue.Queue, or hold a lock around next().",
            symbol="iterator",
        )
