"""Whether an expression is an instance of a class, and not the class itself."""

from __future__ import annotations

from py314_check.api import Context, cst

_ON_THE_CLASS = {"builtins.classmethod", "builtins.staticmethod"}
_IMPLICITLY = {"__new__", "__init_subclass__", "__class_getitem__"}


def is_instance(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is certainly an instance: of a standard class, ``self``, or ``Class()``.

    ``Context.types`` says so for standard classes alone; a class of the file that derives from none has no name there.
    """
    if context.types(node):
        return True
    value = context.value(node)
    if isinstance(value, cst.Call):
        return isinstance(context.definition(value.func), cst.ClassDef)
    return isinstance(node, cst.Name) and _is_self(context, node)


def is_of_own_class(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is an instance of a class of the file that derives from nothing but such classes."""
    if context.types(node) - {"builtins.object"} or not is_instance(context, node):
        return False
    return context.member(cst.Attribute(node, cst.Name("__dict__"))).certain


def _is_self(context: Context, name: cst.Name) -> bool:
    function = context.enclosing(name, cst.FunctionDef)
    while function is not None:
        names = [parameter.name.value for parameter in (*function.params.posonly_params, *function.params.params)]
        owner = context.enclosing(function, cst.ClassDef, cst.FunctionDef)
        if name.value in names or isinstance(owner, cst.ClassDef):
            decorators = [context.resolve(decorator.decorator) for decorator in function.decorators]
            return (
                isinstance(owner, cst.ClassDef)
                and names[:1] == [name.value]
                and function.name.value not in _IMPLICITLY
                and not any(_ON_THE_CLASS & decorator for decorator in decorators)
            )
        function = owner if isinstance(owner, cst.FunctionDef) else None
    return False
