"""The guard engine: what code that cannot run, or that copes, is worth. RMV001 gives it something to judge."""

from __future__ import annotations

import textwrap

import pytest
from helpers.scanning import found, verdicts

# Each case: a name in plain English, and a program in which the only finding is about `cgi`.
GUARDED = {
    "tuple comparison": "import sys\nif sys.version_info < (3, 13):\n    import cgi\n",
    "tuple comparison, reversed": "import sys\nif (3, 13) > sys.version_info:\n    import cgi\n",
    "chained comparison": "import sys\nif (3, 6) <= sys.version_info < (3, 13):\n    import cgi\n",
    "slice": "import sys\nif sys.version_info[:2] <= (3, 12):\n    import cgi\n",
    "full slice": "import sys\nif sys.version_info[0:2] <= (3, 12):\n    import cgi\n",
    "first element": "import sys\nif sys.version_info[0] == 2:\n    import cgi\n",
    "both elements": "import sys\nif sys.version_info[0] == 3 and sys.version_info[1] < 13:\n    import cgi\n",
    "named fields": "import sys\nif sys.version_info.major == 3 and sys.version_info.minor <= 12:\n    import cgi\n",
    "number made of the fields": "import sys\nif sys.version_info[0] * 100 + sys.version_info[1] < 313:\n    import cgi\n",
    "hexversion": "import sys\nif sys.hexversion < 0x030D0000:\n    import cgi\n",
    "version string": "import sys\nif sys.version.startswith('2'):\n    import cgi\n",
    "first letter of the version string": "import sys\nif sys.version[0] == '2':\n    import cgi\n",
    "platform.python_version": "import platform\nif platform.python_version().startswith('2.7'):\n    import cgi\n",
    "membership": "import sys\nif sys.version_info[:2] in ((3, 11), (3, 12)):\n    import cgi\n",
    "from sys import version_info": "from sys import version_info as v\nif v < (3, 13):\n    import cgi\n",
    "alias of the module": "import sys as s\nif s.version_info < (3, 13):\n    import cgi\n",
    "elements taken apart": "import sys\nmajor, minor = sys.version_info[:2]\nif (major, minor) < (3, 13):\n    import cgi\n",
    "not": "import sys\nif not sys.version_info >= (3, 13):\n    import cgi\n",
    "or of two old versions": "import sys\nif sys.version_info < (3,) or sys.version_info[:2] == (3, 9):\n    import cgi\n",
    "and with something unknown": "import sys\nif flag() and sys.version_info < (3, 13):\n    import cgi\n",
    "else": "import sys\nif sys.version_info >= (3, 13):\n    pass\nelse:\n    import cgi\n",
    "elif behind the new version": "import sys\nif sys.version_info >= (3, 13):\n    pass\nelif x:\n    import cgi\n",
    "else behind two elifs": "import sys\nif x:\n    a\nelif sys.version_info >= (3, 9):\n    b\nelse:\n    import cgi\n",
    "conditional expression": "import sys\nc = None if sys.version_info >= (3, 13) else __import__('cgi')\n",
    "short circuit": "import sys\nc = sys.version_info < (3, 13) and __import__('cgi')\n",
    "short circuit with or": "import sys\nc = sys.version_info >= (3, 13) or __import__('cgi')\n",
    "comprehension filter": "import sys\nc = [__import__('cgi') for _ in 'a' if sys.version_info < (3, 13)]\n",
    "module flag": "import sys\nPY313 = sys.version_info >= (3, 13)\nif not PY313:\n    import cgi\n",
    "module flag set in branches": (
        "import sys\nif sys.version_info >= (3, 13):\n    NEW = True\nelse:\n    NEW = False\nif not NEW:\n    import cgi\n"
    ),
    "module flag used in a function": (
        "import sys\nPY2 = sys.version_info[0] == 2\ndef f():\n    if PY2:\n        import cgi\n"
    ),
    "version kept in a variable": "import sys\nVERSION = sys.version_info\nif VERSION < (3, 13):\n    import cgi\n",
    "six.PY2": "import six\nif six.PY2:\n    import cgi\n",
    "from six import PY3": "from six import PY3\nif not PY3:\n    import cgi\n",
    "compat flag of the project": "from .compat import PY2\nif PY2:\n    import cgi\n",
    "compat flag with a version": "from ._compat import PY_3_13_PLUS\nif not PY_3_13_PLUS:\n    import cgi\n",
    "flag with a usual name, found by trial": (
        "try:\n    unicode\n    PY2 = True\nexcept NameError:\n    PY2 = False\nif PY2:\n    import cgi\n"
    ),
    "str is bytes": "if str is bytes:\n    import cgi\n",
    "early return": "import sys\ndef f():\n    if sys.version_info >= (3, 13):\n        return\n    import cgi\n",
    "early raise": "import sys\nif sys.version_info >= (3, 13):\n    raise RuntimeError('too new')\nimport cgi\n",
    "early sys.exit": "import sys\nif sys.version_info >= (3, 13):\n    sys.exit('too new')\nimport cgi\n",
    "early continue": "import sys\nfor i in x:\n    if sys.version_info >= (3, 13):\n        continue\n    import cgi\n",
    "early exit in the other branch": (
        "import sys\ndef f():\n    if sys.version_info < (3, 13):\n        pass\n    else:\n        return\n    import cgi\n"
    ),
    "assert": "import sys\nassert sys.version_info < (3, 13)\nimport cgi\n",
    "class defined for old versions": "import sys\nif sys.version_info < (3, 13):\n    class A:\n        import cgi\n",
    "function defined for old versions": "import sys\nif sys.version_info < (3, 13):\n    def f():\n        import cgi\n",
    "pytest skipif": (
        "import pytest, sys\n@pytest.mark.skipif(sys.version_info >= (3, 13), reason='')\ndef test():\n    import cgi\n"
    ),
    "unittest skipIf on the class": (
        "import sys, unittest\n@unittest.skipIf(sys.version_info >= (3, 13), '')\nclass T:\n    def test(self):\n"
        "        import cgi\n"
    ),
    "unittest skipUnless": (
        "import sys, unittest\nclass T:\n    @unittest.skipUnless(sys.version_info < (3, 13), '')\n    def test(self):\n"
        "        import cgi\n"
    ),
    "pytestmark": (
        "import pytest, sys\npytestmark = [pytest.mark.skipif(sys.version_info >= (3, 13), reason='')]\nimport cgi\n"
    ),
    "except ImportError": "try:\n    import cgi\nexcept ImportError:\n    cgi = None\n",
    "except ModuleNotFoundError": "try:\n    import cgi\nexcept ModuleNotFoundError:\n    cgi = None\n",
    "except Exception": "try:\n    import cgi\nexcept Exception:\n    cgi = None\n",
    "bare except": "try:\n    import cgi\nexcept:\n    pass\n",
    "a tuple of exceptions": "try:\n    import cgi\nexcept (SyntaxError, ImportError):\n    pass\n",
    "a name for a tuple of exceptions": "E = (ImportError, OSError)\ntry:\n    import cgi\nexcept E:\n    pass\n",
    "second handler": "try:\n    import cgi\nexcept KeyError:\n    raise\nexcept ImportError as e:\n    pass\n",
    "deep inside the try": "try:\n    if x:\n        with y:\n            import cgi\nexcept ImportError:\n    pass\n",
    "handler that raises SkipTest": (
        "import unittest\ntry:\n    import cgi\nexcept ImportError:\n    raise unittest.SkipTest('no cgi')\n"
    ),
    "handler that raises only on old versions": (
        "import sys\ntry:\n    import cgi\nexcept ImportError:\n    if sys.version_info < (3, 13):\n        raise\n"
    ),
    "handler of an outer try": (
        "try:\n    try:\n        import cgi\n    except KeyError:\n        pass\nexcept ImportError:\n    pass\n"
    ),
    "except* ImportError": "try:\n    import cgi\nexcept* ImportError:\n    pass\n",
    "fallback of a newer import": "try:\n    from new import f\nexcept ImportError:\n    from cgi import f\n",
    "fallback behind except Exception": "try:\n    import new\nexcept Exception:\n    import cgi as new\n",
    "fallback of a newer name": "try:\n    x = html.escape\nexcept AttributeError:\n    from cgi import escape as x\n",
    "fallback of a fallback": (
        "try:\n    import a\nexcept ImportError:\n    try:\n        import b\n    except ImportError:\n        import cgi\n"
    ),
    "contextlib.suppress": "import contextlib\nwith contextlib.suppress(ImportError):\n    import cgi\n",
    "from contextlib import suppress": "from contextlib import suppress\nwith suppress(OSError, ImportError):\n    import cgi\n",
    "pytest.raises": "import pytest\nwith pytest.raises(ImportError):\n    import cgi\n",
    "find_spec": "import importlib.util\nif importlib.util.find_spec('cgi'):\n    import cgi\n",
    "find_spec is not None": "from importlib.util import find_spec\nif find_spec('cgi') is not None:\n    import cgi\n",
    "find_spec is None, then return": (
        "from importlib.util import find_spec\ndef f():\n    if find_spec('cgi') is None:\n        return\n    import cgi\n"
    ),
    "flag made by find_spec": (
        "from importlib.util import find_spec\nHAVE = find_spec('cgi') is not None\nif HAVE:\n    import cgi\n"
    ),
    "flag set beside another import of it": (
        "try:\n    import json, cgi.x\n    HAVE = True\nexcept ImportError:\n    HAVE = False\nif HAVE:\n    from json import cgi\n"
    ),
    "in sys.stdlib_module_names": "import sys\nif 'cgi' in sys.stdlib_module_names:\n    import cgi\n",
    "in sys.modules": "import sys\nif 'cgi' in sys.modules:\n    import cgi\n",
    "importorskip": "import pytest\npytest.importorskip('cgi')\nimport cgi\n",
    "sys.modules entry": "import sys, types\nsys.modules['cgi'] = types.ModuleType('cgi')\nimport cgi\n",
    "sys.modules setdefault": "import sys, fake\nsys.modules.setdefault('cgi', fake)\nimport cgi\n",
    "a function that tells the version": (
        "import sys\ndef old():\n    return sys.version_info < (3, 13)\nif old():\n    import cgi\n"
    ),
    "a function that tells it in branches": (
        "import sys\ndef old():\n    if sys.version_info >= (3, 13):\n        return False\n    return True\n"
        "if old():\n    import cgi\n"
    ),
    "packaging": (
        "import platform\nfrom packaging.version import Version\n"
        "if Version(platform.python_version()) < Version('3.13'):\n    import cgi\n"
    ),
    "percent": "import sys\nif '%d.%d' % sys.version_info[:2] in ('2.7', '3.6'):\n    import cgi\n",
    "format": "import sys\nif '{}.{}'.format(*sys.version_info) == '2.7':\n    import cgi\n",
    "f-string": "import sys\nif f'{sys.version_info[0]}.{sys.version_info.minor}' in {'2.7'}:\n    import cgi\n",
    "map": "import platform\nif tuple(map(int, platform.python_version_tuple()[:2])) < (3, 13):\n    import cgi\n",
    "match": "import sys\nmatch sys.version_info[:2]:\n    case (3, 12) | (3, 11):\n        import cgi\n",
    "match, behind a case that is taken": (
        "import sys\nmatch sys.version_info:\n    case (3, 13 | 14 | 15, *_):\n        pass\nmatch sys.version_info[0]:\n"
        "    case 3:\n        pass\n    case _:\n        import cgi\n"
    ),
    "or, then exit": "import sys\ndef f():\n    sys.version_info < (3, 13) or sys.exit('no')\n    import cgi\n",
    "and, then exit": "import sys\ndef f():\n    sys.version_info >= (3, 13) and sys.exit('no')\n    import cgi\n",
    "suppress under another name": "from contextlib import suppress as s\nwith open(x) as f, s(ImportError):\n    import cgi\n",
    "an exit stack": (
        "import contextlib\nwith contextlib.ExitStack() as stack:\n"
        "    stack.enter_context(contextlib.suppress(ImportError))\n    import cgi\n"
    ),
    "sys.modules entry where it is missing": (
        "import sys, types\nif 'cgi' not in sys.modules:\n    sys.modules['cgi'] = types.ModuleType('cgi')\nimport cgi\n"
    ),
    "TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cgi\n",
    "typing.TYPE_CHECKING": "import typing as t\nif t.TYPE_CHECKING:\n    import cgi\n",
    "TYPE_CHECKING set by hand": "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import cgi\n",
    "else of not TYPE_CHECKING": "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    x\nelse:\n    import cgi\n",
}
REPORTED = {
    "plain": "import cgi\n",
    "version test that holds on the target": "import sys\nif sys.version_info >= (3, 8):\n    import cgi\n",
    "major version alone": "import sys\nif sys.version_info[0] >= 3:\n    import cgi\n",
    "version test with or": "import sys\nif sys.version_info < (3, 13) or x:\n    import cgi\n",
    "version test of a patch release": "import sys\nif sys.version_info < (3, 14, 3):\n    import cgi\n",
    "another object's version_info": "class sys:\n    version_info = f()\nif sys.version_info < (3, 13):\n    import cgi\n",
    "a parameter called sys": "def f(sys):\n    if sys.version_info < g():\n        import cgi\n",
    "a flag rebound to something unknown": (
        "import sys\nNEW = sys.version_info >= (3, 13)\nNEW = f()\nif not NEW:\n    import cgi\n"
    ),
    "a constant that somebody may change": "DEBUG = False\nif DEBUG:\n    import cgi\n",
    "unknown flag": "if settings.OLD:\n    import cgi\n",
    "sys.platform": "import sys\nif sys.platform == 'win32':\n    import cgi\n",
    "os.name": "import os\nif os.name == 'nt':\n    import cgi\n",
    "inside six.PY3": "import six\nif six.PY3:\n    import cgi\n",
    "else of an old version": "import sys\nif sys.version_info < (3,):\n    x\nelse:\n    import cgi\n",
    "early exit on old versions": "import sys\nif sys.version_info < (3, 8):\n    sys.exit(1)\nimport cgi\n",
    "early exit in another function": (
        "import sys\ndef f():\n    if sys.version_info >= (3, 13):\n        return\ndef g():\n    import cgi\n"
    ),
    "skipif for another version": (
        "import pytest, sys\n@pytest.mark.skipif(sys.version_info < (3, 8), reason='')\ndef test():\n    import cgi\n"
    ),
    "handler of something else": "try:\n    import cgi\nexcept KeyError:\n    pass\n",
    "handler of AttributeError": "try:\n    import cgi\nexcept AttributeError:\n    pass\n",
    "handler that raises again": "try:\n    import cgi\nexcept ImportError:\n    raise\n",
    "handler that raises another": "try:\n    import cgi\nexcept ImportError as e:\n    raise RuntimeError('no cgi') from e\n",
    "handler that exits": "import sys\ntry:\n    import cgi\nexcept ImportError:\n    sys.exit('cgi is needed')\n",
    "handler that logs and raises": "try:\n    import cgi\nexcept ImportError:\n    log('x')\n    raise\n",
    "handler with a version test that raises": (
        "import sys\ntry:\n    import cgi\nexcept ImportError:\n    if sys.version_info >= (3,):\n        raise\n"
    ),
    "else of a try": "try:\n    import json\nexcept ImportError:\n    pass\nelse:\n    import cgi\n",
    "finally": "try:\n    import json\nexcept ImportError:\n    pass\nfinally:\n    import cgi\n",
    "function defined in a try": "try:\n    def f():\n        import cgi\nexcept ImportError:\n    pass\n",
    "handler of trouble that is no import": "try:\n    run()\nexcept Exception:\n    import cgi\n",
    "handler of a KeyError": "try:\n    import new\nexcept KeyError:\n    import cgi\n",
    "the first handler gives up": (
        "try:\n    import cgi\nexcept ImportError:\n    raise\nexcept Exception:\n    pass\n"
    ),
    "suppress of something else": "import contextlib\nwith contextlib.suppress(KeyError):\n    import cgi\n",
    "another context manager": "with open(ImportError):\n    import cgi\n",
    "find_spec of another module": "from importlib.util import find_spec\nif find_spec('cgitb_'):\n    import cgi\n",
    "where find_spec found nothing": "from importlib.util import find_spec\nif not find_spec('cgi'):\n    import cgi\n",
    "else of TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    x\nelse:\n    import cgi\n",
    "importorskip of another module": "import pytest\npytest.importorskip('numpy')\nimport cgi\n",
    "sys.modules entry of another": "import sys\nsys.modules['cgitb'] = x\nimport cgi\n",
    "sys.modules entry afterwards": "import sys\nimport cgi\nsys.modules['cgi'] = cgi\n",
    "conditional expression the right way round": "import sys\nc = __import__('cgi') if sys.version_info >= (3, 3) else 0\n",
    "a function that tells something else": "def old():\n    return x\nif old():\n    import cgi\n",
    "a function that may tell nothing": (
        "import sys\ndef new():\n    if sys.version_info >= (3, 13):\n        print()\n    else:\n        return False\n"
        "if not new():\n    import cgi\n"
    ),
    "a function that is decorated": (
        "import sys\n@other\ndef old():\n    return sys.version_info < (3, 13)\nif old():\n    import cgi\n"
    ),
    "match of something else": "match x:\n    case (3, 12):\n        import cgi\n",
    "match, the case that is taken": "import sys\nmatch sys.version_info[0]:\n    case 3 | 4:\n        import cgi\n",
    "or, then exit on old versions": "import sys\nsys.version_info >= (3, 8) or sys.exit('no')\nimport cgi\n",
    "another package's suppress": "from other import ignore\nwith ignore(ImportError):\n    import cgi\n",
    "an exit stack afterwards": (
        "import contextlib\nwith contextlib.ExitStack() as stack:\n    import cgi\n"
        "    stack.enter_context(contextlib.suppress(ImportError))\n"
    ),
    "sys.modules entry of another where it is missing": (
        "import sys, types\nif 'cgi' not in sys.modules:\n    sys.modules['cgitb'] = types.ModuleType('cgitb')\nimport cgi\n"
    ),
    "main block": "if __name__ == '__main__':\n    import cgi\n",
}
DEAD = {
    "if 0": "if 0:\n    import cgi\n",
    "if False": "if False:\n    import cgi\n",
    "while 0": "while 0:\n    import cgi\n",
    "else of if True": "if True:\n    pass\nelse:\n    import cgi\n",
    "behind return": "def f():\n    return 1\n    import cgi\n",
    "behind raise": "raise SystemExit\nimport cgi\n",
    "behind sys.exit": "import sys\nsys.exit()\nimport cgi\n",
    "behind a branch that always leaves": "def f():\n    if x:\n        return\n    else:\n        raise E\n    import cgi\n",
    "False and": "c = False and __import__('cgi')\n",
}

