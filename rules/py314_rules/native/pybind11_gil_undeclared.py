"""EXT002 pybind11-gil-undeclared."""

from __future__ import annotations

from py314_check.api import Change, Confidence, Impact, Insert, Level, NativeRule, Node, Words
from py314_rules.native.promise import CONSEQUENCE, PROMISE

_MACROS = ("PYBIND11_MODULE", "PYBIND11_EMBEDDED_MODULE")
_TAG = "mod_gil_not_used"


class Pybind11GilUndeclared(NativeRule):
    """A module made with pybind11 that does not declare that it can run without the GIL.

    ## What it does
    Reports `PYBIND11_MODULE` and `PYBIND11_EMBEDDED_MODULE` without the tag `py::mod_gil_not_used()`. Where something
    else stands in the place of the tags, such as a macro, nothing is reported.

    ## Why it matters
    On a free-threaded build, the first import of such a module turns the GIL on for the whole process, and says so in a
    `RuntimeWarning`. That is so with pybind11 3 as well: the tag is still asked for. A call of
    `PyUnstable_Module_SetGIL` in the body of the module has no effect.

    Declaring support is a promise, not a proof: nothing is checked when the module is imported.

    ## Example
    ```cpp
    #include <pybind11/pybind11.h>

    PYBIND11_MODULE(fast, m) {
        m.def("add", &add);
    }
    ```

    ## Use instead
    ```cpp
    #include <pybind11/pybind11.h>

    PYBIND11_MODULE(fast, m, pybind11::mod_gil_not_used()) {
        m.def("add", &add);
    }
    ```

    ## Fix safety
    The fix adds the tag and is unsafe: that is right only when the module's code can be run by several threads at a
    time. The tag needs pybind11 2.13.2 or later.

    ## References
    - [pybind11: free threading](https://pybind11.readthedocs.io/en/stable/advanced/misc.html)
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html)
    """

    code, name = "EXT002", "pybind11-gil-undeclared"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    words = tuple(Words(macro) for macro in _MACROS)

    def visit_function_definition(self, node: Node) -> None:
        macro = self.context.name(node)
        if macro not in _MACROS:
            return
        declarator = node.child_by_field_name("declarator")
        parameters = None if declarator is None else declarator.child_by_field_name("parameters")
        tags = [] if parameters is None else [self.context.text(one) for one in parameters.named_children[2:]]
        if all("::multiple_interpreters::" in tag or f"{_TAG}(false)" in tag for tag in tags):
            self.report(
                node,
                f"`{macro}` makes a module that does not declare that it needs no GIL: {CONSEQUENCE}.",
                help=f"Add the tag `py::{_TAG}()`, with pybind11 2.13.2 or later. {PROMISE}",
                symbol=f"pybind11::{_TAG}",
                fix=_declared(parameters) if parameters is not None and not any(_TAG in tag for tag in tags) else None,
            )


def _declared(parameters: Node) -> Change | None:
    given = parameters.named_children
    if len(given) < 2:
        return None
    return Change(f"Add `{_TAG}()`", Insert(given[-1], f", pybind11::{_TAG}()", behind=True), safe=False)
