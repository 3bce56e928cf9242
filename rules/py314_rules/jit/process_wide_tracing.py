"""JIT005 process-wide-tracing."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst
from py314_rules.jit.purpose import names_tool

_FUNCTIONS = {
    **dict.fromkeys(("sys.settrace", "sys.setprofile"), "func"),
    **dict.fromkeys(("threading.settrace", "threading.setprofile"), "func"),
    **dict.fromkeys(("threading.settrace_all_threads", "threading.setprofile_all_threads"), "func"),
    "sys.monitoring.set_events": "event_set",
}
_SAVED = {"sys.gettrace", "sys.getprofile", "threading.gettrace", "threading.getprofile"}
_DEBUGGERS = {"bdb.Bdb", "pdb.Pdb", "trace.Trace", "profile.Profile", "cProfile.Profile"}


class ProcessWideTracing(Rule):
    """A trace function, profile function or monitoring event for the whole process.

    ## What it does
    Reports calls of `sys.settrace`, `sys.setprofile`, the functions of that name in `threading` (also `_all_threads`),
    and `sys.monitoring.set_events`, that turn something on. `sys.monitoring.set_local_events` is about one code object
    alone and is not reported.

    Tests are left alone. Where the file, the function or the class is named like a debugger, a profiler or what
    measures coverage, or derives from one, the finding is of low confidence: it is what such tools are for.

    ## Why it matters
    Each of these throws away all code that the JIT has compiled in the process, each time that the events change, and
    that code has to become hot again. Observed on CPython 3.14.10 and 3.15.2: every compiled loop was gone after the
    call, and while a trace function was set nothing was compiled. In CPython's source it is the global events in
    Python/instrumentation.c that invalidate all executors. Where no JIT is on, which is the default, nothing changes.

    It is worth little to most programs: a loop that sums squares ran no faster with the JIT on CPython 3.14.10. Measure
    with `py314-check probe`.

    ## Example
    ```python
    import sys


    def follow(frame, event, arg):
        print(event, frame.f_code.co_name)


    sys.settrace(follow)
    ```

    ## Use instead
    ```python
    import sys


    def follow(code, offset):
        print(code.co_name)


    def watch(function):
        monitoring = sys.monitoring
        monitoring.use_tool_id(4, "watch")
        monitoring.register_callback(4, monitoring.events.PY_START, follow)
        monitoring.set_local_events(4, function.__code__, monitoring.events.PY_START)
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [sys.monitoring: setting events](https://docs.python.org/3/library/sys.monitoring.html#turning-events-on-and-off)
    - [PEP 744: JIT compilation](https://peps.python.org/pep-0744/)
    """

    code, name = "JIT005", "process-wide-tracing"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.MEDIUM
    since = "3.14"
    in_tests = False
    words = (
        *(Words(name.rpartition(".")[2], name.partition(".")[0]) for name in _FUNCTIONS if "monitoring" not in name),
        Words("set_events", "monitoring"),
    )

    def visit_Call(self, node: cst.Call) -> None:
        names = self.context.resolve(node.func) & _FUNCTIONS.keys()
        if not names:
            return
        name = min(names)
        keyword = _FUNCTIONS[name]
        given = self.context.argument(node, 1 if keyword == "event_set" else 0, keyword)
        if given is None or self._turns_off(given):
            return
        self.report(
            node.func,
            f"`{name}` throws away all code that the JIT has compiled in the process.",
            help="Set it only while it is needed, or watch single code objects with `sys.monitoring.set_local_events`.",
            confidence=Confidence.LOW if self._is_tool(node) else None,
        )

    def _turns_off(self, given: cst.BaseExpression) -> bool:
        """Whether what is set is nothing, or what was set before."""
        value = self.context.value(given)
        if isinstance(value, cst.Call):
            return bool(self.context.resolve(value.func) & _SAVED)
        nothing = isinstance(value, cst.Integer) and value.evaluated_value == 0
        return nothing or self.context.dotted(value).rpartition(".")[2] in ("None", "NO_EVENTS")

    def _is_tool(self, node: cst.Call) -> bool:
        """Whether this is part of a debugger, a profiler, or what measures coverage."""
        around = [one for one in self.context.ancestors(node) if isinstance(one, (cst.ClassDef, cst.FunctionDef))]
        classes = [one for one in around if isinstance(one, cst.ClassDef)]
        return any(map(names_tool, (self.context.path, *(one.name.value for one in around)))) or any(
            self.context.bases(one) & _DEBUGGERS for one in classes
        )
