"""The cache: what it gives back is what it was given, nothing wrong with it is trouble, and no report shows it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.scanning import scan_source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py314_check import cache as caching
from py314_check import kept, stamps
from py314_check import scan as scanning
from py314_check.answers import Answers
from py314_check.cache import Cache, Kept
from py314_check.model import Report, Target
from py314_check.run import Options, check
from py314_check.scan import MAX_BYTES, FileResult, ScanSettings
from py314_check.stamps import Stamp, digest

SETTINGS = ScanSettings(Target(), ("RMV001", "SYN001", "SYN900"))
PATH = "a b/é\udcff.py"
STAMP = Stamp(12, 1_700_000_000_000_000_001, 1_700_000_000_000_000_002)


def _cache(directory: Path, settings: ScanSettings = SETTINGS) -> Cache:
    (directory / "a b").mkdir(exist_ok=True)
    (directory / PATH).touch()
    return Cache(directory / "cache", directory, settings)


def _put(directory: Path, result: FileResult, stamp: Stamp | None = STAMP) -> None:
    cache = _cache(directory)
    cache.put(result.path, stamp, "d1g3st", (3, 10), result)
    cache.save()


SOURCES = {
    "findings": ("m.py", "import cgi, imp\n"),
    "a guarded finding": ("m.py", "try:\n    import cgi\nexcept ImportError:\n    pass\n"),
    "a parse failure": ("m.py", "print 'cgi'; import cgi\n"),
    "an unused comment": ("m.py", "x = 1  # py314: ignore\n"),
    "a fix with an import that goes": ("m.py", "import pipes\npipes.quote('a')\n"),
    "a question about crates": ("lib.rs", "#[pymodule]\nfn m(m: M) {}\n"),
    "another question about crates": ("lib.rs", "static A: GILOnceCell<T> = GILOnceCell::new();\n"),
    "a file of others": ("vendor/a.c", "PyObject *m = PyModule_Create(&d); static int a; Py_UNICODE u;\n"),
    "nothing": ("m.py", "x = 1\n"),
}


@pytest.mark.parametrize(("path", "source"), SOURCES.values(), ids=SOURCES)
def test_what_was_put_comes_back(path: str, source: str, tmp_path: Path) -> None:
    result = dataclasses.replace(scan_source(source, path=path), path=PATH)
    findings = tuple(dataclasses.replace(one, path=PATH) for one in result.findings)
    notes = tuple(dataclasses.replace(one, path=PATH) for one in result.notifications)
    result = dataclasses.replace(result, findings=findings, notifications=notes)
    assert (result != FileResult(PATH)) is (source != "x = 1\n")
    assert _cache(tmp_path).get(PATH) is None
    _put(tmp_path, result)
    assert _cache(tmp_path).get(PATH) == Kept(STAMP, "d1g3st", (3, 10), result)


@pytest.mark.parametrize(
    "change",
    [{"target": Target((3, 15))}, {"codes": ("RMV001",)}, {"line_hashes": True}, {"word_test": False}],
    ids=["target", "rules", "line hashes", "word test"],
)
def test_other_settings_know_nothing(change: dict[str, Any], tmp_path: Path) -> None:
    _put(tmp_path, FileResult(PATH))
    assert _cache(tmp_path).get(PATH) is not None
    assert _cache(tmp_path, dataclasses.replace(SETTINGS, **change)).get(PATH) is None


@pytest.mark.parametrize("name", ["pack_digest", "_versions", "__version__"], ids=["rules", "parsers", "the tool"])
def test_other_versions_know_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(tmp_path, FileResult(PATH))
    monkeypatch.setattr(caching, name, "2.0" if name == "__version__" else lambda: "other")
    assert _cache(tmp_path).get(PATH) is None


def test_the_versions_of_the_parsers_are_found() -> None:
    assert {name.lower().replace("-", "_").partition("_")[0] for name in caching._versions()} >= {"libcst", "tree"}


def _index(directory: Path) -> Path:
    (index,) = directory.rglob("py314-check-*.json")
    return index


def _write(index: Path, known: object) -> None:
    """An index that nothing but its meaning is wrong with."""
    text = json.dumps(known)
    index.write_text(f"{digest(text.encode())}\n{text}")


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def _paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in plain data."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for key, inner in below for one in _paths(inner, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which all sorts of findings, and of questions about other files, come up."""
    root = tmp_path_factory.mktemp("project")
    files = {
        ".git/HEAD": "",
        "pyproject.toml": "[project]\nname = 'p'\nversion = '1'\nrequires-python = '>=3.9'\n",
        "a.py": "import cgi, pipes\npipes.quote('a')\n",
        "b.py": "try:\n    import imp\nexcept ImportError:\n    pass\n",
        "c.py": "n = 0\n\n\ndef number():\n    global n\n    n += 1\n    return n\n",
        "d.py": "print 'x'; import cgi\n",
        "m.c": '#include "h.h"\nstatic PyObject *cache;\nPyObject *f(void) { if (!cache) cache = PyList_New(0); return cache; }\n'
        "PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&def); }\n",
        "h.h": "static inline int f(PyObject *a) { return PyEval_CallObject(a, 0) != 0; }\n",
        "x.pyx": "cdef int x\n\ndef f():\n    global x\n    x += 1\n    return x\n",
        "setup.py": "from setuptools import setup\nsetup(name='p')\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    return root


FREE_THREADED = Target((3, 14), free_threaded=True)


def _run(root: Path, **how: Any) -> Report:
    return check(Options(**{"paths": (root,), "cache": True, "jobs": 1, "target": FREE_THREADED, **how}))


def _old(root: Path) -> None:
    """Lets time pass since the files were written, as far as stamps tell."""
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was just written counts as if it had been written long ago."""
    monkeypatch.setattr(stamps, "TICK", 0)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_does_not_mean_what_it_should_changes_no_report(data: st.DataObject, project: Path, calm: None) -> None:
    expected = _run(project, cache=False)
    assert _run(project) == expected
    index = _index(project)
    known = json.loads(index.read_bytes().partition(b"\n")[2])
    where = data.draw(st.sampled_from(_paths(known)))
    new = data.draw(_junk)
    try:
        _write(index, _with(known, where, new))
        _run(project)  # anything but an exception
    finally:
        index.unlink()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_of_any_kind_changes_no_report(data: st.DataObject, project: Path, calm: None) -> None:
    expected = _run(project)
    index = _index(project)
    good = index.read_bytes()
    at = data.draw(st.integers(0, len(good)))
    damaged = data.draw(
        st.sampled_from([good[:at], good[at:], good[:at] + b"\0" + good[at + 1 :], good[:at] + b"1" + good[at:], b""])
        | st.binary(max_size=50)
    )
    index.write_bytes(damaged)
    assert _run(project) == expected


def test_a_place_that_cannot_be_written_is_no_trouble(project: Path, tmp_path: Path) -> None:
    expected = _run(project)
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path(os.devnull)):
        assert _run(project, cache_dir=place) == expected


def test_what_was_not_analysed_is_tried_again_unless_it_is_too_big(tmp_path: Path) -> None:
    _put(tmp_path, FileResult(PATH, not_analysed=True))
    assert _cache(tmp_path).get(PATH) is None
    too_big = STAMP._replace(size=MAX_BYTES + 1)
    _put(tmp_path, FileResult(PATH, not_analysed=True), too_big)
    assert _cache(tmp_path).get(PATH) is not None


# What a run does with it.


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for name in ("a.py", "b.py", "clean.py"):
        (tmp_path / name).write_text("import cgi\n" if name != "clean.py" else "x = 1\n")
    return tmp_path


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch, calm: None) -> Callable[[], dict[str, str]]:
    """Which files were read since it was asked the last time, and whether they were analysed."""
    seen: dict[str, str] = {}
    look = scanning.look

    def spy(file: scanning.File, settings: ScanSettings) -> scanning.Looked:
        looked = look(file, settings)
        seen[file.path] = "hashed" if looked.result is None else "analysed"
        return looked

    def since() -> dict[str, str]:
        copy = dict(seen)
        seen.clear()
        return copy

    monkeypatch.setattr(scanning, "look", spy)
    return since


Since = Callable[[], dict[str, str]]


def test_a_second_run_reads_nothing_and_says_the_same(tree: Path, looked_at: Since) -> None:
    first = _run(tree)
    assert looked_at() == dict.fromkeys(("a.py", "b.py", "clean.py"), "analysed")
    tag = tree / ".py314_check_cache" / "CACHEDIR.TAG"
    assert tag.read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (tag.parent / ".gitignore").read_text() == "*\n"
    written = _index(tree).read_bytes()
    assert _run(tree) == first
    assert looked_at() == {}
    assert _index(tree).read_bytes() == written


def test_only_what_changed_is_analysed(tree: Path, looked_at: Since) -> None:
    _run(tree)
    looked_at()
    (tree / "a.py").write_text("import imp\n")
    assert sorted(one.symbol for one in _run(tree).findings) == ["cgi", "imp"]
    assert looked_at() == {"a.py": "analysed"}


def test_a_file_that_was_only_touched_is_hashed_once(tree: Path, looked_at: Since) -> None:
    first = _run(tree)
    looked_at()
    os.utime(tree / "a.py")
    assert _run(tree) == first
    assert looked_at() == {"a.py": "hashed"}
    assert _run(tree) == first
    assert looked_at() == {}


def test_a_change_that_keeps_size_and_time_is_seen(tree: Path, looked_at: Since) -> None:
    _old(tree)
    _run(tree)
    (tree / "a.py").write_text("import imp\n")
    _old(tree)
    assert sorted(one.symbol for one in _run(tree).findings) == ["cgi", "imp"]


def test_a_file_that_changed_just_before_a_run_is_not_trusted(
    tree: Path, looked_at: Since, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "TICK", 3600 * 10**9)
    first = _run(tree)
    looked_at()
    assert _run(tree) == first
    assert set(looked_at().values()) == {"hashed"}


def test_what_the_project_decides_is_never_kept(tree: Path, looked_at: Since) -> None:
    _run(tree)
    (tree / "cgi.py").write_text("")
    assert _run(tree).findings == ()


def test_another_oldest_python_is_another_result(tree: Path, looked_at: Since) -> None:
    for minor in (9, 10):
        (tree / "pyproject.toml").write_text(f"[project]\nname = 'p'\nversion = '1'\nrequires-python = '>=3.{minor}'\n")
        _run(tree)
        assert looked_at() == {
            **dict.fromkeys(("a.py", "b.py", "pyproject.toml"), "analysed"),
            **({"clean.py": "analysed"} if minor == 9 else {}),
        }


def test_what_other_files_say_is_asked_again_when_they_change(tmp_path: Path, calm: None) -> None:
    (tmp_path / ".git").mkdir()
    code = "PyMODINIT_FUNC PyInit_m(void) { return PyModuleDef_Init(&def); }\n"
    (tmp_path / "m.c").write_text(code)  # the definition, and with it what it declares, is elsewhere
    (tmp_path / "other.c").write_text("int x;\n")

    def codes() -> set[str]:
        report = _run(tmp_path)
        plain = _run(tmp_path, cache=False)
        assert report == plain
        return {one.code for one in report.findings}

    before = codes()
    assert before == codes()
    (tmp_path / "other.c").write_text("PyModuleDef_Slot slots[] = {{Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0}};\n")
    assert codes() < before
    (tmp_path / "other.c").unlink()
    assert codes() == before


def test_a_run_over_some_files_keeps_what_is_known_of_others(tree: Path, looked_at: Since) -> None:
    _run(tree)
    looked_at()
    (tree / "a.py").write_text("import imp\n")
    (tree / "b.py").unlink()
    _run(tree, paths=(tree / "a.py",))
    assert looked_at() == {"a.py": "analysed"}
    assert set(json.loads(_index(tree).read_text().partition("\n")[2])["files"]) == {"a.py", "clean.py"}
    _run(tree)
    assert looked_at() == {}


def test_there_are_never_many_indexes(tree: Path) -> None:
    (tree / ".py314_check_cache").mkdir()
    other = tree / ".py314_check_cache" / "somebody's.json"
    other.write_text("{}")
    for number in range(kept.MOST + 3):
        _run(tree, select=("RMV001",), target=Target((3, number)))
    assert len(list(tree.rglob("py314-check-*.json"))) == kept.MOST
    assert other.exists()


def test_answers_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("py314_check.answers.MOST", 2)
    answers = Answers()
    for question in ("one", "two", "three", "two"):
        answers.whether(question, [("a.py", STAMP)], lambda: True)
    assert list(answers.kept) == ["three", "two"]


def test_fixes_are_seen_by_the_next_run(tree: Path, calm: None) -> None:
    (tree / "a.py").write_text("import pipes\npipes.quote('a')\n")
    assert "pipes" in {one.symbol for one in _run(tree).findings}
    assert _run(tree, fix=True).fixed == 1
    assert (tree / "a.py").read_text() == "import shlex\nshlex.quote('a')\n"
    after = _run(tree)
    assert {one.symbol for one in after.findings} == {"cgi"}
    assert after == _run(tree)


def test_a_file_that_changes_before_it_is_fixed_is_left_alone(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tree / "a.py"
    bad.write_text("import pipes\npipes.quote('a')\n")
    monkeypatch.setattr(Cache, "save", lambda self: bad.write_text("# somebody's work\n"))  # between reading and fixing
    report = _run(tree, fix=True)
    assert [note.message for note in report.notifications] == [
        "Not fixed: it has changed since it was read; run again."
    ]
    assert bad.read_text() == "# somebody's work\n"


def test_an_interrupted_run_keeps_what_was_done(tree: Path, looked_at: Since) -> None:
    def interrupt(done: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(
            Options(paths=(tree,), cache=True, jobs=1, target=Target((3, 14), free_threaded=True)), progress=interrupt
        )
    assert len(looked_at()) == 3
    assert len(json.loads(_index(tree).read_text().partition("\n")[2])["files"]) == 1


def test_runs_at_the_same_time_do_not_hurt_each_other(project: Path, tmp_path: Path) -> None:
    expected = _run(project)
    reports: list[Report] = []
    threads = [
        threading.Thread(target=lambda: reports.extend(_run(project, cache_dir=tmp_path) for _ in range(5)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reports == [expected] * 20
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".TAG", ".json"]


_AUDITED = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(arguments[0]) if event == "open" else None)
sys.argv = ["py314-check", "--target", "3.14t", "--output-format", "json", "--jobs", "1", *sys.argv[1:]]
from py314_check.cli import main
try:
    main()
except SystemExit:
    pass
print(*(one for one in opened if isinstance(one, str)), sep="\\n", file=sys.stderr)
"""


def test_a_warm_run_opens_no_source_file(project: Path, tmp_path: Path) -> None:
    def run(*options: str) -> tuple[str, set[str]]:
        command = [sys.executable, "-c", _AUDITED, *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, env=environment, check=True)
        names = {os.path.relpath(os.path.join(project, line), project) for line in done.stderr.splitlines()}
        return done.stdout, {name for name in names if not name.startswith("..")}

    _old(project)
    time.sleep(stamps.TICK / 10**9 + 0.1)
    cold, opened = run("--cache-dir", str(tmp_path))
    assert {"a.py", "b.py", "c.py", "d.py", "m.c", "h.h", "x.pyx"} <= opened
    warm, opened = run("--cache-dir", str(tmp_path))
    assert warm == cold
    answers = json.loads(_index(tmp_path).read_text().partition("\n")[2])["answers"]
    for question in ("is a script", "leaves out", "matches", "says", "shows threads"):
        assert any(one.startswith(question) for one in answers), f"nothing asks which file {question}"
    assert opened <= {"pyproject.toml", "setup.py", ".git/HEAD"}
