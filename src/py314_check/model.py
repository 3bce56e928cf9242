"""The nouns of py314-check: plain frozen data that imports nothing of ours.

Everything here is picklable and compares by value, so that a scan can be sent to another process or machine
and its results sorted, cached and written without knowing who made them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py314_check.outline import Outline


class Level(str, enum.Enum):
    """How bad a finding is on the target; ``rank`` orders them, worst highest."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return ("note", "warning", "error").index(self.value)


class Confidence(str, enum.Enum):
    """How sure a rule is that a finding is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return ("low", "medium", "high").index(self.value)

    @property
    def lowered(self) -> Confidence:
        """The next lower one; below low there is none."""
        return Confidence.MEDIUM if self is Confidence.HIGH else Confidence.LOW


class Impact(str, enum.Enum):
    """What happens on the target where a finding stands."""

    BREAKS = "breaks"
    CHANGES = "changes"
    WARNS = "warns"
    RACES = "races"
    BLOCKS_FREE_THREADING = "blocks-free-threading"
    OPPORTUNITY = "opportunity"


class Applicability(str, enum.Enum):
    """Whether a fix keeps the meaning of the program (safe) or may change it (unsafe)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True)
class Target:
    """The Python that the code is to run on: its version and whether its build is free-threaded."""

    version: tuple[int, int] = (3, 14)
    free_threaded: bool = False

    CHOICES = ("3.14", "3.14t", "3.13", "3.13t", "3.15", "3.15t")

    @classmethod
    def parse(cls, text: str) -> Target:
        """Reads ``3.14`` or ``3.14t``. Raises ValueError for anything that is not one of ``CHOICES``."""
        if text not in cls.CHOICES:
            raise ValueError(f"unknown target {text!r}; choose one of {', '.join(cls.CHOICES)}")
        return cls(parse_version(text.removesuffix("t")), text.endswith("t"))

    @property
    def release(self) -> str:
        """The version without the build: ``3.14``."""
        return f"{self.version[0]}.{self.version[1]}"

    def __str__(self) -> str:
        return self.release + ("t" if self.free_threaded else "")


def parse_version(text: str) -> tuple[int, int]:
    """Reads ``3.14`` as ``(3, 14)``. Raises ValueError for any other shape."""
    match = re.fullmatch(r"(\d+)\.(\d+)", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not a Python version such as '3.14'")
    return int(match[1]), int(match[2])


@dataclass(frozen=True, order=True)
class Place:
    """A stretch of a file. Lines and columns are 1-based, columns count code points, the end is exclusive."""

    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True)
class Edit:
    """One replacement: the text at ``place`` becomes ``content``."""

    place: Place
    content: str


@dataclass(frozen=True)
class Leftover:
    """An import that goes, by ``edit``, once fixes have taken all of its ``uses``; one of them takes ``taken``.

    -1 stands for a new use. A fix that takes all of them has the edit among its own, too.
    """

    edit: Edit
    taken: int
    uses: int