# What a `try` comes to on the target: the only finding, if any, is about a name that `collections` lost.
ABC = {
    "import as": "try:\n    import collections.abc as abc\nexcept ImportError:\n    import collections as abc\n",
    "from": "try:\n    from collections import abc\nexcept ImportError:\n    import collections as abc\n",
    "several names": "try:\n    from collections import OrderedDict, abc\nexcept ImportError:\n    import collections as abc\n",
    "an attribute": (
        "import collections\ntry:\n    abc = collections.abc\nexcept AttributeError:\n    abc = collections\n"
    ),
    "a broad handler": "try:\n    import collections.abc as abc\nexcept Exception:\n    import collections as abc\n",
    "a bare handler": "try:\n    import collections.abc as abc\nexcept:\n    import collections as abc\n",
    "a handler of more": "try:\n    import collections.abc as abc\nexcept (OSError, ImportError):\n    import collections as abc\n",
    "the old name first": "import collections as abc\ntry:\n    import collections.abc as abc\nexcept ImportError:\n    pass\n",
    "suppress": (
        "import collections as abc, contextlib\nwith contextlib.suppress(ImportError):\n    import collections.abc as abc\n"
    ),
    "import_module": (
        "import importlib\ntry:\n    abc = importlib.import_module('collections.abc')\nexcept ImportError:\n"
        "    abc = importlib.import_module('collections')\n"
    ),
    "with a flag": (
        "try:\n    import collections.abc as abc\n    NEW = True\nexcept ImportError:\n"
        "    import collections as abc\n    NEW = False\n"
    ),
    "else": "try:\n    import json\nexcept ImportError:\n    import collections as abc\nelse:\n    import collections.abc as abc\n",
    "the body fails": (
        "try:\n    import UserDict\n    import collections as abc\nexcept ImportError:\n    import collections.abc as abc\n"
    ),
    "the body fails, with another name before": (
        "import collections as abc\ntry:\n    unicode\nexcept NameError:\n    import collections.abc as abc\n"
    ),
}
NOT_ABC = {
    "a third party's module": "try:\n    import abcs as abc\nexcept ImportError:\n    import collections as abc\n",
    "a module that not every platform has": "try:\n    import winreg as abc\nexcept ImportError:\n    import collections as abc\n",
    "a relative import": "try:\n    from . import abc\nexcept ImportError:\n    import collections as abc\n",
    "something else may fail": (
        "try:\n    run()\n    import collections.abc as abc\nexcept ImportError:\n    import collections as abc\n"
    ),
    "a call may raise what is caught": (
        "import json\ntry:\n    abc = json.loads(x)\nexcept Exception:\n    import collections as abc\n"
    ),
    "an attribute of something unknown": "try:\n    abc = x.y\nexcept AttributeError:\n    import collections as abc\n",
    "getattr of something unknown": "try:\n    abc = getattr(x, 'y')\nexcept AttributeError:\n    import collections as abc\n",
    "an attribute that is set": (
        "import json\ntry:\n    x.y = json\n    abc = json\nexcept AttributeError:\n    import collections as abc\n"
    ),
    "what is loaded by name": (
        "import pickle\ndef f(x):\n    global abc\n    try:\n        abc = pickle.loads(x)\n    except ImportError:\n"
        "        import collections as abc\n"
    ),
    "bound afterwards": "import collections.abc as abc\nimport collections as abc\n",
    "the body fails": "try:\n    import UserDict as abc\nexcept ImportError:\n    import collections as abc\n",
    "finally": "try:\n    import collections.abc as abc\nfinally:\n    import collections as abc\n",
}
# Each ends in a test of something that the target has, in front of code for what lacked it.
NEWER_GUARDED = {
    "None in the handler": (
        "try:\n    from inspect import signature\nexcept ImportError:\n    signature = None\n"
        "if signature is None:\n    import cgi\n"
    ),
    "None in the handler, true in the test": (
        "try:\n    from functools import cmp_to_key\nexcept ImportError:\n    cmp_to_key = None\n"
        "x = 1 if cmp_to_key else __import__('cgi')\n"
    ),
    "behind a return": (
        "try:\n    from inspect import signature\nexcept ImportError:\n    signature = None\n"
        "def f():\n    if signature is not None:\n        return\n    import cgi\n"
    ),
    "a flag in the body": (
        "try:\n    from ssl import SSLContext\n    HAVE = True\nexcept ImportError:\n    HAVE = False\n"
        "def f():\n    if not HAVE:\n        import cgi\n"
    ),
    "a flag in else": (
        "import time\ntry:\n    time.perf_counter\nexcept AttributeError:\n    HAVE = False\nelse:\n    HAVE = True\n"
        "if not HAVE:\n    import cgi\n"
    ),
    "a flag set before": (
        "HAVE = True\ntry:\n    import json\nexcept ImportError:\n    HAVE = False\nif not HAVE:\n    import cgi\n"
    ),
    "a function that tries": (
        "import time\ndef has():\n    try:\n        time.perf_counter()\n        return True\n"
        "    except AttributeError:\n        return False\nif not has():\n    import cgi\n"
    ),
    "hasattr of what is there": "import shlex\nif not hasattr(shlex, 'quote'):\n    import cgi\n",
    "not the module, or not hasattr": (
        "try:\n    import shlex\nexcept ImportError:\n    shlex = None\n"
        "if not shlex or not hasattr(shlex, 'quote'):\n    import cgi\n"
    ),
    "hasattr of what Python 2 had": "import itertools\nif hasattr(itertools, 'izip'):\n    import cgi\n",
    "a name of Python 2 in the body": (
        "try:\n    unicode = unicode\n    OLD = True\nexcept NameError:\n    OLD = False\nif OLD:\n    import cgi\n"
    ),
    "else behind a name of Python 2": "try:\n    unicode\nexcept NameError:\n    pass\nelse:\n    import cgi\n",
    "the body returns": (
        "def f():\n    try:\n        import importlib.util\n        return importlib.util.find_spec('x')\n"
        "    except (ImportError, AttributeError):\n        pass\n    import cgi\n"
    ),
    "else returns": (
        "def f():\n    try:\n        import json\n    except ImportError:\n        pass\n    else:\n        return json\n"
        "    import cgi\n"
    ),
}
NEWER_REPORTED = {
    "the right way round": (
        "try:\n    from inspect import signature\nexcept ImportError:\n    signature = None\nif signature:\n    import cgi\n"
    ),
    "a third party's module": "try:\n    import yaml\nexcept ImportError:\n    yaml = None\nif yaml is None:\n    import cgi\n",
    "a module that not every platform has": (
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None\nif fcntl is None:\n    import cgi\n"
    ),
    "a name that not every platform has": (
        "try:\n    from os import fork\nexcept ImportError:\n    fork = None\nif not fork:\n    import cgi\n"
    ),
    "a value that may be false": "import ssl\nif not ssl.HAS_SNI:\n    import cgi\n",
    "a flag that is set elsewhere": (
        "try:\n    import json\n    HAVE = True\nexcept ImportError:\n    HAVE = False\nHAVE = f()\nif not HAVE:\n    import cgi\n"
    ),
    "a flag that a function sets": (
        "try:\n    import json\n    HAVE = True\nexcept ImportError:\n    HAVE = False\n"
        "def g():\n    global HAVE\n    HAVE = False\ndef f():\n    if not HAVE:\n        import cgi\n"
    ),
    "hasattr of something unknown": "import shlex\nif not hasattr(shlex, 'quotes'):\n    import cgi\n",
    "a function with an argument": (
        "import json\ndef has(x):\n    try:\n        json.loads(x)\n        return True\n    except ValueError:\n"
        "        return False\nif not has(1):\n    import cgi\n"
    ),
    "what is called may fail": (
        "def f():\n    try:\n        return run()\n    except ImportError:\n        pass\n    import cgi\n"
    ),
    "the body returns in a branch": (
        "def f():\n    try:\n        import json\n        if x:\n            return json\n    except ImportError:\n        pass\n"
        "    import cgi\n"
    ),
    "a name that the file has itself": (
        "from x import unicode\ntry:\n    unicode\nexcept NameError:\n    pass\nelse:\n    import cgi\n"
    ),
    "a name that may come with all others": (
        "from x import *\ntry:\n    unicode\nexcept NameError:\n    pass\nelse:\n    import cgi\n"
    ),
}
# The other way is closed: Python 2 alone had it.
PYTHON2_REPORTED = {
    "the body": "try:\n    from UserDict import DictMixin\nexcept ImportError:\n    import cgi\n",
    "the body, behind another import": "try:\n    import new_, __builtin__\nexcept ImportError:\n    import cgi\n",
    "a name that moved": "try:\n    from urllib import FancyURLopener\nexcept ImportError:\n    import cgi\n",
    "a name of the module": "import itertools\ntry:\n    f = itertools.izip\nexcept AttributeError:\n    import cgi\n",
    "the handler": "try:\n    import cgi\nexcept ImportError:\n    import commands as cgi\n",
    "the handler, with a name that moved": "try:\n    import cgi\nexcept ImportError:\n    from urllib import quote\n",
    "the handler, with another line before": "try:\n    import cgi\nexcept ImportError:\n    x = 1\n    import thread\n",
}
PYTHON2_GUARDED = {
    "a handler that tries in its turn": (
        "try:\n    import cgi\nexcept ImportError:\n    try:\n        import commands\n    except ImportError:\n        pass\n"
    ),
    "an outer handler": (
        "try:\n    try:\n        import cgi\n    except ImportError:\n        import commands\nexcept ImportError:\n    pass\n"
    ),
    "a handler that asks for the version": (
        "import sys\ntry:\n    import cgi\nexcept ImportError:\n    if sys.version_info < (3,):\n        import commands\n"
    ),
    "the body, in a branch": (
        "try:\n    if x:\n        import commands\n    import new_\nexcept ImportError:\n    import cgi\n"
    ),
    "a relative import": "try:\n    from .UserDict import DictMixin\nexcept ImportError:\n    import cgi\n",
}
# Flags that another removed module decides: the guarded finding is about `cgitb`, the other about `cgi`.
FAILED_GUARDED = {
    "else": "try:\n    import cgi\nexcept ImportError:\n    HAVE = False\nelse:\n    HAVE = True\nif HAVE:\n    import cgitb\n",
    "body": "try:\n    import cgi\n    HAVE = True\nexcept ImportError:\n    HAVE = False\nif HAVE:\n    import cgitb\n",
    "before": "HAVE = True\ntry:\n    import cgi\nexcept ImportError:\n    HAVE = False\nif HAVE:\n    import cgitb\n",
    "in a function": (
        "try:\n    import cgi\n    HAVE = True\nexcept ImportError:\n    HAVE = False\n"
        "def f():\n    if not HAVE:\n        return\n    import cgitb\n"
    ),
    "None": "try:\n    import cgi\nexcept ImportError:\n    cgi = None\nif cgi:\n    import cgitb\n",
    "the other way round": (
        "try:\n    import cgi\n    NO = False\nexcept ImportError:\n    NO = True\nif not NO:\n    import cgitb\n"
    ),
}
FAILED_REPORTED = {
    "the right way round": (
        "try:\n    import cgi\n    HAVE = True\nexcept ImportError:\n    HAVE = False\nif not HAVE:\n    import cgitb\n"
    ),
    "set again": (
        "try:\n    import cgi\n    HAVE = True\nexcept ImportError:\n    HAVE = False\nHAVE = f()\nif HAVE:\n    import cgitb\n"
    ),
    "not always": (
        "import sys\ntry:\n    if sys.platform == 'win32':\n        import cgi\n    HAVE = True\nexcept ImportError:\n"
        "    HAVE = False\nif HAVE:\n    import cgitb\n"
    ),
    "before, and not in the handler that runs": (
        "HAVE = True\ntry:\n    import cgi\nexcept ImportError:\n    pass\nexcept OSError:\n    HAVE = False\n"
        "if HAVE:\n    import cgitb\n"
    ),
}


