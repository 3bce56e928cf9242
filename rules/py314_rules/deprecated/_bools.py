"""What a file's bytes say of the operator ``~``: whether a bool may stand behind it.

It may hold where none does, and must hold wherever one does. The names behind ``~`` are followed to the statements that
give them their values, in whatever scope; only these are parsed, and what this Python cannot parse may be a bool.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from py314_check.api import word_places
from py314_rules.word_tests import code_of, statements

_REACH = 20_000  # bytes of a statement that are read; a longer one may give anything
_MAX_NAMES = 100  # that are followed in one file; behind that many, anything may be a bool
_NAME = rb"[\w\x80-\xff]+"
# What may follow the operator, and what it may follow; no line of a heading, `~~~~`.
_OPERATOR = re.compile(rb"~(?!~|(?<=~~~~)[\r\n])[\s\\]*[\w#(\[{\"'\x80-\xff]")
_NUMBER = re.compile(rb"[\s\\]*[0-9]")
_BEFORE = re.compile(
    rb"(?:^|[\r\n([{,:;=+\-*%|&^~<>@!\\]|[\w)\]}'\" ]/|\b(?:and|else|if|in|is|not|or|return|yield))[ \t\f]*\Z"
)
_BRACKET = re.compile(rb"[()\[\]{}]")
_AWAITS = re.compile(rb"\s*(?:await\b\s*)*")
_ATOM = re.compile(rb"[bBfFrRtTuU]{0,2}(?:'[^'\r\n]*'|\"[^\"\r\n]*\")(?:\s*'')*|%b" % _NAME)
_TRAILER = re.compile(rb"\s*\.\s*%b|\s*(?=[(\[])" % _NAME)
_HEAD = re.compile(rb"(?:async\s+)?(def|class)\b")
_ARM = re.compile(rb"(?:el(?=if\b)|(?=except\b)|(?=case\s+[^\s=:,.)\]])|(?:else|try|finally)\b|@)")
_QUOTED_BOOL = re.compile(rb"[\"'][^\"'\r\n]*\bbool\b")
_RENAMED = re.compile(rb"isinstance\b(?!\s*\()")
_BINDS = re.compile(rb"\b(?:def|class|import|as|for|lambda|isinstance|match|except)\b|:=")
_EQUALS = re.compile(rb"(?<![=!<>])=(?!=)|:")
_GLOBAL = re.compile(rb"\bglobal\s+([^\n;]*)")
_BINDS_INSIDE = re.compile(rb"\b(?:for|lambda|isinstance|match|case)\b|:=")
_BINDING_FIELDS = ("body", "orelse", "handlers", "targets", "target", "items", "optional_vars", "elts")

_BUILTINS = frozenset("all any bool callable hasattr isinstance issubclass".split())
_METHODS = frozenset(
    "acquire endswith exists full_match is_absolute is_block_device is_char_device is_dir is_fifo is_file is_integer"
    " is_junction is_mount is_relative_to is_reserved is_socket is_symlink isalnum isalpha isascii isatty isdecimal"
    " isdigit isdisjoint isidentifier islower isnumeric isprintable isspace issubset issuperset istitle isupper match"
    " readable startswith wait writable".split()
)
_FUNCTIONS = frozenset(
    "WCOREDUMP WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED access exists get_blocking get_handle_inheritable"
    " get_inheritable isabs isatty isclose isdevdrive isdir isfile isfinite isinf isjunction islink ismount isnan"
    " isreserved lexists samefile sameopenfile samestat".split()
)
_ATTRIBUTES = frozenset(
    "c_contiguous contiguous f_contiguous readonly supports_bytes_environ supports_unicode_filenames".split()
)
_STANDARD = frozenset(
    "abc aifc annotationlib argparse array ast asynchat asyncio asyncore audioop bdb binascii binhex bisect"
    " builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys"
    " compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes dataclasses"
    " datetime dbm decimal difflib dis doctest email enum errno filecmp fileinput fnmatch fractions ftplib"
    " functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http"
    " imaplib imghdr imp importlib inspect io ipaddress itertools json keyword linecache locale logging lzma"
    " mailbox mailcap math mimetypes mmap modulefinder multiprocessing netrc nis nntplib nt ntpath numbers"
    " opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib"
    " poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pyexpat queue random re"
    " reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site six"
    " smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl statistics"
    " string stringprep struct subprocess sunau symtable sys sysconfig tabnanny tarfile telnetlib tempfile"
    " termios textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc tty types"
    " typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg wsgiref xdrlib"
    " xml xmlrpc zipapp zipfile zipimport zlib zoneinfo".split()
)
_MAKE_NO_SCALARS = frozenset(
    "bytearray dict enumerate filter frozenset iter list map memoryview object open range reversed set slice sorted"
    " super tuple zip".split()
)
_NAMES = (ast.Name, ast.Attribute)
_OWN = ("self", "cls")
_OF_BOOLS = ("bool", "bools", "call", "class")
_HARMLESS = re.compile(r"\A(?:object|Generic|Protocol|ABC|Enum)\Z|(?:Error|Exception|Warning)\Z")
_TRANSPARENT = frozenset("Annotated ClassVar Final NotRequired Optional ReadOnly Required Union".split())
_COLLECTIONS = (
    ast.Dict,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Lambda,
    ast.List,
    ast.ListComp,
    ast.Set,
    ast.SetComp,
    ast.Tuple,
)


def may_invert_bool(data: bytes) -> bool:
    """Whether a bool may stand behind a ``~``."""
    places = _operators(data)
    if all(_NUMBER.match(data, start) for start in places) and b"is_integer" not in data:
        return False
    code = code_of(data)
    if code is None or not code.isascii():
        return True
    try:
        return b"~" in code and _Values(code, _QUOTED_BOOL.search(data) is not None).are_inverted()
    except _UnknownError:
        return True


class _UnknownError(Exception):
    """What cannot be read, or not be followed any longer."""


def _operators(data: bytes) -> Iterator[int]:
    """Where operands begin."""
    for match in _OPERATOR.finditer(data):
        if _BEFORE.search(data[max(match.start() - 20, 0) : match.start()]):
            yield match.start() + 1


def _operand(statement: bytes, start: int) -> ast.expr:
    awaits = _AWAITS.match(statement, start)
    end = start if awaits is None else awaits.end()
    atom = None if statement[end : end + 1] in (b"(", b"[", b"{") else _ATOM.match(statement, end)
    end = _closed(statement, end + 1) if atom is None else atom.end()
    while trailer := _TRAILER.match(statement, end):
        end = trailer.end()
        if statement[end : end + 1] in (b"(", b"["):
            end = _closed(statement, end + 1)
    if end - start > _REACH:
        raise _UnknownError
    (parsed,) = _parsed(b"(%b)" % statement[start:end]).body
    if not isinstance(parsed, ast.Expr):
        raise _UnknownError
    return parsed.value


def _closed(code: bytes, start: int) -> int:
    depth = 1
    for bracket in _BRACKET.finditer(code, start, start + _REACH):
        depth += 1 if bracket[0] in b"([{" else -1
        if depth == 0:
            return bracket.end()
    raise _UnknownError


def _parsed(statement: bytes) -> ast.Module:
    """A statement, or the head of one with what makes it whole."""
    statement = statement.strip()
    arm = _ARM.match(statement)
    if arm is not None:
        before = {b"exc": b"try: pass\n", b"cas": b"match _:\n "}.get(statement[:3], b"")
        rest = statement[arm.end() :]
        statement = before + rest if before or arm[0] in (b"el", b"@") else b"if 1" + rest
    if statement.endswith(b":"):
        statement += b"\n  case _: pass" if statement.startswith(b"match") else b" pass"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(statement)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _UnknownError from None


@dataclass(frozen=True)
class _Source:
    """Something that gives a name its value: ``kind`` says how, ``node`` what."""

    kind: str
    node: ast.AST | None = None
    place: int = -1
    """The number of the statement."""
    origin: str = ""
    """Of an import: the qualified name; empty for one of the project's own."""
    function: str = ""
    """Of a test: the name of the function, which may be ``isinstance``."""


