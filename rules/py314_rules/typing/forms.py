"""Type expressions, one alternative of a union at a time, and how they stand to each other.

What cannot be told, such as how two imported classes are related, is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from py314_check.api import Context, cst, load_facts

if TYPE_CHECKING:
    Class: TypeAlias = cst.ClassDef | str

NONE, ANY, OBJECT, LITERAL = "types.NoneType", "typing.Any", "builtins.object", "typing.Literal"
CALLABLE = "collections.abc.Callable"
_EXTENSIONS = "typing_extensions."
_ELSEWHERE = {
    "typing.AbstractSet": "collections.abc.Set",
    "typing.AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "typing.ContextManager": "contextlib.AbstractContextManager",
    "typing.Match": "re.Match",
    "typing.Pattern": "re.Pattern",
    "typing.Text": "builtins.str",
}
"""Names of typing for classes that are called otherwise where they are defined."""
_HOMES = ("builtins", "collections", "collections.abc")
"""Where the classes are that typing has under their own names, or with a capital letter."""
_PROMOTED = {"builtins.float": ("builtins.int",), "builtins.complex": ("builtins.int", "builtins.float")}
"""The numeric tower of the typing specification: what else an annotation with this class admits."""
_STRUCTURAL = re.compile(r"(?:collections\.abc|typing|numbers|contextlib|io|importlib|os\.PathLike|abc)\b")
"""Where the classes are that others belong to without deriving from them."""
_BYTES_LIKE = {"builtins.bytearray", "builtins.memoryview"}
_CLASS_NAME = re.compile(r"_*[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
_GATHERED = re.compile(r".*(?:Types|Classes)")
_VARIABLE = re.compile(r"_*[A-Z]{1,3}|\w*[a-z_]T|\w+_co|\w+_contra")
_MAX_ALIASES = 12


@dataclass(frozen=True)
class Generic:
    """A row of facts/generics.toml: the type parameters of a class."""

    parameters: str


GENERICS = load_facts("py314_rules.facts", "generics.toml", Generic)


@dataclass(frozen=True)
class Form:
    """One alternative of a type expression, as ``node`` has it: ``name`` is the class or special form.

    That is a definition of the file, or a qualified name; empty where it cannot be told. ``order`` are the class and
    its bases, nearest first, None for one that is not known; empty for a class of which nothing is known.
    ``is_quoted``: it stands in a string.
    """

    node: cst.BaseExpression | None
    name: Class
    order: tuple[Class | None, ...] = ()
    arguments: tuple[tuple[Form, ...], ...] = ()
    is_quoted: bool = False

    @property
    def is_free(self) -> bool:
        """Whether every value belongs to it."""
        return self.name in (ANY, OBJECT)

    @property
    def is_structural(self) -> bool:
        """Whether a value may belong to it whose class does not derive from it."""
        return not self.order or None in self.order or is_structural(self.name)


def read(
    context: Context, node: cst.BaseExpression | None, *, depth: int = 0, is_quoted: bool = False
) -> Sequence[Form]:
    """The alternatives of a type expression, aliases of the file followed; no annotation is ``Any``."""
    if node is None:
        return (Form(None, ANY),)
    meant = context.annotation(node)
    if meant is None or depth > _MAX_ALIASES:
        return (Form(node, ""),)
    is_quoted = is_quoted or meant is not node
    node = meant

    def inner(part: cst.BaseExpression) -> Sequence[Form]:
        return read(context, part, depth=depth + 1, is_quoted=is_quoted)

    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return (*inner(node.left), *inner(node.right))
    if isinstance(node, cst.Name) and node.value == "None":
        return (Form(node, NONE, (NONE,), is_quoted=is_quoted),)
    value = context.value(node)
    if value is not node and isinstance(value, (cst.BinaryOperation, cst.Subscript)):
        return inner(value)
    if not isinstance(node, cst.Subscript):
        name, order = named(context, node)
        return (Form(node, name, order, is_quoted=is_quoted),)
    name, order = named(context, node.value)
    parts = [one.slice.value for one in node.slice if isinstance(one.slice, cst.Index)]
    if name == "typing.Optional" and len(parts) == 1:
        return (*inner(parts[0]), Form(cst.Name("None"), NONE, (NONE,), is_quoted=is_quoted))
    if name == "typing.Union":
        return [form for part in parts for form in inner(part)]
    if name == "typing.Annotated" and parts:
        return inner(parts[0])
    arguments = () if name == LITERAL else tuple(tuple(inner(part)) for part in parts)
    return (Form(node, name, order, arguments, is_quoted),)


def named(context: Context, node: cst.BaseExpression) -> tuple[Class, tuple[Class | None, ...]]:
    """The class or special form that a name means, and the class with its bases."""
    order = context.mro(node)
    if order and order[0] is not None:
        return order[0], order
    names = {_at_home(context, name) for name in context.resolve(node)}
    name = names.pop() if len(names) == 1 else ""
    order = context.mro(name)
    if name.startswith("builtins.") and not order:
        return "", ()  # a type parameter, or a name that comes from nobody knows where
    return name, order


def _at_home(context: Context, name: str) -> str:
    """The name of a class where it is defined: ``builtins.list`` of ``typing.List``."""
    if name.startswith(_EXTENSIONS):
        name = f"typing.{name.removeprefix(_EXTENSIONS)}"
    if name in _ELSEWHERE or not name.startswith("typing."):
        return _ELSEWHERE.get(name, name)
    last = name.removeprefix("typing.")
    found = (f"{home}.{one}" for one in (last, last.lower()) for home in _HOMES)
    return name if context.mro(name) else next((one for one in found if context.mro(one)), name)


def is_class(context: Context, form: Form) -> bool:
    """Whether what ``isinstance`` is given certainly is a class that a type checker knows what to make of.

    An imported name may stand for a tuple of classes: it is taken for a class if it is written like a public one. To
    the numeric tower of ``numbers``, no number belongs as type checkers see it; a metaclass may say anything.
    """
    if form.arguments or form.is_free:
        return False
    for one in form.order:
        if isinstance(one, str):
            if one.startswith("numbers."):
                return False
        elif one is not None and any(_says_otherwise(context, keyword) for keyword in one.keywords):
            return False
    if form.order:
        return True
    module, _, last = str(form.name).rpartition(".")
    is_private = last.startswith("_") and not module.startswith(".")  # type checkers may not know it
    return _CLASS_NAME.fullmatch(last) is not None and _GATHERED.fullmatch(last) is None and not is_private


def _says_otherwise(context: Context, keyword: cst.Arg) -> bool:
    if keyword.keyword is None or keyword.keyword.value != "metaclass":
        return False
    order = context.mro(keyword.value)
    methods = (one for kind in order if isinstance(kind, cst.ClassDef) for one in kind.body.body)
    return not order or any(isinstance(one, cst.FunctionDef) and "check" in one.name.value for one in methods)


def may_be_variable(form: Form) -> bool:
    """Whether a type variable may stand in a type: a name of which nothing is known, or that is written like one."""
    if isinstance(form.node, (cst.Ellipsis, cst.List)):
        return False
    is_special = isinstance(form.name, str) and not form.order and not form.name.startswith("typing.")
    if not form.name or (is_special and _VARIABLE.fullmatch(str(form.name).rpartition(".")[2]) is not None):
        return True
    return any(may_be_variable(one) for argument in form.arguments for one in argument)


def promoted(name: Class) -> tuple[str, ...]:
    """The other classes whose instances an annotation with a class admits, too: those of ``int`` for ``float``."""
    return _PROMOTED.get(name, ()) if isinstance(name, str) else ()


def is_final(context: Context, form: Form) -> bool:
    """Whether nothing derives from a class: then ``type(x) is T`` says as much as ``isinstance(x, T)``."""
    if not isinstance(form.name, cst.ClassDef):
        return form.name in _FINAL
    if any(
        context.resolve(one.decorator) & {"typing.final", "typing_extensions.final"} for one in form.name.decorators
    ):
        return True
    return "enum.Enum" in form.order and None not in form.order and any(_members(form.name))


_FINAL = {
    *(f"builtins.{name}" for name in ("bool", "memoryview", "range", "slice")),
    *(f"types.{name}" for name in ("BuiltinFunctionType", "CodeType", "CoroutineType", "EllipsisType", "FrameType")),
    *(f"types.{name}" for name in ("FunctionType", "GeneratorType", "AsyncGeneratorType", "MappingProxyType")),
    *(f"types.{name}" for name in ("MethodType", "NoneType", "NotImplementedType", "TracebackType")),
}
"""Classes that Python lets nobody derive from."""


def _members(node: cst.ClassDef) -> Iterator[str]:
    """The members of an enumeration: what its body assigns, but for names with underscores on both sides."""
    for line in node.body.body:
        for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            for target in one.targets if isinstance(one, cst.Assign) else ():
                if isinstance(target.target, cst.Name) and not target.target.value.startswith("_"):
                    yield target.target.value


# How they stand to each other.


def is_within(form: Form, other: Form) -> bool | None:
    """Whether every instance of a class certainly is, or certainly is not, one of another as annotations have it.

    None where that cannot be told. Arguments do not count.
    """
    if not form.name or not other.name:
        return None
    if other.is_free or form.name == other.name or other.name in form.order:
        return True
    if not set(promoted(other.name)).isdisjoint(form.order):
        return True
    if other.name == NONE:
        return False
    if not form.order or None in form.order or other.is_structural or LITERAL in (form.name, other.name):
        return None
    return None if other.name == "builtins.bytes" and form.name in _BYTES_LIKE else False


def are_apart(form: Form, other: Form) -> bool:
    """Whether one of two classes is that of None, and the other one that None is no instance of."""
    if (form.name == NONE) == (other.name == NONE):
        return False
    others = other if form.name == NONE else form
    return bool(others.name) and not others.is_free and others.name != "collections.abc.Hashable"


def is_assignable(form: Form, other: Form) -> bool | None:
    """Whether a type is one of another's subtypes, for certain; with arguments, and with their variance."""
    if ANY in (form.name, other.name):
        return True
    if LITERAL in (form.name, other.name):
        return _is_literal_assignable(form, other)
    within = is_within(form, other)
    if not within or not form.arguments or not other.arguments:
        return within
    variance = GENERICS.get(form.name) if isinstance(form.name, str) else None
    if form.name != other.name or variance is None or form.name in (CALLABLE, "builtins.tuple"):
        return None
    if not len(variance.parameters) == len(form.arguments) == len(other.arguments):
        return None
    answers = [
        _fits(kind, ours, theirs)
        for kind, ours, theirs in zip(variance.parameters, form.arguments, other.arguments, strict=True)
    ]
    return False if False in answers else None if None in answers else True


def _fits(kind: str, ours: Sequence[Form], theirs: Sequence[Form]) -> bool | None:
    """Whether an argument may stand for another, by the variance of the parameter."""
    if kind not in "ic":
        return None
    there, back = are_assignable(ours, theirs), are_assignable(theirs, ours)
    if kind == "c" or there is False:
        return there
    # `int` and `float` are each other's no more than `bool` and `int`, whatever else the tower admits.
    return False if back is False else True if there and back else None


def are_assignable(forms: Sequence[Form], others: Sequence[Form]) -> bool | None:
    """Whether each alternative of a type is assignable to one of another's."""
    answers = []
    for form in forms:
        each = [is_assignable(form, other) for other in others]
        answers.append(True if True in each else None if None in each else False)
    return False if False in answers else None if None in answers else True


def _is_literal_assignable(form: Form, other: Form) -> bool | None:
    if other.is_free:
        return True
    return True if form.node is not None and other.node is not None and form.node.deep_equals(other.node) else None


def is_structural(name: Class) -> bool:
    """Whether a standard class is one that others belong to without deriving from it."""
    return isinstance(name, str) and _STRUCTURAL.match(name) is not None
