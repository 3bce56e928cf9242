"""Many files: any executor will do, and what it loses is said."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from py314_check import scan as scanning
from py314_check import workers
from py314_check.api import Rule, Words
from py314_check.languages import is_test
from py314_check.model import Report, Target
from py314_check.run import Done, Options, check
from py314_check.scan import File, FileResult, Looked, ScanSettings, look_at, prepare
from py314_check.splitting import words_in
from py314_check.words import WordTest


class InOrder(Executor):
    """Runs each call when it is submitted, the way a foreign engine's executor may."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


class Dying(InOrder):
    """An executor that loses a worker to what is called `deadly`, or dies of it as a whole."""

    def __init__(self, *, lives_on: bool) -> None:
        self._lives_on = lives_on
        self._is_dead = False

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        if self._is_dead:
            raise BrokenExecutor("it died before")
        if not any("deadly" in file.path for file in arguments[0]):
            return super().submit(function, *arguments, **named)
        self._is_dead = not self._lives_on
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("a worker died"))
        return future


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


def test_a_foreign_executor_that_loses_a_worker_costs_one_file(tree: Path) -> None:
    (tree / "deadly.py").write_text("import imp\n")
    report = _check(tree, Dying(lives_on=True))
    assert [(note.path, note.kind) for note in report.notifications] == [("deadly.py", "not-analysed")]
    assert report.summary.not_analysed == 1
    assert report.summary.errors == 78


def test_what_a_dead_executor_did_not_do_is_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BATCH_FILES", 1)
    (tree / "deadly.py").write_text("import cgi\n" * 10)  # as big as m9.py, and before it
    report = _check(tree, Dying(lives_on=False))
    assert {one.path for one in report.findings} == {"m10.py", "m11.py"}
    assert {note.path for note in report.notifications} == {"deadly.py", *(f"m{number}.py" for number in range(10))}


def test_progress_counts_every_file_and_what_was_found(tree: Path) -> None:
    (tree / "clean.py").write_text("x = 1\n")
    seen: list[Done] = []
    check(Options(paths=(tree,), jobs=1), progress=seen.append)
    assert [(done.files, done.total) for done in seen] == [(number, 13) for number in range(1, 14)]
    assert [done.findings for done in seen][-2:] == [78, 78]
    assert [done.share for done in seen] == sorted(done.share for done in seen)
    assert seen[-1].share == 1


# Workers: processes of our own.