class _Values:
    """What the names of a file may stand for, told from the statements that bind them.

    A name is looked up in the whole of the outermost function around it, and outside of functions.
    """

    def __init__(self, code: bytes, quotes_bool: bool) -> None:
        self._quotes_bool = quotes_bool
        """Whether an annotation in quotes may mean bool."""
        self._renames_isinstance = _RENAMED.search(code) is not None
        self._statements = list(statements(code))
        self._text = b"\n".join(statement for _, statement in self._statements)
        self._starts = list(accumulate((len(statement) + 1 for _, statement in self._statements), initial=0))
        self._rooms: list[int] = []
        """For each statement, the number of the head of the outermost function that it is in, or -1."""
        self._methods: set[int] = set()
        self._find_rooms()
        self._room = -1
        declared = (match[1] for match in _GLOBAL.finditer(self._text))
        self._global = {name.decode() for names in declared for name in names.replace(b",", b" ").split()}
        self._bindings: dict[int, list[tuple[str, _Source]]] = {}
        self._found: dict[tuple[str, int | None], list[_Source]] = {}
        self._answers: dict[tuple[str, str, int | None], bool] = {}
        self._asking: set[tuple[str, str, int | None]] = set()
        self._cut: set[tuple[str, str, int | None]] = set()

    def _find_rooms(self) -> None:
        around: list[tuple[int, bool, int]] = []  # heads: indentation, whether it is a class, room
        room = -1
        for number, (indent, statement) in enumerate(self._statements):
            while around and around[-1][0] >= indent:
                around.pop()
                room = around[-1][2] if around else -1
            head = _HEAD.match(statement) if statement.startswith((b"def", b"class", b"async")) else None
            if head is not None:
                is_class = head[1] == b"class"
                if not is_class:
                    self._methods |= {number} if around and around[-1][1] else set()
                    room = number if room < 0 else room
                around.append((indent, is_class, room))
            self._rooms.append(room)

    def are_inverted(self) -> bool:
        """Whether a bool may stand behind a ``~``."""
        for number, (_, statement) in enumerate(self._statements):
            for start in _operators(statement) if b"~" in statement else ():
                self._room = self._rooms[number]
                if self.are_bool(_operand(statement, start)):
                    return True
        return False

    # Questions. Each may be answered with yes where that is not so.

    def are_bool(self, node: ast.AST | None) -> bool:
        """Whether an expression may be a bool."""
        match node:
            case ast.Constant():
                return isinstance(node.value, bool)
            case ast.UnaryOp():
                return isinstance(node.op, ast.Not)
            case ast.Compare():
                is_sure = all(isinstance(one, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for one in node.ops)
                return is_sure or all(self._is_scalar(one) for one in (node.left, *node.comparators))
            case ast.BoolOp():
                return self._has_bool(node.values)
            case ast.IfExp():
                return self._has_bool([node.body, node.orelse])
            case ast.NamedExpr() | ast.Await():
                return self.are_bool(node.value)
            case ast.Call():
                return self._gives_bool(node.func)
            case ast.Subscript():
                return self._holds_bools(node.value)
            case ast.Name():
                return node.id in _ATTRIBUTES or self._ask("bool", node, self._is_bool_from)
            case ast.Attribute():
                return node.attr in _ATTRIBUTES or self._ask("bool", node, self._gives_bool_from)
        return False

    def _has_bool(self, alternatives: Collection[ast.expr]) -> bool:
        """Whether one of several expressions may be a bool, and the types of the others may be told."""
        return any(map(self.are_bool, alternatives)) and all(map(self._is_typed, alternatives))

    def _is_bool_from(self, source: _Source) -> bool:
        match source.kind:
            case "value":
                return self.are_bool(source.node)
            case "annotation":
                return self._means_bool(source.node)
            case "part":
                return any(map(self.are_bool, _elements(source.node))) or self._holds_bools(source.node)
            case "item":
                return self._holds_bools(source.node)
            case "test":
                return self._is_isinstance(source) and self._names_bool(source.node)
            case "import":
                return source.origin.rpartition(".")[2] in _ATTRIBUTES
        return source.kind == "match"

    def _gives_bool_from(self, source: _Source) -> bool:
        """Of an attribute, which may be a property, or of what is called."""
        if source.kind == "function":
            return self._has_bool(self._results(source)) if source.node is None else self._means_bool(source.node)
        return self._is_bool_from(source)

    def _gives_bool(self, function: ast.expr) -> bool:
        """Whether a call may give a bool."""
        match function:
            case ast.Name():
                is_builtin = function.id in _BUILTINS and not self._sources(function.id, self._room_of(function))
                return is_builtin or self._ask("call", function, self._is_giver)
            case ast.Attribute():
                is_known = function.attr in _METHODS | _BUILTINS | _FUNCTIONS or self._ask(
                    "call", function, self._is_method
                )
                return is_known and self._is_typed(function.value)
            case ast.Call(func=called, args=arguments):
                is_quoted = len(arguments) == 2 and isinstance(arguments[1], ast.Constant)
                return (
                    _last(called) == "type" or (_last(called) == "getattr" and is_quoted) or self._holds_bools(function)
                )
            case ast.IfExp():
                return self._gives_bool(function.body) or self._gives_bool(function.orelse)
            case ast.BoolOp():
                return any(map(self._gives_bool, function.values))
            case ast.NamedExpr():
                return self._gives_bool(function.value)
        return False

    def _is_method(self, source: _Source) -> bool:
        return source.kind == "function" and self._gives_bool_from(source)

    def _is_giver(self, source: _Source) -> bool:
        match source.kind:
            case "function":
                return self._gives_bool_from(source)
            case "value":
                return self._gives_bool(source.node) if isinstance(source.node, ast.expr) else False
            case "part":
                return True
            case "import":
                name = source.origin.rpartition(".")[2]
                return name in _BUILTINS | _FUNCTIONS or self._is_bool_class(source.origin)
        return False

    def _holds_bools(self, node: ast.AST | None) -> bool:
        """Whether an annotation may say that what an expression gives holds bools."""
        node = node.func if isinstance(node, ast.Call) else node
        return isinstance(node, _NAMES) and self._ask("bools", node, self._holds_bools_from)

    def _holds_bools_from(self, source: _Source) -> bool:
        if source.kind in ("annotation", "function") and source.node is not None:
            return any(self._means_bool(one) for one in ast.walk(source.node))
        if source.kind in ("value", "part", "item"):
            return self._holds_bools(source.node)
        return source.kind == "function" and any(map(self._holds_bools, self._results(source)))

    def _means_bool(self, node: ast.AST | None) -> bool:
        """Whether an annotation may allow a bool, and nothing else."""
        match node:
            case ast.Constant():
                return isinstance(node.value, str) and self._quotes_bool
            case ast.BinOp():
                return self._means_bool(node.left) or self._means_bool(node.right)
            case ast.Subscript():
                parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                return _last(node.value) in _TRANSPARENT and any(map(self._means_bool, parts))
            case ast.Name() | ast.Attribute():
                return self._names_bool(node)
        return False

    def _names_bool(self, node: ast.AST | None) -> bool:
        """Whether an expression may stand for the class bool, or a tuple with it."""
        if isinstance(node, ast.Tuple):
            return any(map(self._names_bool, node.elts))
        if isinstance(node, ast.BinOp):
            return self._names_bool(node.left) or self._names_bool(node.right)
        return isinstance(node, _NAMES) and (
            _last(node) == "bool" or self._ask("class", node, self._is_bool_class_from)
        )

    def _is_bool_class_from(self, source: _Source) -> bool:
        if source.kind == "import":
            return self._is_bool_class(source.origin)
        return source.kind == "part" or (source.kind == "value" and self._names_bool(source.node))

    def _is_bool_class(self, origin: str) -> bool:
        return origin.rpartition(".")[2] in ("bool", "boolean", "Boolean") and _is_standard(origin)

    def _is_scalar(self, node: ast.expr) -> bool:
        """Whether an expression may be a number or a string for certain, as far as types are told."""
        match node:
            case ast.Constant():
                return node.value is not None and node.value is not Ellipsis
            case ast.UnaryOp():
                return isinstance(node.op, ast.Not) or self._is_scalar(node.operand)
            case ast.BinOp():
                sides = [self._is_scalar(node.left), self._is_scalar(node.right)]
                if isinstance(node.op, (ast.Mod, ast.Mult)) and not _is_number(node.left):
                    return sides[0]  # it may be a string
                return any(sides) if isinstance(node.op, ast.Div) else all(sides)
            case ast.Name():
                return self._ask("scalar", node, self._is_scalar_from)
            case ast.Call():
                if _last(node.func) in _MAKE_NO_SCALARS or not self._is_typed(node):
                    return False
                function = node.func
                if isinstance(function, _NAMES) and self._is_of_file(function):
                    return self._ask("number", function, self._gives_scalar)
                return True
            case ast.Attribute():
                return self._is_typed(node) and (
                    not self._is_of_file(node) or self._ask("number", node, self._gives_scalar)
                )
        return not isinstance(node, _COLLECTIONS) and self._is_typed(node)

    def _is_scalar_from(self, source: _Source) -> bool:
        match source.kind:
            case "value":
                return isinstance(source.node, ast.expr) and self._is_scalar(source.node)
            case "part" | "item":
                return self._has_typed_items(source.node)
        return source.kind not in ("class", "function", "self") and self._is_typed_from(source)

    def _gives_scalar(self, source: _Source) -> bool:
        """Of an attribute, which may be a property, or of what is called."""
        if source.kind == "function":
            results = self._results(source)
            return (
                any(results) and all(map(self._is_scalar, results))
                if source.node is None
                else self._is_known(source.node)
            )
        return self._is_scalar_from(source)

    def _has_typed_items(self, node: ast.AST | None) -> bool:
        """Whether it may be told what an iterable gives: by an annotation, or because it is one of the library's."""
        named = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, _COLLECTIONS) or not self._is_typed(node):
            return False
        return not isinstance(named, _NAMES) or self._ask("items", named, self._has_typed_items_from)

    def _has_typed_items_from(self, source: _Source) -> bool:
        match source.kind:
            case "value" | "part" | "item":
                return self._has_typed_items(source.node)
            case "annotation" | "function" if source.node is not None:
                return self._holds_known(source.node)
            case "function":
                return any(map(self._has_typed_items, self._results(source)))
        return self._is_typed_from(source)

    def _holds_known(self, annotation: ast.AST | None) -> bool:
        """Whether an annotation may tell what an iterable gives."""
        if not isinstance(annotation, ast.Subscript):
            return self._is_known(annotation)
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if _last(annotation.value) in _TRANSPARENT:
            return any(map(self._holds_known, parts))
        is_fixed = _last(annotation.value).lower() == "tuple" and not (len(parts) == 2 and _is_ellipsis(parts[1]))
        return not is_fixed and self._is_known(parts[0])

    def _is_typed(self, node: ast.AST | None) -> bool:
        """Whether the type of an expression may be told at all."""
        match node:
            case ast.Name():
                return node.id in _OWN or self._ask("typed", node, self._is_typed_from)
            case ast.Attribute():
                return self._is_typed(node.value) and (
                    not self._is_of_file(node) or self._ask("typed", node, self._is_typed_from)
                )
            case ast.Subscript() | ast.Await() | ast.NamedExpr() | ast.Starred():
                return self._is_typed(node.value)
            case ast.Call():
                return self._is_typed(node.func)
            case ast.BinOp():
                return self._is_typed(node.left) or self._is_typed(node.right)
            case ast.UnaryOp():
                return isinstance(node.op, ast.Not) or self._is_typed(node.operand)
            case ast.Compare():
                return self.are_bool(node)
            case ast.BoolOp():
                return all(map(self._is_typed, node.values))
            case ast.IfExp():
                return self._is_typed(node.body) and self._is_typed(node.orelse)
        return True

    def _is_of_file(self, node: ast.AST) -> bool:
        """Whether a name, or an attribute of ``self``, has its value from this file, if that can be told."""
        if isinstance(node, ast.Attribute):
            owner = node.value
            is_self = isinstance(owner, ast.Name) and (
                owner.id in _OWN
                or all(one.kind in ("self", "unknown") for one in self._sources(owner.id, self._room_of(owner)))
            )
            return is_self and not self._derives
        return isinstance(node, ast.Name)

    @cached_property
    def _derives(self) -> bool:
        """Whether a class of the file derives from one of the library, but for exceptions."""
        heads = (statement for _, statement in self._statements if statement.startswith(b"class"))
        nodes = (node for head in heads for node in ast.walk(_parsed(head)))
        bases = (base for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases)
        return any(
            _HARMLESS.search(_last(base)) is None
            and self._is_typed(base)
            and not any(one.kind == "class" for one in self._sources(_last(base), None))
            for base in bases
        )

    def _is_typed_from(self, source: _Source) -> bool:
        match source.kind:
            case "value" | "entered":
                return self._is_typed(source.node)
            case "test":
                return self._is_isinstance(source) and self._is_typed(source.node)
            case "item" | "part":
                return self._has_typed_items(source.node)
            case "annotation":
                return self._is_known(source.node)
            case "import":
                return _is_standard(source.origin)
        return source.kind != "unknown"

    def _is_known(self, annotation: ast.AST | None) -> bool:
        """Whether an annotation may name a class of the library or of this file."""
        match annotation:
            case ast.Subscript():
                parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
                if _last(annotation.value) in _TRANSPARENT:
                    return any(map(self._is_known, parts))
                return self._is_known(annotation.value)
            case ast.BinOp():
                return self._is_known(annotation.left) and self._is_known(annotation.right)
            case ast.Name():
                return self._ask("kind", annotation, self._is_kind)
            case ast.Attribute():
                return self._is_typed(annotation)
        return isinstance(annotation, ast.Constant)

    def _is_kind(self, source: _Source) -> bool:
        """Whether a class may be told from a statement that binds its name."""
        match source.kind:
            case "value":
                is_made = isinstance(source.node, ast.Call) and _last(source.node.func) == "type"
                return is_made or (isinstance(source.node, _NAMES) and self._is_known(source.node))
            case "import":
                return _is_standard(source.origin) and not source.origin.endswith(".Any")
        return source.kind in ("class", "part")

    def _is_isinstance(self, source: _Source) -> bool:
        return source.function in ("isinstance", "") or self._renames_isinstance

    def _ask(self, question: str, node: ast.Name | ast.Attribute, holds: Callable[[_Source], bool]) -> bool:
        """Whether something holds of one of the statements that bind a name; of a builtin, it does if that is typed.

        What is asked for already is not so on its own account; answers that came of that are dropped where it is.
        """
        key = (question, _last(node), self._room_of(node))
        if key in self._asking:
            self._cut.add(key)
            return False
        if key not in self._answers:
            self._asking.add(key)
            sources = self._sources(*key[1:])
            answer = any(self._holds(one, holds) for one in sources) if sources else question not in _OF_BOOLS
            self._asking.discard(key)
            if answer and key in self._cut:
                self._answers = {one: known for one, known in self._answers.items() if known}
            self._answers[key] = answer
        return self._answers[key]

    def _room_of(self, node: ast.Name | ast.Attribute) -> int | None:
        """Where a name is looked up; an attribute and a global variable may be set anywhere."""
        return self._room if isinstance(node, ast.Name) and node.id not in self._global else None

    def _holds(self, source: _Source, holds: Callable[[_Source], bool]) -> bool:
        room, self._room = self._room, self._rooms[source.place]
        try:
            return holds(source)
        finally:
            self._room = room

    # What binds a name.

    def _sources(self, name: str, room: int | None) -> list[_Source]:
        """What a name is given that is looked up in a room, or an attribute, which has none."""
        if (name, room) not in self._found:
            if len(self._found) > _MAX_NAMES:
                raise _UnknownError
            self._found[name, room] = sources = []
            word = name.encode()
            for number in dict.fromkeys(bisect_right(self._starts, at) - 1 for at in word_places(self._text, word)):
                statement = self._statements[number][1]
                is_here = room is None or self._rooms[number] in (-1, room)
                if not is_here and not _HEAD.match(statement):
                    continue
                if len(statement) > _REACH:
                    raise _UnknownError
                if _is_bare_parameter(statement, word):
                    sources += [_Source("unknown", place=number)] if is_here else []
                elif _EQUALS.search(statement, statement.find(word) + len(word)) or _BINDS.search(statement):
                    found = (source for bound, source in self._bound(number) if bound == name)
                    sources += (one for one in found if is_here or one.kind in ("class", "function"))
        return self._found[name, room]

    def _bound(self, number: int) -> list[tuple[str, _Source]]:
        """The names that a statement binds, and what to."""
        if number not in self._bindings:
            statement = self._statements[number][1]
            found: list[tuple[str, _Source]] = []
            for node in _nodes(_parsed(statement), _BINDS_INSIDE.search(statement) is not None):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found.append((node.name, _Source("function", node.returns)))
                    selves = 1 + node.name.startswith("visit_") if number in self._methods else 0
                    found += _parameters(node.args, selves)
                else:
                    found += _bound_by(node)
            self._bindings[number] = [(name, replace(source, place=number)) for name, source in found]
        return self._bindings[number]

    def _results(self, function: _Source) -> list[ast.expr]:
        """What a function without an annotation returns; nothing where that is also None."""
        outer, _ = self._statements[function.place]
        results: list[ast.expr] = []
        inner = -1  # the indentation of a function or class in it
        for number, (indent, statement) in enumerate(self._statements[function.place :]):
            if number and indent <= outer:
                break
            if number and 0 <= inner < indent:
                continue
            inner = indent if number and _HEAD.match(statement) else -1
            if inner < 0 and b"return" in statement:
                found = [one.value for one in ast.walk(_parsed(statement)) if isinstance(one, ast.Return)]
                if None in found:
                    return []
                results += (one for one in found if one is not None)
        return results


