"""facts/names.toml: complete, and true by the snapshot, by the interpreters of this machine, and by typeshed."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tomli
from helpers.interpreters import interpreters
from py314_rules.names import ROWS, Row

from py314_check.facts import FactError, load_facts

ROOT = Path(__file__).parents[2]


def _observe() -> ModuleType:
    """tools/observe.py, which is no package."""
    spec = importlib.util.spec_from_file_location("observe", ROOT / "tools/observe.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["observe"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


observe = _observe()
parse_version = observe.parse_version
TABLES = observe.Tables(
    *(tomli.loads(path.read_text(encoding="utf-8")) for path in (observe.NAMES, observe.MODULES, observe.NOT_WORTH))
)
NAMES: dict[str, dict[str, Any]] = dict(TABLES.names)
SNAPSHOT = observe.Snapshot.from_json(
    gzip.decompress((ROOT / "tests/data/public_names.json.gz").read_bytes()).decode("utf-8")
)


# The table by itself


def test_rows_are_sorted_and_name_each_object_once() -> None:
    assert list(NAMES) == sorted(NAMES)
    every = [name for row, keys in NAMES.items() for name in (row, *keys.get("aliases", ()))]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("name", NAMES)
def test_row(name: str) -> None:
    row = ROWS[name]
    for version in (row.removed_in, row.deprecated_in, row.warns_in):
        assert version is None or re.fullmatch(r"[23]\.\d+", version)
    assert row.goes_in is None or re.fullmatch(r"3\.\d+|future", row.goes_in)
    assert row.removed_in is None or row.goes_in is None
    assert row.removed_in is not None or row.deprecated_in is not None
    if row.removed_in is not None:
        assert parse_version(row.removed_in) <= (3, 15)
        assert row.deprecated_in is None or parse_version(row.deprecated_in) <= parse_version(row.removed_in)
        assert row.warns_in is None or parse_version(row.warns_in) < parse_version(row.removed_in)
    elif row.goes_in not in (None, "future"):
        assert parse_version(row.goes_in) > (3, 15)
    assert row.url.startswith("https://docs.python.org/3/")
    assert re.fullmatch(r"[A-Z][^\n]*[.)]", row.instead)
    assert "documentation" not in row.instead
    assert row.where in (None, "Windows", "macOS")
    assert row.member or not row.but


def test_reasons_are_for_names_without_a_row() -> None:
    assert not observe.reasons(TABLES.not_worth).keys() & TABLES.all_names()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('["a.b"]\nurl = "u"\ninstead = "i"\nremoved = "3.9"', "row 'a.b' has an unknown key 'removed'"),
        ('["a.b"]\nurl = "u"\ninstead = "i"\n["a.b"]\nurl = "u"\ninstead = "i"', "names.toml: "),
        ('["a.b"]\nurl = "u"', "row 'a.b' lacks 'instead'"),
        ('["a.b"]\nurl = "u"\ninstead = "i"\naliases = "a.c"', "row 'a.b': 'aliases' must be"),
    ],
    ids=["unknown key", "duplicate row", "missing key", "wrong type"],
)
def test_a_broken_row_is_named(row: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "names.toml").write_text(row, encoding="utf-8")
    monkeypatch.setattr("py314_check.facts.get_data", lambda package, file: (tmp_path / file).read_bytes())
    with pytest.raises(FactError, match=r"names\.toml") as error:
        load_facts("a.package", "names.toml", Row)
    assert message in str(error.value)


# The snapshot: what tools/observe.py saw in 3.8 to 3.15


def test_nothing_removed_is_missing() -> None:
    assert SNAPSHOT.versions == [f"3.{minor}" for minor in range(8, 16)]
    assert observe.missing_rows(SNAPSHOT, TABLES) == {}


def test_rows_agree_with_the_snapshot() -> None:
    assert observe.wrong_rows(SNAPSHOT, TABLES) == {}


def test_the_snapshot_was_asked_for_every_row() -> None:
    assert {name for name, row in NAMES.items() if not row.get("where") and SNAPSHOT.removal(name) is None} == set()


def test_a_snapshot_is_read_as_it_was_written() -> None:
    assert observe.Snapshot.from_json(SNAPSHOT.to_json()) == SNAPSHOT


def test_a_missing_row_and_a_wrong_one_are_found() -> None:
    names = {**NAMES, "inspect.getargspec": {**NAMES["inspect.getargspec"], "removed_in": "3.12"}}
    del names["ast.Num"], names["wave.openfp"]
    tables = observe.Tables(names, TABLES.modules, TABLES.not_worth)
    assert observe.missing_rows(SNAPSHOT, tables) == {"ast.Num": "3.14", "wave.openfp": "3.9"}
    assert observe.wrong_rows(SNAPSHOT, tables) == {"inspect.getargspec": "removed in 3.11, not 3.12"}


# The interpreters of this machine

RESOLVE = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
def resolve(name):
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        try:
            for part in parts[end:]:
                value = getattr(value, part)
        except AttributeError:
            continue
        return True
    return False
def imports(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
names = json.load(sys.stdin)
print(json.dumps([[name for name in names if resolve(name)], imports("tkinter")]))
"""
# In no interpreter at rest, or not in every build or every patch release of one.
NOT_AT_REST = {*observe.UNSEEN, "importlib.machinery.AppleFrameworkLoader.load_module"}


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"])
def test_interpreters_agree(version: str) -> None:
    """Each name is really gone from its version on; what goes later is there, and was there just before it went."""
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"no CPython {version} on this machine")
    rows = {
        name: keys
        for row, keys in NAMES.items()
        if keys.get("where", sys.platform) == {"win32": "Windows", "darwin": "macOS"}.get(sys.platform, sys.platform)
        for name in (row, *keys.get("aliases", ()))
    }
    run = subprocess.run(
        [python, "-I", "-S", "-c", RESOLVE], input=json.dumps(sorted(rows)), capture_output=True, text=True, check=True
    )
    resolved, has_tkinter = json.loads(run.stdout)
    there, now = set(resolved), parse_version(version)
    gone = {name for name, row in rows.items() if "removed_in" in row and parse_version(row["removed_in"]) <= now}
    assert there & gone == set()
    expected = {name for name, row in rows.items() if _must_be_there(row, version)} - NOT_AT_REST
    if not has_tkinter:
        expected = {name for name in expected if not name.startswith(("tkinter.", "turtle."))}
    if sys.platform == "win32":  # what the rows say of child watchers and the like holds for Unix
        expected -= {name for name in expected if name.startswith(("asyncio.", "posix.", "pty."))}
    assert expected - there == set()


