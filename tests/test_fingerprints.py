from __future__ import annotations

import re
from collections import Counter

import pytest
from helpers.reports import patiently
from hypothesis import given
from hypothesis import strategies as st

from py314_check.fingerprints import fingerprint, line_hashes

GREETINGS = "8b7cf3e952e7aeb2 b1ae1287ec4718d9 bff680108adb0fcc c6805c5e1288b612 b86d3392aea1be30 e6ceba753e1a442"
SOURCES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"\n", b"\r", b"\r\n", b" ", b"\t", b"x", b"import cgi\n", b"\xff", b"\xe2\x82", b"\xef\xbb\xbf"]
        ),
        st.text(max_size=150).map(lambda text: text.encode("utf-8")),
    ),
    max_size=40,
).map(b"".join)


def naive_line_hashes(data: bytes) -> list[str]:
    """The same from the words of the algorithm: character by character, every window summed up on its own."""
    wide = data.decode("utf-8", "replace").encode("utf-16-be")
    units: list[int] = []
    after_return = False
    for high, low in zip(wide[::2], wide[1::2], strict=True):
        unit = high * 256 + low
        if not (unit == ord("\n") and after_return) and unit not in (ord(" "), ord("\t")):
            units.append(ord("\n") if unit == ord("\r") else unit)
        after_return = unit == ord("\r")
    units.append(65535)
    starts = [index for index in range(len(units)) if index == 0 or units[index - 1] == ord("\n")]
    counts: Counter[str] = Counter()
    hashes = []
    for start in starts:
        window = (units[start : start + 100] + [0] * 100)[:100]
        value = format(sum(unit * 37 ** (99 - index) for index, unit in enumerate(window)) % 2**64, "x")
        counts[value] += 1
        hashes.append(f"{value}:{counts[value]}")
    return hashes


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        pytest.param("", "c129715d7a2bc9a3", id="an empty file has one line"),
        pytest.param("\n", "3c5bef55b72b93c9 c129715d7a2bc9a3", id="an empty line and the end"),
        pytest.param(
            " a\nb\n  \t\tc\n d", "271789c17abda88f 54703d4cd895b18 180aee12dab6264 a23a3dc5e078b07b", id="blanks"
        ),
        pytest.param(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End", GREETINGS, id="line feeds"),
        pytest.param(" hello; \t\rworld!!!\r\r\r  \t\tGreetings\r End", GREETINGS, id="carriage returns"),
        pytest.param(" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End", GREETINGS, id="both"),
        pytest.param(
            "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
            "e54938cc54b302f1 bb609acbe9138d60 1131fd5871777f34 5c482a0f8b35ea28 "
            "54517377da7028d2 2c644846cb18d53e f1b89f20de0d133 c129715d7a2bc9a3",
            id="equal lines in different company",
        ),
    ],
)
def test_line_hashes_are_those_that_github_publishes(text: str, hashes: str) -> None:
    expected = {line: f"{value}:1" for line, value in enumerate(hashes.split(), start=1)}
    assert line_hashes(text.encode("utf-8")) == expected


def test_lines_with_equal_windows_are_counted() -> None:
    hashes = line_hashes(b"x\n" * 200)
    assert {hashes[line].split(":")[0] for line in range(1, 151)} == {hashes[1].split(":")[0]}
    assert [hashes[line].split(":")[1] for line in (1, 2, 150)] == ["1", "2", "150"]


@patiently
@given(SOURCES)
def test_line_hashes_of_any_bytes_are_those_of_the_naive_algorithm(data: bytes) -> None:
    assert line_hashes(data) == dict(enumerate(naive_line_hashes(data), start=1))


def test_a_fingerprint_is_20_hexadecimal_digits_and_stays_the_same() -> None:
    value = fingerprint("RMV001", "src/a.py", "cgi", "import cgi", 0)
    assert re.fullmatch("[0-9a-f]{20}", value)
    assert value == "9dfc0956675308e8f555"


def test_a_fingerprint_outlives_changed_blanks() -> None:
    assert fingerprint("C1", "a.py", "s", "import  cgi", 0) == fingerprint("C1", "a.py", "s", "\timport cgi ", 0)


def test_a_fingerprint_depends_on_every_field() -> None:
    fields: list[tuple[str, str, str, str, int]] = [
        ("C1", "a.py", "s", "x", 0),
        ("C2", "a.py", "s", "x", 0),
        ("C1", "b.py", "s", "x", 0),
        ("C1", "a.py", "t", "x", 0),
        ("C1", "a.py", "s", "y", 0),
        ("C1", "a.py", "s", "x", 1),
        ("C1", "a.pys", "", "x", 0),
    ]
    assert len({fingerprint(*each) for each in fields}) == len(fields)


def test_a_file_name_that_is_not_utf_8_has_a_fingerprint() -> None:
    assert fingerprint("C1", "\udcff.py", "s", "x", 0) != fingerprint("C1", "\udcfe.py", "s", "x", 0)
