"""What a condition of the preprocessor comes to on a target: true, false, or not to be told."""

from __future__ import annotations

import re
from collections.abc import Callable

from py314_check.model import Target

_UNDEFINED = (
    b"PYPY_VERSION PYPY_VERSION_NUM GRAALVM_PYTHON Py_LIMITED_API Py_TARGET_ABI3T Py_DEBUG Py_TRACE_REFS _MSC_VER "
    b"PyMutex PyUnstable_Module_SetGIL"
).split()
"""No macros on a released CPython with GCC or Clang. The last two are often asked for, and are no macros at all."""
_PYTHON_HEADER = re.compile(rb'"|<(?:Python|pyconfig|pybind11|nanobind|boost/python)\b')
_DEFINE = re.compile(rb"(?P<name>\w+)(?P<parameters>\()?[ \t]*(?P<body>.*)", re.DOTALL)
_TOKEN = re.compile(
    rb"\s*(?:(?P<number>\d[\w']*)|(?P<name>[A-Za-z_]\w*)|(?P<sign>&&|\|\||[=!<>]=|<<|>>|[-+*/%<>!~&|^?:(),]))"
)
_NAME = re.compile(rb"\b[A-Za-z_]\w*")
_SUFFIX = re.compile(r"[uUlLzZ]+$|'")
_NAMES_LIMIT = 500
"""How many names are looked up for one condition: macros can double at each step."""
_BITS = (1 << 64) - 1
_BINARY: dict[bytes, tuple[int, Callable[[int, int], int]]] = {
    b"|": (3, lambda a, b: a | b),
    b"^": (4, lambda a, b: a ^ b),
    b"&": (5, lambda a, b: a & b),
    b"==": (6, lambda a, b: a == b),
    b"!=": (6, lambda a, b: a != b),
    b"<": (7, lambda a, b: a < b),
    b">": (7, lambda a, b: a > b),
    b"<=": (7, lambda a, b: a <= b),
    b">=": (7, lambda a, b: a >= b),
    b"<<": (8, lambda a, b: a << min(b, 64) & _BITS),
    b">>": (8, lambda a, b: a >> b),
    b"+": (9, lambda a, b: a + b),
    b"-": (9, lambda a, b: a - b),
    b"*": (10, lambda a, b: a * b & _BITS),
    b"/": (10, lambda a, b: a // b),
    b"%": (10, lambda a, b: a % b),
}


class Macros:
    """The macros that are known at a place of a file: those of the target's headers, and those of the file so far."""

    def __init__(self, target: Target, *, is_cpp: bool, is_header: bool) -> None:
        major, minor = target.version
        self._known: dict[bytes, bytes | None] = dict.fromkeys(_UNDEFINED)
        self._known |= {
            b"PY_MAJOR_VERSION": b"%d" % major,
            b"PY_MINOR_VERSION": b"%d" % minor,
            b"PY_VERSION_HEX": b"%d" % (major << 24 | minor << 16 | 0xF0),
            b"Py_PYTHON_H": b"1",
            b"Py_mod_gil": b"4",
            b"Py_MOD_GIL_USED": b"",
            b"Py_MOD_GIL_NOT_USED": b"",
            b"__cplusplus": b"201703" if is_cpp else None,
            b"Py_GIL_DISABLED": None,
        }
        self._left = 0
        self._has_abi3t = target.version >= (3, 15)
        self._header_says = b"1" if target.free_threaded else None
        if is_header:
            self._known[b"Py_GIL_DISABLED"] = self._header_says

    def read(self, name: bytes, rest: bytes) -> None:
        """Takes a directive that is no condition. ``Py_GIL_DISABLED`` is known only behind Python's own headers."""
        if name == b"include" and _PYTHON_HEADER.match(rest):
            self._known[b"Py_GIL_DISABLED"] = self._header_says
            if self._has_abi3t:
                self._read_pyabi()
        elif name == b"undef":
            self._known[rest] = None
        elif name == b"define" and (match := _DEFINE.match(rest)):
            self._known[match["name"]] = b"?" if match["parameters"] else match["body"]

    def _read_pyabi(self) -> None:
        """What Include/pyabi.h of Python 3.15 and later makes of the macros that choose a stable ABI."""
        if self._known[b"Py_GIL_DISABLED"] is not None and self._known[b"Py_TARGET_ABI3T"] is None:
            self._known[b"Py_TARGET_ABI3T"] = self._known[b"Py_LIMITED_API"]
        elif self._known[b"Py_LIMITED_API"] is None:
            self._known[b"Py_LIMITED_API"] = self._known[b"Py_TARGET_ABI3T"]
        if self._known[b"Py_TARGET_ABI3T"] is not None:
            self._known[b"Py_GIL_DISABLED"] = b""

    def holds(self, name: bytes, rest: bytes) -> bool | None:
        """Whether the condition of an ``if``, ``ifdef`` or ``ifndef`` holds; None where that cannot be told."""
        if name == b"if":
            value = self.value(rest)
            return None if value is None else value != 0
        defined = self.defined(rest.split()[0] if rest else b"")
        return None if defined is None else defined is (name == b"ifdef")

    def defined(self, name: bytes) -> bool | None:
        return self._known[name] is not None if name in self._known else None

    def unknown(self, expression: bytes) -> frozenset[str]:
        """The names in an expression of which it is not known whether they are defined, or as what."""
        names = set(_NAME.findall(expression)) - {b"defined"}
        return frozenset(name.decode() for name in names if name not in self._known)

    def value(self, expression: bytes) -> int | None:
        """What an expression comes to."""
        self._left = _NAMES_LIMIT
        return self._value(expression)

    def _value(self, expression: bytes) -> int | None:
        try:
            return _Expression(self, expression).value()
        except (ValueError, ArithmeticError, RecursionError):
            return None

    def named(self, name: bytes) -> int | None:
        """What a name comes to in an expression: nothing defined is 0."""
        self._left -= 1
        if name not in self._known or self._left < 0:
            return None
        body = self._known[name]
        return 0 if body is None else self._value(body)


class _Expression:
    """One expression on its way through a parser by precedence. Raises ValueError for what is none."""

    def __init__(self, macros: Macros, text: bytes) -> None:
        self._macros = macros
        self._tokens: list[tuple[str, bytes]] = []
        end = 0
        while match := _TOKEN.match(text, end):
            kind = match.lastgroup or ""
            self._tokens.append((kind, match[kind]))
            end = match.end()
        if text[end:].strip():
            raise ValueError(text)
        self._tokens.append(("end", b""))
        self._at = 0

    def value(self) -> int | None:
        value = self._choice()
        if self._tokens[self._at][0] != "end":
            raise ValueError
        return value

    def _next(self) -> tuple[str, bytes]:
        token = self._tokens[self._at]
        if token[0] != "end":
            self._at += 1
        return token

    def _takes(self, sign: bytes) -> bool:
        if self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False

    def _expect(self, sign: bytes) -> None:
        if not self._takes(sign):
            raise ValueError(sign)

    def _choice(self) -> int | None:
        test = self._either()
        if not self._takes(b"?"):
            return test
        first = self._choice()
        self._expect(b":")
        second = self._choice()
        return None if test is None else first if test else second

    def _either(self) -> int | None:
        value = self._both()
        while self._takes(b"||"):
            other = self._both()
            value = 1 if value or other else None if value is None or other is None else 0
        return value

    def _both(self) -> int | None:
        value = self._binary(0)
        while self._takes(b"&&"):
            other = self._binary(0)
            value = 0 if 0 in (value, other) else None if value is None or other is None else 1
        return value

    def _binary(self, weakest: int) -> int | None:
        value = self._unary()
        while True:
            weight, operation = _BINARY.get(self._tokens[self._at][1], (-1, None))
            if operation is None or weight <= weakest:
                return value
            self._at += 1
            other = self._binary(weight)
            value = None if value is None or other is None else int(operation(value, other))

    def _unary(self) -> int | None:
        kind, token = self._next()
        if kind == "number":
            return int(_SUFFIX.sub("", token.decode()), 8 if re.fullmatch(rb"0[0-7]+\w*", token) else 0)
        if kind == "name":
            return self._name(token)
        if token == b"(":
            value = self._choice()
            self._expect(b")")
            return value
        if token not in (b"!", b"-", b"+", b"~"):
            raise ValueError(token)
        value = self._unary()
        if value is None:
            return None
        return {b"!": int(not value), b"-": -value, b"+": value, b"~": ~value}[token]

    def _name(self, name: bytes) -> int | None:
        if name == b"defined":
            bracketed = self._takes(b"(")
            kind, asked = self._next()
            if bracketed:
                self._expect(b")")
            if kind != "name":
                raise ValueError(asked)
            defined = self._macros.defined(asked)
            return None if defined is None else int(defined)
        if self._tokens[self._at] == ("sign", b"("):
            self._skip_arguments()
            return None
        return self._macros.named(name)

    def _skip_arguments(self) -> None:
        depth = 0
        while True:
            kind, token = self._next()
            depth += (token == b"(") - (token == b")")
            if depth == 0:
                return
            if kind == "end":
                raise ValueError
