"""The table of standard types: made by its tool, and true of the Python that runs the tests."""

from __future__ import annotations

import asyncio  # noqa: F401  before _asyncio, which Python 3.10 would otherwise set up twice
import contextlib
import os
import subprocess
import sys
import warnings
import wave
import zipfile
from functools import cache
from importlib import import_module
from importlib.metadata import version
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType

import pytest
import tomli

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "src/py314_check/languages/python/standard_types.toml").read_text(encoding="utf-8")
TABLES = tomli.loads(TEXT)

# The table says what holds in Python 3.14; elsewhere and before:
NOT_CLASSES = {
    "select.poll": "a function that makes instances of a class without a public name",
    "threading.Lock": "a function like that until Python 3.13",
    "threading.RLock": "a function like that",
}
OTHER_BASES = {
    ("calendar.IllegalMonthError", "builtins.IndexError"): "a ValueError alone at first",
    ("contextvars.Context", "collections.abc.Mapping"): "not registered at first",
    ("importlib.metadata.EntryPoints", "builtins.tuple"): "a list until Python 3.12",
    ("multiprocessing.managers.BaseListProxy", "collections.abc.MutableSequence"): "not registered at first",
    ("multiprocessing.managers._BaseDictProxy", "collections.abc.MutableMapping"): "not registered at first",
    ("tempfile.SpooledTemporaryFile", "io.IOBase"): "since Python 3.11",
}
OTHER_OBJECTS = {
    "_thread.LockType": "the class that threading.Lock makes instances of, until Python 3.13",
    "_thread.RLock": "the class that threading.RLock makes instances of",
    "asyncio.TimeoutError": "an exception of its own until Python 3.11",
    "asyncio.exceptions.TimeoutError": "an exception of its own until Python 3.11",
    "concurrent.futures.TimeoutError": "an exception of its own until Python 3.11",
    "concurrent.futures._base.TimeoutError": "an exception of its own until Python 3.11",
    "ctypes.c_buffer": "a function of its own until Python 3.11",
    "ctypes.wintypes.BOOLEAN": "c_byte until Python 3.12",
    "ctypes.wintypes.BYTE": "c_byte until Python 3.12",
    "shutil.ExecError": "an exception of its own until Python 3.14",
}
NOT_STARRED = {"distutils.core": {"PyPIRCCommand"}}
PROGRAMS = {"antigravity", "this"}  # they do something when they are imported
ABOUT_MODES = {"at", "default", "unless"}
PATH_MODULES = ("ntpath.", "posixpath.")  # of which os.path is one
# Classes for type checkers, or no classes at all at run time.
FICTIONS = {name for name in TABLES["bases"] if name.startswith("typing.")}

