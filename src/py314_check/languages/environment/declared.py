"""The environments that settings declare: of workflows, compose files, tox, Hatch and systemd units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from py314_check.api import Environment, Setting
from py314_check.languages.environment.collector import Collector, Scope
from py314_check.languages.environment.shell import Command, Word, commands, words
from py314_check.model import Place
from py314_check.source import SourceFile

_Keys = tuple[str | int, ...]

_ABOUT_PYTHON = re.compile(r"(?:.*[-_ ])?(?:python|py)(?:[-_ ]?(?:versions?|ver))?", re.IGNORECASE)
_BLOCK = re.compile(r"[|>][-+0-9]*[^\n]*")
_CONDITION = re.compile(r"(?P<factors>[\w.,!{}-]+)\s*:(?!=)\s*(?P<rest>.*)", re.DOTALL)
_BRACES = re.compile(r"\{([^{}]*)\}")
_MOST = 1000
"""Environments that a list with braces may stand for; more are not told apart."""


def workflow(source: SourceFile, settings: Sequence[Setting]) -> list[Environment]:
    """GitHub's workflows: scopes are jobs, and steps in them. What has a condition (``if``) is left out."""
    collector = Collector(source)
    conditional = {one.keys[:-1] for one in settings if one.keys[-1:] == ("if",)}
    free = {one.keys[:-1] for one in settings if one.keys[-1:] == ("freethreaded",) and str(one.value) == "true"}
    for setting in settings:
        keys = tuple(key for key in setting.keys if key != "<<")
        text = str(setting.value)
        match keys:
            case ("env", str(name)):
                collector.variable(name, _whole(source, setting), ())
            case ("jobs", job, "env", str(name)):
                collector.variable(name, _whole(source, setting), (job,))
            case ("jobs", job, "steps", step, *rest) if ("jobs", job, "steps", step) not in conditional:
                match rest:
                    case ["env", str(name)]:
                        collector.variable(name, _whole(source, setting), (job, step))
                    case ["run"]:
                        collector.script(_script(source, setting), (job,), (step,))
                    case ["with", str(name)] if _ABOUT_PYTHON.fullmatch(name):
                        suffix = "t" if keys[:-1] in free else ""
                        collector.interpreter(text + suffix, setting.place, (job,))
            case ("jobs", job, "strategy", "matrix", *rest) if "exclude" not in rest:
                name = next((key for key in reversed(rest) if isinstance(key, str)), "")
                if _ABOUT_PYTHON.fullmatch(name):
                    collector.interpreter(text, setting.place, (job,), is_one_of=True)
            case ("jobs", job, "container") | ("jobs", job, "container", "image"):
                collector.interpreter(text, setting.place, (job,))
    return collector.environment()


def compose(source: SourceFile, settings: Sequence[Setting]) -> list[Environment]:
    """Compose files: scopes are services."""
    collector = Collector(source)
    for setting in settings:
        match tuple(key for key in setting.keys if key != "<<"):
            case ("services", service, "environment", str(name)):
                collector.variable(name, _whole(source, setting), (service,), is_deployed=True)
            case ("services", service, "environment", int()):
                assigned = _whole(source, setting).assigned()
                if assigned is not None:
                    collector.variable(*assigned, (service,), is_deployed=True)
            case ("services", service, "image"):
                collector.interpreter(str(setting.value), setting.place, (service,))
            case ("services", service, "build", "args", str(name)) if _ABOUT_PYTHON.fullmatch(name):
                collector.interpreter(str(setting.value), setting.place, (service,))
    return collector.environment()


def systemd(source: SourceFile, settings: Sequence[Setting]) -> list[Environment]:
    """Units of systemd."""
    collector = Collector(source)
    for setting in settings:
        start, end = _span(source, setting.place)
        if setting.keys[:2] == ("Service", "Environment"):
            for word in words(source.text, start, end):
                assigned = word.assigned()
                if assigned is not None:
                    collector.variable(*assigned, (), is_deployed=True)
        elif setting.keys[:2] == ("Service", "ExecStart"):
            collector.script(commands(source.text, start, end), ())
    return collector.environment()


def tox(source: SourceFile, settings: Sequence[Setting]) -> list[Environment]:
    """tox.ini: scopes are environments."""
    return _environments(source, settings, _of_tox_ini)


