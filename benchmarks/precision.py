#!/usr/bin/env python3
"""Measures the rules about native code on real releases, and writes the result into docs/precision.md.

    python benchmarks/precision.py            fetches, scans, writes
    python benchmarks/precision.py --check    writes nothing; exits 1 if the page is out of date

Of each package in sources.toml, the first release is read: verdicts.toml holds what a person found who held each
finding against the code. Later releases are scanned as well, to see which findings are gone. A finding without a
verdict makes the exit status 1. It takes half a minute, and the package index where the cache does not have all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from sources import DEFAULT_CACHE, HERE, Release, SourceList, fetch, load, scan, unpack
from tables import table

PAGE = HERE.parent / "docs" / "precision.md"
BEGIN = "<!-- Measured: benchmarks/precision.py writes all that follows, to the end mark. -->\n"
END = "<!-- Measured: end. -->\n"
VERDICTS = ("true", "form", "false")
INTRODUCTION = """
## Native code, target 3.14t

`python benchmarks/precision.py` fetches the releases, scans them at confidence medium and high, and writes this
section. Each finding in the first release of a package was held against the code around it:

* **true**: other threads can get there by ways that the package offers, nothing locks, and something comes to harm:
  memory, a reference, a result, or a variable that two threads write at a time, which is undefined in C. Of rules that
  are not about races: the module does what the message says.