STARRED = {"unittest": "TestCase", "ast": "Num", "os": "path", "tkinter": "Tk", "ctypes": "Structure"}
ROWS = {
    "the parent of a path is a path of its class": ("attributes", "pathlib.PurePath.parent", "self"),
    "a directory's entries are paths of its class": ("returns", "pathlib.Path.iterdir", "*self"),
    "a path and a string make a path": ("returns", "pathlib.PurePath.__truediv__", "self"),
    "os.scandir gives an iterator": ("returns", "os.scandir", "os._ScandirIterator"),
    "which gives entries": ("returns", "os._ScandirIterator.__next__", "os.DirEntry"),
    "tarfile.open is a class method by another name": ("returns", "tarfile.open", "tarfile.TarFile"),
    "a database is a connection, whatever the factory": ("returns", "sqlite3.connect", "sqlite3.Connection"),
    "a connection has cursors": ("returns", "sqlite3.Connection.cursor", "sqlite3.Cursor"),
    "a compiled pattern": ("returns", "re.compile", "re.Pattern"),
    "a match or nothing is a match": ("returns", "re.Pattern.match", "re.Match"),
    "a parsed document": ("returns", "xml.etree.ElementTree.parse", "xml.etree.ElementTree.ElementTree"),
    "its root": ("returns", "xml.etree.ElementTree.ElementTree.getroot", "xml.etree.ElementTree.Element"),
    "the current thread": ("returns", "threading.current_thread", "threading.Thread"),
    "a logger": ("returns", "logging.getLogger", "logging.Logger"),
    "the current time is of the class that is asked": ("returns", "datetime.datetime.now", "self"),
    "a group of arguments": ("returns", "argparse._ActionsContainer.add_argument_group", "argparse._ArgumentGroup"),
    "a process of asyncio is awaited": (
        "returns",
        "asyncio.create_subprocess_exec",
        "async asyncio.subprocess.Process",
    ),
    "a coroutine function of which the result cannot be told": ("returns", "asyncio.sleep", "async ?"),
    "a file of unknown mode": ("returns", "builtins.open", "_io._IOBase"),
    "a method of an instance by another name": ("returns", "multiprocessing.Pool", "multiprocessing.pool.Pool"),
    "a queue that a function makes": ("returns", "multiprocessing.Queue", "multiprocessing.queues.Queue"),
    "a stream of a process": ("attributes", "subprocess.Popen.stdout", "typing.IO"),
    "a variable": ("attributes", "os.environ", "os._Environ"),
    "a member of an enumeration": ("attributes", "http.HTTPStatus.OK", "http.HTTPStatus"),
    "a member of an enumeration, by another name": ("attributes", "re.IGNORECASE", "re.RegexFlag"),
    "a parser of configurations": ("bases", "configparser.ConfigParser", ["configparser.RawConfigParser"]),
    "one that is gone": ("bases", "configparser.SafeConfigParser", ["configparser.ConfigParser"]),
    "a number of old syntax trees": ("bases", "ast.Num", ["ast.Constant"]),
    "a test with coroutines": ("bases", "unittest.IsolatedAsyncioTestCase", ["unittest.TestCase"]),
    "a named tuple": ("bases", "sched.Event", ["typing.NamedTuple"]),
    "a function that is gone": ("returns", "importlib.find_loader", "importlib.abc.Loader"),
    "a result that is not that of the base": ("returns", "io.TextIOWrapper.detach", "?"),
    "a name of an inner module": ("aliases", "unittest.case.TestCase", "unittest.TestCase"),
    "a name of the accelerator": ("aliases", "_asyncio.Future", "asyncio.Future"),
    "a name of another platform": ("aliases", "ntpath.join", "os.path.join"),
    "a name that was shorter once": ("aliases", "importlib.abc.Traversable", "importlib.resources.abc.Traversable"),
}
NO_ROWS = {
    "a string or bytes": "os.path.join",
    "one of what it was given": "random.choice",
    "a function that is only called through another": "logging.fatal",
    "anything": "typing.Any",
}


@cache
def _module(name: str) -> ModuleType | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except ImportError:
        return None


def _object(name: str) -> object:
    """What a qualified name means here, None if nothing does."""
    module = name.rpartition(".")[0]
    while module and _module(module) is None:
        module = module.rpartition(".")[0]
    found: object = _module(module) if module else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in name[len(module) + 1 :].split("."):
            found = getattr(found, part, None)
    return found


def _derives(found: type, base: str) -> bool:
    """Whether a class has a base, which may be registered for it, or unknown here."""
    if base == "typing.NamedTuple":
        return issubclass(found, tuple) and hasattr(found, "_fields")
    wanted = _object(base)
    if base in FICTIONS or not isinstance(wanted, type) or wanted in found.__mro__:
        return True
    return not getattr(wanted, "_is_protocol", False) and issubclass(found, wanted)


