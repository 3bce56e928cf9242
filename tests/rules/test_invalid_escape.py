"""SYN003 against the compilers of Python 3.12 and 3.14: as many warnings, of the same escapes, on the same lines."""

from __future__ import annotations

import random
import re

import pytest
from helpers.compiling import compiled
from helpers.scanning import found

COUNT = 1500
_PIECES = [
    "a",
    " ",
    "\\",
    "\\",
    "\\",
    "\\\\",
    "d",
    "e",
    "n",
    "x41",
    "7",
    "400",
    "377",
    "8",
    "N",
    "N{BULLET}",
    "u0041",
    "'",
    '"',
    "é",
    "\n",
    "r",
    "#",
]
_TEMPLATE = ["{x}", "{{", "}}", "{x!r:", "}", "{x:\\d}", "{'\\d'}", "\\{x}", "{r'\\d'}", "{x:{y}\\e}"]


def _literal(seed: int) -> str:
    chosen = random.Random(seed)
    prefix = chosen.choice(["", "", "b", "f", "f", "r", "rb", "Rf", "u", "F"])
    quote = chosen.choice(["'", '"', "'''", '"""'])
    pieces = _PIECES + (_TEMPLATE if "f" in prefix.lower() else [])
    text = "".join(chosen.choice(pieces) for _ in range(chosen.randint(0, 7)))
    return f"x = {prefix}{quote}{text}{quote} + {chosen.choice(['1', repr(text), 'y'])}\n"


def _escape(text: str) -> str:
    """The escape sequence that a warning is about; its wording changed in 3.14."""
    return re.search(r"""\\(?:\d{3}|.)""", text, re.DOTALL)[0]  # type: ignore[index]


@pytest.mark.parametrize("version", ["3.12", "3.14"])
def test_the_same_as_the_compiler(version: str) -> None:
    programs = [_literal(seed) for seed in range(COUNT)]
    warned = 0
    for program, answer in zip(programs, compiled(version, programs), strict=True):
        if isinstance(answer, str):
            continue
        if version == "3.12" and re.search(r"\b[rR][fF]", program):
            continue  # up to 3.13, the compiler took format specifications of raw f-strings for not raw
        expected = [(line, _escape(text)) for line, text in answer if "escape" in text]
        findings = found(program, codes="SYN003", word_test=True)  # type: ignore[arg-type]
        reported = [(one.place.line, "\n".join(one.source)) for one in findings]
        assert len(reported) == len(expected), (program, expected)
        exact = version == "3.14" and not re.search(r"\b[fF]['\"]", program)  # in f-strings its lines are often wrong
        for (line, source), (true_line, escape) in zip(reported, sorted(expected), strict=True):
            assert not exact or line == true_line, program
            assert not exact or escape in source, program
        warned += len(expected)
    assert warned > COUNT / 20
