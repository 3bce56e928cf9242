"""What all languages have in common: the shape of an analysis, and how events reach rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from py314_check.api import Context, Event, Node, Report, Requirement, Rule
from py314_check.languages.changes import offsets, simple
from py314_check.model import Fix, Place, Target
from py314_check.source import SourceFile
from py314_check.specifiers import holds


@dataclass(frozen=True)
class Located:
    """A report that was judged and placed. ``lines`` are those whose comments may silence it.

    ``way_out`` is a module that only the project can have: where it does, the code copes.
    """

    rule: Rule
    place: Place
    report: Report
    guard: str | None
    lines: frozenset[int]
    way_out: str = ""
    fix: Fix | None = None


@dataclass(frozen=True)
class Analysis:
    """What came out of one file: the reports, and its comments (offset into the text, text)."""

    located: list[Located]
    comments: list[tuple[int, str]]


def handlers(rule: Rule | type[Rule], prefix: str) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """The methods of a rule whose names have a prefix such as ``visit_``, with the rest of their names."""
    for name in _HANDLERS[rule if isinstance(rule, type) else type(rule), prefix]:
        yield name.removeprefix(prefix), getattr(rule, name)


class _Names(dict[tuple[type[Rule], str], list[str]]):
    """A rule and a prefix -> its names with that prefix: they are asked for once a file."""

    def __missing__(self, key: tuple[type[Rule], str]) -> list[str]:
        rule, prefix = key
        self[key] = [name for name in dir(rule) if name.startswith(prefix)]
        return self[key]


_HANDLERS = _Names()


def visitors(rules: Iterable[Rule]) -> dict[str, list[Callable[[Any], None]]]:
    """The visitors of some rules by the type of node that they are for."""
    table: defaultdict[str, list[Callable[[Any], None]]] = defaultdict(list)
    for rule in rules:
        for kind, handler in handlers(rule, "visit_"):
            table[kind].append(handler)
    return table


class EventContext:
    """What rules have as their context where there is no syntax tree, only events: it answers nothing about nodes."""

    def __init__(self, source: SourceFile, target: Target) -> None:
        self.path = source.path
        self.target = target
        self._source = source
        self.located: list[Located] = []

    def report(self, rule: Rule, node: object, report: Report) -> None:
        if not isinstance(node, Event):
            raise TypeError("outside Python files, findings are reported at events")
        place = node.place
        if report.part is not None:
            start, end = (place.column + offset for offset in report.part)
            place = Place(place.line, start, place.line, end)
        lines = frozenset({place.line, place.end_line})
        self.located.append(Located(rule, place, report, None, lines, fix=simple(report.fix, self._span, self._source)))

    def _span(self, node: Event | Node) -> tuple[int, int]:
        if not isinstance(node, Event):
            raise TypeError("outside of trees, changes are made at events")
        return offsets(node.place, self._source)


def deliver(events: Iterable[Event], rules: Sequence[type[Rule]], source: SourceFile, target: Target) -> list[Located]:
    """Hands each event to the rules that visit its type, and returns what they report."""
    context = EventContext(source, target)
    made = [rule(cast(Context, context)) for rule in rules]
    hand_out(events, made, target)
    return context.located


def hand_out(events: Iterable[Event], rules: Sequence[Rule], target: Target) -> None:
    """Calls the visitors of some rules for each event; requirements that do not hold on the target are left out."""
    for event in events:
        if isinstance(event, Requirement) and not _is_required(event, target):
            continue
        for rule in rules:
            handler = getattr(rule, f"visit_{type(event).__name__}", None)
            if handler is not None:
                handler(event)


def _is_required(requirement: Requirement, target: Target) -> bool:
    if not requirement.marker:
        return True
    from packaging.markers import Marker

    try:
        return holds(Marker(requirement.marker), target)
    except ValueError:  # a comparison that makes no sense
        return False
