"""What rules can visit that is no node of a syntax tree: what files of settings, of builds, of Cython and so on say.

``api`` gives these to rules, and imports them when one is first asked for: most runs have no use for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from py314_check.model import CrateVersions, Place


class Owner(Enum):
    """Whose a container is, from the most private to the most public."""

    PRIVATE = "made here, and nobody else's yet; or a dictionary of keyword arguments"
    UNKNOWN = "not to be told"
    GIVEN = "an argument, which the caller may share with others"
    SHARED = "of a variable of the file or an object's field"


@dataclass(frozen=True)
class Event:
    """Something that a rule can visit and that is no node of a syntax tree."""

    place: Place


@dataclass(frozen=True)
class ParseFailure(Event):
    """A file that cannot be read or parsed; ``message`` is a sentence. Visited by ``visit_ParseFailure``."""

    message: str


@dataclass(frozen=True)
class UnusedSuppression(Event):
    """A comment that ignores nothing; ``codes`` are those without effect. Visited by ``visit_UnusedSuppression``.

    ``is_whole``: it is all of a comment, and nothing that it lists has an effect.
    """

    comment: str
    codes: tuple[str, ...]
    is_whole: bool = False


@dataclass(frozen=True)
class EntryPoint(Event):
    """An entry point declared in pyproject.toml or setup.cfg: ``name = module:attribute``. Its place is the module's.

    Visited by ``visit_EntryPoint`` in rules whose ``languages`` include ``pyproject`` or ``setup.cfg``.
    """

    group: str
    name: str
    module: str


@dataclass(frozen=True)
class CMakeCommand(Event):
    """A command of a CMake file, with its name in lower case. Its place is the name's.

    Visited by ``visit_CMakeCommand`` in rules whose ``languages`` include ``cmake``.
    """

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class MesonArgument:
    """An argument of a call in a meson.build file: its keyword, empty where it has none, its value as it is written,
    and the strings in that, also in lists, but not in further calls.
    """

    keyword: str
    text: str
    strings: tuple[str, ...]


@dataclass(frozen=True)
class MesonCall(Event):
    """A call in a meson.build file, with the dotted name that it is written with: ``py.extension_module``. Its place is
    the name's. ``is_conditional`` tells whether it stands below an ``if``.

    Visited by ``visit_MesonCall`` in rules whose ``languages`` include ``meson``.
    """

    name: str
    arguments: tuple[MesonArgument, ...]
    is_conditional: bool

    @property
    def strings(self) -> list[str]:
        """The strings in its arguments, in order."""
        return [text for one in self.arguments for text in one.strings]


@dataclass(frozen=True)
class CythonModule(Event):
    """A .pyx file, with the names and values of the directives that it sets for itself.

    Its place is the last line that sets one, or else the first line.

    Visited by ``visit_CythonModule`` in rules whose ``languages`` include ``cython``.
    """

    directives: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CythonWrite(Event):
    """Where a function writes to a variable of its Cython module. Its place is the name's."""

    part: str
    """``[`` or ``.`` where only a part of the variable is written to, ``(`` where a method changes it; else empty."""
    operator: str
    """What stands before ``=``: ``+`` for ``+=``."""
    value: str
    """The code of what is assigned."""
    fills: bool
    """Whether the function has asked before whether there is something in the variable."""
    is_serialised: bool
    """Whether no two threads do this at a time: under a lock, also of all callers, or while the module is imported."""
    has_gil: bool


@dataclass(frozen=True)
class CythonVariable(Event):
    """A variable of a Cython module that functions of the same file write to. Its place is its name's, where it is
    declared. ``type`` is as written; empty for one of Python's.

    Visited by ``visit_CythonVariable`` in rules whose ``languages`` include ``cython``.
    """

    name: str
    type: str
    is_object: bool
    writes: tuple[CythonWrite, ...]


@dataclass(frozen=True)
class CythonCall(Event):
    """A call of the C API in a Cython file. ``owner`` says whose its first argument is, ``is_changed`` whether the file
    changes a container of that name, ``is_only_tested`` whether the result is only compared with ``NULL``.

    Visited by ``visit_CythonCall`` in rules whose ``languages`` include ``cython``.
    """

    name: str
    arguments: tuple[str, ...]
    owner: Owner
    is_changed: bool
    is_only_tested: bool
    is_serialised: bool


@dataclass(frozen=True)
class Directive(Event):
    """A line for C's preprocessor, but no condition, where the configuration that is read has it: ``#name rest``.

    ``rest`` is without comments and continued lines, ``text`` the whole as it stands from the offset ``start`` on.
    ``certain`` is False where the conditions around it cannot be told.

    Visited by ``visit_Directive`` in rules for C, before all nodes.
    """

    name: str
    rest: str
    start: int
    text: str
    certain: bool


