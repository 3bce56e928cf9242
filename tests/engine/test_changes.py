"""What fixes make of code: names, imports, literals; and what they leave alone."""

from __future__ import annotations

import ast
import warnings

import pytest
from helpers.fixing import fixed
from helpers.scanning import found
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = {
    "the new import takes the place of the old": (
        "import os\nimport pipes\nimport sys\nprint(pipes.quote('a'), pipes.quote('b'))\n",
        "import os\nimport shlex\nimport sys\nprint(shlex.quote('a'), shlex.quote('b'))\n",
    ),
    "an import that is there is used": (
        "import shlex as s\nimport pipes\nprint(pipes.quote('a'))\n",
        "import shlex as s\nprint(s.quote('a'))\n",
    ),
    "so is a name from it": (
        "from shlex import quote\nimport pipes\nprint(pipes.quote('a'))\n",
        "from shlex import quote\nprint(quote('a'))\n",
    ),
    "one of several names of an import": (
        "from collections import Mapping, OrderedDict, Set as S\n",
        "from collections.abc import Mapping, Set as S\nfrom collections import OrderedDict\n",
    ),
    "it is put with others from there": (
        "from collections.abc import (\n    Sized,\n)\nfrom collections import OrderedDict, Mapping\n",
        "from collections.abc import (\n    Sized, Mapping,\n)\nfrom collections import OrderedDict\n",
    ),
    "a name that is bound goes on to be": (
        "from base64 import encodestring, b64encode\nfrom base64 import decodestring as d\n",
        "from base64 import encodebytes as encodestring\nfrom base64 import b64encode\nfrom base64 import decodebytes as d\n",
    ),
    "an import within a function": (
        "def f():\n    import pipes\n    return pipes.quote('a')\n",
        "def f():\n    import shlex\n    return shlex.quote('a')\n",
    ),
    "an import that is alone in its block, when its name is there already": (
        "import shlex\nif shlex:\n    import pipes\nprint(pipes.quote('a'))\n",
        "import shlex\nif shlex:\n    pass\nprint(shlex.quote('a'))\n",
    ),
    "semicolons": (
        "import pipes; print(pipes.quote('a')); x = 1\n",
        "import shlex; print(shlex.quote('a')); x = 1\n",
    ),
    "a suite on one line": (
        "def f(): import pipes; return pipes.quote('a')\n",
        "def f(): import shlex; return shlex.quote('a')\n",
    ),
    "behind the docstring and __future__": (
        '"""Doc."""\nfrom __future__ import annotations\n\nimport os.path\n\nasyncio = __import__("asyncio")\n'
        "def f(x):\n    return asyncio.iscoroutinefunction(x)\n",
        '"""Doc."""\nfrom __future__ import annotations\n\nimport os.path\nimport inspect\n\n'
        'asyncio = __import__("asyncio")\ndef f(x):\n    return inspect.iscoroutinefunction(x)\n',
    ),
    "mixed line ends, tabs, form feeds and no final newline": (
        "import base64\r\n\f\r\ndef f(x):\n\treturn base64.encodestring(x)\r\x0cy = base64.decodestring",
        "import base64\r\n\f\r\ndef f(x):\n\treturn base64.encodebytes(x)\r\x0cy = base64.decodebytes",
    ),
    "formatting that others leave alone": (
        "# fmt: off\nimport  threading\nt = threading . Thread( )\nt . setDaemon ( True )  # why\n",
        "# fmt: off\nimport  threading\nt = threading . Thread( )\nt.daemon = True  # why\n",
    ),
    "decorators on one line with a class": (
        "import functools, collections\n@functools.total_ordering\nclass M(collections.Mapping): x = 1\n",
        "import collections.abc\nimport functools\n@functools.total_ordering\nclass M(collections.abc.Mapping): x = 1\n",
    ),
    "arguments that are added, renamed and dropped": (
        "import configparser, datetime, json\nconfigparser.ConfigParser().readfp(fp=f, filename='x')\n"
        "datetime.datetime.utcfromtimestamp(1)\njson.loads('1', encoding='utf-8')\n",
        "import configparser, datetime, json\nconfigparser.ConfigParser().read_file(f=f, source='x')\n"
        "datetime.datetime.fromtimestamp(1, datetime.timezone.utc)\njson.loads('1')\n",
    ),
    "from datetime import datetime": (
        "from datetime import datetime\nprint(datetime.utcnow())\n",
        "from datetime import datetime, timezone\nprint(datetime.now(timezone.utc))\n",
    ),
    "tests for old nodes of syntax trees": (
        "import ast\ndef f(n):\n    return not isinstance(n, ast.Str) or isinstance(n.x, ast.Num)\nast.Str(s='a'); ast.Ellipsis()\n",
        "import ast\ndef f(n):\n    return not (isinstance(n, ast.Constant) and isinstance(n.value, str)) or"
        " isinstance(n.x, ast.Constant) and isinstance(n.x.value, (int, float, complex)) and not isinstance(n.x.value, bool)"
        "\nast.Constant(value='a'); ast.Constant(...)\n",
    ),
    "lists": (
        "import xml.etree.ElementTree as E\nt = E.parse('x')\nfor a in t.getiterator('b'): a\n",
        "import xml.etree.ElementTree as E\nt = E.parse('x')\nfor a in list(t.iter('b')): a\n",
    ),
    "not, in the place of ~": ("x = ~(1 in y) == 3\n", "x = (not (1 in y)) == 3\n"),
    "an unused suppression on a line of its own": ("x = 1\n  # py314: ignore[RMV001]\ny = 2\n", "x = 1\ny = 2\n"),
    "some codes of a suppression": (
        "import cgi  # py314: ignore[RMV001, chg001,DPR] why\nimport crypt  # noqa: E501, RMV001, RMV002\n",
        "import cgi  # py314: ignore[RMV001] why\nimport crypt  # noqa: E501, RMV001\n",
    ),
    "codes of other tools stay": ("x = 1  # noqa: E501,RMV001 why\n", "x = 1  # noqa: E501 why\n"),
    "at the top of a file without a final newline": (
        "#!/usr/bin/env python\r\n# why\r\ndef f(a): return __import__('asyncio').iscoroutinefunction(a)",
        "#!/usr/bin/env python\r\n# why\r\ndef f(a): return __import__('asyncio').iscoroutinefunction(a)",
    ),
    "behind a comment at the top": (
        "# why\nif asyncio := __import__('asyncio'): print(asyncio.iscoroutinefunction(1))",
        "# why\nimport inspect\n\nif asyncio := __import__('asyncio'): print(inspect.iscoroutinefunction(1))",
    ),
    "a loop that runs one coroutine": (
        "import asyncio as a\nasync def f(): pass\ndef g():\n    loop = a.get_event_loop()\n"
        "    return loop.run_until_complete(f())\ndef h():\n    a.get_event_loop().run_until_complete(f())\n",
        "import asyncio as a\nasync def f(): pass\ndef g():\n    return a.run(f())\ndef h():\n    a.run(f())\n",
    ),
    "a loop of the module, where a function has one of that name": (
        "import asyncio\nasync def f(): pass\ndef g(loop): loop = make(); loop.close()\n"
        "loop = asyncio.get_event_loop()\nloop.run_until_complete(f())\n",
        "import asyncio\nasync def f(): pass\ndef g(loop): loop = make(); loop.close()\nasyncio.run(f())\n",
    ),
    "Unicode": ("é = '\\d'; ü = 1if é else 2\n", "é = r'\\d'; ü = 1 if é else 2\n"),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_fixes(before: str, after: str) -> None:
    assert fixed(before) == after
    assert fixed(after) == after


LEFT_ALONE = {
    "a name that is taken": ("import pipes\nshlex = 1\nprint(pipes.quote(shlex))\n", "`shlex` is another name"),
    "taken in the function": ("import pipes\ndef f(shlex):\n    pipes.quote(shlex)\n", "`shlex` is another name"),
    "what a star import may bring": (
        "from x import *\nimport pipes\nprint(pipes.quote(shlex))\n",
        "`shlex` is another name",
    ),
    "a name in __all__": ("import pipes\n__all__ = ['pipes']\nprint(pipes.quote('a'))\n", ""),
    "a use without a drop-in": ("import pipes\npipes.Template()\nprint(pipes.quote('a'))\n", ""),
    "a comment that would be lost": (
        "from collections import (Mapping,  # why\n  OrderedDict)\n",
        "the comment `# why` would be lost",
    ),
    "a line that is to stay": (
        "import pipes  # noqa\nprint(pipes.quote('a'))\n",
        "",
    ),
    "other arguments": ("import unittest\nunittest.makeSuite(T, prefix='x')\n", ""),
    "arguments behind a star": ("import json\njson.loads(*a, encoding='x')\n", ""),
    "names that may be something else": (
        "import six, collections\nx = collections if six else six\nprint(x.Mapping)\n",
        "",
    ),
}


@pytest.mark.parametrize(("code", "why"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_cannot_be_fixed_is_left_alone_and_says_why(code: str, why: str) -> None:
    assert fixed(code, codes="RMV") == code
    helps = [one.help for one in found(code, codes="RMV")]
    assert not why or any("It is not fixed: " + why in one for one in helps)


LOOP = "import asyncio\nasync def f(): pass\nloop = asyncio.get_event_loop()\nloop.run_until_complete({})\n{}"


@pytest.mark.parametrize(
    "code",
    [
        LOOP.format("f()", "loop.close()\n"),
        LOOP.format("f()", "def g():\n    return loop\n"),
        LOOP.format("f()", "def g():\n    global loop\n    loop = 1\n"),
        LOOP.format("f", ""),
        LOOP.format("make()", ""),
        LOOP.format("*f()", ""),
        LOOP.format("f()", "").replace("run_until_complete", "run_forever"),
    ],
)
def test_loops_with_other_uses_stay(code: str) -> None:
    assert [one.code for one in found(code, codes="CHG301")] == ["CHG301"]
    assert fixed(code, codes="CHG301") == code


@pytest.mark.parametrize("path", ["package/__init__.py", "stub.pyi"])
def test_imports_of_packages_stay(path: str) -> None:
    code = "import pipes\nprint(pipes.quote('a'))\n"
    assert fixed(code, path=path) == code


@pytest.mark.parametrize(("floor", "safe"), [(None, True), ((3, 3), True), ((3, 2), False), ((2, 7), False)])
def test_a_successor_newer_than_the_project_is_not_safe(floor: tuple[int, int] | None, safe: bool) -> None:
    code = "import pipes\nprint(pipes.quote('a'))\n"
    assert (fixed(code, floor=floor, unsafe=False) != code) is safe
    assert fixed(code, floor=floor) != code


def test_only_names_that_are_not_guarded_are_fixed() -> None:
    code = "try:\n    from collections.abc import Mapping\nexcept ImportError:\n    from collections import Mapping\n"
    assert fixed(code) == code


_PIECES = st.sampled_from(
    [
        "\\d",
        "\\n",
        "\\\\",
        "\\400",
        "\\x41",
        "\\'",
        "\\\n",
        "é",
        "a",
        "{{",
        "}}",
        "{x}",
        "{x:\\d}",
        "\\{x}",
        " ",
        "\\N{BULLET}",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_PIECES, min_size=1, max_size=6),
    st.sampled_from(["", "b", "u", "f", "F", "B"]),
    st.sampled_from(['"', '"""']),
)
def test_a_literal_keeps_its_value(pieces: list[str], prefix: str, quote: str) -> None:
    code = f"x = 1\ny = {prefix}{quote}{''.join(pieces)}{quote}\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            before = ast.dump(ast.parse(code))
        except SyntaxError:
            return
    result = fixed(code, codes="SYN003")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ast.dump(ast.parse(result)) == before