def test_bindings_of_a_try_that_succeeds_or_fails() -> None:
    use = "abc.MutableMapping\n"
    assert {name: verdicts(program + use) for name, program in ABC.items()} == {key: [] for key in ABC}
    lost = {name: [verdict[1:] for verdict in verdicts(program + use)] for name, program in NOT_ABC.items()}
    assert lost == {key: [("collections.MutableMapping", "reported")] for key in NOT_ABC}
    for name, program in ABC.items():
        inside = textwrap.indent(program + use, "    ")
        assert verdicts(f"def f():\n{inside}") == [], name


@pytest.mark.parametrize("program", (NEWER_GUARDED | PYTHON2_GUARDED).values(), ids=NEWER_GUARDED | PYTHON2_GUARDED)
def test_a_try_that_comes_to_something_guards(program: str) -> None:
    assert [verdict[1:] for verdict in verdicts(program)] == [("cgi", "guarded")]


@pytest.mark.parametrize("program", (NEWER_REPORTED | PYTHON2_REPORTED).values(), ids=NEWER_REPORTED | PYTHON2_REPORTED)
def test_a_try_that_comes_to_nothing_certain_does_not(program: str) -> None:
    assert [verdict[1:] for verdict in verdicts(program)] == [("cgi", "reported")]


def test_flags_of_a_try_that_fails_since_something_was_removed() -> None:
    for guard, programs in (("guarded", FAILED_GUARDED), ("reported", FAILED_REPORTED)):
        got = {name: [verdict[1:] for verdict in verdicts(program)] for name, program in programs.items()}
        assert got == {key: [("cgi", "guarded"), ("cgitb", guard)] for key in programs}