@dataclass(frozen=True)
class Setting(Event):
    """A value in a file of settings, with the keys that lead to it; its place is the value's, without quotes.

    ``("project", "classifiers", 0)`` in a pyproject.toml; in an INI file, the section, the option, and the number
    of the line where there are several. Values are TOML's; in INI and YAML files the text as it is written.

    What a call of setuptools' ``setup`` says in constants is given like settings, with ``setup`` for the first key:
    ``("setup", "classifiers", 0)``; lists and dictionaries of which not all is constant are left out.

    Visited by ``visit_Setting`` in rules whose ``languages`` include ``pyproject``, ``setup.cfg``, ``tox``, ``ci``,
    ``cargo`` or ``python``.
    """

    keys: tuple[str | int, ...]
    value: str | int | float | bool


@dataclass(frozen=True)
class Settings(Event):
    """All settings of a file, in order. Visited by ``visit_Settings``, once and before each of them."""

    settings: tuple[Setting, ...]

    def below(self, *keys: str | int) -> list[Setting]:
        """Those whose keys begin with some keys, or are these."""
        return [one for one in self.settings if one.keys[: len(keys)] == keys]


@dataclass(frozen=True)
class CargoDependency(Event):
    """A crate that the library of a Cargo.toml, or its workspace, depends on. Its place is the required version's,
    or else that of the path or repository that it comes from, which ``is_elsewhere`` tells.

    ``allows`` is None where no version is required, or none that Cargo would understand.

    Visited by ``visit_CargoDependency`` in rules whose ``languages`` include ``cargo``.
    """

    crate: str
    requirement: str
    allows: CrateVersions | None
    features: tuple[Setting, ...]
    is_optional: bool
    is_elsewhere: bool


@dataclass(frozen=True)
class Variable(Event):
    """An environment variable that a file sets, with the value as written. Its place is the value's.

    ``scope`` is where it holds: a stage, a job, a step, a command; all that begins with it is inside. ``is_deployed``:
    the programs that the file is to deploy run with it.
    """

    name: str
    value: str
    scope: tuple[str | int, ...]
    is_deployed: bool


@dataclass(frozen=True)
class Interpreter(Event):
    """A Python that a file installs or runs, such as ``3.14``, and the scope that it is run in."""

    version: str
    is_free_threaded: bool
    scope: tuple[str | int, ...]


@dataclass(frozen=True)
class ShellCommand(Event):
    """A command of a script, its words without quotes."""

    words: tuple[str, ...]
    scope: tuple[str | int, ...]


@dataclass(frozen=True)
class Environment(Event):
    """What a file says of the environments in which programs run. Visited by ``visit_Environment``, once a file.

    In rules whose ``languages`` include ``docker``, ``shell``, ``compose``, ``dotenv``, ``systemd``, ``ci``, ``tox`` or
    ``pyproject``.
    """

    variables: tuple[Variable, ...]
    interpreters: tuple[Interpreter, ...]
    commands: tuple[ShellCommand, ...]

    def interpreters_with(self, variable: Variable) -> list[Interpreter]:
        """The Pythons that run with a variable: those named inside its scope, else in it, else nearest around it.

        None where its scope sets it to several values; a scope inside that sets it anew is left out.
        """
        scope = variable.scope
        same = [one for one in self.variables if one.name == variable.name]
        if any(one.scope == scope and one.value != variable.value for one in same):
            return []
        anew = [one.scope for one in same if len(one.scope) > len(scope)]
        inside = [
            one
            for one in self.interpreters
            if _is_in(one.scope, scope) and not any(_is_in(one.scope, other) for other in anew)
        ]
        around = [one for one in self.interpreters if _is_in(scope, one.scope)]
        nearest = max((len(one.scope) for one in around), default=0)
        return [one for one in inside if one.scope != scope] or [one for one in around if len(one.scope) == nearest]


def _is_in(scope: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return scope[: len(outer)] == outer


@dataclass(frozen=True)
class Requirement(Event):
    """A requirement on a distribution that holds on the target: in pyproject.toml, setup.cfg, a call of ``setup``, or a
    requirements file (without keys). ``name`` is normalised, ``specifier`` is like ``<3,>=1.2``; it and ``marker`` may
    be empty.

    Visited by ``visit_Requirement`` in rules whose ``languages`` include ``pyproject``, ``setup.cfg``, ``requirements``
    or ``python``.
    """

    keys: tuple[str | int, ...]
    name: str
    specifier: str
    marker: str

    @property
    def is_for_building(self) -> bool:
        """Whether the project needs it to be built, not to run."""
        return self.keys[:2] == ("build-system", "requires") or "setup_requires" in self.keys
