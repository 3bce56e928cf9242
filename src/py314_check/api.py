"""What a rule may import: the whole surface for rule authors.

A rule is a class in a module of a rule pack. It names the words without which it cannot fire and reads like a libcst
visitor; positions, names, guards and suppressions are the engine's work::

    from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

    class NoFrobnication(Rule):
        \"\"\"Calls of frob.frobnicate, which is gone. (Then the sections that Rule describes.)\"\"\"

        code, name = "XYZ001", "frobnication"
        level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
        words = (Words("frobnicate"),)

        def visit_Call(self, node: cst.Call) -> None:
            if "frob.frobnicate" in self.context.resolve(node.func):
                self.report(node.func, "`frob.frobnicate` was removed in Python 3.14.", symbol="frob.frobnicate")

A pack is a package named by an entry point of the group ``py314_check.rules``; every module below it is searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, TypeVar

from py314_check.facts import FactError, Facts, load_facts
from py314_check.mentions import Mentions, is_module, may_import
from py314_check.model import Confidence, Crate, CrateVersions, Impact, Level, Place, Target, Words, parse_version
from py314_check.outline import (
    Outline,
    Scope,
    arguments,
    below,
    expressions_in,
    first_two,
    last_name,
    names_set,
    once,
    targets_in,
)
from py314_check.pieces import PIECE, pieces
from py314_check.specifiers import admits, from_poetry

if TYPE_CHECKING:
    import libcst as cst
    from tree_sitter import Node

    from py314_check.events import (
        CargoDependency,
        CMakeCommand,
        CythonCall,
        CythonModule,
        CythonVariable,
        CythonWrite,
        Directive,
        EntryPoint,
        Environment,
        Event,
        Interpreter,
        MesonArgument,
        MesonCall,
        Owner,
        ParseFailure,
        Requirement,
        Setting,
        Settings,
        ShellCommand,
        UnusedSuppression,
        Variable,
    )
else:
    Node = object

    class _LazyLibcst:
        """libcst, imported when a name of it is first used: a run that parses nothing never pays for it."""

        def __getattr__(self, name: str) -> object:
            import libcst

            value = getattr(libcst, name)
            setattr(self, name, value)
            return value

    cst = _LazyLibcst()

__all__ = [
    "PIECE",
    "Attribute",
    "CMakeCommand",
    "CargoDependency",
    "Change",
    "Confidence",
    "Context",
    "Crate",
    "CrateVersions",
    "CythonCall",
    "CythonModule",
    "CythonVariable",
    "CythonWrite",
    "Directive",
    "EntryPoint",
    "Environment",
    "Event",
    "FactError",
    "Facts",
    "Function",
    "Impact",
    "Imported",
    "InThreads",
    "Insert",
    "Interpreter",
    "Level",
    "Member",
    "Mentions",
    "MesonArgument",
    "MesonCall",
    "NativeContext",
    "NativeRule",
    "Node",
    "Outline",
    "Owner",
    "ParseFailure",
    "Place",
    "Remove",
    "Rename",
    "Replace",
    "Requirement",
    "Rule",
    "RustContext",
    "RustRule",
    "Scope",
    "Setting",
    "Settings",
    "Shared",
    "ShellCommand",
    "Static",
    "Target",
    "ThreadStart",
    "UnusedSuppression",
    "Use",
    "Variable",
    "Words",
    "admits",
    "arguments",
    "below",
    "cst",
    "expressions_in",
    "first_two",
    "from_poetry",
    "is_module",
    "last_name",
    "load_facts",
    "may_import",
    "names_set",
    "once",
    "parse_version",
    "pieces",
    "targets_in",
]


def __getattr__(name: str) -> object:
    """The events, imported when a rule first asks for one."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module("py314_check.events"), name)
    return value


SECTIONS = ("What it does", "Why it matters", "Example", "Use instead", "Fix safety", "References")
"""The headings that every rule's documentation has, in this order."""


@dataclass(frozen=True)
class Member:
    """What an attribute of a value may be: ``names`` such as ``{"ast.Num.n", "ast.Constant.n"}``, for each standard
    class in which Python would look it up; ``order`` has them as Python does, the nearest class first. ``certain`` is
    False where a base class of unknown content comes along.
    """

    order: tuple[str, ...]
    certain: bool

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.order)


