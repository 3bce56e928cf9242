"""EXT303 limited-api-with-free-threading."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, Rule, Setting, Words, cst
from py314_rules.packaging.metadata import is_test_data

_KEYS = (
    ("setup", "options", "bdist_wheel", "py_limited_api"),
    ("bdist_wheel", "py_limited_api"),
    ("bdist_wheel", "py-limited-api"),
    ("tool", "distutils", "bdist_wheel", "py_limited_api"),
    ("tool", "distutils", "bdist_wheel", "py-limited-api"),
    ("tool", "meson-python", "limited-api"),
)
_EXTENSIONS = frozenset({"setuptools.Extension", "setuptools.extension.Extension", "distutils.core.Extension"})


class LimitedApiWithFreeThreading(Rule):
    """A build that always asks for the limited API, which free-threaded Python 3.14 does not have.

    ## What it does
    Reports `py_limited_api` for setuptools (in an `Extension`, and in the options of `bdist_wheel` in setup.py,
    setup.cfg and pyproject.toml), the macro `Py_LIMITED_API` of an `Extension`, and `limited-api` for meson-python,
    where they are set whatever the build is; of the extensions of a file, the first. Nothing is reported where a build
    file of the project mentions `Py_GIL_DISABLED`.

    ## Why it matters
    The headers of free-threaded 3.13 and 3.14 refuse to be compiled with `Py_LIMITED_API`, and setuptools and
    meson-python stop with an error before that. From Python 3.15 on there is `abi3t` for these builds (PEP 803).

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
    languages = frozenset({"python", "pyproject", "setup.cfg"})
    words = (Words("py_limited_api"), Words("Py_LIMITED_API", quoted=True))

    _is_reported = False

    def visit_Setting(self, setting: Setting) -> None:
        if setting.keys in _KEYS and setting.value not in (False, ""):
            self._report(setting, str(setting.keys[-1]), "builds of a wheel stop there with an error", None)

    def visit_Call(self, call: cst.Call) -> None:
        if self._is_reported or not self.context.resolve(call.func) & _EXTENSIONS:
            return
        macros = self.context.argument(call, 5, "define_macros")
        listed = None if macros is None else self.context.value(macros)
        for one in listed.elements if isinstance(listed, cst.List) else ():
            if (
                isinstance(one.value, cst.Tuple)
                and self.context.string(one.value.elements[0].value) == "Py_LIMITED_API"
            ):
                self._is_reported = True
                self._report(one, "Py_LIMITED_API", "its headers refuse to be compiled with it", None)
                return
        limited = self.context.argument(call, 17, "py_limited_api")
        value = None if limited is None else self.context.value(limited)
        if isinstance(value, cst.Name) and value.value == "True" and limited is not None:
            self._is_reported = True
            self._report(limited, "py_limited_api", "its headers refuse `Py_LIMITED_API`", Confidence.MEDIUM)

    def _report(self, node: Setting | cst.CSTNode, option: str, what: str, confidence: Confidence | None) -> None:
        if self.context.target.version < (3, 15) and not is_test_data(self.context.path):
            self.report(
                node,
                f"`{option}` asks for the limited API, which free-threaded Python does not have before 3.15: {what}.",
                help='Set it only where `sysconfig.get_config_var("Py_GIL_DISABLED")` is false.',
                symbol="Py_LIMITED_API",
                confidence=confidence,
                unless_built_with=("Py_GIL_DISABLED",),
            )
