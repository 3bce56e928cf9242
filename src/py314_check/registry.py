"""Rule packs: found through entry points, loaded once, selected by code.

A run gets along with what the index says of the rules (``rule_entries``), and imports those that may fire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from py314_check import index
from py314_check.model import Confidence, Impact, Level, RuleInfo, Words

if TYPE_CHECKING:
    from py314_check.api import Rule
    from py314_check.outline import Outline

GROUP = "py314_check.rules"
DOCS_URL = "https://github.com/py314-check/py314-check/blob/main/docs/rules"


class RuleError(Exception):
    """A rule pack that cannot be used, or a code that names no rule; the message says which and what to do."""


class RuleEntry:
    """A rule as it is known before it is imported: when it runs on a file, and what is said of it.

    ``words`` are those of the rule; their tests import it. ``visits`` are the types that it has visitors for.
    """

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.info = _info(row)
        self.code = self.info.code
        self.languages = frozenset(row["languages"])
        self.since: str = row["since"]
        self.in_tests: bool = row["in_tests"]
        self.visits = frozenset(row["visits"])
        self._module, self._class, self._words = row["module"], row["class"], row["words"]

    @cached_property
    def words(self) -> tuple[Words, ...]:
        return tuple(
            Words(*words, **{**how, **{kind: _Test(self, number, kind) for kind in tests}})
            for number, (words, how, tests) in enumerate(self._words)
        )

    @cached_property
    def rule(self) -> type[Rule]:
        """The rule itself, imported. Raises RuleError for a pack that does not load after all."""
        with suppress(Exception):  # then all packs are loaded, which says what is wrong
            rule: type[Rule] = getattr(import_module(self._module), self._class)
            if rule.code == self.code:
                return rule
        return next(rule for rule in all_rules() if rule.code == self.code)


class _Test:
    """A test of a rule's words, which imports the rule when it is called."""

    def __init__(self, entry: RuleEntry, number: int, kind: str) -> None:
        self._entry, self._number, self._kind = entry, number, kind

    def __call__(self, file: bytes | Outline) -> object:
        test = getattr(self._entry.rule.words[self._number], self._kind)
        return test is None or test(file)


def _row(rule: type[Rule]) -> dict[str, Any]:
    """What an entry is made of, in terms of JSON."""
    info = describe(rule)
    return {
        "code": info.code,
        "name": info.name,
        "summary": info.summary,
        "level": info.level,
        "confidence": info.confidence,
        "impact": info.impact,
        "documentation": info.documentation,
        "module": rule.__module__,
        "class": rule.__qualname__,
        "languages": sorted(rule.languages),
        "since": rule.since,
        "in_tests": rule.in_tests,
        "visits": [name.removeprefix("visit_") for name in dir(rule) if name.startswith("visit_")],
        "words": [
            (
                one.words,
                {key: True for key in ("imported", "quoted", "remarks") if getattr(one, key)},
                [kind for kind in ("test", "outline") if getattr(one, kind) is not None],
            )
            for one in rule.words
        ],
    }


def _info(row: Mapping[str, Any]) -> RuleInfo:
    return RuleInfo(
        row["code"],
        row["name"],
        row["summary"],
        Level(row["level"]),
        Confidence(row["confidence"]),
        Impact(row["impact"]),
        row["documentation"],
        f"{DOCS_URL}/{row['code']}.md",
    )


@lru_cache(maxsize=1)
def rule_entries() -> tuple[RuleEntry, ...]:
    """Every rule of every installed pack, sorted by code. Raises RuleError for a pack that does not load."""
    kept = _kept()
    if kept is not None:
        return tuple(map(RuleEntry, kept["rules"]))
    packages = [package for _, package in _packs()]
    signature = index.signature(packages)
    rows = [_row(rule) for rule in all_rules()]
    index.write(packages, signature, digest=pack_digest(), rules=rows)
    return tuple(map(RuleEntry, rows))


@lru_cache(maxsize=1)
def _kept() -> dict[str, Any] | None:
    return index.read()


@lru_cache(maxsize=1)
def _packs() -> tuple[tuple[str, str], ...]:
    """The names of the packs, each with its package."""
    from importlib.metadata import entry_points

    return tuple(sorted((entry.name, entry.value) for entry in entry_points(group=GROUP)))