@dataclass(frozen=True)
class Static:
    """A variable of a C file that all threads share: ``type`` as ``PyObject *``, the node of its name where it is
    declared, and what writes to it or to a part of it in functions, in order: assignments, ``++`` and ``--``,
    ``Py_CLEAR``, ``memcpy`` and the like, methods that change a C++ container.
    """

    name: str
    type: str
    node: Node
    is_array: bool
    writes: tuple[Node, ...]


@dataclass(frozen=True)
class Use:
    """A place where a function of a Python file uses a variable that threads share.

    ``node`` is the variable there (or the ``hasattr`` that asks for it), ``act`` what is done with it: the assignment,
    the call, the loop. ``kind`` is ``set`` (it gets a new value, or none), ``add`` (``+=`` and the like), ``change``
    (of a container in place; ``how`` is the method, ``[]=``, ``[]+=`` or ``del``), ``iterate`` (less what is
    documented to lock the container meanwhile, such as ``list``), ``item`` or ``read``.
    """

    node: cst.BaseExpression
    kind: str
    act: cst.CSTNode
    how: str = ""

    @property
    def writes(self) -> bool:
        return self.kind in ("set", "add", "change")


@dataclass(frozen=True)
class Shared:
    """A variable of a Python file, or of a class of it, that all threads share and that functions write.

    ``name`` is ``cache`` or ``Class.cache``; ``container`` is the mutable standard container that it certainly is
    (``dict``, ``deque`` ...), or empty; ``uses`` are those in functions, in order.
    """

    name: str
    container: str
    uses: tuple[Use, ...]


@dataclass
class Attribute:
    """An attribute of a Rust item, or what stands in its parentheses: ``gil_used = false`` has a name and a value.

    Paths go by their last part: ``#[pyo3::pymodule]`` is ``pymodule``.
    """

    name: str
    arguments: list[Attribute]
    value: str = ""


Function: TypeAlias = "cst.FunctionDef | cst.Lambda"


@dataclass(frozen=True)
class ThreadStart:
    """Something that has a function of the file run in a thread: a call, or a subclass of Thread that has no calls.

    ``arguments`` are those that the function is given by position, as far as they are written out. ``many`` where it
    starts several threads: in a loop, for each element, for each request. ``in_context`` where the thread is given a
    context (``contextvars``) on every build.
    """

    node: cst.CSTNode
    function: Function
    arguments: tuple[cst.BaseExpression, ...] = ()
    many: bool = False
    in_context: bool = False


@dataclass(frozen=True)
class InThreads:
    """How a function runs in threads: one or two of the starts that lead to it."""

    starts: tuple[ThreadStart, ...]

    @property
    def many(self) -> bool:
        """Whether several threads may run it at a time."""
        return len(self.starts) > 1 or self.starts[0].many

    @property
    def in_context(self) -> bool:
        """Whether its threads are given a context on every build."""
        return all(start.in_context for start in self.starts)


# What a fix does to the code.


@dataclass(frozen=True)
class Imported:
    """A qualified name (``shlex.quote``) in the new text of a fix, which the engine spells as the file can.

    It uses what the file imports already, or else adds the import: to an existing ``from`` import, or as a statement of
    its own. Where the name that this would bind is taken, the whole fix is off.
    """

    name: str


@dataclass(frozen=True, init=False)
class Replace:
    """A node's text becomes something else, or a ``part`` of it does (offsets into that text).

    ``content`` is given piece by piece: text, ``Imported`` names, and nodes, which stand for their text as it is.
    A node's own parentheses are not its text.
    """

    node: cst.CSTNode | Event | Node
    content: tuple[str | Imported | cst.CSTNode, ...]
    part: tuple[int, int] | None

    def __init__(
        self,
        node: cst.CSTNode | Event | Node,
        *content: str | Imported | cst.CSTNode,
        part: tuple[int, int] | None = None,
    ) -> None:
        object.__setattr__(self, "node", node)
        object.__setattr__(self, "content", content)
        object.__setattr__(self, "part", part)


