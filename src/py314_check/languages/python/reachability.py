"""Whether code can run on the target at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from py314_check.languages.python.attempts import Attempts, Try
from py314_check.languages.python.scopes import Names, dotted
from py314_check.languages.python.truth import Basis, Truth, Truths
from py314_check.model import Target

_JUMPS = (cst.Return, cst.Raise, cst.Continue, cst.Break)
BLOCKS = (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite)
LEAVES_PROCESS = {"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"}


@dataclass(frozen=True)
class Verdict:
    """``dead``: can run on no Python at all. ``guard``: why the code copes, or None where it does not.

    ``way_out`` is a module that only the project can have: where it does, the code copes.
    """

    dead: bool = False
    guard: str | None = None
    way_out: str = ""


_DEAD = Verdict(dead=True)


class Reachability:
    """What of one file can run on one target. It makes the file's ``names``, since what is dead binds none."""

    def __init__(self, module: cst.Module, target: Target) -> None:
        self.names = Names(module, self._never_binds, self._runs_always)
        self.attempts = Attempts(self.names)
        self._target = target
        self._truths = Truths(self.names, target)
        self._judging: set[cst.CSTNode] = set()
        self._dead: dict[cst.CSTNode, bool] = {}
        self._behind_failure: dict[cst.CSTNode, bool] = {}
        self._left: dict[cst.CSTNode, Verdict | None] = {}
        self._truth_of: dict[cst.BaseExpression, Truth | None] = {}

    def is_dead(self, node: cst.CSTNode) -> bool:
        """Whether a node cannot run on the target, because of constants or of the version."""
        known = self._dead.get(node)
        if known is None:
            if node in self._judging:
                return False
            self._judging.add(node)
            cuts = self.attempts.cuts
            known = self.unreachable(node) is not None
            self._judging.discard(node)
            if known or cuts == self.attempts.cuts:
                self._dead[node] = known
        return known

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
        for test, outcome in self.conditions(child, parent):
            truth = self.truth(test)
            if truth is not None and truth.value is not outcome:
                return self._verdict(truth)
        if isinstance(parent, BLOCKS):
            for statement in self.before(child, parent):
                verdict = self._leaves(statement)
                if verdict is not None:
                    return verdict
        if isinstance(parent, cst.Match) and isinstance(child, cst.MatchCase):
            taken = self._truths.matching(parent, child)
            return None if taken is None or taken.value else self._verdict(taken)
        if isinstance(parent, (cst.Try, cst.TryStar)):
            return self._skipped_by_attempt(child, parent)
        return None

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
            if isinstance(parent, BLOCKS) or isinstance(child, cst.Lambda):
                return None
        return None

    def truth(self, test: cst.BaseExpression) -> Truth | None:
        """What a test comes to on the target, or None."""
        if test not in self._truth_of:
            self._truth_of[test] = self._truths.of(test)
        return self._truth_of[test]

    def conditions(self, child: cst.CSTNode, parent: cst.CSTNode) -> Iterator[tuple[cst.BaseExpression, bool]]:
        """The tests, and their outcomes, that lead from a parent into this child."""
        if isinstance(parent, (cst.If, cst.IfExp)):
            if child is not parent.test:
                yield parent.test, child is parent.body
        elif isinstance(parent, cst.While):
            if child is parent.body:
                yield parent.test, True
        elif isinstance(parent, cst.BooleanOperation):
            if child is parent.right:
                yield parent.left, isinstance(parent.operator, cst.And)
        elif isinstance(parent, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)):
            loop: cst.CompFor | None = parent.for_in
            while loop is not None and child is not parent.for_in:
                for condition in loop.ifs:
                    yield condition.test, True
                loop = loop.inner_for_in
        elif isinstance(parent, (cst.FunctionDef, cst.ClassDef)) and child is parent.body:
            for decorator in parent.decorators:
                yield from _skip_condition(decorator.decorator)

    def before(self, child: cst.CSTNode, block: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The statements that run before this one in its block."""
        for statement in getattr(block, "body", ()):
            if statement is child:
                return
            yield statement

    def _leaves(self, statement: cst.CSTNode) -> Verdict | None:
        """Why nothing behind a statement runs on the target; None where something may."""
        if isinstance(statement, cst.SimpleStatementLine):
            return next((verdict for part in statement.body if (verdict := self._leaves(part)) is not None), None)
        if isinstance(statement, _JUMPS):
            return _DEAD
        if isinstance(statement, cst.Expr):
            return self._exits(statement.value)
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
        if isinstance(statement, cst.If):
            truth = self.truth(statement.test)
            taken = self.block_leaves(statement.body)
            other = self.block_leaves(statement.orelse)
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
        if isinstance(block, cst.Else):
            block = block.body
        statements = getattr(block, "body", ())
        return next((verdict for part in statements if (verdict := self._leaves(part)) is not None), None)

    def _exits(self, expression: cst.BaseExpression) -> Verdict | None:
        """Why nothing behind an expression runs: it leaves, or does if its left side comes out so."""
        if isinstance(expression, cst.BooleanOperation) and self._is_exit(expression.right):
            truth = self.truth(expression.left)
            if truth is not None and truth.value is isinstance(expression.operator, cst.And):
                return self._verdict(truth)
        return _DEAD if self._is_exit(expression) else None

    def _is_exit(self, expression: cst.BaseExpression) -> bool:
        if not isinstance(expression, cst.Call):
            return False
        function = self.names.resolve(expression.func)
        return (
            bool(function & LEAVES_PROCESS) or "pytest.skip" in function or dotted(expression.func) == "self.skipTest"
        )

    def _module_mark(self, statement: cst.Assign) -> Iterator[tuple[cst.BaseExpression, bool]]:
        """``pytestmark = pytest.mark.skipif(...)`` skips the whole module."""
        if any(
            isinstance(target.target, cst.Name) and target.target.value == "pytestmark" for target in statement.targets
        ):
            marks = statement.value.elements if isinstance(statement.value, cst.List) else ()
            for mark in [statement.value, *(element.value for element in marks)]:
                yield from _skip_condition(mark)


def jumps(block: cst.CSTNode | None) -> bool:
    """Whether one of the statements of a block leaves it, whatever the tests inside the others."""
    if isinstance(block, cst.Else):
        block = block.body
    for line in getattr(block, "body", ()):
        parts = line.body if isinstance(line, cst.SimpleStatementLine) else (line,)
        if any(isinstance(part, _JUMPS) for part in parts):
            return True
    return False


def _skip_condition(mark: cst.BaseExpression) -> Iterator[tuple[cst.BaseExpression, bool]]:
    """The condition, and its outcome, under which a test with this mark or decorator runs."""
    if isinstance(mark, cst.Call) and mark.args and not mark.args[0].star:
        kind = dotted(mark.func).rpartition(".")[2]
        if kind in ("skipif", "skipIf"):
            yield mark.args[0].value, False
        elif kind == "skipUnless":
            yield mark.args[0].value, True
