#!/usr/bin/env python3
"""Measures this tool and its neighbours on the packages of packages.toml, and writes docs/performance.md.

    python benchmarks/performance.py              about a quarter of an hour on two quiet cores
    python benchmarks/performance.py --prove      also checks that the word test loses nothing: some minutes more
    python benchmarks/performance.py --part 100   vermin and pylint on the whole tree, too: half an hour more
    python benchmarks/performance.py --tree 1 --repeats 1 --page FILE    tries everything in some minutes

It fetches wheels and installs tools from the package index, into a cache and into fresh virtual environments. Its exit
status is 1, and no page is written, where the findings depend on the number of processes or on the cache, or, with
--prove, on the word test. It needs Linux. Other work on the machine shows: leave it alone while this runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import command_lines
import native
import page
import stages
import tree
import words
from sources import DEFAULT_CACHE, HERE, usual
from timing import CORES, Contender, take_turns

from py314_check.config import FORMATS
from py314_check.model import Report
from py314_check.reporters import render
from py314_check.run import check

PAGE = HERE.parent / "docs" / "performance.md"
PARTS = (1, 10, 100)
"""How much of the tree is measured, in percent."""
FINDINGS = (0, 100, 1_000, 10_000)
STARTS = 20
SAME = ("ours 100", "ours cold", "ours warm", "ours alone")
"""Runs that must say the same."""


def on_parts(programs: Mapping[str, Path], parts: Mapping[int, Path], repeats: int) -> dict[str, Contender]:
    """This tool and ruff, without their caches, on parts of the tree by their share in percent."""
    ours = command_lines.ours(programs, ".", "--no-cache")
    ruff = command_lines.ruff(programs, ".", command_lines.RULES, "--no-cache")
    found = {}
    for percent, part in parts.items():
        found[f"ours {percent}"] = Contender(ours, part, repeats)
        found[f"ruff {percent}"] = Contender(ruff, part, repeats)
    return found


def on_the_tree(programs: Mapping[str, Path], directory: Path, caches: Path, repeats: int) -> dict[str, Contender]:
    """What else is measured on the whole tree. A warm run comes right after the one that wrote its cache."""
    cache, other = caches / "ours", caches / "ruff"
    ours = command_lines.ours(programs, ".", "--cache-dir", str(cache))
    ruff = command_lines.ruff(programs, ".", command_lines.RULES, "--cache-dir", str(other))
    more = command_lines.ruff(programs, ".", command_lines.MORE_RULES, "--no-cache")
    floor = (str(programs[command_lines.OURS] / "python"), str(HERE / "floor.py"), str(CORES))
    return {
        "floor": Contender(floor, directory, repeats),
        "ours cold": Contender(ours, directory, repeats, fresh=cache),
        "ours warm": Contender(ours, directory, repeats),
        "ruff cold": Contender(ruff, directory, repeats, fresh=other),
        "ruff warm": Contender(ruff, directory, repeats),
        "ruff more": Contender(more, directory, repeats),
        "ours alone": Contender(command_lines.ours(programs, ".", "--no-cache", "--jobs", "1"), directory, 1),
    }


def neighbours(programs: Mapping[str, Path], part: Path, repeats: int) -> dict[str, Contender]:
    """The tools that take minutes."""
    return {
        "vermin": Contender(command_lines.vermin(programs, "."), part, repeats, statuses=(0, 1), may_fail=True),
        "pylint": Contender(command_lines.pylint(programs, "."), part, repeats, may_fail=True),
    }


def on_findings(programs: Mapping[str, Path], made_up: Mapping[int, Path], repeats: int) -> dict[str, Contender]:
    """This tool on code of one size, by how much there is to find in it."""
    ours = command_lines.ours(programs, ".", "--no-cache")
    return {f"{number} findings": Contender(ours, directory, repeats) for number, directory in made_up.items()}


def starts(programs: Mapping[str, Path], where: Path) -> dict[str, Contender]:
    """What it costs to start: on a file without findings, in an empty directory."""
    where.mkdir()
    (where / "clean.py").write_text("import os\n\nprint(os.getcwd())\n", encoding="utf-8")
    return {
        "python": Contender((str(programs[command_lines.OURS] / "python"), "-c", "pass"), where, STARTS),
        "ours": Contender(command_lines.ours(programs, "clean.py", "--no-cache"), where, STARTS),
        "ruff": Contender(command_lines.ruff(programs, "clean.py", command_lines.RULES, "--no-cache"), where, STARTS),
    }


def reports(made_up: Mapping[int, Path], repeats: int) -> dict[str, dict[int, float]]:
    """How long each format takes to write, in processor seconds, by the number of findings."""
    seconds: dict[str, dict[int, float]] = {form: {} for form in FORMATS}
    for number, directory in made_up.items():
        report = check(replace(usual(directory), jobs=CORES, line_hashes=True))
        for form in FORMATS:
            seconds[form][number] = median(_seconds(report, form) for _ in range(repeats))
    return seconds


def _seconds(report: Report, form: str) -> float:
    start = time.process_time()
    render(report, form)
    return time.process_time() - start


def measure(options: argparse.Namespace, where: Path) -> page.Measured:
    """All of it, with a directory to work in."""
    wheels, peers = tree.load()
    print("unpacking", file=sys.stderr)
    tree.unpack(tree.fetch(wheels, options.cache), where / "packages")
    directory = tree.part(where / "packages", options.tree, where / "tree")
    parts = {one: tree.part(directory, one, where / f"part-{one}") for one in sorted({*PARTS, options.part})}
    made_up = {number: tree.made_up(where / f"findings-{number}", number) for number in FINDINGS}
    programs = command_lines.install(where / "environments", peers)
    code_in_c = [*native.section(options.cache, options.slow_repeats)]
    load = os.getloadavg()[0]
    runs = {
        **on_parts(programs, parts, options.repeats),
        **on_the_tree(programs, parts[100], where / "caches", options.repeats),
        **neighbours(programs, parts[options.part], options.slow_repeats),
        **on_findings(programs, made_up, options.repeats),
    }
    take_turns(runs)
    begun = starts(programs, where / "start")
    take_turns(begun)
    return page.Measured(
        packages=len(wheels),
        percent=options.tree,
        peers=peers,
        load=load,
        part=options.part,
        sizes={percent: tree.python_of(part) for percent, part in parts.items()},
        made_up=tree.python_of(made_up[0]),
        runs=runs,
        starts=begun,
        stages=stages.measure(parts[100]),
        shares=words.measure(parts[100]),
        reports=reports({number: made_up[number] for number in FINDINGS[-2:]}, options.repeats),
        native=code_in_c,
        lost=words.losses(parts[100]) if options.prove else None,
    )


def differences(runs: Mapping[str, Contender]) -> list[str]:
    """The runs that should have said the same as the first one, and did not; a sentence each."""
    expected = runs[SAME[0]].runs[0].digest
    different = [name for name in SAME if {run.digest for run in runs[name].runs} != {expected}]
    return [f"the report of {name!r} is not that of the first run of {SAME[0]!r}" for name in different]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where archives are kept (%(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="how often to measure (%(default)s)")
    parser.add_argument("--slow-repeats", type=int, default=1, help="how often to run the slow ones (%(default)s)")
    parser.add_argument("--part", type=int, default=10, help="percent of the tree for the slow ones (%(default)s)")
    parser.add_argument("--tree", type=int, default=100, help="percent of the packages to measure on (%(default)s)")
    parser.add_argument("--prove", action="store_true", help="check that the word test loses nothing")
    parser.add_argument("--page", type=Path, default=PAGE, help="what to write (%(default)s)")
    options = parser.parse_args(arguments)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as where:
        measured = measure(options, Path(where))
    wrong = [*(measured.lost or ()), *differences(measured.runs)]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    options.page.write_text(page.written(measured), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
