"""One C or C++ file under analysis: what rules may ask of it, and what becomes of their reports."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from py314_check.api import Context, Directive, Event, Owner, Report, Rule, Static, cst
from py314_check.languages.base import Analysis, Located, handlers, visitors
from py314_check.languages.changes import simple
from py314_check.languages.native.declarations import LOOPS
from py314_check.languages.native.locks import Locks
from py314_check.languages.native.macros import rewritten
from py314_check.languages.native.owners import Owners
from py314_check.languages.native.releases import Releases
from py314_check.languages.native.slicing import Slice, ascii_bytes, comments, sliced
from py314_check.languages.native.statics import Statics
from py314_check.languages.native.tree import is_cpp, is_header
from py314_check.languages.native.types import Types
from py314_check.languages.native.values import Values
from py314_check.languages.parsing import Deadline, between, by_type, parse
from py314_check.languages.reach import ANY_TIME, SETTING_UP, only_by
from py314_check.model import Target
from py314_check.source import SourceFile

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset({"identifier", "field_identifier", "type_identifier", "namespace_identifier", "operator_name"})
_NAMED_BY = ("declarator", "function", "name", "field", "argument", "value")
_INIT = re.compile(r"PyInitU?_|PyModExportU?_")
_INIT_TYPES = frozenset({"PyMODINIT_FUNC", "PyMODEXPORT_FUNC"})
_INIT_MACRO = re.compile(r"(\w+)\(.*\b(?:PyMODINIT_FUNC|PyMODEXPORT_FUNC|PyInit_|PyModExport_)")
_MODULE_MACRO = re.compile(
    r"(?:PYBIND11|NB|BOOST_PYTHON)\w*_MODULE\w*|[A-Z0-9_]*MOD(?:ULE)?_?INIT[A-Z0-9_]*|[A-Z0-9_]*INIT_?MOD[A-Z0-9_]*"
)
"""Macros of others that stand for the function that makes a module: ``PYBIND11_MODULE(name, m) {}``."""
_ASKS = re.compile(r"^[ \t]*#[ \t]*((?:define|el|if)(?:\\\r?\n|[^\r\n])*)", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_NEEDED = (
    "function_definition",
    "call_expression",
    "init_declarator",
    "identifier",
    "field_identifier",
    "declaration",
    "assignment_expression",
    "update_expression",
    "if_statement",
    "return_statement",
    *LOOPS,
)
_LEAVES = {"break_statement": LOOPS | {"switch_statement"}, "continue_statement": LOOPS}
_TESTING = frozenset({"if_statement", "while_statement", "for_statement", "do_statement", "condition_clause"})
_AROUND = frozenset(
    {"cast_expression", "pointer_expression", "parenthesized_expression", "argument_list", "initializer_pair"}
)
_EXEC_SLOT = "Py_mod_exec"
_AT_THE_END = re.compile(r"(?i)(?:^|_)(?:fini\w*|clean_?up|tear_?down|atexit|shutdown)(?:_|$)")
_TEARING_DOWN = re.compile(r"(?i)(?:^|_)m?_?(?:free|clear|dealloc|traverse)(?:_|$)")


class NativeContext:
    """Implements ``py314_check.api.NativeContext`` for one file in one configuration."""

    def __init__(
        self,
        source: SourceFile,
        piece: Slice,
        target: Target,
        *,
        is_cpp: bool,
        kinds: Collection[str],
        deadline: Deadline,
    ) -> None:
        self.path = source.path
        self.target = target
        self.code = piece.code
        self.located: list[Located] = []
        self._piece = piece
        self._directives = piece.directives
        self._source = source
        self._deadline = deadline
        self._starts: dict[str, list[int]] = {}
        self.types = Types(self)
        self.put = Values(self)
        self._owners = Owners(self)
        self._locks = Locks(piece.code, piece.directives)
        self._releases = Releases(self, self._locks.change)
        self._root = parse(rewritten(piece.code), "tree_sitter_cpp" if is_cpp else "tree_sitter_c", deadline)
        self._nodes = by_type(self._root, {*kinds, *_NEEDED}, deadline)

    # For rules.

    def text(self, node: Node) -> str:
        return self._source.text[node.start_byte : node.end_byte]

    def name(self, node: Node | None) -> str:
        found = _name_node(node)
        return "" if found is None else self.text(found)

    @cached_property
    def functions(self) -> Mapping[str, Node]:
        return {self.name(node): node for node in self._definitions}

    @cached_property
    def module_inits(self) -> Sequence[Node]:
        macros = {match[1] for each in self._directives if (match := _INIT_MACRO.match(each.rest))} | _INIT_TYPES
        return [
            node
            for node in self._definitions
            if _INIT.match(self.name(node)) or not macros.isdisjoint({self.name(node), self._type(node)})
        ]

    def calls(self, function: Node | None = None) -> Sequence[Node]:
        if function is None:
            return [call for found in self._calls.values() for call in found]
        return self._calls.get(function.id, ())

    def arguments(self, call: Node) -> Sequence[Node]:
        found = call.child_by_field_name("arguments")
        return () if found is None else found.named_children

    def runs(self, function: Node) -> Sequence[Node]:
        self._deadline.check()
        found = {function.id: function}
        waiting = [function]
        while waiting:
            for call in self.calls(waiting.pop()):
                called = self.functions.get(self.name(call))
                if called is not None and called.id not in found:
                    found[called.id] = called
                    waiting.append(called)
        return list(found.values())

    def function(self, node: Node) -> Node | None:
        starts, outer = self._nesting
        at = bisect_right(starts, node.start_byte) - 1
        while at >= 0 and self._definitions[at].end_byte < node.end_byte:
            at = outer[at]
        return self._definitions[at] if at >= 0 else None

    def initializer(self, name: str) -> Node | None:
        return self._initializers.get(name)

    def entries(self, initializer: Node) -> Sequence[Sequence[Node]]:
        return [
            [_value(field) for field in row.named_children]
            for row in map(_value, initializer.named_children)
            if row.type == "initializer_list"
        ]

    def is_init_only(self, name: str) -> bool:
        return name in self._init_only

    def is_certain(self, node: Node) -> bool:
        return self._piece.is_certain(node.start_byte)

    def is_own(self, name: str) -> bool:
        return name in self.functions or name in self._preprocessed or name in self._prototypes

    def is_locked(self, node: Node) -> bool:
        self._deadline.check()
        function = self.function(node)
        return function is not None and self._locks.is_held(node.start_byte, function.start_byte)

    def leaves_critical_section(self, jump: Node) -> bool:
        self._deadline.check()
        function = self.function(jump)
        section = function and self._locks.section(jump.start_byte, function.start_byte, function.end_byte)
        if function is None or section is None:
            return False
        leaves = _LEAVES.get(jump.type, frozenset())
        around = jump.parent
        while around is not None and around.start_byte > section[0]:
            if around.type == "lambda_expression" or around.type in leaves:
                return False
            around = around.parent
        label = jump.child_by_field_name("label")
        return label is None or not re.compile(rb"\b%s[ \t]*:(?!:)" % self.text(label).encode()).search(
            self.code, *section
        )

    def critical_section(self, node: Node) -> Node | None:
        self._deadline.check()
        function = self.function(node)
        section = function and self._locks.section(node.start_byte, function.start_byte, function.end_byte)
        if function is None or section is None:
            return None
        return next((call for call in self.calls(function) if call.start_byte == section[0]), None)

    def leaves_locked(self, call: Node) -> Sequence[Node]:
        self._deadline.check()
        return self._releases.jumps(call)

    def is_serialised(self, node: Node) -> bool:
        function = self.function(node)
        return function is None or self.name(function) in self._serialised or self.is_locked(node)

    def is_teardown(self, function: Node) -> bool:
        name, declarator = self.name(function), function.child_by_field_name("declarator")
        if _AT_THE_END.search(name):
            return True
        is_method = declarator is not None and declarator.type == "pointer_declarator"  # such as `clear` of a cache
        return not is_method and _TEARING_DOWN.search(name) is not None

    def type_name(self, node: Node) -> str:
        return self.types.name(node)

    def values(self, place: Node) -> Sequence[Node] | None:
        self._deadline.check()
        return self.put.put_into(place)

    def values_here(self, place: Node) -> Sequence[Node]:
        self._deadline.check()
        return self.put.put_here(place)

    def owner(self, container: Node) -> Owner:
        self._deadline.check()
        return self._owners.owner(container)

    def is_changed(self, container: Node) -> bool:
        return self._owners.is_changed(container)

    def is_only_tested(self, call: Node) -> bool:
        function = self.function(call)
        name = _put_into(call)
        if name is None or function is None:
            return _is_tested(call)
        uses = [
            one
            for one in self.inside("identifier", function)
            if one.start_byte > name.start_byte and self.text(one) == self.text(name)
        ]
        return _is_tested(call, through=name) and all(_is_tested(one) for one in uses)

    @cached_property
    def statics(self) -> Sequence[Static]:
        found = Statics(self.text, self.function)
        kinds = ("declaration", "assignment_expression", "update_expression", "call_expression")
        return found.find(*(self._nodes[kind] for kind in kinds))

    def tests(self, node: Node) -> Sequence[Node]:
        function = self.function(node)
        found = () if function is None else self.inside("if_statement", function)
        conditions = (one.child_by_field_name("condition") for one in found if one.start_byte < node.start_byte)
        return [one for one in conditions if one is not None]

    def is_left_out(self, word: str) -> bool:
        return word in self._source.text and word.encode() not in self.code

    def report(self, rule: Rule, node: cst.CSTNode | Event | Node, report: Report) -> None:
        self._deadline.check()
        named = _name_node(cast("Node", node)) if getattr(node, "type", "") == "function_definition" else None
        start, end = self._span(node if named is None else named)
        if report.part is not None:
            start, end = start + report.part[0], start + report.part[1]
        place = self._source.place(start, end)
        fix = simple(report.fix, self._span, self._source)
        self.located.append(Located(rule, place, report, None, frozenset({place.line, place.end_line}), fix=fix))

    def _span(self, node: cst.CSTNode | Event | Node) -> tuple[int, int]:
        from tree_sitter import Node

        if isinstance(node, Directive):
            return node.start, node.start + len(node.text)
        if isinstance(node, Node):
            return node.start_byte, node.end_byte
        raise TypeError("in a C file, findings are reported at nodes of its tree and at directives")

    # For the engine.

    def inside(self, kind: str, function: Node | None) -> Sequence[Node]:
        """The nodes of a type that is always collected, in a function or in the whole file."""
        if function is None:
            return self._nodes[kind]
        if kind not in self._starts:
            self._starts[kind] = [node.start_byte for node in self._nodes[kind]]
        return between(self._nodes[kind], self._starts[kind], function)

    def callers(self, function: Node) -> Sequence[Node] | None:
        """All calls of a function; None where there may be others."""
        name = self.name(function)
        if not all(user for user, _ in self._users.get(name, {(ANY_TIME, False)})):
            return None
        return self._calls_by_name.get(name, ())

    def visit(self, rules: Sequence[Rule], deadline: Deadline) -> None:
        """Calls the visitors of some rules, in the order of the file."""
        table = visitors(rules)
        for directive in self._events() if Directive.__name__ in table else ():
            deadline.check()
            for handler in table[Directive.__name__]:
                handler(directive)
        nodes = [node for kind in table for node in self._nodes[kind]]
        for node in sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte)):
            deadline.check()
            for handler in table[node.type]:
                handler(node)

    def _events(self) -> Iterator[Directive]:
        for one in self._directives:
            place = self._source.place(one.start, one.end)
            text = self._source.text[one.start : one.end]
            yield Directive(place, one.name, one.rest, one.start, text, self._piece.is_certain(one.start))

    def _type(self, node: Node) -> str:
        found = node.child_by_field_name("type")
        return "" if found is None else self.text(found)

    @property
    def _definitions(self) -> list[Node]:
        return self._nodes["function_definition"]

    @cached_property
    def _nesting(self) -> tuple[list[int], list[int]]:
        """Where each function starts, and the number of the one around it, or -1: a node's parent is slow to find."""
        outer: list[int] = []
        around = -1
        for number, node in enumerate(self._definitions):
            while around >= 0 and self._definitions[around].end_byte < node.end_byte:
                around = outer[around]
            outer.append(around)
            around = number
        return [node.start_byte for node in self._definitions], outer

    @cached_property
    def _calls(self) -> dict[int, list[Node]]:
        """The calls in each function, by its id; those outside of all under 0."""
        found: defaultdict[int, list[Node]] = defaultdict(list)
        for call in self._nodes["call_expression"]:
            function = self.function(call)
            found[0 if function is None else function.id].append(call)
        return found

    @cached_property
    def _calls_by_name(self) -> dict[str, list[Node]]:
        found: defaultdict[str, list[Node]] = defaultdict(list)
        for call in self._nodes["call_expression"]:
            found[self.name(call)].append(call)
        return found

    @cached_property
    def _initializers(self) -> dict[str, Node]:
        found = {}
        for declarator in self._nodes["init_declarator"]:
            value = declarator.child_by_field_name("value")
            if value is not None:
                found[self.name(declarator.child_by_field_name("declarator"))] = value
        return found

    @cached_property
    def _preprocessed(self) -> set[str]:
        """The names that the file defines as macros, and those in its conditions, in whatever branch."""
        found: set[str] = set()
        for line in _ASKS.findall(self._source.text):
            found.update(_WORD.findall(line)[: 2 if line.startswith("define") else None])
        return found

    @cached_property
    def _prototypes(self) -> set[str]:
        """The functions that the file declares."""
        declarators = (one for each in self._nodes["declaration"] for one in each.children_by_field_name("declarator"))
        return {self.name(one) for one in declarators if _is_prototype(one)}

    @cached_property
    def _init_only(self) -> set[str]:
        made_by_macros = (
            node for node in self._definitions if any(map(_MODULE_MACRO.fullmatch, (self.name(node), self._type(node))))
        )
        entries = {_EXEC_SLOT, *map(self.name, (*self.module_inits, *made_by_macros))}
        return only_by(entries, self._users, under_lock=False)

    @cached_property
    def _serialised(self) -> set[str]:
        """Functions that run only while a module is made, or under a lock that whoever calls them holds.

        A function that is not used here, but by others or where a file is included, and is named like one that sets
        something up, is taken for one that a module's initialisation calls.
        """
        set_up = {name for name in self.functions if name not in self._users and SETTING_UP.search(name)}
        return only_by(self._init_only | set_up, self._users, under_lock=True)

    @cached_property
    def _users(self) -> dict[str, set[tuple[str, bool]]]:
        """What uses each function, and whether under a lock."""
        users: defaultdict[str, set[tuple[str, bool]]] = defaultdict(set)
        for node in (*self._nodes["identifier"], *self._nodes["field_identifier"]):
            name = self.text(node)
            if name in self.functions and not _declares(node):
                users[name].add((self._user(node), self.is_locked(node)))
        return users

    def _user(self, node: Node) -> str:
        """The function that calls a function by this name; the slot for module execution; empty for other uses."""
        parent = node.parent
        while parent is not None and parent.type in ("qualified_identifier", "template_function"):
            node, parent = parent, parent.parent
        if parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node:
            function = self.function(parent)
            return ANY_TIME if function is None else self.name(function)
        while parent is not None and (parent.type in _AROUND or self._is_cast(parent)):
            parent = parent.parent
        row = [] if parent is None or parent.type != "initializer_list" else parent.named_children
        return _EXEC_SLOT if row and self.text(_value(row[0])) == _EXEC_SLOT else ANY_TIME

    def _is_cast(self, node: Node) -> bool:
        """Whether a node is a cast written as a call: ``reinterpret_cast<void *>(function)``."""
        return node.type == "call_expression" and self.name(node).endswith("_cast")


