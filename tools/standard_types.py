"""Writes the table of what the standard library's expressions are instances of, read from the typeshed in mypy.

    python tools/standard_types.py            writes the table
    python tools/standard_types.py --check    exits 1 if the table is out of date

Typeshed is read once for each *world*: a version of Python and a platform. A name means what it means in the first
world that has it, so the newest version decides, and what only older versions or other platforms have is in as well.
"""

from __future__ import annotations

import argparse
import ast
import gc
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent.parent / "src/py314_check/languages/python/standard_types.toml"
COMMAND = "python tools/standard_types.py"
HEADER = f"""\
# Which standard class an expression is an instance of. Facts from typeshed (Apache-2.0), as shipped with mypy {{mypy}}.
# Made by `{COMMAND}`; corrections belong in its CORRECTIONS, not here.
#
# All names are canonical: of the names of one object the shortest public one.
#   aliases     another name of a class or function = its canonical name
#   bases       a class = its direct bases, without object, Generic and Protocol; every known class has a row
#   returns     a function or method = what a call gives
#   attributes  an attribute, property or variable = what it holds
#   modes       a function that opens files = what a call gives by the letters of its mode: the first that has them all
#   starred     a module = the names that `from module import *` binds, on some version or platform
#
# A value is the name of a class (an instance of it), or "self" (of the receiver's class); with "*" before it: an
# iterable of such; with "await " before it: what gives such when awaited; with "async " before it: a coroutine that
# does, which is what coroutine functions return. "?" says that it cannot be told, and that
# what the bases say does not hold. "or None" is not said. A member without a row is that of the bases.
# Plain numbers and strings are left out where next to nobody asks for them.
"""

PLATFORMS = ("linux", "darwin", "win32")
NEWEST, OLDEST = 14, 10  # typeshed has forgotten what was gone before
# Not read: programs rather than libraries, gone with their last users, or the type system's own.
LEFT_OUT = set(
    "__main__ _curses _curses_panel _msi _pydecimal _tkinter _typeshed antigravity curses distutils encodings ensurepip"
    " idlelib lib2to3 msilib pydoc_data this tkinter turtle turtledemo typing_extensions xxlimited".split()
)
# Public by name alone: these implement what programs import from elsewhere.
IMPLEMENTATION = set("genericpath nt ntpath posix posixpath pyexpat sre_compile sre_constants sre_parse typing".split())
STAND_INS = {"ntpath": "os.path", "posixpath": "os.path"}
# Containers of one kind of thing, of which only the things matter.
ITERABLES = set("list tuple set frozenset".split()) | set(
    "Iterable Iterator Generator Collection Container Reversible Sequence MutableSequence AbstractSet MutableSet"
    " KeysView ValuesView".split()
)
WRAPPERS = set("Optional Union ClassVar Final Annotated Required NotRequired ReadOnly".split())
# Bases of files for the sake of type checkers alone.
SHAPES_OF_FILES = ("typing.IO", "typing.TextIO", "typing.BinaryIO")
PROPERTIES = ("property", "_magic_enum_attr")
DUNDERS = set(
    "__enter__ __aenter__ __iter__ __aiter__ __next__ __anext__ __getitem__ __call__ __truediv__ __rtruediv__"
    " __add__ __sub__".split()
)
SCALARS = {f"builtins.{name}" for name in "str int bool float bytes".split()}
SCALARS_OF = tuple(f"{module}." for module in "builtins os datetime time math random pathlib".split())

