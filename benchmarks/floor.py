#!/usr/bin/env python3
"""Reads every file below the working directory and splits it into words, in several processes.

No tool in Python that looks at every word can be faster than this.

    python benchmarks/floor.py PROCESSES
"""

from __future__ import annotations

import os
import sys
from multiprocessing import get_context
from pathlib import Path

from py314_check.languages import is_looked_at
from py314_check.splitting import words_in


def split(paths: list[Path]) -> int:
    """How many different words each of some files has, summed."""
    return sum(len({*words_in(path.read_bytes())}) for path in paths)


def main(processes: int) -> int:
    found = [
        Path(parent, name) for parent, _, names in os.walk(".") for name in names if is_looked_at(f"{parent}/", name)
    ]
    found.sort(key=lambda path: path.stat().st_size)
    with get_context("fork").Pool(processes) as pool:  # which costs less than a fresh interpreter
        print(sum(pool.map(split, [found[number::processes] for number in range(processes)])))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
