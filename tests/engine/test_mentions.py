"""Where a file may mean a name of a module, told from its bytes."""

from __future__ import annotations

import time
from collections.abc import Callable

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from py314_check.collector import without_collector
from py314_check.languages.python.reachability import Reachability
from py314_check.languages.python.tree import Tree
from py314_check.mentions import Mentions
from py314_check.model import Target
from py314_check.outline import Outline

SILENT = {
    "a method of the same name": "import re\n'a b'.split(' ')\n",
    "a method of what a function of the module gave": "import re\nline = re.sub('a', 'b', text)\nline.split(' ')\n",
    "a name of its own": "import re\ndef f(split): return split(1)\n",
    "another module's": "import re, shlex\nshlex.split('a')\n",
    "imported from another module": "import re\nfrom shlex import split\nsplit('a')\n",
    "the module under another name": "import re as regex\nre_ = 1\nre_.split\n",
    "a flag among the arguments": "import re\nx = f(re.I)\nx.split()\n",
    "a word in prose": "import re\n# how to split a string\n",
    "quoted by itself": "import re\nnames = ['split']\n",
}
FOUND = {
    "an attribute of the module": "import re\nre.split('a', b)\n",
    "imported": "from re import split\n",
    "imported in brackets with comments": "from re import (\n    sub,  # (one)\n    split,\n)\n",
    "imported behind a backslash": "from re \\\n    import sub, \\\n    split\n",
    "all names imported": "from re import *\nsplit('a')\n",
    "the module under another name": "import os, re as r\nr.split('a')\n",
    "the module assigned": "import re\nx = y = re\ny.split('a')\n",
    "the module assigned with others": "import re, os\nx, y = os, re\ny.split('a')\n",
    "the module if there is one": "import re\nx = regex if new else re\nx.split('a')\n",
    "the module or another": "import re\nx = regex or re\nx.split('a')\n",
    "assigned twice": "import re\nx = re\nz = x\nz.split('a')\n",
    "fetched by a string": "import re\ngetattr(re, 'split')('a')\n",
    "fetched by the name of a string": "import re\nNAME = 'split'\ngetattr(re, NAME)('a')\n",
    "patched": "mock.patch('re.split')\n",
    "imported by a string": "__import__('re').split('a')\n",
    "imported by a string, then assigned": "x = importlib.import_module('re')\nx.split('a')\n",
    "over several lines": "import re\n(re\n  # why\n  .split('a'))\n",
    "at the very start": "re.split; import re",
    "lines that end in a carriage return": "import re\rx = re\rx.split('a')\r",
    "a statement behind another": "import os; import re; re.split('a')\n",
}


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT.keys())
def test_something_else_is_meant(source: str) -> None:
    assert not Mentions("re", "split")(Outline(source.encode()))


@pytest.mark.parametrize("source", FOUND.values(), ids=FOUND.keys())
def test_the_name_may_be_meant(source: str) -> None:
    assert Mentions("re", "split")(Outline(source.encode()))


def test_a_name_in_a_package_is_meant_by_its_module() -> None:
    assert Mentions("urllib.parse", "quote")(Outline(b"import urllib.parse as p\np.quote('a')\n"))
    assert Mentions("urllib.parse", "quote")(Outline(b"from urllib import parse\nparse.quote('a')\n"))
    assert not Mentions("urllib.parse", "quote")(Outline(b"from urllib import request\nrequest.quote('a')\n"))


def test_six_gives_the_modules_of_python_3() -> None:
    assert Mentions("urllib.parse", "quote")(Outline(b"from six.moves.urllib.parse import quote\n"))
    assert Mentions("urllib.parse", "quote")(Outline(b"from six.moves import urllib\nurllib.parse.quote('a')\n"))
    assert Mentions("urllib.parse", "quote")(Outline(b"import six\nsix.moves.urllib.parse.quote('a')\n"))


def test_below_the_module_counts_but_for_what_is_apart() -> None:
    moved = b"from collections.abc import Mapping\n"
    assert Mentions("collections", "Mapping")(Outline(moved))
    assert not Mentions("collections", "Mapping", "collections.abc")(Outline(moved))
    assert Mentions("asyncio", "sleep")(Outline(b"from asyncio import tasks\ntasks.sleep(1)\n"))


_LINES = st.sampled_from(
    [
        *("import re", "import re as x", "from re import split", "from re import split as y", "import os.path as x"),
        *(
            "x = re",
            "y = x",
            "x, y = os, re",
            "y = x or re",
            "y = re if x else os",
            "x = y.sub('a')",
            "y = getattr(re, 'split')",
        ),
        *(
            "x.split('a')",
            "y.split('a')",
            "split('a')",
            "y('a')",
            "re.split('a')",
            "getattr(x, 'split')",
            "f(re.split)",
        ),
        *(
            "def f(x, y=re):\n    y = x\n    return y.split",
            "if x:\n    from re import *",
            "try:\n    import re\nexcept E:\n    re = None",
        ),
        *(
            "class C:\n    re = re\n    split = re.split",
            "(x\n  .split)",
            "import os, \\\n    re",
            "from os import (path,\n  sep)",
        ),
    ]
)


@given(st.lists(_LINES, min_size=1, max_size=12))
def test_whatever_resolves_is_mentioned(lines: list[str]) -> None:
    source = "\n".join(lines) + "\n"
    names = Reachability(Tree(cst.parse_module(source)), Target.parse("3.14")).names
    if any("re.split" in names.resolve(node) for node in list(names.order)):
        assert Mentions("re", "split")(Outline(source.encode()))


@pytest.mark.parametrize(
    "piece",
    [
        "import re\n",
        "from re import split, sub as x\n",
        "x = re\n",
        "x = y\ny = x\n",
        "x = x.re\n",
        "x = y = re.split\n",
        "f(re, 'split')\n",
        "re.split(split)\n",
        "patch('re.split')\n",
        "x = import_module('re')\n",
        "def f(x): x.split\n",
    ],
)
def test_reading_is_linear(piece: str) -> None:
    def cost(times: int) -> float:
        outline = Outline(("import re\n" + piece * times + "\nx, split").encode())
        assert outline.words
        start = time.process_time()
        list(Mentions("re", "split").nodes(outline))
        return time.process_time() - start

    _assert_linear(cost)


def test_reading_a_long_list_is_linear() -> None:
    def cost(times: int) -> float:
        items = ", ".join(f"(re.x{i}, split, x{i})" for i in range(times))
        outline = Outline(f"from re import *\nfrom typing import *\nx = [{items}]\nre.split(x)".encode())
        assert outline.words
        start = time.process_time()
        assert Mentions("re", "split")(outline)
        return time.process_time() - start

    _assert_linear(cost)


def _assert_linear(cost: Callable[[int], float]) -> None:
    with without_collector():  # as in a run
        cost(100)
        once, ten_times = (min(cost(times) for _ in range(3)) for times in (2_000, 20_000))
    assert ten_times < 40 * max(once, 0.005), "ten times as long; the square would be a hundred"
