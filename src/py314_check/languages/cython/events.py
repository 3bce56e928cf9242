"""What rules visit in Cython files: the module with its directives, its variables, calls of the C API."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from py314_check.api import CythonCall, CythonModule, CythonVariable, CythonWrite, Event, Owner
from py314_check.languages.cython.module import Function, Module, Step, Variable, in_brackets, split
from py314_check.model import Place
from py314_check.source import SourceFile

_HEADER = re.compile(r"\s*#\s*cython\s*:(?P<directives>.*)")
_OPERATOR = re.compile(r"(?P<operator>\*\*|//|>>|<<|[-+*/%&|^@]|)=(?!=)")
_COMPARES = re.compile(r"(?<![<>])[=!<>]=")
_HEAD = re.compile(r"(?:if|elif|else|while|for|with|try|except|finally)\b[^:]*:\s*")
_CONDITION = re.compile(r"(?:if|elif|while)\b.*?:")
_TARGET = re.compile(r"[\s(*]*(?P<name>[A-Za-z_]\w*)\s*(?P<part>[\[.])?")
_CHANGING = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z_]\w*)\s*\.\s*"
    r"(?:push_back|emplace_back|pop_back|push|emplace|pop|insert|erase|clear|resize|assign|swap)\s*\("
)
_OBJECTS = frozenset(
    "object dict list set frozenset tuple str bytes unicode basestring bytearray type slice memoryview".split()
)
_CONTAINERS = re.compile(r"\b(?:vector|deque|map|multimap|unordered_\w+|queue|priority_queue|stack)\b")
_NOT_SHARED = re.compile(r"\b(?:const|thread_local\w*|(?:\w*_)?atomic\w*|\w*(?:[Ll]ock|[Mm]utex)\w*)\b")
_PYTHON = re.compile(r"(?<![\w.])_?Py[A-Z]\w*_\w+(?=\s*\()")
_TESTED = re.compile(r"\s*(?:\b(?:is|is\s+not)\b|[=!]=)\s*(?:NULL|None)\b")
_CAST = re.compile(r"<[^<>]*>\s*|\(\s*(?=[\w.]+\s*\)\Z)|\s*\)\Z")
_FRESH = re.compile(
    r"[\[{]|(?:dict|list|set|sorted|copy|deepcopy)\s*\(|Py\w+_(?:New|Copy|Keys|Values|Items)\s*\(|[\w.]+\.copy\s*\("
)
_EXPRESSION = r"(?:\w+\s*\.\s*)*\w+"
_CHANGES = re.compile(
    rf"(?<![\w.])(?P<changed>{_EXPRESSION}?)\s*(?:\[[^\[\]]*\]\s*=(?!=)"
    r"|\.\s*(?:append|insert|extend|pop\w*|clear|remove|update|setdefault|sort)\s*\()"
    rf"|\bdel\s+(?P<deleted>{_EXPRESSION})\s*\["
    r"|Py(?:List_(?:Append|Insert|Set|SET|Sort|Reverse)|Dict_(?:Set|Del|Clear|Update|Merge))\w*\s*\("
    rf"\s*(?:<[^<>]*>\s*)?(?P<passed>{_EXPRESSION})"
)
_ASKED = re.compile(
    r"(?<![\w.])(\w+)\s*(?:(?:\bis(?:\s+not)?\b|[=!]=)\s*(?:None|NULL|0|-1|True|False|'\s*')(?!\w)|(?=[):]|\band\b|\bor\b))"
)
"""A variable of which a condition asks whether there is something in it."""
_NONE = re.compile(r"(?<![\w.])(\w+)\s*(?:\bis(?:\s+not)?\b|=)\s*None\b")
_MAKING = frozenset({"__init__", "__cinit__", "__dealloc__", "__del__"})
_TEARING_DOWN = re.compile(r"(?i)(?:^|_)(?:fini\w*|clean_?up|tear_?down|at_?exit|shutdown|dealloc)(?:_|$)")
_NOTHING = ("", "None", "NULL")
_STEPS = 3
_LOOKS = 50
"""How many expressions are looked at for one answer: callers of callers of callers can be many."""


def events(source: SourceFile) -> list[Event]:
    """The module, where the file is one, its variables that functions write, and its calls of the C API."""
    module = Module(source.text)
    found: list[Event] = [_module(source)] if source.path.endswith(".pyx") else []
    return [*found, *_Reader(source, module).events()]


def _module(source: SourceFile) -> CythonModule:
    """The file as a module, with its directives. Its place is the line that sets one, or else the first."""
    directives: dict[str, str] = {}
    place = Place(1, 1, 1, len(source.lines[0]) + 1)
    for number, line in enumerate(source.lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        match = _HEADER.match(line)
        if match is not None:
            place = Place(number, 1, number, len(line) + 1)
            pairs = (each.partition("=") for each in match["directives"].split(","))
            directives.update((name.strip(), value.strip()) for name, _, value in pairs)
    return CythonModule(place, tuple(directives.items()))


@dataclass(frozen=True)
class _Write:
    """What a statement writes to: a name, or a part of what that stands for (``[``, ``.``), or what a method changes
    (``(``); where the name stands; the operator before ``=``; and the value.
    """

    name: str
    start: int
    part: str
    operator: str
    value: str


class _Reader:
    """Reads one file."""

    def __init__(self, source: SourceFile, module: Module) -> None:
        self._source = source
        self._module = module
        self._writes: defaultdict[str, list[CythonWrite]] = defaultdict(list)
        self._left = 0
        self._values: dict[int, dict[str, list[str]]] = {}

    def events(self) -> Iterator[Event]:
        for function in self._module.functions:
            self._read(function)
        for name, writes in self._writes.items():
            variable = self._module.variables.get(name)
            if variable is None:
                yield CythonVariable(writes[0].place, name, "", False, tuple(writes))
            else:
                place = self._source.place(variable.start, variable.start + len(name))
                yield CythonVariable(place, name, variable.type, self._is_object(variable), tuple(writes))
        own = {one.name for one in self._module.functions}
        for function in self._module.functions:
            yield from self._calls(function, own)

    # Variables of the module.

    def _read(self, function: Function) -> None:
        asked: set[str] = set()
        for step in function.steps:
            for write in _writes(step):
                if self._is_of_module(write, function):
                    place = self._source.place(write.start, write.start + len(write.name))
                    self._writes[write.name].append(
                        CythonWrite(
                            place,
                            write.part,
                            write.operator,
                            write.value,
                            fills=write.name in asked,
                            is_serialised=step.is_locked or self._is_serialised(function),
                            has_gil=step.has_gil,
                        )
                    )
            if match := _CONDITION.match(step.line.code):
                asked |= set(_ASKED.findall(match[0]))

    def _is_serialised(self, function: Function) -> bool:
        return self._module.is_serialised(function) or _TEARING_DOWN.search(function.name) is not None

    def _is_of_module(self, write: _Write, function: Function) -> bool:
        """Whether a write goes to a variable of the module itself, not to an object that it refers to."""
        variable = self._module.variables.get(write.name)
        if variable is not None and _NOT_SHARED.search(variable.type):
            return False
        if not write.part:
            return write.name in function.globals
        if variable is None or not variable.type or write.name in self._bound(function):
            return False
        if _CONTAINERS.search(variable.type):
            return True
        if write.part == "(" or self._is_object(variable):
            return False
        return variable.is_array or (write.part == "." and not re.search(r"[*\[]", variable.type))

    def _bound(self, function: Function) -> set[str]:
        """The names that are a function's own."""
        return ({*function.parameters} | self._assigned(function).keys()) - function.globals

    def _is_object(self, variable: Variable) -> bool:
        """Whether a variable of C's holds a reference to an object."""
        of_type = variable.type
        return (
            of_type in _OBJECTS or of_type in self._module.classes or (bool(of_type) and variable.name in self._noned)
        )

    @cached_property
    def _noned(self) -> set[str]:
        """The names that are compared with ``None``, or set to it: the type of such a variable is a class."""
        return {match[1] for line in self._module.lines for match in _NONE.finditer(line.code)}

    # Calls of the C API.

    def _calls(self, function: Function, own: set[str]) -> Iterator[CythonCall]:
        for step in function.steps:
            for match in _PYTHON.finditer(step.line.code):
                if match[0] in own:
                    continue
                arguments = split(in_brackets(step.line.code, match.end()))
                container = next(iter(arguments), "")
                behind = step.line.flat[match.end() :].partition(")")[2]
                start = step.line.start + match.start()
                self._left = _LOOKS
                yield CythonCall(
                    self._source.place(start, start + len(match[0])),
                    match[0],
                    tuple(arguments),
                    self._owner(container, function, _STEPS),
                    is_changed=not self._changed.isdisjoint(self._keys(container, function)),
                    is_only_tested=_TESTED.match(behind) is not None,
                    is_serialised=step.is_locked or self._module.is_serialised(function),
                )

    @cached_property
    def _changed(self) -> set[str]:
        """What the file changes in place: see ``_keys``."""
        return {
            key
            for function in self._module.functions
            for step in function.steps
            for match in _CHANGES.finditer(step.line.code)
            for key in self._keys(match["changed"] or match["deleted"] or match["passed"], function)
        }

    def _keys(self, container: str, function: Function) -> set[str]:
        """What a container, and those that its variable stands for, go by: ``.items`` where it is an attribute, whose
        ever, else the name.
        """
        name = _CAST.sub("", container).strip()
        stands_for = (_CAST.sub("", value).strip() for value in self._assigned(function).get(name, [])[:_LOOKS])
        parts = ("".join(one.split()).rpartition(".") for one in (name, *stands_for))
        return {dot + last for _, dot, last in parts}

    def _owner(self, container: str, function: Function, steps: int) -> Owner:
        """Whose the container is that an expression stands for."""
        self._left -= 1
        if steps == 0 or self._left < 0:
            return Owner.UNKNOWN
        container = _CAST.sub("", container).strip()
        if _FRESH.match(container):
            return Owner.PRIVATE
        if not re.fullmatch(r"\w+(?:\s*\.\s*\w+)*", container):
            return Owner.UNKNOWN
        if "." in container:
            return Owner.UNKNOWN if function.name in _MAKING else Owner.SHARED
        if container in function.starred:
            return Owner.PRIVATE
        values = self._assigned(function).get(container, [])
        owners = [self._owner(value, function, steps - 1) for value in values[:_LOOKS] if value not in _NOTHING]
        if container in function.parameters:
            owners.append(self._of_parameter(container, function, steps))
        if not owners:
            return Owner.SHARED if container in self._module.variables else Owner.UNKNOWN
        return max(owners, key=list(Owner).index)

    def _of_parameter(self, name: str, function: Function, steps: int) -> Owner:
        callers = self._module.callers(function.name)
        if not callers or function.is_method:
            return Owner.GIVEN
        at = function.parameters.index(name)
        passed = [(caller, parts[at]) for caller, given in callers[:_LOOKS] if len(parts := split(given)) > at]
        owners = [self._owner(value, caller, steps - 1) for caller, value in passed if caller is not function]
        return max(owners, key=list(Owner).index, default=Owner.GIVEN)

    def _assigned(self, function: Function) -> dict[str, list[str]]:
        """What a function puts into its names."""
        found = self._values.get(id(function))
        if found is None:
            found = self._values[id(function)] = {}
            for step in function.steps:
                for write in _writes(step):
                    if not write.part:
                        found.setdefault(write.name, []).append(write.value)
        return found


def _writes(step: Step) -> Iterator[_Write]:
    """What the statements of a line write to."""
    line = step.line
    for start, flat in _statements(line.flat):
        if step.declares or flat.startswith("cdef "):
            for part in re.finditer(r"[^,]+", flat):
                left = part[0].partition("=")[0]
                if name := re.search(r"\w+(?=\W*\Z)", left):
                    at = start + part.start()
                    value = line.code[at + len(left) + 1 : at + len(part[0])].strip()
                    yield _Write(name[0], line.start + at + name.start(), "", "", value)
        elif flat.startswith(("del ", "for ")):
            targets = flat[4:].partition(" in ")[0]
            yield from _targets(targets, line.start + start + 4, "", "")
        else:
            for match in _CHANGING.finditer(flat):
                yield _Write(match["name"], line.start + start + match.start("name"), "(", "", "")
            operators = list(_OPERATOR.finditer(_COMPARES.sub("  ", flat)))
            before = 0
            for match in operators:
                value = line.code[start + operators[-1].end() : start + len(flat)].strip()
                yield from _targets(flat[before : match.start()], line.start + start + before, match["operator"], value)
                before = match.end()


def _statements(flat: str) -> Iterator[tuple[int, str]]:
    """The simple statements of a line, each with its offset; also what stands behind ``if x:``, and ``for x in y``."""
    for part in re.finditer(r"[^;]+", flat):
        start, code = part.start(), part[0]
        while head := _HEAD.match(code):
            if code.startswith("for"):
                yield start, head[0]
            start, code = start + head.end(), code[head.end() :]
        yield start + len(code) - len(code.lstrip()), code.strip()


def _targets(code: str, start: int, operator: str, value: str) -> Iterator[_Write]:
    for part in re.finditer(r"[^,]+", code):
        match = _TARGET.match(part[0])
        if match is not None:
            yield _Write(
                match["name"], start + part.start() + match.start("name"), match["part"] or "", operator, value
            )
