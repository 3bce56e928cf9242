"""Which files to look at: what is named on the command line, and what a walk finds.

Excludes work as in ruff, .gitignore files as in git. Paths are POSIX strings here, on every system.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from py314_check.languages import is_looked_at

DEFAULT_EXCLUDE: tuple[str, ...] = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".py314_check_cache",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
"""What ruff excludes by default, and our own cache."""

_SHEBANG = re.compile(
    rb"#!\s*(?:\S*[/\\])?"
    rb"(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*/)?)?"
    rb"(?:(?:python|pypy)(?!2)[\d.]*[a-z]?(?:\.exe)?(?:\s|$)|uv\s+run\s.*--script\b)"
)
_SHEBANG_BYTES = 256
_ALTERNATIVES = re.compile(r"\{([^{},]*(?:,[^{},]*)+)\}")
_ANY_DEPTH = re.compile(r"(?<![^/])\*\*/")
_POSIX_CLASS = re.compile(r"\[[^\]]*\[:\w+:\]")
"""``[[:digit:]]``, which git knows and pathspec takes for something else."""
_NEVER = "(?!)"
_END = "\0"
"""Put behind a path and behind a pattern, so that no pattern matches a path by way of a directory above it."""


class PathError(Exception):
    """A path argument that cannot be used; the message names it and says what to do."""


def usable(paths: Iterable[Path]) -> tuple[list[Path], dict[Path, PathError]]:
    """The paths that exist, and the error of each that does not."""
    found: list[Path] = []
    errors: dict[Path, PathError] = {}
    for path in paths:
        try:
            _mode(path)
            found.append(path)
        except PathError as error:
            errors[path] = error
    return found, errors


def discover(
    paths: Sequence[Path],
    *,
    root: Path,
    exclude: Sequence[str],
    respect_gitignore: bool,
    force_exclude: bool,
    warn: Callable[[str], None],
) -> list[Path]:
    """The files to look at, as absolute paths sorted by their POSIX spelling, each once.

    Files that are named are taken as they are; directories are walked for those of a language that we know: by name or
    suffix, or by the ``#!`` line of a file without one. ``exclude`` and, if
    ``respect_gitignore``, .gitignore files hold for what a walk meets; with ``force_exclude`` also for what is named.
    ``warn`` gets a sentence for each directory or ignore file, or line of one, that cannot be used.
    Raises PathError for a path that does not exist.
    """
    search = _Search(_posix(root), _Excludes(exclude, _posix(root)), respect_gitignore, warn)
    for path in paths:
        absolute = _posix(path)
        is_directory = stat.S_ISDIR(_mode(path))
        if force_exclude and search.hides(absolute, is_directory):
            continue
        if is_directory:
            search.walk(absolute)
        else:
            search.files.add(absolute)
    return [Path(path) for path in sorted(search.result())]


def _mode(path: Path) -> int:
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise PathError(f"{path}: there is no such file or directory; check the spelling of this path") from None
    except OSError as error:
        raise PathError(f"{path}: cannot be read ({error.strerror}); check its permissions, or leave it out") from None
    except ValueError as error:  # a NUL character
        raise PathError(f"{str(path)!r}: is not a path ({error}); check the spelling") from None


def _posix(path: str | Path) -> str:
    return os.path.abspath(path).replace(os.sep, "/")


def _inside(directory: str) -> str:
    """What the paths of everything in a directory begin with."""
    return directory if directory.endswith("/") else directory + "/"


class _Search:
    """One run of ``discover``. ``files`` are those found so far; links to files are settled by ``result``."""

    def __init__(self, root: str, excludes: _Excludes, respect_gitignore: bool, warn: Callable[[str], None]) -> None:
        self.files: set[str] = set()
        self._root = root
        self._excludes = excludes
        self._ignores = _Ignores(root, warn, active=respect_gitignore)
        self._warn = warn
        self._links: set[str] = set()
        self._walked: set[str] = set()
        self._known: dict[str, tuple[bool, _IgnoreFiles]] = {}

    def walk(self, start: str) -> None:
        """Adds what is in a directory and below it, whether or not the directory itself is excluded."""
        stack = [(start, self._place(start)[1])]
        while stack:
            directory, ignores = stack.pop()
            if directory in self._walked:
                continue
            self._walked.add(directory)
            prefix = _inside(directory)
            for entry in self._entries(directory):
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not self._unwanted(path, True, ignores):
                        stack.append((path, self._ignores.extend(ignores, path)))
                elif (is_looked_at(prefix, entry.name) or "." not in entry.name) and not self._unwanted(
                    path, False, ignores
                ):
                    self._add(path, entry)

    def _entries(self, directory: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(directory) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            shown = _shown(directory, self._root)
            self._warn(f"{shown}: this directory cannot be read ({error.strerror}); nothing in it was checked.")
            return []

    def _add(self, path: str, entry: os.DirEntry[str]) -> None:
        linked = entry.is_symlink()
        try:
            regular = stat.S_ISREG(os.stat(path).st_mode) if linked else entry.is_file(follow_symlinks=False)
        except OSError:  # a broken link
            return
        if regular and ("." in entry.name or is_looked_at("", entry.name) or _has_python_shebang(path)):
            (self._links if linked else self.files).add(path)

    def _unwanted(self, path: str, is_directory: bool, ignores: _IgnoreFiles) -> bool:
        return self._excludes.match(path) or _ignored(path, is_directory, ignores)

    def hides(self, path: str, is_directory: bool) -> bool:
        """Whether a path, or a directory above it and below the root, is excluded or ignored."""
        if path == self._root:
            return False
        hidden, ignores = self._place(posixpath.dirname(path))
        return hidden or self._unwanted(path, is_directory, ignores)

    def _place(self, directory: str) -> tuple[bool, _IgnoreFiles]:
        """Whether a directory is hidden, and the ignore files that hold for what is in it. Beyond the root: its own."""
        known = self._known.get(directory)
        if known is None:
            inside = directory == self._root or directory.startswith(_inside(self._root))
            step = self._root if inside else directory
            hidden, ignores = False, self._ignores.extend(self._ignores.everywhere if inside else (), step)
            for name in directory[len(_inside(step)) :].split("/") if step != directory else ():
                step = _inside(step) + name
                hidden = hidden or self._unwanted(step, True, ignores)
                ignores = self._ignores.extend(ignores, step)
            known = self._known[directory] = hidden, ignores
        return known

    def result(self) -> set[str]:
        """All files; of links only those that lead to a file which is neither found as well nor hidden."""
        found = set(self.files)
        real_paths = {_real(path) for path in found} if self._links else set()
        prefix = _inside(_real(self._root))
        for link in sorted(self._links):
            real = _real(link)
            hidden = real.startswith(prefix) and self.hides(_inside(self._root) + real.removeprefix(prefix), False)
            if real not in real_paths and not hidden:
                real_paths.add(real)
                found.add(link)
        return found


def _has_python_shebang(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return _SHEBANG.match(file.readline(_SHEBANG_BYTES)) is not None
    except OSError:
        return False


def _real(path: str) -> str:
    return os.path.realpath(path).replace(os.sep, "/")


def _shown(path: str, root: str) -> str:
    return path.removeprefix(_inside(root))


class _Excludes:
    """Exclude patterns: one without a slash is for the name of a file or directory anywhere, others for its path."""

    def __init__(self, patterns: Iterable[str], root: str) -> None:
        names, paths = [], []
        for pattern in patterns:
            pattern = pattern.replace(os.sep, "/")
            if "/" not in pattern:
                names += [fnmatch.translate(spelling) for spelling in _spellings(pattern)]
                continue
            start = "" if os.path.isabs(pattern) else re.escape(_inside(root))
            spellings = _spellings(_ANY_DEPTH.sub("{**/,}", posixpath.normpath(pattern)))
            paths += [start + fnmatch.translate(spelling) for spelling in spellings]
        self._names = re.compile("|".join(names) or _NEVER)
        self._paths = re.compile("|".join(paths) or _NEVER)

    def match(self, path: str) -> bool:
        """Whether a path itself is excluded; directories above it are asked about on their own."""
        return (self._names.match(path.rpartition("/")[2]) or self._paths.match(path)) is not None


def _spellings(pattern: str) -> list[str]:
    """The patterns that ``{one,other}`` in a pattern stands for."""
    match = _ALTERNATIVES.search(pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [spelling for choice in match[1].split(",") for spelling in _spellings(before + choice + after)]


@dataclass(frozen=True)
class _Pattern:
    """What a line of an ignore file says. The regular expression has no groups and expects ``_END`` behind a path."""

    regex: str
    for_names: bool
    for_directories: bool
    line: int
    ignores: bool


class _Patterns:
    """Patterns as alternatives of one regular expression, the last line first: the last that matches decides."""

    def __init__(self, patterns: Iterable[_Pattern]) -> None:
        self._patterns = sorted(patterns, key=lambda pattern: -pattern.line)
        self._regex = re.compile("|".join(f"({one.regex})" for one in self._patterns) or _NEVER, re.DOTALL)

    def decisive(self, path: str) -> _Pattern | None:
        match = self._regex.match(path + _END)
        return None if match is None or match.lastindex is None else self._patterns[match.lastindex - 1]


class _IgnoreFile:
    """One ignore file. Most patterns are about names, and matching a name alone measured three times as fast."""

    def __init__(self, base: str, patterns: Sequence[_Pattern]) -> None:
        self._base = base
        for_files = [one for one in patterns if not one.for_directories]
        self._names, self._paths = (
            [_Patterns(one for one in kind if one.for_names is named) for kind in (for_files, patterns)]
            for named in (True, False)
        )

    def verdict(self, path: str, is_directory: bool) -> bool | None:
        """True where the path is ignored, False where it is taken back, None where no pattern matches it."""
        by_name = self._names[is_directory].decisive(posixpath.basename(path))
        by_path = self._paths[is_directory].decisive(path.removeprefix(self._base))
        if by_name is None or by_path is None:
            found = by_name or by_path
        else:
            found = max(by_name, by_path, key=lambda pattern: pattern.line)
        return None if found is None else found.ignores


_IgnoreFiles = tuple[_IgnoreFile, ...]
"""The ignore files that hold for a path, the one that decides first at the front."""


def _ignored(path: str, is_directory: bool, ignores: _IgnoreFiles) -> bool:
    for file in ignores:
        verdict = file.verdict(path, is_directory)
        if verdict is not None:
            return verdict
    return False


class _Ignores:
    """The ignore files of a tree, each read once; none unless ``active``. ``everywhere`` holds for the whole tree."""

    def __init__(self, root: str, warn: Callable[[str], None], *, active: bool) -> None:
        self._root = root
        self._warn = warn
        self._active = active
        self._known: dict[str, _IgnoreFiles] = {}
        self.everywhere = self._read(_inside(root) + ".git/info/exclude", _inside(root))

    def extend(self, above: _IgnoreFiles, directory: str) -> _IgnoreFiles:
        """The ignore files that hold for what is in a directory."""
        known = self._known.get(directory)
        if known is None:
            known = self._known[directory] = self._read(_inside(directory) + ".gitignore", _inside(directory))
        return known + above

    def _read(self, path: str, base: str) -> _IgnoreFiles:
        if not self._active or not os.path.isfile(path):
            return ()
        shown = _shown(path, self._root)
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            self._warn(f"{shown}: this file cannot be read ({error.strerror}); its patterns are not applied.")
            return ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # re announces what a later Python may read in character classes
            patterns = list(self._patterns(data, shown))
            return (_IgnoreFile(base, patterns),) if patterns else ()

    def _patterns(self, data: bytes, shown: str) -> Iterator[_Pattern]:
        # As file names come from the system: bytes that are not UTF-8 still match themselves.
        lines = data.decode("utf-8-sig", "surrogateescape").split("\n")
        for number, line in enumerate(lines, start=1):
            try:
                pattern = _pattern(line.removesuffix("\r"), number)
            except ValueError:
                self._warn(f"{shown}:{number}: {line.strip()!r} is no usable ignore pattern; this line is not applied.")
                continue
            if pattern is not None:
                yield pattern


def _pattern(line: str, number: int) -> _Pattern | None:
    """Reads a line of an ignore file; None for a blank one or a comment. Raises ValueError for what cannot match."""
    text = line.rstrip(" ")
    escaped = (len(text) - len(text.rstrip("\\"))) % 2 == 1
    if escaped and text != line:
        text, escaped = text + " ", False
    negation = "!" if text.startswith("!") else ""
    core = text.removeprefix("!").removesuffix("/")
    if text.startswith("#") or text in ("", "/", "!/"):
        return None
    if escaped or not core or _END in core or _POSIX_CLASS.search(core):
        raise ValueError(line)
    from pathspec import GitIgnoreSpec  # a tenth of a second, which trees without ignore files need not spend

    if core == "**" or core.endswith("/**"):
        core += "/*"  # all that is in a directory, and not the directory itself
    try:
        pattern = GitIgnoreSpec.from_lines([negation + core + _END]).patterns[0]
    except re.error as error:
        raise ValueError(line) from error
    if pattern.regex is None or pattern.include is None:
        raise ValueError(line)
    # pathspec's only named group holds a slash, which no name and no character class of a pattern can hold.
    regex = re.sub(r"\(\?P<\w+>/\)", "/", pattern.regex.pattern)
    for_names = "/" not in core
    if for_names:
        regex = regex.removeprefix("^(?:.+/)?")
    return _Pattern(regex, for_names, text.endswith("/"), number, pattern.include)
