"""What every file costs, as a ratio to what `ast.parse` takes for it: a limit holds on any machine.

    pytest benchmarks/micro

Each limit is about twice what was measured with CPython 3.11: 2.2, 0.75 and 3. The word test makes the tree, too.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable

import libcst as cst
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from py314_check.languages.python.reachability import Reachability
from py314_check.languages.python.tree import Tree, parse
from py314_check.model import Target
from py314_check.registry import select
from py314_check.scan import ScanSettings, prepare
from py314_check.source import SourceFile

_OPENING = """\
\"\"\"Records and how they are kept.\"\"\"

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from pathlib import Path

log = logging.getLogger(__name__)
DEFAULTS = {"depth": 3, "names": ["a", "b"], "strict": False}
"""
_UNIT = '''

class Record{i}(Base):
    """One kind of record, number {i}.

    It is read from a file, and checked when it is used.
    """

    kind = "record-{i}"  # as it is called in files
    fields = ("name", "size", "owner")

    def __init__(self, path: Path, *, strict: bool = False, **options: object) -> None:
        super().__init__(path)
        self.options = {**DEFAULTS, **options}
        self.counts = defaultdict(int)
        self._strict = strict

    def load(self, names=None):
        """The records of some names."""
        found = []
        try:
            with open(self.path, encoding="utf-8") as file:
                data = json.load(file)
        except (OSError, ValueError) as error:
            log.warning("%s: %s", self.path, error)
            return found
        for name, entry in sorted(data.items()):
            if names is not None and name not in names:
                continue
            elif self._strict and not isinstance(entry, dict):
                raise TypeError(f"{name!r} is no record of kind {self.kind}")
            size = int(entry.get("size", 0)) + {i}
            self.counts[name.lower()] += 1
            found.append((name, size, [part.strip() for part in entry["owner"].split(",") if part]))
        return found

    def save(self, records):
        target = os.path.join(self.directory, f"{self.kind}.json")
        text = json.dumps({name: {"size": size, "owner": ",".join(owner)} for name, size, owner in records}, indent=2)
        with self.lock:
            Path(target).write_text(text)
        return len(text) > 0 and target


def check_{i}(record, limit=10 ** 6, *more):
    # What is too big is left out.
    total = sum(size for _, size, _ in record.load())
    if total > limit or any(one.size > limit for one in more):
        return None
    return max((total, *map(len, more)), key=lambda one: -one)
'''
SOURCE = _OPENING + "".join(_UNIT.replace("{i}", str(one)) for one in range(38))
"""Some 2,000 lines as people write them."""
TARGET = Target.parse("3.14t")
SETTINGS = ScanSettings(TARGET, tuple(rule.code for rule in select(["ALL"], [])))


def _tree() -> Tree:
    return Tree(parse(SourceFile("a.py", "python", SOURCE.encode(), SOURCE)))


def _ratio(benchmark: BenchmarkFixture, work: Callable[[], object]) -> float:
    """The least that some work takes, in the least that `ast.parse` takes in between."""

    def parse_alone() -> None:
        start = time.process_time()
        ast.parse(SOURCE)
        base.append(time.process_time() - start)

    base: list[float] = []
    benchmark.pedantic(work, setup=parse_alone, rounds=15, warmup_rounds=1)  # type: ignore[no-untyped-call]
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.min) / min(base)


_BY_PROCESSOR = pytest.mark.benchmark(timer=time.process_time)


@_BY_PROCESSOR
def test_word_test(benchmark: BenchmarkFixture) -> None:
    assert _ratio(benchmark, lambda: prepare("a.py", SOURCE.encode(), SETTINGS)) < 4.5


@_BY_PROCESSOR
def test_walk(benchmark: BenchmarkFixture) -> None:
    """Listing the nodes, and calling one handler for each name."""
    names: list[object] = []
    module = _tree().module
    assert _ratio(benchmark, lambda: Tree(module).walk({cst.Name: [names.append]}, {})) < 1.3
    assert names


@_BY_PROCESSOR
def test_resolver(benchmark: BenchmarkFixture) -> None:
    """The scopes of the file, and what each of its names stands for."""
    tree = _tree()

    def resolve() -> int:
        names = Reachability(tree, TARGET).names
        return sum(bool(names.resolve(node)) for node in tree.of_type(cst.Name))

    assert resolve() > 1000
    assert _ratio(benchmark, resolve) < 6.0