def _must_be_there(row: dict[str, Any], version: str) -> bool:
    """The last version before a removal must have the name, and so must 3.15 what is only deprecated."""
    if "removed_in" not in row:
        return version == "3.15"
    major, minor = parse_version(row["removed_in"])
    return version == f"{major}.{minor - 1}"


# Typeshed, as mypy ships it: a second opinion


class Stubs:
    """The names that typeshed gives to the modules of one version of Python, on any platform."""

    def __init__(self, root: Path, version: tuple[int, int]) -> None:
        self.root, self.version = root, version
        self.since: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for line in (root / "VERSIONS").read_text(encoding="utf-8").splitlines():
            if found := re.match(r"([\w.]+): (3\.\d+)-(3\.\d+)?", line):
                self.since[found[1]] = (parse_version(found[2]), parse_version(found[3] or "3.99"))
        self.names = cache(self._names)
        self.exports = cache(self._exports)

    def all_names(self) -> set[str]:
        """Every public name, as ``module.name`` or ``module.Class.member``."""
        modules = (".".join(path.relative_to(self.root).with_suffix("").parts) for path in self.root.rglob("*.pyi"))
        public = {
            module.removesuffix(".__init__") for module in modules if "._" not in f".{module}".replace(".__init__", "")
        }
        return {f"{module}.{name}" for module in public for name in self.names(module)}

    def has(self, dotted: str) -> bool:
        """Whether a module, or a class in it, has the name in its own stub."""
        parts = dotted.split(".")
        return any(".".join(parts[end:]) in self.names(".".join(parts[:end])) for end in range(1, len(parts)))

    def has_module(self, module: str) -> bool:
        """Whether the version has the module."""
        beginnings = [module] + [module.rsplit(".", count)[0] for count in range(1, module.count(".") + 1)]
        first, last = next((self.since[name] for name in beginnings if name in self.since), ((9,), (0,)))
        return first <= self.version <= last

    def _names(self, module: str) -> frozenset[str]:
        is_package = self.root.joinpath(*module.split(".")).is_dir()
        return frozenset(self._defined(self._body(module), module if is_package else module.rpartition(".")[0]))

    def _exports(self, module: str) -> frozenset[str]:
        """What ``from module import *`` takes: ``__all__``, or all that is public."""
        found = set()
        for node in self._live(self._body(module)):
            if isinstance(node, ast.Assign | ast.AugAssign) and ast.unparse(node).startswith("__all__"):
                found |= set(ast.literal_eval(node.value))
        return frozenset(found or (name for name in self.names(module) if not name.startswith("_")))

    def _body(self, module: str) -> list[ast.stmt]:
        base = self.root.joinpath(*module.split("."))
        path = base / "__init__.pyi" if base.is_dir() else base.with_suffix(".pyi")
        there = self.has_module(module) and path.is_file()
        return ast.parse(path.read_text(encoding="utf-8")).body if there else []

    def _live(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        """The statements that the version takes, or may take."""
        for node in body:
            if isinstance(node, ast.If):
                holds = self._holds(node.test)
                yield from self._live(node.body) if holds is not False else ()
                yield from self._live(node.orelse) if holds is not True else ()
            else:
                yield node

    def _defined(self, body: list[ast.stmt], package: str) -> Iterator[str]:
        for node in self._live(body):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
                if isinstance(node, ast.ClassDef):
                    yield from (f"{node.name}.{member}" for member in self._defined(node.body, package))
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            elif isinstance(node, ast.ImportFrom):
                yield from self._imported(node, package)

    def _imported(self, node: ast.ImportFrom, package: str) -> Iterator[str]:
        parent = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
        source = (parent + (node.module or "")).rstrip(".")
        for alias in node.names:
            if alias.name == "*":
                exported = self.exports(source)
                yield from (name for name in self.names(source) if name.partition(".")[0] in exported)
            elif alias.asname == alias.name:  # what a stub imports in this form, it exports
                yield alias.name

    def _holds(self, test: ast.expr) -> bool | None:
        """What a condition comes to for the version; None where it asks for something else."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._holds(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            values = [self._holds(value) for value in test.values]
            deciding = isinstance(test.op, ast.Or)
            return deciding if deciding in values else None if None in values else not deciding
        if not isinstance(test, ast.Compare) or ast.unparse(test.left) != "sys.version_info":
            return None
        bound = ast.literal_eval(test.comparators[0])
        return self.version >= bound if isinstance(test.ops[0], ast.GtE) else self.version < bound


def _typeshed() -> Path:
    spec = importlib.util.find_spec("mypy")
    if spec is None or spec.origin is None:
        pytest.skip("mypy is not installed")
    return Path(spec.origin).parent / "typeshed/stdlib"


# What typeshed gives to 3.8 alone, to this reader, and 3.14 has nevertheless.
STILL_THERE = {
    "zipfile.Path.at": "set by __init__; the stub of 3.12 imports the class, and members are not looked for elsewhere",
    "zipfile.Path.root": "set by __init__; the stub of 3.12 imports the class, and members are not looked for elsewhere",
}
# What typeshed gives to 3.14, and 3.14 does not have.
NOT_THERE = {
    "ast.NodeVisitor.visit_Constant": "every subclass may define it; the base class lost its own with ast.Num",
    "subprocess._USE_VFORK": "an oversight of the stub: the documentation of 3.14 does not have it either",
}


def test_typeshed_knows_no_other_removals() -> None:
    old, new = Stubs(_typeshed(), (3, 8)), Stubs(_typeshed(), (3, 14))
    gone = {name for name in old.all_names() if not new.has(name)}
    assert len(gone) > 100
    public = {name for name in gone if "._" not in name and not name.startswith("typing_extensions.")}
    unseen = {name for name in public if "3.14" not in (SNAPSHOT.removal(name) or [set()])[0]}
    assert set(TABLES.uncovered(unseen)) == STILL_THERE.keys()


def test_typeshed_has_nothing_of_what_was_removed() -> None:
    stubs = Stubs(_typeshed(), (3, 14))
    removed = {
        name for name, row in NAMES.items() if "removed_in" in row and parse_version(row["removed_in"]) <= (3, 14)
    }
    assert {name for name in removed if stubs.has(name)} == NOT_THERE.keys()
