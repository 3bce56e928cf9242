"""What a rule may import: the whole surface for rule authors.

A rule is a class in a module of a rule pack. It names the words without which it cannot fire and reads like a libcst
visitor; positions, names, guards and suppressions are the engine's work::

    from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

    class NoFrobnication(Rule):
        \"\"\"Calls of frob.frobnicate, which is gone. (Then the sections that Rule describes.)\"\"\"

        code, name = "XYZ001", "frobnication"
        level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
        words = (Words("frobnicate"),)

        def visit_Call(self, node: cst.Call) -> None:
            if "frob.frobnicate" in self.context.resolve(node.func):
                self.report(node.func, "`frob.frobnicate` was removed in Python 3.14.", symbol="frob.frobnicate")

A pack is a package named by an entry point of the group ``py314_check.rules``; every module below it is searched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from py314_check.facts import FactError, Facts, load_facts
from py314_check.model import Confidence, Fix, Impact, Level, Place, Target, parse_version

if TYPE_CHECKING:
    import libcst as cst
else:

    class _LazyLibcst:
        """libcst, imported when a name of it is first used: a run that parses nothing never pays for it."""

        def __getattr__(self, name: str) -> object:
            import libcst

            value = getattr(libcst, name)
            setattr(self, name, value)
            return value

    cst = _LazyLibcst()

__all__ = [
    "Confidence",
    "Context",
    "EntryPoint",
    "Event",
    "FactError",
    "Facts",
    "Fix",
    "Impact",
    "Level",
    "ParseFailure",
    "Place",
    "Rule",
    "Target",
    "UnusedSuppression",
    "Words",
    "cst",
    "load_facts",
    "parse_version",
]

SECTIONS = ("What it does", "Why it matters", "Example", "Use instead", "Fix safety", "References")
"""The headings that every rule's documentation has, in this order."""


@dataclass(frozen=True)
class Event:
    """Something that a rule can visit and that is no node of a syntax tree."""

    place: Place


@dataclass(frozen=True)
class ParseFailure(Event):
    """A file that cannot be read or parsed; ``message`` is a sentence. Visited by ``visit_ParseFailure``."""

    message: str


@dataclass(frozen=True)
class UnusedSuppression(Event):
    """A comment that ignores nothing; ``codes`` are those without effect. Visited by ``visit_UnusedSuppression``."""

    comment: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class EntryPoint(Event):
    """An entry point declared in pyproject.toml or setup.cfg: ``name = module:attribute``. Its place is the module's.

    Visited by ``visit_EntryPoint`` in rules whose ``languages`` include ``pyproject`` or ``setup.cfg``.
    """

    group: str
    name: str
    module: str


@dataclass(frozen=True, init=False)
class Words:
    """Words that must all occur in a file for a rule to matter; a rule gives one such set for each way it can fire.

    In Python files, with ``imported``, the first word counts only where it may be a top-level module in an import
    statement; with ``quoted``, only right behind a quote. With ``pattern``, that must be found in the file's bytes
    too; it must run in linear time.
    """

    words: tuple[str, ...]
    imported: bool
    quoted: bool
    pattern: re.Pattern[bytes] | None

    def __init__(
        self,
        *words: str,
        imported: bool = False,
        quoted: bool = False,
        pattern: re.Pattern[bytes] | None = None,
    ) -> None:
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "imported", imported)
        object.__setattr__(self, "quoted", quoted)
        object.__setattr__(self, "pattern", pattern)


class Context(Protocol):
    """What the engine knows of the file being read; every rule has it as ``self.context``."""

    path: str
    target: Target

    def resolve(self, node: cst.CSTNode | None) -> frozenset[str]:
        """The qualified names that an expression may stand for (``{"ast.Num"}``), through imports and assignments."""

    def dotted(self, node: cst.BaseExpression | None) -> str:
        """``a.b.c`` for a chain of plain names, as written; the empty string for anything else."""

    def string(self, node: cst.CSTNode | None) -> str | None:
        """The value of a string literal, or of a name that stands for one; None for anything else."""

    def argument(self, call: cst.Call, position: int, keyword: str) -> cst.BaseExpression | None:
        """The argument given at a position or by keyword, or None."""

    def runs_later(self, node: cst.CSTNode) -> bool:
        """Whether a node runs only when a function is called, not when the file is."""

    def report(self, rule: Rule, node: cst.CSTNode | Event, report: Report) -> None:
        """Takes a report; ``Rule.report`` is the way to call it."""


@dataclass(frozen=True)
class Report:
    """What a rule says of one place. See ``Rule.report``."""

    message: str
    help: str = ""
    symbol: str = ""
    removed_in: str | None = None
    raises: str | None = None
    module: str = ""
    provided_by: tuple[str, ...] = ()
    brought_by: str = ""
    part: tuple[int, int] | None = None
    confidence: Confidence | None = None
    fix: Fix | None = None


class Rule:
    """A rule. One object is made for each file that it may fire in.

    The class's docstring is its documentation: a sentence, then the sections of ``SECTIONS`` as second-level Markdown
    headings. ``Example`` and ``Use instead`` each hold one fenced block of Python; a test runs them. Methods named
    ``visit_TYPE`` and ``leave_TYPE`` are called for libcst nodes (or events) of that type, in order of evaluation.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    level: ClassVar[Level]
    impact: ClassVar[Impact]
    confidence: ClassVar[Confidence]
    words: ClassVar[tuple[Words, ...]] = ()
    """Any of these makes the rule run on a file; none at all: it runs on events alone."""
    languages: ClassVar[frozenset[str]] = frozenset({"python"})

    def __init__(self, context: Context) -> None:
        self.context = context

    def report(
        self,
        node: cst.CSTNode | Event,
        message: str,
        *,
        help: str = "",
        symbol: str = "",
        removed_in: str | None = None,
        raises: str | None = None,
        module: str = "",
        provided_by: tuple[str, ...] = (),
        brought_by: str = "",
        part: tuple[int, int] | None = None,
        confidence: Confidence | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Says that something is wrong at a node. Whether it is guarded, suppressed or dead is not the rule's business.

        ``message``: one sentence that stands alone, ending in a period; ``help``: what to do.
        ``symbol``: the qualified standard-library name it is about.
        ``raises``: the exception that the missing name causes here, so that handlers count as guards.
        ``module``: the top-level standard-library module meant: a first-party module of that name takes its place.
        ``provided_by``: distributions on the package index that bring the symbol back; ``brought_by``: a module whose
        import does.
        ``part``: offsets into the node's own text, where the finding covers only a part of it.
        """
        self.context.report(
            self,
            node,
            Report(message, help, symbol, removed_in, raises, module, provided_by, brought_by, part, confidence, fix),
        )
