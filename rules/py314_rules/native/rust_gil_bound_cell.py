"""EXT232 rust-gil-bound-cell."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Crate, Impact, Level, Node, RustRule, Words

_CELL = re.compile(r"\b(?:RefCell|UnsafeCell|Cell)\b")
_SYNCHRONISED = re.compile(r"Atomic|Mutex|Lock\b|\bOnce\b|Semaphore|Condvar")
_WITH_THE_GIL = re.compile(r"\bPython\s*<")
_SHARED_BY = ("GILProtected", "GILOnceCell")


class RustGilBoundCell(RustRule):
    """A cell in Rust that only the GIL keeps threads from using at the same time.

    ## What it does
    Reports three kinds of cells that lean on the GIL:

    * `GILProtected` of PyO3, which free-threaded builds do not have: the code does not compile there.
    * Types with `unsafe impl Sync` around a `Cell`, `RefCell` or `UnsafeCell`, without a lock or an atomic beside it,
      that are shared under the GIL: in a `static`, in a `#[pyclass]`, or with methods that take a `Python` token as
      proof that the caller holds it.
    * `GILOnceCell` in a `static`, a note, where the project builds with PyO3 0.26 or later, which has `PyOnceLock`: the
      function that fills such a cell may run in several threads at once.

    Not reported: types of the project's own that are called so, tests, and what `#[cfg]` leaves out of free-threaded
    builds.

    ## Why it matters
    On a free-threaded build a `Python` token no longer means that no other thread runs. `unsafe impl Sync` is then a
    promise that nothing keeps: two threads borrow the same cell, which is undefined behaviour. A `GILOnceCell` stays
    consistent; the first result is kept and the others are dropped, so it matters only where the function that fills
    it must run once.

    Seen in real code: the Python package of polars has a cell of this kind around an `UnsafeCell`.

    ## Example
    ```rust
    use std::cell::RefCell;
    use pyo3::prelude::*;
    use pyo3::sync::GILProtected;

    static NAMES: GILProtected<RefCell<Vec<String>>> = GILProtected::new(RefCell::new(Vec::new()));
    ```

    ## Use instead
    ```rust
    use std::sync::Mutex;
    use pyo3::prelude::*;
    use pyo3::sync::MutexExt;

    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    ```

    ## Fix safety
    There is no fix: a lock that is held while Python's API is called can deadlock, so where it is taken is a matter of
    design. PyO3's `MutexExt::lock_py_attached` lets other threads go on while it waits.

    ## References
    - [PyO3: GILProtected is not exposed](https://pyo3.rs/latest/free-threading.html)
    - [PyO3: GILOnceCell](https://docs.rs/pyo3/0.26.0/pyo3/sync/struct.GILOnceCell.html)
    """

    code, name = "EXT232", "rust-gil-bound-cell"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.MEDIUM
    free_threading = True
    words = (
        Words("GILProtected"),
        Words("GILOnceCell", "static"),
        *(Words("unsafe", "impl", "Sync", cell) for cell in ("Cell", "RefCell", "UnsafeCell")),
    )

    def visit_type_identifier(self, node: Node) -> None:
        if self._of_pyo3(node) == "GILProtected":
            self.report(
                node,
                "`GILProtected` does not exist on free-threaded builds: this does not compile there.",
                help="Use a `Mutex` (with `MutexExt::lock_py_attached`), an atomic, or a `PyOnceLock`.",
                symbol="pyo3.sync.GILProtected",
                level=Level.ERROR,
                impact=Impact.BREAKS,
                confidence=Confidence.HIGH,
                crate=Crate("pyo3"),
            )

    def visit_static_item(self, node: Node) -> None:
        if any(self._of_pyo3(each) == "GILOnceCell" for each in self._types(node)):
            self.report(
                node,
                "What fills a `GILOnceCell` may run in several threads at once; the first result is kept.",
                help="Use `PyOnceLock`, which runs it once.",
                symbol="pyo3.sync.GILOnceCell",
                level=Level.NOTE,
                crate=Crate("pyo3", since=(0, 26)),
            )

    def visit_impl_item(self, node: Node) -> None:
        trait = self.context.text(node.child_by_field_name("trait"))
        name = _base(self.context.text(node.child_by_field_name("type")))
        if trait.rpartition("::")[2] != "Sync" or not self.context.text(node).startswith("unsafe"):
            return
        for struct in self.context.items("struct_item"):
            fields = self.context.text(struct.child_by_field_name("body"))
            cell = _CELL.search(fields)
            if self.context.name(struct) != name or cell is None or _SYNCHRONISED.search(fields + name):
                continue
            if self._is_shared(struct, name):
                self.report(
                    node,
                    f"Threads share the `{cell[0]}` of `{name}` (`unsafe impl Sync`), which only the GIL kept apart.",
                    help="Use a `Mutex`, an atomic or a `OnceLock`, and let the compiler check the rest.",
                    symbol=name,
                    crate=None if self.context.mentions("pyo3") else Crate("pyo3"),
                )

    def _is_shared(self, struct: Node, name: str) -> bool:
        """Whether threads that hold the GIL use the same one."""
        if any(attribute.name == "pyclass" for attribute in self.context.attributes(struct)):
            return True
        statics = self.context.items("static_item")
        if any(self.context.text(each) == name for static in statics for each in self._types(static)):
            return True
        own = (one for one in self.context.items("impl_item") if one.child_by_field_name("trait") is None)
        methods = (one for one in own if _base(self.context.text(one.child_by_field_name("type"))) == name)
        return any(_WITH_THE_GIL.search(self.context.text(one)) for one in methods)

    def _types(self, static: Node) -> list[Node]:
        kind = static.child_by_field_name("type")
        types = self.context.items("type_identifier")
        return [] if kind is None else [one for one in types if kind.start_byte <= one.start_byte < kind.end_byte]

    def _of_pyo3(self, node: Node) -> str:
        """Which of PyO3's cells a type is; empty for any other."""
        scope = node.parent
        is_scoped = scope is not None and scope.type == "scoped_type_identifier"
        path = self.context.resolve(self.context.text(scope if is_scoped else node))
        name = path.rpartition("::")[2]
        return name if name in _SHARED_BY and path in (name, f"pyo3::sync::{name}", f"pyo3::once_cell::{name}") else ""


def _base(kind: str) -> str:
    """The name of a type without its arguments and path."""
    return kind.partition("<")[0].rpartition("::")[2].strip()
