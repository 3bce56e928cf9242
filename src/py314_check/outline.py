"""A Python file as the parser of the running Python sees it: for the tests that tell whether a rule can fire in it.

That parser is some ten times as fast as libcst's, which keeps every blank; and what it makes has no layout, so a test
cannot be misled by one. Nothing is reported from here: what this Python cannot parse, of a later one or of none, is
for libcst to say, and until then any rule may fire in it.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, wraps
from itertools import chain
from keyword import kwlist, softkwlist
from operator import attrgetter
from typing import Any, Concatenate, ParamSpec, TypeVar

from py314_check.splitting import words_in

P = ParamSpec("P")
T = TypeVar("T")

_FILE = "<py314-check>"
# The warnings of the parser name this file: they are no part of the report. A filter for good, since threads share it.
warnings.filterwarnings("ignore", module=_FILE)

_TEXT = frozenset("arg asname attr id kwd_attrs module name names rest".split())
"""The fields that hold names; ``names`` of imports, and ``name`` of type aliases, hold nodes."""
_NO_NODES = _TEXT | frozenset(
    "conversion ctx is_async is_lazy kind level lineno op ops simple str tag type_comment type_ignores".split()
)
"""The fields that hold no nodes, or none that matter."""
_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda})
_KEYWORDS = frozenset({*kwlist, *softkwlist, "exec", "lazy", "print"})
_WORD = re.compile(r"\w+")


class UnknownSyntaxError(Exception):
    """This Python cannot parse the file."""


class Scope:
    """A module, class, function or lambda: what stands in it, less what is in further ones.

    Decorators, defaults, annotations and base classes stand in the scope around.
    """

    def __init__(self, node: ast.AST, parent: Scope | None) -> None:
        self.node: Any = node
        self.parent = parent
        self.nodes: defaultdict[type[ast.AST], list[Any]] = defaultdict(list)
        self.is_function = not isinstance(node, (ast.Module, ast.ClassDef))
        """Whether what stands in it runs when it is called."""
        self.runs_later: bool = self.is_function or (parent is not None and parent.runs_later)
        """Whether it is a function, or in one."""

    def of(self, *kinds: type[Any]) -> Iterator[Any]:
        """The nodes of some types, in no certain order."""
        return chain.from_iterable(self.nodes.get(kind, ()) for kind in kinds)

    @property
    def function(self) -> Scope | None:
        """The function that it is, or is in, lambdas aside."""
        found: Scope | None = self
        while found is not None and not isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found = found.parent
        return found

    @cached_property
    def assignments(self) -> list[tuple[ast.expr, ast.expr]]:
        """The targets of the assignments, each with what it is assigned."""
        found = [(target, node.value) for node in self.of(ast.Assign) for target in node.targets]
        return found + [(node.target, node.value) for node in self.of(ast.AnnAssign, ast.NamedExpr) if node.value]


class Outline:
    """The nodes of a file by their types and scopes. Everything but ``data`` raises UnknownSyntaxError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.answers: dict[object, Any] = {}
        """Those to what is asked ``once``."""

    @cached_property
    def module(self) -> ast.Module:
        """The syntax tree."""
        try:
            tree: Any = compile(self.data, _FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            raise UnknownSyntaxError from error
        module: ast.Module = tree
        return module

    @cached_property
    def scopes(self) -> list[Scope]:
        """The module, and all classes and functions, outer ones first."""
        scopes = [Scope(self.module, None)]
        for scope in scopes:  # which grows
            scopes += [Scope(node, scope) for node in _fill(scope)]
        return scopes

    def of(self, *kinds: type[Any]) -> Iterator[Any]:
        """The nodes of some types in the whole file, in no certain order."""
        return chain.from_iterable(scope.nodes[kind] for scope in self.scopes for kind in kinds if kind in scope.nodes)

    @cached_property
    def assignments(self) -> list[tuple[ast.expr, ast.expr]]:
        """The targets of all assignments, each with what it is assigned."""
        return [one for scope in self.scopes for one in scope.assignments]

    @cached_property
    def names(self) -> dict[str, list[ast.Name]]:
        """The uses of names by what they say."""
        return self._by("id", ast.Name)

    @cached_property
    def attributes(self) -> dict[str, list[ast.Attribute]]:
        """The uses of attributes by their own names."""
        return self._by("attr", ast.Attribute)

    def _by(self, field: str, kind: type[ast.AST]) -> defaultdict[str, list[Any]]:
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for node in self.of(kind):
            found[getattr(node, field)].append(node)
        return found

    @cached_property
    def imports(self) -> frozenset[str]:
        """The top-level modules that are imported, and ``six`` for any ``six.moves``."""
        names = [alias.name for node in self.of(ast.Import) for alias in node.names]
        names += [node.module for node in self.of(ast.ImportFrom) if node.module and not node.level]
        six = ["six"] if any("six.moves" in (node.module or "") for node in self.of(ast.ImportFrom)) else []
        return frozenset([*(name.partition(".")[0] for name in names), *six])

    @cached_property
    def strings(self) -> frozenset[str]:
        """The strings that are values: docstrings, and others that stand alone, are not."""
        alone = {id(node.value) for node in self.of(ast.Expr)}
        return frozenset(
            node.value for node in self.of(ast.Constant) if isinstance(node.value, str) and id(node) not in alone
        )

    @cached_property
    def quoted(self) -> frozenset[str]:
        """The words that strings begin with."""
        starts = (_WORD.match(text) for text in self.strings)
        return frozenset(start[0] for start in starts if start is not None)

    @cached_property
    def words(self) -> frozenset[bytes]:
        """The words of the code: keywords, which are not told apart, names, and words in strings that are values."""
        words = {*_KEYWORDS, *self.names, *self.attributes}
        for node in self.of(*_NAMING):
            for field in _NAMING[type(node)]:
                value = getattr(node, field)
                if isinstance(value, str):
                    words.update(value.split("."))
                elif isinstance(value, list):
                    words.update(one for one in value if isinstance(one, str))
        literals = [node.value for node in self.of(ast.Constant) if isinstance(node.value, bytes)]
        text = "\n".join([*words, *self.strings]).encode("utf-8", "replace")
        return frozenset(words_in(b"\n".join([text, *literals])))


def once(question: Callable[Concatenate[Outline, P], T]) -> Callable[Concatenate[Outline, P], T]:
    """Makes a function of an outline answer each question about it once."""

    @wraps(question)
    def ask(outline: Outline, /, *given: P.args, **named: P.kwargs) -> T:
        key = question, given, *named.items()
        if key not in outline.answers:
            outline.answers[key] = question(outline, *given, **named)
        answer: T = outline.answers[key]
        return answer

    return ask


def targets_in(target: ast.expr) -> Iterator[ast.expr]:
    """The names, attributes and items that a target of an assignment sets."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from targets_in(element)
    elif isinstance(target, ast.Starred):
        yield from targets_in(target.value)
    else:
        yield target


def names_set(target: ast.expr) -> Iterator[str]:
    """The names that a target of an assignment sets."""
    return (one.id for one in targets_in(target) if isinstance(one, ast.Name))


def last_name(node: ast.AST | None) -> str:
    """The name of a name, or of an attribute; empty for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def first_two(call: ast.Call) -> list[ast.expr]:
    """What the first two arguments are given, under whatever keywords."""
    return [*call.args[:2], *(one.value for one in call.keywords)][:2]


def expressions_in(node: ast.AST) -> Sequence[ast.expr]:
    """The expressions of which one is what an expression gives: of a choice, a tuple, or an assignment."""
    get = _CHOICES.get(type(node))
    return () if get is None else get(node)


_CHOICES: dict[type, Callable[[Any], Sequence[ast.expr]]] = {
    **dict.fromkeys((ast.NamedExpr, ast.Starred), lambda node: (node.value,)),
    ast.IfExp: lambda node: (node.body, node.orelse),
    ast.BoolOp: attrgetter("values"),
    **dict.fromkeys((ast.Tuple, ast.List), attrgetter("elts")),
}


def below(*roots: ast.AST | None) -> list[Any]:
    """Nodes and all that is in them, functions and classes included."""
    found: list[Any] = [*roots]
    for node in found:  # which grows
        if isinstance(node, ast.AST):
            for value in _fields(node):
                found += value if isinstance(value, list) else (value,)
    return [node for node in found if isinstance(node, ast.AST)]


def _fill(scope: Scope) -> list[ast.AST]:
    """Finds what stands in a scope; gives the definitions in it."""
    waiting: list[Any] = [*_inside(scope.node)]
    nodes, definitions = scope.nodes, []
    more, one_more, fields = waiting.extend, waiting.append, _FIELDS
    for node in waiting:  # which grows
        kind = type(node)
        nodes[kind].append(node)
        get: Any = fields.get(kind, _fields)
        if kind in _DEFINITIONS:
            definitions.append(node)
            more(_around(node))
        elif get is not None:
            for value in get(node):
                if type(value) is list:
                    more(value)
                elif value is not None:
                    one_more(value)
    return definitions


def _inside(node: Any) -> Iterable[ast.AST]:
    """What stands in the scope that a node makes."""
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def _around(node: Any) -> Iterator[ast.AST | None]:
    """What stands in the scope around a definition."""
    yield from getattr(node, "decorator_list", ())
    yield from getattr(node, "type_params", ())
    if isinstance(node, ast.ClassDef):
        yield from (*node.bases, *node.keywords)
        return
    yield from arguments(node.args)
    yield from (*node.args.defaults, *node.args.kw_defaults, getattr(node, "returns", None))


def arguments(given: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    further = [one for one in (given.vararg, given.kwarg) if one is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *further]


def _fields(node: object) -> list[Any]:
    """The values of all fields that may hold nodes; of what is no node, none."""
    fields = vars(node).values() if isinstance(node, ast.AST) else ()
    return [value for value in fields if isinstance(value, (list, ast.AST))]


def _getter(kind: type[ast.AST]) -> Callable[[Any], Iterable[Any]] | None:
    """What gives the values of the fields that hold nodes; None for a type without any."""
    names = [name for name in kind._fields if name not in _NO_NODES or (name == "names" and kind in _IMPORTS)]
    if kind is ast.Constant or not names:
        return None
    get: Any = attrgetter(*names)
    return get if len(names) > 1 else lambda node: (get(node),)


_IMPORTS = (ast.Import, ast.ImportFrom)
_TYPES = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)]
_FIELDS: dict[type, Callable[[Any], Iterable[Any]] | None] = {
    **{kind: _getter(kind) for kind in _TYPES},
    type(None): None,
}
_NAMING = {
    kind: names
    for kind in _TYPES
    if kind not in (ast.Name, ast.Attribute) and (names := [name for name in kind._fields if name in _TEXT])
}
"""Which fields hold names, by the types of nodes that have such fields."""
