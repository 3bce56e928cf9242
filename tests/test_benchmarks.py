"""What measures precision and speed: its data is whole, and it does what it says without the package index."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

import precision
import pytest
import speed
from precision import Found, Verdict
from sources import Release, SourceList, fetch, load, unpack

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


def test_speed_counts_what_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "m.c").write_bytes(MODULE)
    (tmp_path / "none.c").write_bytes(b"int x;")
    (tmp_path / "m.py").write_bytes(b"import cgi")
    place = speed.Place("x", tmp_path, list(speed.analysed(tmp_path)), seconds=[2.0, 1.0, 4.0])
    assert place.code == [("m.c", MODULE)]
    assert place.row == f"| x | 1 | 0.00 | 2.00 | 1.00 to 4.00 | {len(MODULE) / 2e6:.1f} |"
    speed.measure([place], 1)
    assert place.seconds[-1] > 0
    assert "a ratio of 0.50" in speed.page([place], 1.0, 2.0)
    assert min(speed.slicing_and_parsing(place.code, 1)) > 0


def test_the_section_stands_between_its_marks() -> None:
    page = f"a\n{precision.BEGIN}old\n{precision.END}b\n"
    assert precision.written(page, "new\n") == f"a\n{precision.BEGIN}\nnew\n\n{precision.END}b\n"
    with pytest.raises(ValueError, match="no marks"):
        precision.written("a", "new")