def test_the_fallback_of_what_python_2_had() -> None:
    assert (
        verdicts("try:\n    from urllib.parse import quote\nexcept ImportError:\n    from urllib import quote\n") == []
    )
    both = "try:\n    import cgi\nexcept ImportError:\n    import cgitb\n"
    assert verdicts(both) == [(2, "cgi", "guarded"), (4, "cgitb", "reported")]
    needs = "try:\n    from UserDict import DictMixin\nexcept ImportError:\n    from collections import Mapping\n"
    (finding,) = found(needs, codes="RMV")
    assert finding.way_out == "UserDict"


@pytest.mark.parametrize("program", DEAD.values(), ids=DEAD)
def test_what_can_never_run_is_not_even_guarded(program: str) -> None:
    assert verdicts(program) == []


@pytest.mark.parametrize("program", GUARDED.values(), ids=GUARDED)
def test_guarded(program: str) -> None:
    assert {(symbol, state) for _, symbol, state in verdicts(program)} <= {("cgi", "guarded"), ("cgi.x", "guarded")}
    assert verdicts(program)


@pytest.mark.parametrize("program", REPORTED.values(), ids=REPORTED)
def test_reported(program: str) -> None:
    assert [(symbol, state) for _, symbol, state in verdicts(program)] == [("cgi", "reported")]