Value = str | list[str] | None
Facts = dict[str, tuple[str, Value]]  # name -> (table, value); None: known, and nothing to say
Row = str | list[str] | dict[str, str | int]
Tables = dict[str, dict[str, Row]]
NO_CLASS = ("bases", None)
# Things of their own, where typeshed shows what they return, what they call, or what the platform at hand has.
DISTINCT: Facts = {
    "_locale.localeconv": ("returns", "builtins.dict"),
    "concurrent.interpreters._crossinterp.classonly": ("bases", []),
    "logging.fatal": ("returns", None),
    "multiprocessing.JoinableQueue": ("returns", "multiprocessing.queues.JoinableQueue"),
    "multiprocessing.Queue": ("returns", "multiprocessing.queues.Queue"),
    "multiprocessing.SimpleQueue": ("returns", "multiprocessing.queues.SimpleQueue"),
    "multiprocessing.freeze_support": ("returns", None),
    "ntpath.realpath": ("aliases", "os.path.realpath"),
}
# Where the real modules differ from typeshed otherwise, or where what it says cannot be put into one value.
CORRECTIONS: Facts = DISTINCT | {
    # Several overloads, and what one gives is a base of what the others give.
    "asyncio.ensure_future": ("returns", "asyncio.Future"),
    "builtins.open": ("returns", "_io._IOBase"),
    "multiprocessing.context.BaseContext.get_context": ("returns", "multiprocessing.context.BaseContext"),
    "multiprocessing.get_context": ("returns", "multiprocessing.context.BaseContext"),
    # Something else to await.
    "builtins.anext": ("returns", None),
    "types.AsyncGeneratorType.athrow": ("returns", None),
    # Generic, with a default that says it.
    "xml.etree.ElementTree.ElementTree.getroot": ("returns", "xml.etree.ElementTree.Element"),
    # Bases for the sake of type checkers alone.
    "dataclasses._MISSING_TYPE": ("bases", []),
    "multiprocessing.managers._BaseSetProxy": ("bases", ["multiprocessing.managers.BaseProxy"]),
    "types.DynamicClassAttribute": ("bases", []),
    "typing.TypedDict": ("bases", ["builtins.dict"]),
    # A class that is a special form in typing.
    "collections.abc.Callable": ("bases", []),
    # Not the class of anything: a sentinel, mypy's own, and what stands for no class in particular.
    "builtins.function": NO_CLASS,
    "dataclasses.KW_ONLY": NO_CLASS,
    "typing.Any": NO_CLASS,
    "typing.Generic": NO_CLASS,
}

# What opens files: where the mode stands, what it is without one, and then what a mode of these letters gives.
# "unless": an argument behind the mode by which that changes.
_FILES: dict[str, str | int] = {
    "default": "r",
    "unless": "buffering",
    "b+": "io.BufferedRandom",
    "br": "io.BufferedReader",
    "b": "io.BufferedWriter",
    "": "io.TextIOWrapper",
}
_COMPRESSED: dict[str, str | int] = {"at": 1, "default": "rb", "t": "io.TextIOWrapper"}
MODES: dict[str, dict[str, str | int]] = {
    "builtins.open": {"at": 1, **_FILES},
    "bz2.open": {**_COMPRESSED, "": "bz2.BZ2File"},
    "gzip.open": {**_COMPRESSED, "": "gzip.GzipFile"},
    "lzma.open": {**_COMPRESSED, "": "lzma.LZMAFile"},
    "os.fdopen": {"at": 1, **_FILES},
    "pathlib.Path.open": {"at": 0, **_FILES},
    "wave.open": {"at": 1, "default": "rb", "r": "wave.Wave_read", "w": "wave.Wave_write"},
    "zipfile.ZipFile.open": {"at": 1, "default": "r", "r": "zipfile.ZipExtFile"},
}


