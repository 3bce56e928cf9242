"""What stands for ast.Num, ast.Str and the like, in terms of ast.Constant: what they did in Python 3.8 to 3.13."""

from __future__ import annotations

from py314_check.api import Change, Context, Imported, Insert, Replace, cst

_TESTS = {
    "ast.Num": "isinstance({}, (int, float, complex)) and not isinstance({}, bool)",
    "ast.Str": "isinstance({}, str)",
    "ast.Bytes": "isinstance({}, bytes)",
    "ast.NameConstant": "isinstance({}, (bool, type(None)))",
    "ast.Ellipsis": "{} is ...",
}
_VALUES = {"n", "s", "value"}
"""What the classes called the argument that is ``value`` now."""
_BINDING = ("UnaryOperation", "Comparison", "ComparisonTarget", "BinaryOperation", "Await")


def constant_form(context: Context, node: cst.CSTNode, name: str) -> Change | None:
    """The fix for a use of one of these classes: in ``isinstance(simple, ast.Str)``, or called."""
    if name not in _TESTS:
        return None
    parent, *further = context.ancestors(node)
    if isinstance(parent, cst.Call) and parent.func is node:
        return _made(parent, node, name)
    call = further[0] if further else None
    if not isinstance(parent, cst.Arg) or not isinstance(call, cst.Call) or call.args[-1] is not parent:
        return None
    tested = call.args[0].value
    plain = len(call.args) == 2 and not any(arg.star or arg.keyword for arg in call.args)
    if not plain or "builtins.isinstance" not in context.resolve(call.func) or not context.dotted(tested):
        return None
    test = _TESTS[name].replace("{}", f"{context.dotted(tested)}.value")
    edits: list[Replace | Insert] = [
        Replace(node, Imported("ast.Constant")),
        Insert(call, f" and {test}", behind=True),
    ]
    if type(further[1]).__name__ in _BINDING and not call.lpar:
        edits = [Insert(call, "("), edits[0], Insert(call, f" and {test})", behind=True)]
    return Change("Use `ast.Constant`", *edits, safe=True, since="3.8")


def _made(call: cst.Call, node: cst.CSTNode, name: str) -> Change | None:
    edits: list[Replace | Insert] = [Replace(node, Imported("ast.Constant"))]
    if any(arg.star for arg in call.args) or (name == "ast.Ellipsis" and call.args):
        return None
    if name == "ast.Ellipsis":
        edits.append(Insert(call.whitespace_before_args, "..."))
    edits += [
        Replace(arg.keyword, "value") for arg in call.args if arg.keyword is not None and arg.keyword.value in _VALUES
    ]
    return Change("Use `ast.Constant`", *edits, safe=True, since="3.8")