def test_a_handler_runs_where_the_name_in_the_body_is_gone_too() -> None:
    program = "try:\n    import cgi\nexcept ImportError:\n    import imp\n"
    assert verdicts(program) == [(2, "cgi", "guarded"), (4, "imp", "reported")]


def test_what_follows_an_import_that_fails_in_good_order() -> None:
    other = "try:\n    import cgi\nexcept ImportError:\n    cgi = None\nelse:\n    import cgitb\n"
    assert verdicts(other) == [(2, "cgi", "guarded"), (6, "cgitb", "guarded")]
    leaves = "def f():\n    try:\n        import cgi\n    except ImportError:\n        return\n    import cgitb\n"
    assert verdicts(leaves) == [(3, "cgi", "guarded"), (6, "cgitb", "guarded")]
    skips = "import unittest\ntry:\n    import cgi\nexcept ImportError:\n    raise unittest.SkipTest\nimport cgitb\n"
    assert verdicts(skips) == [(3, "cgi", "guarded"), (6, "cgitb", "guarded")]
    goes_on = "def f():\n    try:\n        import cgi\n    except ImportError:\n        pass\n    import cgitb\n"
    assert verdicts(goes_on) == [(3, "cgi", "guarded"), (6, "cgitb", "reported")]
    succeeds = "def f():\n    try:\n        import new\n    except ImportError:\n        return\n    import cgi\n"
    assert verdicts(succeeds) == [(6, "cgi", "reported")]


