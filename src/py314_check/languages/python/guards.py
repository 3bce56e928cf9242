"""Whether code copes when what it names is not there.

One engine for all rules: they report what they see, and this decides what it is worth (design: guards).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath

import libcst as cst

from py314_check.languages.python.attempts import Handler, Try
from py314_check.languages.python.reachability import BLOCKS, LEAVES_PROCESS, Reachability, Verdict
from py314_check.languages.python.scopes import Binding, argument, dotted, string_value
from py314_check.languages.python.tree import children

_BROAD = {"", "Exception", "BaseException", "StandardError"}
_SKIPS = {"SkipTest", "Skipped", "skip"}
_FINDS_MODULE = {"importlib.util.find_spec", "importlib.find_loader", "pkgutil.find_loader", "imp.find_module"}
_MODULE_NAMES = {"sys.modules", "sys.stdlib_module_names", "sys.builtin_module_names"}
_EXPECTS = {"suppress", "raises", "assertRaises", "assertRaisesRegex"}
_LATER = (cst.FunctionDef, cst.Lambda)
_CONSTANTS = {"True": True, "False": False, "None": None}


@dataclass(frozen=True)
class Subject:
    """What a guard has to be about: the node, the name it needs, and what a missing name would raise there."""

    node: cst.CSTNode
    symbol: str
    raises: str | None
    module: str = ""
    """The top-level module that the subject belongs to."""
    brought_by: str = ""
    """A module whose import brings the symbol back (setuptools brings distutils)."""


@dataclass(frozen=True)
class _Failure:
    """The handler of a ``try`` that something in the body needs, and whether that always runs."""

    handler: Handler
    always: bool


class Guards:
    """The guards of one file, for one target."""

    def __init__(self, reach: Reachability, path: str, failing: Mapping[cst.CSTNode, str]) -> None:
        """``failing`` holds the nodes of the file that raise where they can run, and what they raise."""
        self.names = reach.names
        self._reach = reach
        self._attempts = reach.attempts
        self._path = PurePosixPath(path)
        self._failing = failing

    def judge(self, subject: Subject) -> Verdict:
        """What becomes of a finding."""
        unreachable = self._reach.unreachable(subject.node)
        if unreachable is not None:
            return unreachable
        if self._path.suffix == ".pyi":
            return Verdict(guard="a stub file is never imported at run time")
        annotation = self._reach.annotated(subject.node)
        if annotation is not None and subject.raises is not None and self._is_never_evaluated(annotation):
            return Verdict(guard="this annotation is never evaluated by itself")
        reason = self._coping(subject)
        return Verdict(guard=reason, way_out="" if reason else self._missing_beside(subject))

    def _is_never_evaluated(self, annotation: cst.Annotation) -> bool:
        """Whether an annotation is kept as a string, or is one of a function's local variables."""
        if "annotations" in self.names.futures:
            return True
        if not isinstance(self.names.parents[annotation], cst.AnnAssign):
            return False
        scope = self.names.scope_of(annotation).node
        return isinstance(scope, cst.FunctionDef)

    # What copes.

    def _coping(self, subject: Subject) -> str | None:
        now = True  # whether the node runs when its ancestor does, not in a function called later
        for child, parent in self.names.ancestors(subject.node):
            for test, outcome in self._reach.conditions(child, parent):
                if self._present(test, outcome, subject):
                    return "it is used only where it was found to exist"
            if type(parent) in BLOCKS:
                for statement in self._reach.before(child, parent):
                    if isinstance(statement, Try) and self._ends_in_handler(statement):
                        return "what fails before it is taken care of, and ends here"
                    if now and self._suppressed_from(statement, subject):
                        return "the exception is expected here"
                    reason = self._provides(statement, subject)
                    if reason is not None:
                        return reason
            elif isinstance(parent, cst.Call) and self._has_default(parent, subject):
                return "getattr has a default"
            elif now and isinstance(parent, Try):
                reason = self._falls_back(child, parent, subject)
                if reason is not None:
                    return reason
            elif now and isinstance(parent, cst.With) and child is parent.body and self._expected(parent, subject):
                return "the exception is expected here"
            if isinstance(parent, _LATER) and child is parent.body:
                now = False
        if not self._set_here.isdisjoint((subject.symbol, f"{subject.symbol.rpartition('.')[0]}.*")):
            return "this file sets the name itself"
        if subject.brought_by and self._imports_always(subject.brought_by):
            return f"{subject.brought_by}, which this file imports, brings it back"
        if subject.brought_by in self._path.parent.parts:
            return f"this file is part of {subject.brought_by}, which brings it back"
        return None

    def _falls_back(self, child: cst.CSTNode, parent: Try, subject: Subject) -> str | None:
        if child is parent.body:
            handler = self._attempts.handler_of(parent, subject.raises)
            if handler is not None and not self._gives_up(handler.body):
                return "the handler of the exception falls back"
            return None
        if child is parent.orelse and self._body_fails(parent):
            return "it runs only where the name in the body exists"
        if not isinstance(child, Handler) or not self._is_compatibility(parent, child):
            return None
        return None if self._body_fails(parent) else "it is the fallback of a newer name"

    def _ends_in_handler(self, statement: Try) -> bool:
        """Whether the body of a ``try`` fails on the target and its handler leaves in good order."""
        handler = self._attempts.handler_of(statement, "ModuleNotFoundError")
        if handler is None or self._reach.block_leaves(handler.body) is None or self._gives_up(handler.body):
            return False
        return self._body_fails(statement)

    def _gives_up(self, block: cst.CSTNode | None) -> bool:
        """Whether a handler always ends in an exception or in the end of the process, save a skipped test."""
        if isinstance(block, cst.Else):
            block = block.body
        for statement in getattr(block, "body", ()):
            if isinstance(statement, cst.SimpleStatementLine):
                if self._gives_up(statement):
                    return True
            elif self._attempts.missing_in(statement):
                return True
            elif isinstance(statement, cst.Raise):
                raised = statement.exc.func if isinstance(statement.exc, cst.Call) else statement.exc
                return dotted(raised).rpartition(".")[2] not in _SKIPS
            elif isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call):
                if self.names.resolve(statement.value.func) & LEAVES_PROCESS:
                    status = statement.value.args[0].value if statement.value.args else None
                    return not (isinstance(status, cst.Integer) and status.evaluated_value == 0)
            elif isinstance(statement, (cst.Return, cst.Continue, cst.Break)):
                return False
            elif isinstance(statement, cst.If):
                truth = self._reach.truth(statement.test)
                arms = [statement.body, statement.orelse]
                if truth is not None:
                    arms = arms[:1] if truth.value else arms[1:]
                if all(arm is not None and self._gives_up(arm) for arm in arms):
                    return True
        return False

    def _is_compatibility(self, parent: Try, handler: Handler) -> bool:
        """Whether the handler is there for a name that the body looks for, rather than for any other trouble."""
        names = {""} if handler.type is None else self._attempts.exception_names(handler.type)
        if names & {"ImportError", "ModuleNotFoundError"}:
            return _contains(parent.body, (cst.Import, cst.ImportFrom, cst.Call))
        if "TypeError" in names:  # a newer way to call the same function
            return bool(_called(parent.body) & _called(handler.body))
        if "AttributeError" in names:
            return _contains(parent.body, (cst.Attribute, cst.Call))
        return bool(names & _BROAD) and _only_looks_up(parent.body)

    def _body_fails(self, node: Try) -> bool:
        """Whether something in the body is itself gone, so that the handler does run on the target."""
        outcome = self._attempts.outcome(node)
        return node in self._failed or (outcome is not None and outcome.fails_at is not None)

    @cached_property
    def _failed(self) -> dict[Try, _Failure]:
        """The ``try`` statements in whose bodies something raises what they handle."""
        failed: dict[Try, _Failure] = {}
        for node, raises in self._failing.items():
            line: cst.CSTNode = node
            for child, parent in self.names.ancestors(node):
                if isinstance(parent, _LATER) and child is parent.body:
                    break
                if isinstance(parent, Try) and child is parent.body:
                    handler = self._attempts.handler_of(parent, raises)
                    if handler is not None:
                        always = not isinstance(line, cst.BaseCompoundStatement)
                        failed[parent] = _Failure(handler, always or (parent in failed and failed[parent].always))
                        if not self._gives_up(handler.body):
                            break
                line = child
        return failed

    def _missing_beside(self, subject: Subject) -> str:
        """The module of Python 2 for want of which a handler runs, or gives up; "" where there is none."""
        for child, parent in self.names.ancestors(subject.node):
            if isinstance(parent, Try):
                outcome = self._attempts.outcome(parent)
                if outcome is not None and outcome.handler is child:
                    return outcome.missing.partition(".")[0]
                handler = self._attempts.handler_of(parent, subject.raises) if child is parent.body else None
                for statement in _statements(handler.body) if handler is not None else ():
                    if missing := self._attempts.missing_in(statement):
                        return missing.partition(".")[0]
        return ""

    def _expected(self, node: cst.With, subject: Subject) -> bool:
        """``with suppress(ImportError)``, and tests that expect the exception."""
        if subject.raises is None:
            return False
        return any(self._expects(item.item, subject.raises) for item in node.items)

    def _expects(self, manager: cst.BaseExpression, raises: str) -> bool:
        """Whether an expression is ``suppress(...)`` or the like of this exception."""
        if not isinstance(manager, cst.Call):
            return False
        names = {dotted(manager.func), *self.names.resolve(manager.func)}
        if _EXPECTS.isdisjoint(name.rpartition(".")[2] for name in names):
            return False
        return any(self._attempts.catches(arg.value, raises) for arg in manager.args if arg.keyword is None)

    def _suppressed_from(self, statement: cst.CSTNode, subject: Subject) -> bool:
        """``stack.enter_context(suppress(ImportError))``: from here to the end of the block."""
        if subject.raises is None or not isinstance(statement, cst.SimpleStatementLine):
            return False
        return any(
            isinstance(part, cst.Expr)
            and isinstance(part.value, cst.Call)
            and isinstance(part.value.func, cst.Attribute)
            and part.value.func.attr.value == "enter_context"
            and any(self._expects(arg.value, subject.raises) for arg in part.value.args)
            for part in statement.body
        )

    @cached_property
    def _set_here(self) -> frozenset[str]:
        """The names of other modules that the file sets, by an assignment or by ``setattr``.

        ``module.*`` stands for names that are computed.
        """
        names = {name for target in self.names.attributes_set for name in self.names.resolve(target)}
        for node in self.names.tree.of_type(cst.Call):
            if len(node.args) == 3 and dotted(node.func) == "setattr":
                attribute = string_value(node.args[1].value)
                names |= {f"{owner}.{attribute or '*'}" for owner in self.names.resolve(node.args[0].value)}
        return frozenset(names)

    def _has_default(self, call: cst.Call, subject: Subject) -> bool:
        """Whether the subject is the name (or the object) of a ``getattr`` with a default."""
        return (
            len(call.args) == 3
            and "builtins.getattr" in self.names.resolve(call.func)
            and subject.raises == "AttributeError"
        )

    def _provides(self, statement: cst.CSTNode, subject: Subject) -> str | None:
        """What an earlier statement does for the subject."""
        if isinstance(statement, cst.If):
            if self._reach.block_leaves(statement.body) is not None and self._present(statement.test, False, subject):
                return "it is used only where it was found to exist"
            if self._present(statement.test, False, subject):  # where it is missing, something takes its place
                suite = isinstance(statement.body, cst.SimpleStatementSuite)
                inside = [statement.body] if suite else statement.body.body
                found = (self._provides(one, subject) for one in inside)
                return next((reason for reason in found if reason is not None), None)
            return None
        line = isinstance(statement, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
        for part in getattr(statement, "body", ()) if line else ():
            value = getattr(part, "value", None)
            if isinstance(value, cst.Call):
                function = self.names.resolve(value.func)
                name = string_value(argument(value, 0, "modname"))
                if name is not None and _covers(name, subject.symbol):
                    if "pytest.importorskip" in function:
                        return "pytest.importorskip skips where it is missing"
                    if function & {"sys.modules.setdefault", "sys.modules.__setitem__"}:
                        return "an entry in sys.modules stands in for it"
            if isinstance(part, cst.Assign):
                for target in part.targets:
                    name = self._module_entry(target.target)
                    if name is not None and _covers(name, subject.symbol):
                        return "an entry in sys.modules stands in for it"
        return None

    def _module_entry(self, target: cst.BaseExpression) -> str | None:
        """``NAME`` of ``sys.modules["NAME"]``."""
        if (
            isinstance(target, cst.Subscript)
            and "sys.modules" in self.names.resolve(target.value)
            and len(target.slice) == 1
        ):
            index = target.slice[0].slice
            return string_value(index.value) if isinstance(index, cst.Index) else None
        return None

    def _imports_always(self, module: str) -> bool:
        """Whether the top level of the file imports a module, and does not go on without it."""
        for statement in _statements(self.names.module):
            if _import_of(statement, module):
                return True
            if isinstance(statement, Try) and any(_import_of(part, module) for part in _statements(statement.body)):
                handler = self._attempts.handler_of(statement, "ModuleNotFoundError")
                if handler is None or self._gives_up(handler.body):
                    return True
        return False

    # Tests of existence.

    def _present(self, test: cst.BaseExpression, outcome: bool, subject: Subject, depth: int = 0) -> bool:
        """Whether a test with this outcome means that the subject exists, or that a newer name does not."""
        if depth > 20:
            return False
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return self._present(test.expression, not outcome, subject, depth + 1)
        if isinstance(test, cst.BooleanOperation):
            decisive = isinstance(test.operator, cst.And) is outcome
            found = [self._present(side, outcome, subject, depth + 1) for side in (test.left, test.right)]
            return any(found) if decisive else all(found)
        if isinstance(test, cst.NamedExpr):
            return self._present(test.value, outcome, subject, depth + 1)
        if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            return self._present_by_comparison(test, outcome, subject, depth)
        if isinstance(test, cst.Call):
            return self._present_by_call(test, outcome, subject, depth)
        if isinstance(test, (cst.Name, cst.Attribute)):
            return self._present_by_name(test, outcome, subject, depth)
        return False

    def _present_by_comparison(self, test: cst.Comparison, outcome: bool, subject: Subject, depth: int) -> bool:
        part = test.comparisons[0]
        if dotted(part.comparator) == "None":
            if isinstance(part.operator, (cst.IsNot, cst.NotEqual)):
                return self._present(test.left, outcome, subject, depth + 1)
            if isinstance(part.operator, (cst.Is, cst.Equal)):
                return self._present(test.left, not outcome, subject, depth + 1)
        name = string_value(test.left)
        if name is not None and self.names.resolve(part.comparator) & _MODULE_NAMES:
            return _covers(name, subject.symbol) and isinstance(part.operator, cst.In) is outcome
        if name is not None and isinstance(part.operator, (cst.In, cst.NotIn)):
            holds = isinstance(part.operator, cst.In) is outcome
            return holds and any(_covers(f"{owner}.{name}", subject.symbol) for owner in self._listed(part.comparator))
        return False

    def _listed(self, node: cst.BaseExpression) -> frozenset[str]:
        """The modules and classes of which ``dir(...)``, ``vars(...)`` or ``....__dict__`` lists the names."""
        if isinstance(node, cst.Attribute) and node.attr.value == "__dict__":
            return self.names.resolve(node.value)
        if not isinstance(node, cst.Call) or len(node.args) != 1:
            return frozenset()
        lists = self.names.resolve(node.func) & {"builtins.dir", "builtins.vars"}
        return self.names.resolve(node.args[0].value) if lists else frozenset()

    def _present_by_call(self, test: cst.Call, outcome: bool, subject: Subject, depth: int) -> bool:
        function = self.names.resolve(test.func)
        if "builtins.bool" in function and len(test.args) == 1:
            return self._present(test.args[0].value, outcome, subject, depth + 1)
        if function & {"builtins.hasattr", "builtins.getattr"} and len(test.args) >= 2:
            attribute = string_value(test.args[1].value)
            receiver = subject.node.value if isinstance(subject.node, cst.Attribute) else None
            if receiver is not None and dotted(receiver) and dotted(receiver) == dotted(test.args[0].value):
                # The same object: it has this, or it lacks another, newer one.
                return outcome is (isinstance(subject.node, cst.Attribute) and subject.node.attr.value == attribute)
            for owner in self.names.resolve(test.args[0].value) if attribute is not None else ():
                if _covers(f"{owner}.{attribute}", subject.symbol):
                    return outcome
                if not outcome and (_covers(owner, subject.symbol) or owner == subject.module):
                    return True  # the newer name is not there, so this is the older Python
            return False
        if function & _FINDS_MODULE and test.args:
            name = string_value(test.args[0].value)
            return outcome and name is not None and _covers(name, subject.symbol)
        return False

    def _present_by_name(self, test: cst.Name | cst.Attribute, outcome: bool, subject: Subject, depth: int) -> bool:
        if outcome and any(_covers(name, subject.symbol) for name in self.names.resolve(test)):
            return True  # `cgi = None` where it could not be imported
        bindings = self.names.bindings(test) if isinstance(test, cst.Name) else None
        if not bindings:
            return False
        if outcome and any(self._set_beside_import(binding.node, binding.value, subject) for binding in bindings):
            return True
        if self._is_settled(bindings, not outcome):
            return True
        values = [binding.value for binding in bindings]
        return len(values) == 1 and values[0] is not None and self._present(values[0], outcome, subject, depth + 1)

    def _is_settled(self, bindings: list[Binding], value: bool) -> bool:
        """Whether a flag has this value since a ``try`` fails on the target: the nearest binding comes first."""
        if not self._failed:
            return False
        failed = False
        live = []
        for binding in bindings:
            arm = self._arm_of_failed(binding.node)
            failed = failed or arm is not None
            if arm is None or isinstance(arm, Handler):
                live.append(dotted(binding.value))
            if isinstance(arm, Handler):
                break
        return failed and bool(live) and all(one in _CONSTANTS and bool(_CONSTANTS[one]) is value for one in live)

    def _arm_of_failed(self, statement: cst.CSTNode) -> cst.CSTNode | None:
        """The body, the ``else``, or the handler that runs, of a ``try`` that fails, if a statement stands there."""
        for child, parent in islice(self.names.ancestors(statement), 4):  # line, block, arm, try
            if isinstance(parent, Try):
                failure = self._failed.get(parent)
                if failure is None or not failure.always or child is parent.finalbody:
                    return None
                return None if isinstance(child, Handler) and child is not failure.handler else child
        return None

    def _set_beside_import(self, node: cst.CSTNode, value: cst.BaseExpression | None, subject: Subject) -> bool:
        """``HAVE_CGI = True`` in a ``try`` that also imports ``cgi`` (or in its ``else``)."""
        if value is None or dotted(value) != "True":
            return False
        top = subject.symbol.partition(".")[0]
        for child, parent in self.names.ancestors(node):
            if isinstance(parent, cst.Try):
                return (child is parent.body or child is parent.orelse) and any(
                    _import_of(part, top) for part in _statements(parent.body)
                )
            if isinstance(parent, (*_LATER, cst.ClassDef)):
                return False
        return False


def _covers(name: str, symbol: str) -> bool:
    """Whether having ``name`` means having ``symbol``: it is the same, or holds it."""
    return symbol == name or symbol.startswith(name + ".")


def _statements(block: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for statement in getattr(block, "body", ()):
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def _contains(block: cst.CSTNode, kinds: tuple[type[cst.CSTNode], ...]) -> bool:
    stack = [block]
    while stack:
        node = stack.pop()
        if isinstance(node, kinds):
            return True
        stack.extend(children(node))
    return False


def _called(block: cst.CSTNode) -> set[str]:
    """The functions that are called in a block, as written."""
    found = set()
    stack = [block]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Call):
            found.add(dotted(node.func))
        stack.extend(children(node))
    return found - {""}


def _only_looks_up(block: cst.CSTNode) -> bool:
    """Whether a block does nothing but import and name things."""
    statements = list(_statements(block))
    imports = any(isinstance(statement, (cst.Import, cst.ImportFrom)) for statement in statements)
    plain = all(
        isinstance(statement, (cst.Import, cst.ImportFrom))
        or (
            isinstance(statement, (cst.Assign, cst.Expr))
            and isinstance(statement.value, (cst.Name, cst.Attribute, cst.Integer))
        )
        for statement in statements
    )
    return imports and plain


def _import_of(statement: cst.CSTNode, module: str) -> bool:
    """Whether a statement imports a module or something in it."""
    if isinstance(statement, cst.Import):
        return any(_covers(module, dotted(alias.name)) for alias in statement.names)
    return (
        isinstance(statement, cst.ImportFrom) and not statement.relative and _covers(module, dotted(statement.module))
    )
