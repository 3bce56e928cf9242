"""JIT004 jit-in-production."""

from __future__ import annotations

from py314_check.api import Confidence, Environment, Impact, Level, Rule, Words
from py314_rules.jit.purpose import is_for_trial
from py314_rules.jit.switch import VARIABLE, is_free_threaded, turns_on


class JitInProduction(Rule):
    """`PYTHON_JIT=1` in what is deployed.

    ## What it does
    Reports `PYTHON_JIT=1` in the last stage of a Dockerfile (and in those that it is built from), in services of
    compose files, and in systemd units. Files whose path says that they are for development, tests or benchmarks are
    left alone.

    ## Why it matters
    The JIT is an experiment. What's New in Python 3.14 says that it is not recommended for production, that programs
    run from 10 % slower to 20 % faster with it, and that native debuggers and profilers (gdb, perf) cannot unwind
    through its frames.

    On this tool's own machine with two cores, a loop that sums squares ran no faster with it on CPython 3.14.10.
    Measure with `py314-check probe`, and with your program.

    ## Example
    ```dockerfile
    FROM python:3.14-slim
    ENV PYTHON_JIT=1
    COPY . /app
    CMD ["python", "-m", "app"]
    ```

    ## Use instead
    ```dockerfile
    FROM python:3.14-slim
    COPY . /app
    CMD ["python", "-m", "app"]
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [What's New in Python 3.14: the JIT](https://docs.python.org/3/whatsnew/3.14.html#whatsnew314-jit-compiler)
    - [PEP 744: JIT compilation](https://peps.python.org/pep-0744/)
    """

    code, name = "JIT004", "jit-in-production"
    level, impact, confidence = Level.NOTE, Impact.CHANGES, Confidence.MEDIUM
    languages = frozenset({"docker", "compose", "systemd"})
    words = (Words(VARIABLE),)

    def visit_Environment(self, environment: Environment) -> None:
        if is_for_trial(self.context.path):
            return
        deployed = [one for one in environment.variables if one.name == VARIABLE and one.is_deployed]
        for variable in {one.scope[:1]: one for one in deployed}.values():  # the last of an image or a service
            if turns_on(variable.value) and not is_free_threaded(environment, variable):
                self.report(
                    variable,
                    f"`{VARIABLE}` asks for the JIT, an experiment that is not recommended for production.",
                    help="Leave it out, unless you have measured that your program gains by it.",
                )
