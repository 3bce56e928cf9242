"""Who may import whom, and what must stay out of the engine. See docs/architecture.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "rules").rglob("*.py"))
_IMPORT = re.compile(r"^\s*(?:from (py314_\w+[\w.]*) import (.+)|import (py314_\w+[\w.]*))", re.MULTILINE)
_FOR_TYPES = {"model.py": {"py314_check.outline"}}
"""What is imported for annotations alone."""
# Each layer may import itself and those before it.
LAYERS = (
    ("model",),
    (
        *(
            "events",
            "facts",
            "collector",
            "fingerprints",
            "kept",
            "mentions",
            "outline",
            "pieces",
            "signs_of_threads",
            "source",
            "splitting",
            "specifiers",
            "stamps",
            "verdict",
        ),
        "__init__",
    ),
    ("api",),
    (
        "index",
        "registry",
        "words",
        "suppressions",
        "languages",
        "answers",
        "discovery",
        "manifests",
        "requirements",
        "cargo",
        "contents",
        "project",
    ),
    ("config", "fixes", "scan"),
    ("cache", "workers"),
    ("run", "reporters", "probe"),
    ("cli", "__main__"),
)


def _imports(path: Path) -> set[str]:
    return {match[1] or match[3] for match in _IMPORT.finditer(path.read_text())} - _FOR_TYPES.get(path.name, set())


def _layer(module: str) -> int:
    room = ([*module.split("."), "__init__"])[1]
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    relative = path.relative_to(ROOT)
    imported = _imports(path)
    if relative.parts[0] == "rules":
        assert {one for one in imported if one.startswith("py314_check")} <= {"py314_check.api"}
        return
    assert not {one for one in imported if not one.startswith("py314_check")}, "the engine imports no rule pack"
    own = _layer(".".join(relative.with_suffix("").parts[1:]))
    assert {one for one in imported if _layer(one) > own} == set()


def test_the_engine_knows_no_rule() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text()
        assert "py314_rules" not in text
        if path.name not in ("api.py",):
            assert not re.search(r"\b(?:RMV|CHG|DPR|GIL|EXT|TIS|PRJ|JIT)\d{3}\b", text), path


def test_results_do_not_depend_on_the_host() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        if path.name in ("outline.py", "mentions.py"):  # which tell what need not be looked at, on any host
            continue
        assert not re.search(
            r"^\s*(?:import ast|from ast )|ast\.parse|\btokenize\.",
            path.read_text().replace("``tokenize.detect_encoding``", ""),
            re.MULTILINE,
        ), path
