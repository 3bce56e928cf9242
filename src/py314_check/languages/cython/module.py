"""One Cython file: its blocks, functions and variables, from its logical lines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from py314_check.languages.cython.lines import Line, lines
from py314_check.languages.reach import ANY_TIME, only_by

_TYPE = re.compile(r"(?:c(?:p|type)?def\s+)?(?:(?:public|api|packed|extern)\s+)*(?:class|struct|enum|union|cppclass)\b")
_CLASS = re.compile(r"(?:c(?:type)?def\s+)?(?:(?:public|api)\s+)*class\s+(?:[\w.]*\.)?(?P<name>\w+)")
_EXTERN = re.compile(r"cdef\s+(?:(?:public|api)\s+)*extern\b|ctypedef\b")
_DEF = re.compile(r"(?:async\s+)?(?P<kind>def)\s+(?P<name>\w+)\s*\(")
_CDEF = re.compile(r"(?P<kind>cp?def)\s+(?:[^()=]*[^\w()=])?(?P<name>\w+)\s*\(")
_CDEF_BLOCK = re.compile(r"cdef\b[\w\s]*:")
_DECLARES = re.compile(r"cdef\s+(?:(?:public|readonly|api|inline|volatile)\s+)*(?P<rest>[^:\s].*)")
_DECLARATOR = re.compile(r"(?P<type>.*?)(?P<stars>[\s*&]*)\b(?P<name>\w+)\s*(?P<array>(?:\[[^\]]*\]\s*)*)")
_ASSIGNED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*(?::[^=]*)?=(?!=)")
_PARAMETER = re.compile(r"(?P<stars>\**)\s*(?P<name>\w+)\s*(?::[^=]*)?(?:\b(?:not|or)\s+None\s*)?(?:=.*)?\Z")
_HOLDS = re.compile(r"(?i)with\b.*(?:lock|mutex|critical_section|semaphore|condition)")
_HELD_THROUGHOUT = re.compile(r"@\s*(?:\w+\s*\.\s*)?critical_section\b")
_TAKES = re.compile(
    r"(?i)\.\s*(?:acquire|lock)\s*\(|\w*(?:mutex_lock|acquire_lock|lock_acquire)\b|\w*(?:lock_guard|(?:unique|scoped)_lock)\b"
)
_GIVES_BACK = re.compile(r"(?i)\.\s*(?:release|unlock)\s*\(|\w*(?:mutex_unlock|release_lock|lock_release)\b")
_WITHOUT_GIL, _WITH_GIL = re.compile(r"\bnogil\b"), re.compile(r"\bwith\s+gil\b")
_LONGEST = 1000
"""How far brackets are looked for that close what a call opens."""
_ROUND = re.compile(r"[()]")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SETS_UP = re.compile(r"(?i)(?:^|_)(?:init(?:ialise|ialize)?|set_?up)(?:_|$)")
MODULE = "<module>"


@dataclass(frozen=True)
class Variable:
    """A variable of the module: its type as written, empty for one of Python's."""

    name: str
    type: str
    is_array: bool
    start: int


@dataclass(frozen=True)
class Step:
    """A line of a function, whether it runs under a lock, or without the GIL, and whether it stands in a ``cdef:``."""

    line: Line
    is_locked: bool
    has_gil: bool
    declares: bool


@dataclass
class Function:
    """A function or method, with its parameters; ``starred`` are those of them that take what is left."""

    name: str
    kind: str
    parameters: Sequence[str]
    starred: frozenset[str]
    is_method: bool
    steps: list[Step] = field(default_factory=list)
    held_from: int | None = None
    """How far the line is indented that takes a lock which nothing has given back yet."""

    @cached_property
    def globals(self) -> frozenset[str]:
        """The names that it declares to be the module's."""
        declared = (one.line.code[7:] for one in self.steps if re.match(r"global\b", one.line.code))
        return frozenset(name for names in declared for name in _WORD.findall(names))


@dataclass
class _Block:
    """What the lines below a line stand in."""

    indent: int
    kind: str
    function: Function | None = None
    is_locked: bool = False
    has_gil: bool = True


