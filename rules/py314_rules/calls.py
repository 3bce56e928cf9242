"""Calls of the shapes in facts/calls.toml; what the rules about calls have in common."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from py314_check.api import (
    Change,
    Confidence,
    Context,
    FactError,
    Insert,
    Level,
    Outline,
    Remove,
    Replace,
    Rule,
    Scope,
    Target,
    Words,
    cst,
    load_facts,
    parse_version,
)
from py314_rules.call_edits import edits_of
from py314_rules.called import Given, may_call, may_derive_from
from py314_rules.instances import is_of_own_class
from py314_rules.patterns import has_late_flags, may_be_verbose, may_have_late_flags, text_of
from py314_rules.spellings import MayHave, makers, spellings
from py314_rules.values import instances, may_be_text


@dataclass(frozen=True)
class Row:
    """A row of facts/calls.toml, which says what each key means."""

    functions: tuple[str, ...]
    instead: str
    url: str
    examples: tuple[str, ...]
    symbol: str = "{row}"
    member: bool = False
    keywords: tuple[str, ...] = ()
    but_keywords: tuple[str, ...] = ()
    position: int | None = None
    rest: bool = False
    lacks: str | None = None
    lacks_at: int | None = None
    kinds: tuple[str, ...] = ()
    matches: str | None = None
    late_flags: bool = False
    arguments: int | None = None
    where: str | None = None
    but: tuple[str, ...] = ()
    unless_kinds: tuple[str, ...] = ()
    unless_inside: tuple[str, ...] = ()
    unless_matches: str | None = None
    unless_set: str | None = None
    removed_in: str | None = None
    changed_in: str | None = None
    deprecated_in: str | None = None
    warns_in: str | None = None
    goes_in: str | None = None
    raises: str | None = None
    handled: bool = True
    now: str = ""
    was: str = ""
    what: str = ""
    level: str | None = None
    confidence: str | None = None
    fix: str | None = None
    fix_in: str = "3.0"
    fix_keywords: tuple[str, ...] = ()
    fix_differs: str | None = None
    silent: tuple[str, ...] = ()

    def verdict(self, version: tuple[int, int]) -> str:
        """What the row says of a version of Python: ``removed``, ``changed``, ``deprecated``, or nothing."""
        for verdict, since in (
            ("removed", self.removed_in),
            ("changed", self.changed_in),
            ("deprecated", self.deprecated_in),
        ):
            if since is not None and parse_version(since) <= version:
                return verdict
        return ""

    def may_be(self, verdict: str) -> bool:
        """Whether the row says this of the Python of some target."""
        return any(self.verdict(Target.parse(target).version) == verdict for target in Target.CHOICES)

    def chosen(self, given: Sequence[Given], shift: int = 0) -> Iterator[int]:
        """Which of the arguments the row is about, by their names and places alone.

        ``shift`` is 1 where the first one is ``self``. What stands behind ``*`` has no certain place.
        """
        further = self.rest or not (self.kinds or self.matches or self.late_flags)
        placed = True
        for index, one in enumerate(given):
            if one.star:
                placed = placed and one.star != "*"
            elif one.keyword is not None:
                if one.keyword in self.keywords or ("*" in self.keywords and one.keyword not in self.but_keywords):
                    yield index
            elif self.position is not None and placed:
                at = index - shift
                if at == self.position or (further and at > self.position):
                    yield index

    def may_hold(self, given: Sequence[Given], outline: Outline | None = None) -> bool:
        """Whether arguments may be of the row's shape: by what the outline says of their values, where there is one."""
        if self.arguments is not None and len(given) < self.arguments:
            return False
        shifts = (0, 1) if self.member else (0,)
        if self.lacks is not None and not any(self.is_lacking(given, shift) for shift in shifts):
            return False
        return self.is_about_any_call or any(
            outline is None or self._may_be(given[index].value, outline)
            for shift in shifts
            for index in self.chosen(given, shift)
        )

    def _may_be(self, given: tuple[ast.expr, Scope] | None, outline: Outline) -> bool:
        """Whether an argument may be what the row is about."""
        if given is None:
            return True
        if self.late_flags:
            return may_be_text(outline, given[0], may_have_late_flags)
        if self.matches is not None:
            return may_be_text(outline, given[0], _compiled(self.matches).search)
        return not self.kinds or instances(outline).may_be(*given, frozenset(self.kinds))

    def is_lacking(self, given: Sequence[Given], shift: int) -> bool:
        """Whether what the row says is not given is really not."""
        by_place = sum(one.keyword is None for one in given) - shift
        is_given = any(one.star or one.keyword == self.lacks for one in given)
        return not is_given and (self.lacks_at is None or by_place <= self.lacks_at)

    @property
    def is_about_any_call(self) -> bool:
        return self.position is None and not self.keywords


