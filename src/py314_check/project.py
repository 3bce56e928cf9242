"""What surrounds the files: the root, first-party modules, declared dependencies and metadata.

Everything is looked up when it is first asked for, and kept for each directory.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from py314_check.answers import Answers
from py314_check.manifests import Manifests, absolute, file_names, listed_in_cfg, strings, values
from py314_check.model import Crate, Target, parse_version
from py314_check.specifiers import admits, from_poetry
from py314_check.stamps import Stamp

# What only some findings ask for is imported where it is used: most runs do without.
if TYPE_CHECKING:
    from py314_check.cargo import Cargo
    from py314_check.contents import Contents, Directories
    from py314_check.requirements import Requirements

_C_HEADER = re.compile(r".+\.(?:h|hh|hpp|hxx|inc)")
_SOURCE = re.compile(r".+\.(?:pyw?|pyx|rs|c|cc|cpp|cxx)")
_PYTHON_REQUIRES = re.compile(r"""^[^#\r\n]*\bpython_requires["']?\s*[=:]\s*["']([^"'\r\n]+)["']""", re.MULTILINE)
_RUNS_ON = re.compile(r"^[^#\r\n]*Programming Language :: Python :: ([23])\.(\d+)", re.MULTILINE)
_VERSIONS = ((2, 6), (2, 7), *((3, minor) for minor in range(16)))
_FREE_THREADING = "Python :: Free Threading"
_MODULE_FILE = re.compile(r"(\w+)\.(?:pyi?|pyw|pyx|(?:.+\.)?(?:so|pyd))")


@dataclass(frozen=True)
class Metadata:
    """What a project says of itself; None or empty where it does not say."""

    requires_python: str | None = None
    classifiers: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()


def find_root(paths: Iterable[Path], config_file: Path | None) -> Path:
    """The project root: the nearest directory with ``.git`` at or above all the paths.

    Else the directory of the configuration file, else the working directory. A worktree's ``.git`` is a file.
    """
    try:
        common = Path(os.path.commonpath([os.path.abspath(path) for path in paths]))
    except ValueError:  # no paths, or paths on several drives
        common = Path(os.path.abspath("."))
    for directory in (common, *common.parents):
        if os.path.exists(directory / ".git"):
            return directory
    return Path(os.path.abspath("." if config_file is None else config_file.parent))


class Project:
    """The surroundings of the files below ``root``, as the target sees them.

    ``problems`` gathers a sentence for each file that could not be read as what it is. ``answers`` are those that
    earlier runs for the same target found in its files.
    """

    def __init__(self, root: Path, target: Target, answers: Answers | None = None) -> None:
        self._answers = answers or Answers()
        self._manifests = Manifests(root)
        self.root = self._manifests.root
        self.target = target
        self.problems = self._manifests.problems
        self._floor = functools.cache(self._find_floor)
        self._search_path = functools.cache(self._find_search_path)
        self._modules = functools.cache(_modules)
        self._contents = functools.cache(self._find_contents)
        self._home = functools.cache(self._find_home)
        self._leaves_out = functools.cache(self._find_left_out)
        self._setup_strings = functools.cache(self._read_setup_strings)
        self._holds_signs_of_threads = functools.cache(self._find_signs_of_threads)
        self._is_package = functools.cache(_is_package)
        self._holds_modules = functools.cache(_holds_modules)

    @functools.cached_property
    def _requirements(self) -> Requirements:
        from py314_check.requirements import Requirements

        return Requirements(self._manifests, self.target, self._answers)

    @functools.cached_property
    def _cargo(self) -> Cargo:
        from py314_check.cargo import Cargo

        return Cargo(self._manifests)

    @functools.cached_property
    def _directories(self) -> Directories:
        from py314_check.contents import Directories

        return Directories()

    # First-party modules.

    def is_first_party(self, path: Path, module: str, *, with_directories: bool = True) -> bool:
        """Whether ``import module`` in a file finds something of the project: a module, an extension or a package.

        A directory without ``__init__.py`` is found too, but only where no module of that name is left elsewhere:
        ``with_directories`` says that none is.
        """
        name = module.partition(".")[0]
        return name.isidentifier() and any(
            name in self._modules(directory)
            or self._is_package(directory / name)
            or (with_directories and self._holds_modules(directory / name))
            for directory in self._search_path(absolute(path).parent)
        )

    def _find_search_path(self, directory: Path) -> tuple[Path, ...]:
        import_root = directory
        while os.path.isfile(import_root / "__init__.py") and import_root != import_root.parent:
            import_root = import_root.parent
        levels = self._manifests.levels(directory)
        nearest = next((level for level in levels if self._manifests.has_manifest(level)), self.root)
        usual = [import_root, self.root, self.root / "src", nearest, nearest / "src"]
        found = [place for place in usual if not os.path.isfile(place / "__init__.py")]  # not the inside of a package
        for level in levels:
            found += [level / name for name in self._import_directories(level)]
        return tuple(place for place in dict.fromkeys(map(absolute, found)) if not _is_standard_library(place))

    def _import_directories(self, directory: Path) -> Iterator[str]:
        """The directories that the configuration in a directory puts on the import path, relative to it."""
        pyproject = self._manifests.pyproject(directory)
        for path in (
            "tool.setuptools.packages.find.where",
            "tool.pytest.ini_options.pythonpath",
            "tool.pytest.pythonpath",
        ):
            yield from strings(pyproject.get(path))
        yield from values(pyproject.get("tool.setuptools.package-dir"), "")
        packages = pyproject.get("tool.poetry.packages")
        for package in packages if isinstance(packages, list) else ():
            yield from values(package, "from")
        wheel = "tool.hatch.build.targets.wheel"
        for package in strings(pyproject.get(f"{wheel}.packages")):
            yield os.path.dirname(package)
        yield from strings(pyproject.get(f"{wheel}.sources"))
        setup_cfg = self._manifests.setup_cfg(directory)
        for line in setup_cfg.get("options", {}).get("package_dir", "").splitlines():
            package, equals, place = line.partition("=")
            if equals and not package.strip():
                yield place.strip()
        yield from setup_cfg.get("options.packages.find", {}).get("where", "").split()

    def has_stub(self, path: Path) -> bool:
        """Whether a stub stands beside a Python file, which type checkers read in its place."""
        return path.suffix == ".py" and path.with_suffix(".pyi").name in file_names(absolute(path).parent)

    # Declared dependencies.

    def provider(self, path: Path, distributions: Collection[str]) -> str | None:
        """The first of some distributions that the project declares for the target, and where; None for none of them.

        What is declared beside a file and in the directories above it counts, up to the root, optional groups
        included; so does the script metadata of the file itself, and for a setup.py what its build requires.
        """
        return self._requirements.provider(path, distributions)

    # Metadata.

    def metadata(self, path: Path) -> Metadata:
        """The metadata of the nearest directory at or above a file, up to the root, that has any."""
        for directory in self._manifests.levels(absolute(path).parent):
            pyproject, setup_cfg = self._manifests.pyproject(directory), self._manifests.setup_cfg(directory)
            if pyproject.get("project") is None and not {"metadata", "options"} & setup_cfg.keys():
                continue
            requires_python = pyproject.get("project.requires-python")
            if requires_python is not None and not isinstance(requires_python, str):
                pyproject.complain("project.requires-python must be a string")
                requires_python = None
            classifiers = [text for _, text in pyproject.requirements("project.classifiers")]
            return Metadata(
                requires_python or setup_cfg.get("options", {}).get("python_requires") or None,
                tuple(classifiers or listed_in_cfg(setup_cfg.get("metadata", {}).get("classifiers", ""))),
                tuple(text for _, text in pyproject.requirements("build-system.requires")),
            )
        return Metadata()

    def may_run_before(self, path: Path, version: str) -> bool:
        """Whether the project that a file belongs to may run on a Python before a version."""
        floor = self.floor(path)
        return floor is None or floor < parse_version(version)

    def floor(self, path: Path) -> tuple[int, int] | None:
        """The oldest Python that the project of a file says it runs on, by ``requires-python`` or else by its
        classifiers, in pyproject.toml, setup.cfg or constants of setup.py; None where it does not say.
        """
        return self._floor(absolute(path).parent)

    def _find_floor(self, directory: Path) -> tuple[int, int] | None:
        path = directory / "module.py"
        metadata, home = self.metadata(path), self.home(path)
        setup = (self._manifests.read(home / "setup.py") or b"").decode("latin-1")
        poetry = self._manifests.pyproject(home).get("tool.poetry.dependencies.python")
        specifiers = [metadata.requires_python] if metadata.requires_python else _PYTHON_REQUIRES.findall(setup)
        specifiers += from_poetry(poetry) if isinstance(poetry, str) else []
        for major, minor in _VERSIONS:
            if any(admits(one, f"{major}.{minor}", f"{major}.{minor}.999") for one in specifiers):
                return major, minor
        classified = _RUNS_ON.findall("\n".join([*metadata.classifiers, setup]))
        return min(((int(major), int(minor)) for major, minor in classified), default=None)

    def declares_free_threading(self, path: Path) -> bool:
        """Whether the project that a file belongs to says by a classifier that it is for free-threaded builds."""
        classifiers = (*self.metadata(path).classifiers, *self._setup_strings(self.home(path)))
        return any(_FREE_THREADING in classifier for classifier in classifiers)

    def shows_threads(self, path: Path) -> bool:
        """Whether anything in the project that a file belongs to shows that its code runs in several threads.

        A source of it does, a server that it requires, or a classifier that declares free threading.
        """
        from py314_check.signs_of_threads import SERVERS

        return (
            self.declares_free_threading(path)
            or self.provider(path, SERVERS) is not None
            or self._holds_signs_of_threads(self.home(path))
        )

    def _find_signs_of_threads(self, directory: Path) -> bool:
        return any(self._has_signs_of_threads(*file) for file in self._directories.files(directory, _SOURCE))

    def _has_signs_of_threads(self, path: str, stamp: Stamp | None) -> bool:
        from py314_check.contents import content
        from py314_check.signs_of_threads import shows_threads

        return self._answers.whether(f"shows threads {path}", [(path, stamp)], lambda: shows_threads(content(path)))

    def _read_setup_strings(self, directory: Path) -> list[str]:
        path = directory / "setup.py"
        data = self._manifests.read(path)
        return self._requirements.literals(path, data) if data is not None and _FREE_THREADING.encode() in data else []

    # Native code and its build.

    def _find_contents(self, directory: Path, kind: re.Pattern[str]) -> Contents:
        from py314_check.contents import Contents

        return Contents(directory, kind, self._directories, self._answers)

    def says(self, path: Path, words: Collection[str]) -> bool:
        """Whether a piece of code stands in another source in a file's language, C being one with C++, of its project.

        Comments do not count, here and below.
        """
        if not words:
            return False
        from py314_check.contents import CYTHON, RUST, C

        kind = next((one for one in (CYTHON, RUST) if one.fullmatch(path.name)), C)
        others, own = self._contents(self.home(path), kind), absolute(path)
        return any(others.says(word, but=own) for word in words)

    def leaves_out(self, path: Path, *, free_threaded: bool) -> bool:
        """Whether a C header is included in its project, but nowhere that this build of the target compiles."""
        return self._leaves_out(path, free_threaded)

    def _find_left_out(self, path: Path, free_threaded: bool) -> bool:
        if not _C_HEADER.fullmatch(path.name):
            return False
        from py314_check.contents import C, content
        from py314_check.languages.native.includes import includes

        target = replace(self.target, free_threaded=free_threaded)
        contents = self._contents(self.home(path), C)

        def find() -> list[str]:
            sources = contents.saying(path.name)
            found = {includes(content(str(source)), source.name, path.name, target) for source in sources}
            return ["yes"] if False in found and True not in found else []

        return bool(contents.ask(f"leaves out {path.name} {target}", find))

    def builds_with_crate(self, path: Path, crate: Crate) -> bool | None:
        """Whether the Cargo project that a file belongs to builds with a crate; None where its version is not told."""
        return self._cargo.builds_with(path, crate)

    def builds_with(self, path: Path, patterns: Collection[str]) -> bool:
        """Whether a regular expression matches in a file by which the project of a file is built, here or in CI."""
        if not patterns:
            return False
        from py314_check.contents import BUILD_FILE

        return any(map(self._contents(self.home(path), BUILD_FILE).matches, patterns))

    def home(self, path: Path) -> Path:
        """The directory of the project that a file belongs to."""
        return self._home(absolute(path).parent)

    def _find_home(self, directory: Path) -> Path:
        levels = self._manifests.levels(directory)
        return next((level for level in levels if self._manifests.has_manifest(level)), levels[-1])


# What a directory holds.


def _modules(directory: Path) -> frozenset[str]:
    return frozenset(match[1] for match in map(_MODULE_FILE.fullmatch, file_names(directory)) if match is not None)


def _is_package(directory: Path) -> bool:
    return not {"__init__.py", "__init__.pyi"}.isdisjoint(file_names(directory))


def _holds_modules(directory: Path) -> bool:
    return any(name.endswith(".py") for name in file_names(directory))


def _is_standard_library(directory: Path) -> bool:
    return {"os.py", "site.py"} <= set(file_names(directory)) and os.path.isdir(directory / "importlib")
