"""The report as Markdown, for a job summary of GitHub or a comment: the verdict, counts, and findings, folded away.

Everything that comes from the code or its file names is escaped, so that it can neither end a cell nor be taken for
Markdown or HTML. GitHub refuses a job summary of more than 1 MiB: the least severe findings are left out before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from py314_check.model import Finding, Level, Report
from py314_check.reporters import phrases
from py314_check.reporters.concise import visible
from py314_check.reporters.phrases import FAMILIES, count
from py314_check.verdict import Build, Counts, Readiness, Verdict, verdict

MAX_BYTES = 1_000_000
"""A little less than GitHub takes, so that a line of somebody else's finds room beside it."""
_SIGNS = {Readiness.READY: "✅", Readiness.REVIEW: "⚠️", Readiness.NOT_READY: "❌", None: ""}
_SPECIAL = re.compile(
    r"[\\`*\[\]<>&|~@#^${}]"
    r"|(?<![a-z0-9])_|_(?![a-z0-9])"  # one within a word is no emphasis
    r"|:(?!\s|\Z|\d+(?![\d:]))|(?<=www)\.",  # addresses and :emoji:, but not what stands before a line's number
    re.IGNORECASE | re.ASCII,
)
"""What Markdown, HTML and GitHub would take for something else than text."""
_CODE = re.compile(r"`([^`]+)`")
_NUMBERS = ("errors", "warnings", "notes")
_FRAME_BYTES = 200
"""What stands around the rows of findings."""


def render(report: Report, *, summary: bool = False) -> str:
    """The verdict and the counts and, unless ``summary``, as many findings as GitHub takes, the worst first."""
    found = verdict(report)
    blocks = [f"## py314-check: Python {report.target}", *_verdict(report, found, listed=not summary), *_counts(found)]
    text = "\n\n".join(blocks) + "\n"
    return text if summary else text + _findings(report, MAX_BYTES - len(text.encode("utf-8")))


def escaped(text: str) -> str:
    """A text as Markdown that shows it, within one line and one cell; what it has in backticks is set as code."""
    parts = _CODE.split(visible(text))
    return "".join(_code(part) if number % 2 else _plain(part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    """A text as code. In HTML's form: in Markdown's own, a backtick or a pipe would need care that differs by place."""
    return f"<code>{_plain(visible(text))}</code>"


def _plain(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in which the columns of ``_NUMBERS`` are set to the right."""
    heads = list(heads)
    rule = ("---:" if head in _NUMBERS else "---" for head in heads)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def _numbers(counts: Counts) -> list[str]:
    return [f"{number:,}" if number else "" for number in (counts.errors, counts.warnings, counts.notes)]


def _verdict(report: Report, found: Verdict, *, listed: bool) -> Iterator[str]:
    def row(build: Build) -> list[str]:
        name = f"{build.target} (derived from {report.target})" if build.derived else str(build.target)
        return [name, f"{_SIGNS[build.readiness]} {phrases.readiness(build, found)}".lstrip(), *_numbers(build.counts)]

    yield _table(["Python", "verdict", *_NUMBERS], map(row, found.builds))
    yield phrases.analysed(report, found, listed=listed)
    yield from (f"**{text}**" for text in phrases.gaps(report, found))
    yield from phrases.fixable(found)


def _counts(found: Verdict) -> Iterator[str]:
    if found.families:
        families = ([*_numbers(counts), f"{name} {FAMILIES.get(name, '')}"] for name, counts in found.families.items())
        yield _table([*_NUMBERS, "by family"], families)
        yield phrases.impacts(found)
    if found.files > 1:
        files = ([*_numbers(counts), _code(path)] for path, counts in found.most)
        yield _table([*_NUMBERS, phrases.by_file(found)], files)


def _findings(report: Report, room: int) -> str:
    """The findings in a table that is folded away; ``room`` is in bytes."""
    if not report.findings:
        return ""
    codes = {finding.code for finding in report.findings}
    urls = {rule.code: rule.url for rule in report.rules if rule.code in codes and rule.url}
    links = "".join(f"[{code}]: {url}\n" for code, url in urls.items())
    room -= len(links.encode("utf-8")) + _FRAME_BYTES
    rows: list[str] = []
    for finding in sorted(report.findings, key=lambda one: (-_level(one).rank, one.sort_key)):
        row = _row(finding, linked=finding.code in urls)
        room -= len(row.encode("utf-8"))
        if room < 0:
            break
        rows.append(row)
    title = count(len(report.findings), "finding")
    if len(rows) < len(report.findings):
        title = f"{len(rows):,} of {title}, the worst first"
    heads = _table(["level", "rule", "what", "where"], [])
    return f"\n<details>\n<summary>{title}</summary>\n\n{heads}\n{''.join(rows)}\n</details>\n\n{links}"


def _row(finding: Finding, *, linked: bool) -> str:
    rule = f"[{finding.code}]" if linked else _plain(finding.code)
    what = escaped(finding.message)
    if finding.guard:
        what += f" Guarded: {escaped(finding.guard)}."
    where = _code(f"{finding.path}:{finding.place.line}")
    return f"| {_level(finding).value} | {rule} | {what} | {where} |\n"


def _level(finding: Finding) -> Level:
    return finding.level if finding.guard is None else Level.NOTE