def test_a_body_that_is_dead_on_the_target_does_not_make_its_handler_run() -> None:
    program = "import sys\ntry:\n    if sys.version_info < (3,):\n        import cgi\n    import new\nexcept ImportError:\n    import imp\n"
    assert verdicts(program) == [(4, "cgi", "guarded"), (7, "imp", "guarded")]


def test_guards_follow_the_target() -> None:
    program = "import sys\nif sys.version_info < (3, 14):\n    import cgi\n"
    assert verdicts(program, target="3.13") == [(3, "cgi", "reported")]
    assert verdicts(program, target="3.14t") == [(3, "cgi", "guarded")]


def test_a_stub_is_never_imported() -> None:
    assert verdicts("import cgi\n", path="module.pyi") == [(1, "cgi", "guarded")]


def test_setuptools_imported_in_the_file_brings_distutils() -> None:
    assert verdicts("from distutils.core import setup\nimport setuptools\n") == [(1, "distutils.core", "guarded")]
    assert verdicts("from distutils.command.upload import upload\nimport setuptools\n")[0][2] == "reported"
    needed = "try:\n    import setuptools\nexcept ImportError as e:\n    raise RuntimeError('get it') from e\nimport distutils\n"
    assert verdicts(needed) == [(5, "distutils", "guarded")]
    assert verdicts("import distutils.core\n", path="setuptools/dist.py") == [(1, "distutils.core", "guarded")]
    optional = "try:\n    import setuptools\nexcept ImportError:\n    pass\nfrom distutils.core import setup\n"
    assert verdicts(optional) == [(5, "distutils.core", "reported")]


