#!/usr/bin/env python3
"""Measures what the word test lets through to the parser: what share of a tree's bytes, and for which rules.

python benchmarks/words.py DIRECTORY
python benchmarks/words.py DIRECTORY --prove    also checks that it loses nothing, which takes minutes
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sources import TARGET, files_below, usual
from tables import MEGABYTE, paragraph, percent, table

from py314_check.api import Rule, Words
from py314_check.collector import without_collector
from py314_check.languages import is_test, language_of
from py314_check.model import Confidence, Finding, parse_version
from py314_check.registry import all_rules
from py314_check.run import check
from py314_check.splitting import words_in
from py314_check.words import WordTest

SHOWN = 40
"""How many rules have a row of their own."""


@dataclass
class Shares:
    """What became of the Python files of a tree: bytes and files in all, those that some rule wants parsed, and those
    that each does, by its code. ``alone`` are the bytes that no other rule wants.

    ``seconds`` of the processor are those of the word test, of which ``splitting`` were spent on words, and ``tests``
    on what else each rule asks; where rules share an answer, it is the first that pays.
    """

    bytes: int = 0
    files: int = 0
    passed_bytes: int = 0
    passed_files: int = 0
    wanted_bytes: Counter[str] = field(default_factory=Counter)
    wanted_files: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    seconds: float = 0
    splitting: float = 0
    tests: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def _rules() -> list[type[Rule]]:
    """The rules for Python files that hold for the target."""
    version = TARGET.version
    return [rule for rule in all_rules() if "python" in rule.languages and parse_version(rule.since) <= version]


@without_collector()  # as in a run
def measure(directory: Path) -> Shares:
    """Holds the Python files of a directory against the word test of all rules."""
    shares = Shares()
    test = WordTest([_timed(rule, shares) for rule in _rules()])
    for path in files_below(directory):
        if language_of(path) != "python":
            continue
        data = path.read_bytes()
        start = time.process_time()
        {*words_in(data)}
        split = time.process_time()
        rules = test.candidates(data)
        shares.seconds += time.process_time() - split
        shares.splitting += split - start
        tested = is_test(path.relative_to(directory).as_posix())
        count(shares, len(data), [rule.code for rule in rules if rule.in_tests or not tested])
    return shares


def count(shares: Shares, size: int, codes: Sequence[str]) -> None:
    """Adds a file of so many bytes, which these rules want parsed."""
    shares.bytes += size
    shares.files += 1
    shares.passed_bytes += size if codes else 0
    shares.passed_files += 1 if codes else 0
    for code in codes:
        shares.wanted_bytes[code] += size
        shares.wanted_files[code] += 1
    if len(codes) == 1:
        shares.alone[codes[0]] += size


def _timed(rule: type[Rule], shares: Shares) -> type[Rule]:
    """A rule like another, whose tests note how long they take."""

    def timed(test: Callable[[Any], object]) -> Callable[[Any], object]:
        def measured(file: Any) -> object:
            start = time.process_time()
            try:
                return test(file)
            finally:
                shares.tests[rule.code] += time.process_time() - start

        return measured

    words = tuple(
        Words(
            *one.words,
            imported=one.imported,
            quoted=one.quoted,
            remarks=one.remarks,
            test=one.test and timed(one.test),
            outline=one.outline and timed(one.outline),
        )
        for one in rule.words
    )
    return type(rule.__name__, (rule,), {"words": words})


def section(shares: Shares) -> Iterator[str]:
    """The table of rules, those that want the most bytes first."""

    def row(title: str, codes: Iterable[str]) -> list[object]:
        each = [*codes]
        wanted = sum(shares.wanted_bytes[code] for code in each)
        alone = sum(shares.alone[code] for code in each)
        seconds = sum(shares.tests[code] for code in each)
        files = sum(shares.wanted_files[code] for code in each)
        return [title, percent(wanted, shares.bytes), percent(alone, shares.bytes), files, f"{seconds:.2f}"]

    codes = [code for code, _ in shares.wanted_bytes.most_common()]
    quiet = [rule.code for rule in _rules() if rule.code not in shares.wanted_bytes]
    rows = [row(code, [code]) for code in codes[:SHOWN]]
    rows.append(row(f"{len(codes[SHOWN:]) + len(quiet)} others, summed", [*codes[SHOWN:], *quiet]))
    alone = percent(sum(shares.alone.values()), shares.bytes)
    total = [
        percent(shares.passed_bytes, shares.bytes),
        alone,
        shares.passed_files,
        f"{sum(shares.tests.values()):.2f}",
    ]
    rows.append(["all rules together", *total])
    yield from table("rule | bytes to parse | for it alone | files | seconds of its tests", rows)
    speed = shares.bytes / MEGABYTE / shares.seconds
    yield from paragraph(
        f"Of {shares.files} files and {shares.bytes / MEGABYTE:.1f} MB.",
        f"The whole word test took {shares.seconds:.1f} seconds of one processor, {speed:.0f} MB a second;",
        f"splitting into words alone takes {shares.splitting:.1f}.",
        "What rules share counts for the one that asks first.",
    )


def losses(directory: Path, jobs: int = 2) -> list[str]:
    """What the word test changes in a tree, at any confidence and guarded or not; a sentence each.

    Left out are rules that need no words, because they are about files that were parsed.
    """
    on, off = (_findings(directory, word_test, jobs) for word_test in (True, False))
    return [
        *(f"lost: {_where(finding)}" for finding in sorted(off - on, key=lambda one: one.sort_key)),
        *(f"found with the word test only: {_where(one)}" for one in sorted(on - off, key=lambda one: one.sort_key)),
    ]


def _findings(directory: Path, word_test: bool, jobs: int) -> set[Finding]:
    wanted = replace(usual(directory), confidence=Confidence.LOW, show_guarded=True, jobs=jobs, word_test=word_test)
    tested = {rule.code for rule in all_rules() if rule.words}
    return {finding for finding in check(wanted).findings if finding.code in tested}


def _where(finding: Finding) -> str:
    return f"{finding.path}:{finding.place.line}: {finding.code} {finding.symbol}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--prove", action="store_true", help="check that the word test loses nothing")
    options = parser.parse_args(arguments)
    directory = options.directory.absolute()
    print("\n".join(section(measure(directory))))
    lost = losses(directory) if options.prove else []
    print("\n".join(lost))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
