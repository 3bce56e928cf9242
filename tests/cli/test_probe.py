"""``py314-check probe`` on real interpreters, and on what is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from helpers.interpreters import interpreters

from py314_check.probe import interpreters as search
from py314_check.probe import measure, report

pytestmark = pytest.mark.skipif(os.name != "posix", reason="what stands for interpreters here are shell scripts")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "py314_check", "probe", "--repeats", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


def asked(*pythons: str, timeout: float = 60) -> list[dict[str, Any]]:
    options = [part for python in pythons for part in ("--python", python)]
    done = run(*options, "--output-format", "json", "--timeout", str(timeout))
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data["schema_version"] == 1
    found: list[dict[str, Any]] = data["interpreters"]
    return found


@pytest.fixture
def fake(tmp_path: Path) -> Any:
    def made(script: str, name: str = "python3.99") -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return made


@pytest.mark.parametrize("version", ["3.8", "3.10", "3.13", "3.14", "3.15"])
def test_a_real_interpreter(version: str) -> None:
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed here")
    (one,) = asked(python)
    assert one["problem"] is None
    assert one["version"].startswith(f"{version}.")
    assert (one["gil_enabled"], one["build"]["free_threaded"]) == (True, False)
    has_jit = one["jit"]["available"]
    assert [each["jit"] for each in one["runs"]] == ([False, True] if has_jit else [None])
    for each in one["runs"]:
        assert set(each["workloads"]) == set(measure.WORKLOADS)
        assert all(times["median"] == times["times"][0] > 0 for times in each["workloads"].values())
        by = {name: times["median"] for name, times in each["workloads"].items()}
        assert each["thread_gain"] == pytest.approx(by["one_by_one"] / by["in_threads"])
    assert (one["jit_gain"] is not None) == bool(has_jit)


def test_the_variable_reaches_the_interpreter() -> None:
    python = interpreters().get("3.14")
    if python is None:
        pytest.skip("Python 3.14 is not installed here")
    enabled = [measure._ask(python, ["about"], jit, 60)["jit"] for jit in (False, True)]
    if not enabled[0]["available"]:
        pytest.skip("this Python 3.14 was built without a JIT")
    assert [one["enabled"] for one in enabled] == [False, True]


def test_python_2_is_too_old() -> None:
    python = next(iter(sorted(Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"))), None)
    if python is None:
        pytest.skip("Python 2.7 is not installed here")
    (one,) = asked(str(python))
    assert one["version"].startswith("2.7.")
    assert "too old" in one["problem"]
    assert one["runs"] == []


PROBLEMS = {
    "exit 3": "it ended with status 3",
    "echo 'No module named encodings' >&2; exit 1": "it ended with status 1: No module named encodings",
    "printf 'Traceback (most recent call last):\\n  ...\\nImportError: x\\n'; exit 1": "it ended with status 1: ImportError: x",
    "kill -SEGV $$": "it crashed (SIGSEGV)",
    "echo hello": "its answer is not that of a Python",
    f"echo '{measure.MARK}[1]'": "its answer is not that of a Python",
    f"echo '{measure.MARK}{{}}'": "its answer is not that of a Python",
    "printf '\\377\\000\\n'": "its answer is not that of a Python",
    "sleep 60": "no answer within 1 s",
    "sleep 60 & exec sleep 60": "no answer within 1 s",
    "exec >&- 2>&-; sleep 60": "no answer within 1 s",
    "yes": "it writes without end",
}


@pytest.mark.parametrize(("script", "problem"), PROBLEMS.items(), ids=PROBLEMS)
def test_what_is_no_interpreter_is_a_line(script: str, problem: str, fake: Any) -> None:
    begin = time.monotonic()
    first, second = asked(fake(script), sys.executable, timeout=1) if "60" in script else asked(fake(script), "nothing")
    assert first["problem"] == problem
    assert second["problem"] in (None, "there is no such file", "no answer within 1 s")
    assert time.monotonic() - begin < 30


def test_one_that_fails_later_is_a_line(fake: Any) -> None:
    script = f'case "$*" in *" about") exec {sys.executable} "$@";; *) kill -ABRT $$;; esac'
    (one,) = asked(fake(script))
    assert (one["problem"], one["runs"]) == ("it crashed (SIGABRT)", [])
    assert one["version"]


def test_missing_and_unusable_paths(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no program")
    missing, data, directory = asked(str(tmp_path / "none"), str(tmp_path / "data"), str(tmp_path))
    assert missing["problem"] == "there is no such file"
    assert data["problem"] == "it cannot be started (Permission denied)"
    assert directory["problem"] == "there is no such file"


def test_modules_of_the_working_directory_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert measure._ask(sys.executable, ["about"], None, 60)["version_info"][0] == 3


def test_the_search_finds_each_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Any) -> None:
    first = fake("", "python3.9")
    for name in ("python3.14t", "python3.14", "python3", "python3.14-config", "python3.8.txt"):
        fake("", name)
    (tmp_path / "python3.10").symlink_to(first)
    (tmp_path / "python3.11").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), str(tmp_path / "missing"), str(tmp_path)]))
    assert [os.path.basename(path) for path in search.found()[1:]] == ["python3.9", "python3.14", "python3.14t"]
    assert search.given(["python3.14", "nothing"]) == [str(tmp_path / "python3.14"), "nothing"]


def test_shims_of_one_interpreter_are_one(fake: Any) -> None:
    shims = [fake(f'exec {sys.executable} "$@"', name) for name in ("python3.1", "python3.2")]
    assert [one.path for one in measure.identify(shims, 60)] == shims[:1]


def _measured(version: str, *, jit: bool = False, free_threaded: bool = False) -> measure.Interpreter:
    runs = [measure.Run(None)] if not jit else [measure.Run(False), measure.Run(True)]
    for run in runs:
        for number, workload in enumerate(measure.WORKLOADS):
            run.times[workload] += [0.1, 9.0, 0.05 if run.jit else 0.1 + number / 10]
    about = {"version": version, "build": {"free_threaded": free_threaded}, "gil_enabled": not free_threaded}
    about["jit"] = {"available": jit if version.startswith("3.14") else None}
    return measure.Interpreter(f"/usr/bin/python{version}", about, runs)


def test_the_table() -> None:
    crashed = measure.Interpreter("/opt/python", problem="it crashed (SIGSEGV)")
    all_of_them = [
        _measured("3.13.1"),
        _measured("3.14.10", jit=True),
        _measured("3.14.2", free_threaded=True),
        crashed,
    ]
    text = report.text(all_of_them, 2, 0.1, 3, color=False)
    assert text.splitlines()[:7] == [
        "    Python    GIL  JIT    one by one   2 threads    gain   Fibonacci  dictionary",
        " 1  3.13.1    on   ?           100.0       200.0   x0.50       300.0       400.0",
        " 2  3.14.10   on   off         100.0       200.0   x0.50       300.0       400.0",
        "                   on          100.0       100.0   x1.00       100.0       100.0",
        "              JIT  gain        x1.00       x2.00               x3.00       x4.00",
        " 3  3.14.2t   off  none        100.0       200.0   x0.50       300.0       400.0",
        " 4  ?         it crashed (SIGSEGV)",
    ]
    assert " 4  /opt/python\n" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "busy" not in text


def test_a_long_problem_is_cut_in_the_table() -> None:
    one = measure.Interpreter("/opt/python", problem="it ended with status 1: " + "word " * 40)
    line = report.text([one], 2, None, 1, color=False).splitlines()[1]
    assert line.endswith("word ...")
    assert len(line) <= 80


def test_a_busy_machine_is_said_to_be() -> None:
    assert "busy (load 3.5, processors: 2)" in report.text([], 2, 3.5, 1, color=False)


def test_colour_is_for_terminals() -> None:
    arguments = ("--python", "nothing")
    assert "\x1b[" not in run(*arguments).stdout
    assert "\x1b[" in run(*arguments, "--color", "always").stdout
    assert "\x1b[" in run(*arguments, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run(*arguments, FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize("arguments", [["--repeats", "0"], ["--timeout", "x"], ["--output-format", "xml"], ["here"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2
