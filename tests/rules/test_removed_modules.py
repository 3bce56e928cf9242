"""RMV001 and its facts: every row fires, in every form, and says what real interpreters say."""

from __future__ import annotations

import json
import subprocess

import pytest
from helpers.interpreters import interpreters
from helpers.scanning import found, verdicts
from py314_rules.modules import MODULES as EVERY_MODULE

from py314_check.model import parse_version

MODULES = {name: row for name, row in EVERY_MODULE.items() if row.removed_in}
ROWS = pytest.mark.parametrize("module", sorted(MODULES))
GONE_IN_3_14 = sorted(name for name, row in MODULES.items() if parse_version(row.removed_in) <= (3, 14))


@ROWS
def test_every_row_fires_from_its_version_on(module: str) -> None:
    row = MODULES[module]
    for target in ("3.13", "3.14", "3.15"):
        gone = parse_version(row.removed_in) <= parse_version(target)
        low = found(f"import {module}\n", target=target, codes="RMV")
        assert [one.symbol for one in low] == ([module] if gone else [])
        for finding in low:
            assert finding.message.startswith(f"`{module}` was removed in Python {row.removed_in}")
            assert finding.removed_in == row.removed_in
            assert finding.help
            assert "deprecated" not in finding.text
            assert all(name in finding.help for name in row.backports[:2])


FORMS = {
    "import": ("import {}", False),
    "import as": ("import {} as m", False),
    "import among others": ("import os, {}, sys", False),
    "from import": ("from {} import x", False),
    "from import star": ("from {} import *", False),
    "from import in parentheses": ("from {} import (\n    x,\n)", False),
    "in a function": ("def f():\n    import {}", True),
    "in a method": ("class A:\n    def f(self):\n        from {} import x", True),
    "in a class": ("class A:\n    import {}", False),
    "in a lambda": ("f = lambda: __import__('{}')", True),
    "import_module": ("import importlib\nimportlib.import_module('{}')", False),
    "import_module by keyword": ("import importlib as i\ni.import_module(name='{}')", False),
    "from importlib import": ("from importlib import import_module as im\nim('{}')", False),
    "__import__": ("__import__('{}')", False),
    "__import__ of builtins": ("import builtins\nbuiltins.__import__('{}')", False),
    "run_module": ("import runpy\nrunpy.run_module('{}', run_name='__main__')", False),
    "mock.patch": ("from unittest import mock\nmock.patch('{}.name')", False),
    "patch as a decorator": ("from unittest.mock import patch\n@patch('{}.name')\ndef test(m): ...", False),
    "patch of the mock package": ("import mock\nmock.patch('{}.name')", False),
    "patch.multiple": ("from unittest.mock import patch\npatch.multiple('{}', a=1)", False),
    "patch.dict": ("from unittest.mock import patch\npatch.dict('{}.table', a=1)", False),
    "pytest-mock": ("def test(mocker):\n    mocker.patch('{}.name')", True),
    "monkeypatch": ("def test(monkeypatch):\n    monkeypatch.setattr('{}.name', 1)", True),
    "backslash": ("import os, \\\n    {}", False),
    "semicolon": ("x = 1; import {}", False),
    "behind a colon": ("if x: import {}", False),
    "lazy import of 3.15": ("lazy import {}", False),
}


@pytest.mark.parametrize("module", ["cgi", "imp", "parser", "distutils.util", "lib2to3.pgen2.token", "tkinter.tix"])
@pytest.mark.parametrize(("form", "later"), FORMS.values(), ids=FORMS)
def test_every_form(form: str, later: bool, module: str) -> None:
    (finding,) = found(form.format(module) + "\n", codes="RMV")
    assert finding.symbol == module
    line = finding.source[0]
    assert line[finding.place.column - 1 : finding.place.end_column - 1] == module
    assert ("when called" in finding.message) is later