_VALUES: dict[str, list[str]] = {
    "level": [one.value for one in Level],
    "confidence": [one.value for one in Confidence],
    "raises": ["TypeError", "ValueError", "Exception"],
    "fix": ["drop", "by position", "by keyword", "without U", 'add filter="data"'],
}


def read_rows(package: str, file: str) -> dict[str, Row]:
    """The table. Raises FactError also where a row contradicts itself."""
    rows = load_facts(package, file, Row)
    for name, row in rows.items():
        for problem in _problems(row):
            raise FactError(f"{file}: row {name!r} {problem}")
    return rows


def _problems(row: Row) -> Iterator[str]:
    if not (row.removed_in or row.changed_in or row.deprecated_in):
        yield "needs 'removed_in', 'changed_in' or 'deprecated_in'"
    if (row.removed_in or row.changed_in) and not (row.now and row.was):
        yield "needs 'now' and 'was', for what is removed or changed"
    if row.deprecated_in and not row.what:
        yield "needs 'what', for what is deprecated"
    if row.is_about_any_call and (row.kinds or row.matches or row.late_flags):
        yield "needs 'keywords' or 'position', to say which argument it is about"
    if (row.fix == "by keyword") != bool(row.fix_keywords):
        yield "needs 'fix_keywords' with 'fix' = 'by keyword', and nowhere else"
    if row.where is not None and re.fullmatch(r"\w+=[\w.]+", row.where) is None:
        yield f"has 'where' = {row.where!r}, which must be a keyword, '=' and a qualified name"
    patterns = [("matches", row.matches or ""), ("unless_matches", row.unless_matches or "")]
    for key, pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"has {key!r}, which is no regular expression: {error}"
    for key, allowed in _VALUES.items():
        value = getattr(row, key)
        if value is not None and value not in allowed:
            yield f"has {key!r} = {value!r}, which must be one of {', '.join(map(repr, allowed))}"


ROWS = load_facts("py314_rules.facts", "calls.toml", Row)  # a test has read_rows look at them
_ORDER = {"removed": 0, "changed": 1, "deprecated": 2}


