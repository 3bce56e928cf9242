"""PRJ004 target-missing-in-ci."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from py314_check.api import Confidence, Context, Impact, Level, Rule, Setting, Settings, Words, cst

_ABOUT_PYTHON = re.compile(r"(?:.*[-_ ])?(?:python|py)(?:[-_ ]?(?:versions?|ver))?", re.IGNORECASE)
_VERSION = re.compile(r"(?:cp|py|python)?-?3\.?(?P<minor>\d{1,2})t?(?:[-.](?:dev|\d\S*))?")
_IRRELEVANT = frozenset({"project", "tool", "minversion", "min_version", "requires"})
_OTHER = re.compile(r"(?:pypy|pp|graalpy)\S*|(?:cp|py|python)?-?2\.?[67]|", re.IGNORECASE)
_FACTOR = re.compile(r"(?:\bpy3\.?|(?<![\w.])3\.)(?P<version>\d{1,2}t?)\b|\bpy3?\{(?P<minors>[^{}]*)\}")


class TargetMissingInCi(Rule):
    """A list of Python versions to test with that stops before the target.

    ## What it does
    Reports matrices of GitHub workflows (and lists of versions in the configuration of other services), `envlist` in
    tox.ini and sessions in a noxfile that name at least two versions of Python, all of them before the target: one
    finding a file. Nothing is reported where the list has an expression, a range or `3.x`, or where the target is named
    anywhere else in the file.

    ## Why it matters
    What is not run there is not known to work there. Most of what changes in a new Python shows in the first run.

    ## Example
    ```yaml
    jobs:
      tests:
        strategy:
          matrix:
            python-version: ["3.12", "3.13"]
    ```

    ## Use instead
    ```yaml
    jobs:
      tests:
        strategy:
          matrix:
            python-version: ["3.12", "3.13", "3.14"]
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [setup-python: advanced usage](https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md)
    - [tox: envlist](https://tox.wiki/en/stable/config.html#env_list)
    - [nox: sessions](https://nox.thea.codes/en/stable/config.html#configuring-a-session-s-virtualenv)
    """

    code, name = "PRJ004", "target-missing-in-ci"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    languages = frozenset({"ci", "tox", "pyproject", "python"})
    words = (Words("nox", "session", "python"),)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._lists: list[tuple[Setting | cst.CSTNode, dict[int, str] | None]] = []

    def visit_Settings(self, settings: Settings) -> None:
        groups = defaultdict(list)
        for setting in settings.settings:
            where = _list_of(setting)
            if where is not None:
                groups[where].append(setting)
        whole = [one for one in settings.settings if not _IRRELEVANT.intersection(one.keys)]
        if any(self._names_target(str(one.value)) for one in whole):
            return
        for group in groups.values():
            texts = [str(one.value) for one in group]
            if "tox" in group[0].keys[:2]:
                texts = list(_factors(" ".join(texts)))
            self._lists.append((group[-1], self._versions(texts)))
        self._judge()

    def visit_Call(self, call: cst.Call) -> None:
        if not self.context.resolve(call.func) & {"nox.session", "nox.sessions.session"}:
            return
        python = self.context.argument(call, -1, "python") or self.context.argument(call, -1, "py")
        listed = None if python is None else self.context.value(python)
        if isinstance(listed, (cst.List, cst.Tuple)):
            texts = [self.context.string(one.value) or "?" for one in listed.elements]
            self._lists.append((listed, self._versions(texts)))
        elif listed is not None:
            self._lists.append((listed, self._versions([self.context.string(listed) or "?"])))

    def leave_Module(self, node: cst.Module) -> None:
        self._judge()

    def _versions(self, texts: Iterable[str]) -> dict[int, str] | None:
        """The versions of Python in a list, by their number; None where it names the target, or what we do not know."""
        found: dict[int, str] = {}
        for text in map(str.strip, texts):
            match = _VERSION.fullmatch(text)
            if self._names_target(text) or (match is None and _OTHER.fullmatch(text) is None):
                return None
            if match is not None:
                found[int(match["minor"])] = f"3.{match['minor']}"
        return found

    def _judge(self) -> None:
        """Reports the list with the latest version, if none of them all has the target or a later one."""
        known = [(node, versions) for node, versions in self._lists if versions]
        if len(known) < sum(versions != {} for _, versions in self._lists):
            return
        named = {minor: text for _, versions in known for minor, text in versions.items()}
        if max((len(versions) for _, versions in known), default=0) < 2 or max(named) > self.context.target.version[1]:
            return
        self.report(
            next(node for node, versions in known if max(named) in versions),
            f"The tests run on Python {named[min(named)]} to {named[max(named)]}, and not on {self.context.target}.",
            help=f"Add {self.context.target} to the list.",
        )

    def _names_target(self, text: str) -> bool:
        """Whether a text names the target, or what may be the target."""
        release = self.context.target.release
        free = r"(?:t|.{0,40}free)" if self.context.target.free_threaded else ""
        number = rf"(?<![\d.]){re.escape(release)}{free}(?!\d)|(?:cp|py){release.replace('.', '')}{free}(?!\d)"
        return re.search(rf"(?s)\A{release.replace('.', '')}{free}\Z|{number}|(?<!\w)3\.x|fromJSON", text) is not None


def _list_of(setting: Setting) -> tuple[str | int, ...] | None:
    """The keys of the list of Python versions that a setting is an item of; None where it is of none."""
    keys = tuple("*" if isinstance(key, int) else key for key in setting.keys)
    match keys:
        case ("tox", "envlist" | "env_list", *_):
            return keys[:2]
        case ("tool", "tox", "env_list", "*") | ("tool", "hatch", "envs", _, "matrix", "*", "python" | "py", "*"):
            return keys
        case ("tool" | "project" | "build-system" | "tox", *_):
            return None
    is_list = keys[-1:] == ("*",) or "include" in keys
    name = next((key for key in reversed(setting.keys) if isinstance(key, str)), "")
    return keys if is_list and "exclude" not in keys and name and _ABOUT_PYTHON.fullmatch(name) else None


def _factors(text: str) -> Iterator[str]:
    """The versions in tox's list of environments; one that cannot be read where there may be others."""
    if re.search(r"\{\[|\{env:|\d-\d|\bpy3?(?![\w.{])", text):
        yield "?"
    for match in _FACTOR.finditer(text):
        if match["minors"] is None:
            yield f"3.{match['version']}"
            continue
        for one in match["minors"].split(","):
            yield ("3." if match[0].startswith("py3{") else "") + one.strip()
