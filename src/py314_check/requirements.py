"""What a project declares that it requires, as far as it holds on the target.

Requirements stand in ``pyproject.toml`` (the standard's tables and those of tools), ``Pipfile``, ``setup.cfg``,
``setup.py``, requirements files, and in the scripts themselves.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from py314_check.answers import Answers
from py314_check.manifests import Document, Manifests, absolute, file_names, listed_in_cfg, strings
from py314_check.model import Target
from py314_check.specifiers import admits, from_poetry, holds
from py314_check.stamps import stamp_at

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

_MARKERS = frozenset(
    "implementation_name implementation_version os_name platform_machine platform_python_implementation"
    " platform_release platform_system platform_version python_full_version python_version sys_platform".split()
)

_REQUIREMENTS_FILE = re.compile(r".*requirements.*\.(?:txt|in)")
_INCLUDE = re.compile(r"(?:-r\s*|--requirement[\s=]\s*)(?P<file>\S.*)")
_COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_COMMENT = re.compile(r"\s#.*")
_OPTION = re.compile(r"(?:^|\s)--?[a-z].*")
_SCRIPT_BLOCK = re.compile(r"^# /// script[ \t]*$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///[ \t]*$", re.MULTILINE)


class Requirements:
    """The requirements that the manifests declare for the target, and those that scripts declare for themselves."""

    def __init__(self, manifests: Manifests, target: Target, answers: Answers) -> None:
        self._target = target
        self._answers = answers
        self._manifests = manifests
        self._declared = functools.cache(self._read_declarations)
        self._setup_py = functools.cache(self._read_setup_py)
        self._script = functools.cache(self._read_script)

    def provider(self, path: Path, distributions: Collection[str]) -> str | None:
        """The first of some distributions that the project declares for the target, and where; None for none of them.

        What is declared beside a file and in the directories above it counts, up to the root, optional groups
        included; so does the script metadata of the file itself, and for a setup.py what its build requires.
        """
        from packaging.utils import canonicalize_name

        path = absolute(path)
        names = [str(canonicalize_name(name)) for name in distributions]
        levels = self._manifests.levels(path.parent)
        declared = [self._script(path), *map(self._declared, levels)]
        if path.name == "setup.py":
            manifest = path.parent / "pyproject.toml"
            declared.insert(
                0, self._named(self._manifests.pyproject(path.parent).requirements("build-system.requires"), manifest)
            )
        for name in names:
            for place in declared:
                if name in place:
                    return f"{name}, declared in {place[name]}"
        for name in names:
            for level in levels:
                if name in self._setup_py(level, name):
                    return f"{name}, declared in {self._manifests.shown(level / 'setup.py')}"
        return None

    def _read_declarations(self, directory: Path) -> dict[str, str]:
        """What a directory declares: normalised name -> where."""
        pyproject = self._manifests.pyproject(directory)
        found = self._named(_listed(pyproject), directory / "pyproject.toml")
        found = self._named(self._tabled(pyproject, _POETRY_TABLES), directory / "pyproject.toml") | found
        found = self._named(_configured(self._manifests.setup_cfg(directory)), directory / "setup.cfg") | found
        pipfile = self._manifests.read_toml(directory / "Pipfile")
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
                found.setdefault(name, self._manifests.shown(file) + (f" [{table}]" if table else ""))
        return found

    def _required(self, text: str) -> str | None:
        """The normalised name in a requirement; None if it does not parse, or no platform of the target needs it."""
        from packaging.requirements import Requirement
        from packaging.utils import canonicalize_name

        try:
            requirement = Requirement(text)
            return str(canonicalize_name(requirement.name)) if holds(requirement.marker, self._target) else None
        except (ValueError, LookupError, RecursionError):
            return None

    def _tabled(self, document: Document, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
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
        if isinstance(python, str) and not _poetry_allows(python, f"{self._target.release}.0"):
            return None
        markers = [str(details["markers"])] if "markers" in details else []
        markers += [f"{key} {value}" for key, value in details.items() if key in _MARKERS]
        return f"{name} ; {' and '.join(f'({marker})' for marker in markers)}" if markers else name

    def _requirements_files(self, directory: Path) -> Iterator[tuple[Path, list[str]]]:
        """Each requirements file of a directory and of its ``requirements/``, or included from one, and its lines."""
        waiting = [directory / name for name in file_names(directory) if _REQUIREMENTS_FILE.fullmatch(name)]
        inner = directory / "requirements"
        waiting += [inner / name for name in file_names(inner) if name.endswith((".txt", ".in"))]
        dynamic = self._manifests.pyproject(directory).get("tool.setuptools.dynamic.dependencies.file")
        waiting += [absolute(directory / name) for name in strings(dynamic)]
        waiting.reverse()
        seen: set[Path] = set()
        while waiting:
            file = waiting.pop()
            data = None if file in seen else self._manifests.read(file)
            seen.add(file)
            if data is None:
                continue
            lines = _logical_lines(data)
            yield file, [_OPTION.sub("", line) for line in lines]
            included = [match["file"].strip("\"' ") for match in map(_INCLUDE.fullmatch, lines) if match is not None]
            waiting += [absolute(file.parent / name) for name in reversed(included)]

    def _read_setup_py(self, directory: Path, name: str) -> frozenset[str]:
        """The names of all requirements among the string literals of a setup.py, if it may hold the name at all."""
        data = self._manifests.read(directory / "setup.py")
        if data is None or name.encode() not in re.sub(rb"[-_.]+", b"-", data.lower()):
            return frozenset()
        literals = self.literals(directory / "setup.py", data)
        names = (self._required(line) for text in literals for line in text.splitlines())
        return frozenset(one for one in names if one is not None)

    def literals(self, path: Path, data: bytes) -> list[str]:
        """The plain string literals of a Python file with these bytes; of none that does not parse."""
        return self._answers.ask(f"literals {path}", [(str(path), stamp_at(path))], lambda: string_literals(data))

    def _read_script(self, path: Path) -> dict[str, str]:
        """What the inline metadata of a script declares (PEP 723): normalised name -> where."""
        if not self._answers.whether(
            f"is a script {path}", [(str(path), stamp_at(path))], lambda: self._is_script(path)
        ):
            return {}
        data = self._manifests.read(path) or b""
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        match = _SCRIPT_BLOCK.search(text)
        if match is None:
            return {}
        content = "".join(line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines(True))
        document = self._manifests.parse_toml(path, content)
        return self._named((("script metadata", text) for _, text in document.requirements("dependencies")), path)

    def _is_script(self, path: Path) -> bool:
        return b"# /// script" in (self._manifests.read(path) or b"")


def _listed(pyproject: Document) -> Iterator[tuple[str, str]]:
    for path in _REQUIREMENT_LISTS:
        yield from pyproject.requirements(path)


def _configured(setup_cfg: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    options = setup_cfg.get("options", {})
    for name in _SETUP_CFG_OPTIONS:
        yield from (("options", text) for text in listed_in_cfg(options.get(name, "")))
    for value in setup_cfg.get("options.extras_require", {}).values():
        yield from (("options.extras_require", text) for text in listed_in_cfg(value))


def _logical_lines(data: bytes) -> list[str]:
    """The lines of a requirements file, continued ones joined and comments gone; decoded by its byte order mark."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(encoding, "replace").replace("\r\n", "\n")
    joined = _COMMENT_LINE.sub("", text).replace("\\\n", "")
    return [_COMMENT.sub("", line).strip() for line in joined.splitlines()]


def _poetry_allows(constraint: str, version: str) -> bool:
    """Whether Poetry's constraint on Python (``^3.9``) allows a version."""
    return any(admits(specifier, version, version) for specifier in from_poetry(constraint))


def string_literals(data: bytes) -> list[str]:
    """The plain string literals of Python source; of none that does not parse."""
    import libcst as cst

    from py314_check.languages.python.tree import below, parse
    from py314_check.source import SourceError, SourceFile, decode_python

    try:
        module = parse(SourceFile("setup.py", "python", data, decode_python(data)))
    except SourceError:
        return []
    return [node.raw_value for node in below(module) if isinstance(node, cst.SimpleString)]