def _by_function() -> dict[str, list[str]]:
    """Qualified name of a function, as a call resolves to it -> the rows about it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, row in ROWS.items():
        for function in row.functions:
            found[function].append(name)
    return found


_FUNCTIONS = _by_function()
_LAST_PARTS = {function.rpartition(".")[2] for function in _FUNCTIONS} | {"__init__"}
_SETTINGS = {row.unless_set for row in ROWS.values() if row.unless_set}
# Where a name stands for a function of the table or for one of these modules', it is that function on the target: they
# are other names of its module, or what Python 2 called it.
_SAME = {
    "io",
    "posixpath",
    "ntpath",
    "genericpath",
    "builtins",
    "__builtin__",
    "cPickle",
    "urllib",
    "urllib2",
    "httplib",
}


@dataclass(frozen=True)
class Match:
    """A call that has the shape of a row."""

    name: str
    row: Row
    verdict: str
    function: str
    keyword: str
    certain: bool
    index: int
    shift: int

    def fill(self, text: str) -> str:
        """A text of the row, for this call."""
        for key, value in (("row", self.name), ("function", self.function), ("keyword", self.keyword)):
            text = text.replace(f"{{{key}}}", value)
        return text

    @property
    def symbol(self) -> str:
        return self.fill(self.row.symbol)

    @property
    def help(self) -> str:
        return f"{self.fill(self.row.instead)} See {self.row.url}."

    @property
    def module(self) -> str:
        top = self.function.partition(".")[0]
        return "" if top == "builtins" else top

    @property
    def confidence(self) -> Confidence | None:
        """Of the row; medium at most where a base class of unknown content may define the method."""
        if self.row.confidence is not None:
            return Confidence(self.row.confidence)
        return None if self.certain else Confidence.MEDIUM


class CallRule(Rule):
    """A rule about calls: ``check`` is given each call that has the shape of a row, with the worst that rows say of it.

    Every rule looks for all of it and keeps what is its own, so that each call is reported once.
    """

    verdict: str

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._set: set[str] = set()
        self._waiting: list[tuple[cst.Call, Match]] = []

    def check(self, node: cst.Call, match: Match) -> None:
        raise NotImplementedError

    def fix(self, call: cst.Call, match: Match) -> Change | None:
        """What makes a call do as before, where the row says how."""
        row = match.row
        edits = list(edits_of(call, row, match.index, match.shift))
        if not edits:
            return None
        message = {"drop": "Drop what has no effect", "by position": "Pass it by position", "by keyword": "Name it"}
        text = message.get(row.fix or "", "Write the mode without U" if row.fix == "without U" else f"{row.fix}")
        runs = any(isinstance(one, cst.Call) for edit in edits for one in self._lost(edit))
        safe = row.fix_differs is None and not runs
        return Change(text[:1].upper() + text[1:], *edits, safe=safe, since=row.fix_in)

    def _lost(self, edit: Remove | Replace | Insert) -> Iterator[cst.CSTNode]:
        """What is not evaluated any more."""
        return (
            self.context.below(edit.node)
            if isinstance(edit, Remove) and isinstance(edit.node, cst.CSTNode)
            else iter(())
        )

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        target = node.target
        name = target.attr.value if isinstance(target, cst.Attribute) else self.context.dotted(target)
        if name in _SETTINGS:
            self._set.add(name)

    def visit_Call(self, node: cst.Call) -> None:
        func = node.func
        if isinstance(func, cst.Attribute) and func.attr.value not in _LAST_PARTS:
            return
        matches = [match for match in _matches(self.context, node) if match.verdict]
        if matches:
            worst = min(matches, key=lambda match: _ORDER[match.verdict])
            if worst.verdict == self.verdict:
                self._waiting.append((node, worst))

    def leave_Module(self, node: cst.Module) -> None:
        for call, match in self._waiting:
            if match.row.unless_set not in self._set:
                self.check(call, match)


def _matches(context: Context, call: cst.Call) -> Iterator[Match]:
    """The rows whose shape a call has, in the order of the table."""
    functions = dict.fromkeys(_direct(context, call), (0, True))
    if isinstance(call.func, cst.Attribute) and not functions:
        functions = _members(context, call.func)
    rows = sorted({name for function in functions for name in _FUNCTIONS[function]}, key=_ROW_ORDER.__getitem__)
    given = [Given(arg.star, None if arg.keyword is None else arg.keyword.value) for arg in call.args]
    for name in rows:
        row = ROWS[name]
        function = next(one for one in row.functions if one in functions)
        shift, certain = functions[function]
        if row.member and shift == 0 and _is_called_on_class(context, call.func):
            shift = 1
        index = _argument(context, call, row, function, given, shift) if row.may_hold(given) else None
        if index is not None and not _is_excepted(context, call, row):
            yield Match(
                name,
                row,
                row.verdict(context.target.version),
                function,
                _keyword(row, given, index, shift),
                certain,
                index,
                shift,
            )


_ROW_ORDER = {name: index for index, name in enumerate(ROWS)}


def _direct(context: Context, call: cst.Call) -> Collection[str]:
    """The functions of the table that a call names; none where it may as well be something else."""
    names = context.resolve(call.func)
    found = names & _FUNCTIONS.keys()
    if found:
        tops = {name.partition(".")[0] for name in found}
        others = {name.partition(".")[0] for name in names - found} - tops
        return found if all(top in _SAME or top.startswith("_") for top in others) else ()
    if isinstance(call.func, cst.Attribute):
        return {f"*.{call.func.attr.value}"} & _FUNCTIONS.keys()
    return ()


def _members(context: Context, func: cst.Attribute) -> dict[str, tuple[int, bool]]:
    """The methods, or constructors through ``super().__init__``, that an attribute may be."""
    member = context.member(func)
    found = {
        name.removesuffix(".__init__"): (0, member.certain)
        for name in member.names
        if not (name.startswith("typing.") and name.endswith(".__init__"))  # what derives from it is no such class
    }
    on_class = _is_called_on_class(context, func)
    if func.attr.value == "__init__" and on_class:
        found = {name: (1, certain) for name, (_, certain) in found.items()}
    return {name: how for name, how in found.items() if name in _FUNCTIONS}


def _is_called_on_class(context: Context, func: cst.BaseExpression) -> bool:
    """Whether a method is called through its class (``Path.relative_to(path, ...)``), so that ``self`` comes first."""
    if not isinstance(func, cst.Attribute):
        return True
    owner = func.value
    names = context.resolve(owner)
    return isinstance(context.definition(owner), cst.ClassDef) or any(
        name.rpartition(".")[2][:1].isupper() for name in names
    )


def _argument(
    context: Context, call: cst.Call, row: Row, function: str, given: Sequence[Given], shift: int
) -> int | None:
    """The index of the argument that makes a call one of the row's shape; -1 where that is not an argument."""
    if row.where is not None and not _is_named(context, call, row.where):
        return None
    if row.lacks is not None and not row.is_lacking(given, shift):
        return None
    if row.is_about_any_call:
        return -1
    for index in row.chosen(given, shift):
        value = call.args[index].value
        if row.kinds and not _is_of_kind(context, value, row.kinds):
            continue
        if row.matches is not None and not _string_matches(context, value, row.matches):
            continue
        if row.late_flags and not _has_late_flags(context, call, value, function):
            continue
        return index
    return None


