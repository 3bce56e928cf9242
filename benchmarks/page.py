"""docs/performance.md, from what was measured."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import command_lines
import stages
import words
from sources import TARGET
from tables import MEGABYTE, middle, paragraph, spread, table
from timing import CORES, Contender


@dataclass(frozen=True)
class Measured:
    """What there is to write. Percents are those of the tree, which is the part of 100 %; sizes are pairs of the number
    of Python files and their bytes; ``lost`` is None where it was not asked for.
    """

    packages: int
    percent: int
    """How much of the packages the tree is; less than 100 is a trial."""
    peers: Mapping[str, str]
    load: float
    part: int
    sizes: Mapping[int, tuple[int, int]]
    made_up: tuple[int, int]
    runs: Mapping[str, Contender]
    starts: Mapping[str, Contender]
    stages: Mapping[str, float]
    shares: words.Shares
    reports: Mapping[str, Mapping[int, float]]
    native: Sequence[str]
    lost: Sequence[str] | None


TITLES = {
    "floor": "reading and splitting into words",
    "ours 100": "py314-check, no cache",
    "ours cold": "py314-check, writing its cache",
    "ours warm": "py314-check, warm cache",
    "ours alone": "py314-check, no cache, one process",
    "ruff 100": f"ruff `{command_lines.RULES}`, no cache",
    "ruff cold": f"ruff `{command_lines.RULES}`, writing its cache",
    "ruff warm": f"ruff `{command_lines.RULES}`, warm cache",
    "ruff more": f"ruff `{command_lines.MORE_RULES}`, no cache",
    "vermin": "vermin",
    "pylint": "pylint, what is deprecated",
}


def written(measured: Measured) -> str:
    """The page."""
    sections = {
        "The whole tree": whole_tree(measured),
        "The limit": limit(measured),
        "Beside vermin and pylint": beside(measured),
        "Start-up": start_up(measured),
        "Time against size": growth(measured),
        "Time against findings": findings(measured),
        "Memory": memory(measured),
        "Where the time goes": where_time_goes(measured),
        "What the word test lets through": words.section(measured.shares),
        "C and C++": measured.native,
    }
    lines = ["<!-- Written by benchmarks/performance.py. -->", "", "# Performance", "", *introduction(measured)]
    for title, section in sections.items():
        lines += [f"## {title}", "", *section]
    return "\n".join(lines)


def introduction(measured: Measured) -> Iterator[str]:
    files, size = measured.sizes[100]
    peers = ", ".join(f"{name} {version}" for name, version in measured.peers.items())
    yield from paragraph(
        f"Measured by `python benchmarks/performance.py` on {machine()}.",
        f"The load of the machine was {measured.load:.1f} when the runs began.",
        "To repeat it takes that command, Linux, and the package index.",
    )
    yield from paragraph(
        f"The tree is {measured.packages} wheels, which `benchmarks/packages.toml` names, unpacked whole:",
        f"{files} Python files, {size / MEGABYTE:.1f} MB.",
        *([f"That is {measured.percent} % of them: this page is a trial."] if measured.percent < 100 else []),
        "A part of it is files at equal distances in the list of all, sorted by kind and size.",
    )
    yield from paragraph(
        f"Beside this tool ran {peers}, each in a fresh virtual environment, and all on {CORES} processors.",
        "Runs are whole processes that take turns.",
        "What counts is the median, and of ratios the median of those in each turn.",
        "Seconds are those on the clock; processor seconds are those of all processes of a run.",
        f"This tool ran with all its rules and `--target {TARGET}`, and wrote JSON; ruff wrote its concise report.",
    )
    yield from paragraph(
        "In all runs on the tree this tool wrote the same, byte for byte:",
        f"with {CORES} processes and with one, without a cache, writing one, and reading it.",
        *(["With the word test off it found the same, at any confidence."] if measured.lost is not None else []),
    )


def machine() -> str:
    """What was measured on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.machine()
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, {system}, Linux {platform.release()}, {python}"


def whole_tree(measured: Measured) -> Iterator[str]:
    runs = measured.runs
    names = ("ours 100", "ours cold", "ours warm", "ours alone", "ruff 100", "ruff cold", "ruff warm", "ruff more")

    def row(name: str) -> list[object]:
        one = runs[name]
        ratios = (middle(one.times(runs[other])) for other in ("ruff 100", "ruff warm"))
        return [TITLES[name], len(one.runs), middle(one.wall), spread(one.wall), middle(one.cpu), *ratios]

    head = "run | runs | seconds | from and to | processor seconds | times ruff without cache | times ruff warm"
    yield from table(head, map(row, names))
    yield from paragraph(
        "ruff ran with those of its rules that are nearest to what this tool looks for,",
        "and in the last row also with those that most projects use.",
    )


def limit(measured: Measured) -> Iterator[str]:
    floor, ours, warm = (measured.runs[name] for name in ("floor", "ours 100", "ours warm"))
    speed = measured.sizes[100][1] / MEGABYTE / median(floor.wall)
    yield from paragraph(
        "Whether a file needs to be parsed is told from its words: its bytes must be read, translated and split.",
        f"That alone, of the whole tree in {CORES} processes, takes {middle(floor.wall)} seconds",
        f"({spread(floor.wall)}), which is {speed:.0f} MB a second.",
        f"A run without a cache takes {middle(ours.times(floor), 1)} times as long,",
        f"and one with a warm cache {middle(warm.times(floor), 1)} times.",
    )


