"""Rule packs: found through entry points, loaded once, selected by code."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

from py314_check.api import SECTIONS, FactError, Rule
from py314_check.model import RuleInfo

GROUP = "py314_check.rules"
DOCS_URL = "https://github.com/py314-check/py314-check/blob/main/docs/rules"


class RuleError(Exception):
    """A rule pack that cannot be used, or a code that names no rule; the message says which and what to do."""


@lru_cache(maxsize=1)
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule of every installed pack, sorted by code. Raises RuleError for a pack that does not load."""
    rules: dict[str, type[Rule]] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            found = _rules_below(entry_point.value)
        except FactError as error:
            raise RuleError(f"the rule pack {entry_point.name!r} has a broken fact table: {error}") from error
        except Exception as error:
            raise RuleError(
                f"the rule pack {entry_point.name!r} ({entry_point.value}) does not load: {error!r}"
            ) from error
        for rule in found:
            if rules.setdefault(rule.code, rule) is not rule:
                raise RuleError(f"two rules have the code {rule.code}: {_where(rules[rule.code])} and {_where(rule)}")
    return tuple(rules[code] for code in sorted(rules))


def _rules_below(package_name: str) -> list[type[Rule]]:
    package = importlib.import_module(package_name)
    below = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    modules = [package, *(importlib.import_module(info.name) for info in below)]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Rule)
        and value.__module__ == module.__name__
        and hasattr(value, "code")
    ]


@lru_cache(maxsize=1)
def pack_digest() -> str:
    """A hash of everything in the packages that the rules come from: code and fact tables."""
    digest = hashlib.sha256()
    for package in sorted({rule.__module__.partition(".")[0] for rule in all_rules()}):
        for root in importlib.import_module(package).__path__:
            for file in sorted(Path(root).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _where(rule: type[Rule]) -> str:
    return f"{rule.__module__}.{rule.__qualname__}"


def describe(rule: type[Rule]) -> RuleInfo:
    """What reports and ``explain`` say of a rule, taken from its docstring."""
    documentation = inspect.cleandoc(rule.__doc__ or "")
    parts = re.split(r"^## (.+)$", documentation, flags=re.MULTILINE)
    sections = {heading.strip(): text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}
    return RuleInfo(
        code=rule.code,
        name=rule.name,
        summary=parts[0].strip().splitlines()[0] if parts[0].strip() else rule.name,
        level=rule.level,
        confidence=rule.confidence,
        impact=rule.impact,
        documentation=documentation,
        sections={heading: sections.get(heading, "") for heading in SECTIONS},
        url=f"{DOCS_URL}/{rule.code}.md",
    )


def select(selected: Iterable[str], ignored: Iterable[str]) -> tuple[type[Rule], ...]:
    """The rules that are on: codes, code prefixes or ``ALL``; the longer of two that disagree wins.

    Raises RuleError for one that matches no rule.
    """
    rules = all_rules()
    selected, ignored = list(selected), list(ignored)
    for wanted in (*selected, *ignored):
        if wanted != "ALL" and not any(wanted and rule.code.startswith(wanted) for rule in rules):
            raise RuleError(f"no rule matches {wanted!r}" + did_you_mean(wanted, _spellings(rules)))

    def weight(code: str, wanted: list[str]) -> int:
        return max(
            (0 if one == "ALL" else len(one) for one in wanted if one == "ALL" or code.startswith(one)), default=-1
        )

    return tuple(rule for rule in rules if weight(rule.code, selected) > weight(rule.code, ignored))


def find(name: str) -> type[Rule]:
    """The rule with this code or name, in any case. Raises RuleError with the nearest spelling."""
    rules = all_rules()
    for rule in rules:
        if name.upper() == rule.code or name.lower() == rule.name:
            return rule
    raise RuleError(
        f"there is no rule {name!r}" + did_you_mean(name, [*(rule.name for rule in rules), *_spellings(rules)])
    )


def _spellings(rules: Iterable[type[Rule]]) -> list[str]:
    return sorted({spelling for rule in rules for spelling in (rule.code, rule.code[:3], "ALL")})


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """``; did you mean 'X'?`` for the nearest spelling, or an empty string."""
    folded = {spelling.casefold(): spelling for spelling in known}
    close = difflib.get_close_matches(given.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
