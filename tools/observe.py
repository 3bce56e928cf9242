"""Looks up the public names of the standard library in real interpreters, and compares the tables of names with them.

    python tools/observe.py python3.8 ... python3.15                    reports differences; exits 1 if there are any
    python tools/observe.py --write FILE.json.gz python3.8 ...          writes what was seen, for the tests

A name that an older interpreter has and a newer one lacks belongs into names.toml or modules.toml, or into
not_worth_a_row.toml with a reason. Whether a name is there is asked with `getattr`: `dir` does not know what a module's
`__getattr__` serves. Where a module does not import (another platform, a library that was not built), nothing can be
told of its names.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAMES = ROOT / "rules/py314_rules/facts/names.toml"
MODULES = ROOT / "rules/py314_rules/facts/modules.toml"
NOT_WORTH = ROOT / "tools/not_worth_a_row.toml"

# Not imported: what does something when it is, what is for CPython's own use, and data.
SKIPPED = {"antigravity", "this", "test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip", "pydoc_data"}
SKIPPED |= {"xxlimited", "xxlimited_35", "xxsubtype"}  # examples of extension modules
SKIPPED_BELOW = {"encodings"}

# Not to be seen: set after an error, served to instances alone, a matter of the OpenSSL, there on Windows.
UNSEEN = {"sys.last_type", "sys.last_value", "sys.last_traceback", "tkinter.Tk.split", "ssl.PROTOCOL_SSLv3"}
UNSEEN |= {"os.path.splitunc"}

# What runs in the observed interpreters: Python 3.6 must understand it.
LIST_MODULES = """
import json, os, pkgutil, sys
SKIPPED, SKIPPED_BELOW = json.load(sys.stdin)
def walk(paths, prefix):
    for finder, name, is_package in pkgutil.iter_modules(paths):
        if name.startswith("_") or name in SKIPPED:
            continue
        yield prefix + name
        if is_package and name not in SKIPPED_BELOW:
            yield from walk([os.path.join(finder.path, name)], prefix + name + ".")
builtin = (name for name in sys.builtin_module_names if not name.startswith("_") and name not in SKIPPED)
version = "%d.%d" % sys.version_info[:2]
print(json.dumps([version, sorted({*builtin, *walk(sys.path, "")})]))
"""
LIST_NAMES = """
import enum, importlib, json, sys, types, warnings
warnings.simplefilter("ignore")
name, asked = json.load(sys.stdin)
answer, sys.stdout = sys.stdout, sys.stderr
try:
    module = importlib.import_module(name)
except BaseException:  # whatever a module that does not fit here may raise
    json.dump(None, answer)
    answer.flush()
    sys.exit()
exported = getattr(module, "__all__", None)
def leaked(key, value):
    "Whether a name is there only because the module imports it for itself."
    origin = getattr(value, "__module__", None)
    if isinstance(value, types.ModuleType):
        return True
    if not isinstance(origin, str) or origin.partition(".")[0] == name.partition(".")[0]:
        return False
    return key not in exported if exported is not None else origin[:1] != "_" and origin != "builtins"
def own(cls):
    seen = {*vars(cls), *(cls.__members__ if isinstance(cls, enum.EnumMeta) else ())}
    return [cls.__module__ + "." + cls.__qualname__, sorted(member for member in seen if not member.startswith("_"))]
def there(dotted):
    value = module
    try:
        for part in dotted.split("."):
            value = getattr(value, part)
    except AttributeError:
        return False
    except Exception:  # it is there, but does not like to be asked
        return True
    return True
names, classes = [], []
for key in dir(module):
    value = getattr(module, key, None)
    if key.startswith("_") or leaked(key, value):
        continue
    names.append(key)
    if isinstance(value, type):
        classes.append([key, exported is None or key in exported, [own(base) for base in value.__mro__]])