def _is_bare_parameter(statement: bytes, name: bytes) -> bool:
    """Whether a name stands in the head of a function only as a parameter without an annotation, and not the first."""
    if not statement.startswith((b"def", b"async")) or b"visit_" in statement:
        return False
    for start in word_places(statement, name):
        end = start + len(name)
        before, behind = statement[max(start - 20, 0) : start].rstrip(), statement[end : end + 20].lstrip()
        if not before.endswith(b",") or behind.startswith(b":"):
            return False
    return True


def _nodes(node: ast.AST, inside: bool) -> Iterator[ast.AST]:
    """The statements in one, and the names that they bind; or all nodes, where expressions bind names, too."""
    if inside:
        yield from ast.walk(node)
        return
    for field in _BINDING_FIELDS:
        value = getattr(node, field, None)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield one
                yield from _nodes(one, inside)


def _bound_by(node: ast.AST) -> Iterator[tuple[str, _Source]]:
    """The names that a node of a statement binds, but for functions; each also as unknown, where it may be."""
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _given(target, node.value)
        case ast.AnnAssign():
            yield _last(node.target), _Source("annotation", node.annotation)
            yield _last(node.target), _Source("value", node.value)
        case ast.NamedExpr():
            yield from _given(node.target, node.value)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield _last(node.target), _Source("item", node.iter)
        case ast.withitem():
            yield _last(node.optional_vars), _Source("entered", node.context_expr)
        case ast.Call(args=[tested, classes]):
            yield _last(tested), _Source("test", classes, function=_last(node.func))
        case ast.Match():
            yield _last(node.subject), _Source("match")
        case ast.ExceptHandler():
            yield node.name or "", _Source("test", node.type)
        case ast.Import() | ast.ImportFrom():
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            is_own = isinstance(node, ast.ImportFrom) and node.level > 0
            for alias in node.names:
                name = alias.name if module else alias.name.partition(".")[0]
                yield alias.asname or name, _Source("import", origin="" if is_own else module + alias.name)
        case ast.ClassDef():
            yield node.name, _Source("class")
        case ast.Name(ctx=ast.Store()):
            yield node.id, _Source("unknown")
        case ast.Starred():
            yield _last(node.value), _Source("unknown")
        case ast.Lambda():
            yield from _parameters(node.args, selves=0)