def test_guards_of_attributes() -> None:
    assert verdicts("import typing\nx = getattr(typing.io, 'IO')\n") == [(2, "typing.io", "reported")]
    assert verdicts("import typing\nif hasattr(typing, 'io'):\n    x = typing.io.IO\n") == [(3, "typing.io", "guarded")]
    assert verdicts("import typing\ntry:\n    x = typing.io.IO\nexcept AttributeError:\n    x = 1\n")[0][2] == "guarded"
    assert verdicts("import typing\ntry:\n    x = typing.io.IO\nexcept ImportError:\n    x = 1\n")[0][2] == "reported"


def test_guards_of_names_that_are_listed_or_set() -> None:
    for listed in ("dir(typing)", "vars(typing)", "typing.__dict__"):
        assert verdicts(f"import typing\nif 'io' in {listed}:\n    x = typing.io\n") == [(3, "typing.io", "guarded")]
        assert verdicts(f"import typing\nif 'io' not in {listed}:\n    x = typing.io\n")[0][2] == "reported"
    assert verdicts("import typing\nif 're' in dir(typing):\n    x = typing.io\n") == [(3, "typing.io", "reported")]
    computed = "import typing\nfor name in names:\n    setattr(typing, name, 1)\nx = typing.io\n"
    assert verdicts(computed) == [(4, "typing.io", "guarded")]
    assert verdicts(computed.replace("setattr(typing", "setattr(other"))[0][2] == "reported"