json.dump([names, classes, [key for key in asked if there(key)]], answer)
answer.flush()
"""

Table = Mapping[str, Any]
"""A TOML file as read."""


def parse_version(version: str) -> tuple[int, ...]:
    """``3.14`` as a tuple that compares."""
    return tuple(map(int, version.split(".")))


@dataclass
class Snapshot:
    """What was seen: the versions in which each module imports, and in which it has each name."""

    versions: list[str]
    modules: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Module -> name in it (``Class.member`` too) -> versions."""

    def to_json(self) -> str:
        """Sorted, one line for each module and range of versions."""
        lines = []
        for module in sorted(self.modules):
            ranges: dict[str, list[str]] = {}
            for name, seen in self.names[module].items():
                ranges.setdefault(self._range(seen), []).append(name)
            parts = [f"  {json.dumps(key)}: {json.dumps(' '.join(sorted(ranges[key])))}" for key in sorted(ranges)]
            head = f"{json.dumps(module)}: [{json.dumps(self._range(self.modules[module]))}, {{"
            lines.append("\n".join([head, ",\n".join(parts), "}]"]) if parts else head + "}]")
        return json.dumps(self.versions).join(['{"versions": ', ', "modules": {\n']) + ",\n".join(lines) + "\n}}\n"

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """The reverse of ``to_json``."""
        data = json.loads(text)
        snapshot = cls(data["versions"])
        for module, (imports, ranges) in data["modules"].items():
            snapshot.modules[module] = snapshot._of_range(imports)
            snapshot.names[module] = {
                name: snapshot._of_range(key) for key, names in ranges.items() for name in names.split()
            }
        return snapshot

    def removals(self) -> Iterator[tuple[str, str]]:
        """Names that a version has and none of the later ones in which the module imports, with the first of those."""
        for module, names in sorted(self.names.items()):
            for name, seen in sorted(names.items()):
                removed_in = self._gone_in(module, seen)
                if seen and removed_in is not None:
                    yield f"{module}.{name}", removed_in

    def removal(self, dotted: str) -> tuple[set[str], str | None] | None:
        """The versions that have a name and the first that lacks it for good; None where nothing was asked."""
        answers = []
        for module in self.modules_of(dotted):
            seen = self.names[module].get(dotted[len(module) + 1 :])
            if seen is not None:
                answers.append((seen, self._gone_in(module, seen)))
        return max(answers, key=lambda answer: len(answer[0]), default=None)

    def modules_of(self, dotted: str) -> list[str]:
        """The modules that a name may be looked up in, longest name first."""
        beginnings = list(accumulate(dotted.split("."), "{}.{}".format))[:-1]
        return [name for name in reversed(beginnings) if name in self.modules]

    def _gone_in(self, module: str, seen: set[str]) -> str | None:
        last = max(map(parse_version, seen), default=(0,))
        later = (v for v in self.versions if v in self.modules[module] and parse_version(v) > last)
        return next(later, None)

    def _range(self, seen: Iterable[str]) -> str:
        """``3.8-3.9 3.12-3.15``: runs of the versions looked at."""
        runs: list[list[str]] = []
        at = [i for i, version in enumerate(self.versions) if version in set(seen)]
        for i in at:
            if i - 1 in at:
                runs[-1][1] = self.versions[i]
            else:
                runs.append([self.versions[i]] * 2)
        return " ".join("-".join(run) for run in runs)

    def _of_range(self, text: str) -> set[str]:
        bounds = [[self.versions.index(version) for version in run.split("-")] for run in text.split()]
        return {self.versions[i] for first, last in bounds for i in range(first, last + 1)}


def observe(interpreters: Iterable[str], wanted: Iterable[str] = ()) -> Snapshot:
    """Looks into each interpreter, one process for each module; ``wanted`` are dotted names to ask for in any case."""
    listed = {}
    for python in interpreters:
        version, modules = _run(python, LIST_MODULES, [sorted(SKIPPED), sorted(SKIPPED_BELOW)])
        listed[version] = (python, modules)
    snapshot = Snapshot(sorted(listed, key=parse_version))
    for version in snapshot.versions:
        _look(snapshot, version, *listed[version])
    for dotted in wanted:
        for module in snapshot.modules_of(dotted)[:1]:
            snapshot.names[module].setdefault(dotted[len(module) + 1 :], set())
    for version in snapshot.versions:
        for module, names in snapshot.names.items():
            unseen = sorted(name for name, seen in names.items() if version not in seen)
            if unseen and version in snapshot.modules[module]:
                for name in _run(listed[version][0], LIST_NAMES, [module, unseen])[2]:
                    names[name].add(version)
    return snapshot


def _look(snapshot: Snapshot, version: str, python: str, modules: Iterable[str]) -> None:
    """Enters what one interpreter lists: members of a class once, under its best name, with those of nameless bases."""
    best: dict[str, tuple[tuple[bool, int, str], str, str]] = {}
    bases: dict[str, list[tuple[str, list[str]]]] = {}
    for module in modules:
        answer = _run(python, LIST_NAMES, [module, []])
        if answer is None:
            continue
        names, classes, _ = answer
        snapshot.modules.setdefault(module, set()).add(version)
        entry = snapshot.names.setdefault(module, {})
        for name in names:
            entry.setdefault(name, set()).add(version)
        for name, public, line in classes:
            identity = line[0][0]
            candidate = ((not public, len(module) + len(name), module), module, name)
            best[identity] = min(best.get(identity, candidate), candidate)
            bases[identity] = line
    for identity, (_, module, name) in best.items():
        for base, members in bases[identity]:
            for member in members if base == identity or base not in best else ():
                snapshot.names[module].setdefault(f"{name}.{member}", set()).add(version)


