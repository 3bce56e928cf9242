"""Words without which a file runs nothing in threads."""

from __future__ import annotations

STARTS_THREADS = (
    *(("threading", "Thread"), ("threading", "Timer"), ("ThreadPoolExecutor",), ("ThreadPool",)),
    *(("run_in_executor",), ("to_thread",), ("start_new_thread",), ("run_in_threadpool",)),
    *(("socketserver",), ("ThreadingHTTPServer",)),
)
"""The words for each of the ways: those of a way must all be there."""
