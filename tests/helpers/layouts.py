"""Ways to lay out one program otherwise, which rules and their word tests must not mind."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable


def _with_form_feeds(source: str) -> str:
    return "\f\n" + source.replace("\n\n", "\n\f\n")


def _with_remarks(source: str) -> str:
    """Comments and broken lines wherever there is room for them: between tokens in brackets.

    What Python's own tokenizer rejects (since 3.12, more than before) stays as it is.
    """
    lines = source.splitlines(keepends=True)
    depth = 0
    breaks: list[tuple[int, int]] = []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source
    for token in tokens:
        if token.type == tokenize.OP and token.string in "([{":
            depth += 1
        elif token.type == tokenize.OP and token.string in ")]}":
            depth -= 1
        if depth and token.type == tokenize.OP and token.string in "([{,":
            breaks.append(token.end)
    for row, column in reversed(breaks):
        line = lines[row - 1]
        lines[row - 1] = f"{line[:column]}  # it's (\n{line[column:]}"
    return "".join(lines)


def _continued(source: str) -> str:
    """A broken line between a keyword and what follows it."""
    for word in ("return", "not", "import", "def", "class", "from", "except", "yield"):
        source = source.replace(f"{word} ", f"{word} \\\n ")
    return source


LAYOUTS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "CRLF": lambda source: source.replace("\n", "\r\n"),
    "CR": lambda source: source.replace("\n", "\r"),
    "tabs": lambda source: source.replace("    ", "\t"),
    "byte order mark": lambda source: "\ufeff" + source,
    "form feeds": _with_form_feeds,
    "remarks": _with_remarks,
    "continued": _continued,
}
