"""CHG207 unhashable-dataclass-default."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Outline, Rule, Words, cst
from py314_rules.called import is_call_of, other_names
from py314_rules.values import reached

_DECORATORS = {"dataclasses.dataclass"}
# Standard classes whose instances cannot be hashed, but for list, dict and set, which were never allowed.
_UNHASHABLE = {
    "argparse.Namespace",
    "array.array",
    "builtins.bytearray",
    "collections.ChainMap",
    "collections.UserDict",
    "collections.UserList",
    "collections.deque",
    "configparser.ConfigParser",
    "configparser.RawConfigParser",
    "types.SimpleNamespace",
    "weakref.WeakKeyDictionary",
    "weakref.WeakSet",
    "weakref.WeakValueDictionary",
}
_NEVER_ALLOWED = {"builtins.list", "builtins.dict", "builtins.set"}
_NO_FIELDS = {"typing.ClassVar", "typing_extensions.ClassVar"}


def _may_have_default(outline: Outline) -> bool:
    """Whether a field may be given an instance of such a class, or of one of the file."""
    classes = [scope for scope in outline.scopes if isinstance(scope.node, ast.ClassDef)]
    names = (name.rpartition(".")[2] for name in _UNHASHABLE)
    makers = other_names(outline, *names, *(scope.node.name for scope in classes))
    fields = [one.value for scope in classes for one in scope.of(ast.AnnAssign) if one.value is not None]
    fields += [one.value for one in outline.of(ast.keyword) if one.arg == "default"]
    return any(is_call_of(one, makers) for one in reached(outline, *fields))


class UnhashableDataclassDefault(Rule):
    """A default of a dataclass field that cannot be hashed.

    ## What it does
    Reports defaults of dataclass fields that are instances of a class which has `__eq__` and no `__hash__`: another
    dataclass that is not frozen, such a class of the same file, or a standard one such as `collections.deque`.

    ## Why it matters
    Since Python 3.11 the decorator raises `ValueError`. Before, it did so for `list`, `dict` and `set` alone.

    ## Example
    ```python
    from dataclasses import dataclass

    @dataclass
    class Options:
        level: int = 0

    @dataclass
    class App:
        options: Options = Options()
    ```

    ## Use instead
    ```python
    from dataclasses import dataclass, field

    @dataclass
    class Options:
        level: int = 0

    @dataclass
    class App:
        options: Options = field(default_factory=Options)
    ```

    ## Fix safety
    There is no fix yet: with a default factory the instances no longer share one object.

    ## References
    - [What's New in Python 3.11: dataclasses](https://docs.python.org/3/whatsnew/3.11.html#dataclasses)
    - [Mutable default values](https://docs.python.org/3/library/dataclasses.html#mutable-default-values)
    """

    code, name = "CHG207", "unhashable-dataclass-default"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.11"
    words = (Words("dataclasses", "dataclass", outline=_may_have_default),)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        if self._dataclass_options(node) is None:
            return
        for name, default in self._defaults(node):
            kind = self._unhashable(default)
            if kind:
                self.report(
                    default,
                    f"Since Python 3.11 dataclasses raise ValueError for this default of `{name}`, because a `{kind}`"
                    " cannot be hashed; before, it was allowed.",
                    help=f"Use field(default_factory=...), or make `{kind}` hashable.",
                    symbol="dataclass unhashable default",
                    raises="ValueError",
                    module="dataclasses",
                )

    def _defaults(self, node: cst.ClassDef) -> Iterator[tuple[str, cst.BaseExpression]]:
        for line in node.body.body:
            for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if not isinstance(one, cst.AnnAssign) or not isinstance(one.target, cst.Name) or one.value is None:
                    continue
                annotation = one.annotation.annotation
                outer = annotation.value if isinstance(annotation, cst.Subscript) else annotation
                if self.context.resolve(outer) & _NO_FIELDS or "ClassVar" in (self.context.string(annotation) or ""):
                    continue
                default: cst.BaseExpression | None = one.value
                if isinstance(default, cst.Call) and "dataclasses.field" in self.context.resolve(default.func):
                    default = self.context.argument(default, 99, "default")
                if default is not None:
                    yield one.target.value, default

    def _unhashable(self, default: cst.BaseExpression) -> str:
        """The name of the class, without a hash, that the default is an instance of."""
        made = self.context.value(default)
        if not isinstance(made, cst.Call):
            return ""
        owner = self.context.definition(made.func)
        if isinstance(owner, cst.ClassDef):
            return owner.name.value if self._lacks_hash(owner) else ""
        types = self.context.types(made)
        found = sorted(self.context.resolve(made.func) & _UNHASHABLE & types)
        return found[0].removeprefix("builtins.") if found and not types & _NEVER_ALLOWED else ""

    def _lacks_hash(self, node: cst.ClassDef) -> bool:
        if self.context.bases(node) & _NEVER_ALLOWED:
            return False  # which was no different before
        defined = {one.name.value for one in node.body.body if isinstance(one, cst.FunctionDef)} | set(_assigned(node))
        if "__hash__" in defined:
            return not node.decorators and _assigned(node).get("__hash__") == "None"
        options = self._dataclass_options(node)
        if options is not None and "?" not in options:
            if options.get("eq", "True") == "True":
                return options.get("frozen", "False") == "False" == options.get("unsafe_hash", "False")
        elif node.decorators:
            return False  # which may add a hash
        if "__eq__" in defined:
            return True
        base = self.context.definition(node.bases[0].value) if node.bases else None
        return isinstance(base, cst.ClassDef) and self._lacks_hash(base)

    def _dataclass_options(self, node: cst.ClassDef) -> dict[str, str] | None:
        """What the dataclass decorator is told, as written; ``?`` for what cannot be seen. None without one."""
        for one in node.decorators:
            call = one.decorator
            if self.context.resolve(call.func if isinstance(call, cst.Call) else call) & _DECORATORS:
                arguments = call.args if isinstance(call, cst.Call) else ()
                return {
                    argument.keyword.value if argument.keyword is not None else "?": self.context.dotted(argument.value)
                    for argument in arguments
                }
        return None


def _assigned(node: cst.ClassDef) -> dict[str, str]:
    """The names that the body of a class assigns, and the last names that they are given, if those are plain."""
    found: dict[str, str] = {}
    for line in node.body.body:
        for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(one, cst.Assign):
                value = one.value.value if isinstance(one.value, cst.Name) else ""
                names = [target.target.value for target in one.targets if isinstance(target.target, cst.Name)]
                found |= dict.fromkeys(names, value)
    return found