@lru_cache(maxsize=1)
def all_rules() -> tuple[type[Rule], ...]:
    """The rules themselves, all imported, sorted by code. Raises RuleError for a pack that does not load."""
    from py314_check.api import FactError

    rules: dict[str, type[Rule]] = {}
    for name, package in _packs():
        try:
            found = _rules_below(package)
        except FactError as error:
            raise RuleError(f"the rule pack {name!r} has a broken fact table: {error}") from error
        except Exception as error:
            raise RuleError(f"the rule pack {name!r} ({package}) does not load: {error!r}") from error
        for rule in found:
            if rules.setdefault(rule.code, rule) is not rule:
                raise RuleError(f"two rules have the code {rule.code}: {_where(rules[rule.code])} and {_where(rule)}")
    return tuple(rules[code] for code in sorted(rules))


def _rules_below(package_name: str) -> list[type[Rule]]:
    from pkgutil import walk_packages

    from py314_check.api import Rule

    package = import_module(package_name)
    below = walk_packages(package.__path__, package.__name__ + ".")
    modules = [package, *(import_module(info.name) for info in below)]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Rule)
        and value.__module__ == module.__name__
        and hasattr(value, "code")
    ]


@lru_cache(maxsize=1)
def pack_digest() -> str:
    """A hash of everything in the packages that the rules come from: code and fact tables."""
    kept = _kept()
    if kept is not None:
        return str(kept["digest"])
    from hashlib import sha256

    digest = sha256()
    for package in sorted({rule.__module__.partition(".")[0] for rule in all_rules()}):
        for root in import_module(package).__path__:
            for file in index.files_below(root):
                name = file.path.removeprefix(root).replace("\\", "/")
                with open(file, "rb") as content:
                    digest.update(name.encode() + b"\0" + content.read())
    return digest.hexdigest()


def _where(rule: type[Rule]) -> str:
    return f"{rule.__module__}.{rule.__qualname__}"


def describe(rule: type[Rule]) -> RuleInfo:
    """What reports and ``explain`` say of a rule, taken from its docstring."""
    import re
    from inspect import cleandoc

    documentation = cleandoc(rule.__doc__ or "")
    first = re.split(r"^## ", documentation, maxsplit=1, flags=re.MULTILINE)[0].strip()
    return RuleInfo(
        code=rule.code,
        name=rule.name,
        summary=first.splitlines()[0] if first else rule.name,
        level=rule.level,
        confidence=rule.confidence,
        impact=rule.impact,
        documentation=documentation,
        url=f"{DOCS_URL}/{rule.code}.md",
    )


def select(selected: Iterable[str], ignored: Iterable[str]) -> tuple[RuleEntry, ...]:
    """The rules that are on: codes, code prefixes or ``ALL``; the longer of two that disagree wins.

    Raises RuleError for one that matches no rule.
    """
    rules = rule_entries()
    selected, ignored = list(selected), list(ignored)
    for wanted in (*selected, *ignored):
        if wanted != "ALL" and not any(wanted and rule.code.startswith(wanted) for rule in rules):
            raise RuleError(f"no rule matches {wanted!r}" + did_you_mean(wanted, _spellings(rules)))

    def weight(code: str, wanted: list[str]) -> int:
        return max(
            (0 if one == "ALL" else len(one) for one in wanted if one == "ALL" or code.startswith(one)), default=-1
        )

    return tuple(rule for rule in rules if weight(rule.code, selected) > weight(rule.code, ignored))


def find(name: str) -> RuleEntry:
    """The rule with this code or name, in any case. Raises RuleError with the nearest spelling."""
    rules = rule_entries()
    for rule in rules:
        if name.upper() == rule.code or name.lower() == rule.info.name:
            return rule
    raise RuleError(
        f"there is no rule {name!r}" + did_you_mean(name, [*(rule.info.name for rule in rules), *_spellings(rules)])
    )


def _spellings(rules: Iterable[RuleEntry]) -> list[str]:
    return sorted({spelling for rule in rules for spelling in (rule.code, rule.code[:3], "ALL")})


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """``; did you mean 'X'?`` for the nearest spelling, or an empty string."""
    from difflib import get_close_matches

    folded = {spelling.casefold(): spelling for spelling in known}
    close = get_close_matches(given.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
