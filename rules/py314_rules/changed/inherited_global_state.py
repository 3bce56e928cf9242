"""CHG307 inherited-global-state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from py314_check.api import Confidence, Context, Function, Impact, Level, Rule, cst
from py314_rules.changed._processes import EXECUTOR, POOL, PROCESS, WORDS, Processes

_MUTATORS = {
    *("append", "extend", "insert", "add", "update", "setdefault", "clear", "pop", "popitem", "remove", "discard"),
    *("appendleft", "put", "set"),
}
# Made when a worker imports the module, they are not those of the parent.
_SHARED = {f"multiprocessing.{name}" for name in ("Queue", "JoinableQueue", "SimpleQueue", "Value", "Array", "Event")}


@dataclass(frozen=True)
class _Write:
    """A place that gives a name, or what it stands for, something new."""

    name: str
    node: cst.CSTNode
    home: Function | None
    rebinds: bool


class InheritedGlobalState(Rule):
    """A worker process that reads a global variable which only its parent has set.

    ## What it does
    Reports processes, pools and process executors whose worker function, defined in the same file, reads a global
    variable that is set below `if __name__ == "__main__"`, or by the function that starts the workers, or that is a
    `multiprocessing.Queue` or `Value` made by the module.

    Not reported: what is given to the workers as an argument or by an `initializer`, files that choose a start method
    with `set_start_method`, and processes made from a context.

    ## Why it matters
    Since Python 3.14 the default on Linux is `forkserver`: workers import the module anew and see the variable as the
    module made it. With `fork`, the default before, they saw what the parent had set.

    ## Example
    ```python
    import multiprocessing

    CONFIG = {}

    def work():
        print(CONFIG["name"])

    if __name__ == "__main__":
        CONFIG["name"] = "value"
        process = multiprocessing.Process(target=work)
        process.start()
    ```

    ## Use instead
    ```python
    import multiprocessing

    def work(config):
        print(config["name"])

    if __name__ == "__main__":
        process = multiprocessing.Process(target=work, args=({"name": "value"},))
        process.start()
    ```

    ## Fix safety
    There is no fix yet: the worker needs another parameter.

    ## References
    - [What's New in Python 3.14: multiprocessing](https://docs.python.org/3/whatsnew/3.14.html#multiprocessing)
    - [Programming guidelines: spawn and forkserver](https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods)
    """

    code, name = "CHG307", "inherited-global-state"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.MEDIUM
    since = "3.14"
    words = WORDS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._processes = Processes(context)
        self._made: list[tuple[Function | None, cst.Call]] = []
        self._runs: list[tuple[cst.Call, cst.FunctionDef]] = []
        self._calls: list[tuple[cst.Call, cst.FunctionDef]] = []
        self._writes: list[_Write] = []
        self._initializers: list[cst.CSTNode] = []
        self._globals: set[tuple[Function | None, str]] = set()
        self._order: dict[cst.CSTNode, int] = {}

    def visit_Call(self, node: cst.Call) -> None:
        self._order[node] = len(self._order)
        self._processes.see(node)
        kind = self._processes.makes(node)
        handed = None
        if kind == PROCESS:
            handed = self.context.argument(node, 1, "target")
        elif kind in (POOL, EXECUTOR):
            self._made.append((self.context.home(node), node))
            initializer = self.context.definition(self.context.argument(node, 1, "initializer"))
            self._initializers += [initializer] if initializer is not None else []
        elif self._processes.hands_over(node):
            handed = self.context.argument(node, 0, "func") or self.context.argument(node, 0, "fn")
        worker = self.context.definition(self.context.unwrapped(handed))
        if isinstance(worker, cst.FunctionDef):
            self._runs.append((node, worker))
        called = self.context.definition(node.func)
        if isinstance(called, cst.FunctionDef):
            self._calls.append((node, called))
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _MUTATORS:
            self._write(node.func.value, node, rebinds=False)

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._write(target.target, node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._write(node.target, node)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._write(node.target, node)

    def visit_Global(self, node: cst.Global) -> None:
        self._globals |= {(self.context.home(node), item.name.value) for item in node.names}

    def _write(self, target: cst.BaseExpression, node: cst.CSTNode, *, rebinds: bool = True) -> None:
        self._order.setdefault(node, len(self._order))
        if isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._write(element.value, node)
            return
        while isinstance(target, (cst.Subscript, cst.Attribute)):
            target, rebinds = target.value, False
        if isinstance(target, cst.Name):
            self._writes.append(_Write(target.value, node, self.context.home(node), rebinds))

    def leave_Module(self, node: cst.Module) -> None:
        if self._processes.chosen:
            return
        by_initializers = {one.name for one in self._writes if one.home in self._initializers}
        reported: set[cst.CSTNode] = set()
        for run, worker in self._runs:
            reads = _global_reads(worker) - by_initializers
            name = next((one for one in self._set_before(run, worker) if one in reads), None)
            place = self._place(run)
            if name is None or worker in reported or place in reported:
                continue
            reported |= {worker, place}
            self.report(
                place.func,
                f"Since Python 3.14 worker processes on Linux are not forked, so `{worker.name.value}` does not see"
                f" what its parent put into `{name}`; before, it did.",
                help=f"Pass `{name}` as an argument or through an initializer, or use"
                ' multiprocessing.get_context("fork").',
                symbol="multiprocessing global state",
                module="multiprocessing",
            )

    def _set_before(self, run: cst.Call, worker: cst.FunctionDef) -> Iterator[str]:
        """Global names that have been set in the parent alone when a worker is started."""
        home = self.context.home(run)
        if home is None and not self.context.is_script_body(run):
            return
        setters = {
            called
            for call, called in self._calls
            if self.context.home(call) is home and self._order[call] < self._order[run] and called is not worker
        }
        for write in self._writes:
            if write.home is None and home is None:
                if self.context.is_script_body(write.node) and self._order[write.node] < self._order[run]:
                    yield write.name
            elif write.home is home or write.home in setters:
                early = write.home is not home or self._order[write.node] < self._order[run]
                if early and self._is_global(write):
                    yield write.name
            if write.home is None and write.rebinds and not self.context.is_script_body(write.node):
                value = write.node.value if isinstance(write.node, (cst.Assign, cst.AnnAssign)) else None
                if isinstance(value, cst.Call) and self.context.resolve(value.func) & _SHARED:
                    yield write.name

    def _is_global(self, write: _Write) -> bool:
        """Whether what a function sets is a variable of the module."""
        if (write.home, write.name) in self._globals:
            return True
        return not write.rebinds and isinstance(write.home, cst.FunctionDef) and write.name in _global_reads(write.home)

    def _place(self, run: cst.Call) -> cst.Call:
        """The call that makes the process or, if there is one only, the pool."""
        made = [call for home, call in self._made if home is self.context.home(run)]
        return made[0] if self._processes.hands_over(run) and len(made) == 1 else run


def _global_reads(function: cst.FunctionDef) -> set[str]:
    """The names that a function reads and does not itself bind."""
    read: set[str] = set()
    bound: set[str] = set()
    stack: list[cst.CSTNode] = [function.params, function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Attribute, cst.Arg)):
            stack.append(node.value)
        elif isinstance(node, cst.Name):
            read.add(node.value)
        else:
            bound |= set(_bound_by(node))
            stack.extend(node.children)
    return read - bound


def _bound_by(node: cst.CSTNode) -> Iterator[str]:
    if isinstance(node, (cst.Param, cst.FunctionDef, cst.ClassDef)):
        yield node.name.value
    elif isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr)):
        yield from _names_in(node.target)
    elif isinstance(node, (cst.AsName, cst.ImportAlias, cst.NameItem)):
        yield from _names_in(node.name)  # a name declared global is the function's own doing as well


def _names_in(target: cst.CSTNode) -> Iterator[str]:
    """The names in a target that are bound, as opposed to the objects that it changes."""
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _names_in(element.value)
