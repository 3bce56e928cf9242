"""Regular expressions as `re` reads them, told from their text: the Python that runs this has no say in it."""

from __future__ import annotations

import re

from py314_check.api import Context, cst

_VERBOSE = {"re.X", "re.VERBOSE", "re.RegexFlag.X", "re.RegexFlag.VERBOSE"}
_FLAGS_AT = {"compile": 1, "split": 3, "sub": 4, "subn": 4}  # the place of `flags`; of the other functions it is 2

_TOKEN = re.compile(
    r"""
      (?P<comment> \(\?\#(?:\\.|[^)\\])*\) )
    | \(\? (?P<on>[aiLmsux]*) (?P<off>-[imsx]+)? (?P<end>[:)])
    | \(\?P=\w+\)
    | (?P<open> \( (?! \? ) | \(\?P<[^>]*> | \(\?\([^)]*\) | \(\?<?[=!] | \(\?> )
    | (?P<close> \) )
    | (?=(?P<set> \[\^?\]?(?:\\.|[^\]\\])* ))(?P=set) \]
    | \\. | [^\\\[()]
    """,
    re.VERBOSE | re.DOTALL,
)
_FLAGS = re.compile(r"\(\?\w+\)")
_BLANK = re.compile(r"[ \t\n\r\v\f]+|#[^\n]*")


def has_late_flags(pattern: str, *, verbose: bool) -> bool:
    """Whether a valid expression has flags for the whole of it, as ``(?i)``, elsewhere than at its start."""
    groups = [verbose]  # of all that are open, the expression itself first: whether blanks count for nothing
    at_start, late = True, False
    position = 0
    while position < len(pattern):
        blank = _BLANK.match(pattern, position) if groups[-1] else None
        token = blank or _TOKEN.match(pattern, position)
        if token is None:
            return False
        position = token.end()
        if blank is not None or token["comment"]:
            continue
        if token["end"] == ")":
            if not token["on"] or token["off"]:
                return False
            late = late or not at_start
            groups[-1] = groups[-1] or "x" in token["on"]
            continue
        at_start = False
        if token["end"]:
            groups.append((groups[-1] or "x" in token["on"]) and "x" not in (token["off"] or ""))
        elif token["open"]:
            groups.append(groups[-1])
        elif token["close"]:
            groups.pop()
            if not groups:
                return False
    return late and len(groups) == 1


def may_have_late_flags(pattern: str) -> bool:
    """Whether it has such flags, whether or not blanks count."""
    return _FLAGS.search(pattern, 1) is not None and any(
        has_late_flags(pattern, verbose=verbose) for verbose in (False, True)
    )


def may_be_verbose(context: Context, call: cst.Call, function: str) -> frozenset[bool]:
    """Whether blanks count for nothing in the pattern that a function of ``re`` is given: one answer, or both."""
    if any(arg.star for arg in call.args):
        return frozenset({False, True})
    flags = context.argument(call, _FLAGS_AT.get(function.rpartition(".")[2], 2), "flags")
    return frozenset({False}) if flags is None else _verbose(context, flags)


def _verbose(context: Context, flags: cst.BaseExpression) -> frozenset[bool]:
    made = context.value(flags)
    if isinstance(made, cst.BinaryOperation) and isinstance(made.operator, (cst.BitOr, cst.Add)):
        left, right = _verbose(context, made.left), _verbose(context, made.right)
        return frozenset(one or other for one in left for other in right)
    if isinstance(made, cst.Integer):
        return frozenset({bool(made.evaluated_value & 64)})
    names = context.resolve(made)
    if names and all(name.startswith("re.") for name in names):
        return frozenset(name in _VERBOSE for name in names)
    return frozenset({False, True})


def text_of(context: Context, node: cst.BaseExpression) -> str | None:
    """The value of a string; of bytes, that of the string with the same characters."""
    made = context.value(node)
    if isinstance(made, cst.ConcatenatedString):
        left, right = text_of(context, made.left), text_of(context, made.right)
        return None if left is None or right is None else left + right
    if isinstance(made, cst.SimpleString) and "b" in made.prefix:
        made = cst.SimpleString(made.prefix.replace("b", "") + made.value[len(made.prefix) :])
    return context.string(made)
