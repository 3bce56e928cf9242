"""The variable that turns the JIT on."""

from __future__ import annotations

from py314_check.api import Environment, Variable

LANGUAGES = frozenset({"docker", "shell", "compose", "dotenv", "systemd", "ci", "tox", "pyproject"})
VARIABLE = "PYTHON_JIT"
WITHOUT_JIT = {"3.13", "3.14"}
"""The versions whose free-threaded builds have no JIT, as their documentation says."""


def turns_on(value: str) -> bool:
    """Whether a value of PYTHON_JIT turns the JIT on: any that does not begin with 0, observed on 3.14.10."""
    return bool(value) and not value.startswith("0") and "$" not in value


def switches(environment: Environment) -> list[Variable]:
    """What turns the JIT on."""
    return [one for one in environment.variables if one.name == VARIABLE and turns_on(one.value)]


def is_free_threaded(environment: Environment, variable: Variable) -> bool:
    """Whether a Python that has no JIT, since it is free-threaded, runs with a variable."""
    return any(one.is_free_threaded and one.version in WITHOUT_JIT for one in environment.interpreters_with(variable))
