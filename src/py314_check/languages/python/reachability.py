"""Whether code can run on the target at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from py314_check.languages.python.attempts import Attempts, Try
from py314_check.languages.python.scopes import Names, dotted
from py314_check.languages.python.tree import SUITES, Tree
from py314_check.languages.python.truth import Basis, Truth, Truths
from py314_check.model import Target

_JUMPS = frozenset({cst.Return, cst.Raise, cst.Continue, cst.Break})
BLOCKS: frozenset[type[cst.CSTNode]] = frozenset({cst.Module, *SUITES})
_TRIES = frozenset({cst.Try, cst.TryStar})
_COMPREHENSIONS: frozenset[type[cst.CSTNode]] = frozenset({cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp})
_CONDITIONAL: frozenset[type[cst.CSTNode]] = _COMPREHENSIONS | {
    *(cst.If, cst.IfExp, cst.While, cst.BooleanOperation, cst.FunctionDef, cst.ClassDef)
}
_SKIPPING = frozenset({*BLOCKS, *_CONDITIONAL, *_TRIES, cst.Match})
"""What may hold something that it never runs."""
LEAVES_PROCESS = {"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"}
_EXITS = {name.rpartition(".")[2] for name in LEAVES_PROCESS} | {"skip", "skipTest"}


@dataclass(frozen=True)
class Verdict:
    """``dead``: can run on no Python at all. ``guard``: why the code copes, or None where it does not.

    ``way_out`` is a module that only the project can have: where it does, the code copes.
    """

    dead: bool = False
    guard: str | None = None
    way_out: str = ""


_DEAD = Verdict(dead=True)


@dataclass
class _Leaving:
    """Those statements of a block that may leave it, and what is known of the first of them: None, up to a verdict."""

    statements: list[cst.CSTNode]
    known: list[Verdict | None] = field(default_factory=list)


class Reachability:
    """What of one file can run on one target. It makes the file's ``names``, since what is dead binds none."""

    def __init__(self, tree: Tree, target: Target) -> None:
        self.names = Names(tree, self._never_binds, self._runs_always)
        self.attempts = Attempts(self.names)
        self._target = target
        self._truths = Truths(self.names, target)
        self._judging: set[cst.CSTNode] = set()
        self._dead: dict[cst.CSTNode, bool] = {}
        self._behind_failure: dict[cst.CSTNode, bool] = {}
        self._dead_statements: dict[cst.CSTNode, bool] = {}
        self._left: dict[cst.CSTNode, Verdict | None] = {}
        self._leaving: dict[cst.CSTNode, _Leaving] = {}
        self._truth_of: dict[cst.BaseExpression, Truth | None] = {}

    def is_dead(self, node: cst.CSTNode) -> bool:
        """Whether a node cannot run on the target, because of constants or of the version."""
        known = self._dead.get(node)
        if known is None:
            if node in self._judging:
                self.names.cuts += 1
                return False
            self._judging.add(node)
            cuts = self.attempts.cuts
            known = self._is_skipped(node)
            self._judging.discard(node)
            if known or cuts == self.attempts.cuts:
                self._dead[node] = known
        return known

    def _is_skipped(self, node: cst.CSTNode) -> bool:
        """Whether something around a node never runs it. What stands in one statement shares what is around that."""
        found = False
        cuts = self.names.cuts
        statements: list[cst.CSTNode] = []
        for child, parent in self.names.ancestors(node):
            kind = type(parent)
            if kind in BLOCKS:
                known = self._dead_statements.get(child)
                if known is not None:
                    found = known
                    break
                statements.append(child)
            if kind in _SKIPPING and self._skipped_by(child, parent) is not None:
                found = True
                break
        if cuts == self.names.cuts:
            self._dead_statements.update(dict.fromkeys(statements, found))
        return found

    def _never_binds(self, node: cst.CSTNode) -> bool:
        """Whether a node cannot run, or is never done with: what fails in a ``try`` binds nothing, nor what follows."""
        known = self._behind_failure.get(node)
        if known is None:
            cuts = self.attempts.cuts
            known = self.attempts.is_behind_failure(node)
            if known or cuts == self.attempts.cuts:
                self._behind_failure[node] = known
        return known or self.is_dead(node)

    def _runs_always(self, arm: cst.CSTNode) -> bool:
        return self.attempts.runs_always(arm)

    def unreachable(self, node: cst.CSTNode) -> Verdict | None:
        versioned: Verdict | None = None
        for child, parent in self.names.ancestors(node):
            verdict = self._skipped_by(child, parent)
            if verdict is not None and verdict.dead:
                return verdict
            versioned = versioned or verdict
        return versioned

    def _skipped_by(self, child: cst.CSTNode, parent: cst.CSTNode) -> Verdict | None:
        """Why a parent never runs this child of its on the target."""
        kind = type(parent)
        if kind in BLOCKS:
            return self._left_before(child, parent)
        for test, outcome in self.conditions(child, parent):
            truth = self.truth(test)
            if truth is not None and truth.value is not outcome:
                return self._verdict(truth)
        if isinstance(parent, cst.Match) and isinstance(child, cst.MatchCase):
            taken = self._truths.matching(parent, child)
            return None if taken is None or taken.value else self._verdict(taken)
        if isinstance(parent, (cst.Try, cst.TryStar)):
            return self._skipped_by_attempt(child, parent)
        return None

    def _left_before(self, child: cst.CSTNode, block: cst.CSTNode) -> Verdict | None:
        """Why a block is left before this statement of it."""
        leaving = self._leaving_of(block)
        order, known = self.names.order, leaving.known
        here = order[child]
        if known and known[-1] is not None:
            return known[-1] if order[leaving.statements[len(known) - 1]] < here else None
        for index in range(len(known), len(leaving.statements)):
            statement = leaving.statements[index]
            if order[statement] >= here:
                break
            cuts = self.names.cuts
            verdict = self._leaves(statement)
            if cuts == self.names.cuts and index == len(known):
                known.append(verdict)
            if verdict is not None:
                return verdict
        return None

    def _leaving_of(self, block: cst.CSTNode) -> _Leaving:
        found = self._leaving.get(block)
        if found is None:
            statements = [one for one in getattr(block, "body", ()) if self._may_leave(one)]
            found = self._leaving[block] = _Leaving(statements)
        return found

    def _may_leave(self, statement: Any) -> bool:
        """Whether a statement is of a kind that may leave its block, whatever its names stand for."""
        kind = type(statement)
        if kind is cst.SimpleStatementLine:
            return any(map(self._may_leave, statement.body))
        if kind is cst.Expr:
            value = statement.value
            return _may_exit(value.right if type(value) is cst.BooleanOperation else value)
        if kind is cst.Assign:
            return _is_module_mark(statement)
        if kind in _TRIES:
            return jumps(statement.body) or jumps(statement.orelse)
        while type(statement) is cst.If:
            if self._leaving_of(statement.body).statements:
                return True
            statement = statement.orelse
        if type(statement) is cst.Else:
            return bool(self._leaving_of(statement.body).statements)
        return kind in _JUMPS or kind is cst.Assert

    def _skipped_by_attempt(self, child: cst.CSTNode, parent: Try) -> Verdict | None:
        if isinstance(child, (cst.ExceptHandler, cst.ExceptStarHandler)):
            if self.attempts.skips(parent, child):
                return Verdict(guard=f"nothing that it handles is raised on Python {self._target.release}")
        elif child is parent.orelse:
            outcome = self.attempts.outcome(parent)
            if outcome is not None and outcome.fails_at is not None:
                return Verdict(guard=f"it runs only where there is {outcome.missing}, which Python 2 alone had")
        return None

    def _verdict(self, truth: Truth) -> Verdict:
        if truth.basis is Basis.CONSTANT:
            return _DEAD
        if truth.basis is Basis.TYPE_CHECKING:
            return Verdict(guard="only type checkers import it")
        if truth.basis is Basis.LIBRARY:
            return Verdict(guard=f"it runs only where something is missing that Python {self._target.release} has")
        return Verdict(guard=f"a version test keeps it from running on Python {self._target.release}")

    def annotated(self, node: cst.CSTNode) -> cst.Annotation | None:
        """The annotation that a node stands in. Python 3.14 evaluates it when it is read, if ever."""
        for child, parent in self.names.ancestors(node):
            if isinstance(parent, cst.Annotation):
                return parent
            if type(parent) in BLOCKS or type(child) is cst.Lambda:
                return None
        return None

    def truth(self, test: cst.BaseExpression) -> Truth | None:
        """What a test comes to on the target, or None."""
        if test not in self._truth_of:
            self._truth_of[test] = self._truths.of(test)
        return self._truth_of[test]

    def conditions(self, child: cst.CSTNode, parent: Any) -> Iterable[tuple[cst.BaseExpression, bool]]:
        """The tests, and their outcomes, that lead from a parent into this child."""
        kind = type(parent)
        if kind not in _CONDITIONAL:
            return ()
        if kind is cst.If or kind is cst.IfExp:
            return [(parent.test, child is parent.body)] if child is not parent.test else ()
        if kind is cst.While:
            return [(parent.test, True)] if child is parent.body else ()
        if kind is cst.BooleanOperation:
            return [(parent.left, type(parent.operator) is cst.And)] if child is parent.right else ()
        if kind in _COMPREHENSIONS:
            return _filters(parent) if child is not parent.for_in else ()
        if child is not parent.body:
            return ()
        return [found for decorator in parent.decorators for found in _skip_condition(decorator.decorator)]

    def before(self, child: cst.CSTNode, block: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The statements that run before this one in its block."""
        for statement in getattr(block, "body", ()):
            if statement is child:
                return
            yield statement

    def _leaves(self, statement: cst.CSTNode) -> Verdict | None:
        """Why nothing behind a statement runs on the target; None where something may."""
        if isinstance(statement, cst.SimpleStatementLine):
            return self._first_leaving(statement.body)
        if type(statement) in _JUMPS:
            return _DEAD
        if isinstance(statement, cst.Expr):
            return self._exits(statement.value)
        if isinstance(statement, cst.If):
            return self._leaves_by_arm(statement)
        if isinstance(statement, cst.Assert):
            truth = self.truth(statement.test)
            return None if truth is None or truth.value else self._verdict(truth)
        if isinstance(statement, cst.Assign):
            for test, outcome in self._module_mark(statement):
                truth = self.truth(test)
                if truth is not None and truth.value is not outcome:
                    return self._verdict(truth)
        if isinstance(statement, (cst.Try, cst.TryStar)) and (jumps(statement.body) or jumps(statement.orelse)):
            works = f"what stands before it works on Python {self._target.release}, and ends here"
            return Verdict(guard=works) if self.attempts.succeeds(statement) else None
        return None

    def _first_leaving(self, statements: Iterable[cst.CSTNode]) -> Verdict | None:
        return next((verdict for one in statements if (verdict := self._leaves(one)) is not None), None)

    def _leaves_by_arm(self, statement: cst.If) -> Verdict | None:
        taken = self.block_leaves(statement.body)
        other = self.block_leaves(statement.orelse)
        if taken is None and other is None:
            return None
        truth = self.truth(statement.test)
        if truth is not None:
            verdict = taken if truth.value else other
            return None if verdict is None else self._verdict(truth)
        if taken is not None and other is not None:
            return other if taken.dead else taken
        return None

    def block_leaves(self, block: cst.CSTNode | None) -> Verdict | None:
        """Why nothing behind a block runs on the target; None where something may."""
        if block is None:
            return None
        if block not in self._left:
            self._left[block] = self._how_block_leaves(block)
        return self._left[block]

    def _how_block_leaves(self, block: cst.CSTNode) -> Verdict | None:
        if isinstance(block, cst.If):
            return self._leaves(block)
        return self._first_leaving(self._leaving_of(block.body if isinstance(block, cst.Else) else block).statements)

    def _exits(self, expression: cst.BaseExpression) -> Verdict | None:
        """Why nothing behind an expression runs: it leaves, or does if its left side comes out so."""
        if isinstance(expression, cst.BooleanOperation) and self._is_exit(expression.right):
            truth = self.truth(expression.left)
            if truth is not None and truth.value is isinstance(expression.operator, cst.And):
                return self._verdict(truth)
        return _DEAD if self._is_exit(expression) else None

    def _is_exit(self, expression: cst.BaseExpression) -> bool:
        if not _may_exit(expression):
            return False
        assert isinstance(expression, cst.Call)
        function = self.names.resolve(expression.func)
        return (
            bool(function & LEAVES_PROCESS) or "pytest.skip" in function or dotted(expression.func) == "self.skipTest"
        )

    def _module_mark(self, statement: cst.Assign) -> Iterator[tuple[cst.BaseExpression, bool]]:
        """``pytestmark = pytest.mark.skipif(...)`` skips the whole module."""
        if _is_module_mark(statement):
            marks = statement.value.elements if isinstance(statement.value, cst.List) else ()
            for mark in [statement.value, *(element.value for element in marks)]:
                yield from _skip_condition(mark)


def jumps(block: Any) -> bool:
    """Whether one of the statements of a block leaves it, whatever the tests inside the others."""
    if type(block) is cst.Else:
        block = block.body
    for line in getattr(block, "body", ()):
        if type(line) is cst.SimpleStatementLine:
            if any(type(part) in _JUMPS for part in line.body):
                return True
        elif type(line) in _JUMPS:
            return True
    return False


def _may_exit(expression: Any) -> bool:
    """Whether an expression is a call of what may be a function that leaves the process, or a test."""
    if type(expression) is not cst.Call:
        return False
    function = expression.func
    return type(function) is not cst.Attribute or function.attr.value in _EXITS


def _is_module_mark(statement: cst.Assign) -> bool:
    return any(isinstance(one.target, cst.Name) and one.target.value == "pytestmark" for one in statement.targets)


def _filters(comprehension: Any) -> Iterator[tuple[cst.BaseExpression, bool]]:
    loop: cst.CompFor | None = comprehension.for_in
    while loop is not None:
        for condition in loop.ifs:
            yield condition.test, True
        loop = loop.inner_for_in


def _skip_condition(mark: cst.BaseExpression) -> Iterator[tuple[cst.BaseExpression, bool]]:
    """The condition, and its outcome, under which a test with this mark or decorator runs."""
    if isinstance(mark, cst.Call) and mark.args and not mark.args[0].star:
        kind = dotted(mark.func).rpartition(".")[2]
        if kind in ("skipif", "skipIf"):
            yield mark.args[0].value, False
        elif kind == "skipUnless":
            yield mark.args[0].value, True
