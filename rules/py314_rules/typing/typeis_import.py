"""TIS005 typeis-import."""

from __future__ import annotations

from py314_check.api import Change, Confidence, Impact, Level, Mentions, Rename, Rule, Words, cst

_SINCE = (3, 13)
_TYPING, _EXTENSIONS = "typing.TypeIs", "typing_extensions.TypeIs"


class TypeisImport(Rule):
    """`TypeIs` from a module that does not fit the versions of Python that the project is for.

    ## What it does
    Reports `TypeIs` from `typing` where `requires-python`, or else the classifiers, admit versions before 3.13, which
    is a warning, and `TypeIs` from `typing_extensions` where they do not, which is a note.

    Not reported: imports that only Python 3.13 and later run, or that fall back on the other module, and projects that
    do not say which versions they are for.

    ## Why it matters
    `typing` has `TypeIs` since Python 3.13, not 3.14. On earlier versions the import raises `ImportError`. On later
    ones, `typing_extensions` has nothing but the same object: the project may do without that dependency.

    ## Example
    ```python
    # requires-python = ">=3.13"
    from typing_extensions import TypeIs


    def is_text(value: object) -> TypeIs[str]:
        return isinstance(value, str)
    ```

    ## Use instead
    ```python
    # requires-python = ">=3.13"
    from typing import TypeIs


    def is_text(value: object) -> TypeIs[str]:
        return isinstance(value, str)
    ```

    ## Fix safety
    To import from `typing` where every version has it is safe: it is the same object. To import from
    `typing_extensions` is unsafe, because the project may not depend on it.

    ## References
    - [PEP 742](https://peps.python.org/pep-0742/)
    - [Python documentation: typing.TypeIs](https://docs.python.org/3/library/typing.html#typing.TypeIs)
    """

    code, name = "TIS005", "typeis-import"
    level, impact, confidence = Level.WARNING, Impact.BREAKS, Confidence.HIGH
    words = tuple(
        Words("TypeIs", module, outline=Mentions(module, "TypeIs")) for module in ("typing", "typing_extensions")
    )

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if node.relative or isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            self._check(
                alias.name, f"{self.context.dotted(node.module)}.{self.context.dotted(alias.name)}", "ImportError"
            )

    visit_LazyImportFrom = visit_ImportFrom

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value == "TypeIs" and not self._is_never_evaluated(node):
            for name in self.context.resolve(node) & {_TYPING, _EXTENSIONS}:
                self._check(node, name, "AttributeError")

    def _is_never_evaluated(self, node: cst.Attribute) -> bool:
        is_annotation = any(isinstance(one, cst.Annotation) for one in self.context.ancestors(node))
        return is_annotation and self.context.has_future("annotations")

    def _check(self, node: cst.BaseExpression, name: str, raises: str) -> None:
        floor = self.context.floor
        if floor is None:
            return
        if name == _TYPING and floor < _SINCE and self.context.runs_on(node, (_SINCE[0], _SINCE[1] - 1)):
            self.report(
                node,
                f"`{_TYPING}` came in Python 3.13, and this project is for Python {floor[0]}.{floor[1]} and later.",
                help="Import it from typing_extensions, or from typing on Python 3.13 and later only.",
                symbol=_TYPING,
                raises=raises,
                fix=Change(f"Use `{_EXTENSIONS}`", Rename(node, _EXTENSIONS), safe=False),
            )
        elif name == _EXTENSIONS and floor >= _SINCE:
            self.report(
                node,
                f"`{_EXTENSIONS}` is `{_TYPING}` on every Python that this project is for.",
                help="Import it from typing.",
                symbol=_EXTENSIONS,
                level=Level.NOTE,
                impact=Impact.OPPORTUNITY,
                fix=Change(f"Use `{_TYPING}`", Rename(node, _TYPING), safe=True),
            )
