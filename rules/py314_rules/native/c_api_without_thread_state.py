"""EXT214 c-api-without-thread-state."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Impact, Level, NativeRule, Node, Words

_CALLS_PYTHON = re.compile(
    r"_?Py(?:Object|Err|List|Dict|Tuple|Set|FrozenSet|Long|Float|Bool|Complex|Bytes|ByteArray|Unicode|Module|Import|Iter"
    r"|Number|Sequence|Mapping|Arg|Run|Sys|Callable|Weakref|Exception|TraceBack|Type|MemoryView|Slice|Method|Function"
    r"|CFunction|Context|ContextVar|Warnings|Codec|Structseq|Eval|Mem|Vectorcall)_[A-Z]+[a-z]\w*"
    r"|Py_(?:BuildValue|CompileString\w*|NewRef|XNewRef|IncRef|DecRef|X?INCREF|X?DECREF|CLEAR|X?SETREF)|PyBuffer_Release"
)
_NEEDS_NONE = re.compile(
    r"\w+_Check(?:Exact)?|\w+_[A-Z]+_[A-Z]+|PyMem_Raw\w+|PyErr_SetInterrupt(?:Ex)?|PyEval_(?:\w*Thread\w*|\w*Lock)"
    r"|Py\w+_(?:Size|Length|GetLength)|PySys_WriteStd\w+"
)
_ONLY_READS = re.compile(
    r"Py(?:(?:Bytes|ByteArray)_As\w+|(?:Long|Float)_As\w+|Unicode_(?:AsUTF8\w*|ReadChar)|(?:Tuple|List)_GetItem)"
)
_COUNTS = re.compile(r"Py_(?:X?(?:INCREF|DECREF|NewRef)|IncRef|DecRef|CLEAR|X?SETREF)")


class CApiWithoutThreadState(NativeRule):
    """A call of Python where the thread has given up its thread state.

    ## What it does
    Reports calls of functions of the C API between `Py_BEGIN_ALLOW_THREADS` and `Py_END_ALLOW_THREADS`, or between
    `PyEval_SaveThread` and `PyEval_RestoreThread`, but for what needs no thread state (`PyMem_RawMalloc`,
    `PyGILState_Ensure`, `PyThread_acquire_lock` and the like), macros that read a field, such as `PyList_GET_ITEM`, and
    code behind `Py_BLOCK_THREADS` or anything else that takes the thread state back. Functions that only read a number
    or a string are of low confidence, and hidden unless asked for: they break the rules, too, but get away with it.

    ## Why it matters
    This is an error on every build. On Python 3.14, setting an exception, making an object, calling one and
    `PyMem_Malloc` were each seen to end the process with a segmentation fault there; `PyMem_Malloc` did no harm before
    Python 3.12. Counting references does harm only sometimes: two threads can change a count at a time.

    ## Example
    ```c
    #include <Python.h>

    static PyObject *
    wait_for(PyObject *self, PyObject *unused)
    {
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = wait_for_device();
        if (failed)
            PyErr_SetString(PyExc_OSError, "no device");
        Py_END_ALLOW_THREADS
        return failed ? NULL : Py_NewRef(Py_None);
    }
    ```

    ## Use instead
    ```c
    #include <Python.h>

    static PyObject *
    wait_for(PyObject *self, PyObject *unused)
    {
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = wait_for_device();
        Py_END_ALLOW_THREADS
        if (failed)
            PyErr_SetString(PyExc_OSError, "no device");
        return failed ? NULL : Py_NewRef(Py_None);
    }
    ```

    ## Fix safety
    There is no fix: `Py_BLOCK_THREADS` before the call and `Py_UNBLOCK_THREADS` behind it do, but where the call
    returns or jumps, the order matters.

    ## References
    - [Releasing the GIL from extension code](https://docs.python.org/3/c-api/init.html#releasing-the-gil-from-extension-code)
    - [Allocator domains](https://docs.python.org/3/c-api/memory.html#allocator-domains)
    """

    code, name = "EXT214", "c-api-without-thread-state"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = (Words("Py_BEGIN_ALLOW_THREADS"), Words("PyEval_SaveThread"))

    def visit_call_expression(self, node: Node) -> None:
        name = self.context.name(node)
        if not _CALLS_PYTHON.fullmatch(name) or _NEEDS_NONE.fullmatch(name) or not self.context.is_detached(node):
            return
        if self.context.is_own(name):
            return
        counts = _COUNTS.fullmatch(name) is not None
        self.report(
            node,
            f"`{name}` is called where the thread has given up its thread state: Python may not be called there.",
            help="Call it behind `Py_END_ALLOW_THREADS`, or put it between `Py_BLOCK_THREADS` and"
            " `Py_UNBLOCK_THREADS`.",
            symbol=name,
            level=Level.WARNING if counts else None,
            impact=Impact.RACES if counts else None,
            confidence=Confidence.LOW if _ONLY_READS.fullmatch(name) else None,
        )
