"""One Rust file under analysis: what rules may ask of it, and what becomes of their reports."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from py314_check.api import Attribute, Context, Event, Report, Rule, cst
from py314_check.languages.base import Analysis, Located, handlers, visitors
from py314_check.languages.changes import simple
from py314_check.languages.native.slicing import ascii_bytes
from py314_check.languages.parsing import Deadline, between, parse, walk
from py314_check.languages.reach import ANY_TIME, SETTING_UP, only_by
from py314_check.languages.rust.attributes import leaves_out, read, unfolded
from py314_check.model import Target
from py314_check.source import SourceFile

if TYPE_CHECKING:
    from tree_sitter import Node

_COMMENTS = frozenset({"line_comment", "block_comment"})
_NAMES = frozenset({"identifier", "field_identifier", "type_identifier"})
_NEEDED = frozenset(
    """
    function_item static_item struct_item impl_item type_identifier use_declaration macro_invocation call_expression
    assignment_expression compound_assignment_expr reference_expression identifier field_identifier
    """.split()
)
_NAMED_BY = ("name", "field", "function")
_FIELDS_OF_BASE = ("value", "function", "path")
_ENTRIES = frozenset({"pymodule", "pymodule_init", "ctor"})
_CALLED_BY_PYTHON = frozenset({"pyfunction", "pymethods"})
_ONCE = frozenset(
    """
    call_once call_once_force call_once_py_attached get_or_init get_or_try_init get_or_init_py_attached
    """.split()
)
_LAZY = frozenset({"LazyLock", "Lazy"})
_LOCKED_FOR = frozenset({"with_critical_section", "with_critical_section2", "with_critical_section_mutex"})
_LOCKS = frozenset({"lock", "lock_py_attached", "write", "try_lock", "lock_arc"})
_MUTATING = frozenset(
    """
    push push_str push_back push_front insert insert_with extend append clear pop pop_back pop_front remove swap
    swap_remove take replace retain drain truncate resize sort sort_by reverse fill entry or_insert or_insert_with
    get_or_insert get_or_insert_with set write borrow_mut
    """.split()
)
_STATEMENTS = frozenset({"let_declaration", "expression_statement", "block", "function_item"})
_BORROWING_MACROS = frozenset({"addr_of_mut"})


@dataclass
class _File:
    """What a file holds in any build: its nodes by type, and by their ids their attributes, and where those start."""

    nodes: dict[str, list[Node]]
    comments: list[tuple[int, str]] = field(default_factory=list)
    attributed: dict[int, tuple[Node, list[Attribute]]] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


def _span(node: Event | Node) -> tuple[int, int]:
    if isinstance(node, Event):
        raise TypeError("in a Rust file, changes are made to nodes of its tree")
    return node.start_byte, node.end_byte


def _read(source: SourceFile, kinds: Collection[str], deadline: Deadline) -> _File:
    """Parses a file, in one walk."""
    root = parse(ascii_bytes(source.text), "tree_sitter_rust", deadline)
    found = _File({kind: [] for kind in kinds})
    around: list[Node] = []
    waiting: dict[int, tuple[int, list[Attribute]]] = {}  # by the node that the attributes stand in

    def attribute(node: Node, prefix: str) -> list[Attribute]:
        return read(source.text[node.start_byte : node.end_byte].removeprefix(prefix)[1:-1])

    for depth, node in walk(root, deadline):
        del around[depth:]
        kind = node.type
        if kind == "attribute_item":
            waiting.setdefault(around[-1].id, (node.start_byte, []))[1].extend(attribute(node, "#"))
        elif kind == "inner_attribute_item":
            found.attributed.setdefault(around[-1].id, (around[-1], []))[1].extend(attribute(node, "#!"))
        elif kind in _COMMENTS:
            found.comments.append((node.start_byte, source.text[node.start_byte : node.end_byte]))
        elif around and around[-1].id in waiting and node.is_named:
            found.starts[node.id], attributes = waiting.pop(around[-1].id)
            found.attributed[node.id] = (node, attributes)
        around.append(node)
        if kind in found.nodes:
            found.nodes[kind].append(node)
    return found


class RustContext:
    """Implements ``py314_check.api.RustContext`` for one file in one build."""

    def __init__(self, source: SourceFile, file: _File, target: Target, deadline: Deadline) -> None:
        self.path = source.path
        self.target = target
        self.located: list[Located] = []
        self._source = source
        self._file = file
        self._deadline = deadline
        self._live: dict[str, list[Node]] = {}

    # For rules.

    def text(self, node: Node | None) -> str:
        return "" if node is None else self._source.text[node.start_byte : node.end_byte]

    def mentions(self, word: str) -> bool:
        return word in self._identifiers

    def attributes(self, item: Node) -> Sequence[Attribute]:
        _, attributes = self._file.attributed.get(item.id, (item, []))
        return list(unfolded(attributes, self.target))

    def items(self, kind: str) -> Sequence[Node]:
        if kind not in self._live:
            self._live[kind] = [node for node in self._file.nodes[kind] if self._is_live(node)]
        return self._live[kind]

    def resolve(self, path: str) -> str:
        first, separator, rest = path.partition("::")
        return self._imports.get(first, f"self::{first}" if first in self._types else first) + separator + rest

    def ancestors(self, node: Node) -> Iterator[Node]:
        self._deadline.check()
        around = node.parent
        while around is not None:
            yield around
            around = around.parent

    def function(self, node: Node) -> Node | None:
        return next((one for one in self.ancestors(node) if one.type == "function_item"), None)

    def calls(self, function: Node) -> Sequence[Node]:
        calls = self.items("call_expression")
        runs = self._runs(self._name(function))
        return [call for one in runs for call in between(calls, self._starts_of_calls, one)]

    def name(self, node: Node | None) -> str:
        while node is not None and node.type not in _NAMES:
            node = next((child for key in _NAMED_BY if (child := node.child_by_field_name(key))), None)
        return self.text(node)

    def arguments(self, call: Node) -> Sequence[Node]:
        found = call.child_by_field_name("arguments")
        return () if found is None else found.named_children

    def is_used(self, function: Node) -> bool:
        return self._name(function) in self._users

    def writes(self, static: Node) -> Sequence[Node]:
        return self._writes.get(self._name(static), ())

    def is_serialised(self, node: Node) -> bool:
        function = self.function(node)
        return function is None or self._name(function) in self._serialised or self._is_locked(node)

    def report(self, rule: Rule, node: cst.CSTNode | Event | Node, report: Report) -> None:
        from tree_sitter import Node

        if not isinstance(node, Node):
            raise TypeError("in a Rust file, findings are reported at nodes of its tree")
        first, _ = self._source.position(self._file.starts.get(node.id, node.start_byte))
        node = node.child_by_field_name("name") or node
        place = self._source.place(node.start_byte, node.end_byte)
        fix = simple(report.fix, _span, self._source)
        self.located.append(Located(rule, place, report, None, frozenset(range(first, place.end_line + 1)), fix=fix))

    # For the engine.

    def visit(self, rules: Sequence[Rule]) -> None:
        """Calls the visitors of some rules, in the order of the file."""
        table = visitors(rules)
        nodes = [node for kind in table for node in self.items(kind)]
        for node in sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte)):
            self._deadline.check()
            for handler in table[node.type]:
                handler(node)

    def _name(self, item: Node) -> str:
        return self.text(item.child_by_field_name("name"))

    @cached_property
    def _left_out(self) -> tuple[list[int], list[int]]:
        """Where what the build leaves out starts, in order, and the furthest that it reaches by then."""
        starts: list[int] = []
        ends: list[int] = []
        for node, attributes in sorted(self._file.attributed.values(), key=lambda one: one[0].start_byte):
            if any(leaves_out(one, self.target) for one in unfolded(attributes, self.target)):
                starts.append(node.start_byte)
                ends.append(max(node.end_byte, ends[-1] if ends else 0))
        return starts, ends

    def _is_live(self, node: Node) -> bool:
        starts, ends = self._left_out
        at = bisect_right(starts, node.start_byte) - 1
        return at < 0 or ends[at] <= node.start_byte

    @cached_property
    def _identifiers(self) -> Collection[str]:
        return {self.text(node) for node in self.items("identifier")}

    @cached_property
    def _imports(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for node in self.items("use_declaration"):
            tree = node.child_by_field_name("argument")
            if tree is not None:
                found.update(self._imported(tree, ""))
        return found

    def _imported(self, tree: Node, prefix: str) -> Iterator[tuple[str, str]]:
        """The names that a tree of imports binds, each with its path."""
        if tree.type == "use_list":
            for each in tree.named_children:
                yield from self._imported(each, prefix)
        elif tree.type == "scoped_use_list":
            inner = tree.child_by_field_name("list")
            if inner is not None:
                yield from self._imported(inner, f"{prefix}{self.text(tree.child_by_field_name('path'))}::")
        elif tree.type == "use_as_clause":
            path = self.text(tree.child_by_field_name("path"))
            yield self.text(tree.child_by_field_name("alias")), prefix + path
        elif tree.type in ("identifier", "scoped_identifier", "self"):
            path = (prefix + self.text(tree)).removesuffix("::self")
            yield path.rpartition("::")[2], path

    @cached_property
    def _types(self) -> Collection[str]:
        return {self._name(node) for node in self.items("struct_item")}

    @cached_property
    def _functions(self) -> Mapping[str, Sequence[Node]]:
        found: defaultdict[str, list[Node]] = defaultdict(list)
        for node in self.items("function_item"):
            found[self._name(node)].append(node)
        return found

    @cached_property
    def _starts_of_calls(self) -> Sequence[int]:
        return [call.start_byte for call in self.items("call_expression")]

    def _runs(self, name: str) -> Sequence[Node]:
        """The functions of a name, and those of the file that they call, directly or through others."""
        called = {name}
        waiting = [name]
        while waiting:
            late = self._used.get(waiting.pop(), set()) - called
            called |= late
            waiting += late
        return [node for one in called for node in self._functions.get(one, ())]

    @cached_property
    def _used(self) -> Mapping[str, set[str]]:
        """The functions of the file that each of them uses."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name, users in self._users.items():
            for user, _ in users:
                found[user].add(name)
        return found

    @cached_property
    def _writes(self) -> Mapping[str, Sequence[Node]]:
        """What writes to a variable, or borrows it to do so, by the variable's name."""
        statics = {self._name(node) for node in self.items("static_item")}
        found: defaultdict[str, list[Node]] = defaultdict(list)
        for node, name in self._written():
            if name in statics:
                found[name].append(node)
        return {name: sorted(nodes, key=lambda node: node.start_byte) for name, nodes in found.items()}

    def _written(self) -> Iterator[tuple[Node, str]]:
        for kind in ("assignment_expression", "compound_assignment_expr"):
            for node in self.items(kind):
                yield node, self._base(node.child_by_field_name("left"))
        for node in self.items("reference_expression"):
            if any(child.type == "mutable_specifier" for child in node.children):
                yield node, self._base(node.child_by_field_name("value"))
        for node in self.items("macro_invocation"):
            if self.name(node.child_by_field_name("macro")) in _BORROWING_MACROS:
                yield node, self.text(node.named_children[-1]).strip("() \n").rpartition("::")[2]
        for node in self.items("call_expression"):
            called = node.child_by_field_name("function")
            method = self.name(called) if called is not None and called.type == "field_expression" else ""
            if method in _MUTATING or method.endswith("_mut"):
                yield node, self._base(called)

    def _base(self, node: Node | None) -> str:
        """The name of the variable that an expression is about: ``A`` of ``(*a::A[0]).x.y()``."""
        while node is not None and node.type != "identifier":
            if node.type == "scoped_identifier":
                node = node.child_by_field_name("name")
                continue
            inner = next((child for key in _FIELDS_OF_BASE if (child := node.child_by_field_name(key))), None)
            node = inner or (node.named_children[0] if node.named_children else None)
        return self.text(node)

    @cached_property
    def _users(self) -> Mapping[str, set[tuple[str, bool]]]:
        """What uses each function of the file, and whether under a lock."""
        users: defaultdict[str, set[tuple[str, bool]]] = defaultdict(set)
        for kind in ("identifier", "field_identifier"):
            for node in self.items(kind):
                name = self.text(node)
                if name in self._functions and not self._is_definition(node):
                    users[name].add((self._user(node), self._is_locked(node)))
        for name, nodes in self._functions.items():
            if any(self._is_called_by_python(node) for node in nodes):
                users[name].add((ANY_TIME, False))
        return users

    @staticmethod
    def _is_definition(node: Node) -> bool:
        return node.parent is not None and node.parent.type == "function_item"

    def _is_called_by_python(self, function: Node) -> bool:
        if any("extern" in self.text(one) for one in function.children if one.type == "function_modifiers"):
            return not self._name(function).startswith("PyInit_")
        around = [function, *(one for one in self.ancestors(function) if one.type == "impl_item")]
        return any(one.name in _CALLED_BY_PYTHON for item in around for one in self.attributes(item))

    def _user(self, node: Node) -> str:
        """The function that calls a function by this name, or hands it to what runs it once; empty for other uses."""
        parent = node.parent
        while parent is not None and parent.type in ("scoped_identifier", "generic_function", "field_expression"):
            node, parent = parent, parent.parent
        is_called = parent is not None and parent.type == "call_expression"
        if not is_called and not self._is_run_once(node):
            return ANY_TIME
        function = self.function(node)
        return ANY_TIME if function is None else self._name(function)

    @cached_property
    def _serialised(self) -> Collection[str]:
        """Functions that run only while a module is made, once, or under a lock that whoever calls them holds.

        A function that is not used here, and is named like one that sets something up, is taken for one that a
        module's initialisation calls.
        """
        entries = {
            name
            for name, nodes in self._functions.items()
            if name.startswith("PyInit_")
            or (name not in self._users and SETTING_UP.search(name))
            or any(one.name in _ENTRIES for node in nodes for one in self.attributes(node))
        }
        return only_by(entries, self._users, under_lock=True)

    def _is_locked(self, node: Node) -> bool:
        """Whether a lock is held at a node, or no two threads run the closure that it stands in."""
        if self._is_run_once(node):
            return True
        for around in self.ancestors(node):
            if around.type == "function_item":
                return False
            if around.type == "closure_expression" and self._is_run_once(around):
                return True
            if any(taken <= node.start_byte for taken in self._locks.get(around.id, ())):
                return True
        return False

    @cached_property
    def _locks(self) -> Mapping[int, Sequence[int]]:
        """Where declarations take locks that they keep to the end of their block; ``let _ =`` drops them at once."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for call in self.items("call_expression"):
            if self.name(call.child_by_field_name("function")) in _LOCKS:
                declaration = next((one for one in self.ancestors(call) if one.type in _STATEMENTS), None)
                block = None if declaration is None else declaration.parent
                if declaration is None or block is None or declaration.type != "let_declaration":
                    continue
                if self.text(declaration.child_by_field_name("pattern")) != "_":
                    found[block.id].append(declaration.end_byte)
        return found

    def _is_run_once(self, node: Node) -> bool:
        """Whether a function or closure is handed to what runs it once, or under a lock."""
        arguments = node.parent
        call = None if arguments is None or arguments.type != "arguments" else arguments.parent
        function = None if call is None else call.child_by_field_name("function")
        if function is None:
            return False
        called = self.text(function).rpartition("::")
        return self.name(function) in _ONCE | _LOCKED_FOR or (called[2] == "new" and self._last(called[0]) in _LAZY)

    @staticmethod
    def _last(path: str) -> str:
        return path.rpartition("::")[2]


def analyse(source: SourceFile, rules: Sequence[type[Rule]], target: Target, *, with_comments: bool) -> Analysis:
    """Runs rules over a file, once for each build that they are about.

    Raises NotAnalysedError where that takes too long, or cannot be done here.
    """
    deadline = Deadline()
    file = _read(source, {*_NEEDED, *(kind for rule in rules for kind, _ in handlers(rule, "visit_"))}, deadline)
    located: list[Located] = []
    for build in dict.fromkeys((target, replace(target, free_threaded=True))):
        about = [rule for rule in rules if build.free_threaded is (rule.free_threading or target.free_threaded)]
        context = RustContext(source, file, build, deadline)
        context.visit([rule(cast(Context, context)) for rule in about])
        located += context.located
    return Analysis(located, file.comments if with_comments else [])