class Module:
    """The variables, classes and functions of one file."""

    def __init__(self, text: str) -> None:
        self.variables: dict[str, Variable] = {}
        self.classes: set[str] = set()
        self.functions: list[Function] = []
        self._outside: list[Line] = []
        self._read(text)

    def is_serialised(self, function: Function) -> bool:
        """Whether a function runs only while the module is imported, or under a lock that whoever calls it holds."""
        return function.name in self._serialised

    def callers(self, name: str) -> Sequence[tuple[Function, str]] | None:
        """What calls a C function of the file, and what is in the brackets; None where others may call it."""
        others = name in self._for_python or any(user == ANY_TIME for user, _ in self._users.get(name, ()))
        return None if others else self._calls.get(name, ())

    @cached_property
    def _for_python(self) -> set[str]:
        return {one.name for one in self.functions if one.kind != "cdef"}

    def _read(self, text: str) -> None:
        blocks = [_Block(-1, "module")]
        decorators: list[Line] = []
        for line in lines(text):
            while len(blocks) > 1 and line.indent <= blocks[-1].indent:
                blocks.pop()
            if line.code.startswith("@"):
                decorators.append(line)
                continue
            self._take(line, blocks, decorators)
            decorators = []

    def _take(self, line: Line, blocks: list[_Block], decorators: list[Line]) -> None:
        around = blocks[-1]
        header = None if around.kind == "extern" else _function_header(line)
        if header is not None:
            function, body, has_gil = _function(line, header, is_method=around.kind == "type")
            self.functions.append(function)
            is_locked = any(_HELD_THROUGHOUT.match(one.code) for one in decorators)
            blocks.append(_Block(line.indent, "function", function, is_locked, has_gil))
            if body.code:
                self._take_statement(body, blocks)
        elif around.function is not None:
            self._take_statement(line, blocks)
        elif around.kind == "extern" or _EXTERN.match(line.code):
            blocks.append(_Block(line.indent, "extern"))
        elif _TYPE.match(line.code):
            if of_class := _CLASS.match(line.code):
                self.classes.add(of_class["name"])
            blocks.append(_Block(line.indent, "type"))
        else:
            self._outside.append(line)
            if around.kind != "type":
                if _CDEF_BLOCK.fullmatch(line.code):
                    blocks.append(_Block(line.indent, "cdef"))
                else:
                    self._declare(line, is_cdef=around.kind == "cdef")

    def _take_statement(self, line: Line, blocks: list[_Block]) -> None:
        around = blocks[-1]
        function = around.function
        assert function is not None
        is_locked, has_gil = around.is_locked, around.has_gil
        if line.code.startswith("with"):
            is_locked = is_locked or _HOLDS.match(line.code) is not None
            has_gil = (has_gil and not _WITHOUT_GIL.search(line.code)) or _WITH_GIL.match(line.code) is not None
        if function.held_from is None and _TAKES.search(line.code):
            function.held_from = line.indent
        elif function.held_from is not None and line.indent <= function.held_from and _GIVES_BACK.search(line.code):
            function.held_from = None
        is_held = is_locked or function.held_from is not None
        function.steps.append(Step(line, is_held, has_gil, declares=around.kind == "cdef"))
        kind = "cdef" if _CDEF_BLOCK.fullmatch(line.code) else "statement"
        blocks.append(_Block(line.indent, kind, function, is_locked, has_gil))

    def _declare(self, line: Line, *, is_cdef: bool) -> None:
        """The variables that a line of the module declares or assigns."""
        match = None if is_cdef else _DECLARES.match(line.flat)
        if is_cdef or match is not None:
            start = 0 if match is None else match.start("rest")
            of_type = ""
            for part in re.finditer(r"[^,]+", line.flat[start:]):
                left = part[0].partition("=")[0].rstrip()
                found = _DECLARATOR.fullmatch(left)
                if found is None or "(" in left:
                    continue
                of_type = found["type"].strip() or of_type
                name_at = line.start + start + part.start() + found.start("name")
                whole = f"{of_type or 'object'} {found['stars'].strip()}".strip()
                self.variables[found["name"]] = Variable(found["name"], whole, bool(found["array"]), name_at)
        elif found := _ASSIGNED.match(line.flat):
            self.variables.setdefault(found["name"], Variable(found["name"], "", False, line.start))

    @cached_property
    def _serialised(self) -> set[str]:
        """Those that nobody can call at any time. A function that is named like one that sets something up, and is used
        by others alone, is taken for one that is called where its module is imported.
        """
        users = {name: set(found) for name, found in self._users.items()}
        for one in self.functions:
            if one.kind != "cdef" and (one.is_method or not one.name.startswith("_")):
                is_set_up = not one.is_method and one.name not in self._users and _SETS_UP.search(one.name)
                users.setdefault(one.name, set()).add((MODULE if is_set_up else ANY_TIME, False))
        return only_by({MODULE}, users, under_lock=True)

    @cached_property
    def _users(self) -> Mapping[str, set[tuple[str, bool]]]:
        """What the file itself uses each function in, and whether under a lock."""
        names = {one.name for one in self.functions}
        found: defaultdict[str, set[tuple[str, bool]]] = defaultdict(set)
        for user, code, is_locked in self._uses():
            for match in _WORD.finditer(code):
                if match[0] in names:
                    is_called = code[match.end() :].lstrip()[:1] == "("
                    found[match[0]].add((user if is_called else ANY_TIME, is_locked))
        return found

    @property
    def lines(self) -> Iterator[Line]:
        """All lines but the heads of functions and what is declared for C."""
        yield from self._outside
        for function in self.functions:
            yield from (step.line for step in function.steps)

    def _uses(self) -> Iterator[tuple[str, str, bool]]:
        for line in self._outside:
            yield MODULE, line.code, False
        for function in self.functions:
            for step in function.steps:
                yield function.name, step.line.code, step.is_locked

    @cached_property
    def _calls(self) -> Mapping[str, list[tuple[Function, str]]]:
        names = {one.name for one in self.functions}
        found: defaultdict[str, list[tuple[Function, str]]] = defaultdict(list)
        for function in self.functions:
            for step in function.steps:
                for match in _WORD.finditer(step.line.code):
                    if match[0] in names and step.line.code[match.end() :].lstrip()[:1] == "(":
                        found[match[0]].append((function, in_brackets(step.line.code, match.end())))
        return found