def _name_node(node: Node | None) -> Node | None:
    """The name that a declaration, call or expression comes down to."""
    while node is not None and node.type not in _NAMES:
        found = next((child for field in _NAMED_BY if (child := node.child_by_field_name(field))), None)
        inner = node.named_children if node.type.endswith(("_declarator", "_expression")) else []
        node = found or (inner[-1] if inner else None)
    return node


def _value(field: Node) -> Node:
    """The value of a field in an initialiser, without its designator."""
    return (field.type == "initializer_pair" and field.child_by_field_name("value")) or field


def _declares(node: Node) -> bool:
    """Whether a name is the one that a function's definition or declaration gives it."""
    parent = node.parent
    while parent is not None and parent.type == "qualified_identifier":
        parent = parent.parent
    return parent is not None and parent.type == "function_declarator"


def _is_prototype(declarator: Node | None) -> bool:
    while declarator is not None and declarator.type == "pointer_declarator":
        declarator = declarator.child_by_field_name("declarator")
    return declarator is not None and declarator.type == "function_declarator"


def _put_into(call: Node) -> Node | None:
    """The variable that what a call returns is put into."""
    parent = call.parent
    while parent is not None and parent.type in ("parenthesized_expression", "cast_expression"):
        parent = parent.parent
    if parent is None or parent.type not in ("assignment_expression", "init_declarator"):
        return None
    target = parent.child_by_field_name("left") or parent.child_by_field_name("declarator")
    while target is not None and target.type == "pointer_declarator":
        target = target.child_by_field_name("declarator")
    return target if target is not None and target.type == "identifier" else None


