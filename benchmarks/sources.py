"""Releases to measure with: named in sources.toml, fetched once with pip, unpacked, and scanned as a user would."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from py314_check.discovery import DEFAULT_EXCLUDE, discover
from py314_check.model import Target
from py314_check.run import Options

HERE = Path(__file__).parent
TARGET = Target((3, 14), free_threaded=True)
DEFAULT_CACHE = Path("~/.cache/py314-check/sources").expanduser()


@dataclass(frozen=True)
class Release:
    """A row of sources.toml, which says what each key means."""

    name: str
    version: str
    sha256: str
    undeclared: int | None = None

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class SourceList:
    """A list of packages, each with one release or several, and the rules that it measures."""

    about: str
    select: tuple[str, ...]
    packages: tuple[tuple[Release, ...], ...]


def load() -> dict[str, SourceList]:
    """The lists of sources.toml by name, in its order."""
    lists = tomli.loads((HERE / "sources.toml").read_text(encoding="utf-8"))
    return {
        name: SourceList(
            one["about"],
            tuple(one["select"]),
            tuple(tuple(Release(package, **row) for row in rows) for package, rows in one["packages"].items()),
        )
        for name, one in lists.items()
    }


def fetch(release: Release, cache: Path) -> Path:
    """The archive of a release in a directory, where it is told by its hash, or from the package index.

    Raises CalledProcessError where pip cannot get it, or the index has something else by that name, and
    FileNotFoundError where that is no .tar.gz.
    """
    cache.mkdir(parents=True, exist_ok=True)
    found = _cached(release, cache)
    if found is None:
        wanted = cache / "wanted.txt"
        wanted.write_text(f"{release.name}=={release.version} --hash=sha256:{release.sha256}\n", encoding="utf-8")
        # What pip makes the metadata with may come as wheels.
        options = ("--no-binary", release.name, "--no-deps", "--require-hashes", "--quiet", "--dest", str(cache))
        subprocess.run([sys.executable, "-m", "pip", "download", *options, "--requirement", str(wanted)], check=True)
        wanted.unlink()
        found = _cached(release, cache)
    if found is None:
        raise FileNotFoundError(f"{release.title} is no .tar.gz on the package index")
    return found


def _cached(release: Release, cache: Path) -> Path | None:
    archives = sorted(cache.glob("*.tar.gz"))
    return next((one for one in archives if hashlib.sha256(one.read_bytes()).hexdigest() == release.sha256), None)


def unpack(archive: Path, where: Path) -> Path:
    """Unpacks a source distribution below a directory, and nowhere else; returns the directory that it is."""
    with tarfile.open(archive) as file:
        file.extractall(where, filter="data")
        return where / file.getnames()[0].split("/")[0]


def files_below(directory: Path) -> list[Path]:
    """The files that a run looks at in a directory."""
    return discover(
        [directory], root=directory, exclude=DEFAULT_EXCLUDE, respect_gitignore=True, force_exclude=False, warn=_warn
    )


def _warn(message: str) -> None:
    print(message, file=sys.stderr)


def usual(directory: Path) -> Options:
    """A run as it is in a directory, for a program to ask for: what is in it is all of the project."""
    return Options(paths=(directory,), target=TARGET, config_file=directory / "pyproject.toml")


def scan(directory: Path, select: Sequence[str]) -> list[dict[str, Any]]:
    """The findings of a run of the tool in a directory, as its JSON has them, with paths relative to the directory."""
    report = run(directory, select)
    root = directory / report["root"]
    for finding in report["findings"]:
        finding["path"] = Path(os.path.relpath(root / finding["path"], directory)).as_posix()
    return list(report["findings"])


def run(directory: Path, select: Sequence[str]) -> dict[str, Any]:
    """The report of a run on one core, from scratch, as JSON has it."""
    options = ("--target", str(TARGET), "--isolated", "--jobs", "1", "--no-cache", "--fail-on", "never")
    command = [sys.executable, "-m", "py314_check", *options, "--select", ",".join(select), "--output-format", "json"]
    # What is installed is compiled once, and not each time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=directory, env=environment, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))