def _keyword(row: Row, given: Sequence[Given], index: int, shift: int) -> str:
    """The name of an argument, also where it is given by its place."""
    keyword = given[index].keyword if index >= 0 else row.lacks
    if keyword is not None or not row.keywords:
        return keyword or ""
    behind = index - shift - (row.position or 0)
    return row.keywords[min(behind, len(row.keywords) - 1)]


def _is_excepted(context: Context, call: cst.Call, row: Row) -> bool:
    pattern, kinds = row.unless_matches, row.unless_kinds
    if isinstance(call.func, cst.Attribute) and not context.types(call.func.value).isdisjoint(row.but):
        return True
    if row.unless_inside:
        outer = next((parent for parent in context.ancestors(call) if not isinstance(parent, cst.Arg)), None)
        if isinstance(outer, cst.Call) and not context.resolve(outer.func).isdisjoint(row.unless_inside):
            return True
    return any(
        (pattern is not None and _string_matches(context, arg.value, pattern))
        or (kinds and _is_of_kind(context, arg.value, kinds))
        for arg in call.args
    )


def _is_named(context: Context, call: cst.Call, where: str) -> bool:
    keyword, _, name = where.partition("=")
    return any(
        arg.keyword is not None and arg.keyword.value == keyword and name in context.resolve(arg.value)
        for arg in call.args
    )


