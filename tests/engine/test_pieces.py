"""The strings and comments of Python code, told from its bytes."""

from __future__ import annotations

import io
import time
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py314_check.pieces import pieces, without_comments

_PARTS = st.sampled_from(
    [
        "x",
        "(",
        ")",
        "'a'",
        '"#"',
        "'''a\nb'''",
        "# c\n",
        "\n",
        "r'\\'",
        'b"\'"',
        '"""\'"""',
        "\\\n",
        " ",
        "u'\\''",
        "{",
        "}",
        "=",
        "''",
    ]
)


@given(st.lists(_PARTS, max_size=30))
def test_strings_and_comments_are_those_of_the_tokenizer(parts: list[str]) -> None:
    source = "".join(parts) + "\n"
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    if any(token.type == tokenize.ERRORTOKEN for token in tokens):
        return
    expected = [
        lines[token.end[0] - 1] + token.end[1] for token in tokens if token.type in (tokenize.STRING, tokenize.COMMENT)
    ]
    assert [piece.end for piece in pieces(source.encode())] == expected


@pytest.mark.parametrize("text", ["'", '"', "'''", '"""', "#", "\\", "'\\", "f'{", "(", '"""\\"', "x'", "''' "])
def test_reading_is_linear(text: str) -> None:
    def cost(times: int) -> float:
        data = (text * times).encode()
        start = time.process_time()
        without_comments(data)
        return time.process_time() - start

    cost(100)
    assert cost(100_000) < 30 * max(cost(10_000), 0.005)
