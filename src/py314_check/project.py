"""What surrounds the files: the root, first-party modules, declared dependencies and metadata.

Everything is looked up when it is first asked for, and kept for each directory. A file that cannot be read or does
not say what it should is a sentence in ``Project.problems``, never an exception.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from py314_check.model import Target

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
_MODULE_FILE = re.compile(r"(\w+)\.(?:pyi?|pyw|pyx|(?:.+\.)?(?:so|pyd))")

# Where requirements are declared: dotted paths, ``*`` for any key.
_REQUIREMENT_LISTS = (
    "project.dependencies",
    "project.optional-dependencies.*",
    "dependency-groups.*",
    "tool.uv.dev-dependencies",
    "tool.pdm.dev-dependencies.*",
    "tool.hatch.envs.*.dependencies",
    "tool.hatch.envs.*.extra-dependencies",
    "tool.flit.metadata.requires",
    "tool.flit.metadata.requires-extra.*",
)
_POETRY_TABLES = (
    "tool.poetry.dependencies",
    "tool.poetry.dev-dependencies",
    "tool.poetry.group.*.dependencies",
)
_PIPFILE_TABLES = ("packages", "dev-packages")
_SETUP_CFG_OPTIONS = ("install_requires", "setup_requires", "tests_require")

_PLATFORMS = (
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
)
_MACHINES = {"linux": ("x86_64", "aarch64"), "win32": ("AMD64", "ARM64"), "darwin": ("x86_64", "arm64")}
_MARKERS = frozenset(
    "implementation_name implementation_version os_name platform_machine platform_python_implementation"
    " platform_release platform_system platform_version python_full_version python_version sys_platform".split()
)
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)|["']([^"']+)["']\s*==\s*extra\b""")
_POETRY_BOUND = re.compile(r"\s*(\^|~=|~|===?|!=|[<>]=?|)\s*(\d+(?:\.(?:\d+|\*))*|\*)\s*,?")