def _run(python: str, code: str, question: object) -> Any:
    """Asks an interpreter. None where the process is killed by the question: some modules do that."""
    command = [python, "-I", "-S", "-c", code]
    run = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, timeout=120)
    if run.returncode > 0:
        raise SystemExit(f"{python} failed at {question}:\n{run.stderr}")
    return json.loads(run.stdout) if run.stdout else None


@dataclass(frozen=True)
class Tables:
    """The TOML files, as read."""

    names: Table
    modules: Table
    not_worth: Table

    def all_names(self) -> set[str]:
        """Rows and aliases of names.toml."""
        return {name for row, keys in self.names.items() for name in (row, *keys.get("aliases", ()))}

    def uncovered(self, names: Iterable[str]) -> Iterator[str]:
        """Those names that have no row, nor has what they are in, and that are not said to be not worth one."""
        submodules = (f"{name}.{sub}" for name, row in self.modules.items() for sub in row.get("submodules", ()))
        covering = {*self.all_names(), *self.modules, *submodules, *reasons(self.not_worth)}
        for name in names:
            beginnings = list(accumulate(name.split("."), "{}.{}".format))
            ways = {*beginnings, *(f"{beginning}.*" for beginning in beginnings[:-1])}
            if ways.isdisjoint(covering):
                yield name


def reasons(not_worth: Table) -> dict[str, str]:
    """Name -> why it has no row, whether the file says so for it alone or for a group. ``a.*`` is all that is in a."""
    found = {}
    for key, value in not_worth.items():
        if isinstance(value, str):
            found[key] = value
        else:
            found.update(dict.fromkeys(value["names"], value["reason"]))
    return found


def missing_rows(snapshot: Snapshot, tables: Tables) -> dict[str, str]:
    """Names that went and are in no table, with the version they went in."""
    removals = dict(snapshot.removals())
    return {name: removals[name] for name in tables.uncovered(removals)}


def wrong_rows(snapshot: Snapshot, tables: Tables) -> dict[str, str]:
    """Rows and aliases that disagree with what was seen, and in what."""
    wrong = {}
    oldest = parse_version(snapshot.versions[0])
    for row, keys in tables.names.items():
        for name in (row, *keys.get("aliases", ())):
            answer = None if "where" in keys else snapshot.removal(name)
            if answer is None:
                continue
            seen, gone = answer
            said = keys.get("removed_in")
            if not seen and name not in UNSEEN and (said is None or parse_version(said) > oldest):
                wrong[name] = "never seen"
            elif seen and gone is not None and gone != said:
                wrong[name] = f"removed in {gone}, not {said}"
            elif seen and gone is None and said is not None and _after(snapshot, name, said):
                wrong[name] = f"still there in {_after(snapshot, name, said)}, not removed in {said}"
    return wrong


def _after(snapshot: Snapshot, name: str, version: str) -> str:
    """The versions from the given one on that have a name."""
    seen, _ = snapshot.removal(name) or (set(), None)
    return ", ".join(v for v in snapshot.versions if v in seen and parse_version(v) >= parse_version(version))


def _skeleton(name: str, removed_in: str) -> str:
    return f'["{name}"]\nremoved_in = "{removed_in}"\nurl = ""\ninstead = ""\n'


def _read_toml(python: str, path: Path) -> dict[str, Any]:
    """Reads a TOML file with an interpreter that can: this one may be 3.10, which has no tomllib."""
    code = "import json, sys, tomllib; print(json.dumps(tomllib.load(open(json.load(sys.stdin), 'rb'))))"
    table: dict[str, Any] | None = _run(python, code, str(path))
    if table is None:
        raise SystemExit(f"{python} cannot read {path}")
    return table


def main() -> int:
    """The command line; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "interpreters", nargs="+", metavar="PYTHON", help="interpreters; the last has to be 3.11 or later"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write what was seen; .gz is compressed")
    options = parser.parse_args()
    tables = Tables(*(_read_toml(options.interpreters[-1], path) for path in (NAMES, MODULES, NOT_WORTH)))
    snapshot = observe(options.interpreters, sorted(tables.all_names()))
    if options.write:
        data = snapshot.to_json().encode()
        options.write.write_bytes(gzip.compress(data, mtime=0) if options.write.suffix == ".gz" else data)
        return 0
    missing, wrong = missing_rows(snapshot, tables), wrong_rows(snapshot, tables)
    for name, removed_in in missing.items():
        print(_skeleton(name, removed_in))
    for name, what in wrong.items():
        print(f"# {name}: {what}")
    return 1 if missing or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
