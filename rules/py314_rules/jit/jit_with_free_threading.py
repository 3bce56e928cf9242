"""JIT003 jit-with-free-threading."""

from __future__ import annotations

import re
from collections.abc import Iterator

from py314_check.api import Confidence, Environment, Impact, Level, Rule, Variable, Words, cst
from py314_rules.jit.switch import LANGUAGES, VARIABLE, WITHOUT_JIT, is_free_threaded, switches, turns_on

_JIT, _NO_GIL = re.compile(r"--enable-experimental-jit(?!=no)\b"), re.compile(r"--disable-gil\b")
_BUILD = re.compile(r"(?:py(?:thon)?)?(3\.\d+)t")


class JitWithFreeThreading(Rule):
    """`PYTHON_JIT=1` for a free-threaded Python, which has no JIT.

    ## What it does
    Reports `PYTHON_JIT=1` where a free-threaded Python 3.13 or 3.14 runs with it: in Dockerfiles, compose files,
    workflows, tox.ini, pyproject.toml (tox, Hatch), noxfiles, shell scripts, .env files and systemd units; and commands
    that configure CPython with both `--enable-experimental-jit` and `--disable-gil`.

    Nothing is reported where the value is an expression, where a condition decides, or where the file does not tell
    which Python it is.

    ## Why it matters
    The variable does nothing there: free-threaded builds of 3.14 do not support the JIT, and CPython's `configure`
    refuses to build both. What was meant to be measured or tested is not.

    The two have little in common as yet. On a machine with two cores, a loop that sums squares ran no faster with the
    JIT on CPython 3.14.10, and two threads on a free-threaded 3.14 ran 1.8 to 2.2 times as fast as one after the other.
    Measure with `py314-check probe`.

    ## Example
    ```yaml
    jobs:
      tests:
        runs-on: ubuntu-latest
        env:
          PYTHON_JIT: 1
        steps:
          - uses: actions/setup-python@v6
            with:
              python-version: 3.14t
          - run: python -m pytest
    ```

    ## Use instead
    ```yaml
    jobs:
      tests:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/setup-python@v6
            with:
              python-version: 3.14t
          - run: python -m pytest
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [PYTHON_JIT](https://docs.python.org/3/using/cmdline.html#envvar-PYTHON_JIT)
    - [What's New in Python 3.14: the JIT](https://docs.python.org/3/whatsnew/3.14.html#whatsnew314-jit-compiler)
    """

    code, name = "JIT003", "jit-with-free-threading"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.HIGH
    languages = LANGUAGES | {"python"}
    words = (Words(VARIABLE), Words("jit", "gil", test=re.compile(rb"--enable-experimental-jit").search))

    def visit_Environment(self, environment: Environment) -> None:
        idle = [one for one in switches(environment) if is_free_threaded(environment, one)]
        for variable in {one.place: one for one in idle}.values():  # tox has one for several environments
            self._does_nothing(variable)
        asked = [(command, " ".join(command.words)) for command in environment.commands]
        for place, text in [*asked, *((one, one.value) for one in environment.variables)]:
            if _JIT.search(text) and _NO_GIL.search(text):
                self.report(
                    place,
                    "CPython's `configure` refuses `--enable-experimental-jit` together with `--disable-gil`.",
                    help="Build two interpreters.",
                    impact=Impact.BREAKS,
                )

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """Sessions of a noxfile, which set it in ``env={...}`` or in ``session.env[...]``."""
        if any(self._is_free_threaded(one.decorator) for one in node.decorators):
            for value in self._values(node.body):
                if turns_on(self.context.string(value) or ""):
                    self._does_nothing(value)

    def _does_nothing(self, place: Variable | cst.CSTNode) -> None:
        self.report(
            place,
            f"`{VARIABLE}` does nothing here: free-threaded builds of Python 3.13 and 3.14 have no JIT.",
            help="Leave it out, or run this on a build with the GIL.",
        )

    def _values(self, body: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        """What the variable is set to."""
        for one in self.context.below(body):
            if isinstance(one, cst.DictElement):
                names = [self.context.string(one.key)]
            elif isinstance(one, cst.Assign):
                names = [self._variable(target.target) for target in one.targets]
            else:
                continue
            if VARIABLE in names:
                yield one.value

    def _is_free_threaded(self, decorator: cst.BaseExpression) -> bool:
        """Whether a session of nox runs on a free-threaded Python without a JIT."""
        if not isinstance(decorator, cst.Call) or not self.context.resolve(decorator.func) & {"nox.session"}:
            return False
        python = self.context.argument(decorator, -1, "python") or self.context.argument(decorator, -1, "py")
        listed = python and self.context.value(python)
        each = [one.value for one in listed.elements] if isinstance(listed, (cst.List, cst.Tuple)) else [python]
        builds = [_BUILD.fullmatch(self.context.string(one) or "") for one in each]
        return any(build is not None and build[1] in WITHOUT_JIT for build in builds)

    def _variable(self, place: cst.BaseExpression) -> str | None:
        """``NAME`` of ``session.env["NAME"]``, whatever holds the session."""
        if not isinstance(place, cst.Subscript) or not isinstance(place.slice[0].slice, cst.Index):
            return None
        is_env = self.context.dotted(place.value).rpartition(".")[2] == "env"
        return self.context.string(place.slice[0].slice.value) if is_env else None