_PACK = '''
import os, signal
from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

class Trouble(Rule):
    """A rule that ends the process it runs in."""
    code, name = "ZZZ001", "trouble"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = (Words("exit_at_once"), Words("kill_me"))

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == "exit_at_once":
            os._exit(3)
        if node.value == "kill_me":
            os.kill(os.getpid(), signal.SIGKILL)
'''
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def deadly(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the tool in the tree with a rule that kills whoever meets certain names."""
    packs = tmp_path_factory.mktemp("packs")
    about = packs / "deadly_rules-1.dist-info"
    for directory in (packs / "deadly_rules", about):
        directory.mkdir()
    (packs / "deadly_rules" / "__init__.py").write_text(_PACK)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly-rules\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[py314_check.rules]\ndeadly = deadly_rules\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(packs), *sys.path])}

    def run(*options: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "py314_check", "--output-format", "json", *options]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=120, check=False)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["exit_at_once", "kill_me"], ids=["it leaves", "it is killed"])
def test_a_worker_that_dies_costs_the_file_that_it_died_of(name: str, tree: Path, deadly: Run) -> None:
    padding = "x = '''" + "long text\\n" * 20_000 + "'''\n"
    for number in range(10):
        (tree / f"big{number}.py").write_text(f"import cgi\n{padding}")
    bad = {"big4.py": padding, "m3.py": ""}
    others = [one for one in deadly("--jobs", "2", "--no-cache")["findings"] if one["path"] not in bad]
    assert len(others) == 78 - 4 + 9
    for path, more in bad.items():
        (tree / path).write_text(f"import imp\n{name}\n{more}")
    for _ in ("cold", "warm"):  # for so little work no process would be started, if nobody remembered
        report = deadly("--jobs", "2")
        assert [(note["path"], note["kind"]) for note in report["notifications"]] == [
            (path, "not-analysed") for path in bad
        ]
        assert report["findings"] == others


def test_where_no_worker_starts_the_work_is_done_here(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _check(tree)
    monkeypatch.setattr(workers, "WORTH_A_WORKER", 1)
    monkeypatch.setattr(workers, "BATCH_FILES", 1)
    monkeypatch.setattr(workers, "_ignore_interrupts", functools.partial(os._exit, 1))
    assert check(Options(paths=(tree,), jobs=2)) == alone


@pytest.mark.parametrize(
    ("jobs", "size", "started"),
    [(1, 10_000_000, 0), (2, 10_000, 0), (2, 10_000_000, 2), (8, 1_100_000, 3)],
    ids=["one job", "little work", "much work", "work for some"],
)
def test_how_many_processes_are_started(
    jobs: int, size: int, started: int, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[int] = []

    @contextmanager
    def processes(count: int) -> Iterator[Executor]:
        pools.append(count)
        yield InOrder()

    monkeypatch.setattr(workers, "_processes", processes)
    for number in range(10):
        (tree / f"big{number}.py").write_bytes(b"x" * (size // 10))
    check(Options(paths=(tree,), jobs=jobs))
    assert pools == [started] * (started > 0)


def test_threads_are_started_where_there_is_no_global_lock(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _check(tree)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    monkeypatch.setattr(workers, "WORTH_A_WORKER", 1)
    monkeypatch.setattr(workers, "BATCH_FILES", 1)
    monkeypatch.setattr(workers, "_processes", None)
    assert check(Options(paths=(tree,), jobs=2)) == alone


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_what_is_no_regular_file_is_read_once(tree: Path) -> None:
    pipe = tree / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("import pipes\npipes.quote('a')\n",))
    writer.start()
    report = check(Options(paths=(pipe,), jobs=1, diff=True))
    writer.join()
    assert [one.symbol for one in report.findings] == ["pipes"]
    assert report.changes[0].after == b"import shlex\nshlex.quote('a')\n"


def test_the_words_of_a_big_file_do_not_need_many_times_its_memory() -> None:
    data = b"".join(b"name_%d = %d\n" % (number % 1000, number) for number in range(400_000))
    assert set(words_in(data)) == set(re.findall(rb"\w+", data))
    tracemalloc.start()
    vocabulary = frozenset({b"name_7"}).intersection(words_in(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert vocabulary == {b"name_7"}
    assert peak < 2 * len(data)


@pytest.mark.parametrize(("lines", "given_back"), [(100, 0), (40_000, 1)], ids=["little", "much"])
def test_memory_is_given_back_where_much_was_parsed(
    lines: int, given_back: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(scanning, "_give_memory_back", lambda: calls.append(1))
    data = b'import cgi\n"""' + b"a string\n" * lines + b'"""\n'
    (looked,) = look_at([File("m.py", "", len(data), data=data)], ScanSettings(Target(), ("RMV001",)))
    assert looked.result is not None
    assert looked.result.parsed
    assert len(calls) == given_back


def test_a_defect_in_the_test_of_a_rule_costs_one_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def candidates(self: WordTest, data: bytes) -> list[type[Rule]]:
        if len(data) == 11:
            raise ZeroDivisionError
        return real(self, data)

    real = WordTest.candidates
    monkeypatch.setattr(WordTest, "candidates", candidates)
    report = _check(tree)
    assert [(note.path, note.kind) for note in report.notifications] == [("m0.py", "not-analysed")]
    assert report.summary.errors == 77


@pytest.mark.parametrize(
    ("changes", "path", "tested"),
    [
        ({}, "m.py", True),
        ({"in_tests": False}, "m.py", True),
        ({"in_tests": False}, "tests/m.py", False),
        ({"since": "3.15"}, "m.py", False),
        ({"languages": ("c",)}, "m.py", False),
    ],
    ids=["it applies", "no test file", "a test file", "a later Python", "another language"],
)
def test_bytes_are_tested_for_rules_that_apply_alone(
    changes: dict[str, Any], path: str, tested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    class Asking(Rule):
        code, name = "ZZZ002", "asking"
        words = (Words("cgi", test=asked.append),)

    for name, value in changes.items():
        setattr(Asking, name, value)
    monkeypatch.setattr(scanning, "rule_entries", lambda: (Asking,))
    prepare(path, b"import cgi\n", ScanSettings(Target(), ("ZZZ002", path, repr(changes))))
    assert bool(asked) is tested


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

    def look(file: File, settings: ScanSettings) -> Looked:
        if file.path == "first.py":
            first_runs.set()
            assert second_runs.wait(60)
        else:
            second_runs.set()
            assert first_ended.wait(60)
        limits.append(sys.getrecursionlimit())
        return Looked(FileResult(file.path))

    monkeypatch.setattr(scanning, "look", look)
    settings = ScanSettings(Target(), ())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(look_at, [File("first.py", "", 0)], settings)
        assert first_runs.wait(60)
        second = pool.submit(look_at, [File("second.py", "", 0)], settings)
        first.result()
        first_ended.set()
        second.result()
    assert limits[0] == limits[1] > usual
    assert sys.getrecursionlimit() == usual
