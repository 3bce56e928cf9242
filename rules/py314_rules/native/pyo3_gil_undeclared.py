"""EXT005 pyo3-gil-undeclared."""

from __future__ import annotations

import re
from functools import cached_property

from py314_check.api import Confidence, Crate, Impact, Level, Node, RustRule, Words
from py314_rules.native.promise import CONSEQUENCE, PROMISE

_OPTION = "gil_used"
_OPT_IN = Crate("pyo3", since=(0, 23), before=(0, 28))
"""The versions in which a module has to say that it needs no GIL: later ones take it for granted."""
_WRAPPED = re.compile(r"wrap_pymodule!\s*[(\[{]\s*(?:\w+\s*::\s*)*(\w+)")
_RAW_MARKERS = ("Py_mod_gil", "PyUnstable_Module_SetGIL")


class Pyo3GilUndeclared(RustRule):
    """A Rust module made with PyO3 that does not declare that it can run without the GIL.

    ## What it does
    Reports functions and `mod` items with the attribute `#[pymodule]` that say neither `gil_used = false` nor call
    `gil_used(false)`, where the project's Cargo files (`Cargo.toml`, its workspace, `Cargo.lock`) build with PyO3 0.23
    to 0.27. Since 0.28, PyO3 takes modules for ready. Where no file tells the version, the confidence is low.

    A module that says `gil_used = true` does so on purpose, and is a note.

    Modules written with `pyo3-ffi` are reported where a function `PyInit_NAME` stands in a file that names neither
    `Py_mod_gil` nor `PyUnstable_Module_SetGIL`.

    Not reported: submodules, which are not imported on their own (`wrap_pymodule!`, `#[pymodule]` inside of another),
    and what `#[cfg]` leaves out of free-threaded builds.

    ## Why it matters
    On a free-threaded build, the first import of such a module turns the GIL on for the whole process, and says so in a
    `RuntimeWarning`.

    Declaring support is a promise, not a proof: nothing is checked when the module is imported.

    ## Example
    ```rust
    use pyo3::prelude::*;

    #[pymodule]
    fn fast(m: &Bound<'_, PyModule>) -> PyResult<()> {
        m.add_class::<Counter>()
    }
    ```

    ## Use instead
    ```rust
    use pyo3::prelude::*;

    #[pymodule(gil_used = false)]
    fn fast(m: &Bound<'_, PyModule>) -> PyResult<()> {
        m.add_class::<Counter>()
    }
    ```

    ## Fix safety
    There is no fix: the declaration is right only when the module's code can be run by several threads at a time.

    ## References
    - [PyO3: supporting free-threaded CPython](https://pyo3.rs/latest/free-threading.html)
    - [PyO3: from 0.27 to 0.28](https://pyo3.rs/latest/migration.html)
    """

    code, name = "EXT005", "pyo3-gil-undeclared"
    level, impact, confidence = Level.WARNING, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    words = (Words("pymodule"), Words("PyObject", test=re.compile(rb"\bPyInit_").search))

    def visit_function_item(self, node: Node) -> None:
        if self._is_module(node):
            self._check(node, [self._said_by_call(node)])
        elif self._name(node).startswith("PyInit_") and node.child_by_field_name("body") is not None:
            self._check_raw(node)

    def visit_mod_item(self, node: Node) -> None:
        if self._is_module(node):
            inside = (one for one in self.context.items("function_item") if node in self.context.ancestors(one))
            self._check(node, [self._said_by_call(one) for one in inside if self._has(one, "pymodule_init")])

    def _is_module(self, node: Node) -> bool:
        return self._has(node, "pymodule")

    def _has(self, node: Node, attribute: str) -> bool:
        return any(one.name == attribute for one in self.context.attributes(node))

    def _name(self, node: Node) -> str:
        return self.context.text(node.child_by_field_name("name"))

    def _said_by_call(self, function: Node) -> str:
        for call in self.context.calls(function):
            if self.context.name(call.child_by_field_name("function")) == _OPTION:
                return " ".join(map(self.context.text, self.context.arguments(call)))
        return ""

    def _check(self, module: Node, said: list[str]) -> None:
        options = [option for each in self.context.attributes(module) for option in each.arguments]
        said += [option.value for option in options if option.name == _OPTION]
        name = self._name(module)
        if "true" in said:
            self._deliberate(module, f"`#[pymodule({_OPTION} = true)]`")
        elif not any(said) and not self._is_submodule(module):
            self.report(
                module,
                f"The module `{name}` does not declare that it needs no GIL: {CONSEQUENCE}.",
                help=f"Write `#[pymodule({_OPTION} = false)]`, or take PyO3 0.28 or later, where that is the default."
                f" {PROMISE}",
                symbol=_OPTION,
                unless=(f".{_OPTION}(false)", *_uses(self.context.path, name)),
                crate=_OPT_IN,
            )

    def _check_raw(self, function: Node) -> None:
        if self.context.mentions("Py_MOD_GIL_USED"):
            if not self.context.mentions("Py_MOD_GIL_NOT_USED"):
                self._deliberate(function, "`Py_MOD_GIL_USED`")
        elif not any(map(self.context.mentions, _RAW_MARKERS)):
            self.report(
                function,
                f"`{self._name(function)}` makes a module that does not declare that it needs no GIL: {CONSEQUENCE}.",
                help=f"Add the slot `Py_mod_gil` with `Py_MOD_GIL_NOT_USED` to the module's slots. {PROMISE}",
                symbol="Py_mod_gil",
                confidence=Confidence.MEDIUM,
                unless=_RAW_MARKERS,
            )

    def _deliberate(self, node: Node, how: str) -> None:
        self.report(
            node,
            f"The module `{self._name(node).removeprefix('PyInit_')}` asks for the GIL ({how}): {CONSEQUENCE}.",
            help=f"Declare that it does not once it can do without. {PROMISE}",
            symbol=_OPTION,
            level=Level.NOTE,
        )

    def _is_submodule(self, module: Node) -> bool:
        """Whether the file makes a module a part of another one."""
        return self._name(module) in self._wrapped or any(map(self._is_module, self.context.ancestors(module)))

    @cached_property
    def _wrapped(self) -> set[str]:
        macros = map(self.context.text, self.context.items("macro_invocation"))
        return {match[1] for macro in macros if (match := _WRAPPED.match(macro)) is not None}


def _uses(path: str, name: str) -> list[str]:
    """How another file makes a module of this file a part of its own; that of the crate's root is nobody's part."""
    parts = path.removesuffix(".rs").removesuffix("/mod").split("/")
    if parts[-1] == "lib":
        return []
    tails = ["::".join(parts[start:]) + "::" + name for start in range(len(parts))]
    starts = ("", "crate::", "self::", "super::")
    wrapped = [f"wrap_pymodule!({start}{tail})" for tail in (name, *tails) for start in starts]
    return [*wrapped, *(f"{start}{tail};" for tail in tails for start in ("use ", *starts[1:]))]