_REQUIREMENTS_FILE = re.compile(r".*requirements.*\.(?:txt|in)")
_INCLUDE = re.compile(r"(?:-r\s*|--requirement[\s=]\s*)(?P<file>\S.*)")
_COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_COMMENT = re.compile(r"\s#.*")
_OPTION = re.compile(r"(?:^|\s)--?[a-z].*")
_SCRIPT_BLOCK = re.compile(r"^# /// script[ \t]*$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///[ \t]*$", re.MULTILINE)


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

    ``problems`` gathers a sentence for each file that could not be read as what it is.
    """

    def __init__(self, root: Path, target: Target) -> None:
        self.root = Path(os.path.abspath(root))
        self.target = target
        self.problems: list[str] = []
        self._complained: set[Path] = set()
        self._pyproject = functools.cache(self._read_pyproject)
        self._setup_cfg = functools.cache(self._read_setup_cfg)
        self._levels = functools.cache(self._find_levels)
        self._search_path = functools.cache(self._find_search_path)
        self._declared = functools.cache(self._read_declarations)
        self._setup_py = functools.cache(self._read_setup_py)
        self._modules = functools.cache(_modules)
        self._is_package = functools.cache(_is_package)
        self._script = functools.cache(self._read_script)

    # First-party modules.

    def is_first_party(self, path: Path, module: str) -> bool:
        """Whether ``import module`` in a file finds something of the project: a module, an extension or a package."""
        name = module.partition(".")[0]
        return name.isidentifier() and any(
            name in self._modules(directory) or self._is_package(directory / name)
            for directory in self._search_path(_absolute(path).parent)
        )

    def _find_search_path(self, directory: Path) -> tuple[Path, ...]:
        import_root = directory
        while os.path.isfile(import_root / "__init__.py") and import_root != import_root.parent:
            import_root = import_root.parent
        levels = self._levels(directory)
        nearest = next((level for level in levels if _has_manifest(level)), self.root)
        found = [import_root, self.root, self.root / "src", nearest, nearest / "src"]
        for level in levels:
            found += [level / name for name in self._import_directories(level)]
        return tuple(place for place in dict.fromkeys(map(_absolute, found)) if not _is_standard_library(place))

    def _import_directories(self, directory: Path) -> Iterator[str]:
        """The directories that the configuration in a directory puts on the import path, relative to it."""
        pyproject = self._pyproject(directory)
        for path in (
            "tool.setuptools.packages.find.where",
            "tool.pytest.ini_options.pythonpath",
            "tool.pytest.pythonpath",
        ):
            yield from _words(pyproject.get(path))
        yield from _values(pyproject.get("tool.setuptools.package-dir"), "")
        packages = pyproject.get("tool.poetry.packages")
        for package in packages if isinstance(packages, list) else ():
            yield from _values(package, "from")
        wheel = "tool.hatch.build.targets.wheel"
        for package in _words(pyproject.get(f"{wheel}.packages")):
            yield os.path.dirname(package)
        yield from _words(pyproject.get(f"{wheel}.sources"))
        setup_cfg = self._setup_cfg(directory)
        for line in setup_cfg.get("options", {}).get("package_dir", "").splitlines():
            package, equals, place = line.partition("=")
            if equals and not package.strip():
                yield place.strip()
        yield from setup_cfg.get("options.packages.find", {}).get("where", "").split()

    # Declared dependencies.

    def provider(self, path: Path, distributions: Collection[str]) -> str | None:
        """The first of some distributions that the project declares for the target, and where; None for none of them.

        What is declared beside a file and in the directories above it counts, up to the root, optional groups
        included; so does the script metadata of the file itself, and for a setup.py what its build requires.
        """
        from packaging.utils import canonicalize_name

        path = _absolute(path)
        names = [str(canonicalize_name(name)) for name in distributions]
        levels = self._levels(path.parent)
        declared = [self._script(path), *map(self._declared, levels)]
        if path.name == "setup.py":
            manifest = path.parent / "pyproject.toml"
            declared.insert(
                0, self._named(self._pyproject(path.parent).requirements("build-system.requires"), manifest)
            )
        for name in names:
            for place in declared:
                if name in place:
                    return f"{name}, declared in {place[name]}"
        for name in names:
            for level in levels:
                if name in self._setup_py(level, name):
                    return f"{name}, declared in {self._shown(level / 'setup.py')}"
        return None

    def _read_declarations(self, directory: Path) -> dict[str, str]:
        """What a directory declares: normalised name -> where."""
        pyproject = self._pyproject(directory)
        found = self._named(_listed(pyproject), directory / "pyproject.toml")
        found = self._named(self._tabled(pyproject, _POETRY_TABLES), directory / "pyproject.toml") | found
        found = self._named(_configured(self._setup_cfg(directory)), directory / "setup.cfg") | found
        pipfile = self._read_toml(directory / "Pipfile")
        found = self._named(self._tabled(pipfile, _PIPFILE_TABLES), directory / "Pipfile") | found
        for file, requirements in self._requirements_files(directory):
            found = self._named((("", text) for text in requirements), file) | found
        return found

    def _named(self, requirements: Iterable[tuple[str, str]], file: Path) -> dict[str, str]:
        """Those of the requirements (table, text) of a file that hold on the target: normalised name -> where."""
        found: dict[str, str] = {}
        for table, text in requirements:
            name = self._required(text)
            if name is not None:
                found.setdefault(name, self._shown(file) + (f" [{table}]" if table else ""))
        return found

    def _required(self, text: str) -> str | None:
        """The normalised name in a requirement; None if it does not parse, or no platform of the target needs it."""
        from packaging.requirements import Requirement
        from packaging.utils import canonicalize_name

        try:
            requirement = Requirement(text)
            return str(canonicalize_name(requirement.name)) if self._holds(requirement) else None
        except (ValueError, LookupError, RecursionError):
            return None

    def _holds(self, requirement: Requirement) -> bool:
        marker = requirement.marker
        if marker is None:
            return True
        extras = ["", *filter(None, (name for pair in _EXTRA.findall(str(marker)) for name in pair))]
        return any(
            marker.evaluate({**environment, "extra": extra}) for environment in self._environments for extra in extras
        )

    @functools.cached_property
    def _environments(self) -> list[dict[str, str]]:
        """The environment markers of the target, none of them left to the Python that runs this."""
        release, full = self.target.release, f"{self.target.release}.0"
        python = {
            "python_version": release,
            "python_full_version": full,
            "implementation_name": "cpython",
            "implementation_version": full,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
        }
        return [
            {**python, **platform, "platform_machine": machine}
            for platform in _PLATFORMS
            for machine in _MACHINES[platform["sys_platform"]]
        ]

    def _tabled(self, document: _Document, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The requirements of tables that map a name to a version or to details, as Poetry and Pipenv have them."""
        for path in paths:
            for table, names in document.tables(path):
                for name, details in names.items():
                    for one in details if isinstance(details, list) else [details]:
                        text = name if isinstance(one, str) else self._from_details(name, one)
                        if text is not None:
                            yield table, text

    def _from_details(self, name: str, details: object) -> str | None:
        if not isinstance(details, dict):
            return None
        python = details.get("python")
        if isinstance(python, str) and not _poetry_allows(python, f"{self.target.release}.0"):
            return None
        markers = [str(details["markers"])] if "markers" in details else []
        markers += [f"{key} {value}" for key, value in details.items() if key in _MARKERS]
        return f"{name} ; {' and '.join(f'({marker})' for marker in markers)}" if markers else name

    def _requirements_files(self, directory: Path) -> Iterator[tuple[Path, list[str]]]:
        """Each requirements file of a directory and of its ``requirements/``, or included from one, and its lines."""
        waiting = [directory / name for name in _names(directory) if _REQUIREMENTS_FILE.fullmatch(name)]
        inner = directory / "requirements"
        waiting += [inner / name for name in _names(inner) if name.endswith((".txt", ".in"))]
        dynamic = self._pyproject(directory).get("tool.setuptools.dynamic.dependencies.file")
        waiting += [_absolute(directory / name) for name in _words(dynamic)]
        waiting.reverse()
        seen: set[Path] = set()
        while waiting:
            file = waiting.pop()
            data = None if file in seen else self._read(file)
            seen.add(file)
            if data is None:
                continue
            lines = _logical_lines(data)
            yield file, [_OPTION.sub("", line) for line in lines]
            included = [match["file"].strip("\"' ") for match in map(_INCLUDE.fullmatch, lines) if match is not None]
            waiting += [_absolute(file.parent / name) for name in reversed(included)]

    def _read_setup_py(self, directory: Path, name: str) -> frozenset[str]:
        """The names of all requirements among the string literals of a setup.py, if it may hold the name at all."""
        data = self._read(directory / "setup.py")
        if data is None or name.encode() not in re.sub(rb"[-_.]+", b"-", data.lower()):
            return frozenset()
        names = (self._required(line) for text in _string_literals(data) for line in text.splitlines())
        return frozenset(one for one in names if one is not None)

    def _read_script(self, path: Path) -> dict[str, str]:
        """What the inline metadata of a script declares (PEP 723): normalised name -> where."""
        data = self._read(path)
        if data is None or b"# /// script" not in data:
            return {}
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        match = _SCRIPT_BLOCK.search(text)
        if match is None:
            return {}
        content = "".join(line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines(True))
        document = self._parse_toml(path, content)
        return self._named((("script metadata", text) for _, text in document.requirements("dependencies")), path)

    # Metadata.

    def metadata(self, path: Path) -> Metadata:
        """The metadata of the nearest directory at or above a file, up to the root, that has any."""
        for directory in self._levels(_absolute(path).parent):
            pyproject, setup_cfg = self._pyproject(directory), self._setup_cfg(directory)
            if pyproject.get("project") is None and not {"metadata", "options"} & setup_cfg.keys():
                continue
            requires_python = pyproject.get("project.requires-python")
            if requires_python is not None and not isinstance(requires_python, str):
                pyproject.complain("project.requires-python must be a string")
                requires_python = None
            classifiers = [text for _, text in pyproject.requirements("project.classifiers")]
            return Metadata(
                requires_python or setup_cfg.get("options", {}).get("python_requires") or None,
                tuple(classifiers or _listed_in_cfg(setup_cfg.get("metadata", {}).get("classifiers", ""))),
                tuple(text for _, text in pyproject.requirements("build-system.requires")),
            )
        return Metadata()

    # Files.

    def _find_levels(self, directory: Path) -> tuple[Path, ...]:
        """A directory and those above it up to the root; beyond the root, up to the nearest that is a project."""
        above = (directory, *directory.parents)
        if self.root in above:
            return above[: above.index(self.root) + 1]
        return above[: next((number for number, level in enumerate(above, 1) if _has_manifest(level)), 1)]

    def _read_pyproject(self, directory: Path) -> _Document:
        return self._read_toml(directory / "pyproject.toml")

    def _read_toml(self, path: Path) -> _Document:
        data = self._read(path)
        try:
            text = "" if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._complain(path, f"it is not UTF-8 (byte {error.start})")
            text = ""
        return self._parse_toml(path, text)

    def _parse_toml(self, path: Path, text: str) -> _Document:
        import tomli

        data: dict[str, object] = {}
        try:
            data = tomli.loads(text)
        except (ValueError, RecursionError) as error:
            self._complain(path, f"it is not TOML: {error}")
        return _Document(data, lambda message: self._complain(path, message))

    def _read_setup_cfg(self, directory: Path) -> dict[str, dict[str, str]]:
        import configparser

        path = directory / "setup.cfg"
        data = self._read(path)
        if data is None:
            return {}
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            self._complain(path, f"it is not UTF-8 (byte {error.start})")
        except configparser.Error as error:
            self._complain(path, " ".join(str(error).split()))
        return {section: dict(parser.items(section)) for section in parser.sections()}

    def _read(self, path: Path) -> bytes | None:
        """The bytes of a regular file, or None."""
        if not os.path.isfile(path):
            return None
        try:
            return path.read_bytes()
        except OSError as error:
            self._complain(path, f"it cannot be read ({error.strerror})")
            return None

    def _complain(self, path: Path, message: str) -> None:
        if path not in self._complained:
            self._complained.add(path)
            self.problems.append(f"{self._shown(path)} is not taken into account in full: {message}.")

    def _shown(self, path: Path) -> str:
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()