def _given(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, _Source]]:
    """What an assignment gives the names in its target."""
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield _last(target), _Source("value", value)
        return
    values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    if len(values) != len(target.elts) or any(isinstance(one, ast.Starred) for one in (*values, *target.elts)):
        values = []
    for index, one in enumerate(target.elts):
        if values:
            yield from _given(one, values[index])
        else:
            yield _last(one), _Source("part", value)


def _parameters(arguments: ast.arguments, selves: int) -> Iterator[tuple[str, _Source]]:
    """What the parameters of a function are, of which some of the first have a known class."""
    positional = [*arguments.posonlyargs, *arguments.args]
    for index, one in enumerate([*positional, *arguments.kwonlyargs]):
        if one.annotation is not None:
            yield one.arg, _Source("annotation", one.annotation)
        else:
            yield one.arg, _Source("self" if index < min(selves, len(positional)) else "unknown")
    for star in (arguments.vararg, arguments.kwarg):
        if star is not None:
            yield star.arg, _Source("self")


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float, complex))


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _elements(node: ast.AST | None) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.Tuple, ast.List)) else []


def _last(node: ast.AST | None) -> str:
    """The last name of a chain of names."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_standard(origin: str) -> bool:
    top = origin.partition(".")[0]
    return top in _STANDARD or (top.startswith("_") and len(top) > 1)
