"""Whether a bool may stand behind the operator ``~``, told from a file's outline: for the word test.

It may hold where none does, and must hold wherever ``Context.types`` finds one. Names are followed to all that gives
them a value, in whatever scope.
"""

from __future__ import annotations

import ast
from typing import Any

from py314_check.api import Outline, Scope, expressions_in, last_name
from py314_rules.called import may_be, other_names
from py314_rules.unknown import Fixpoint, Given, tests, unknown, variables
from py314_rules.values import instances

_BUILTINS = frozenset("all any bool callable hasattr isinstance issubclass".split())
_METHODS = frozenset(
    "acquire endswith exists full_match is_absolute is_block_device is_char_device is_dir is_fifo is_file is_integer"
    " is_junction is_mount is_relative_to is_reserved is_socket is_symlink isalnum isalpha isascii isatty isdecimal"
    " isdigit isdisjoint isidentifier islower isnumeric isprintable isspace issubset issuperset istitle isupper match"
    " readable startswith wait writable".split()
)
_FUNCTIONS = frozenset(
    "WCOREDUMP WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED access exists get_blocking get_handle_inheritable"
    " get_inheritable isabs isatty isclose isdevdrive isdir isfile isfinite isinf isjunction islink ismount isnan"
    " isreserved lexists samefile sameopenfile samestat".split()
)
_ATTRIBUTES = frozenset(
    "c_contiguous contiguous f_contiguous readonly supports_bytes_environ supports_unicode_filenames".split()
)
_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)


def may_invert_bool(outline: Outline) -> bool:
    """Whether a bool may stand behind a ``~``."""
    inverted = Given()
    for scope in outline.scopes:
        inverted.values += [(one.operand, scope) for one in scope.of(ast.UnaryOp) if isinstance(one.op, ast.Invert)]
    return bool(inverted.values) and _Bools(outline).may_be_in(inverted)


_Question = tuple[str, Given]


class _Bools:
    """Which expressions of a file may be bools, and of which the type cannot be told."""

    def __init__(self, outline: Outline) -> None:
        self._instances = instances(outline)
        self._variables = variables(outline)
        self._unknown = unknown(outline)
        self._givers = other_names(outline, *_BUILTINS, *_METHODS, *_FUNCTIONS)
        self._flags = other_names(outline, *_ATTRIBUTES)
        self._bool = other_names(outline, "bool", *(("boolean", "Boolean") if "xmlrpc" in outline.imports else ()))
        self._tested_for_bool = {
            last_name(tested)
            for tested, kinds in tests(outline)
            if any(may_be(one, self._bool) for one in (kinds, *expressions_in(kinds)))
        }
        self._matches_bool = any(may_be(one.cls, self._bool) for one in outline.of(ast.MatchClass))
        self._given = Fixpoint(self._answer)

    def may_be_in(self, given: Given) -> bool:
        """Whether a bool may be given."""
        return self._given.holds(("bool", given))

    def _answer(self, question: _Question) -> bool:
        """Whether one of the values that are given may be a bool, or hold bools."""
        kind, given = question
        return any(self.may_be(*value) if kind == "bool" else self._may_hold(*value) for value in given.values)

    def may_be(self, node: Any, scope: Scope) -> bool:
        """Whether an expression may be a bool."""
        match node:
            case ast.Constant():
                return isinstance(node.value, bool)
            case ast.UnaryOp():
                return isinstance(node.op, ast.Not)
            case ast.Compare():
                return self._instances.may_be_bool(node, scope)
            case ast.BoolOp() | ast.IfExp() | ast.NamedExpr():
                return all(self.may_be(one, scope) for one in expressions_in(node))
            case ast.BinOp():
                return isinstance(node.op, _BITS) and self.may_be(node.left, scope) and self.may_be(node.right, scope)
            case ast.Name() | ast.Attribute():
                return self._is_named(node, scope)
            case ast.Call():
                return self._gives(node.func, scope)
            case ast.Await() | ast.Starred():
                return self.may_be(node.value, scope)
            case ast.Subscript():
                return self._may_hold(node.value, scope)
        return False

    def _may_hold(self, node: Any, scope: Scope) -> bool:
        """Whether one of what an expression holds, or gives one after the other, may be a bool."""
        match node:
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self.may_be(node.elt, scope)
            case ast.DictComp():
                return self.may_be(node.value, scope)
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                inner = node.values if isinstance(node, ast.Dict) else node.elts
                return any(self.may_be(one, scope) or self._may_hold(one, scope) for one in inner)
            case ast.Call():  # `zip(flags)`, `flags.values()`
                given = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
                defined = self._variables.functions.get(last_name(node.func))
                return any(self._may_hold(one, scope) for one in given) or (
                    defined is not None and self._all_hold(defined)
                )
            case ast.Name() | ast.Attribute():
                named = self._variables.of(node, scope)
                return named is not None and self._all_hold(named)
            case ast.Subscript() | ast.Await() | ast.Starred():
                return self._may_hold(node.value, scope)
        return any(self._may_hold(one, scope) for one in expressions_in(node))

    def _all_hold(self, given: Given) -> bool:
        """Whether bools may be held by what is given."""
        if any(may_be(one, self._bool) for one in given.classes):
            return True
        return self._given.holds(("items", given))

    def _is_named(self, node: ast.Name | ast.Attribute, scope: Scope) -> bool:
        name = last_name(node)
        if name in self._flags and not self._unknown.holds(node, scope):
            return True
        if name in self._tested_for_bool or self._matches_bool:
            return True
        given = [self._variables.of(node, scope)]
        if isinstance(node, ast.Attribute):
            given.append(self._variables.functions.get(node.attr))  # a property
        return any(one is not None and self._holds(one) for one in given)

    def _holds(self, given: Given) -> bool:
        """Whether a bool may be given, or is meant by an annotation."""
        if any(may_be(one, self._bool) for one in given.classes):
            return True
        return self._given.holds(("bool", given))

    def _gives(self, function: ast.expr, scope: Scope) -> bool:
        """Whether a call of a function may give a bool."""
        if may_be(function, self._givers) and not self._unknown.holds(function, scope):
            return True
        if isinstance(function, ast.Lambda):
            return self.may_be(function.body, scope)
        if isinstance(function, ast.Call):  # `type(True)(1)`
            return any(self.may_be(one, scope) for one in function.args)
        if not isinstance(function, (ast.Name, ast.Attribute)):
            return False
        defined, given = self._variables.functions.get(last_name(function)), self._variables.of(function, scope)
        bodies = [(one.body, there) for one, there in given.values if isinstance(one, ast.Lambda)] if given else []
        return (defined is not None and self._holds(defined)) or any(self.may_be(*body) for body in bodies)