* **form**: what the message says is so, but nobody is likely to meet it, or no harm comes of it. Not counted as true.
* **false**: what the message says is not so.
"""


@dataclass(frozen=True)
class Found:
    """What a finding is known by, in a release that never changes; the text of its line tells it in another release."""

    release: str
    path: str
    line: int
    code: str
    symbol: str
    confidence: str = ""
    text: str = ""

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        return self.release, self.path, self.line, self.code, self.symbol

    @property
    def meaning(self) -> tuple[str, str, str]:
        """What stays the same from release to release: for a variable its name, else the text of the line as well."""
        return self.code, self.symbol, "" if self.code in ("EXT001", "EXT004", "EXT201") else self.text


@dataclass(frozen=True)
class Verdict:
    """A row of verdicts.toml, which says what each key means."""

    release: str
    path: str
    line: int
    code: str
    symbol: str
    verdict: str
    why: str

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        return self.release, self.path, self.line, self.code, self.symbol


def verdicts() -> dict[tuple[str, str, int, str, str], Verdict]:
    """The verdicts by what they are about. Raises ValueError for one that is none, or is given twice."""
    rows = [Verdict(**row) for row in tomli.loads((HERE / "verdicts.toml").read_text(encoding="utf-8"))["verdict"]]
    for row in rows:
        if row.verdict not in VERDICTS:
            raise ValueError(f"{row.key}: {row.verdict!r} is no verdict")
    found = {row.key: row for row in rows}
    if len(found) != len(rows):
        raise ValueError(
            f"given twice: {[key for key, times in Counter(row.key for row in rows).items() if times > 1]}"
        )
    return found


def findings(release: Release, select: Sequence[str], cache: Path) -> list[Found]:
    """What the tool finds in a release."""
    with tempfile.TemporaryDirectory() as where:
        directory = unpack(fetch(release, cache), Path(where))
        return [_found(one, release, directory) for one in scan(directory, select)]


def _found(finding: Mapping[str, Any], release: Release, directory: Path) -> Found:
    lines = (directory / finding["path"]).read_bytes().split(b"\n")
    text = lines[finding["line"] - 1].decode("utf-8", "replace").strip()
    known = {key: finding[key] for key in ("path", "line", "code", "symbol", "confidence")}
    return Found(release.title, text=text, **known)


Results = Mapping[str, Sequence[Found]]
"""What was found in each release, by its title."""


def measured(lists: Mapping[str, SourceList], results: Results, given: Mapping[Any, Verdict]) -> str:
    """The section of the page."""
    lines = [INTRODUCTION.strip("\n"), ""]
    lines += _precision(lists, results, given)
    for name, one in lists.items():
        lines += [f"### {name.capitalize()}", "", one.about, ""]
        if any(len(releases) > 1 for releases in one.packages):
            lines += _before_and_after(one, results)
        lines += _read(one, results, given)
    lines += _once(results, given)
    return "\n".join(lines)


def _precision(lists: Mapping[str, SourceList], results: Results, given: Mapping[Any, Verdict]) -> Iterator[str]:
    """The table of verdicts by list and rule."""
    yield "### Verdicts by rule"
    yield ""
    rows = []
    for name, one in lists.items():
        first = [found for releases in one.packages for found in results[releases[0].title]]
        races = [found for found in first if found.code.startswith("EXT2")]
        rules = [
            (code, [found for found in first if found.code == code]) for code in sorted({one.code for one in first})
        ]
        rows += [_counted(name, rule, found, given) for rule, found in (*rules, ("**all races (EXT2)**", races))]
    yield from table("releases | rule | findings | true | form | false | unread | true of those read", rows)


def _counted(name: str, rule: str, found: Sequence[Found], given: Mapping[Any, Verdict]) -> list[object]:
    counts = Counter(given[one.key].verdict for one in found if one.key in given)
    read = sum(counts.values())
    share = f"{100 * counts['true'] / read:.0f} %" if read else ""
    return [name, rule, len(found), *(counts[verdict] for verdict in VERDICTS), len(found) - read, share]


def _before_and_after(one: SourceList, results: Results) -> Iterator[str]:
    """The table of counts in the first release of each package, and in the ones that follow."""
    codes = sorted({found.code for releases in one.packages for each in releases for found in results[each.title]})
    rows = []
    for releases in one.packages:
        counts = [Counter(found.code for found in results[release.title]) for release in releases]
        cells = [" → ".join(str(count[code]) for count in counts) for code in codes]
        rows.append(
            [
                releases[0].name,
                " → ".join(release.version for release in releases),
                " → ".join("" if release.undeclared is None else str(release.undeclared) for release in releases),
                *(
                    "" if not any(count[code] for count in counts) else cell
                    for cell, code in zip(cells, codes, strict=True)
                ),
            ]
        )
    yield from table(f"package | releases | modules that do not declare | {' | '.join(codes)}", rows)


def _read(one: SourceList, results: Results, given: Mapping[Any, Verdict]) -> Iterator[str]:
    """The table of findings in the first release of each package, each with its verdict."""
    rows = []
    has_later = any(len(releases) > 1 for releases in one.packages)
    for first, *later in one.packages:
        still = [Counter(found.meaning for found in results[release.title]) for release in later]
        for found in results[first.title]:
            verdict = given.get(found.key)
            left = [release.version for release, counts in zip(later, still, strict=True) if counts[found.meaning] > 0]
            for counts in still:
                counts[found.meaning] -= 1
            rows.append(
                [
                    f"{found.release} `{found.path}:{found.line}`",
                    f"{found.code} `{found.symbol}`",
                    found.confidence,
                    f"{verdict.verdict}: {verdict.why}" if verdict else "*unread*",
                    *([f"still in {', '.join(left)}" if left else "gone" if later else ""] if has_later else []),
                ]
            )
    yield from table("where | what | confidence | verdict" + (" | later" if has_later else ""), rows)
    silent = [first.title for first, *_ in one.packages if not results[first.title]]
    if silent:
        yield f"Without a finding: {', '.join(silent)}."
        yield ""


def _once(results: Results, given: Mapping[Any, Verdict]) -> Iterator[str]:
    """What was found once and is not found any more: mistakes that were mended, if the verdict is false."""
    keys = {found.key for each in results.values() for found in each}
    gone = [verdict for key, verdict in given.items() if key not in keys and verdict.release in results]
    if gone:
        yield "### Found once, and not any more"
        yield ""
        yield from table(
            "where | what | verdict",
            ([f"{v.release} `{v.path}:{v.line}`", f"{v.code} `{v.symbol}`", f"{v.verdict}: {v.why}"] for v in gone),
        )


def written(page: str, section: str) -> str:
    """The page with the section between its marks. Raises ValueError where it has no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no marks for what is measured")
    return f"{before}{BEGIN}\n{section}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where archives are kept (%(default)s)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    options = parser.parse_args(arguments)
    lists, given = load(), verdicts()
    results = {}
    for one in lists.values():
        for release in (release for releases in one.packages for release in releases):
            print(f"scanning {release.title}", file=sys.stderr)
            results[release.title] = findings(release, one.select, options.cache)
    before = PAGE.read_text(encoding="utf-8")
    after = written(before, measured(lists, results, given))
    first = {releases[0].title for one in lists.values() for releases in one.packages}
    unread = [found for title in first for found in results[title] if found.key not in given]
    for found in sorted(unread, key=lambda one: one.key):
        print(f"unread: {found.release} {found.path}:{found.line} {found.code} {found.symbol}", file=sys.stderr)
    if options.check and before != after:
        print("docs/precision.md is out of date", file=sys.stderr)
    elif not options.check:
        PAGE.write_text(after, encoding="utf-8", newline="\n")
    return 1 if unread or (options.check and before != after) else 0


if __name__ == "__main__":
    sys.exit(main())
