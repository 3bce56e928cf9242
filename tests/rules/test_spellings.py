"""The word tests of the rules about calls and names: whatever the layout, what the rules find passes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.scanning import found, scan_source

ROOT = Path(__file__).parent.parent.parent
CALLS = {
    "paren module": "import re\n(re).split('a', b, 1)\n",
    "walrus": "import re\n(r := re).split('a', b, 1)\n",
    "walrus2": "import re\nif (r := re):\n    r.split('a', b, 1)\n",
    "paren fun": "import re\n(re.split)('a', b, 1)\n",
    "or fun": "import re\n(foo or re.split)('a', b, 1)\n",
    "or fun2": "import re\n(re.split or foo)('a', b, 1)\n",
    "ifexp fun": "import re\n(re.split if x else foo)('a', b, 1)\n",
    "walrus fun": "import re\n(s := re.split)('a', b, 1)\n",
    "walrus fun2": "import re\nif (s := re.split):\n    s('a', b, 1)\n",
    "getattr": "import re\ngetattr(re, 'split')('a', b, 1)\n",
    "getattr paren": "import re\ngetattr((re), ('split'))('a', b, 1)\n",
    "getattr comment": "import re\ngetattr(re, # x\n 'split')('a', b, 1)\n",
    "getattr assigned": "import re\ns = getattr(re, 'split')\ns('a', b, 1)\n",
    "cont": "import re\nre\\\n.split('a', b, 1)\n",
    "cont2": "import re\nre.\\\n  split \\\n ('a', b, 1)\n",
    "comment": "import re\n(re # c\n . # d\n split # e\n ('a', b, 1))\n",
    "tuple": "import re, os\na, b = os, re\nb.split('a', b, 1)\n",
    "tuple fun": "import re, os\na, b = os, re.split\nb('a', b, 1)\n",
    "tuple fun2": "import re, os\na, b = re.split, os\na('a', b, 1)\n",
    "list tuple": "import re, os\n[a, b] = [os, re]\nb.split('a', b, 1)\n",
    "class": "import re\nclass C:\n    s = re.split\n    s('a', b, 1)\n",
    "annotated": "import re\ns: object = re.split\ns('a', b, 1)\n",
    "annotated module": "import re\ns: 'x[a]' = re\ns.split('a', b, 1)\n",
    "chained": "import re\na = b = c = re.split\na('a', b, 1)\n",
    "for name": "import re\nfor x in y: s = re.split; s('a', b, 1)\n",
    "unicode": "import re as ré\nré.split('a', b, 1)\n",
    "unicode fun": "from re import split as sé\nsé('a', b, 1)\n",
    "unicode fun2": "import re\nsé = re.split\nsé('a', b, 1)\n",
    "ternary assign": "import re\ns = re.split if x else y\ns('a', b, 1)\n",
    "ternary assign2": "import re\ns = (y if x else\n    re.split)\ns('a', b, 1)\n",
    "or multi": "import re\ns = (y or\n    re.split)\ns('a', b, 1)\n",
    "or multi module": "import re\ns = (y or\n    re)\ns.split('a', b, 1)\n",
    "import_module": "import importlib\nimportlib.import_module('re').split('a', b, 1)\n",
    "import_module2": "from importlib import import_module as im\nr = im('re')\nr.split('a', b, 1)\n",
    "import_module kw": "from importlib import import_module as im\nr = im(name='re')\nr.split('a', b, 1)\n",
    "star": "from re import *\nsplit('a', b, 1)\n",
    "star2": "from re import*\nsplit('a', b, 1)\n",
    "nosp": "from re import(split)\nsplit('a', b, 1)\n",
    "aug comment with quote": "import re\nre.split('a', # don't (\n b, 1)\n",
    "f-string": "import re\nx = f\"{re.split('a', b, 1)}\"\n",
    "f-string nested": "import re\nx = f'{re.split('a', b, 1)}'\n",
    "kw split": "import re\nre.split(pattern='a', string=b, maxsplit=1)\nre.split('a', b, 1)\n",
    "bom": "\ufeffimport re\nre.split('a', b, 1)\n",
    "ff": "import re\n\x0cre.split('a', b, 1)\n",
    "cr": "import re\rre.split('a', b, 1)\r",
    "semi": "import os;import re;re.split('a', b, 1)\n",
    "elseimport": "if x: import re\nre.split('a', b, 1)\n",
    "deco": "import re\n@re.split('a', b, 1)\ndef f(): pass\n",
    "global": "import re\ndef f():\n    global g\n    g = re\ndef h(): g.split('a', b, 1)\n",
    "dict paren chain": "import re\nx = ((re)).split('a', b, 1)\n",
    "paren attr": "import re\n(re.split)(\n'a', b, 1)\n",
    "getattr default": "import re\ngetattr(re, 'split', None)('a', b, 1)\n",
    "getattr alias": "import re\ng = getattr\ng(re, 'split')('a', b, 1)\n",
    "builtins getattr": "import re, builtins\nbuiltins.getattr(re, 'split')('a', b, 1)\n",
    "getattr triple": "import re\ngetattr(re, '''split''')('a', b, 1)\n",
    "getattr u": "import re\ngetattr(re, u'split')('a', b, 1)\n",
}
OTHERS = {
    "a module of C": "import _pickle\n_pickle.dumps(1)\n",
    "a module by the name that six has for it": ("from six.moves import urllib_parse\nurllib_parse.splittype('a:b')\n"),
    "a module of six, by its path": "import six\nsix.moves.urllib_parse.splittype('a:b')\n",
    "a lock of another module": "import _thread\n_thread.RLock(True)\n",
    "an instance that another module makes": "import email.utils\nemail.utils.localtime().utcnow()\n",
    "an instance of a class that derives from it": "import secrets\nsecrets.SystemRandom().shuffle([], print)\n",
    "a constructor of a class that derives from it": (
        "import random\nclass R(random.SystemRandom):\n    def __init__(self):\n        super().__init__(())\n"
    ),
    "a generic class": (
        "import asyncio\nclass Jobs[T](asyncio.Queue[T]):\n"
        "    def __init__(self, loop):\n        super().__init__(9, loop=loop)\n"
    ),
    "a base class of a type": (
        "import asyncio\nclass Jobs(asyncio.Queue[int]):\n"
        "    def __init__(self, loop):\n        super().__init__(9, loop=loop)\n"
    ),
    "a base class by another name": (
        "from asyncio import Queue as Q\nclass Jobs(Q):\n"
        "    def __init__(self, loop):\n        super().__init__(9, loop=loop)\n"
    ),
    "a member in the next line": "import unittest\nclass T(unittest.TestCase):\n    def t(self): self.\\\n assertEquals(1, 1)\n",
    "a member behind a comment": (
        "import unittest\nclass T(unittest.TestCase):\n    def t(self):\n        (self.  # why\n         assertEquals(1, 1))\n"
    ),
    "a member of a module that a string names": (
        "import importlib\nu = importlib.import_module('unittest')\nclass T(u.TestCase):\n"
        "    def t(self): self.assertEquals(1, 1)\n"
    ),
    "a complex number from a line of its own": "z = complex(1, 2)\nw = complex(z, 3)\n",
    "names of strings, side by side": "import ast\nA, B = 'x', 'Str'\ngetattr(ast, B)\n",
    "a name among the imports of a second module": "import os\nfrom ast import (  # import\n    Str)\n",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("source", CALLS.values(), ids=CALLS.keys())
def test_a_call_in_any_layout_passes(source: str, ends: str) -> None:
    data = source.replace("\r", "\n").replace("\n", ends).encode()
    assert "re.split(maxsplit)" in {one.symbol for one in found(data, codes="DPR003")}


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS.keys())
def test_a_name_in_any_spelling_passes(source: str) -> None:
    for target in ("3.13", "3.14", "3.15"):
        whole = scan_source(source.encode(), target=target, word_test=False)
        assert not any(one.code == "SYN001" for one in whole.findings)
        assert scan_source(source.encode(), target=target).findings == whole.findings
    assert any(scan_source(source.encode(), target=target).findings for target in ("3.13", "3.14", "3.15"))


def test_the_table_of_spellings_is_what_the_engine_knows() -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "spellings.py", "--check"], check=True)