@dataclass(frozen=True)
class _Document:
    """The tables of a TOML file. ``complain`` is told of those that are not what they should be."""

    data: object
    complain: Callable[[str], None]

    def get(self, path: str) -> object:
        """The value at a dotted path, or None."""
        value = self.data
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _find(self, path: str) -> list[tuple[str, object]]:
        """The values at a dotted path in which ``*`` is any key, each with its own path."""
        found = [("", self.data)]
        for key in path.split("."):
            inner: list[tuple[str, object]] = []
            for name, value in found:
                if isinstance(value, dict):
                    keys = value if key == "*" else [key] if key in value else []
                    inner += [(f"{name}.{one}".removeprefix("."), value[one]) for one in keys]
                else:
                    self.complain(f"[{name}] must be a table")
            found = inner
        return found

    def tables(self, path: str) -> Iterator[tuple[str, dict[str, object]]]:
        """The tables at a path."""
        for name, value in self._find(path):
            if isinstance(value, dict):
                yield name, value
            else:
                self.complain(f"[{name}] must be a table")

    def requirements(self, path: str) -> Iterator[tuple[str, str]]:
        """The strings of the lists at a path. Groups include one another by tables, which add nothing to the whole."""
        for name, value in self._find(path):
            items = value if isinstance(value, list) else []
            if items is not value or not all(isinstance(item, (str, dict)) for item in items):
                self.complain(f"{name} must be a list of strings")
            yield from ((name, item) for item in items if isinstance(item, str))


