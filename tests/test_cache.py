"""The cache: what it gives back is what it was given, and nothing wrong with it is trouble."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from helpers.scanning import scan_source

from py314_check import scan as scanning
from py314_check.cache import Cache
from py314_check.model import Report, Target
from py314_check.run import Options, check
from py314_check.scan import FileResult, ScanSettings, Task

SETTINGS = ScanSettings(Target(), ("RMV001", "SYN001", "SYN900"))
TASK = Task("a b/é\udcff.py", b"import cgi\n", ("RMV001",))


def test_questions_about_crates_come_back(tmp_path: Path) -> None:
    task = Task("lib.rs", b"", ("EXT005", "EXT232"))
    for source in ("#[pymodule]\nfn m(m: M) {}\n", "static A: GILOnceCell<T> = GILOnceCell::new();\n"):
        result = scan_source(source, path=task.path)
        assert [one.crate is not None for one in result.findings] == [True]
        cache = Cache(tmp_path, SETTINGS)
        cache.put(task, result)
        assert cache.get(task) == result


@pytest.mark.parametrize(
    "source",
    [
        "import cgi, imp\n",
        "try:\n    import cgi\nexcept ImportError:\n    pass\n",
        "print 'cgi'; import cgi\n",
        "x = 1  # py314: ignore\n",
    ],
    ids=["findings", "guarded", "a parse failure", "an unused comment"],
)
def test_what_was_put_comes_back(source: str, tmp_path: Path) -> None:
    result = scan_source(source, path=TASK.path)
    assert result.findings
    cache = Cache(tmp_path, SETTINGS)
    assert cache.get(TASK) is None
    cache.put(TASK, result)
    assert cache.get(TASK) == result


def test_every_part_of_the_key_matters(tmp_path: Path) -> None:
    Cache(tmp_path, SETTINGS).put(TASK, FileResult(TASK.path, parsed=True))
    for change in ({"path": "b.py"}, {"data": b"import imp\n"}, {"codes": ("SYN001",)}):
        assert Cache(tmp_path, SETTINGS).get(dataclasses.replace(TASK, **change)) is None  # type: ignore[arg-type]
    for change in ({"target": Target((3, 15))}, {"codes": ("RMV001",)}, {"line_hashes": True}):
        assert Cache(tmp_path, dataclasses.replace(SETTINGS, **change)).get(TASK) is None  # type: ignore[arg-type]
    assert Cache(tmp_path, SETTINGS).get(TASK) is not None


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[]", b"{}", b"null", b'{"findings": [1]}', b"\xff\0", b'{"findings": 3}']
)
def test_junk_is_ignored(junk: bytes, tmp_path: Path) -> None:
    cache = Cache(tmp_path, SETTINGS)
    cache.put(TASK, FileResult(TASK.path, parsed=True))
    (entry,) = tmp_path.rglob("*.json")
    entry.write_bytes(junk)
    assert cache.get(TASK) is None


def test_what_was_not_analysed_is_tried_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path, SETTINGS)
    cache.put(TASK, FileResult(TASK.path, not_analysed=True))
    assert cache.get(TASK) is None


def test_a_place_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file", SETTINGS)
    cache.put(TASK, FileResult(TASK.path))
    assert cache.get(TASK) is None


def _run(root: Path) -> Report:
    return check(Options(paths=(root,), cache=True, jobs=1))


def test_a_second_run_analyses_nothing_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.py").write_text("import cgi\n")
    first = _run(tmp_path)
    tag = tmp_path / ".py314_check_cache" / "CACHEDIR.TAG"
    assert tag.read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (tag.parent / ".gitignore").read_text() == "*\n"

    def refuse(*arguments: object) -> FileResult:
        raise AssertionError("analysed again")

    monkeypatch.setattr(scanning, "scan_file", refuse)
    assert _run(tmp_path) == first
    monkeypatch.undo()
    (tmp_path / "a.py").write_text("import imp\n")
    assert [one.symbol for one in _run(tmp_path).findings] == ["imp"]
    (tmp_path / "cgi.py").write_text("")
    (tmp_path / "a.py").write_text("import cgi\n")
    assert _run(tmp_path).findings == (), "what the project decides is never cached"
    assert os.listdir(tmp_path / ".py314_check_cache") != []