def test_the_table_is_what_the_tool_makes() -> None:
    pytest.importorskip("mypy")
    made_with = TEXT.partition("\n")[0].rpartition("mypy ")[2].rstrip(".")
    if made_with != version("mypy"):
        pytest.skip(f"the table was made with mypy {made_with}, and this is {version('mypy')}")
    command = [sys.executable, ROOT / "tools/standard_types.py", "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not run.returncode, run.stderr


def test_bases_are_bases_here() -> None:
    wrong = []
    for name, bases in TABLES["bases"].items():
        found = _object(name)
        if found is None or name in FICTIONS or name in NOT_CLASSES:
            continue
        if not isinstance(found, type):
            wrong.append(f"{name} is no class")
            continue
        others = (base for base in bases if (name, base) not in OTHER_BASES)
        wrong += [f"{name} is no {base}" for base in others if not _derives(found, base)]
    assert not wrong


def test_aliases_are_the_same_objects_here() -> None:
    pairs = TABLES["aliases"].items()
    told = {alias: name for alias, name in pairs if alias not in OTHER_OBJECTS and not alias.startswith(PATH_MODULES)}
    objects = {alias: (_object(alias), _object(name)) for alias, name in told.items()}
    assert not [alias for alias, (one, other) in objects.items() if None not in (one, other) and one is not other]


def test_stars_bring_what_they_bring_here() -> None:
    """What is listed; what a module has only imported, nobody means."""
    for module, names in TABLES["starred"].items():
        found = None if module in PROGRAMS else _module(module)
        listed = set(getattr(found, "__all__", ())) - NOT_STARRED.get(module, set())
        if module == "socket":  # the platform's own constants
            listed = {name for name in listed if not name.isupper()}
        assert listed <= set(names.split()), module


def test_coroutine_functions_are_that_here() -> None:
    told = [name for name, value in TABLES["returns"].items() if value.startswith("async ")]
    found = {name: _object(name) for name in told}
    assert len(told) > 100
    assert not [name for name, one in found.items() if one is not None and not iscoroutinefunction(one)]


def test_modes_make_what_the_table_says(tmp_path: Path) -> None:
    """Opens a file in every mode that the table may be asked about."""
    for name, row in TABLES["modes"].items():
        path = tmp_path / name
        for mode in ("w", "wb", "wt", "r", "rb", "rt", "r+b", None):
            told = next(
                (row[one] for one in row if one not in ABOUT_MODES and {*one} <= {*(mode or row["default"])}), ""
            )
            made = _opened(name, path, mode)
            assert not told or made in (None, told), (name, mode)


def _opened(name: str, path: Path, mode: str | None) -> str | None:
    """The class of what a function that opens files makes, None if the function does not know the mode."""
    arguments = () if mode is None else (mode,)
    with contextlib.ExitStack() as stack:
        try:
            if name == "zipfile.ZipFile.open":
                archive = stack.enter_context(zipfile.ZipFile(path, "w" if mode == "w" else "r"))
                made = archive.open("a", *arguments)
            elif name == "pathlib.Path.open":
                made = path.open(*arguments)
            elif name == "os.fdopen":
                flags = os.O_RDWR | os.O_CREAT
                made = os.fdopen(os.open(path, flags), *arguments)
            else:
                made = _object(name)(str(path), *arguments)  # type: ignore[operator]
            if name == "wave.open" and mode in ("w", "wb"):
                made.setparams((1, 1, 1, 0, "NONE", ""))
        except (ValueError, wave.Error):
            return None
        stack.enter_context(made)
        return f"{type(made).__module__}.{type(made).__name__}".removeprefix("_")


def test_paths_have_the_functions_that_the_table_gives_them() -> None:
    paths = [(alias, name) for alias, name in TABLES["aliases"].items() if alias.startswith(PATH_MODULES)]
    assert paths
    assert not [alias for alias, name in paths if alias.rpartition(".")[2] != name.rpartition(".")[2]]


def test_exceptions_are_about_rows() -> None:
    assert NOT_CLASSES.keys() <= TABLES["bases"].keys()
    assert all(base in TABLES["bases"][name] for name, base in OTHER_BASES)
    assert OTHER_OBJECTS.keys() <= TABLES["aliases"].keys()


def test_names_are_canonical_and_values_are_known() -> None:
    names = {name for table in ("bases", "returns", "attributes") for name in TABLES[table]}
    assert not names & TABLES["aliases"].keys()
    assert not {name.rpartition(".")[0] for name in names} & TABLES["aliases"].keys()
    assert not set(TABLES["aliases"].values()) & TABLES["aliases"].keys()
    told = {base for bases in TABLES["bases"].values() for base in bases}
    for table in ("returns", "attributes"):
        told |= {
            value.removeprefix("await ").removeprefix("async ").removeprefix("*") for value in TABLES[table].values()
        }
    assert told <= TABLES["bases"].keys() | {"self", "?"}


@pytest.mark.parametrize(("table", "name", "value"), ROWS.values(), ids=ROWS.keys())
def test_rows(table: str, name: str, value: object) -> None:
    assert TABLES[table][name] == value


@pytest.mark.parametrize("name", NO_ROWS.values(), ids=NO_ROWS.keys())
def test_what_has_no_row(name: str) -> None:
    assert not [table for table in TABLES if name in TABLES[table]]


@pytest.mark.parametrize(("module", "name"), STARRED.items())
def test_stars(module: str, name: str) -> None:
    assert name in TABLES["starred"][module].split()