def in_brackets(code: str, start: int) -> str:
    """What stands in the brackets that are opened behind an offset; of what is longer than anybody writes, a part."""
    depth = 0
    opened = code.find("(", start)
    end = opened + _LONGEST
    for match in _ROUND.finditer(code, opened, end):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return code[opened + 1 : match.start()]
    return code[opened + 1 : end]


def split(code: str) -> list[str]:
    """The parts of a list between its commas."""
    flat = Line(0, 0, code).flat
    commas = [-1, *(match.start() for match in re.finditer(",", flat)), len(code)]
    return [part for start, end in pairwise(commas) if (part := code[start + 1 : end].strip())]


def _function_header(line: Line) -> re.Match[str] | None:
    """The head of a function's definition: behind its parameters comes a colon."""
    match = _DEF.match(line.code) or (line.code.startswith("c") and _CDEF.match(line.flat)) or None
    return match if match is not None and ":" in line.flat[match.end() :] else None


def _function(line: Line, header: re.Match[str], *, is_method: bool) -> tuple[Function, Line, bool]:
    """A function, what of its body stands in the same line, and whether it has the GIL."""
    colon = line.flat.index(
        ":", line.flat.index(")", header.end()) if ")" in line.flat[header.end() :] else header.end()
    )
    given = [found for part in split(in_brackets(line.code, header.end() - 1)) if (found := _PARAMETER.search(part))]
    starred = frozenset(one["name"] for one in given if one["stars"] and header["kind"] == "def")
    function = Function(header["name"], header["kind"], [one["name"] for one in given], starred, is_method)
    rest = line.code[colon + 1 :]
    body = Line(line.start + len(line.code) - len(rest.lstrip()), line.indent + 1, rest.strip())
    behind = line.flat[header.end() : colon]
    return function, body, not _WITHOUT_GIL.search(behind) or _WITH_GIL.search(behind) is not None
