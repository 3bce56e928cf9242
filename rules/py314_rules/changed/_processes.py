"""What starts worker processes with the default start method, which Python 3.14 changed."""

from __future__ import annotations

from py314_check.api import Context, Mentions, Words, cst

PROCESS = "multiprocessing.process.BaseProcess"
POOL = "multiprocessing.pool.Pool"
EXECUTOR = "concurrent.futures.ProcessPoolExecutor"
MANAGER = "multiprocessing.managers.BaseManager"

# Methods of pools and executors that hand a function to a worker.
HANDING = {
    *("apply", "apply_async", "map", "map_async", "imap", "imap_unordered", "starmap", "starmap_async", "submit"),
}
_NAMES = ("BaseProcess", "Process", "Pool")
_MANAGERS = ("Manager", "SyncManager")  # which have pools, too
WORDS = (
    *(Words("multiprocessing", name, outline=Mentions("multiprocessing", name)) for name in _NAMES),
    *(Words("Pool", manager, outline=Mentions("multiprocessing", manager)) for manager in _MANAGERS),
    Words("ProcessPoolExecutor", outline=Mentions("concurrent.futures", "ProcessPoolExecutor")),
)
_OWN_METHOD = {"ForkProcess", "SpawnProcess", "ForkServerProcess"}


class Processes:
    """What kind of call something is, as far as worker processes go."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.chosen = False
        """Whether the file chooses a start method for all processes."""
        self._executors_chosen = False

    def see(self, node: cst.Call) -> None:
        """To be told of every call of the file."""
        if last_name(node.func) == "set_start_method" and not self._is_for_other_systems(node):
            self.chosen = True
        if last_name(node.func) == "ProcessPoolExecutor" and self.executors_chosen(node):
            self._executors_chosen = True

    def makes(self, node: cst.Call) -> str:
        """PROCESS, POOL, EXECUTOR or MANAGER for a call that makes one with the default start method, else ''."""
        if last_name(node.func) == "start" or (isinstance(node.func, cst.Attribute) and self._of_context(node.func)):
            return ""
        types = self._context.types(node)
        if EXECUTOR in types:
            return EXECUTOR if not self.executors_chosen(node) else ""
        if any(one.rpartition(".")[2] in _OWN_METHOD for one in types) or "multiprocessing.pool.ThreadPool" in types:
            return ""
        return next((kind for kind in (PROCESS, POOL, MANAGER) if kind in types), "")

    def executors_chosen(self, node: cst.Call) -> bool:
        """Whether a call of ProcessPoolExecutor, or one before it, has an ``mp_context``."""
        return self._executors_chosen or any(
            one.star or one.keyword.value == "mp_context" if one.keyword is not None else one.star or position == 1
            for position, one in enumerate(node.args)
        )

    def hands_over(self, node: cst.Call) -> str:
        """POOL or EXECUTOR for a call of a method that hands a function to a worker, else ''."""
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value not in HANDING:
            return ""
        types = self._context.types(node.func.value)
        if EXECUTOR in types:
            made = self._context.value(node.func.value)
            chosen = self.executors_chosen(made) if isinstance(made, cst.Call) else self._executors_chosen
            return "" if chosen else EXECUTOR
        return POOL if POOL in types and "multiprocessing.pool.ThreadPool" not in types else ""

    def _is_for_other_systems(self, node: cst.Call) -> bool:
        """Whether a call does not run on Linux, the system whose default has changed."""
        child: cst.CSTNode = node
        for parent in self._context.ancestors(node):
            if isinstance(parent, (cst.If, cst.IfExp)):
                holds = self._holds_on_linux(parent.test) if child is not parent.test else None
                if holds is (child is not parent.body):
                    return True
            child = parent
        return False

    def _holds_on_linux(self, test: cst.BaseExpression) -> bool | None:
        """What a test of the system comes to on Linux; None for any other test."""
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            inner = self._holds_on_linux(test.expression)
            return None if inner is None else not inner
        if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            system, operator, named = (
                self._system(test.left),
                test.comparisons[0].operator,
                self._context.string(test.comparisons[0].comparator),
            )
            if system and named is not None and isinstance(operator, (cst.Equal, cst.NotEqual)):
                return (system == named) is isinstance(operator, cst.Equal)
        if isinstance(test, cst.Call) and isinstance(test.func, cst.Attribute) and len(test.args) == 1:
            system, start = self._system(test.func.value), self._context.string(test.args[0].value)
            if test.func.attr.value == "startswith" and system and start is not None:
                return system.startswith(start)
        return None

    def _system(self, node: cst.BaseExpression) -> str:
        """What an expression for the system's name is on Linux; the empty string for any other expression."""
        if isinstance(node, cst.Call):
            return "Linux" if "platform.system" in self._context.resolve(node.func) else ""
        names = self._context.resolve(node)
        return "linux" if "sys.platform" in names else "posix" if "os.name" in names else ""

    def _of_context(self, function: cst.Attribute) -> bool:
        """Whether it is a method of a context, ``get_context("fork").Pool``, which says how to start."""
        return "multiprocessing.context.BaseContext" in self._context.types(function.value)


def last_name(function: cst.BaseExpression) -> str:
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""
