"""What measures precision and performance: its data is whole, and it does what it says without the package index."""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from subprocess import CalledProcessError

import native
import page
import performance
import precision
import pytest
import stages
import tables
import timing
import tree
import words
from precision import Found, Verdict
from sources import Release, SourceList, fetch, load, unpack, usual
from timing import Contender, Run
from words import Shares

from py314_check.run import check
from py314_check.words import WordTest

MODULE = b"""#include <Python.h>
static PyObject *cache;
static PyObject *get(PyObject *self, PyObject *args) { if (!cache) cache = PyDict_New(); return Py_NewRef(cache); }
static PyMethodDef methods[] = {{"get", get, METH_NOARGS}, {NULL}};
"""


def _archive(path: Path, members: dict[str, bytes]) -> str:
    with tarfile.open(path, "w:gz") as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_verdict_is_about_a_release_that_is_read() -> None:
    read = {releases[0].title for one in load().values() for releases in one.packages}
    assert {verdict.release for verdict in precision.verdicts().values()} <= read


def test_every_release_has_a_hash() -> None:
    releases = [release for one in load().values() for each in one.packages for release in each]
    assert len({release.sha256 for release in releases}) == len(releases)
    assert all(re.fullmatch("[0-9a-f]{64}", release.sha256) for release in releases)


def test_a_release_is_told_by_its_hash_and_scanned(tmp_path: Path) -> None:
    sha256 = _archive(tmp_path / "named-as-you-like.tar.gz", {"x-1/m.c": MODULE, "x-1/doc/y.txt": b""})
    (found,) = precision.findings(Release("x", "1", sha256), ["EXT201"], tmp_path)
    assert found.key == ("x 1", "m.c", 3, "EXT201", "cache")
    assert found.text.startswith("static PyObject *get(")


def test_nothing_is_unpacked_outside(tmp_path: Path) -> None:
    sha256 = _archive(tmp_path / "a.tar.gz", {"x-1/../../out": b""})
    with pytest.raises(tarfile.FilterError):
        unpack(fetch(Release("x", "1", sha256), tmp_path), tmp_path / "in")
    assert not (tmp_path / "out").exists()


def _measured(given: list[Verdict]) -> str:
    def found(release: str, line: int, symbol: str) -> Found:
        return Found(release, "m.c", line, "EXT201", symbol, "high", "text")

    lists = {"some": SourceList("About.", ("EXT",), ((Release("x", "1", "", 2), Release("x", "2", "", 0)),))}
    results = {"x 1": [found("x 1", 3, "a"), found("x 1", 4, "b")], "x 2": [found("x 2", 9, "b")]}
    return precision.measured(lists, results, {one.key: one for one in given})


def test_what_is_written() -> None:
    text = _measured(
        [
            Verdict("x 1", "m.c", 3, "EXT201", "a", "true", "It is | so."),
            Verdict("x 1", "m.c", 9, "EXT201", "c", "false", "Mended."),
        ]
    )
    assert "| some | EXT201 | 2 | 1 | 0 | 0 | 1 | 100 % |" in text
    assert "| x | 1 → 2 | 2 → 0 | 2 → 1 |" in text
    assert "| x 1 `m.c:3` | EXT201 `a` | high | true: It is / so. | gone |" in text
    assert "| x 1 `m.c:4` | EXT201 `b` | high | *unread* | still in 2 |" in text
    assert "| x 1 `m.c:9` | EXT201 `c` | false: Mended. |" in text.partition("### Found once")[2]


def test_the_speed_of_c_counts_what_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "m.c").write_bytes(MODULE)
    (tmp_path / "none.c").write_bytes(b"int x;")
    (tmp_path / "m.py").write_bytes(b"import cgi")
    place = native.Place("x", tmp_path, list(native.analysed(tmp_path)), seconds=[2.0, 1.0, 4.0])
    assert place.code == [("m.c", MODULE)]
    assert place.row == ["x", 1, "0.00", "2.00", "1.00 to 4.00", f"{len(MODULE) / 2e6:.1f}"]
    native.measure([place], 1)
    assert place.seconds[-1] > 0
    assert "a ratio of 0.50." in "\n".join(native.written([place], 1.0, 2.0))
    assert min(native.slicing_and_parsing(place.code, 1)) > 0