@dataclass(frozen=True, init=False)
class Insert:
    """Text before a node, or behind it; ``content`` is that of ``Replace``. Nothing is added between the two.

    Whitespace that libcst keeps as a node is a node here, too: a return annotation that is not there yet goes
    behind ``function.whitespace_before_colon``.
    """

    node: cst.CSTNode | Event | Node
    content: tuple[str | Imported | cst.CSTNode, ...]
    behind: bool

    def __init__(
        self, node: cst.CSTNode | Event | Node, *content: str | Imported | cst.CSTNode, behind: bool = False
    ) -> None:
        object.__setattr__(self, "node", node)
        object.__setattr__(self, "content", content)
        object.__setattr__(self, "behind", behind)


@dataclass(frozen=True)
class Remove:
    """A node goes with what holds it: an argument or an element with its comma, a statement with its line, an import
    from its list, a comment with the space before it.
    """

    node: cst.CSTNode | Event


@dataclass(frozen=True)
class Rename:
    """An object of a module is to be found under another qualified name, at this use of it or in this import of it.

    The node is an expression (``pipes.quote``), or the name or the module in an import statement (``Mapping`` in ``from
    collections import Mapping``), which goes on to bind the name that it did.
    """

    node: cst.CSTNode
    name: str


@dataclass(frozen=True, init=False)
class Change:
    """A fix as a rule describes it: what to do, not where. The engine finds the places, and sees to the imports.

    ``message`` says what it does, as a command without a period: "Use `shlex.quote`". ``safe``: the program means the
    same on every Python from ``since`` on; on files that must run on older ones the fix counts as unsafe. An import
    that the change leaves without any use goes with it. Edits stand in any order and must not overlap.
    """

    message: str
    edits: tuple[Replace | Insert | Remove | Rename, ...]
    safe: bool
    since: str

    def __init__(
        self, message: str, *edits: Replace | Insert | Remove | Rename, safe: bool, since: str = "3.0"
    ) -> None:
        object.__setattr__(self, "message", message)
        object.__setattr__(self, "edits", edits)
        object.__setattr__(self, "safe", safe)
        object.__setattr__(self, "since", since)


NodeT = TypeVar("NodeT", bound="cst.CSTNode")