def _is_tested(node: Node, *, through: Node | None = None) -> bool:
    """Whether a value is tested, or dropped; ``through`` a variable that it is put into on the way."""
    parent = node.parent
    while parent is not None and parent.type in ("parenthesized_expression", "cast_expression"):
        node, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type in ("assignment_expression", "init_declarator"):
        if through is not None:
            return parent.type == "init_declarator" or _is_tested(parent)
        return parent.child_by_field_name("left") == node
    if parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        return operator is not None and operator.type in ("==", "!=", "&&", "||")
    if parent.type == "unary_expression":
        return True
    if parent.type == "conditional_expression":
        return parent.child_by_field_name("condition") == node
    return parent.type in _TESTING or parent.type == "expression_statement"


def analyse(source: SourceFile, rules: Sequence[type[Rule]], target: Target, *, with_comments: bool) -> Analysis:
    """Runs rules over a file, once in each configuration that they are about.

    Raises NotAnalysedError where that takes too long, or cannot be done here.
    """
    deadline = Deadline()
    code = ascii_bytes(source.text)
    cpp = is_cpp(source.path, code)
    kinds = {kind for rule in rules for kind, _ in handlers(rule, "visit_")}
    contexts: dict[Slice, NativeContext] = {}
    for build in dict.fromkeys((target, replace(target, free_threaded=True))):
        about = [rule for rule in rules if build.free_threaded is (rule.free_threading or target.free_threaded)]
        if not about:
            continue
        piece = sliced(code, build, is_cpp=cpp, is_header=is_header(source.path))
        context = contexts.get(piece)
        if context is None:
            context = NativeContext(source, piece, build, is_cpp=cpp, kinds=kinds, deadline=deadline)
            contexts[piece] = context
        context.visit([rule(cast(Context, context)) for rule in about], deadline)
    located = [one for context in contexts.values() for one in context.located]
    return Analysis(located, comments(source.text) if with_comments else [])
