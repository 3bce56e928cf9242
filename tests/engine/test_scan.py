"""Many files: any executor will do, and what it loses is said."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from py314_check import scan as scanning
from py314_check.languages import is_test
from py314_check.model import Report, Target
from py314_check.run import Options, check
from py314_check.scan import BATCH_BYTES, ScanSettings, Task, scan


class InOrder(Executor):
    """Runs each call when it is submitted, the way a foreign engine's executor may."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


class Dying(InOrder):
    """An executor that loses whatever holds the word `deadly`."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if any(b"deadly" in task.data for task in arguments[0]):
            future.set_exception(BrokenExecutor("a worker died"))
            return future
        return super().submit(function, *arguments, **named)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for number in range(12):
        (tmp_path / f"m{number}.py").write_text("import cgi\n" * (number + 1))
    return tmp_path


def _check(tree: Path, executor: Executor | None = None) -> Report:
    return check(Options(paths=(tree,), jobs=1), executor=executor)


def test_any_executor_gives_the_same_report(tree: Path) -> None:
    alone = _check(tree)
    assert alone.summary.errors == 78
    assert _check(tree, InOrder()) == alone
    with ThreadPoolExecutor(3) as threads:
        assert _check(tree, threads) == alone


def test_files_that_a_worker_took_with_it_are_named(tree: Path) -> None:
    big = "import imp\nx = '" + "deadly " * (BATCH_BYTES // 7) + "'\n"  # a batch of its own
    (tree / "bad.py").write_text(big)
    report = _check(tree, Dying())
    assert [(note.path, note.kind) for note in report.notifications] == [("bad.py", "not-analysed")]
    assert report.summary.not_analysed == 1
    assert report.summary.errors == 78


def test_results_come_for_every_task() -> None:
    tasks = [Task(f"m{number}.py", b"import cgi\n", ("RMV001",)) for number in range(5)]
    assert sorted(result.path for result in scan(tasks, ScanSettings(Target(), ("RMV001",)))) == [
        task.path for task in tasks
    ]


def test_progress_counts_every_parsed_file(tree: Path) -> None:
    seen: list[tuple[int, int]] = []
    check(Options(paths=(tree,), jobs=1), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 12) for number in range(1, 13)]


@pytest.mark.parametrize(("files", "guarded"), [((), False), (("commands.py",), True), (("other.py",), False)])
def test_a_module_of_the_project_may_be_what_python_2_alone_had(
    tmp_path: Path, files: tuple[str, ...], guarded: bool
) -> None:
    program = "try:\n    import {}\nexcept ImportError:\n    import {}\n"
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "body.py").write_text(program.format("commands", "cgi"))
    (tmp_path / "handler.py").write_text(program.format("cgi", "commands"))
    for file in files:
        (tmp_path / file).touch()
    report = check(Options(paths=(tmp_path,), jobs=1, show_guarded=True))
    assert [(Path(one.path).name, one.guard is not None) for one in report.findings] == [
        ("body.py", guarded),
        ("handler.py", guarded),
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/helpers.py", True),
        ("src/pack/test/data.py", True),
        ("pack/testing/tools.py", True),
        ("pack/test_module.py", True),
        ("pack/module_test.py", True),
        ("conftest.py", True),
        ("pack/contest.py", False),
        ("pack/latest/module.py", False),
        ("pack/testify.py", False),
        ("/home/me/tests/project/module.py", False),  # outside the root: where that is says nothing
        ("/home/me/tests/project/test_module.py", True),
    ],
)
def test_which_files_are_tests(path: str, expected: bool) -> None:
    assert is_test(path) is expected


def test_a_scan_that_ends_takes_the_recursion_limit_from_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = sys.getrecursionlimit()
    first_runs, second_runs, first_ended = threading.Event(), threading.Event(), threading.Event()
    limits: list[int] = []

    def scan_one(task: Task, settings: ScanSettings) -> scanning.FileResult:
        if task.path == "first.py":
            first_runs.set()
            assert second_runs.wait(60)
        else:
            second_runs.set()
            assert first_ended.wait(60)
        limits.append(sys.getrecursionlimit())
        return scanning.FileResult(task.path)

    monkeypatch.setattr(scanning, "scan_file", scan_one)
    settings = ScanSettings(Target(), ())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(scanning.scan_batch, [Task("first.py", b"", ())], settings)
        assert first_runs.wait(60)
        second = pool.submit(scanning.scan_batch, [Task("second.py", b"", ())], settings)
        first.result()
        first_ended.set()
        second.result()
    assert limits[0] == limits[1] > usual
    assert sys.getrecursionlimit() == usual