SILENT = {
    "a string": "x = 'import cgi'",
    "a docstring": "def f():\n    '''import cgi'''",
    "a comment": "# import cgi\nx = 1",
    "a name": "cgi = 1\nprint(cgi)",
    "an attribute": "self.cgi = parser.cgi.imp",
    "a relative import": "from . import cgi\nfrom .cgi import x\nfrom ..imp import y",
    "a longer name": "import cgitools, imports, telnetlib3",
    "a submodule of another package": "import web.cgi\nfrom web import cgi\nfrom web.cgi import imp",
    "a keyword argument": "f(cgi=1)",
    "a method called import_module": "self.import_module('cgi')",
    "a function of ours": "def import_module(n): ...\nimport_module('cgi')",
    "another patch": "obj.patch('cgi.name')",
    "patch.object": "from unittest.mock import patch\npatch.object(x, 'cgi')",
    "find_spec alone": "import importlib.util\nx = importlib.util.find_spec('cgi')",
    "a name that holds one string or another": "NAME = 'cgi' if x else 'json'\n__import__(NAME)",
    "a name in a loop": "for name in ('cgi', 'json'):\n    __import__(name)",
    "a computed name": "import importlib\nimportlib.import_module('c' + 'gi')",
    "an f-string": "import importlib\nimportlib.import_module(f'cgi{x}')",
    "bytes": "__import__(b'cgi')",
    "a relative name without its package": "import importlib\nimportlib.import_module('.cgi', __package__)",
    "__all__": "__all__ = ['imp', 'cgi']",
    "typing's own names": "from typing import IO, TextIO\nimport re\nx: re.Pattern",
    "another object's io": "import typing\nx = typing.cast(self.io, y.re)",
    "what is only said to be gone": "import xml.etree.cElementTree, nturl2path, collections.abc, smtplib, optparse",
    "what goes in 3.15": "import sre_parse",
}


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    assert verdicts(program + "\n") == []


OTHER = {
    "a submodule that the table does not know": ("import distutils.command.bdist_egg", "distutils.command.bdist_egg"),
    "a pseudo-module as attribute": ("import typing\nx: typing.io.TextIO", "typing.io"),
    "a pseudo-module through an alias": ("import typing as t\nx = t.re.Pattern", "typing.re"),
    "a pseudo-module behind from": ("from typing import io", "typing.io"),
    "import_module relative to a package": (
        "import importlib\nimportlib.import_module('.util', 'distutils')",
        "distutils.util",
    ),
    "import_module two levels up": (
        "import importlib\nimportlib.import_module('..util', package='distutils.command')",
        "distutils.util",
    ),
    "a name that holds the string": ("from importlib import import_module\nNAME = 'cgi'\nimport_module(NAME)", "cgi"),
    "import_module by getattr": ("import importlib\ngetattr(importlib, 'import_module')('cgi')", "cgi"),
    "names behind from belong to the module": ("from distutils import util, log", "distutils"),
}


@pytest.mark.parametrize(("program", "symbol"), OTHER.values(), ids=OTHER)
def test_other_shapes(program: str, symbol: str) -> None:
    assert verdicts(program + "\n") == [(program.count("\n") + 1, symbol, "reported")]


def test_private_modules_are_reported_with_less_confidence() -> None:
    (finding,) = found("import _bootlocale\n", codes="RMV")
    assert finding.confidence.value == "medium"


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"])
def test_interpreters_agree(version: str) -> None:
    """Each module is really gone in every interpreter found here from its version on, and was not gone before.

    Modules that a build may lack (other platforms, libraries not installed) prove nothing by their absence.
    """
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"no CPython {version} on this machine")
    names = sorted(name for name, row in MODULES.items() if not row.attribute)
    code = (
        "import importlib.util, json, sys\n"
        "def there(name):\n"
        "    try: return importlib.util.find_spec(name) is not None\n"
        "    except (ImportError, AttributeError, ValueError): return False\n"
        f"print(json.dumps([n for n in {names!r} if there(n)]))"
    )
    run = subprocess.run([python, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    there = set(json.loads(run.stdout))
    gone = {name for name in names if parse_version(MODULES[name].removed_in) <= parse_version(version)}
    assert there.isdisjoint(gone)
    may_lack = {
        "msilib",
        "tkinter",
        "nis",
        "ossaudiodev",
        "spwd",
        "crypt",
        "_crypt",
        "distutils",
        "lib2to3",
        "asyncio",
        "macpath",
    }
    missing = {name for name in set(names) - gone - there if name.partition(".")[0] not in may_lack}
    assert {name for name in missing if not MODULES[name].private and not _new_later(name, version)} == set()


def _new_later(name: str, version: str) -> bool:
    """Modules that older versions did not have yet."""
    return name.startswith("importlib.resources") and parse_version(version) < (3, 11)
