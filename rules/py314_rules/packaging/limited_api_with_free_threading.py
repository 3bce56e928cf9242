"""EXT303 limited-api-with-free-threading."""

from __future__ import annotations

import re

from py314_check.api import Confidence, Event, Impact, Level, MesonCall, Rule, Setting, Words, cst
from py314_rules.packaging.metadata import is_test_data

_KEYS = (
    ("setup", "options", "bdist_wheel", "py_limited_api"),
    ("bdist_wheel", "py_limited_api"),
    ("bdist_wheel", "py-limited-api"),
    ("tool", "distutils", "bdist_wheel", "py_limited_api"),
    ("tool", "distutils", "bdist_wheel", "py-limited-api"),
    ("tool", "meson-python", "limited-api"),
)
_HEX, _VERSION = re.compile(r"0[xX][0-9a-fA-F]+"), re.compile(r"'(\d+)\.(\d+)'")
_FIRST_ABI3T = 0x030F0000
_REFUSED = "its headers do not compile with `Py_LIMITED_API`"
_EXTENSIONS = frozenset({"setuptools.Extension", "setuptools.extension.Extension", "distutils.core.Extension"})


class LimitedApiWithFreeThreading(Rule):
    """A build that always asks for the limited API, which free-threaded Python 3.14 does not have.

    ## What it does
    Reports `py_limited_api` for setuptools (in an `Extension`, and in the options of `bdist_wheel` in setup.py,
    setup.cfg and pyproject.toml), the macro `Py_LIMITED_API` of an `Extension`, `limited_api` of an `extension_module`
    in meson.build, and `limited-api` for meson-python, where they are set whatever the build is; of the extensions of a
    file, the first. Nothing is reported where a build file of the project mentions `Py_GIL_DISABLED` or Meson's
    `allow_limited_api`. Below an `if` of Meson, the confidence is low.

    For Python 3.15 and later, reports the macro and Meson's `limited_api` where they ask for a version before 3.15.

    ## Why it matters
    The headers of free-threaded 3.13 and 3.14 refuse to be compiled with `Py_LIMITED_API`. setuptools and meson-python
    stop with an error before that; Meson itself passes the macro on to any build, unless it is configured with
    `-Dpython.allow_limited_api=false`. From Python 3.15 on there is `abi3t` for these builds (PEP 803), which the
    options choose there, and which begins with version 3.15 of the limited API: the headers do not compile with an
    earlier one.

    ## Example
    ```python
    from setuptools import Extension, setup

    setup(ext_modules=[Extension("fast", ["fast.c"], py_limited_api=True)])
    ```

    ## Use instead
    ```python
    import sysconfig

    from setuptools import Extension, setup

    limited = not sysconfig.get_config_var("Py_GIL_DISABLED")
    setup(ext_modules=[Extension("fast", ["fast.c"], py_limited_api=limited)])
    ```

    ## Fix safety
    There is no fix: the macro `Py_LIMITED_API` and the tag of the wheel have to change along with it.

    ## References
    - [CPython issue 111506](https://github.com/python/cpython/issues/111506)
    - [PEP 803](https://peps.python.org/pep-0803/)
    - [C API extension support for free threading](https://docs.python.org/3/howto/free-threading-extensions.html#limited-c-api-and-stable-abi)
    """

    code, name = "EXT303", "limited-api-with-free-threading"
    level, impact, confidence = Level.ERROR, Impact.BLOCKS_FREE_THREADING, Confidence.HIGH
    free_threading = True
    since = "3.13"
    languages = frozenset({"python", "meson", "pyproject", "setup.cfg"})
    words = (Words("limited_api", "extension_module"), Words("py_limited_api"), Words("Py_LIMITED_API", quoted=True))

    _is_reported = False

    def visit_Setting(self, setting: Setting) -> None:
        if setting.keys in _KEYS and setting.value not in (False, ""):
            self._report(setting, str(setting.keys[-1]), "builds of a wheel stop there with an error")

    def visit_MesonCall(self, call: MesonCall) -> None:
        if self._is_reported or not call.name.endswith(".extension_module"):
            return
        for argument in call.arguments:
            version = _VERSION.fullmatch(argument.text)
            if argument.keyword == "limited_api" and version is not None:
                self._is_reported = not call.is_conditional
                of = int(version[1]) << 24 | int(version[2]) << 16
                confidence = Confidence.LOW if call.is_conditional else None
                self._report(call, argument.keyword, _REFUSED, confidence, of)

    def visit_Call(self, call: cst.Call) -> None:
        if self._is_reported or not self.context.resolve(call.func) & _EXTENSIONS:
            return
        macros = self.context.argument(call, 5, "define_macros")
        listed = None if macros is None else self.context.value(macros)
        for one in listed.elements if isinstance(listed, cst.List) else ():
            pair = [part.value for part in one.value.elements] if isinstance(one.value, cst.Tuple) else []
            if pair and self.context.string(pair[0]) == "Py_LIMITED_API":
                self._is_reported = True
                text = self.context.string(pair[-1]) or ""
                of = int(text, 16) if _HEX.fullmatch(text) else None
                self._report(one, "Py_LIMITED_API", _REFUSED, of=of)
                return
        limited = self.context.argument(call, 17, "py_limited_api")
        value = None if limited is None else self.context.value(limited)
        if isinstance(value, cst.Name) and value.value == "True" and limited is not None:
            self._is_reported = True
            self._report(limited, "py_limited_api", _REFUSED, Confidence.MEDIUM)

    def _report(
        self,
        node: Event | cst.CSTNode,
        option: str,
        what: str,
        confidence: Confidence | None = None,
        of: int | None = None,
    ) -> None:
        """``of``: the version of the limited API that is asked for, where that is known."""
        asked = "the limited API, which free-threaded Python does not have before 3.15"
        if self.context.target.version >= (3, 15):
            if of is None or of >= _FIRST_ABI3T:
                return
            asked = "a limited API of before 3.15, which free-threaded Python does not have"
        if not is_test_data(self.context.path):
            self.report(
                node,
                f"`{option}` asks for {asked}: {what}.",
                help='Set it only where `sysconfig.get_config_var("Py_GIL_DISABLED")` is false; for Meson, configure'
                " these builds with `-Dpython.allow_limited_api=false`.",
                symbol="Py_LIMITED_API",
                confidence=confidence,
                unless_built_with=("Py_GIL_DISABLED", "allow_limited_api"),
            )
