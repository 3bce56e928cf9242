"""Gathers what a file says of environments: variables, interpreters and commands, each with the scope it holds in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from py314_check.api import Environment, Interpreter, ShellCommand, Variable
from py314_check.languages.environment.shell import Command, Word
from py314_check.model import Place
from py314_check.source import SourceFile

Scope = tuple[str | int, ...]

_INTERPRETER = re.compile(
    r"(?:\S*[/=@:])?(?:cp3\d+-)?(?:c?python-?|cp|py)?(?P<version>3\.?\d{1,2})(?:\.\d+(?:(?:a|b|rc)\d+)?)?"
    r"(?P<free>t|-nogil|-freethread(?:ing|ed)|\+freethreaded)?(?:-dev)?(?:/\S*|-[a-z][\w.-]*)?",
    re.IGNORECASE,
)
_RUNS = re.compile(r"(?:\S*/)?python(?:3(?:\.\d+)?t?)?(?:-nogil|\.exe)?")
_LONGEST = 300
_CHOOSES = {"UV_PYTHON", "PYENV_VERSION"}
_TAKES_PYTHON = {"uv", "uvx", "pyenv", "mise", "asdf", "apt", "apt-get", "dnf", "brew", "conda", "mamba", "micromamba"}


class Collector:
    """The environment of a file, piece by piece. Offsets are into its text."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._variables: list[Variable] = []
        self._interpreters: list[Interpreter] = []
        self._chosen: defaultdict[Scope, list[Interpreter]] = defaultdict(list)
        self._commands: list[ShellCommand] = []

    def variable(self, name: str, value: Word, scope: Scope, *, is_deployed: bool = False) -> None:
        """A variable. Those that tools choose their Python by are an interpreter, too."""
        place = self._source.place(value.start, value.end)
        self._variables.append(Variable(place, name, value.text, scope, is_deployed))
        if name in _CHOOSES:
            self.interpreter(value.text, place, scope)

    def interpreter(self, text: str, place: Place, scope: Scope, *, is_one_of: bool = False) -> None:
        """The Python that a text names, if any: ``3.14t``, ``python3.14``, ``cp314t``, ``python:3.14-slim``.

        It is run with what holds in its scope; several of a scope are run in turn if each ``is_one_of`` a list, else
        it is not told which.
        """
        match = _INTERPRETER.fullmatch(text.strip()) if len(text) < _LONGEST else None
        if match is None:
            return
        version = match["version"] if "." in match["version"] else f"3.{match['version'][1:]}"
        found = Interpreter(place, version, match["free"] is not None, scope)
        if is_one_of:
            self._interpreters.append(found)
        else:
            self._chosen[scope].append(found)

    def script(self, commands: Iterable[Command], scope: Scope, inner: Scope = ()) -> None:
        """The commands of a script. What it installs stays in a scope; what it exports, in ``inner`` of that alone."""
        session = (*scope, *inner)
        for number, command in enumerate(commands):
            self._command(command, scope, session, (*session, number))

    def _command(self, command: Command, scope: Scope, session: Scope, own: Scope) -> None:
        for name, value in command.assigned:
            if command.words:
                self.variable(name, value, own)
        if not command.words:
            return
        texts = [word.text for word in command.words]
        place = self._source.place(command.words[0].start, command.words[-1].end)
        self._commands.append(ShellCommand(place, tuple(texts), scope))
        if texts[0] in ("export", "declare", "typeset", "unset") and not command.is_conditional:
            for word in command.words[1:]:
                assigned = word.assigned() or (word.text, Word("", word.start, word.end))
                if texts[0] == "unset" or "=" in word.text:
                    self.variable(*assigned, session)
        if texts[0] == "echo" and any("GITHUB_ENV" in text for text in texts) and not command.is_conditional:
            for word in command.words[1:]:
                written = word.assigned()
                if written is not None:
                    self.variable(*written, scope)
        if _RUNS.fullmatch(texts[0]):
            self.interpreter(texts[0], place, own)
        elif texts[0].rpartition("/")[2] in _TAKES_PYTHON:
            runs = texts[0].endswith("uvx") or "run" in texts[1:2]
            if runs or not command.is_conditional:
                for word in command.words[1:]:
                    at = self._source.place(word.start, word.end)
                    self.interpreter(word.text, at, own if runs else scope)

    def environment(self) -> list[Environment]:
        """All of it, as one event; none where there is nothing."""
        settled = [
            one
            for several in self._chosen.values()
            if len({(one.version, one.is_free_threaded) for one in several}) == 1
            for one in several[:1]
        ]
        if not (self._variables or self._commands):
            return []
        return [Environment(Place(), tuple(self._variables), (*self._interpreters, *settled), tuple(self._commands))]
