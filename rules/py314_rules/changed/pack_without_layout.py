"""CHG409 pack-without-layout."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst

_BASES = {"ctypes.Structure", "ctypes.Union"}


class PackWithoutLayout(Rule):
    """A packed `ctypes` structure that does not say whose layout it has.

    ## What it does
    Reports subclasses of `ctypes.Structure` and `ctypes.Union` that set `_fields_` and have `_pack_`, of their own or
    from a base class, and no `_layout_`.

    Not reported: classes that have `_layout_`, also from a base class, and those with an unknown base class.

    ## Why it matters
    `_pack_` has always meant the memory layout of Microsoft's compiler, on all systems. Since Python 3.14 leaving that
    unsaid gives a `DeprecationWarning` on all systems but Windows, and a `ValueError` where `_pack_` is 0; Python 3.19
    will raise an error for both.

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

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._complete: dict[cst.ClassDef, None] = {}  # classes that are given fields, in their body or later

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        if "_fields_" in _set_in(node):
            self._complete[node] = None

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        target = node.target
        if isinstance(target, cst.Attribute) and target.attr.value == "_fields_":
            owner = self.context.definition(target.value)
            if isinstance(owner, cst.ClassDef):
                self._complete[owner] = None

    def leave_Module(self, node: cst.Module) -> None:
        for owner in self._complete:
            if (
                self.context.bases(owner) & _BASES
                and "_layout_" not in _set_in(owner)
                and self._no_base_lays_out(owner)
            ):
                pack = self._pack(owner)
                if pack is not None:
                    self._tell(owner, pack)

    def _tell(self, owner: cst.ClassDef, pack: cst.BaseExpression) -> None:
        value = self.context.value(pack)
        fails = isinstance(value, cst.Integer) and value.evaluated_value == 0
        effect = "raises ValueError: `_pack_` is 0 there" if fails else "gives a DeprecationWarning: it has `_pack_`"
        self.report(
            _set_in(owner).get("_pack_", (owner.name, pack))[0],
            f"Since Python 3.14 `{owner.name.value}` {effect} and no `_layout_`.",
            help='Add `_layout_ = "ms"`, which is what `_pack_` has always meant.',
            symbol="ctypes.Structure._pack_",
            module="ctypes",
            raises="ValueError" if fails else None,
            level=Level.ERROR if fails else None,
            impact=Impact.BREAKS if fails else None,
        )

    def _pack(self, owner: cst.ClassDef) -> cst.BaseExpression | None:
        """What ``_pack_`` of a class is, from its own body or from the first base class of the file that has it."""
        own = _set_in(owner).get("_pack_")
        if own is not None:
            return own[1]
        bases = [self.context.definition(base.value) for base in owner.bases]
        packs = (self._pack(base) for base in bases if isinstance(base, cst.ClassDef))
        return next((pack for pack in packs if pack is not None), None)

    def _no_base_lays_out(self, node: cst.ClassDef) -> bool:
        """Whether every base is known, and none sets ``_layout_``."""
        for base in node.bases:
            found = self.context.definition(base.value)
            if isinstance(found, cst.ClassDef):
                if "_layout_" in _set_in(found) or not self._no_base_lays_out(found):
                    return False
            elif not any(name.startswith("ctypes.") for name in self.context.resolve(base.value)):
                return False
        return True


def _set_in(node: cst.ClassDef) -> dict[str, tuple[cst.CSTNode, cst.BaseExpression]]:
    """The names that a class body sets: where, and to what."""
    found: dict[str, tuple[cst.CSTNode, cst.BaseExpression]] = {}
    for line in node.body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            targets: list[cst.BaseExpression] = []
            if isinstance(statement, cst.Assign):
                targets = [target.target for target in statement.targets]
            elif isinstance(statement, cst.AnnAssign) and statement.value is not None:
                targets = [statement.target]
            if isinstance(statement, (cst.Assign, cst.AnnAssign)) and statement.value is not None:
                value = statement.value
                found |= {target.value: (target, value) for target in targets if isinstance(target, cst.Name)}
    return found
