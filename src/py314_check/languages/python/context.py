"""A Python file under analysis: what its rules may ask, and what becomes of their reports."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import cast

import libcst as cst

from py314_check.api import (
    Change,
    Event,
    Function,
    InThreads,
    Member,
    Node,
    NodeT,
    Report,
    Rule,
    Settings,
    Shared,
    ThreadStart,
)
from py314_check.languages.base import Analysis, Located, hand_out, handlers
from py314_check.languages.changes import NotFixableError
from py314_check.languages.python import scopes, setup_call, sharing
from py314_check.languages.python.changes import Editor, Plan, make
from py314_check.languages.python.guards import Guards, Subject
from py314_check.languages.python.locks import Locks
from py314_check.languages.python.positions import locate
from py314_check.languages.python.reachability import BLOCKS, Reachability, Verdict, jumps
from py314_check.languages.python.serial import Serial
from py314_check.languages.python.standard import standard
from py314_check.languages.python.threads import Threads
from py314_check.languages.python.tree import DEFINITIONS, Handler, Tree, below, parse
from py314_check.languages.python.types import Types
from py314_check.languages.settings.requirements import requirements
from py314_check.model import Impact, Place, Target, parse_version
from py314_check.signs_of_threads import handles_threads, is_cooperative
from py314_check.source import SourceFile
from py314_check.suppressions import may_be_unused

_LATER = (cst.FunctionDef, cst.Lambda)
_MAX_TESTS = 50
"""How many of the tests that left a block before are told of: the nearest."""
_FREE_THREADED_SINCE = (3, 13)
_DECLARATIONS = ("Settings", "Setting", "Requirement")


class _IsOne(dict[tuple[type, tuple[type, ...]], bool]):
    """A type and several -> whether it is one of them, or a subclass."""

    def __missing__(self, key: tuple[type, tuple[type, ...]]) -> bool:
        self[key] = issubclass(*key)
        return self[key]


_IS_ONE = _IsOne()


class PythonContext:
    """Implements ``py314_check.api.Context`` for one parsed file."""

    def __init__(self, source: SourceFile, tree: Tree, target: Target) -> None:
        self.path = source.path
        self.target = target
        self.floor = source.floor
        self._source = source
        self._tree = tree
        self._reports: list[tuple[Rule, cst.CSTNode, Report]] = []
        self._leaving_ifs: dict[cst.CSTNode, list[cst.If]] = {}
        self._declared: list[tuple[Event, cst.CSTNode]] = []
        self._reaches: dict[Target, Reachability] = {}

    # For rules.

    def aliases(self, name: str) -> frozenset[str]:
        return frozenset({name, standard().canonical(name)})

    def resolve(self, node: cst.CSTNode | None) -> frozenset[str]:
        names = self._names.resolve(node)
        return names.union(map(standard().canonical, names)) if names else names

    def types(self, node: cst.CSTNode | None) -> frozenset[str]:
        return self._types.of(node)

    def member(self, node: cst.Attribute) -> Member:
        return self._types.member(node)

    def bases(self, node: cst.ClassDef) -> frozenset[str]:
        return self._types.bases(node)

    def definition(self, node: cst.CSTNode | None) -> cst.FunctionDef | cst.ClassDef | cst.Lambda | None:
        return self._types.definition(node)

    def mro(self, node: cst.BaseExpression | cst.ClassDef | str) -> tuple[cst.ClassDef | str | None, ...]:
        return self._types.mro(node)

    def bound(self, name: str, at: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        return tuple(binding.node for binding in self._names.all_bindings(name, at))

    def spelled(self, name: str, at: cst.CSTNode) -> str:
        return self._editor.imports.spelled(name, at)

    def annotation(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        return self._types.annotation(node)

    def value(self, node: cst.BaseExpression) -> cst.BaseExpression:
        made = self._names.value(node)
        entered = self._types.entered(node) if made is node and isinstance(node, cst.Name) else None
        return made if entered is None else entered

    def element(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int] | None:
        made = self._assigned(node)
        if made is not None and made.element is not None:
            return self.value(made.value), made.element
        whole = node if made is None else made.value
        if isinstance(whole, cst.Subscript) and len(whole.slice) == 1 and isinstance(whole.slice[0].slice, cst.Index):
            index = whole.slice[0].slice.value
            if isinstance(index, cst.Integer):
                return self.value(whole.value), index.evaluated_value
        return None

    def dotted(self, node: cst.BaseExpression | None) -> str:
        return scopes.dotted(node)

    def string(self, node: cst.CSTNode | None) -> str | None:
        made = self._assigned(node)
        return (
            scopes.string_value(node) if made is None or made.element is not None else scopes.string_value(made.value)
        )

    def argument(self, call: cst.Call, position: int, keyword: str) -> cst.BaseExpression | None:
        return scopes.argument(call, position, keyword)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        return (parent for _, parent in self._names.ancestors(node))

    def below(self, node: cst.CSTNode, *, own: bool = False) -> Iterator[cst.CSTNode]:
        return below(node, own=own)

    def enclosing(self, node: cst.CSTNode, *kinds: type[NodeT]) -> NodeT | None:
        for child, parent in self._names.ancestors(node):
            kind = type(parent)
            outside = kind in DEFINITIONS and child is not parent.body  # decorators, defaults, bases
            if not outside and _IS_ONE[kind, kinds]:
                return cast(NodeT, parent)
        return None

    def home(self, node: cst.CSTNode) -> Function | None:
        found: cst.CSTNode | None = self.enclosing(node, *_LATER)
        return found if isinstance(found, _LATER) else None

    def unwrapped(self, node: cst.BaseExpression | None) -> cst.BaseExpression | None:
        return self._threads.unwrapped(node)

    def in_threads(self, node: cst.CSTNode) -> InThreads | None:
        home = self.home(node)
        return None if home is None else self._threads.of(home)

    def starts_thread(self, call: cst.Call) -> ThreadStart | None:
        return self._threads.started(call)

    def runs_later(self, node: cst.CSTNode) -> bool:
        return self.home(node) is not None

    def runs_on(self, node: cst.CSTNode, version: tuple[int, int]) -> bool:
        return not self._reach_on(replace(self.target, version=version)).is_dead(node)

    def fails_when(self, node: cst.CSTNode) -> str:
        if self.runs_later(node):
            return ": this fails when called"
        return ": this fails when the annotation is read" if self._reach.annotated(node) is not None else ""

    def uses(self, alias: cst.ImportAlias) -> list[cst.Name] | None:
        return self._editor.imports.uses(alias)

    def has_future(self, feature: str) -> bool:
        return feature in self._names.futures

    def is_script_body(self, node: cst.CSTNode) -> bool:
        return any(
            isinstance(test, cst.Comparison)
            and scopes.dotted(test.left) == "__name__"
            and scopes.string_value(test.comparisons[0].comparator) == "__main__"
            and isinstance(test.comparisons[0].operator, cst.Equal) is outcome
            for child, parent in self._names.ancestors(node)
            for test, outcome in self._reach.conditions(child, parent)
        )

    def is_locked(self, node: cst.CSTNode) -> bool:
        return self._locks.is_held(node)

    def is_serialised(self, node: cst.CSTNode) -> bool:
        return self._serial.is_serialised(node)

    def runs_seldom(self, node: cst.CSTNode) -> bool:
        return self._serial.runs_seldom(node)

    def runs_in_loop(self, node: cst.CSTNode) -> bool:
        return self._serial.runs_in_loop(node)

    @cached_property
    def handles_threads(self) -> bool:
        return handles_threads(self._source.data)

    @cached_property
    def is_cooperative(self) -> bool:
        return is_cooperative(self._source.data)

    def container_kind(self, node: cst.BaseExpression) -> str:
        return sharing.container_kind(self._names, node)

    @cached_property
    def shared(self) -> Sequence[Shared]:
        return sharing.shared_variables(self._names, self._types)

    def conditions(self, node: cst.CSTNode) -> Iterator[tuple[cst.BaseExpression, bool]]:
        for child, parent in self._names.ancestors(node):
            yield from self._reach.conditions(child, parent)
            if type(parent) in BLOCKS:
                leaving = self._leaving(parent)
                done = bisect_left(leaving, self._names.order[child], key=self._names.order.__getitem__)
                for statement in reversed(leaving[max(done - _MAX_TESTS, 0) : done]):
                    yield statement.test, False
            if type(parent) in DEFINITIONS:
                return

    def _leaving(self, block: cst.CSTNode) -> list[cst.If]:
        """The ``if`` statements of a block that leave it where their tests hold."""
        if block not in self._leaving_ifs:
            statements = [one for one in getattr(block, "body", ()) if type(one) is cst.If]
            self._leaving_ifs[block] = [one for one in statements if one.orelse is None and jumps(one.body)]
        return self._leaving_ifs[block]

    def _assigned(self, node: cst.CSTNode | None) -> scopes.Assigned | None:
        if isinstance(node, cst.Attribute):
            return self._types.assigned(node)
        return self._names.assigned(node) if isinstance(node, cst.Name) else None

    def report(self, rule: Rule, node: cst.CSTNode | Event | Node, report: Report) -> None:
        if isinstance(node, Event):
            node = next(at for event, at in self._declared if event is node)
        if not isinstance(node, cst.CSTNode):
            raise TypeError("in a Python file, findings are reported at nodes of its tree")
        self._reports.append((rule, node, report))

    # For the engine.

    def hand_out_setup(self, call: cst.CSTNode, rules: Sequence[Rule]) -> None:
        """Hands what a call of ``setup`` declares to some rules, as settings and requirements."""
        if not isinstance(call, cst.Call) or not self.resolve(call.func) & setup_call.SETUP:
            return
        pairs = list(setup_call.settings(call, self._constant, self.string))
        whole = Settings(Place(), tuple(setting for setting, _ in pairs))
        found: list[tuple[Event, cst.CSTNode]] = [(whole, call.func)]
        for setting, node in pairs:
            found += [(event, node) for event in (setting, *requirements([setting]))]
        self._declared += found
        hand_out([event for event, _ in found], rules, self.target)

    def _constant(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a name was assigned. A list that the file names elsewhere, too, may have been changed there."""
        value = self.value(node)
        if isinstance(node, cst.Name) and isinstance(value, (cst.List, cst.Dict)):
            same = [one for one in self._tree.of_type(cst.Name) if one.value == node.value]
            return value if len(same) == 2 else node
        return value

    @cached_property
    def _reach(self) -> Reachability:
        return self._reach_on(self.target)

    def _reach_on(self, target: Target) -> Reachability:
        if target not in self._reaches:
            self._reaches[target] = Reachability(self._tree, target)
        return self._reaches[target]

    @property
    def _names(self) -> scopes.Names:
        return self._reach.names

    @cached_property
    def _types(self) -> Types:
        return Types(self._reach)

    @cached_property
    def _locks(self) -> Locks:
        return Locks(self._names, self._types)

    @cached_property
    def _serial(self) -> Serial:
        return Serial(self.path, self._names, self._types, self._locks)

    @cached_property
    def _threads(self) -> Threads:
        return Threads(self._names, self._types)

    def analysis(self, *, with_comments: bool) -> Analysis:
        """Judges and places the reports. Positions are computed only if there is something to place."""
        judged = self._judged()
        if not judged and not (with_comments and may_be_unused(self._source.data)):
            return Analysis([], [])
        statements = {node: self._statement(node) for _, node, _, _ in judged}
        wanted = statements.keys() | {found for found in statements.values() if found}
        plans = [self._plan(report.fix, node) if verdict.guard is None else None for _, node, report, verdict in judged]
        wanted |= {node for plan in plans if isinstance(plan, Plan) for node in plan.nodes}
        whole = with_comments or any(isinstance(plan, Plan) for plan in plans)
        spans, comments = locate(self._tree.module, self._source.text, wanted, with_comments=whole)
        located = []
        for (rule, node, report, verdict), plan in zip(judged, plans, strict=True):
            start, end = spans[node]
            if report.part is not None:
                start, end = start + report.part[0], start + report.part[1]
            place = self._source.place(start, end)
            lines = {place.line, place.end_line}
            statement = statements[node]
            if statement is not None:
                first, last = spans[statement]
                lines |= {self._source.position(first)[0], self._source.position(last)[0]}
            fix = make(plan, spans, comments, self._source) if isinstance(plan, Plan) else plan
            if isinstance(fix, NotFixableError):
                report, fix = replace(report, help=f"{report.help} It is not fixed: {fix}.".lstrip()), None
            located.append(Located(rule, place, report, verdict.guard, frozenset(lines), verdict.way_out, fix))
        return Analysis(located, comments)

    def close(self) -> None:
        """Parts what refers to one another, so that all is freed at once, and leaves the collector nothing to find."""
        for reach in self._reaches.values():
            vars(reach.names).clear()
        vars(self).clear()

    def _plan(self, change: Change | None, reported: cst.CSTNode) -> Plan | NotFixableError | None:
        return None if change is None else self._editor.plan(change, reported)

    @cached_property
    def _editor(self) -> Editor:
        return Editor(self._names, self._source)

    def _judged(self) -> list[tuple[Rule, cst.CSTNode, Report, Verdict]]:
        if not self._reports:
            return []
        guards = {target: self._guards(target) for target in {self._decisive(*one) for one in self._reports}}
        judged: list[tuple[Rule, cst.CSTNode, Report, Verdict]] = []
        for rule, node, report in self._reports:
            if rule.compiled:
                judged.append((rule, node, report, Verdict()))
                continue
            races = (report.impact or rule.impact) is Impact.RACES  # then nothing is missing that a guard may ask for
            symbol = "" if races else report.symbol
            subject = Subject(node, symbol, report.raises, report.module, report.brought_by)
            verdict = guards[self._decisive(rule, node, report)].judge(subject)
            if not verdict.dead and not (report.copes and verdict.guard is None):
                judged.append((rule, node, report, verdict))
        return judged

    def _decisive(self, rule: Rule, node: cst.CSTNode, report: Report) -> Target:
        """The Python on which it shows whether code copes: what the rule is about, or the last that lacks a symbol."""
        version = self.target.version
        if report.added_in is not None and parse_version(report.added_in) <= version:
            major, minor = parse_version(report.added_in)
            version = (major, minor - 1)
        free_threaded = (self.target.free_threaded or rule.free_threading) and version >= _FREE_THREADED_SINCE
        return Target(version, free_threaded)

    def _guards(self, target: Target) -> Guards:
        failing = {
            node: report.raises
            for rule, node, report in self._reports
            if report.raises is not None
            and not report.copes
            and self._decisive(rule, node, report).version == target.version
            and not self._reach.is_dead(node)
        }
        return Guards(self._reach_on(target), self.path, failing)

    def _statement(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The simple statement (with all its lines) that a node is in, if it is in one."""
        ancestors = self._names.ancestors(node)
        return next((parent for _, parent in ancestors if type(parent) is cst.SimpleStatementLine), None)


def analyse(source: SourceFile, rules: Sequence[type[Rule]], target: Target, *, with_comments: bool) -> Analysis:
    """Runs rules over a file in one walk. Raises SourceError where the file does not parse."""
    tree = Tree(parse(source))
    context = PythonContext(source, tree, target)
    try:
        _ask(rules, context, tree)
        return context.analysis(with_comments=with_comments)
    finally:
        context.close()


def _ask(rules: Sequence[type[Rule]], context: PythonContext, tree: Tree) -> None:
    visit: defaultdict[type[cst.CSTNode], list[Handler]] = defaultdict(list)
    leave: defaultdict[type[cst.CSTNode], list[Handler]] = defaultdict(list)
    made = [rule_type(context) for rule_type in rules]
    for rule in made:
        for prefix, table in (("visit_", visit), ("leave_", leave)):
            for kind, handler in handlers(rule, prefix):
                node_type = getattr(cst, kind, None)
                if node_type is not None:
                    table[node_type].append(handler)
    readers = [rule for rule in made if any(hasattr(rule, f"visit_{event}") for event in _DECLARATIONS)]
    if readers:
        visit[cst.Call].append(lambda call: context.hand_out_setup(call, readers))
    tree.walk(visit, leave)
