"""CHG209 locals-after-exec."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict

from py314_check.api import Confidence, Context, Impact, Level, Outline, Rule, Words, cst, once
from py314_rules.called import is_call_of, may_be, other_names
from py314_rules.changed._frames import Frames

_EXEC, _EVAL, _LOCALS, _VARS = "builtins.exec", "builtins.eval", "builtins.locals", "builtins.vars"
_WRITING = {"update", "setdefault"}


@once
def _may_change(outline: Outline) -> bool:
    """Whether an ``f_locals``, or a name for one, may be written to."""
    names = other_names(outline, "f_locals")
    changed = [one.value for one in outline.of(ast.Subscript) if not isinstance(one.ctx, ast.Load)]
    changed += [one.value for one in outline.attributes.get("update", ())]
    return any(may_be(one, names) for one in changed)


@once
def _may_mix(outline: Outline) -> bool:
    """Whether one function uses several of these, or one of them twice."""
    names = other_names(outline, "exec", "eval", "locals", "vars")
    used = Counter(scope.function for scope in outline.scopes for one in scope.of(ast.Name) if one.id in names)
    return any(count > 1 for function, count in used.items() if function is not None)


def _may_keep(outline: Outline) -> bool:
    """Whether the result of ``locals`` may be kept for later, or written to."""
    names = other_names(outline, "locals", "vars")
    kept = [one.value for one in outline.of(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Subscript)]
    kept += [one.value for method in _WRITING for one in outline.attributes.get(method, ())]
    return any(is_call_of(one, names) for one in kept) and _may_mix(outline)


class LocalsAfterExec(Rule):
    """A function that reads through `locals()` what `exec` has set, or changes a frame's variables.

    ## What it does
    Reports, in functions: `locals()["name"]`, `vars()["name"]` and `eval("name")` behind an `exec` that is given no
    namespace of its own; `locals()` and `eval` behind `locals()["name"] = ...` or `locals().update(...)`; the use of a
    dict kept from `locals()` behind another call of `locals()`; and assignments to the `f_locals` of the function's own
    frame, or of its caller's if that is certainly a function.

    ## Why it matters
    Since Python 3.13 every call of `locals()` in a function gives a new dict: what `exec` sets is lost, and a dict from
    before is not brought up to date. `f_locals` is no dict any more, and writing to it changes the variables.

    ## Example
    ```python
    def load(source):
        exec(source)
        return locals()["value"]
    ```

    ## Use instead
    ```python
    def load(source):
        namespace = {}
        exec(source, globals(), namespace)
        return namespace["value"]
    ```

    ## Fix safety
    There is no fix yet: other code in the function may use the same names.

    ## References
    - [PEP 667](https://peps.python.org/pep-0667/)
    - [What's New in Python 3.13: defined mutation semantics for locals()](https://docs.python.org/3/whatsnew/3.13.html#defined-mutation-semantics-for-locals)
    """

    code, name = "CHG209", "locals-after-exec"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    since = "3.13"
    words = (
        *(Words("exec", how, outline=_may_mix) for how in ("locals", "vars", "eval")),
        Words("locals", outline=_may_keep),
        *(
            Words("f_locals", *how, outline=_may_change)
            for how in (("currentframe",), ("_getframe",), ("inspect", "stack"))
        ),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._execs: defaultdict[cst.CSTNode, list[cst.Call]] = defaultdict(list)  # by function
        self._kept: dict[tuple[cst.CSTNode, str], tuple[cst.Call, set[str]]] = {}
        self._stale: set[tuple[cst.CSTNode, str]] = set()
        self._bound: defaultdict[cst.CSTNode, set[str]] = defaultdict(set)
        self._put: dict[cst.CSTNode, str | None] = {}  # by function: the name put into locals(), if it is known
        self._lost: dict[cst.FunctionDef, tuple[cst.CSTNode, str | None]] = {}
        self._frames = Frames(context)
        self._writes: list[tuple[cst.BaseExpression, cst.BaseExpression]] = []  # the frame, and what is written to
        self._reads: list[tuple[cst.CSTNode, cst.FunctionDef, str, str]] = []

    # What a function binds.

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        parameters = node.params
        for one in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
            self._bound[node].add(one.name.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._bind(node.target, node)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._bind(node.target, node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._bind(node.target, node)

    def visit_For(self, node: cst.For | cst.AsName) -> None:
        self._bind(node.target if isinstance(node, cst.For) else node.name, node)

    visit_AsName = visit_For

    def visit_Assign(self, node: cst.Assign) -> None:
        function = self._function(node)
        for target in node.targets:
            if function is not None and isinstance(target.target, cst.Name):
                self._kept.pop((function, target.target.value), None)
                self._stale.discard((function, target.target.value))
                if self._is_call(node.value, _LOCALS):
                    assert isinstance(node.value, cst.Call)
                    self._kept[function, target.target.value] = (node.value, set())

    def _bind(self, target: cst.BaseExpression, node: cst.CSTNode) -> None:
        function = self._function(node)
        if isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._bind(element.value, node)
        elif isinstance(target, cst.Name) and function is not None:
            self._bound[function].add(target.value)
            for (owner, name), (_, since) in self._kept.items():
                if owner is function and name != target.value:
                    since.add(target.value)
        elif isinstance(target, cst.Subscript):
            self._write(target.value)
            index = target.slice[0].slice
            if function is not None and self._gives_locals(target.value) and isinstance(index, cst.Index):
                self._put[function] = self.context.string(index.value)

    # What it reads.

    def visit_Call(self, node: cst.Call) -> None:
        self._frames.see(node)
        function = self._function(node)
        if function is None:
            return
        self._check_put(node, function)
        if self._is_call(node, _EXEC) and self._uses_locals(node):
            self._execs[function].append(node)
        elif self._is_call(node, _LOCALS):
            self._stale |= {
                (owner, name)
                for (owner, name), (call, since) in self._kept.items()
                if owner is function and call is not node and since
            }
        elif self._is_call(node, _EVAL) and self._uses_locals(node):
            self._read(node.func, function, self.context.string(node.args[0].value), "NameError")
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value in ("get", "pop") and node.args:
            if self._is_locals(node.func.value):
                self._read(node.func, function, self.context.string(node.args[0].value), "")
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value == "update":
            self._write(node.func.value)

    def _check_put(self, node: cst.Call, function: cst.FunctionDef) -> None:
        """Whether a call puts something into the dict of ``locals()``, or looks for what was put into another."""
        parent = next(self.context.ancestors(node))
        writes = isinstance(parent, cst.Attribute) and parent.attr.value in _WRITING
        target = isinstance(parent, cst.Subscript) and isinstance(
            next(self.context.ancestors(parent)), cst.AssignTarget
        )
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _WRITING:
            if self._gives_locals(node.func.value):
                self._put[function] = self.context.string(node.args[0].value) if node.args else None
        elif function in self._put and not writes and not target:
            evaluates = self._is_call(node, _EVAL) and len(node.args) == 1
            if evaluates or self._gives_locals(node):
                self._lost.setdefault(function, (node.func, self._put[function]))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        function = self._function(node)
        index = node.slice[0].slice
        is_target = isinstance(next(self.context.ancestors(node)), cst.AssignTarget)
        if function is not None and isinstance(index, cst.Index) and not is_target and self._is_locals(node.value):
            self._read(node, function, self.context.string(index.value), "KeyError")

    def visit_Name(self, node: cst.Name) -> None:
        function = self._function(node) if self._stale else None
        if function is None or (function, node.value) not in self._stale:
            return
        parent = next(self.context.ancestors(node))
        if isinstance(parent, (cst.AssignTarget, cst.Attribute)) and not (
            isinstance(parent, cst.Attribute) and parent.value is node
        ):
            return
        if isinstance(parent, cst.Subscript) and isinstance(parent.slice[0].slice, cst.Index):
            key = self.context.string(parent.slice[0].slice.value)
            if key is not None and key not in self._kept[function, node.value][1]:
                return
        self._stale.discard((function, node.value))
        self.report(
            node,
            f"Since Python 3.13 `{node.value}` stays as it was when locals() was called; before, a later call"
            " of locals() brought it up to date.",
            help="Call locals() again where the new values are needed.",
            symbol="stale locals()",
            level=Level.WARNING,
            impact=Impact.CHANGES,
            confidence=Confidence.MEDIUM,
        )

    def _read(self, node: cst.CSTNode, function: cst.FunctionDef, name: str | None, raises: str) -> None:
        sources = [self.context.string(call.args[0].value) for call in self._execs[function]]
        if name is not None and name.isidentifier() and any(text is None or name in text for text in sources):
            self._reads.append((node, function, name, raises))

    # When all has been seen.

    def leave_Module(self, node: cst.Module) -> None:
        for place, function, name, raises in self._reads:
            if name not in self._bound[function]:
                self.report(
                    place,
                    f"Since Python 3.13 locals() does not hold `{name}`, which exec() has set; before, it did.",
                    help="Give exec() a dict as its namespace and read the name from there.",
                    symbol="locals() after exec",
                    raises=raises or None,
                    level=Level.ERROR if raises else Level.WARNING,
                    impact=Impact.BREAKS if raises else Impact.CHANGES,
                )
        for function, (place, put) in self._lost.items():
            if put is None or put not in self._bound[function]:
                self.report(
                    place,
                    "Since Python 3.13 every call of locals() in a function gives a new dict, without what was put into"
                    " one before; before, it was kept.",
                    help="Keep a dict of your own: namespace = {**locals(), ...}.",
                    symbol="locals() written to",
                    level=Level.WARNING,
                    confidence=Confidence.MEDIUM,
                )
        for frame, written in self._writes:
            if self._frames.is_of_function(frame):
                self.report(
                    written,
                    "Since Python 3.13 this changes the variables of the running function; before, it changed a copy.",
                    help="Use dict(frame.f_locals) for a copy.",
                    symbol="frame.f_locals",
                    level=Level.WARNING,
                    impact=Impact.CHANGES,
                    confidence=Confidence.MEDIUM,
                )

    def _write(self, node: cst.BaseExpression) -> None:
        frame = self._frames.locals_of(node)
        if frame is not None:
            self._writes.append((frame, node))

    # Small questions.

    def _function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        found: cst.CSTNode | None = self.context.enclosing(node, cst.FunctionDef, cst.ClassDef, cst.Lambda)
        return found if isinstance(found, cst.FunctionDef) else None

    def _is_call(self, node: cst.CSTNode, function: str) -> bool:
        return isinstance(node, cst.Call) and function in self.context.resolve(node.func)

    def _is_locals(self, node: cst.BaseExpression) -> bool:
        return self._gives_locals(self.context.value(node))

    def _gives_locals(self, node: cst.BaseExpression) -> bool:
        if not isinstance(node, cst.Call) or node.args:
            return False
        return self._is_call(node, _LOCALS) or self._is_call(node, _VARS)

    def _uses_locals(self, node: cst.Call) -> bool:
        """Whether ``exec`` or ``eval`` works in the local variables: without a namespace, or in that of locals()."""
        if len(node.args) == 1:
            return True
        return len(node.args) == 3 and self._is_call(node.args[2].value, _LOCALS)
