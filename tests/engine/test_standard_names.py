"""The tables of what the library has and what Python 2 alone had: made by the tool, and true of this Python."""

from __future__ import annotations

import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name

import pytest
import tomli

from py314_check.languages.python.standard import library, standard

ROOT = Path(__file__).parent.parent.parent
HERE = ROOT / "src/py314_check/languages/python"
TEXT = (HERE / "standard_names.toml").read_text(encoding="utf-8")
PYTHON2 = tomli.loads((HERE / "python2.toml").read_text(encoding="utf-8"))
MOVES = tomli.loads((HERE / "six_moves.toml").read_text(encoding="utf-8"))["moves"]
# On other platforms, or not built everywhere; gone by now, too.
NOT_EVERYWHERE = ("winreg", "tkinter", "dbm", "urllib.request.URLopener", "urllib.request.FancyURLopener")


def _is_here(name: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            resolve_name(name)
        except (ImportError, AttributeError):
            return False
        return True


def test_the_table_is_what_the_tool_makes() -> None:
    pytest.importorskip("mypy")
    if f"mypy {version('mypy')}," not in TEXT:
        pytest.skip("the table was made with another mypy")
    command = [sys.executable, ROOT / "tools/standard_names.py", "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not run.returncode, run.stderr


@pytest.mark.skipif(sys.version_info < (3, 13), reason="the table is about the targets")
def test_what_the_library_has_is_here() -> None:
    names = {
        f"{module}.{name}"
        for table in tomli.loads(TEXT).values()
        for module, row in table.items()
        for name in row.split()
    }
    assert not [name for name in sorted({*library().objects, *names}) if not _is_here(name)]


def test_what_python_2_alone_had_is_not_here_and_what_replaces_it_is() -> None:
    rows = PYTHON2["modules"] | PYTHON2["names"]
    assert not [name for name in rows if _is_here(name)]
    assert not [name for name in rows if library().has(name)]
    assert not [new for new in rows.values() if new and not new.startswith(NOT_EVERYWHERE) and not _is_here(new)]


def test_six_moves_are_other_names_of_the_library() -> None:
    assert standard().canonical("six.moves.urllib.parse.quote") == "urllib.parse.quote"
    assert standard().canonical("six.moves.configparser.ConfigParser") == "configparser.ConfigParser"
    assert not [new for new in MOVES.values() if not new.startswith(NOT_EVERYWHERE) and not _is_here(new)]


@pytest.mark.parametrize(
    ("name", "there", "true"),
    [
        ("collections.abc", True, True),
        ("collections.abc.Mapping", True, True),
        ("os.path.join", True, True),
        ("os.sep", True, False),
        ("collections.Mapping", False, False),
        ("os.fork", False, False),
        ("fcntl", False, False),
        ("cgi", False, False),
        ("distutils", False, False),
        ("numpy", False, False),
        ("ConfigParser", False, False),
    ],
)
def test_rows(name: str, there: bool, true: bool) -> None:
    assert (library().has(name), library().is_object(name)) == (there, true)


@pytest.mark.parametrize(
    "name", ["ConfigParser", "UserDict.DictMixin", "urllib.quote", "builtins.unicode", "string.letters"]
)
def test_rows_of_python_2(name: str) -> None:
    assert library().lacks(name)


@pytest.mark.parametrize(
    "name", ["cgi", "urllib", "urllib.parse.quote", "collections.Mapping", "numpy", ".ConfigParser"]
)
def test_what_is_no_matter_of_python_2(name: str) -> None:
    assert not library().lacks(name)