@dataclass(frozen=True)
class Fix:
    """A set of edits, ordered by place and without overlaps, that mends one finding."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]
    leftovers: tuple[Leftover, ...] = ()


CrateVersion = tuple[int, int, int]


@dataclass(frozen=True)
class CrateVersions:
    """The versions of a Rust crate that a requirement allows: from ``lowest`` on, to before ``before``."""

    lowest: CrateVersion = (0, 0, 0)
    before: CrateVersion = (1 << 30, 0, 0)

    def shuts_out(self, version: tuple[int, int]) -> bool:
        """Whether it allows neither this version nor a later one."""
        return self.before <= (*version, 0)

    def allows_before(self, version: tuple[int, int]) -> bool:
        """Whether it allows a version before this one."""
        return self.lowest < (*version, 0)


@dataclass(frozen=True, init=False)
class Crate:
    """Rust crates, of which a Cargo project may build with one in the versions from ``since`` to before ``before``."""

    names: tuple[str, ...]
    since: tuple[int, int]
    before: tuple[int, int] | None

    def __init__(self, *names: str, since: tuple[int, int] = (0, 0), before: tuple[int, int] | None = None) -> None:
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "since", since)
        object.__setattr__(self, "before", before)


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found.

    ``message`` is one sentence that stands alone; ``help`` says what to do and may be empty. ``symbol`` is the
    qualified standard-library (or C API) name it is about. ``guard`` is None, or says why the code copes.
    """

    code: str
    name: str
    level: Level
    impact: Impact
    confidence: Confidence
    path: str
    place: Place
    message: str
    help: str = ""
    symbol: str = ""
    removed_in: str | None = None
    guard: str | None = None
    fix: Fix | None = None
    fingerprint: str = ""
    source: tuple[str, ...] = ()
    """The lines from ``place.line`` to ``place.end_line``, without line ends."""
    line_hash: str = ""
    """GitHub's primaryLocationLineHash of the first line; computed only where a report needs it."""
    module: str = ""
    """The top-level standard-library module that the name must come from: a first-party one takes its place."""
    module_is_gone: bool = False
    """Whether the target has no such module: then a mere directory of that name takes its place too."""
    provided_by: tuple[str, ...] = ()
    """Normalised names of distributions on the package index that bring the symbol back."""
    way_out: str = ""
    """A module that Python 2 alone had: the code copes where the project has one of that name."""
    unless: tuple[str, ...] = ()
    """Words of which none may stand in another native source of the project."""
    unless_built_with: tuple[str, ...] = ()
    """Regular expressions of which none may match in a build file of the project."""
    crate: Crate | None = None
    """It holds only where the project's Cargo files build with this."""
    only_with: tuple[str, ...] = ()
    """Codes of which one must be found in the same project, in the same run."""
    free_threading: bool = False
    """Whether it is about free-threaded builds: then it is a note at most where nobody asked for those."""
    for_annotations: bool = False
    """Whether it proposes an annotation, which nobody reads where a stub stands beside the file."""
    needs_threads: bool = False
    """Whether it counts less where nothing in the project shows threads."""
    added_in: str | None = None
    """The first Python version that has the symbol: it is missed only where the project is for earlier ones, too."""
    asked_level: Level | None = None
    """The level that it would have if somebody had; None where ``level`` is that."""

    def level_on(self, target: Target) -> Level:
        """Its level on a build of the target's version, whatever build the run was for."""
        if not self.free_threading:
            return self.level
        return (self.asked_level or self.level) if target.free_threaded else Level.NOTE

    @property
    def text(self) -> str:
        """The message and the help as one text."""
        return f"{self.message} {self.help}".rstrip()

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Path, line, column, code; then whatever makes the order total."""
        place = self.place
        return (
            self.path,
            place.line,
            place.column,
            self.code,
            place.end_line,
            place.end_column,
            self.symbol,
            self.message,
        )


NOT_ANALYSED, PARSE_ERROR, MISSING = "not-analysed", "parse-error", "missing-path"


@dataclass(frozen=True)
class Notification:
    """Something the reader must know about the run itself: a file that was not analysed or parsed, a missing path."""

    path: str
    kind: str
    message: str
    place: Place | None = None


@dataclass(frozen=True)
class Summary:
    """The counts of a run. ``errors``, ``warnings`` and ``notes`` count what is reported, guarded ones excepted."""

    files: int = 0
    parsed: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    guarded: int = 0
    suppressed: int = 0
    baselined: int = 0
    not_analysed: int = 0


@dataclass(frozen=True, init=False)
class Words:
    """Words that must all occur in a file for a rule to matter; a rule gives one such set for each way it can fire.

    In Python files, comments and docstrings do not count, unless ``remarks`` do; with ``imported``, the first word
    must be a top-level module that is imported; with ``quoted``, it must stand right behind a quote. ``test`` (often
    the ``search`` of a compiled pattern) is given the file's bytes where the words occur, and must hold too; it must
    run in linear time. So must ``outline``, for Python: it is given the file's outline.
    """

    words: tuple[str, ...]
    imported: bool
    quoted: bool
    remarks: bool
    test: Callable[[bytes], object] | None
    outline: Callable[[Outline], object] | None

    def __init__(
        self,
        *words: str,
        imported: bool = False,
        quoted: bool = False,
        remarks: bool = False,
        test: Callable[[bytes], object] | None = None,
        outline: Callable[[Outline], object] | None = None,
    ) -> None:
        fields = vars(self)  # twice as fast as object.__setattr__, and there are thousands of these
        fields["words"] = words
        fields["imported"] = imported
        fields["quoted"] = quoted
        fields["remarks"] = remarks
        fields["test"] = test
        fields["outline"] = outline


@dataclass(frozen=True)
class RuleInfo:
    """What a report says of a rule. ``documentation`` is Markdown."""

    code: str
    name: str
    summary: str
    level: Level
    confidence: Confidence
    impact: Impact
    documentation: str
    url: str = ""

    @property
    def sections(self) -> dict[str, str]:
        """The second-level headings of the documentation, each with the text below it."""
        parts = re.split(r"^## (.+)$", self.documentation, flags=re.MULTILINE)
        return {heading.strip(): text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


@dataclass(frozen=True)
class FileChange:
    """What fixes make of a file."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Report:
    """The whole result of a run, as every reporter is given it. Findings are sorted; guarded ones are in on request."""

    target: Target
    root: str
    """The project root relative to the working directory, POSIX (``.`` when they are the same)."""
    findings: tuple[Finding, ...]
    notifications: tuple[Notification, ...]
    summary: Summary
    rules: tuple[RuleInfo, ...]
    """Every rule of every pack, sorted by code, whether or not it fired."""
    version: str
    exit_code: int
    foreign: tuple[tuple[str, str], ...] = ()
    """The files that are not the project's own code, generated or vendored, each with why it was left alone."""
    below_level: tuple[Finding, ...] = ()
    """The findings that only the level hides: they are not listed, and count for the verdict."""
    rules_off: int = 0
    """How many rules the user switched off."""
    changes: tuple[FileChange, ...] = ()
    """What fixes made of files, or would make of them, sorted by path."""
    fixed: int = 0
    """How many fixes that took."""

    def fixable(self, applicability: Applicability) -> int:
        """How many of the findings have a fix that is safe, or one that is not."""
        fixes = (one.fix for one in self.findings if one.guard is None)
        return sum(fix is not None and fix.applicability is applicability for fix in fixes)
