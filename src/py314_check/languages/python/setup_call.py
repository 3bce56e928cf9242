"""What a call of setuptools' ``setup`` declares, as settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from py314_check.api import Setting
from py314_check.model import Place

SETUP = frozenset({"setuptools.setup", "distutils.core.setup"})
_Keys = tuple[str | int, ...]


def settings(
    call: cst.Call,
    value: Callable[[cst.BaseExpression], cst.BaseExpression],
    string: Callable[[cst.CSTNode], str | None],
) -> Iterator[tuple[Setting, cst.CSTNode]]:
    """Each constant that is passed by keyword, directly or in lists and dictionaries, and its node.

    Keys are ``setup``, the keyword, and what leads on. A list or dictionary of which not all is known is left out.
    ``value`` and ``string`` say what an expression certainly is.
    """

    def read(node: cst.BaseExpression, keys: _Keys) -> list[tuple[Setting, cst.CSTNode]] | None:
        node = value(node)
        text = string(node)
        if text is not None:
            return [(Setting(Place(), keys, text), node)]
        if isinstance(node, cst.Name) and node.value in ("True", "False"):
            return [(Setting(Place(), keys, node.value == "True"), node)]
        pairs: list[tuple[str | int | None, cst.BaseExpression]]
        if isinstance(node, (cst.List, cst.Tuple)):
            starred = any(isinstance(one, cst.StarredElement) for one in node.elements)
            pairs = [(None if starred else index, one.value) for index, one in enumerate(node.elements)]
        elif isinstance(node, cst.Dict):
            pairs = [
                (string(one.key) if isinstance(one, cst.DictElement) else None, one.value) for one in node.elements
            ]
        else:
            return None
        found = []
        for key, inner in pairs:
            settings = None if key is None else read(inner, (*keys, key))
            if settings is None:
                return None
            found += settings
        return found

    for argument in call.args:
        if argument.keyword is not None:
            yield from read(argument.value, ("setup", argument.keyword.value)) or ()
