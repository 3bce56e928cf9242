from __future__ import annotations

import time
from pathlib import Path

import pytest

from py314_check.contents import BUILD_FILE, CYTHON, RUST, C, Contents


@pytest.mark.parametrize(
    ("kind", "name", "text", "says"),
    [
        (C, "a.c", "slots = Py_mod_gil;", True),
        (C, "a.c", "slots = Py_mod_gil_2;", False),
        (C, "a.c", "/* Py_mod_gil */ // Py_mod_gil", False),
        (C, "a.c", 'text = "//"; Py_mod_gil', True),
        (C, "a.py", "Py_mod_gil", False),
        (RUST, "a.rs", "// Py_mod_gil", False),
        (RUST, "a.rs", "fn f<'a>() { Py_mod_gil }", True),
        (CYTHON, "a.pyx", "x = 1  # Py_mod_gil", False),
        (CYTHON, "a.pyx", "x = '#', Py_mod_gil", True),
    ],
)
def test_what_other_files_say(tmp_path: Path, kind: object, name: str, text: str, says: bool) -> None:
    (tmp_path / name).write_text(text)
    contents = Contents(tmp_path, kind)  # type: ignore[arg-type]
    assert contents.says("Py_mod_gil", but=tmp_path / "other") is says
    assert not contents.says("Py_mod_gil", but=tmp_path / name)


def test_a_word_may_be_the_beginning_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("#include <internal/pycore_frame.h>")
    contents = Contents(tmp_path, C)
    assert contents.says("internal/pycore_", but=tmp_path)
    assert not contents.says("internal/pycore", but=tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "matches"),
    [
        ("setup.py", "flag = 'free1'", True),
        ("setup.py", "# free1", False),
        ("meson.build", "# free1\nargs = ['free2']", True),
        ("ci.yml", "run: x # free1", False),
        ("CMakeLists.txt", "# free1\n", False),
    ],
)
def test_what_builds(tmp_path: Path, name: str, text: str, matches: bool) -> None:
    (tmp_path / name).write_text(text)
    assert Contents(tmp_path, BUILD_FILE).matches("free[12]") is matches


def test_many_questions_take_linear_time(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        directory = tmp_path / str(count)
        directory.mkdir()
        for number in range(count):
            (directory / f"a{number}.pyx").write_text(f'include "b{number}.pxi"\n')
        contents = Contents(directory, CYTHON)
        start = time.process_time()
        for number in range(count):
            for way in ("", "one/", "one/two/", "one/two/three/"):
                assert contents.says(f'include "{way}b{number}.pxi"', but=directory) is (not way)
        return time.process_time() - start

    assert seconds(3000) < 8 * seconds(1000) + 0.1  # 9 times, if each question took a look at all files