def pyproject(source: SourceFile, settings: Sequence[Setting]) -> list[Environment]:
    """pyproject.toml: the environments of tox and of Hatch."""
    return _environments(source, settings, _of_pyproject)


def _of_tox_ini(keys: _Keys) -> tuple[str, str, _Keys] | None:
    match keys:
        case ("tox", "envlist" | "env_list", *_):
            return "list", "", ()
        case (str(section), "setenv" | "set_env", *_) if section.partition(":")[0] == "testenv":
            return "set", section.partition(":")[2], ()
        case (str(section), "basepython" | "base_python", *_) if section.partition(":")[0] == "testenv":
            return "python", section.partition(":")[2], ()
    return None


def _of_pyproject(keys: _Keys) -> tuple[str, str, _Keys] | None:
    match keys:
        case ("tool", "tox", "env_list", _):
            return "list", "", ()
        case ("tool", "tox", "env_run_base", "set_env", name):
            return "set", "", (name,)
        case ("tool", "tox", "env", str(env), "set_env", name) | ("tool", "hatch", "envs", str(env), "env-vars", name):
            return "set", env, (name,)
        case ("tool", "tox", "env", str(env), "base_python", *_) | ("tool", "hatch", "envs", str(env), "python"):
            return "python", env, ()
        case ("tool", "hatch", "envs", str(env), "matrix", int(), "python" | "py", int()):
            return "one", env, ()
    return None


def _environments(
    source: SourceFile, settings: Iterable[Setting], kind_of: Callable[[_Keys], tuple[str, str, _Keys] | None]
) -> list[Environment]:
    collector = Collector(source)
    told = [(*found, setting) for setting in settings if (found := kind_of(setting.keys)) is not None]
    listed = [name for kind, _, _, setting in told if kind == "list" for name in _expanded(str(setting.value))]
    for kind, section, name, setting in told:
        scopes: list[Scope] = [(one,) for one in _expanded(section)] or [()]
        whole = _whole(source, setting)
        if kind == "list":
            for env in _expanded(whole.text):
                for factor in env.split("-"):
                    collector.interpreter(factor, setting.place, (env,), is_one_of=True)
        elif kind == "set" and name:
            collector.variable(str(name[0]), whole, scopes[0])
        elif kind == "set":
            condition = _CONDITION.fullmatch(whole.text)
            if condition is not None and "=" not in condition["factors"]:
                whole = Word(condition["rest"], whole.start + condition.start("rest"), whole.end)
                wanted = [one.split("-") for one in _expanded(condition["factors"])]
                scopes = [(one,) for one in listed if any(set(two) <= set(one.split("-")) for two in wanted)]
            variable, equals, value = whole.text.partition("=")
            if equals:
                start = whole.end - len(value.lstrip())
                for scope in scopes:
                    collector.variable(variable.strip(), Word(value.strip(), start, whole.end), scope)
        else:
            for scope in scopes:
                collector.interpreter(whole.text, setting.place, scope, is_one_of=kind == "one")
    named = {env for kind, section, _, _ in told if kind == "set" for env in _expanded(section)}
    for env in sorted(named - {*listed}):
        for factor in env.split("-"):
            collector.interpreter(factor, Place(), (env,), is_one_of=True)
    return collector.environment()


def _expanded(text: str) -> list[str]:
    """The names of environments in a list, braces written out: ``py{313,314t}-x, lint``."""
    done: list[str] = []
    rest = [one for one in re.split(r"[,\s]+(?![^{}]*\})", text) if one]
    while rest and len(done) + len(rest) < _MOST:
        one = rest.pop(0)
        match = _BRACES.search(one)
        if match is None:
            done.append(one)
        else:
            rest = [one[: match.start()] + part.strip() + one[match.end() :] for part in match[1].split(",")] + rest
    return done


def _whole(source: SourceFile, setting: Setting) -> Word:
    return Word(str(setting.value), *_span(source, setting.place))


def _script(source: SourceFile, setting: Setting) -> Iterator[Command]:
    """The commands of a script, read as it stands in the file, so that places are right."""
    start, end = _span(source, setting.place)
    block = _BLOCK.match(source.text, start, end)
    return commands(source.text, start if block is None else block.end(), end)


def _span(source: SourceFile, place: Place) -> tuple[int, int]:
    """The offsets of a place."""
    starts = source.line_starts
    return starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