def beside(measured: Measured) -> Iterator[str]:
    files, size = measured.sizes[measured.part]
    ours, ruff = f"ours {measured.part}", f"ruff {measured.part}"
    titles = {**TITLES, ours: TITLES["ours 100"], ruff: TITLES["ruff 100"]}
    base = median(measured.runs[ours].wall)

    def row(name: str) -> list[object]:
        one = measured.runs[name]
        if not one.runs:
            return [titles[name], 0, "it failed", "", "", ""]
        ratio = f"{median(one.wall) / base:.1f}"
        return [titles[name], len(one.runs), middle(one.wall), spread(one.wall), middle(one.cpu), ratio]

    yield from paragraph(
        f"On {measured.part} % of the tree: {files} Python files, {size / MEGABYTE:.1f} MB.",
        "vermin tells which Python the code needs.",
        "pylint ran with its checkers for what is deprecated, and no others.",
    )
    head = "run | runs | seconds | from and to | processor seconds | times py314-check"
    yield from table(head, map(row, (ours, ruff, "vermin", "pylint")))


def start_up(measured: Measured) -> Iterator[str]:
    python = measured.starts["python"]
    titles = {"python": "`python -c pass`", "ours": "py314-check", "ruff": "ruff"}

    def row(name: str) -> list[object]:
        one = measured.starts[name]
        wall, cpu = ([1000 * seconds for seconds in each] for each in (one.wall, one.cpu))
        more = 1000 * (median(one.wall) - median(python.wall))
        return [
            titles[name],
            middle(wall, 0),
            spread(wall, 0),
            middle(cpu, 0),
            middle(one.times(python), 1),
            f"{more:.0f}",
        ]

    yield from paragraph(
        f"A small file without findings and without a cache, {len(python.runs)} runs, in milliseconds."
    )
    head = "run | on the clock | from and to | of the processor | times Python | more than Python"
    yield from table(head, map(row, titles))


def growth(measured: Measured) -> Iterator[str]:
    """Time against size. A start is no part of what grows."""
    runs, start = measured.runs, median(measured.starts["ours"].cpu)
    parts = sorted(measured.sizes)

    def row(part: int) -> list[object]:
        files, size = measured.sizes[part]
        ours, ruff = runs[f"ours {part}"], runs[f"ruff {part}"]
        speed = f"{size / MEGABYTE / median(ours.wall):.1f}"
        seconds = (middle(ours.wall), middle(ours.cpu), speed, middle(ruff.wall), middle(ours.times(ruff)))
        return [f"{part} %", files, f"{size / MEGABYTE:.1f}", *seconds]

    head = "part | files | MB | seconds | processor seconds | MB a second | ruff's seconds | times ruff"
    yield from table(head, map(row, parts))
    for less, more in pairwise(parts):
        size = measured.sizes[more][1] / measured.sizes[less][1]
        took = (median(runs[f"ours {more}"].cpu) - start) / (median(runs[f"ours {less}"].cpu) - start)
        yield from paragraph(
            f"From {less} to {more} %: {size:.1f} times the bytes,",
            f"and {took:.1f} times the processor seconds without those of a start;",
            f"time grows as the power of {exponent(size, took):.2f} of the size.",
        )


def exponent(size: float, time: float) -> float:
    """The power of the size that time grows as, when they become so many times what they were."""
    return math.log(time) / math.log(size)


def findings(measured: Measured) -> Iterator[str]:
    files, size = measured.made_up
    named = {int(name.split()[0]): one for name, one in measured.runs.items() if name.endswith(" findings")}
    numbers = [*next(iter(measured.reports.values()))]
    yield from paragraph(
        f"{files} files of made-up code, {size / MEGABYTE:.2f} MB in all, in which some calls are findings.",
        "The others call names of the same length.",
        "With none, no file is parsed; with 100, there is one in each file.",
    )
    rows = ([f"{number:,}", middle(one.wall), spread(one.wall), middle(one.cpu)] for number, one in named.items())
    yield from table("findings | seconds | from and to | processor seconds", rows)
    yield from paragraph("To write a report takes, in milliseconds of the processor:")
    head = " | ".join(["format", *(f"{number:,} findings" for number in numbers)])
    formats = measured.reports.items()
    yield from table(head, ([form, *(f"{1000 * took[number]:.0f}" for number in numbers)] for form, took in formats))


def memory(measured: Measured) -> Iterator[str]:
    slow = {name: f"{TITLES[name]} (on {measured.part} %)" for name in ("vermin", "pylint")}

    def row(name: str) -> list[object]:
        runs = measured.runs[name].runs
        peaks = (max(run.parent for run in runs), max(run.worker for run in runs))
        return [slow.get(name) or TITLES[name], *(f"{peak / MEGABYTE:.0f}" if peak else "none" for peak in peaks)]

    yield from paragraph(
        "The most that any run on the tree had, in MB: the process itself, and the largest that it started."
    )
    names = ("ours 100", "ours cold", "ours warm", "ours alone", "ruff 100", *slow)
    yield from table("run | itself | a worker", (row(name) for name in names if measured.runs[name].runs))


def where_time_goes(measured: Measured) -> Iterator[str]:
    yield from paragraph(
        "Processor seconds of a run over the tree, without a cache and in one process, which spends none on workers.",
        "*Word tests* are what rules ask of the bytes beyond their words,",
        "and below them are the ten rules whose tests take longest;",
        "what rules share counts for the one that asks first.",
        "*Settling and report* is what a whole run took beyond all other stages.",
    )
    yield from stages.section(median(measured.starts["ours"].cpu), measured.stages, measured.shares.tests)
