"""Which qualified names expressions stand for."""

from __future__ import annotations

import libcst as cst
import pytest

from py314_check.languages.python.reachability import Reachability
from py314_check.languages.python.scopes import Names, string_value
from py314_check.languages.python.tree import Tree
from py314_check.model import Target

# Each program ends in the expression that is asked about.
NOTHING = {
    "a name bound nowhere": "x",
    "a parameter": "import ast\ndef f(ast):\n    return ast.Num",
    "a rebound name": "import ast\nast = load()\nast.Num",
    "a rebound name, seen from a function": "import ast\nast = load()\ndef f():\n    return ast.Num",
    "a local name": "import ast\ndef f():\n    ast = load()\n    return ast.Num",
    "a loop variable": "import ast\nfor ast in x:\n    ast.Num",
    "a comprehension variable": "import ast\n[ast.Num for ast in x]",
    "an exception's name": "try:\n    f()\nexcept E as ast:\n    ast.Num",
    "a context manager's name": "import ast\nwith f() as ast:\n    ast.Num",
    "a class attribute, from a method": "class A:\n    import ast\n    def f(self):\n        return ast.Num",
    "a lambda's parameter": "import ast\nlambda ast: ast.Num",
    "a captured pattern": "import ast\nmatch x:\n    case ast:\n        ast.Num",
    "a deleted world of globals": "def f():\n    global ast\n    ast = load()\ndef g():\n    return ast.Num",
    "a function of that name": "def ast(): ...\nast.Num",
    "an attribute of self": "import ast\nself.ast.Num",
    "a string": "import ast\n'ast.Num'",
    "a star import, behind which another module may bind it": "from ast import *\nfrom x import *\nNum",
    "a star import of a module that may bring the module": "from x import *\nast.Num",
    "a star import without the name": "from x import *\nfrom os import *\nNum",
    "a star import and a name of the file": "from ast import *\nclass Num: ...\nNum",
}
NAMED = {
    "a plain import": ("import ast\nast.Num", "ast.Num"),
    "an alias": ("import ast as a\na.Num", "ast.Num"),
    "a from import": ("from ast import Num\nNum", "ast.Num"),
    "a from import with an alias": ("from ast import Num as N\nN", "ast.Num"),
    "a dotted import": ("import xml.sax\nxml.sax.handler", "xml.sax.handler"),
    "a dotted import with an alias": ("import xml.sax as s\ns.handler", "xml.sax.handler"),
    "a relative import": ("from .ast import Num\nNum", ".ast.Num"),
    "a relative import of a module": ("from . import ast\nast.Num", ".ast.Num"),
    "an assignment": ("import ast\nN = ast.Num\nN", "ast.Num"),
    "an assignment of the module": ("import ast\ntree = ast\ntree.Num", "ast.Num"),
    "several assignments": ("import ast\na = b = ast\nb.Num", "ast.Num"),
    "a tuple assignment": ("import ast\na, b = 1, ast\nb.Num", "ast.Num"),
    "an annotated assignment": ("import ast\na: object = ast\na.Num", "ast.Num"),
    "a walrus": ("import ast\nif (a := ast):\n    a.Num", "ast.Num"),
    "import_module": ("import importlib\na = importlib.import_module('ast')\na.Num", "ast.Num"),
    "import_module under another name": ("from importlib import import_module as im\nim('ast').Num", "ast.Num"),
    "__import__": ("__import__('ast').Num", "ast.Num"),
    "__import__ gives the top module": ("__import__('xml.sax').sax", "xml.sax"),
    "an import in the function": ("def f():\n    import ast\n    return ast.Num", "ast.Num"),
    "a global, from a function": ("import ast\ndef f():\n    return ast.Num", "ast.Num"),
    "a global, from a method": ("import ast\nclass A:\n    def f(self):\n        return ast.Num", "ast.Num"),
    "a name declared global": ("import ast\ndef f():\n    global ast\n    return ast.Num", "ast.Num"),
    "a nonlocal": ("def g():\n    import ast\n    def f():\n        nonlocal ast\n        return ast.Num", "ast.Num"),
    "an import in a branch": ("if x:\n    import ast as a\nelse:\n    a = None\na.Num", "ast.Num"),
    "an import with a fallback to None": ("try:\n    import ast\nexcept E:\n    ast = None\nast.Num", "ast.Num"),
    "before it is rebound": ("import ast\nast.Num\nast = 1", ""),
    "the default of a parameter of that name": ("import ast\ndef f(ast=ast.Num): ...", ""),
    "the first iterable of a comprehension": ("import ast\n[1 for ast in ast.Num]", "ast.Num"),
    "in a class body": ("class A:\n    import ast\n    ast.Num", "ast.Num"),
    "an import that the version rules out": (
        "import sys\nif sys.version_info < (3,):\n    import a as m\nelse:\n    import b as m\nm.x",
        "b.x",
    ),
    "a conditional expression": ("import ast\nm = ast if x else None\nm.Num", "ast.Num"),
    "an or": ("import ast\nm = None or ast\nm.Num", "ast.Num"),
    "a built-in": ("getattr", "builtins.getattr"),
}