class Context(Protocol):
    """What the engine knows of the file being read; every rule has it as ``self.context``.

    Where the engine is not certain, the answer is empty or None: names that it cannot follow never make a finding.
    """

    path: str
    target: Target
    floor: tuple[int, int] | None
    """The oldest Python that the project of the file says it runs on; None where it does not say."""

    def aliases(self, name: str) -> frozenset[str]:
        """A qualified name, and the name that the standard library's own documentation has for the same thing."""
        ...

    def resolve(self, node: cst.CSTNode | None) -> frozenset[str]:
        """The qualified names that an expression may stand for (``{"ast.Num"}``), through imports and assignments.

        Both the name it was imported by (``unittest.case.TestCase``) and the public one (``unittest.TestCase``).
        """

    def types(self, node: cst.CSTNode | None) -> frozenset[str]:
        """The standard classes, bases included, of which an expression's value is certainly an instance.

        Builtin types are ``builtins.str``, ``types.NoneType``, ``types.FunctionType`` (also a lambda),
        ``types.CoroutineType`` (a called coroutine function) and so on.
        """

    def member(self, node: cst.Attribute) -> Member:
        """The methods or attributes that ``value.name`` may mean, where the class of the value is certain."""

    def bases(self, node: cst.ClassDef) -> frozenset[str]:
        """The standard classes that a class derives from, directly, through others of the file or of the library."""

    def definition(self, node: cst.CSTNode | None) -> cst.FunctionDef | cst.ClassDef | cst.Lambda | None:
        """The function or class of this file that a name, ``self.name`` or a lambda certainly stands for."""

    def mro(self, node: cst.BaseExpression | cst.ClassDef | str) -> tuple[cst.ClassDef | str | None, ...]:
        """A class that an expression certainly names, or that a qualified name means, and its bases, nearest first.

        Those of the file are definitions, standard ones are names, None is one that is not known, such as ``Protocol``.
        ``object`` and ``Generic`` are left out where they are bases. Empty where no known class is named.
        """

    def bound(self, name: str, at: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """The nodes that bind a name where a node looks it up: imports, assignments, parameters, definitions.

        All of them in that scope, wherever they stand; none for builtins and for what the file binds nowhere.
        """

    def spelled(self, name: str, at: cst.CSTNode) -> str:
        """What a qualified name is called at a node by what the file imports for sure; empty where nothing gives it."""

    def annotation(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The expression that a string in an annotation holds, which may be asked for as if it stood there.

        Any other expression as it is; None where the string holds none.
        """

    def value(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a name was assigned, where it certainly was that; any other expression as it is.

        Of ``with open(path) as name`` it is ``open(path)``, since that gives itself.
        """

    def element(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int] | None:
        """What a value is certainly an element of, and which one: ``(made(), 0)`` of ``made()[0]`` and of ``a`` behind
        ``a, b = made()``, where that is a name or an attribute of a class of the file, set so in one place.
        """

    def dotted(self, node: cst.BaseExpression | None) -> str:
        """``a.b.c`` for a chain of plain names, as written; the empty string for anything else."""

    def string(self, node: cst.CSTNode | None) -> str | None:
        """The value of a string literal, or of what stands for one; None for anything else.

        That is a name, or an attribute of a class of the file or of ``self`` that the file sets in one place.
        """

    def argument(self, call: cst.Call, position: int, keyword: str) -> cst.BaseExpression | None:
        """The argument given at a position or by keyword, or None."""

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes that a node stands in, nearest first."""

    def below(self, node: cst.CSTNode, *, own: bool = False) -> Iterator[cst.CSTNode]:
        """A node and all that stands in it; if only its ``own``, not what is in further functions and classes."""

    def enclosing(self, node: cst.CSTNode, *kinds: type[NodeT]) -> NodeT | None:
        """The nearest node of some kinds that a node stands in; of functions and classes, in whose body it stands."""

    def home(self, node: cst.CSTNode) -> Function | None:
        """The function in which a node runs; None where it runs with the module."""

    def unwrapped(self, node: cst.BaseExpression | None) -> cst.BaseExpression | None:
        """What a ``functools.partial`` is made of; any other expression as it is."""

    def in_threads(self, node: cst.CSTNode) -> InThreads | None:
        """How the function in which a node runs is run in threads; None where the file does not show that it is.

        Followed from threads, pools and servers that run them, along the calls within the file.
        """

    def starts_thread(self, call: cst.Call) -> ThreadStart | None:
        """What a call hands to threads, if that is a function of this file."""

    def runs_later(self, node: cst.CSTNode) -> bool:
        """Whether a node runs only when a function is called, not when the file is."""

    def runs_on(self, node: cst.CSTNode, version: tuple[int, int]) -> bool:
        """Whether a node may run on another version of Python than the target, by the tests of the version."""

    def fails_when(self, node: cst.CSTNode) -> str:
        """``: this fails when called`` where it does, for the end of a sentence; empty where it fails at once."""

    def uses(self, alias: cst.ImportAlias) -> list[cst.Name] | None:
        """All uses of the name that an import binds; None where something else binds it too, or may use it unseen:
        other files (in a package's ``__init__.py``), or a string.
        """

    def has_future(self, feature: str) -> bool:
        """Whether the file has ``from __future__ import FEATURE``."""

    def is_script_body(self, node: cst.CSTNode) -> bool:
        """Whether a node stands below ``if __name__ == "__main__":``."""

    @property
    def shared(self) -> Sequence[Shared]:
        """The variables of the file and of its classes that functions write, and what functions do with them."""

    @property
    def handles_threads(self) -> bool:
        """Whether the file itself imports what makes threads, or locks for them."""

    @property
    def is_cooperative(self) -> bool:
        """Whether the file is written for green threads or an event loop, such as gevent's: one thread runs these."""

    def container_kind(self, node: cst.BaseExpression) -> str:
        """Which mutable standard container an expression makes, such as ``dict``; empty for anything else."""

    def is_locked(self, node: cst.CSTNode) -> bool:
        """Whether the function around a node holds a lock there, or is named or marked so; which one is not asked."""

    def is_serialised(self, node: cst.CSTNode) -> bool:
        """Whether no two threads run a node at a time: under a lock, also of all callers; only while the file is
        imported, or run as a script; in a test.
        """

    def runs_seldom(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in a function that runs once, and mostly in one thread: one that is named or documented
        like one that sets something up, takes it down or serves tests; that only what sets something up calls; that
        only the main thread can run, since it sets handlers of signals; that serves one user at a terminal (debuggers,
        consoles); or that makes descriptors, which class bodies hold.
        """

    def runs_in_loop(self, node: cst.CSTNode) -> bool:
        """Whether a node runs in an event loop: in a coroutine, in what coroutines alone call as far as the file
        shows, or in a protocol or transport of asyncio.
        """

    def conditions(self, node: cst.CSTNode) -> Iterator[tuple[cst.BaseExpression, bool]]:
        """The tests that a function comes to before a node, nearest first, and the outcome of each that leads there."""

    def report(self, rule: Rule, node: cst.CSTNode | Event | Node, report: Report) -> None:
        """Takes a report; ``Rule.report`` is the way to call it."""


class NativeContext(Protocol):
    """What the engine knows of a C or C++ file, as one build of Python sees it; every NativeRule has it.

    Functions and variables go by the last part of their names: ``a::b<int>`` is ``b``. What other files say, and what
    macros of theirs stand for, is not known.
    """

    path: str
    target: Target
    """The build whose configuration of the preprocessor is read: free-threaded for rules about free threading."""
    code: bytes
    """The file in that configuration, one byte a character; comments and the preprocessor's own lines are spaces."""
    functions: Mapping[str, Node]
    """The functions that the file defines."""
    module_inits: Sequence[Node]
    """Those that Python calls to make a module: ``PyInit_NAME``, ``PyModExport_NAME``, also where macros write them."""

    def text(self, node: Node) -> str:
        """The source of a node."""

    def name(self, node: Node | None) -> str:
        """The name that a declaration declares, a call calls or an expression ends with; empty where there is none."""

    def calls(self, function: Node | None = None) -> Sequence[Node]:
        """The calls in a function, or in the whole file, in order."""

    def arguments(self, call: Node) -> Sequence[Node]:
        """The arguments of a call."""

    def runs(self, function: Node) -> Sequence[Node]:
        """A function and those of the file that it calls, directly or through others."""

    def function(self, node: Node) -> Node | None:
        """The function whose body a node stands in."""

    def initializer(self, name: str) -> Node | None:
        """What a variable is initialised with where it is declared."""

    def entries(self, initializer: Node) -> Sequence[Sequence[Node]]:
        """The rows of an array of structures, such as slots: the values of each, without their designators."""

    def is_init_only(self, name: str) -> bool:
        """Whether a function of the file runs only while a module is made, which the import lock serialises."""

    def is_certain(self, node: Node) -> bool:
        """Whether the configuration certainly has a node: no condition around it is one that cannot be told."""

    def doubts(self, node: Node) -> Sequence[str]:
        """The unknown macros of which the conditions around a node ask, sorted: another file may define them."""

    def is_own(self, name: str) -> bool:
        """Whether the file defines or declares a function, or defines a macro, of this name, or tests with ``#if`` or
        ``#ifdef`` for it.
        """

    def is_locked(self, node: Node) -> bool:
        """Whether a function holds a lock at a node: a critical section, a mutex, a guard; which one is not asked."""

    def takes_lock(self, call: Node) -> bool:
        """Whether a call takes a lock, by its name."""

    def is_detached(self, node: Node) -> bool:
        """Whether the thread certainly has given up its thread state at a node, and may not call Python there: between
        ``Py_BEGIN_ALLOW_THREADS`` or ``PyEval_SaveThread`` and whatever takes it back.
        """

    def leaves_critical_section(self, jump: Node) -> bool:
        """Whether a ``return``, ``goto``, ``break`` or ``continue`` leads out of a critical section around it."""

    def critical_section(self, node: Node) -> Node | None:
        """The call that begins the innermost critical section around a node: ``Py_BEGIN_CRITICAL_SECTION(self)``."""

    def leaves_locked(self, call: Node) -> Sequence[Node]:
        """The jumps, such as ``return`` and ``Py_RETURN_NONE;``, that certainly leave what a call locks locked.

        They stand between it and the call that gives it back, and nothing on their way does. For critical sections, ask
        ``leaves_critical_section``.
        """

    def is_serialised(self, node: Node) -> bool:
        """Whether no two threads run a node at a time: under a lock, also of all callers, or while a module is made."""

    def is_teardown(self, function: Node) -> bool:
        """Whether a function is named like one that takes things down at the end, and is no method: what it takes down
        no other thread can reach by then."""

    def type_name(self, node: Node) -> str:
        """The last word of a variable's or cast's type, without pointers; empty for other expressions."""

    def values(self, place: Node) -> Sequence[Node] | None:
        """All that the file puts into a variable of a function, or into a field; None where more may be put there."""

    def values_here(self, place: Node) -> Sequence[Node]:
        """What the function around a variable or field puts there, where both are written alike."""

    def owner(self, container: Node) -> Owner:
        """Whose the list, dictionary or other container is that an expression stands for."""

    def is_changed(self, container: Node) -> bool:
        """Whether the file changes a container of that name in place, or hands it out as an attribute."""

    def is_only_tested(self, call: Node) -> bool:
        """Whether what a call returns is only compared with NULL or None, or not used at all."""

    @property
    def statics(self) -> Sequence[Static]:
        """The variables of the file, and the static ones of its functions, less what is thread-local or atomic."""

    def tests(self, node: Node) -> Sequence[Node]:
        """The conditions of the ``if`` statements that a function comes to before or around a node."""

    def is_left_out(self, word: str) -> bool:
        """Whether a word occurs in the file, but only in code that this configuration leaves out."""


class RustContext(Protocol):
    """What the engine knows of a Rust file, as one build of Python sees it; every RustRule has it.

    What ``#[cfg]`` leaves out of that build, and tests, are not there: no visitor is called for them. Functions and
    variables go by their last names. What macros make is not known.
    """

    path: str
    target: Target
    """The build that conditions of ``cfg`` are held against: free-threaded for rules about free threading."""

    def text(self, node: Node | None) -> str:
        """The source of a node."""

    def mentions(self, word: str) -> bool:
        """Whether a name occurs in the file as an identifier."""

    def attributes(self, item: Node) -> Sequence[Attribute]:
        """The attributes of an item, those that ``cfg_attr`` may bring among them."""

    def items(self, kind: str) -> Sequence[Node]:
        """The nodes of a type in the file, in order: functions, statics, structures, implementations and calls."""

    def resolve(self, path: str) -> str:
        """A path such as ``sync::GILProtected`` as the file's imports have it; ``self::`` is the file itself."""

    def ancestors(self, node: Node) -> Iterator[Node]:
        """The nodes that a node stands in, nearest first."""

    def function(self, node: Node) -> Node | None:
        """The function whose body a node stands in."""

    def name(self, node: Node | None) -> str:
        """The name that an expression such as what a call calls ends with."""

    def arguments(self, call: Node) -> Sequence[Node]:
        """The arguments of a call."""

    def calls(self, function: Node) -> Sequence[Node]:
        """The calls in a function, and in those of the file that it calls, directly or through others."""

    def is_used(self, function: Node) -> bool:
        """Whether the file itself uses a function, or Python calls it."""

    def writes(self, static: Node) -> Sequence[Node]:
        """What writes to a static variable of the file, or borrows it mutably, in order."""

    def is_serialised(self, node: Node) -> bool:
        """Whether no two threads run a node at a time: under a lock, also of all callers, or while a module is made."""


@dataclass(frozen=True)
class Report:
    """What a rule says of one place. See ``Rule.report``."""

    message: str
    help: str = ""
    symbol: str = ""
    removed_in: str | None = None
    raises: str | None = None
    module: str = ""
    provided_by: tuple[str, ...] = ()
    brought_by: str = ""
    part: tuple[int, int] | None = None
    level: Level | None = None
    impact: Impact | None = None
    confidence: Confidence | None = None
    fix: Change | None = None
    module_is_gone: bool = False
    copes: bool = False
    unless: tuple[str, ...] = ()
    unless_built_with: tuple[str, ...] = ()
    crate: Crate | None = None
    only_with: tuple[str, ...] = ()
    free_threading: bool | None = None
    added_in: str | None = None


class Rule:
    """A rule. One object is made for each file that it may fire in.

    The class's docstring is its documentation: a sentence, then the sections of ``SECTIONS`` as second-level Markdown
    headings. ``Example`` and ``Use instead`` each hold one fenced block of code; a test runs them. Methods named
    ``visit_TYPE`` and ``leave_TYPE`` are called for libcst nodes (or events) of that type, in order of evaluation.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    level: ClassVar[Level]
    impact: ClassVar[Impact]
    confidence: ClassVar[Confidence]
    words: ClassVar[tuple[Words, ...]] = ()
    """Any of these makes the rule run on a file; none at all: it runs on events alone."""
    languages: ClassVar[frozenset[str]] = frozenset({"python"})
    since: ClassVar[str] = "3.0"
    """The first Python version that the rule holds for: it does not run for targets before it."""

    compiled: ClassVar[bool] = False
    """Whether the rule is about what the compiler says: that holds for code that never runs, too."""
    noqa: ClassVar[tuple[str, ...]] = ()
    """Words that other tools' users write behind ``noqa:`` to silence what this rule reports, too; in lower case."""
    free_threading: ClassVar[bool] = False
    """Whether the rule is about free-threaded builds: elsewhere, its findings are notes at most."""
    for_annotations: ClassVar[bool] = False
    """Whether the rule proposes annotations: those of a file with a stub beside it, type checkers do not read."""
    needs_threads: ClassVar[bool] = False
    """Whether it takes several threads in one process: where nothing in the project shows any, its findings are notes
    at most, and of a confidence one step lower."""
    in_tests: ClassVar[bool] = True
    """Whether the rule is run on tests, too: files that by their path are tests or belong to tests."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def report(
        self,
        node: cst.CSTNode | Event | Node,
        message: str,
        *,
        help: str = "",
        symbol: str = "",
        removed_in: str | None = None,
        raises: str | None = None,
        module: str = "",
        provided_by: tuple[str, ...] = (),
        brought_by: str = "",
        part: tuple[int, int] | None = None,
        level: Level | None = None,
        impact: Impact | None = None,
        confidence: Confidence | None = None,
        fix: Change | None = None,
        module_is_gone: bool = False,
        copes: bool = False,
        unless: tuple[str, ...] = (),
        unless_built_with: tuple[str, ...] = (),
        crate: Crate | None = None,
        only_with: tuple[str, ...] = (),
        free_threading: bool | None = None,
        added_in: str | None = None,
    ) -> None:
        """Says that something is wrong at a node. Whether it is guarded, suppressed or dead is not the rule's business.

        ``message``: one sentence that stands alone, ending in a period; ``help``: what to do.
        ``symbol``: the qualified standard-library name it is about.
        ``raises``: the built-in exception that this causes here, so that handlers of it count as guards.
        ``module``: the top-level standard-library module meant: a first-party module of that name takes its place,
        and so does a mere directory of that name where ``module_is_gone``.
        ``provided_by``: distributions on the package index that bring the symbol back; ``brought_by``: a module whose
        import does.
        ``copes``: the code around looks elsewhere as well, in a way of its own: only a guard makes this a finding at
        all, a guarded one.
        ``part``: offsets into the node's own text, where the finding covers only a part of it.
        ``unless``: pieces of code (whole words, the last of which may end with ``_`` for any that begins so) of which
        none may stand in another native source of the project, which would say otherwise; ``unless_built_with``:
        regular expressions of which none may match in one of its build files. Comments count for neither.
        ``only_with``: codes of which one must be found in the same project, in the same run.
        ``crate``: what the project must build with, by its Cargo files; where they do not tell which version, the
        confidence is low.
        ``added_in``: the first Python version that has the symbol. It is missed on earlier ones, so guards are judged
        as they come out there; and dropped where ``requires-python`` of the project admits none of them.
        ``fix``: what mends it.
        ``level``, ``impact``, ``confidence``, ``free_threading``: of this finding, where they are not the rule's.
        """
        report = Report(
            message,
            help,
            symbol,
            removed_in,
            raises,
            module,
            provided_by,
            brought_by,
            part,
            level,
            impact,
            confidence,
            fix,
            module_is_gone,
            copes,
            unless,
            unless_built_with,
            crate,
            only_with,
            free_threading,
            added_in,
        )
        self.context.report(self, node, report)


class NativeRule(Rule):
    """A rule for C and C++. Its visitors are named after tree-sitter's types of nodes: ``visit_call_expression``.

    ``visit_translation_unit`` is called for the file as a whole. A report at a function is placed at its name.
    """

    languages = frozenset({"c"})
    context: NativeContext  # type: ignore[assignment]


class RustRule(Rule):
    """A rule for Rust. Its visitors are named after tree-sitter's types of nodes: ``visit_function_item``.

    A report at an item is placed at its name.
    """

    languages = frozenset({"rust"})
    context: RustContext  # type: ignore[assignment]
