"""The tree that performance.py measures on: the wheels of packages.toml, unpacked; parts of it; and code made up."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli
from sources import HERE

FILES = 100
"""How many files the code made up has."""
FUNCTIONS, CALLS = 20, 5
"""How many functions each of them has, and how many calls in each may be something to find."""


@dataclass(frozen=True)
class Wheel:
    """A wheel on the package index. ``sha256`` is that of the file with this name."""

    name: str
    version: str
    file: str
    sha256: str

    @property
    def tags(self) -> tuple[str, str]:
        """The ABI that it is built for, and the platforms, as its name has them."""
        _, abi, platforms = self.file.removesuffix(".whl").rsplit("-", 2)
        return abi, platforms


def load() -> tuple[list[Wheel], dict[str, str]]:
    """The wheels of packages.toml, and the versions of the other tools by name."""
    content = tomli.loads((HERE / "packages.toml").read_text(encoding="utf-8"))
    return [Wheel(name, **row) for name, row in content["packages"].items()], dict(content["peers"])


def fetch(wheels: Sequence[Wheel], cache: Path) -> list[Path]:
    """The files of wheels in a directory, where they are, or from the package index.

    Raises CalledProcessError where pip cannot get one, or the index has something else by that name, and ValueError
    where the directory has something else.
    """
    cache.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in wheels if not (cache / wheel.file).exists()]
    if missing:
        wanted = cache / "wanted.txt"
        lines = (f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in missing)
        wanted.write_text("".join(lines), encoding="utf-8")
        options = ("--no-deps", "--require-hashes", "--quiet", "--dest", str(cache), *tags_of(missing))
        subprocess.run([sys.executable, "-m", "pip", "download", *options, "--requirement", str(wanted)], check=True)
        wanted.unlink()
    for wheel in wheels:
        if hashlib.sha256((cache / wheel.file).read_bytes()).hexdigest() != wheel.sha256:
            raise ValueError(f"{cache / wheel.file} is not what packages.toml says. Remove it.")
    return [cache / wheel.file for wheel in wheels]


def tags_of(wheels: Iterable[Wheel]) -> Iterator[str]:
    """What tells pip to take wheels for the platforms in their names, not for the one that it runs on."""
    tags = [wheel.tags for wheel in wheels]
    yield from ("--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.12")
    for abi in sorted({abi for abi, _ in tags}):
        yield from ("--abi", abi)
    for platform in sorted({one for _, platforms in tags for one in platforms.split(".")} - {"any"}):
        yield from ("--platform", platform)


def unpack(archives: Iterable[Path], where: Path) -> None:
    """Unpacks wheels, each into a directory of its own that has the name of its distribution."""
    for archive in archives:
        with zipfile.ZipFile(archive) as file:
            file.extractall(where / archive.name.split("-")[0])


def files_of(directory: Path) -> list[Path]:
    """All files below a directory, by kind and size, so that what lies evenly in the list is like the whole."""
    paths = (Path(parent, name) for parent, _, names in os.walk(directory) for name in names)
    return sorted(paths, key=lambda path: (path.suffix, path.stat().st_size, path.relative_to(directory).as_posix()))


def evenly(total: int, wanted: int) -> list[int]:
    """So many of the numbers below a total, at equal distances, each from the middle of its share."""
    return [(2 * number + 1) * total // (2 * wanted) for number in range(wanted)]


def part(directory: Path, percent: int, where: Path) -> Path:
    """A directory made of hard links to some of the files of another: always the same ones; returns it."""
    files = files_of(directory)
    for index in evenly(len(files), max(len(files) * percent // 100, 1)):
        link = where / files[index].relative_to(directory)
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(files[index], link)
    return where


def python_of(directory: Path) -> tuple[int, int]:
    """How many Python files are below a directory, and how many bytes they have."""
    sizes = [path.stat().st_size for path in directory.rglob("*.py") if path.is_file()]
    return len(sizes), sum(sizes)


def made_up(where: Path, findings: int) -> Path:
    """Writes files in which there is so much to find, spread over all of them; returns the directory.

    They always have the same size: where there is nothing to find, a name of the same length is called.
    """
    where.mkdir(parents=True)
    chosen = set(evenly(FILES * FUNCTIONS * CALLS, findings))
    for number in range(FILES):
        lines = ["import pkgutil"]
        for function in range(FUNCTIONS):
            lines.append(f"def f{function}(name, value):")
            for call in range(CALLS):
                slot = (number * FUNCTIONS + function) * CALLS + call
                lines.append(f"    pkgutil.{'find_loader' if slot in chosen else 'walk_loader'}(name)")
                lines.append(f"    value = [len(name), value, {call}]")
            lines.append("    return value")
        (where / f"m{number}.py").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return where
