"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import pytest
from helpers.scanning import scan_source

SILENT = {
    "the code": "import cgi  # py314: ignore[RMV001]\n",
    "a prefix": "import cgi  # py314: ignore[RMV]\n",
    "everything": "import cgi  # py314: ignore\n",
    "several codes": "import cgi, x  # py314: ignore[RMV001, SYN]\n",
    "with a reason": "import cgi  # py314: ignore[RMV001] until 2027\n",
    "without a space": "import cgi  #py314:ignore[RMV001]\n",
    "lower case": "import cgi  # py314: ignore[rmv001]\n",
    "noqa with the code": "import cgi  # noqa: RMV001\n",
    "noqa with other codes too": "import cgi  # noqa: E401,RMV001\n",
    "bare noqa": "import cgi  # noqa\n",
    "behind another comment": "import cgi  # type: ignore  # noqa: RMV001\n",
    "first line of the statement": "from cgi import (  # py314: ignore[RMV001]\n    escape,\n)\n",
    "last line of the statement": "from cgi import (\n    escape,\n)  # py314: ignore[RMV001]\n",
    "the line of the finding": "from tkinter import (\n    tix,  # py314: ignore[RMV001]\n)\n",
    "the whole file": "# py314: ignore-file[RMV001]\nimport cgi\n",
    "the whole file, everything": "# py314: ignore-file\nimport cgi\nimport imp\n",
}
LOUD = {
    "another code": "import cgi  # py314: ignore[CHG001]\n",
    "another line": "# py314: ignore[RMV001]\nimport cgi\n",
    "a string": "import cgi; x = '# py314: ignore[RMV001]'\n",
    "an empty list": "import cgi  # py314: ignore[]\n",
    "noqa with other codes": "import cgi  # noqa: E401\n",
    "another tool": "import cgi  # type: ignore\n",
    "a longer word": "import cgi  # py314: ignored\n",
}


@pytest.mark.parametrize("program", LOUD.values(), ids=LOUD)
def test_not_silenced(program: str) -> None:
    assert [one.symbol for one in scan_source(program).findings if one.code == "RMV001"] == ["cgi"]


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silenced(program: str) -> None:
    result = scan_source(program)
    assert [one.code for one in result.findings if one.code != "SYN900"] == []
    assert result.suppressed == program.count("import cgi") + program.count("import imp") or result.suppressed == 1


def test_suppressed_findings_are_counted() -> None:
    assert scan_source("import cgi, imp  # py314: ignore[RMV001]\n").suppressed == 2


UNUSED = {
    "a comment on a clean line": ("import json  # py314: ignore[RMV001]\n", "`RMV001`"),
    "a bare comment": ("import json  # py314: ignore\n", "anything"),
    "one code of two": ("import cgi  # py314: ignore[RMV001, CHG001]\n", "`CHG001`"),
    "a whole file": ("# py314: ignore-file[RMV]\nimport json\n", "`RMV`"),
    "noqa with one of our codes": ("import json  # noqa: E401, RMV001\n", "`RMV001`"),
}


@pytest.mark.parametrize(("program", "what"), UNUSED.values(), ids=UNUSED)
def test_unused(program: str, what: str) -> None:
    (finding,) = scan_source(program).findings
    assert finding.code == "SYN900"
    assert what in finding.message
    assert finding.source[0][finding.place.column - 1] == "#"


QUIET = {
    "a bare noqa may be for another tool": "import json  # noqa\n",
    "codes of other tools": "import json  # noqa: E401, F401\n",
    "a guarded finding": "try:\n    import cgi  # py314: ignore[RMV001]\nexcept ImportError:\n    pass\n",
}


@pytest.mark.parametrize("program", QUIET.values(), ids=QUIET)
def test_nothing_to_say_of(program: str) -> None:
    assert [one.code for one in scan_source(program).findings if one.guard is None] == []


def test_rules_that_are_off_are_left_alone() -> None:
    assert scan_source("import json  # py314: ignore[RMV001]\n", codes="SYN").findings == ()


def test_a_file_that_does_not_parse_can_be_silenced_as_a_whole() -> None:
    result = scan_source("# py314: ignore-file[SYN001]\nimport cgi\nprint 'x'\n")
    assert result.findings == ()
    assert result.notifications == ()
    assert result.suppressed == 1
