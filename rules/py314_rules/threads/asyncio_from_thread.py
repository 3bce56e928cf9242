"""GIL231 asyncio-from-thread."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, InThreads, Level, Rule, ThreadStart, Words, cst
from py314_rules.threads._words import STARTS_THREADS

_LOOP = "asyncio.AbstractEventLoop"
_OF_LOOP = {"call_soon", "call_later", "call_at", "create_task", "stop", "add_reader", "add_writer"}
_OF_OTHERS = {
    "asyncio.Future": {"set_result", "set_exception", "cancel", "add_done_callback"},
    "asyncio.Event": {"set", "clear"},
    "asyncio.Queue": {"put_nowait", "get_nowait", "task_done"},
}
_METHODS = {f"{owner}.{name}" for owner, names in {**_OF_OTHERS, _LOOP: _OF_LOOP}.items() for name in names}
_NAMES = {name.rpartition(".")[2] for name in _METHODS}
_NEEDS_LOOP = {"asyncio.create_task", "asyncio.ensure_future", "asyncio.get_running_loop"}
# What makes a thread have an event loop of its own, also one of tornado's.
_RUNS_LOOP = {"run_until_complete", "run_forever", "run_sync", "run_app", "set_event_loop", "new_event_loop"}
_RUNS = {"asyncio.Runner", *(f"{module}.run" for module in ("asyncio", "uvloop", "anyio", "trio"))}


class AsyncioFromThread(Rule):
    """An object of asyncio that is used from a thread in which its event loop does not run.

    ## What it does
    Reports, in functions that the file runs in threads, methods of event loops (`call_soon`, `call_later`,
    `create_task`, `stop` ...), of futures and tasks (`set_result`, `cancel` ...), of `asyncio.Event` and of
    `asyncio.Queue`, and calls of `asyncio.create_task`, which find no running loop there.

    Not reported: threads that run an event loop of their own.

    ## Why it matters
    Almost nothing in asyncio may be used from other threads: nothing is locked, and the loop is not woken up, so that
    it runs the callback when something else happens to wake it. That is so on all builds. Without the GIL, the loop's
    own data may be damaged as well.

    ## Example
    ```python
    import asyncio
    import threading

    async def main():
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def work():
            done.set_result(42)

        threading.Thread(target=work).start()
        return await done
    ```

    ## Use instead
    ```python
    import asyncio
    import threading

    async def main():
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def work():
            loop.call_soon_threadsafe(done.set_result, 42)

        threading.Thread(target=work).start()
        return await done
    ```

    ## Fix safety
    There is no fix yet: the function must know the loop.

    ## References
    - [asyncio: concurrency and multithreading](https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading)
    - [loop.call_soon_threadsafe](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.call_soon_threadsafe)
    """

    code, name = "GIL231", "asyncio-from-thread"
    level, impact, confidence = Level.WARNING, Impact.RACES, Confidence.HIGH
    in_tests = False
    words = tuple(
        Words("asyncio", *start, name, imported=True) for start in STARTS_THREADS for name in (*_NAMES, "ensure_future")
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._found: list[tuple[cst.Call, str, InThreads]] = []
        self._own_loops: set[ThreadStart] = set()  # the starts of threads that run a loop

    def visit_Call(self, node: cst.Call) -> None:
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        names = self.context.resolve(node.func)
        if names & _RUNS or not _RUNS_LOOP.isdisjoint((method, *(name.rpartition(".")[2] for name in names))):
            use = self.context.in_threads(node)
            self._own_loops |= set(use.starts) if use is not None else set()
        elif method in _NAMES or names & _NEEDS_LOOP:
            symbol = next(iter(sorted(names & _NEEDS_LOOP)), "")
            if not symbol and isinstance(node.func, cst.Attribute):
                symbol = next((name for name in self.context.member(node.func).order if name in _METHODS), "")
            use = self.context.in_threads(node) if symbol else None
            if use is not None:
                self._found.append((node, symbol, use))

    def leave_Module(self, node: cst.Module) -> None:
        for call, symbol, use in self._found:
            if not self._own_loops.isdisjoint(use.starts):
                continue
            what = self.context.dotted(call.func) or symbol
            if symbol in _NEEDS_LOOP:
                message = f"`{what}` runs in a thread here, in which no event loop runs: it raises `RuntimeError`."
                help = "Hand the coroutine to asyncio.run_coroutine_threadsafe(coroutine, loop)."
            else:
                message = f"`{what}` runs in a thread here, and is not safe to call outside the event loop's own."
                help = f"Hand it to the loop: loop.call_soon_threadsafe({what}, ...)."
                if what.endswith((".call_soon", ".create_task")):
                    help = "Use loop.call_soon_threadsafe, or asyncio.run_coroutine_threadsafe for coroutines."
            self.report(call.func, message, help=help, symbol=symbol)
