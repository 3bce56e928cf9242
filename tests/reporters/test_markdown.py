"""The Markdown report, read back by a parser of Markdown: whatever is in a report, its tables hold."""

from __future__ import annotations

import re

import pytest
from helpers.reports import make_finding, make_report, paths, patiently, reports, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from py314_check.model import Level, Report, Summary
from py314_check.reporters import markdown
from py314_check.reporters.concise import visible
from py314_check.reporters.markdown import render
from py314_check.verdict import verdict

SOME = Summary(files=3, parsed=2)
LINK = "https://example.invalid/rules/RMV001"
ROW = "| error | [RMV001] | The module <code>cgi</code> was removed in Python 3.13. | <code>src/a.py:3</code> |"

Table = list[list[str]]


def tables(text: str) -> list[Table]:
    """The tables, by row and cell, as they read. Fails where one holds anything but text, code and links to rules."""
    found: list[Table] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and token.level > 1:
            found[-1][-1].append(shown(token))
    return found


def shown(cell: Token) -> str:
    text = ""
    for token in cell.children or ():
        assert token.type in ("text", "text_special", "html_inline", "link_open", "link_close"), token
        if token.type == "html_inline":
            assert token.content in ("<code>", "</code>")
        elif token.type == "link_open":
            assert token.attrs == {"href": LINK}
        else:
            text += token.content
    return text


def bare(text: str) -> str:
    """What remains of a text when its backticks have become code and its spaces run together."""
    return " ".join(re.sub(r"`([^`]+)`", r"\1", visible(text)).split())


def test_a_whole_report() -> None:
    report = make_report(make_finding(), make_finding(path="b.py", level=Level.NOTE), summary=SOME)
    assert render(report) == (
        "## py314-check: Python 3.14\n"
        "\n"
        "| Python | verdict | errors | warnings | notes |\n"
        "| --- | --- | ---: | ---: | ---: |\n"
        "| 3.14 | ❌ not ready | 1 |  | 1 |\n"
        "| 3.14t (derived from 3.14) | ❌ not ready | 1 |  | 1 |\n"
        "\n"
        "3 files looked at, 2 parsed.\n"
        "\n"
        "| errors | warnings | notes | by family |\n"
        "| ---: | ---: | ---: | --- |\n"
        "| 1 |  | 1 | RMV gone from the standard library |\n"
        "\n"
        "By impact: breaks 2.\n"
        "\n"
        "| errors | warnings | notes | by file |\n"
        "| ---: | ---: | ---: | --- |\n"
        "| 1 |  |  | <code>src/a.py</code> |\n"
        "|  |  | 1 | <code>b.py</code> |\n"
        "\n"
        "<details>\n"
        "<summary>2 findings</summary>\n"
        "\n"
        "| level | rule | what | where |\n"
        "| --- | --- | --- | --- |\n"
        f"{ROW}\n"
        f"{ROW.replace('error', 'note').replace('src/a.py', 'b.py')}\n"
        "\n"
        "</details>\n"
        "\n"
        f"[RMV001]: {LINK}\n"
    )


def test_a_summary_has_no_findings() -> None:
    report = make_report(make_finding(), summary=SOME)
    summary = render(report, summary=True)
    assert render(report).startswith(summary)
    assert "<details>" not in summary


@pytest.mark.parametrize(
    ("level", "words"),
    [(None, "✅ ready"), (Level.WARNING, "⚠️ ready with changes to review"), (Level.ERROR, "❌ not ready")],
)
def test_the_verdict_comes_first(level: Level | None, words: str) -> None:
    findings = [] if level is None else [make_finding(level=level)]
    first = tables(render(make_report(*findings, summary=SOME)))[0]
    assert [row[:2] for row in first[1:]] == [["3.14", words], ["3.14t (derived from 3.14)", words]]


def test_a_guarded_finding_is_a_note_that_says_why() -> None:
    (row,) = tables(render(make_report(make_finding(guard="the `try` copes"), summary=SOME)))[-1][1:]
    assert (row[0], row[2]) == ("note", "The module cgi was removed in Python 3.13. Guarded: the try copes.")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("`a|b` and `c", "<code>a&#124;b</code> and &#96;c", id="code, a pipe, a lone backtick"),
        pytest.param("a\nb\u2028c\udcff", r"a&#92;nb&#92;u2028c&#92;udcff", id="line ends and what is no text"),
        pytest.param("<b>&amp;", "&#60;b&#62;&#38;amp;", id="HTML"),
        pytest.param(
            "**x** ~~y~~ [z](u)", "&#42;&#42;x&#42;&#42; &#126;&#126;y&#126;&#126; &#91;z&#93;(u)", id="Markdown"
        ),
        pytest.param("__init__.py a_b", "&#95;&#95;init&#95;&#95;.py a_b", id="underscores"),
        pytest.param("@user #1 $x$", "&#64;user &#35;1 &#36;x&#36;", id="mentions, issues and formulas"),
        pytest.param("https://x.y www.x", "https&#58;//x.y www&#46;x", id="addresses"),
        pytest.param("a:x:b :100: a.py:12", "a&#58;x&#58;b &#58;100: a.py:12", id="emoji, but not line numbers"),
        pytest.param("This: that.", "This: that.", id="plain text stays"),
    ],
)
def test_what_is_markup_is_escaped(text: str, written: str) -> None:
    assert markdown.escaped(text) == written


@patiently
@given(texts)
def test_any_text_reads_as_it_was(text: str) -> None:
    (cell,) = tables(f"| a |\n| --- |\n| x {markdown.escaped(text)} x |\n")[0][1]
    assert " ".join(cell.split()) == " ".join(f"x {bare(text)} x".split())


@patiently
@given(st.lists(st.builds(make_finding, path=paths, message=texts), min_size=2, max_size=4))
def test_any_file_name_and_message_is_one_row(findings: list) -> None:
    *_, table = tables(render(make_report(*findings, summary=SOME)))
    expected = [[bare(one.message), bare(f"`{visible(one.path).replace('`', '´')}:3`")] for one in findings]
    found = [[" ".join(cell.replace("`", "´").split()) for cell in row[2:]] for row in table[1:]]
    assert sorted(row[1] for row in found) == sorted(" ".join(row[1].split()) for row in expected)
    assert all(len(row) == 2 for row in found)


@settings(patiently, max_examples=50)
@given(reports)
def test_any_report_has_a_row_for_each_finding_and_nothing_breaks_out(report: Report) -> None:
    text = render(report)
    text.encode("utf-8")
    found = tables(text)
    counted = verdict(report)
    assert len(found) == 1 + bool(counted.families) + (counted.files > 1) + bool(report.findings)
    for table in found:
        assert len({len(row) for row in table}) == 1
    if report.findings:
        assert len(found[-1]) == 1 + len(report.findings)
    assert text.count("<details>") == text.count("</details>") == bool(report.findings)


def test_beyond_what_github_takes_the_worst_are_listed() -> None:
    findings = [make_finding(path="é" * 200, level=Level.NOTE)] * 4_000 + [make_finding()] * 2
    text = render(make_report(*findings, summary=SOME))
    assert markdown.MAX_BYTES - 3_000 < len(text.encode("utf-8")) <= markdown.MAX_BYTES
    assert text.count("| error |") == 2
    (title,) = re.findall(r"<summary>(.*)</summary>", text)
    assert title == f"{text.count('[RMV001] |'):,} of 4,002 findings, the worst first"