def _listed(pyproject: _Document) -> Iterator[tuple[str, str]]:
    for path in _REQUIREMENT_LISTS:
        yield from pyproject.requirements(path)


def _configured(setup_cfg: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    options = setup_cfg.get("options", {})
    for name in _SETUP_CFG_OPTIONS:
        yield from (("options", text) for text in _listed_in_cfg(options.get(name, "")))
    for value in setup_cfg.get("options.extras_require", {}).values():
        yield from (("options.extras_require", text) for text in _listed_in_cfg(value))


def _listed_in_cfg(value: str) -> list[str]:
    """setuptools' lists: one item a line, or all on one line with semicolons between them."""
    items = value.splitlines() if "\n" in value else value.split(";")
    return [item.strip() for item in items if item.strip() and not item.lstrip().startswith("#")]


def _logical_lines(data: bytes) -> list[str]:
    """The lines of a requirements file, continued ones joined and comments gone; decoded by its byte order mark."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(encoding, "replace").replace("\r\n", "\n")
    joined = _COMMENT_LINE.sub("", text).replace("\\\n", "")
    return [_COMMENT.sub("", line).strip() for line in joined.splitlines()]


def _poetry_allows(constraint: str, version: str) -> bool:
    """Whether Poetry's constraint on Python (``^3.9``, ``~3.13``, ``>=3.9,<3.13 || 3.14.*``) allows a version."""
    from packaging.specifiers import SpecifierSet

    for alternative in re.split(r"\|\|?", constraint):
        bounds = []
        rest = alternative
        while (match := _POETRY_BOUND.match(rest)) is not None:
            operator, number = match.groups()
            parts = number.split(".")
            rest = rest[match.end() :]
            if operator == "^":
                bounds += [f">={number}", f"<{int(parts[0]) + 1}"]
            elif operator == "~":
                bounds += [f">={number}", f"=={'.'.join(parts[:2])}.*"]
            elif number != "*":
                bounds.append(f"{operator or '=='}{number}")
        try:
            if not rest.strip() and SpecifierSet(",".join(bounds)).contains(version):
                return True
        except ValueError:
            continue
    return False


def _string_literals(data: bytes) -> list[str]:
    """The plain string literals of Python source; of none that does not parse."""
    import libcst as cst

    from py314_check.languages.python.tree import parse, walk
    from py314_check.source import SourceError, SourceFile, decode_python

    found: list[str] = []
    try:
        module = parse(SourceFile("setup.py", "python", data, decode_python(data)))
    except SourceError:
        return found

    def keep(node: cst.CSTNode) -> None:
        if isinstance(node, cst.SimpleString):
            found.append(node.raw_value)

    walk(module, {cst.SimpleString: [keep]}, {})
    return found


def _words(value: object) -> list[str]:
    """The strings of a list; the words of a string."""
    return (
        value.split()
        if isinstance(value, str)
        else [one for one in value if isinstance(one, str)]
        if isinstance(value, list)
        else []
    )


def _values(table: object, key: str) -> list[str]:
    """The string under a key, as a list of one or none."""
    value = table.get(key) if isinstance(table, dict) else None
    return [value] if isinstance(value, str) else []


# What a directory holds.


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _has_manifest(directory: Path) -> bool:
    return any(os.path.isfile(directory / name) for name in _MANIFESTS)


def _names(directory: Path) -> list[str]:
    """The names of the files in a directory, sorted; none where it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.name for entry in entries if entry.is_file())
    except (OSError, ValueError):
        return []


def _modules(directory: Path) -> frozenset[str]:
    return frozenset(match[1] for match in map(_MODULE_FILE.fullmatch, _names(directory)) if match is not None)


def _is_package(directory: Path) -> bool:
    return any(name.endswith(".py") or name == "__init__.pyi" for name in _names(directory))


def _is_standard_library(directory: Path) -> bool:
    return {"os.py", "site.py"} <= set(_names(directory)) and os.path.isdir(directory / "importlib")
