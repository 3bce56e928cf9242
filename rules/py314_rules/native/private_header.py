"""EXT104 private-header."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Directive, Impact, Level, NativeRule, Words

_HEADER = re.compile(r'[<"](?:internal/)?(pycore_\w+\.h)[>"]')


class PrivateHeader(NativeRule):
    """One of Python's internal headers.

    ## What it does
    Reports each `#include` of a header such as `internal/pycore_frame.h` that the target's build compiles.

    ## Why it matters
    What these headers declare is Python's own: names move and structures change their fields in any release, and a
    free-threaded build lays several of them out differently. An extension that uses them must be read against each
    version's headers, and built for each version and build.

    Seen in real code: greenlet, which has to; coverage does on Python 3.12 and older.

    ## Example
    ```c
    #include <Python.h>
    #define Py_BUILD_CORE
    #include <internal/pycore_frame.h>
    ```

    ## Use instead
    ```c
    #include <Python.h>
    #include <frameobject.h>
    ```

    ## Fix safety
    There is no fix: what stands for an internal name, if anything, is for each name another.

    ## References
    - [C API stability](https://docs.python.org/3/c-api/stable.html)
    """

    code, name = "EXT104", "private-header"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.HIGH
    words = (Words(test=re.compile(rb"#[ \t]*include[ \t]*[<\"](?:internal/)?pycore_").search),)

    def visit_Directive(self, directive: Directive) -> None:
        header = _HEADER.match(directive.rest) if directive.name == "include" else None
        if header is not None:
            self.report(
                directive,
                f"`{header[1]}` is one of Python's internal headers, which change in any release.",
                help="Use the public C API, or hold this against the headers of each version and build.",
                symbol=header[1],
            )