def _is_of_kind(context: Context, node: cst.BaseExpression, kinds: tuple[str, ...]) -> bool:
    types = context.types(node) - {"builtins.object"}
    if types:
        return any(one in kinds or f"{one.rpartition('.')[0]}.*" in kinds for one in types)
    if "." in kinds and is_of_own_class(context, node):
        return True
    value = context.value(node)
    return "/" in kinds and isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Divide)


def _string_matches(context: Context, node: cst.BaseExpression, pattern: str) -> bool:
    value = text_of(context, node)
    return value is not None and _compiled(pattern).search(value) is not None


def _has_late_flags(context: Context, call: cst.Call, pattern: cst.BaseExpression, function: str) -> bool:
    text = text_of(context, pattern)
    modes = may_be_verbose(context, call, function)
    return text is not None and all(has_late_flags(text, verbose=verbose) for verbose in modes)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# The words without which no file has such a call.


def words_of(verdict: str) -> tuple[Words, ...]:
    """The words without which no file has a call of which a row says this."""
    ways: defaultdict[tuple[tuple[str, ...], _Function], list[Row]] = defaultdict(list)
    for row in ROWS.values():
        for function in row.functions if row.may_be(verdict) else ():
            for words, how in _ways(function, row):
                ways[words, how].append(row)
    return tuple(Words(*words, outline=_Test(how, rows)) for (words, how), rows in ways.items())


@dataclass(frozen=True)
class _Function:
    """A function as a file may call it: its last name and its module; of methods, what the file must have instead."""

    last: str
    module: str | None
    may_have: MayHave | None = None
    is_class: bool = False


def _ways(function: str, row: Row) -> Iterator[tuple[tuple[str, ...], _Function]]:
    owner, _, last = function.rpartition(".")
    if owner.partition(".")[0] in _ANYWHERE:
        for words in _words((), last, row):
            yield words, _Function(last, None, is_class=last[:1].isupper())
    elif row.member:
        for top, made_by in makers(owner).items():
            for words in _words((top,), last, row):
                yield words, _Function(last, None, MayHave(top, made_by))
    else:
        for spelled in spellings(function):
            module, _, last = spelled.rpartition(".")
            # What `typing` calls a class is none to call the constructor of.
            is_class = last[:1].isupper() and not function.startswith("typing.")
            for words in _words(tuple(module.split(".")), last, row):
                yield words, _Function(last, module.removeprefix("six.moves."), is_class=is_class)


# Names that no import brings: the methods of any object, and code objects, which come from any function.
_ANYWHERE = {"builtins", "types", "*"}


def _words(modules: tuple[str, ...], last: str, row: Row) -> Iterator[tuple[str, ...]]:
    """The words of one function: the module first, where an import of it is needed."""
    words = [*modules[:1], last, *modules[1:]]
    if row.where is not None:
        words.append(row.where.rpartition(".")[2])
    if row.position is None and row.keywords and "*" not in row.keywords:
        for keyword in row.keywords:
            yield tuple(dict.fromkeys([*words, keyword]))
    else:
        yield tuple(dict.fromkeys(words))


class _Test:
    """Whether a file may have a call of some rows' shapes."""

    def __init__(self, function: _Function, rows: list[Row]) -> None:
        self._function, self._rows = function, rows

    def __call__(self, outline: Outline) -> bool:
        function = self._function
        if function.may_have is not None and not function.may_have(outline):
            return False

        def may_hold(given: Sequence[Given]) -> bool:
            return any(row.may_hold(given, outline) for row in self._rows)

        excepted = [{one.rpartition(".")[2] for one in row.unless_inside} for row in self._rows]
        inside = set.intersection(*excepted)
        if may_call(outline, function.last, may_hold, function.module, inside=inside):
            return True
        return (
            function.is_class
            and may_derive_from(outline, function.last, function.module)
            and may_call(outline, "__init__", may_hold)
        )
