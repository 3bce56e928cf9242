"""What is sent to an interpreter: a script for any Python, which imports the standard library alone.

Given ``about``, it says what this Python is; given ``run CORES``, it runs the workloads once. The answer is one line of
JSON behind a mark. Python 2 has to be able to parse it.
"""

import json
import sys
import time

MARK = "py314-check probe: "


def loop(count):
    total = 0
    for i in range(count):
        total += i * i
    return total


def fibonacci(count):
    a, b = 0, 1
    for _ in range(count):
        a, b = b, (a + b) & 0xFFFFFFFF
    return a


def dictionary(count):
    table = {}
    for i in range(count):
        key = i & 1023
        table[key] = table.get(key, 0) + i
    return len(table)


def in_threads(function, count, cores):
    import threading

    threads = [threading.Thread(target=function, args=(count,)) for _ in range(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_by_one(function, count, times):
    for _ in range(times):
        function(count)


def seconds(function, *arguments):
    begin = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begin


def about():
    import platform
    import sysconfig

    jit = getattr(sys, "_jit", None)
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)
    return {
        "version": platform.python_version(),
        "version_info": list(sys.version_info[:3]),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "build": {
            "compiler": platform.python_compiler(),
            "debug": hasattr(sys, "gettotalrefcount"),
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        },
        "gil_enabled": has_gil(),
        "jit": {
            "available": None if jit is None else jit.is_available(),
            "enabled": None if jit is None else jit.is_enabled(),
        },
    }


def run(cores):
    each = max(200000, 2000000 // cores)
    for function in (loop, fibonacci, dictionary):
        function(20000)  # what becomes hot, and is compiled, is so before it is measured
    return {
        "one_by_one": seconds(one_by_one, loop, each, cores),
        "in_threads": seconds(in_threads, loop, each, cores),
        "fibonacci": seconds(fibonacci, 1000000),
        "dictionary": seconds(dictionary, 1000000),
    }


if __name__ == "__main__":
    answer = about() if sys.argv[1] == "about" else run(int(sys.argv[2]))
    sys.stdout.write("\n" + MARK + json.dumps(answer) + "\n")