class World(NamedTuple):
    """A minor version of Python 3 on a platform."""

    minor: int
    platform: str

    def holds(self, test: ast.expr) -> bool:
        """Whether a test of sys.version_info, sys.platform or TYPE_CHECKING comes to true."""
        match test:
            case ast.BoolOp(op=ast.And()):
                return all(map(self.holds, test.values))
            case ast.BoolOp():
                return any(map(self.holds, test.values))
            case ast.UnaryOp(op=ast.Not()):
                return not self.holds(test.operand)
            case ast.Name(id="TYPE_CHECKING"):
                return True
            case ast.Compare(left=ast.Attribute(attr="version_info"), ops=[op], comparators=[wanted]):
                reached: bool = (3, self.minor) >= ast.literal_eval(wanted)
                return reached == isinstance(op, ast.GtE)
            case ast.Compare(left=ast.Attribute(attr="platform"), ops=[op], comparators=[ast.Constant(value=platform)]):
                return (self.platform == platform) == isinstance(op, ast.Eq)
        raise NotImplementedError(f"line {test.lineno}: {ast.unparse(test)}")

    def statements(self, body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            if isinstance(statement, ast.If):
                yield from self.statements(statement.body if self.holds(statement.test) else statement.orelse)
            else:
                yield statement


class UnknownError(Exception):
    """Nothing that the table can say."""


class Imported(NamedTuple):
    """What ``from module import name`` binds; without a name, what ``import module`` does."""

    module: str
    name: str = ""


Node = ast.stmt | Imported


@dataclass
class Scope:
    """What a module or the body of a class binds."""

    nodes: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    public: set[str] = field(default_factory=set)  # the names that are there at run time too
    listed: set[str] = field(default_factory=set)  # __all__


@dataclass(frozen=True)
class Thing:
    """What a name stands for: a module, a class, a function or a variable, with the nodes that define it."""

    kind: str
    module: str
    name: str = ""
    nodes: tuple[ast.stmt, ...] = ()
    owner: str = ""  # the class whose self it is: of a member its own class, of a bound method the class it is bound to
    known_as: str = ""  # of a bound method

    @property
    def identity(self) -> str:
        return self.known_as or (f"{self.module}.{self.name}" if self.name else self.module)


@cache
def _typeshed() -> Path:
    spec = find_spec("mypy")
    if spec is None or spec.origin is None:
        raise SystemExit("mypy is not installed here: pip install mypy")
    return Path(spec.origin).parent / "typeshed/stdlib"


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _stubs() -> dict[str, tuple[Path, bool]]:
    """Module -> its stub, and whether it is a package."""
    stubs = {}
    for path in sorted(_typeshed().rglob("*.pyi")):
        parts = path.relative_to(_typeshed()).with_suffix("").parts
        package = parts[-1] == "__init__"
        stubs[".".join(parts[:-1] if package else parts)] = path, package
    return stubs


@cache
def _lifetimes() -> dict[str, tuple[int, int]]:
    """Module -> the first and the last minor version that has it."""
    lifetimes = {}
    for line in (_typeshed() / "VERSIONS").read_text(encoding="utf-8").splitlines():
        module, colon, versions = line.partition("#")[0].partition(":")
        if colon:
            first, _, last = versions.strip().partition("-")
            lifetimes[module] = int(first.split(".")[1]), int(last.split(".")[1]) if last else sys.maxsize
    return lifetimes


def _exists(module: str, minor: int) -> bool:
    while module not in _lifetimes():
        module = module.rpartition(".")[0]
    first, last = _lifetimes()[module]
    return first <= minor <= last


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of names and attributes, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (value := _dotted(node.value)):
        return f"{value}.{node.attr}"
    return ""


class Stubs:
    """Typeshed as one world sees it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.modules = {module for module in _stubs() if _exists(module, world.minor)}
        self._scopes: dict[str, Scope] = {}
        self._members: dict[ast.ClassDef, Scope] = {}
        self._found: dict[tuple[str, str], Thing | None] = {}
        self._open: set[str] = set()
        self.things: dict[str, Thing] = {}
        self.names: dict[str, set[str]] = {}
        for name, thing in self._names():
            self.things[thing.identity] = thing
            self.names.setdefault(thing.identity, set()).add(name)
        self.canonical = {one: min(names, key=lambda name: _rank(name, one)) for one, names in self.names.items()}

    # -- names

    def scope(self, module: str) -> Scope:
        if module not in self._scopes:
            self._scopes[module] = Scope()
            self._bind(module, _tree(_stubs()[module][0]).body, self._scopes[module])
        return self._scopes[module]

    def members(self, thing: Thing) -> dict[str, list[Node]]:
        """What the body of a class binds."""
        node = thing.nodes[-1]
        assert isinstance(node, ast.ClassDef)
        if node not in self._members:
            self._members[node] = Scope()
            self._bind(thing.module, node.body, self._members[node])
        return self._members[node].nodes

    def _bind(self, module: str, body: list[ast.stmt], scope: Scope) -> None:
        for statement in self.world.statements(body):
            match statement:
                case ast.ImportFrom():
                    self._import(self._absolute(module, statement), statement.names, scope)
                case ast.Import():
                    for alias in statement.names:
                        name = alias.name if alias.asname else alias.name.partition(".")[0]
                        scope.nodes[alias.asname or name] = [Imported(name)]
                case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AugAssign(target=ast.Name(id="__all__")):
                    scope.listed |= set(ast.literal_eval(statement.value))
                case (
                    ast.ClassDef(name=name)
                    | ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.AnnAssign(target=ast.Name(id=name))
                    | ast.Assign(targets=[ast.Name(id=name)])
                ):
                    scope.nodes[name].append(statement)
                    scope.public.add(name)
        scope.public |= scope.listed & scope.nodes.keys()

    def _import(self, source: str, names: list[ast.alias], scope: Scope) -> None:
        """``from source import names``, which are the stub's own business unless it lists or repeats them."""
        for alias in names:
            if alias.name == "__all__":
                scope.listed |= self.scope(source).listed
            elif alias.name != "*":
                scope.nodes[alias.asname or alias.name] = [Imported(source, alias.name)]
                if alias.asname == alias.name:
                    scope.public.add(alias.name)
            elif source in self.modules:
                starred = self.starred(source) & self.scope(source).nodes.keys()
                scope.nodes.update((name, [Imported(source, name)]) for name in starred)
                scope.public |= starred

    def starred(self, module: str) -> set[str]:
        """The names that ``from module import *`` binds."""
        scope = self.scope(module)
        return scope.listed or {name for name in scope.public if not name.startswith("_")}

    @staticmethod
    def _absolute(module: str, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        parts = module.split(".")
        drop = statement.level - _stubs()[module][1]
        return ".".join(parts[: len(parts) - drop] + ([statement.module] if statement.module else []))

    # -- things

    def find(self, module: str, dotted: str, within: Thing | None = None) -> Thing | None:
        """What a dotted name stands for in a module, or in the body of a class of it."""
        first, *rest = dotted.split(".")
        thing = self._lookup(module, first, within)
        for part in rest:
            thing = thing and self.attribute(thing, part)
        return thing

    def _lookup(self, module: str, name: str, within: Thing | None = None) -> Thing | None:
        if within and (nodes := self.members(within).get(name)):
            return self._follow(module, name, nodes, within)
        if (module, name) not in self._found:
            self._found[module, name] = self._global(module, name)
        return self._found[module, name]

    def _global(self, module: str, name: str) -> Thing | None:
        if nodes := self.scope(module).nodes.get(name):
            return self._follow(module, name, nodes)
        if f"{module}.{name}" in self.modules:
            return Thing("module", f"{module}.{name}")
        return self._lookup("builtins", name) if module != "builtins" else None

    def attribute(self, thing: Thing, name: str) -> Thing | None:
        """A member of a module, a class, or of what a variable holds."""
        if thing.kind == "module":
            return self._lookup(thing.module, name) if thing.module in self.modules else None
        if thing.kind == "class":
            if nodes := self.members(thing).get(name):
                return self._follow(thing.module, name, nodes, thing)
            found = (self.attribute(base, name) for base in self.bases(thing))
            return next((one for one in found if one), None)
        if thing.kind == "variable" and (held := self._held(thing)) and (member := self.attribute(held, name)):
            return replace(member, owner=held.identity)
        return None

    def _held(self, variable: Thing) -> Thing | None:
        node = variable.nodes[-1]
        if isinstance(node, ast.AnnAssign) and (dotted := _dotted(node.annotation)):
            return self.find(variable.module, dotted)
        return None

    def _follow(self, module: str, name: str, nodes: list[Node], within: Thing | None = None) -> Thing | None:
        qualified = f"{within.name}.{name}" if within else name
        last = nodes[-1]
        if isinstance(last, Imported):
            if not last.name:
                return Thing("module", last.module)
            submodule = f"{last.module}.{last.name}"
            if submodule in self.modules and (last.module == module or last.name not in self.scope(last.module).nodes):
                return Thing("module", submodule)
            return self._lookup(last.module, last.name) if last.module in self.modules else None
        statements = tuple(node for node in nodes if isinstance(node, ast.stmt))
        owner = within.identity if within else ""
        if isinstance(last, ast.ClassDef):
            return Thing("class", module, qualified, (last,), owner)
        if isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef):
            return Thing("function", module, qualified, statements, owner)
        variable = Thing("variable", module, qualified, (last,), owner)
        if isinstance(last, ast.Assign) and (dotted := _dotted(last.value)) and dotted != name:  # not X = X
            meant = self.find(module, dotted, within)
            if meant and meant.kind == "function" and "." in meant.name:  # a method, under a name of its own
                return replace(meant, known_as=f"{module}.{qualified}")
            return meant or variable
        return variable

    def bases(self, thing: Thing) -> Iterator[Thing]:
        node = thing.nodes[-1]
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            found = self.find(thing.module, _dotted(base.value if isinstance(base, ast.Subscript) else base))
            if found and (found.kind == "class" or found.identity in CORRECTIONS):
                yield found

    # -- canonical names

    def _names(self) -> Iterator[tuple[str, Thing]]:
        """All names that things at the top of modules have at run time."""
        for module in sorted(self.modules):
            if module.partition(".")[0] in LEFT_OUT:
                continue
            for name in sorted(self.scope(module).public):
                thing, full = self._lookup(module, name), f"{module}.{name}"
                if thing is None or thing.kind == "module" or _is_shape(thing):
                    continue
                if full != thing.identity and (module == "typing" or full in DISTINCT):
                    continue  # typing.List is no other name of list: it is for annotations
                yield full, thing
                stand_in = STAND_INS.get(module)
                if stand_in and name in self.scope(stand_in).public:
                    yield f"{stand_in}.{name}", thing

    def canonical_of(self, thing: Thing) -> str:
        top, dot, rest = thing.name.partition(".")
        return self.canonical.get(f"{thing.module}.{top}", f"{thing.module}.{top}") + dot + rest

    # -- values

    def values(self, node: ast.expr, module: str, selves: frozenset[str] = frozenset()) -> set[str]:
        """What an annotation allows, None left out. Raises UnknownError."""
        match node:
            case ast.Constant(value=None):
                return set()
            case ast.Constant(value=str(text)):
                return self.values(ast.parse(text, mode="eval").body, module, selves)
            case ast.BinOp(op=ast.BitOr()):
                return self.values(node.left, module, selves) | self.values(node.right, module, selves)
            case ast.Subscript():
                return self._subscript(node, module, selves)
            case ast.Name() | ast.Attribute():
                return self._named(_dotted(node), module, selves)
        raise UnknownError

    def _named(self, dotted: str, module: str, selves: frozenset[str]) -> set[str]:
        thing = self.find(module, dotted)
        if thing is None:
            raise UnknownError
        special = _special(thing)
        if special == "Self" or (dotted in selves and thing.kind == "variable" and not special):
            return {"self"}
        if special in {"NoReturn", "Never"} or thing.identity == "_typeshed.MaybeNone":
            return set()
        if special == "LiteralString":
            return {"builtins.str"}
        if thing.kind == "class":
            return {self._class_name(thing)}
        if thing.kind == "variable" and thing.module != "_typeshed" and thing.identity not in self._open:
            self._open.add(thing.identity)  # an alias of a type may speak of itself
            try:
                return self._aliased(thing)
            finally:
                self._open.remove(thing.identity)
        raise UnknownError

    def _aliased(self, alias: Thing) -> set[str]:
        """What an alias of a type stands for, or the bound of a type variable."""
        match alias.nodes[-1]:
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"), keywords=keywords)):
                for keyword in keywords:
                    if keyword.arg == "bound":
                        return self.values(keyword.value, alias.module)
            case (
                ast.Assign(value=value) | ast.AnnAssign(annotation=ast.Name(id="TypeAlias"), value=ast.expr() as value)
            ):
                return self.values(value, alias.module)
        raise UnknownError

    def _class_name(self, thing: Thing) -> str:
        if thing.module == "_typeshed" or thing.identity in {"builtins.object", "builtins.type", "typing.Any"}:
            raise UnknownError
        return self.canonical_of(thing)

    def _subscript(self, node: ast.Subscript, module: str, selves: frozenset[str]) -> set[str]:
        thing = self.find(module, _dotted(node.value))
        if thing is None:
            raise UnknownError
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        special = _special(thing)
        if special == "Literal":
            return set().union(*(self._literal(one, module) for one in arguments))
        if special == "Annotated":
            return self.values(arguments[0], module, selves)
        if special in WRAPPERS:
            return set().union(*(self.values(one, module, selves) for one in arguments))
        if special in {"TypeGuard", "TypeIs"}:
            return {"builtins.bool"}
        if special in {"Awaitable", "Coroutine"}:
            return _awaited(self.values(arguments[-1], module, selves))
        if thing.kind != "class":
            raise UnknownError
        container = self._class_name(thing)
        if special in ITERABLES or thing.identity in {f"builtins.{name}" for name in ITERABLES}:
            if thing.name == "tuple":
                arguments = [one for one in arguments if not (isinstance(one, ast.Constant) and one.value is ...)]
            else:
                arguments = arguments[:1]
            try:
                inner = set().union(*(self.values(one, module, selves) for one in arguments))
            except UnknownError:
                return {container}
            if len(inner) == 1 and not any(map(_has_form, inner)):
                return {f"*{inner.pop()}"}
        return {container}

    def _literal(self, node: ast.expr, module: str) -> set[str]:
        if dotted := _dotted(node):  # a member of an enumeration
            member = self.find(module, dotted)
            value = self.held_by(member) if member else None
            if value is None:
                raise UnknownError
            return {value}
        value = ast.literal_eval(node)
        return set() if value is None else {f"builtins.{type(value).__name__}"}

    def called(self, thing: Thing) -> str | None:
        """What a call of a function gives."""
        values: set[str] = set()
        for node in thing.nodes:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.returns is None or _decorators(node) & {"contextmanager", "asynccontextmanager"}:
                return None
            try:
                found = self.values(node.returns, thing.module, _selves(node) if thing.owner else frozenset())
                values |= found
            except UnknownError:
                values |= {"?", "none of them"}
        value = values.pop() if len(values) == 1 else None
        if isinstance(thing.nodes[-1], ast.AsyncFunctionDef):
            return f"async {'?' if value is None or _has_form(value) else value}"
        return value

    def held(self, thing: Thing) -> str | None:
        """What a variable or an annotated attribute holds."""
        node = thing.nodes[-1]
        assert isinstance(node, ast.Assign | ast.AnnAssign)
        try:
            if isinstance(node, ast.AnnAssign) and _dotted(node.annotation).rpartition(".")[2] != "Final":
                values = self.values(node.annotation, thing.module)
            elif isinstance(node.value, ast.Constant):
                values = {f"builtins.{type(node.value.value).__name__}"}
            elif node.value and (dotted := _dotted(node.value)) and (meant := self.find(thing.module, dotted)):
                return self.held_by(meant)
            else:
                return None
        except UnknownError:
            return None
        return values.pop() if len(values) == 1 else None

    def held_by(self, thing: Thing) -> str | None:
        """What the attribute or variable holds: a member of an enumeration is of its class."""
        if thing.kind != "variable":
            return None
        if "." in thing.name and isinstance(thing.nodes[-1], ast.Assign):
            owner = self.find(thing.module, thing.name.rpartition(".")[0])
            if owner and self.is_enum(owner):
                return self.canonical_of(owner)
        return self.held(thing)

    def is_enum(self, thing: Thing) -> bool:
        return thing.identity == "enum.Enum" or any(map(self.is_enum, self.bases(thing)))

    # -- facts

    def facts(self) -> Facts:
        facts: Facts = {}
        for identity, thing in self.things.items():
            name, names = self.canonical[identity], self.names[identity]
            if thing.kind == "variable":
                facts.update((one, ("attributes", self.held_by(thing))) for one in names if not _is_private(one))
                continue
            if thing.kind == "class":
                self._class_facts(name, thing, facts)
            else:
                facts[name] = "returns", self._bound(self.called(thing), thing)
            facts.update((one, ("aliases", name)) for one in names - {name, f"typing.{thing.name}"})
        return facts

    def _bound(self, value: str | None, thing: Thing) -> str | None:
        """A bound method knows what its self is."""
        own = self.canonical.get(thing.owner, thing.owner)
        return f"{value[:-4]}{own}" if value and value.endswith("self") else value

    def _class_facts(self, name: str, thing: Thing, facts: Facts) -> None:
        bases = [self.canonical_of(base) for base in self.bases(thing) if not _says_nothing(base)]
        bases = [base for base in bases if base not in SHAPES_OF_FILES or thing.module == "typing"]
        facts[name] = "bases", bases
        for member, nodes in self.members(thing).items():
            if member.startswith("_") and member not in DUNDERS:
                continue
            found = self._follow(thing.module, member, nodes, thing)
            key = f"{name}.{member}"
            if found is None or found.kind == "module":
                continue
            if found.kind == "class":
                if found.identity == f"{thing.identity}.{member}":
                    self._class_facts(key, found, facts)
            elif found.kind == "variable":
                facts[key] = "attributes", self.held_by(found)
            else:
                accessor = _accessor(found)
                facts[key] = ("attributes", self.called(accessor)) if accessor else ("returns", self.called(found))


def _has_form(value: str) -> bool:
    return value.startswith(("*", "await ", "async "))


def _awaited(values: set[str]) -> set[str]:
    """What is awaited for these; there is no saying it of the items of an iterable."""
    if any(map(_has_form, values)):
        raise UnknownError
    return {f"await {value}" for value in values}


def _special(thing: Thing) -> str:
    return thing.name if thing.module in {"typing", "typing_extensions"} else ""


def _is_shape(thing: Thing) -> bool:
    """Whether it is a protocol that only stubs know."""
    node = thing.nodes[-1]
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    names = {_dotted(base.value if isinstance(base, ast.Subscript) else base) for base in bases}
    return "Protocol" in names and thing.name.startswith("_")


def _says_nothing(base: Thing) -> bool:
    known = base.module != "_typeshed" and base.identity != "builtins.object" and not _is_shape(base)
    return not known or CORRECTIONS.get(base.identity) == NO_CLASS


def _is_private(name: str) -> bool:
    return name.startswith("_") or "._" in name or name.partition(".")[0] in IMPLEMENTATION


def _rank(name: str, identity: str) -> tuple[object, ...]:
    """The canonical name ranks first: public, few dots, most like the one it is defined under."""
    module, _, last = name.rpartition(".")
    home, _, own = identity.rpartition(".")
    alike = len(last) if own.endswith(last) else 0  # _UnixSelectorEventLoop: SelectorEventLoop rather than EventLoop
    return _is_private(name), name.count("."), -alike, module != home, len(name), name


@cache
def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    dotted = (_dotted(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list)
    return {name.rpartition(".")[2] for name in dotted}


def _accessor(thing: Thing) -> Thing | None:
    """The getter alone, if the function is a property."""
    for node in thing.nodes:
        if isinstance(node, ast.FunctionDef) and any(one.endswith(PROPERTIES) for one in _decorators(node)):
            return replace(thing, nodes=(node,))
    return None


@cache
def _selves(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The names that may stand for the receiver's class: ``self: T``, and of a class method ``cls: type[T]``."""
    decorators = _decorators(node)
    match (node.args.posonlyargs + node.args.args)[:1]:
        case [ast.arg(annotation=ast.Name(id=name))] if "staticmethod" not in decorators:
            return frozenset({name})
        case [ast.arg(annotation=ast.Subscript(slice=ast.Name(id=name)))] if "classmethod" in decorators:
            return frozenset({name})
    return frozenset()


def collect() -> tuple[Facts, dict[str, str]]:
    """All worlds, one after the other: the first that knows a name decides what it means. And what stars bind."""
    facts: Facts = dict(CORRECTIONS)
    starred: defaultdict[str, set[str]] = defaultdict(set)
    for minor in range(NEWEST, OLDEST - 1, -1):
        for platform in PLATFORMS:
            stubs = Stubs(World(minor, platform))
            found = stubs.facts()
            for module in stubs.modules:
                if not module.startswith("_") and "._" not in module and module != "typing_extensions":
                    starred[module] |= stubs.starred(module)
            if platform == PLATFORMS[0]:
                facts |= _moved(found, facts)
            aliases = {name: str(value) for name, (table, value) in facts.items() if table == "aliases"}
            for name, (table, value) in found.items():
                if isinstance(value, list):
                    value = [_renamed(one, aliases) for one in value]
                elif value:
                    value = _renamed(value, aliases)
                facts.setdefault(_renamed(name, aliases), (table, value))
    return facts, {module: " ".join(sorted(names)) for module, names in starred.items()}


def _moved(older: Facts, newer: Facts) -> Facts:
    """Names that were canonical and are gone: aliases of what has another canonical name now."""
    moved: Facts = {}
    for name, (table, value) in older.items():
        kept = name in newer and newer[name][0] != "aliases" and name not in CORRECTIONS and not _is_private(name)
        if table == "aliases" and isinstance(value, str) and kept and value not in newer:
            moved[value] = "aliases", name
    return moved


def _renamed(value: str, aliases: dict[str, str]) -> str:
    """A value, or the name of a thing or of a member, without the names that are aliases in a newer world."""
    match = re.fullmatch(r"(await |async |\*|)((?:(.+)\.)?(.+))", value)
    assert match
    prefix, name, owner, member = match.groups()
    if name in aliases:
        return prefix + aliases[name]
    return f"{prefix}{aliases[owner]}.{member}" if owner in aliases else value


def finish(facts: Facts, starred: dict[str, str]) -> Tables:
    """The rows to write: without what is of no use, and with a "?" where that would let a base speak instead."""
    tables: Tables = {"aliases": {}, "bases": {}, "returns": {}, "attributes": {}}
    for name, (table, value) in facts.items():
        if isinstance(value, str) and value.startswith("async ") and not _useful(name, value, facts):
            value = "async ?"  # a coroutine it is all the same
        elif isinstance(value, str) and table != "aliases" and not _useful(name, value, facts):
            value = None
        if value is not None:
            tables[table][name] = value
    for name in facts:
        owner, _, member = name.rpartition(".")
        inherited = [f"{base}.{member}" for base in _above(owner, tables)]
        for table in ("returns", "attributes"):
            if name not in tables[table] and any(one in tables[table] for one in inherited):
                tables[table][name] = "?"
    return tables | {"modes": {**MODES}, "starred": {**starred}}


def _useful(name: str, value: str, facts: Facts) -> bool:
    """Whether the class is known, and more than a number or a string that next to nobody asks for."""
    owner = name.rpartition(".")[0]
    if facts.get(owner) == NO_CLASS or (value in SCALARS and not name.startswith(SCALARS_OF)):
        return False
    value = re.sub(r"await |async |\*", "", value)
    table, bases = facts.get(value, NO_CLASS)
    return value == "self" or (table == "bases" and bases is not None)


def _above(name: str, tables: Tables) -> set[str]:
    bases = set(tables["bases"].get(name, ()))
    return bases.union(*(_above(base, tables) for base in bases))


def render(tables: Tables) -> str:
    lines = [HEADER.format(mypy=version("mypy"))]
    for table, rows in tables.items():
        lines += [f"[{table}]", *(f"{_quoted(name)} = {_quoted(rows[name])}" for name in sorted(rows)), ""]
    return "\n".join(lines[:-1]) + "\n"


def _quoted(value: Row | int) -> str:
    match value:
        case str():
            return f'"{value}"'
        case dict():
            return f"{{ {', '.join(f'{_quoted(key)} = {_quoted(one)}' for key, one in value.items())} }}"
        case list():
            return f"[{', '.join(map(_quoted, value))}]"
    return str(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the table is out of date")
    arguments = parser.parse_args()
    gc.disable()  # nothing here is garbage for long enough to look for it
    text = render(finish(*collect()))
    if not arguments.check:
        TABLE.write_text(text, encoding="utf-8", newline="\n")
    elif not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != text:
        print(f"{TABLE.name} is out of date; run {COMMAND}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
