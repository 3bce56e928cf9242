"""GIL211 catch-warnings-in-threads."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Mentions, Rule, Words, cst
from py314_rules.threads._words import STARTS_THREADS

_CATCHES = "warnings.catch_warnings"


class CatchWarningsInThreads(Rule):
    """`warnings.catch_warnings` in code that runs in threads.

    ## What it does
    Reports `warnings.catch_warnings` in functions that the file runs in threads.

    ## Why it matters
    With the GIL, and on 3.13t, the filters belong to the process: what one thread changes holds for all, and the end of
    one `catch_warnings` undoes what another has begun. On free-threaded builds of Python 3.14, `catch_warnings` changes
    the filters of its own context alone (`sys.flags.context_aware_warnings`). So the same code shows or hides other
    warnings.

    ## Example
    ```python
    import threading
    import warnings

    def work():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print("working")

    threading.Thread(target=work).start()
    ```

    ## Use instead
    ```python
    import threading
    import warnings

    def work():
        print("working")

    warnings.filterwarnings("ignore", module="noisy")
    threading.Thread(target=work).start()
    ```

    ## Fix safety
    There is no fix: where the filters should be set depends on the program.

    ## References
    - [warnings: concurrent safety of context managers](https://docs.python.org/3/library/warnings.html#concurrent-safety-of-context-managers)
    - [-X context_aware_warnings](https://docs.python.org/3/using/cmdline.html#cmdoption-X)
    """

    code, name = "GIL211", "catch-warnings-in-threads"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.MEDIUM
    free_threading = True
    in_tests = False
    words = tuple(
        Words(*start, "catch_warnings", outline=Mentions("warnings", "catch_warnings")) for start in STARTS_THREADS
    )

    def visit_Call(self, node: cst.Call) -> None:
        if _CATCHES not in self.context.resolve(node.func) or self.context.in_threads(node) is None:
            return
        builds = "with the GIL it changes the filters of all threads"
        if self.context.target.version >= (3, 14):
            builds += ", on free-threaded builds those of its own context"
        self.report(
            node.func,
            f"`{_CATCHES}` runs in a thread here: {builds}.",
            help="Set the filters once, before threads start; from Python 3.14 on, -X context_aware_warnings=1 helps.",
            symbol=_CATCHES,
        )
