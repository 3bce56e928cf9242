"""EXT231 rust-static-mut."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Crate, Impact, Level, Node, RustRule, Words

_PYTHON = ("pyo3", "pyo3_ffi")
_DEFINITIONS = re.compile(r"(?<!\*)(?<!mut )(?<!const )\bPy(?:\w+Def|\w+_Slot|Type_Spec|TypeObject|ABIInfo|Slot)\b")
"""Structures that describe a module or a type to Python, which alone writes to them."""
_SYNCHRONISED = re.compile(
    r"^(?:\w+::)*(?:Atomic\w+|\w*Mutex|\w*RwLock|Once|\w*OnceLock|LazyLock|OnceBox|ReentrantLock)\b"
)
_TO_BE_CHANGED = re.compile(r"\b(?:\w*Cell|Vec|VecDeque|String|\w*(?:Map|Set|Cache|Queue))\b")
"""Cells and collections: nobody makes a static one mutable but to change it later."""


class RustStaticMut(RustRule):
    """A `static mut` of a Rust extension module that is written while threads run, without a lock.

    ## What it does
    Reports `static mut` variables in crates that use PyO3 or `pyo3-ffi` and that a function writes to which any thread
    may call: assignments, mutable borrows (`&mut`, `addr_of_mut!`) and calls of methods that change them.

    Writes are fine, and not reported, where no two threads make them at a time: in what runs only while the module is
    made (`#[pymodule]`, `PyInit_NAME`, and functions that these alone call), under a lock or in a critical section,
    and in closures that run once (`Once::call_once`, `OnceLock::get_or_init`). Nor are definitions that Python alone
    writes to (`PyModuleDef`), and what `#[cfg]` leaves out of free-threaded builds.

    Where a public variable is written by no function of its file, or only set by one that other files call, others may
    do that at any time, or only while the module is made: that is of low confidence, but medium where it is a public
    cell or collection.

    ## Why it matters
    Safe Rust rules data races out; `static mut` is outside of that. With the GIL, what ran between two calls of the
    Python API ran on one thread at a time. On a free-threaded build, threads write, or read what another one writes, at
    the same time: that is undefined behaviour.

    ## Example
    ```rust
    use pyo3::prelude::*;

    static mut CALLS: u64 = 0;

    #[pyfunction]
    fn count() -> u64 {
        unsafe {
            CALLS += 1;
            CALLS
        }
    }
    ```

    ## Use instead
    ```rust
    use pyo3::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    static CALLS: AtomicU64 = AtomicU64::new(0);

    #[pyfunction]
    fn count() -> u64 {
        CALLS.fetch_add(1, Ordering::Relaxed) + 1
    }
    ```

    ## Fix safety
    There is no fix: whether an atomic, a `Mutex`, a `OnceLock` or an object of the module takes its place is a matter
    of design.

    ## References
    - [The Rust edition guide: disallow references to static mut](https://doc.rust-lang.org/edition-guide/rust-2024/static-mut-references.html)
    - [PyO3: thread safety](https://pyo3.rs/latest/class/thread-safety.html)
    """

    code, name = "EXT231", "rust-static-mut"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    free_threading = True
    words = (Words("static", "mut", test=re.compile(rb"\bstatic\s+mut\b").search),)

    def visit_static_item(self, node: Node) -> None:
        kind = self.context.text(node.child_by_field_name("type"))
        if not any(child.type == "mutable_specifier" for child in node.children):
            return
        if node.child_by_field_name("value") is None or _DEFINITIONS.search(kind) or _SYNCHRONISED.match(kind):
            return
        name = self.context.text(node.child_by_field_name("name"))
        writes = self.context.writes(node)
        racing = next((write for write in writes if not self.context.is_serialised(write)), None)
        if racing is not None:
            self._report(
                racing,
                f"`{name}` is a `static mut`, shared by all threads, and is written without a lock.",
                name,
                confidence=Confidence.LOW if all(map(self._is_setter, writes)) else None,
            )
        elif not writes and any(child.type == "visibility_modifier" for child in node.children):
            self._report(
                node,
                f"`{name}` is a public `static mut`, shared by all threads: others may write to it without a lock.",
                name,
                confidence=Confidence.MEDIUM if _TO_BE_CHANGED.search(kind) else Confidence.LOW,
            )

    def _is_setter(self, write: Node) -> bool:
        """Whether a write is all that is known: a plain assignment, in a function that only other files call."""
        function = self.context.function(write)
        return write.type == "assignment_expression" and function is not None and not self.context.is_used(function)

    def _report(self, node: Node, message: str, symbol: str, *, confidence: Confidence | None = None) -> None:
        self.report(
            node,
            message,
            help="Use an atomic, a `Mutex` or a `OnceLock`, or fill it while the module is made.",
            symbol=symbol,
            confidence=confidence,
            crate=None if any(map(self.context.mentions, _PYTHON)) else Crate("pyo3", "pyo3-ffi"),
        )