def test_the_reason_is_told() -> None:
    (finding,) = found("try:\n    import cgi\nexcept ImportError:\n    pass\n", codes="RMV")
    assert finding.guard == "the handler of the exception falls back"
    assert finding.level.value == "note"


GIL = "import sys, sysconfig\n{}if {}:\n    import cgi\n"
FLAG = 'sysconfig.get_config_var("Py_GIL_DISABLED")'


@pytest.mark.parametrize(
    ("setup", "test"),
    [
        ("", FLAG),
        ("", f"bool({FLAG})"),
        ("", f"{FLAG} == 1"),
        ("", f"not not {FLAG}"),
        (f"WITHOUT_GIL = {FLAG}\n", "WITHOUT_GIL"),
        ("from sysconfig import get_config_var as ask\n", 'ask("Py_GIL_DISABLED")'),
        ("", "not sys._is_gil_enabled()"),
    ],
)
def test_what_is_for_the_free_threaded_build_alone(setup: str, test: str) -> None:
    assert verdicts(GIL.format(setup, test)) == [(2 + bool(setup) + 1, "cgi", "guarded")]
    assert verdicts(GIL.format(setup, test), target="3.14t") == [(2 + bool(setup) + 1, "cgi", "reported")]


def test_whether_a_free_threaded_build_runs_with_the_gil_is_for_its_users_to_say() -> None:
    assert verdicts(GIL.format("", "sys._is_gil_enabled()"), target="3.14t") == [(3, "cgi", "reported")]


def test_other_variables_of_the_configuration_decide_nothing() -> None:
    assert verdicts(GIL.format("", 'sysconfig.get_config_var("Py_DEBUG")')) == [(3, "cgi", "reported")]
