"""CHG409 pack-without-layout."""

from __future__ import annotations

from collections.abc import Iterator

from py314_check.api import Confidence, Impact, Level, Rule, Words, cst

_BASES = {"ctypes.Structure", "ctypes.Union"}


class PackWithoutLayout(Rule):
    """A packed `ctypes` structure that does not say whose layout it has.

    ## What it does
    Reports subclasses of `ctypes.Structure` and `ctypes.Union` that set `_fields_` and have `_pack_`, of their own or
    from a base class, and no `_layout_`.

    Not reported: classes that have `_layout_`, also from a base class, and those with an unknown base class.

    ## Why it matters
    `_pack_` has always meant the memory layout of Microsoft's compiler, on all systems. Since Python 3.14 leaving that
    unsaid gives a `DeprecationWarning` on all systems but Windows; Python 3.19 will raise an error.

    ## Example
    ```python
    import ctypes


    class Header(ctypes.Structure):
        _pack_ = 1
        _fields_ = [("kind", ctypes.c_char), ("size", ctypes.c_int)]
    ```

    ## Use instead
    ```python
    import ctypes


    class Header(ctypes.Structure):
        _pack_ = 1
        _layout_ = "ms"
        _fields_ = [("kind", ctypes.c_char), ("size", ctypes.c_int)]
    ```

    ## Fix safety
    There is no fix yet. Adding `_layout_ = "ms"` is harmless: older versions ignore it.

    ## References
    - [ctypes.Structure._layout_](https://docs.python.org/3/library/ctypes.html#ctypes.Structure._layout_)
    - [What's New in Python 3.14: ctypes](https://docs.python.org/3/whatsnew/3.14.html#ctypes)
    """

    code, name = "CHG409", "pack-without-layout"
    level, impact, confidence = Level.NOTE, Impact.WARNS, Confidence.HIGH
    since = "3.14"
    words = (Words("ctypes", "_pack_", "_fields_"),)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        if not self.context.bases(node) & _BASES:
            return
        own = dict(_set_in(node))
        has_pack = "_pack_" in own or self._inherits_pack(node)
        if has_pack and "_fields_" in own and "_layout_" not in own and self._no_base_lays_out(node):
            self.report(
                own.get("_pack_", node.name),
                f"Since Python 3.14 `{node.name.value}` gives a DeprecationWarning: it has `_pack_` and no `_layout_`.",
                help='Add `_layout_ = "ms"`, which is what `_pack_` has always meant.',
                symbol="ctypes.Structure._pack_",
                module="ctypes",
            )

    def _inherits_pack(self, node: cst.ClassDef) -> bool:
        bases = [self.context.definition(base.value) for base in node.bases]
        return any(
            isinstance(base, cst.ClassDef) and ("_pack_" in dict(_set_in(base)) or self._inherits_pack(base))
            for base in bases
        )

    def _no_base_lays_out(self, node: cst.ClassDef) -> bool:
        """Whether every base is known, and none sets ``_layout_``."""
        for base in node.bases:
            found = self.context.definition(base.value)
            if isinstance(found, cst.ClassDef):
                if "_layout_" in dict(_set_in(found)) or not self._no_base_lays_out(found):
                    return False
            elif not any(name.startswith("ctypes.") for name in self.context.resolve(base.value)):
                return False
        return True


def _set_in(node: cst.ClassDef) -> Iterator[tuple[str, cst.CSTNode]]:
    """The names that a class body sets, and the places."""
    for line in node.body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            targets = []
            if isinstance(statement, cst.Assign):
                targets = [target.target for target in statement.targets]
            elif isinstance(statement, cst.AnnAssign) and statement.value is not None:
                targets = [statement.target]
            yield from ((target.value, target) for target in targets if isinstance(target, cst.Name))