def _names(program: str) -> Names:
    return Reachability(Tree(cst.parse_module(program)), Target()).names


def _last_expression(names: Names) -> cst.CSTNode:
    """The last attribute in order of evaluation that is no part of a longer one; without any, the last name."""
    attributes = [
        node
        for node in names.order
        if isinstance(node, cst.Attribute) and not isinstance(names.parents[node], cst.Attribute)
    ]
    return (attributes or [node for node in names.order if isinstance(node, (cst.Name, cst.SimpleString))])[-1]


@pytest.mark.parametrize("program", NOTHING.values(), ids=NOTHING)
def test_stands_for_nothing(program: str) -> None:
    names = _names(program)
    assert not {name for name in names.resolve(_last_expression(names)) if name.startswith("ast")}


@pytest.mark.parametrize(("program", "name"), NAMED.values(), ids=NAMED)
def test_stands_for(program: str, name: str) -> None:
    names = _names(program)
    assert names.resolve(_last_expression(names)) == {name or "ast.Num"}


# The name at the end of a program, and the modules that it may be of.
STARRED = {
    "a star import": ("from ast import *\nNum", "builtins ast"),
    "one of several": ("from ast import *\nfrom os import *\nNum", "builtins ast"),
    "behind that of an unknown module": ("from x import *\nfrom ast import *\nNum", "builtins ast"),
    "before that of an unknown module": ("from ast import *\nfrom x import *\nNum", "builtins x"),
    "before that of an unknown module, a built-in": ("from os import *\nfrom x import *\nopen", "x"),
    "the last of two with the name": ("from os import *\nfrom webbrowser import *\nopen", "webbrowser"),
    "a built-in beside it": ("from ast import *\ngetattr", "builtins"),
    "without the name": ("from x import *\nfrom os import *\nNum", "builtins x"),
    "one that the version rules out": (
        "import sys\nif sys.version_info < (3,):\n    from x import *\nelse:\n    from ast import *\nNum.n",
        "builtins ast",
    ),
    "unknown modules": ("from x import *\nfrom y import *\nopen", "builtins x y"),
    "one that is passed by": ("from os import *\nif z:\n    from webbrowser import *\nopen", "os webbrowser"),
    "a name that is gone since long ago": ("from time import *\nclock", "builtins time"),
    "under a test of a name that may be starred": ("if PY2:\n    from x import *\nfrom os import *\nopen", "os"),
}


@pytest.mark.parametrize(("program", "modules"), STARRED.values(), ids=STARRED)
def test_star_imports(program: str, modules: str) -> None:
    names = _names(program)
    found = names.resolve(_last_expression(names))
    assert found == {f"{module}.{program.split()[-1]}" for module in modules.split()}


def test_aliases_that_go_round_in_circles_end() -> None:
    names = _names("a = b\nb = a\nif a:\n    a = b\nb.x")
    for node in list(names.order):
        assert names.resolve(node) <= {"builtins.x"}


STRINGS = {
    "plain": ("'cgi'", "cgi"),
    "raw": (r"r'c\gi'", r"c\gi"),
    "upper-case prefixes": (r"U'cgi'", "cgi"),
    "joined": ("'c' 'g' \"i\"", "cgi"),
    "an escape": (r"'c\x67i'", "cgi"),
    "an invalid escape": (r"'\d'", r"\d"),
    "an escape that is none": (r"'\x'", None),
    "an escape that is none, joined": (r"'a' '\x'", None),
    "bytes": ("b'cgi'", None),
    "raw bytes": ("Rb'cgi'", None),
    "an f-string": ("f'cgi'", None),
    "joined with an f-string": ("'c' f'gi'", None),
    "a name": ("cgi", None),
}


@pytest.mark.parametrize(("literal", "value"), STRINGS.values(), ids=STRINGS)
def test_the_value_of_a_string(literal: str, value: str | None) -> None:
    """Warnings are errors in the tests: an invalid escape must not cause one."""
    assert string_value(cst.parse_expression(literal)) == value
