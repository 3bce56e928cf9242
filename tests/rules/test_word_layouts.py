"""What a rule finds in its fixtures does not hang on how the code is laid out, which the tests of bytes must not miss."""

from __future__ import annotations

import ast
import io
import itertools
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import layouts
from helpers.scanning import scan_source

from py314_check.model import Finding
from py314_check.registry import all_rules
from py314_check.words import WordTest

FIXTURES = Path(__file__).parent.parent / "fixtures"
FAMILIES = ("CHG1", "CHG2", "CHG4")
_LAID_OUT = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.COMMENT}


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


def _between(source: str, gap: Callable[[int, tokenize.TokenInfo, tokenize.TokenInfo], str | None]) -> str:
    """The code with something else between two tokens of a line, by how many brackets are open there."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    parts: list[str] = []
    done = depth = in_template = 0
    tokens = _tokens(source)
    for one, other in itertools.pairwise(tokens):
        depth += (one.string in "([{") - (one.string in ")]}") if one.type == tokenize.OP else 0
        kind = tokenize.tok_name[one.type]
        in_template += kind.endswith("STRING_START")
        in_template -= kind.endswith("STRING_END")
        if in_template or {one.type, other.type} & _LAID_OUT or one.end[0] != other.start[0]:
            continue
        text = gap(depth, one, other)
        if text is not None:
            at, behind = starts[one.end[0] - 1] + one.end[1], starts[other.start[0] - 1] + other.start[1]
            parts += (source[done:at], text)
            done = behind
    return "".join([*parts, source[done:]])


def _renamed(source: str, names: dict[str, str]) -> str:
    """The code with other names, but in imports."""
    lines = source.splitlines(keepends=True)
    for token in reversed(_tokens(source)):
        if token.type == tokenize.NAME and token.string in names and " import " not in f" {token.line}":
            line, start, end = token.start[0] - 1, token.start[1], token.end[1]
            lines[line] = lines[line][:start] + names[token.string] + lines[line][end:]
    return "".join(lines)


def _with_own_names_foreign(source: str) -> str:
    """All names that the code itself defines have an umlaut."""
    own = re.findall(
        r"^[ \t]*(?:async )?(?:def|class) (?!test)([a-zA-Z]\w*)|^[ \t]*([a-zA-Z]\w*) *(?::[^=\n]+)?= ", source, re.M
    )
    return _renamed(source, {name: f"{name}_ü" for pair in own for name in pair if name})


def _imported(source: str) -> Iterator[str]:
    for line in re.findall(r"^(?:from [\w.]+ )?import ([\w, ]+)$", source, re.M):
        yield from (name for name in line.split(", ") if name.isidentifier())


def _with_aliases(source: str) -> str:
    """What is imported has another name."""
    names = {name: f"{name}_" for name in _imported(source) if name != "annotations"}
    pattern = r"^((?:from [\w.]+ )?import )([\w, ]+)$"
    code = _renamed(source, names)
    return re.sub(
        pattern,
        lambda found: (
            found[1] + ", ".join(f"{one} as {names[one]}" if one in names else one for one in found[2].split(", "))
        ),
        code,
        flags=re.M,
    )


def _with_assigned_names(source: str) -> str:
    """What is imported is given another name by an assignment."""
    names = {name: f"{name}_" for name in _imported(source) if name != "annotations"}
    code = _renamed(source, names)
    return re.sub(
        r"^([ \t]*)((?:from [\w.]+ )?import ([\w, ]+))$",
        lambda found: "\n".join(
            [found[1] + found[2], *(f"{found[1]}{names[one]} = {one}" for one in found[3].split(", ") if one in names)]
        ),
        code,
        flags=re.M,
    )


def _with_remarks(source: str) -> str:
    """Every line of code ends with a comment, and every body of a class or function begins with text like code."""
    code = re.sub(
        r"^([ \t]*)((?:async )?def \w+\(.*:|class \w.*:)$",
        r'\1\2\n\1    """' + "\ndef f(\nclass X: '\n" + r'\1    """',
        source,
        flags=re.M,
    )
    lines = code.splitlines(keepends=True)
    for token in reversed(_tokens(code)):
        if token.type == tokenize.NEWLINE:
            line, end = token.start[0] - 1, token.start[1]
            if not lines[line][end:].strip():
                lines[line] = f"{lines[line][:end]}  # it's (\n"
    return "".join(lines)


LAYOUTS: dict[str, Callable[[str], str]] = {
    **{name: layouts.LAYOUTS[name] for name in ("plain", "CRLF", "CR", "byte order mark")},
    "tabs": lambda source: re.sub(r"^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), source, flags=re.M),
    "form feeds": lambda source: re.sub(r"^(?=\S)", "\f", source, flags=re.M),
    "spaces": lambda source: _between(source, lambda depth, one, other: " \t "),
    "tokens in lines of their own": lambda source: _between(
        source, lambda depth, one, other: "\n  " if depth > 0 else None
    ),
    "comments between tokens": lambda source: _between(
        source, lambda depth, one, other: "  # why, it's (\n  " if depth > 0 else None
    ),
    "backslashes": lambda source: _between(source, lambda depth, one, other: " \\\n  "),
    "backslashes and CRLF": lambda source: _between(source, lambda depth, one, other: "\\\n").replace("\n", "\r\n"),
    "backslashes and CR": lambda source: _between(source, lambda depth, one, other: "\\\n").replace("\n", "\r"),
    "names beyond ASCII": _with_own_names_foreign,
    "aliases": _with_aliases,
    "assigned names": _with_assigned_names,
    "all names imported": lambda source: re.sub(r"^(from (?!__future__)[\w.]+ import ).*$", r"\1*", source, flags=re.M),
    "remarks": _with_remarks,
}


def _cases() -> list[Path]:
    return sorted(path for family in FAMILIES for path in FIXTURES.glob(f"{family}*/*.py"))


def _findings(code: str, data: bytes) -> list[Finding]:
    """What a rule finds without the word test."""
    found = scan_source(data, target="3.15", word_test=False, codes=code).findings
    assert not any(one.code == "SYN001" for one in found)
    return list(found)


def _apart(code: str, source: str) -> Iterator[str]:
    """The code, and for each finding in it the code without the statements that other findings are in."""
    yield source
    lines = source.splitlines(keepends=True)
    try:
        body = ast.parse(source).body
    except SyntaxError:  # of a later Python than this one
        return
    statements = [range(one.lineno - 1, one.end_lineno or one.lineno) for one in body]
    with_findings = {
        index
        for one in _findings(code, source.encode())
        for index, statement in enumerate(statements)
        if one.place.line - 1 in statement
    }
    for index in with_findings if len(with_findings) > 1 else ():
        dropped = {line for other in with_findings - {index} for line in statements[other]}
        yield "".join(line for number, line in enumerate(lines) if number not in dropped)


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_layout(case: Path) -> None:
    code = case.parent.name
    test = WordTest(rule for rule in all_rules() if rule.code == code)
    lost = {
        (name, laid_out)
        for source in _apart(code, case.read_text("utf-8"))
        for name, lay_out in LAYOUTS.items()
        if not test.candidates((laid_out := lay_out(source)).encode()) and _findings(code, laid_out.encode())
    }
    assert not lost, "\n".join(f"{name}:\n{laid_out}" for name, laid_out in lost)