def test_the_section_stands_between_its_marks() -> None:
    page = f"a\n{precision.BEGIN}old\n{precision.END}b\n"
    assert precision.written(page, "new\n") == f"a\n{precision.BEGIN}\nnew\n\n{precision.END}b\n"
    with pytest.raises(ValueError, match="no marks"):
        precision.written("a", "new")


# The tree of performance.py.


def test_every_wheel_has_a_hash_and_the_name_of_its_release() -> None:
    wheels, peers = tree.load()
    assert len({wheel.sha256 for wheel in wheels}) == len(wheels) == 40
    assert set(peers) == {"ruff", "vermin", "pylint"}
    for wheel in wheels:
        assert re.fullmatch("[0-9a-f]{64}", wheel.sha256)
        assert wheel.file.startswith(f"{wheel.name.replace('-', '_')}-{wheel.version}-")


def _wheel(cache: Path, file: str, members: dict[str, bytes]) -> tree.Wheel:
    with zipfile.ZipFile(cache / file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    name, version, *_ = file.split("-")
    return tree.Wheel(name, version, file, hashlib.sha256((cache / file).read_bytes()).hexdigest())


def test_a_wheel_of_the_cache_is_told_by_its_hash_and_unpacked_by_itself(tmp_path: Path) -> None:
    wheels = [_wheel(tmp_path, f"{name}-1-py3-none-any.whl", {"same.py": name.encode()}) for name in ("one", "two")]
    tree.unpack(tree.fetch(wheels, tmp_path), tmp_path / "tree")
    assert (tmp_path / "tree/two/same.py").read_bytes() == b"two"
    with pytest.raises(ValueError, match="Remove it"):
        tree.fetch([replace(wheels[0], sha256="0" * 64)], tmp_path)


def test_wheels_are_asked_for_by_the_platforms_in_their_names() -> None:
    files = ("a-1-cp312-cp312-manylinux_2_28_x86_64.manylinux2014_x86_64.whl", "b-1-py3-none-any.whl")
    options = " ".join(tree.tags_of([tree.Wheel("x", "1", file, "") for file in files]))
    assert "--abi cp312 --abi none --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64" in options
    assert "--platform any" not in options


@pytest.mark.parametrize(
    ("total", "wanted", "chosen"),
    [(10, 1, [5]), (10, 2, [2, 7]), (5, 5, [0, 1, 2, 3, 4]), (7, 0, []), (100, 3, [16, 50, 83])],
)
def test_what_lies_evenly(total: int, wanted: int, chosen: list[int]) -> None:
    assert tree.evenly(total, wanted) == chosen


def test_a_part_is_like_the_whole(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    for size in range(100):
        for suffix in ("py", "txt"):
            (whole / f"d{size % 7}").mkdir(parents=True, exist_ok=True)
            (whole / f"d{size % 7}" / f"{size}.{suffix}").write_bytes(b"x" * 10 * size)
    tenth = tree.part(whole, 10, tmp_path / "tenth")
    files, size = tree.python_of(whole)
    assert tree.python_of(tenth) == (files // 10, pytest.approx(size / 10, rel=0.02))
    assert tree.python_of(tree.part(whole, 100, tmp_path / "again")) == (files, size)
    assert len(tree.files_of(tree.part(whole, 1, tmp_path / "hundredth"))) == 2


def test_code_is_made_up_with_so_much_to_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "FILES", 2)
    most = 2 * tree.FUNCTIONS * tree.CALLS
    made = {number: tree.made_up(tmp_path / str(number), number) for number in (0, 2, 7, most)}
    assert len({tree.python_of(directory) for directory in made.values()}) == 1
    reports = {number: check(replace(usual(directory), jobs=1)) for number, directory in made.items()}
    assert {number: len(report.findings) for number, report in reports.items()} == {number: number for number in made}
    assert {finding.path for finding in reports[2].findings} == {"m0.py", "m1.py"}


# Taking turns.


def _noting(log: Path, text: str, *, status: int = 0) -> tuple[str, ...]:
    code = f"open({str(log)!r}, 'a').write({text!r}); print({text!r}); raise SystemExit({status})"
    return sys.executable, "-c", code


def test_a_command_that_may_fail_ends_no_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    failing = Contender(_noting(log, "a", status=1), tmp_path, 2, may_fail=True)
    other = Contender(_noting(log, "b"), tmp_path, 2)
    timing.take_turns({"failing": failing, "other": other})
    assert (len(failing.runs), len(other.runs)) == (0, 2)
    with pytest.raises(CalledProcessError):
        timing.take_turns({"failing": replace(failing, may_fail=False)})


def test_commands_take_turns_and_begin_afresh(tmp_path: Path) -> None:
    log, cache = tmp_path / "log", tmp_path / "cache"
    cache.mkdir()
    one = Contender(_noting(log, "a"), tmp_path, 3, fresh=cache)
    two = Contender(_noting(log, "b", status=1), tmp_path, 1, statuses=(0, 1))
    timing.take_turns({"one": one, "two": two})
    assert log.read_text() == "abaa"
    assert not cache.exists()
    assert [run.digest for run in one.runs] == [hashlib.sha256(b"a\n").hexdigest()] * 3
    assert min(one.cpu) > 0
    assert [len(one.times(two)), len(two.times(one))] == [1, 1]


def test_a_command_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError):
        timing.run(_noting(tmp_path / "log", "a", status=3), tmp_path, (0, 1))


def test_memory_is_that_of_the_process_and_of_the_largest_it_started(tmp_path: Path) -> None:
    worker = "x = bytearray(80_000_000); import time; time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])"
    run = timing.run((sys.executable, "-c", code), tmp_path)
    assert 1_000_000 < run.parent < 80_000_000 < run.worker < 160_000_000
    assert run.wall > 0.5


def test_commands_do_not_see_how_this_python_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    assert "PYTHONPATH" not in timing.environment()


# What is measured in this process.


def test_shares_of_the_word_test() -> None:
    shares = Shares(seconds=2.0, splitting=1.0)
    words.count(shares, 600_000, ["RMV001"])
    words.count(shares, 300_000, ["RMV001", "RMV002"])
    words.count(shares, 1_100_000, [])
    shares.tests["RMV002"] = 0.5
    lines = [*words.section(shares)]
    assert "| RMV001 | 45.0 % | 30.0 % | 2 | 0.00 |" in lines
    assert "| RMV002 | 15.0 % | 0.0 % | 1 | 0.50 |" in lines
    assert "| all rules together | 45.0 % | 30.0 % | 2 | 0.50 |" in lines
    assert any(re.fullmatch(r"\| \d+ others, summed \| 0.0 % \| 0.0 % \| 0 \| 0.00 \|", line) for line in lines)
    assert "1 MB a second" in "\n".join(lines)


def _tree(where: Path) -> Path:
    where.mkdir()
    (where / "gone.py").write_text("import cgi\n")
    (where / "clean.py").write_text("import os\n")
    (where / "broken.py").write_text("def f(:\n")
    return where


def test_the_word_test_is_measured_on_files(tmp_path: Path) -> None:
    shares = words.measure(_tree(tmp_path / "tree"))
    assert (shares.files, shares.passed_files) == (3, 2), "what does not parse may hold anything"
    assert shares.wanted_files["RMV001"] == 1
    assert 0 < shares.passed_bytes < shares.bytes
    assert shares.seconds > 0


def test_what_the_word_test_loses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = _tree(tmp_path / "tree")
    assert words.losses(directory, jobs=1) == []
    monkeypatch.setattr(WordTest, "candidates", lambda self, data: [])
    assert words.losses(directory, jobs=1) == ["lost: gone.py:1: RMV001 cgi"]


def test_stages_are_those_of_a_run(tmp_path: Path) -> None:
    seconds = stages.measure(_tree(tmp_path / "tree"))
    assert {"reading", "word tests", "parsing", "names, walk and rules", "settling and report"} <= set(seconds)
    assert seconds["parsing"] > 0
    assert "| word tests | 2.00 | 50.0 % |\n| of which A | 1.00 | 25.0 % |" in "\n".join(
        stages.section(1.0, {"word tests": 2.0, "parsing": 1.0}, {"A": 1.0})
    )


# The page.


def test_figures() -> None:
    assert tables.middle([3.0, 1.0, 2.0]) == "2.00"
    assert tables.spread([3.0, 1.0, 2.0], 1) == "1.0 to 3.0"
    assert tables.percent(1, 8) == "12.5 %"
    assert [*tables.table("a | b", [["x|y", 1]])] == ["| a | b |", "| --- | --- |", "| x/y | 1 |", ""]
    assert max(map(len, tables.paragraph("word " * 100))) <= 120
    assert page.exponent(10, 100) == pytest.approx(2)


def _run(wall: float, digest: str = "same") -> Run:
    return Run(wall, 2 * wall, 50_000_000, 0, digest)


def _contender(*walls: float) -> Contender:
    return Contender((), Path(), len(walls), runs=[_run(wall) for wall in walls])


def _performance() -> page.Measured:
    runs = {name: _contender(4.0, 2.0, 3.0) for name in page.TITLES}
    runs |= {
        "ours 1": _contender(0.13),
        "ruff 1": _contender(0.1),
        "ours 10": _contender(0.4),
        "ruff 10": _contender(0.2),
    }
    runs |= {"ruff 100": _contender(1.0, 2.0, 1.0), "floor": _contender(1.5), "vermin": _contender(40.0)}
    return page.Measured(
        packages=40,
        percent=100,
        peers={"ruff": "1.0"},
        load=0.5,
        part=10,
        sizes={1: (1, 1_000_000), 10: (10, 10_000_000), 100: (100, 100_000_000)},
        made_up=(100, 720_000),
        runs=runs | {"100 findings": _contender(1.0)},
        starts={"python": _contender(0.01, 0.02, 0.03), "ours": _contender(0.1), "ruff": _contender(0.01)},
        stages={"parsing": 3.0},
        shares=Shares(bytes=1, seconds=1.0),
        reports={"text": {1_000: 0.1, 10_000: 1.0}},
        native=["C is here."],
        lost=None,
    )


def test_the_page_of_performance() -> None:
    text = page.written(_performance())
    assert "| py314-check, no cache | 3 | 3.00 | 2.00 to 4.00 | 6.00 | 3.00 | 1.00 |" in text
    assert "takes 1.50 seconds (1.50 to 1.50), which is 67 MB a second." in " ".join(text.split())
    assert "| vermin | 1 | 40.00 | 40.00 to 40.00 | 80.00 | 100.0 |" in text
    assert "| py314-check | 100 | 100 to 100 | 200 | 10.0 | 80 |" in text
    assert "10.0 times the bytes, and 10.0 times the processor seconds" in " ".join(text.split())
    assert "as the power of 1.00 of the size" in " ".join(text.split())
    assert "| 100 | 1.00 | 1.00 to 1.00 | 2.00 |" in text
    assert "| text | 100 | 1000 |" in text
    assert "| py314-check, no cache | 50 | none |" in text
    assert "C is here." in text
    assert "word test off" not in text
    assert "trial" not in text


def test_the_page_says_what_was_not_all() -> None:
    text = page.written(replace(_performance(), percent=1, lost=[]))
    assert "this page is a trial" in text
    assert "With the word test off it found the same" in text


def test_reports_that_differ_are_told() -> None:
    runs = _performance().runs
    assert performance.differences(runs) == []
    runs["ours warm"].runs[-1] = _run(1.0, "other")
    assert performance.differences(runs) == ["the report of 'ours warm' is not that of the first run of 'ours 100'"]
