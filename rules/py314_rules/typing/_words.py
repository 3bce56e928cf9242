"""What a file's bytes say of functions that tell types, in linear time: a file without any is not parsed.

Each function is read by itself, from its header on. The tests may hold where a rule finds nothing, and must hold
wherever it does find something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from py314_check.api import PIECE, code_in
from py314_rules.word_tests import closing, code_of, statements

_REACH = 4000  # bytes of a header that are read; a longer one may be anything
_REACHES = (500, 4000)  # bytes of a body that are read behind its docstring, the second if the first do not tell
_INDENT = 200  # bytes before a function that are read for its indentation
_MARGIN = 1000  # for its decorators
_NAME = rb"[\w\x80-\xff]+"
_WORDS = re.compile(_NAME)
_DEF = re.compile(rb"def(?=[ \t\f\\][\s\\]*%b[\s\\]*[(\[])" % _NAME)
# Not those that say in plain words that nothing is annotated, or that the result is no bool.
_DEF_OF_BOOL = re.compile(
    _DEF.pattern + rb"(?![^\r\n#:\"'(]{0,300}\([^\r\n#:\"'()\[]{0,300}\)[ \t]*:)"
    rb"(?!(?:[^#\"'>:]|(?<=[\w\x80-\xff]):){0,500}\)[ \t]*->(?![^\r\n]{0,300}bool)[^\r\n#\"':]{0,300}:)"
)
_TOKENS = re.compile(
    PIECE + rb"| (?P<open>[(\[{]) | (?P<close>[)\]}]) | -> | [,:=*/] | " + _NAME, re.VERBOSE | re.DOTALL
)
_DOCSTRING = re.compile(
    rb"(?:[\s\\]|\#[^\r\n]*[\r\n])*[rRuU]?(?=[\"'])" + PIECE + rb"(?=[ \t\f]*(?:[\r\n;\#]|\Z))", re.VERBOSE | re.DOTALL
)
_DUNDER = re.compile(rb"[ \t\f]*__\w+__\s*[(\[]")
_BEFORE = re.compile(rb"(?:^(?:\xef\xbb\xbf)?|[\r\n])([ \t\f]*)\Z")
_HEAD = re.compile(rb"(?:async\s+)?(class|def)\b\s*(%b)" % _NAME)
_DECORATOR = re.compile(rb"@[ \t]*(?:[\w\x80-\xff]+[ \t]*\.[ \t]*)*([\w\x80-\xff]+)[ \t\f]*(?:#.*)?")
_PLAIN = (b"staticmethod", b"classmethod", b"final")
_AROUND = b" \t\f()"
_SPELLING = b" \t\f\r\n\\()'\""
_COMPOUND = re.compile(rb"(?:async|class|def|for|try|while|with)\b|match\b[^=\r\n]*:$|@")
_LEAVES = re.compile(rb"\b(return|raise)\b([^\r\n;]*)")
_CONDITION = re.compile(rb"(?:if|elif)\b(.*):[^:]*", re.DOTALL)
_ASSIGNS = re.compile(rb"(?<![=!<>])=(?!=)")
_TELLING = [re.compile(rb"%b(?![\w\x80-\xff]|\s*[(.=])" % name) for name in (b"callable", b"isinstance", b"type")]
_GIVEN_TO = re.compile(rb"(%b)\s*=\s*(?:\w+\s*\.)?\Z" % _NAME)
_GIVEN_AS = re.compile(rb"[\s\\]+as[\s\\]+(%b)" % _NAME)
_TEST_CALL = rb"(?<![.\w\x80-\xff])(?:%%b)\s*\(([\s(]*%b[\s)]*)(?=[,)])" % _NAME
_RENAMED_GUARD = re.compile(
    rb"\bTypeGuard\b(?:[\s\\]|#[^\r\n]*[\r\n])+as\b|(?:=|\bor\b|\belse\b|[\"'])[\s(\\]*(?:\w+\s*\.\s*)*TypeGuard\b(?!\s*\[)"
)
_IDENTITY = re.compile(
    rb"(?<![.\w\x80-\xff])(%(name)b)[\s)]+is\s(?:\s*not\s)?[\s(]*None\b"
    rb"|(?<![.\w\x80-\xff])None[\s)]+is\s(?:\s*not\s)?[\s(]*(%(name)b)" % {b"name": _NAME}
)
_IS_TYPE = rb"(?:is\b(?:\s+not\b)?|[!=]=)[\s(]*"
_OF_TYPE = re.compile(rb"\?[\s)]*%(is)b[\w.]+|(?<![\w.])[\w.]+[\s)]*%(is)b\?" % {b"is": _IS_TYPE})
_CONSTANTS = frozenset((b"True", b"False"))
_RAISED = b"raise"
_OPERATORS = frozenset((b"and", b"bool", b"else", b"if", b"not", b"or", *_CONSTANTS))
_SETTLED = re.compile(  # what is so whatever the rest of it comes to
    rb"\band\s[\s(]*False\b|\bFalse[\s)]+and\b|\bor\s[\s(]*True\b|\bTrue[\s)]+or\b|\b(True|False)[\s)]+if\b.*\belse[\s(]+\1\b"
)


@dataclass(frozen=True)
class _Function:
    """A function: where its header begins and ends, and what that says.

    ``values`` are the parameters that it may be about; ``is_annotated`` tells whether one of them is.
    """

    start: int
    indent: int
    end: int
    values: frozenset[bytes]
    is_annotated: bool
    result: bytes | None


@lru_cache(maxsize=1)  # for each word that is needed
def may_be_type_predicate(data: bytes) -> bool:
    """Whether a function that says no more than bool may tell exactly whether its argument is of some type."""
    functions = _functions(data, _DEF_OF_BOOL)
    return any(one is None or (_says_no_more_than_bool(one) and _may_be_proposed(data, one)) for one in functions)


def may_be_type_guard(data: bytes) -> bool:
    """Whether a ``TypeGuard`` may tell exactly whether its argument is of some type."""
    any_result = _RENAMED_GUARD.search(data) is not None
    return any(
        one is None or (one.result is not None and _may_be_proposed(data, one))
        for one in _functions(data, _DEF)
        if one is None or any_result or b"TypeGuard" in (one.result or b"")
    )


def _may_be_proposed(data: bytes, function: _Function) -> bool:
    return _may_tell(data, function) and not _is_decorated(data, function) and not _is_override(data, function)


def _says_no_more_than_bool(function: _Function) -> bool:
    if function.result is None:
        return function.is_annotated
    return b"#" in function.result or function.result.translate(None, _SPELLING).endswith(b"bool")


# Headers.


def _functions(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[_Function | None]:
    """The functions with a value that they may be about; None for one whose header is too long to be read."""
    for match in pattern.finditer(data):
        blank = _BEFORE.search(data[max(match.start() - _INDENT, 0) : match.start()])
        if blank is None or _DUNDER.match(data, match.end()):
            continue
        function = _function(data, match.start(), len(blank[1]))
        if function is None or function.values:
            yield function


def _is_decorated(data: bytes, function: _Function) -> bool:
    """Whether the line before is a decorator that makes something else of the function: its name is bound as such."""
    before = data[max(function.start - _MARGIN, 0) : function.start].rstrip(b" \t\f\r\n")
    found = _DECORATOR.fullmatch(before.replace(b"\r", b"\n").rpartition(b"\n")[2].strip())
    if found is None or found[1] in _PLAIN:
        return False
    return not _binds(data, found[1])


def _is_override(data: bytes, function: _Function) -> bool:
    """Whether each method of its name is in a class with a base of another file, which may have that name, too."""
    code = code_of(data) if function.indent else None
    name = _WORDS.search(data, function.start + len(b"def"))
    if code is None or name is None:
        return False
    around: list[tuple[int, bytes]] = []  # the headers that the statement may be in, with their indentation
    for indent, statement in statements(code):
        while around and around[-1][0] >= indent:
            around.pop()
        head = _HEAD.match(statement)
        if head is not None:
            if head[1] == b"def" and head[2] == name[0] and not (around and _has_foreign_base(code, around[-1][1])):
                return False
            around.append((indent, statement))
    return True


def _has_foreign_base(code: bytes, head: bytes) -> bool:
    opened, _, bases = head.partition(b"(")
    if not opened.startswith(b"class"):
        return False
    names = (
        _WORDS.findall(base.partition(b"[")[0]) for base in bases.split(b",") if b"=" not in base and b"*" not in base
    )
    return any(
        name and name[-1] not in (b"object", b"Generic") and not any(_binds(code, one) for one in name)
        for name in names
    )


def _binds(code: bytes, name: bytes) -> bool:
    """Whether a name may be bound otherwise than by an import of what is called so."""
    return re.search(rb"\b(?:class|as)[\s\\]+%(name)b\b|\b%(name)b[\s\\]*[:=]" % {b"name": name}, code) is not None


def _function(data: bytes, start: int, indent: int) -> _Function | None:
    parameters: list[list[bytes]] = [[]]
    depth = 0
    opened = closed = False
    result = -1
    for token in _TOKENS.finditer(data[start : start + _REACH], len(b"def")):
        word = token[0]
        if token["open"]:
            opened = opened or (depth == 0 and word == b"(")
            depth += 1
        elif token["close"]:
            depth -= 1
            closed = closed or (opened and depth == 0)
        elif word == b"def":
            break
        elif depth == 1 and opened and not closed and not word.startswith(b"#"):
            parameters.append([]) if word == b"," else parameters[-1].append(word)
        elif depth == 0 and word == b"->":
            result = start + token.end()
        elif depth <= 0 and word == b":":
            end = start + token.end()
            values, is_annotated = _values(parameters, indent)
            return _Function(start, indent, end, values, is_annotated, None if result < 0 else data[result : end - 1])
    else:
        if len(data) - start > _REACH:
            return None
    return _Function(start, indent, len(data), frozenset(), False, None)


def _values(parameters: Sequence[Sequence[bytes]], indent: int) -> tuple[frozenset[bytes], bool]:
    """The parameters of which the function may tell the type, behind which none is required; the first, or in a class
    the second. And whether one of them is annotated.
    """
    given = [one for one in parameters if one and one[0] != b"/"]
    stars = [index for index, one in enumerate(given) if one[0] == b"*"]
    given = given[: stars[0]] if stars else given
    required = [one for one in given if b"=" not in one]
    values = [one for one in given[: 2 if indent else 1] if [one] == required[-1:]]
    return frozenset(one[0] for one in values), any(b":" in one for one in values)


# Bodies.


def _may_tell(data: bytes, function: _Function) -> bool:
    """Whether a function may return nothing but whether one of its values is of some type.

    Looked at are the kinds of statements, and which words, characters and calls a result is made of.
    """
    docstring = _DOCSTRING.match(data, function.end)
    start = function.end if docstring is None else docstring.end()
    for reach in _REACHES:
        code = code_in(data[start : start + reach])
        body, is_whole = ([], False) if code is None else _body(code, function.indent)
        is_whole = is_whole or (code is not None and start + reach >= len(data))
        if not _tells(body if is_whole else body[:-1], is_whole, function.values, data):
            return False
        if is_whole:
            return True
    return True


def _body(code: bytes, outer: int) -> tuple[list[tuple[int, bytes]], bool]:
    """The statements of a body that begins with some code, as far as they run; and whether these are all."""
    body: list[tuple[int, bytes]] = []
    heads: dict[int, bytes] = {}
    first = -1
    for indent, statement in statements(code):
        if first < 0:
            first = indent
        elif indent < first or indent <= outer:
            return body, True
        is_dead = statement.startswith(b"return") and heads.get(indent, b"").startswith(b"else")  # if all arms return
        heads[indent] = statement
        body += [] if is_dead else [(indent, part.strip()) for part in statement.split(b";")]
        if indent == first and statement.startswith(b"return"):
            return body, True
    return body, False


def _tells(body: Sequence[tuple[int, bytes]], is_whole: bool, values: Set[bytes], data: bytes) -> bool:
    """Whether statements may return a test of a value, or constants because of one."""
    calls = _test_calls(data)
    is_tested = False
    assigned = set(_OPERATORS)
    leaves: list[tuple[int, int, bytes]] = []  # number of the statement, indentation, what is returned
    for index, (indent, statement) in enumerate(body):
        if _COMPOUND.match(statement):
            return False
        names = {match[1].strip(_AROUND) for match in calls.finditer(statement)}.union(*_IDENTITY.findall(statement))
        is_tested = is_tested or not names.isdisjoint(values)
        *targets, value = _ASSIGNS.split(statement)
        if targets and (not names.isdisjoint(values) or _may_be_test(value, calls, values, assigned)):
            assigned.update(_WORDS.findall(b" ".join(targets)))
        leaves += (
            (index, indent, _RAISED if one[1] == b"raise" else one[2].strip()) for one in _LEAVES.finditer(statement)
        )
    results = {result for _, _, result in leaves} - {_RAISED}
    if not all(_may_be_test(result, calls, values, assigned) or _SETTLED.search(result) for result in results):
        return False
    if not is_whole:
        return True
    if (
        not is_tested
        or not results
        or (len(results) == 1 and {result.strip(_AROUND) for result in results} <= _CONSTANTS)
    ):
        return False
    for index, (indent, statement) in enumerate(body):
        condition = _CONDITION.match(statement)
        if condition is not None and not _may_be_test(condition[1], calls, values, assigned):
            behind = [leave for leave in leaves if leave[0] >= index]
            if not _is_all_the_same(behind, index, indent):
                return False
    return True


def _is_all_the_same(leaves: Sequence[tuple[int, int, bytes]], index: int, indent: int) -> bool:
    """Whether what is returned may be the same constant whether or not the condition of a statement is true."""
    if not leaves or leaves[0][2] == _RAISED:
        return True
    number, depth, result = leaves[0]
    is_inside = number == index or depth > indent
    return result.strip(_AROUND) in _CONSTANTS and not (
        is_inside and {_RAISED, result}.isdisjoint(one[2] for one in leaves[1:])
    )


@lru_cache(maxsize=1)
def _test_calls(data: bytes) -> re.Pattern[bytes]:
    """Calls of the functions that tell types, also under other names that the file gives them."""
    names = [b"callable", b"isinstance", b"type"]
    for function in _TELLING:
        for match in function.finditer(data):
            before = data[max(match.start() - _INDENT, 0) : match.start()].rstrip()
            target = _GIVEN_TO.search(before) if before.endswith((b"=", b".")) else None
            found = _GIVEN_AS.match(data, match.end()) or target
            names += [] if found is None else [found[1]]
    return re.compile(_TEST_CALL % b"|".join(sorted({*names})))


def _may_be_test(text: bytes, calls: re.Pattern[bytes], values: Set[bytes], assigned: Set[bytes]) -> bool:
    """Whether an expression consists of tests of the values, and of what is assigned."""
    parts: list[bytes] = []
    done = 0
    for call in calls.finditer(text):
        if call[1].strip(_AROUND) not in values:
            return False
        if call.start() >= done:
            parts += (text[done : call.start()], b"?")
            done = closing(text, call.start(1))
    rest = _OF_TYPE.sub(b"?", b"".join([*parts, text[done:]]))
    if any(values.isdisjoint(names) for names in _IDENTITY.findall(rest)):
        return False
    rest = _IDENTITY.sub(b"?", rest)
    return rest.translate(None, b" \t\f()?") == b"".join(words := _WORDS.findall(rest)) and assigned >= {*words}
