"""Measures how fast C and C++ are analysed, on the releases of sources.toml.

Time is that of the processor, which other work on the machine changes little; runs of all places take turns, and the
median counts. It needs Unix.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from sources import TARGET, fetch, files_below, load, run, unpack
from tables import MEGABYTE, middle, paragraph, spread, table

from py314_check.languages import language_of
from py314_check.languages.native.macros import rewritten
from py314_check.languages.native.slicing import ascii_bytes, sliced
from py314_check.languages.native.tree import is_cpp, is_header
from py314_check.languages.parsing import Deadline, parse
from py314_check.registry import select
from py314_check.scan import ScanSettings, Task, prepare

RULES = ("EXT",)
BIG = 500_000
"""Releases with fewer bytes of C to analyse are shown together with all others only."""


@dataclass
class Place:
    """A directory to run the tool in: the C and C++ in it that is analysed, and what the runs took."""

    title: str
    directory: Path
    code: list[tuple[str, bytes]]
    seconds: list[float] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(len(data) for _, data in self.code)

    @property
    def row(self) -> list[object]:
        size = self.bytes / MEGABYTE
        speed = size / median(self.seconds)
        return [self.title, len(self.code), f"{size:.2f}", middle(self.seconds), spread(self.seconds), f"{speed:.1f}"]


def analysed(directory: Path) -> Iterator[tuple[str, bytes]]:
    """The C and C++ files below a directory in which a rule could fire: what the tool parses."""
    settings = ScanSettings(TARGET, tuple(rule.code for rule in select(RULES, ())))
    for path in files_below(directory):
        if language_of(path) == "c":
            name, data = path.relative_to(directory).as_posix(), path.read_bytes()
            if isinstance(prepare(name, data, settings), Task):
                yield name, data


def places(where: Path, cache: Path) -> list[Place]:
    """Where to run: each big release, and all of them together."""
    first = [releases[0] for one in load().values() for releases in one.packages]
    found = []
    for release in first:
        directory = unpack(fetch(release, cache), where)
        found.append(Place(release.title, directory, list(analysed(directory))))
    together = Place(f"all {len(found)} releases", where, [one for place in found for one in place.code])
    return [*(place for place in found if place.bytes >= BIG), together]


def measure(all_places: Sequence[Place], repeats: int) -> None:
    """Runs the tool everywhere, again and again."""
    for turn in range(1, repeats + 1):
        print(f"turn {turn} of {repeats}", file=sys.stderr)
        for place in all_places:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run(place.directory, RULES)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            place.seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def slicing_and_parsing(code: Sequence[tuple[str, bytes]], repeats: int) -> tuple[float, float]:
    """How long one core slices some files, and how long tree-sitter parses what is left of them."""
    texts = [(name, ascii_bytes(data.decode("utf-8", "replace"))) for name, data in code]
    cpp = [is_cpp(name, data) for name, data in texts]

    def slice_all() -> list[bytes]:
        return [
            sliced(data, TARGET, is_cpp=one, is_header=is_header(name)).code
            for (name, data), one in zip(texts, cpp, strict=True)
        ]

    slices = [rewritten(each) for each in slice_all()]

    def parse_all() -> None:
        for each, one in zip(slices, cpp, strict=True):
            parse(each, "tree_sitter_cpp" if one else "tree_sitter_c", Deadline())

    def took(do: Callable[[], object]) -> float:
        start = time.process_time()
        do()
        return time.process_time() - start

    pairs = [(took(slice_all), took(parse_all)) for _ in range(repeats)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def section(cache: Path, repeats: int) -> Iterator[str]:
    """Fetches, measures and writes it up."""
    with tempfile.TemporaryDirectory() as where:
        found = places(Path(where), cache)
        measure(found, repeats)
        slicing, parsing = slicing_and_parsing(found[-1].code, repeats)
    yield from written(found, slicing, parsing)


def written(all_places: Sequence[Place], slicing: float, parsing: float) -> Iterator[str]:
    """The table of places, and how long slicing and parsing of all of them take."""
    yield from paragraph(
        "Processor seconds of `py314-check --target 3.14t --select EXT --jobs 1 --no-cache`, from start to report,",
        "on source distributions of extension modules.",
        "Counted are the bytes of the C and C++ files that are parsed;",
        "the other files of a release are read as well, and cost time here.",
    )
    yield from table(
        "what | files | MB | seconds | from and to | MB a second and core", (one.row for one in all_places)
    )
    yield from paragraph(
        f"Slicing all of it takes {slicing:.2f} seconds and parsing {parsing:.2f}, a ratio of {slicing / parsing:.2f}."
    )
