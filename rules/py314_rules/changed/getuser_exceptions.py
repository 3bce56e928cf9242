"""CHG412 getuser-exceptions."""

from __future__ import annotations

from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_BEFORE = {"KeyError", "ImportError", "LookupError", "ModuleNotFoundError"}
_SINCE = {"OSError", "EnvironmentError", "IOError", "Exception", "BaseException"}
_HARMLESS = {"os.getenv", "os.environ.get"}


class GetuserExceptions(Rule):
    """A handler that waits for the exceptions `getpass.getuser()` raised before.

    ## What it does
    Reports `getpass.getuser()` in a `try` that handles `KeyError` or `ImportError` and does not handle `OSError`.

    Not reported: a `try` in which something else may raise the exception that is handled.

    ## Why it matters
    Since Python 3.13 `getpass.getuser()` raises `OSError` where no user can be found, as in a container whose user id
    has no name. Before, it raised `KeyError`, or `ImportError` on Windows.

    ## Example
    ```python
    import getpass

    try:
        user = getpass.getuser()
    except KeyError:
        user = "nobody"
    ```

    ## Use instead
    ```python
    import getpass

    try:
        user = getpass.getuser()
    except (KeyError, ImportError, OSError):
        user = "nobody"
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [getpass.getuser](https://docs.python.org/3/library/getpass.html#getpass.getuser)
    """

    code, name = "CHG412", "getuser-exceptions"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.13"
    words = tuple(Words("getpass", "getuser", exception) for exception in sorted(_BEFORE))

    def visit_Call(self, node: cst.Call) -> None:
        if "getpass.getuser" not in self.context.resolve(node.func):
            return
        inner: cst.CSTNode = node
        handled: set[str] = set()
        meant = False
        for parent in self.context.ancestors(node):
            if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
                break
            if isinstance(parent, cst.Try) and inner is parent.body:
                names = {name for handler in parent.handlers for name in self._names(handler.type)}
                handled |= names
                meant = meant or bool(names & _BEFORE and self._can_only_be_meant(parent.body, names))
            inner = parent
        if meant and not handled & _SINCE:
            self.report(
                node.func,
                "Since Python 3.13 `getpass.getuser()` raises OSError where no user is found; before, it raised "
                "KeyError or ImportError.",
                help="Handle OSError too.",
                symbol="getpass.getuser",
                module="getpass",
            )

    def _names(self, kind: cst.BaseExpression | None) -> Iterator[str]:
        """The exceptions that a handler names; one that nobody knows may be any."""
        kind = None if kind is None else self.context.value(kind)
        if isinstance(kind, cst.Tuple):
            for element in kind.elements:
                yield from self._names(element.value)
        elif kind is None:
            yield "BaseException"
        else:
            names = self.context.resolve(kind)
            yield from (name.removeprefix("builtins.") for name in names or ("BaseException",))

    def _can_only_be_meant(self, body: cst.CSTNode, names: set[str]) -> bool:
        """Whether nothing else in the body raises what is handled."""
        for node in self.context.below(body):
            if isinstance(node, cst.Subscript) and names & {"KeyError", "LookupError"}:
                return False
            if isinstance(node, (cst.Import, cst.ImportFrom)) and not names & {"KeyError", "LookupError"}:
                return False
            if isinstance(node, cst.Call) and not self.context.resolve(node.func) & {"getpass.getuser", *_HARMLESS}:
                return False
        return True
