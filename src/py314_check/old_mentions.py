"""Where a file may mean a name of a module, told from its bytes in a fraction of the time of parsing it.

It may say so where something else is meant, and must say so wherever ``Context.resolve`` finds the name. Comments and
strings are read like code. The time is linear: of each place, a bounded part is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, repeat

_REACH = 4000  # bytes of an import statement that are read; a longer one may bind any name
_PART = 1_000_000  # bytes of a big file that are split into words at a time
_BEHIND = 300  # bytes before a place that are read
_MAX_NAMES = 300  # names of one module that are imported; behind that many, any name may be meant
_MAX_PARTS = 8  # of a dotted name that means something in the standard library
_MAX_STEPS = 60  # assignments that a module is followed through; behind that many, any name may be meant
_BLANK = b" \t\f\r\n\\"
_QUOTES = (b'"', b"'")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PLAIN_BLANKS = (b" ", b"\t")
_JOINING = (b".", *_QUOTES, b"\n", b"\r", b"\f", b"\v", b"\\", b"")
"""What is before a name that may belong to something before it; in the line before, if it is the first of its own."""
_GIVES_NAME = re.compile(  # `NAME = "name"`, `FIRST, NAME = "first", "name"`
    rb"(?<![=!<>])=[\s\\(]*(?:[rRuU]?(?:\"[^\"\r\n]*\"|'[^'\r\n]*')[\s\\]*,[\s\\]*)*[rRuU]?[\"']+\Z"
)
_FROM = re.compile(rb"\bfrom\b((?:[\w.\x80-\xff \t\f]|\\\r?\n|\\\r)*)\Z")
_COMMENT = re.compile(rb"#[^\r\n]*")
_PLAIN_NAME = rb"\w[\w.]*(?:[ \t]+as[ \t]+\w+)?"
_PLAIN_IMPORT = re.compile(  # one in a line of its own, or in parentheses without comments
    rb"[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?(import)[ \t]+(?:\(([^()#\\]*)\)|(%(name)b(?:[ \t]*,[ \t]*%(name)b)*))"
    rb"[ \t]*(?:[\r\n#]|\Z)" % {b"name": _PLAIN_NAME}
)
_PLAIN_NAMES = re.compile(rb"([\w.]+)(?:\s+as\s+(\w+))?")
_IMPORTED = re.compile(rb"[\s\\]*([\w\x80-\xff][\w\x80-\xff.\s\\]*?)(?:[\s\\]as\b[\s\\]*([\w\x80-\xff]+)[\s\\]*)?\Z")
_ALL = re.compile(rb"[\s\\]*\*")
_LISTED = re.compile(rb"[\s\\]*\(([^)]*)\)")
_LINE = re.compile(rb"(?:[^\r\n\\;]|\\\r?\n|\\\r)*")
_CHAIN = re.compile(rb"[\w\x80-\xff]+(?:[\s\\]*\.[\s\\]*[\w\x80-\xff]+)*[\s\\]*\Z")
_CHAINS = re.compile(rb"[\w\x80-\xff]+(?:[\s\\]*\.[\s\\]*[\w\x80-\xff]+)*")
_CALLED = re.compile(rb"([\w\x80-\xff]+|[)\]}\"'])[ \t\f]*\Z")
_BEFORE_VALUES = frozenset(
    b"and assert await case del elif else exec for from if in is lambda match not or print raise return while with "
    b"yield".split()
)
"""Words before a parenthesis that call nothing; `print` and `match` may."""
_PARENTHESES = re.compile(rb"[()]")
_WORDS = re.compile(rb"[\w\x80-\xff]+")
_TARGETS = re.compile(rb"(?<![\w\x80-\xff.])[\w\x80-\xff]+(?![\w\x80-\xff]|[\s\\]*\.)")
_TAKES = re.compile(rb"(?:[=,]|\b(?:else|or|and))[\s\\(\[]*\Z")  # before what an assignment takes
_STEPS = re.compile(rb"[()\[\]{};\r\n]|(?<![=!<>+\-*/%&|^@])=(?!=)")
_PART_BY_NAME = re.compile(rb"[ \t]*,[\s\\(]*[rRuU]?[\"']")
# What stands behind a name that, or something in which, is a value: neither called nor asked for another attribute.
_AS_VALUE = re.compile(rb"((?:[ \t]*\.[ \t]*[\w\x80-\xff]+)*)[ \t]*(?=[\r\n\f\\;:#),\]}]|(?:if|or|and|else)\b|\Z)")
_LOADERS = (b"import_module", b"__import__")
_ANYTHING = b""
_IS_WORD = bytes(byte >= 0x80 or chr(byte).isalnum() or byte == ord("_") for byte in range(256))
_ONLY_WORDS = bytes(byte if _IS_WORD[byte] else 0x20 for byte in range(256))
_SIX = b"six.moves."  # what is in it has the names of Python 3, but for some of its modules


@dataclass(frozen=True)
class Mentions:
    """A test for ``Words``: whether a file may mean a name of a module.

    There it is bound by an import, an attribute of something that is, or quoted. Below the module counts too, as
    ``asyncio.tasks.sleep`` for ``asyncio.sleep``, but for what is ``apart``.
    """

    module: str
    name: str
    apart: str = ""

    def __call__(self, data: bytes) -> bool:
        return any(True for _ in self.places(data))

    def places(self, data: bytes) -> Iterator[int]:
        """The offsets, in order."""
        word, top, known = self.name.encode(), self._top, _bindings(data)
        if not known.may_give(top):
            return
        by_itself: bool | None = None  # whether it is meant where nothing that it belongs to is before it
        for start in word_places(data, word):
            if not _is_joined(data, start):
                if by_itself is None:
                    by_itself = any(map(self._is_meant, _owners(word, known, top)))
                is_meant = by_itself
            else:
                is_meant = any(map(self._is_meant, _modules(data, start, word, top)))
            if is_meant:
                yield start

    @property
    def _top(self) -> bytes:
        return self.module.partition(".")[0].encode()

    def _is_meant(self, module: bytes) -> bool:
        module = module.removeprefix(_SIX)
        apart = self.apart.encode()
        if apart and (module == apart or module.startswith(apart + b".")):
            return False
        own = self.module.encode()
        return module in (own, _ANYTHING) or module.startswith(own + b".")


def may_import(data: bytes, module: str) -> bool:
    """Whether a file may import a top-level module, or something in it, also by a name in a string."""
    return _bindings(data).may_give(module.encode())


def is_module(data: bytes, name: bytes) -> bool:
    """Whether a name is a module wherever it stands: it is imported by that name, and nothing else binds it."""
    return _bindings(data).is_module(name)


def words_in(data: bytes) -> Iterable[bytes]:
    """All words, in order: one ``translate`` and one ``split``. Bytes above ASCII may be part of a name.

    Those of a big file come from one part after the other: all at once, they would take ten times its memory.
    """
    text = data.translate(_ONLY_WORDS)
    return text.split() if len(text) <= _PART else chain.from_iterable(map(bytes.split, _parted(text)))


def _parted(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = text.find(b" ", start + _PART)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end


def word_places(data: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands by itself; ``find`` is several times as fast as a regular expression with word boundaries."""
    size = len(word)
    start = data.find(word) if word else -1
    while start >= 0:
        end = start + size
        within = start and _IS_WORD[data[start - 1]] and not (start == 3 and data.startswith(_BYTE_ORDER_MARK))
        if not within and not (end < len(data) and _IS_WORD[data[end]]):
            yield start
        start = data.find(word, end)


def _is_joined(data: bytes, start: int) -> bool:
    """Whether a dot or a quote may be what is before a name: not where anything else is, in the same line."""
    before = data[start - 1 : start]
    if before in _PLAIN_BLANKS:
        before = data[max(start - _BEHIND, 0) : start].rstrip(b" \t")[-1:]
    return before in _JOINING


def _modules(data: bytes, start: int, word: bytes, top: bytes) -> Iterator[bytes]:
    """What a name may be in, as far as a top-level module goes, by what is before it."""
    known = _bindings(data)
    before = data[max(start - _BEHIND, 0) : start]
    if before.endswith(_QUOTES):
        if known.takes_names and data[start + len(word) : start + len(word) + 1] in _QUOTES:
            yield from _quoting(before, known, top)
        return
    if not before.rstrip(_BLANK).endswith(b".") and not _without_comments(before).rstrip(_BLANK).endswith(b"."):
        yield from _owners(word, known, top)
        return
    for text in {before, _without_comments(before)}:
        chain = _chain(text.rstrip(_BLANK)[:-1])
        if chain is None:
            yield from _made(text.rstrip(_BLANK)[:-1], known, top)
            continue
        parts, at = chain
        if at == 0 and start > _BEHIND:
            yield _ANYTHING
        if parts[0] == top and known.patches and text[:at].endswith(_QUOTES):
            yield b".".join(parts)
        yield from _below(parts, known, top)


def _owners(word: bytes, known: _Bindings, top: bytes) -> Iterator[bytes]:
    """What a name that stands by itself may be in."""
    return (target.rpartition(b".")[0] for target in known.targets(word, top))


def _below(parts: list[bytes], known: _Bindings, top: bytes) -> Iterator[bytes]:
    """What a chain of names may stand for."""
    for target in known.targets(parts[0], top):
        yield target if target == _ANYTHING else b".".join([target, *parts[1:]])


def _chain(before: bytes) -> tuple[list[bytes], int] | None:
    """The names at the end, with dots between them, and where they begin."""
    chain = _CHAIN.search(before)
    return None if chain is None else (_WORDS.findall(chain[0]), chain.start())


def _made(before: bytes, known: _Bindings, top: bytes) -> Iterator[bytes]:
    """What the call or the expression in parentheses at the end may stand for."""
    before = before.rstrip(_BLANK)
    opened = _opening(before)
    if opened < 0:
        return
    inner = before[opened:]
    is_call = _is_called(before, opened)
    if is_call and known.is_loaded(inner, top):
        yield _ANYTHING
    for names in _CHAINS.findall(inner) if not is_call or b"'" in inner or b'"' in inner else ():
        for target in _below(_WORDS.findall(names), known, top):
            yield _ANYTHING if is_call else target  # `getattr(xml, "dom")`


def _is_called(before: bytes, opened: int) -> bool:
    """Whether what is before an opening bracket is called, or subscripted."""
    called = _CALLED.search(before, max(opened - _BEHIND, 0), opened)
    return called is not None and called[1] not in _BEFORE_VALUES


def _opening(before: bytes) -> int:
    """Where the parenthesis opens that is closed at the end; -1 where none is."""
    depth = 0
    for bracket in reversed([*_PARENTHESES.finditer(before)]) if before.endswith(b")") else ():
        depth += 1 if bracket[0] == b")" else -1
        if depth == 0:
            return bracket.start()
    return -1


def _without_comments(before: bytes) -> bytes:
    """The lines before a name without comments, and the part of its own line as it is."""
    if b"#" not in before:
        return before
    lines, _, line = before.replace(b"\r", b"\n").rpartition(b"\n")
    return _COMMENT.sub(b"", lines) + b"\n" + line


def _quoting(before: bytes, known: _Bindings, top: bytes) -> Iterator[bytes]:
    """What a name at the start of a string may be an attribute of: `getattr(owner, "name")`."""
    argument = _without_comments(before).rstrip(b"rRuUbB\"'").rstrip(_BLANK + b"(")
    if argument.endswith(b","):
        owner = argument[:-1].rstrip(_BLANK)
        chain = _chain(owner)
        yield from _made(owner, known, top) if chain is None else _below(chain[0], known, top)
    if _GIVES_NAME.search(before):
        yield _ANYTHING


class _Bindings:
    """What the imports of a file bind, and what else takes its value from that."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._imported, self._starred = _imported(data)
        self._tops = {_top(target) for _, target in self._imported}.union(map(_top, self._starred))
        self._lost: set[bytes] = set()  # modules with more assignments than are followed
        self._targets: dict[bytes, dict[bytes, set[bytes]]] = {}
        self._modules: dict[bytes, bool] = {}

    def may_give(self, top: bytes) -> bool:
        """Whether anything in the file may be a top-level module, or name it."""
        if top in self._tops or b"six" in self._tops or self.is_loaded(self._data, top):
            return True
        return self.patches and any(quote + top in self._data for quote in _QUOTES)

    def is_module(self, name: bytes) -> bool:
        """Whether a name is only imported by itself and asked for attributes."""
        if name not in self._modules:
            places = word_places(self._data, name) if (name, name) in self._imported else iter((-1,))
            self._modules[name] = all(map(self._is_plain, places, repeat(name)))
        return self._modules[name]

    def _is_plain(self, start: int, name: bytes) -> bool:
        if start < 0 or self._data.startswith(b".", start + len(name)):
            return start >= 0
        line = max(self._data.rfind(sign, max(start - _BEHIND, 0), start) for sign in (b"\n", b"\r")) + 1
        return self._data[line:start].lstrip(b" \t\f").startswith((b"import ", b"import\t"))

    @cached_property
    def takes_names(self) -> bool:
        """Whether names in strings may be looked up in modules."""
        return self.patches or b"getattr" in self._data

    @cached_property
    def patches(self) -> bool:
        """Whether strings may hold names with their modules."""
        patches = any(True for _ in word_places(self._data, b"patch")) if b"patch" in self._data else False
        return patches or b"monkeypatch" in self._data

    def is_loaded(self, text: bytes, top: bytes) -> bool:
        """Whether a string in some text may name a module to import."""
        return self._loads and any(quote + top + end in text for quote in _QUOTES for end in (*_QUOTES, b"."))

    @cached_property
    def _loads(self) -> bool:
        return any(loader in self._data for loader in _LOADERS)

    def targets(self, name: bytes, top: bytes) -> set[bytes]:
        """The qualified names, of a top-level module and what is in it, that a name may stand for."""
        if top not in self._targets:
            self._targets[top] = self._find(top)
        found = self._targets[top].get(name, set())
        starred = {b"%b.%b" % (module, name) for module in self._starred if _top(module) == top}
        return found | starred | ({_ANYTHING} if top in self._lost else set())

    def _find(self, top: bytes) -> dict[bytes, set[bytes]]:
        found: defaultdict[bytes, set[bytes]] = defaultdict(set)
        waiting = [(name, target) for name, target in self._imported if _top(target) in (top, b"six")]
        if len(waiting) > _MAX_NAMES:
            self._lost.add(top)
            waiting = []
        if self.is_loaded(self._data, top):
            waiting += [(taker, _ANYTHING) for taker in self._takers_of_loaded(top)]
        for name, target in waiting:  # which grows
            if target in found[name] or target.count(b".") >= _MAX_PARTS:
                continue
            found[name].add(target)
            for start in word_places(self._data, name):
                use = _AS_VALUE.match(self._data, start + len(name))
                if use is None or self._data[start - 1 : start] == b".":
                    continue
                before = self._data[max(start - _BEHIND, 0) : start]
                value = target if target == _ANYTHING else target + re.sub(rb"\s", b"", use[1])
                if _PART_BY_NAME.match(self._data, use.end()) is not None:  # `getattr(module, "name")`
                    before, value = _before_call(before), _ANYTHING
                waiting += [(taker, value) for taker in _takers(before)]
            if len(waiting) > len(self._imported) + _MAX_STEPS:
                self._lost.add(top)
                break
        return found

    def _takers_of_loaded(self, top: bytes) -> Iterator[bytes]:
        """The names that are given what the import of a module by its name in a string gives."""
        for start in word_places(self._data, top):
            if self._data[start - 1 : start] in _QUOTES:
                before = self._data[max(start - _BEHIND, 0) : start]
                yield from _takers(_before_call(_without_comments(before).rstrip(b"rRuU\"'").rstrip(_BLANK)))


def _top(name: bytes) -> bytes:
    return name.partition(b".")[0]


def _before_call(before: bytes) -> bytes:
    """What is before the call that an argument behind these bytes belongs to; empty where there is none."""
    depth = 0
    for bracket in reversed([*_PARENTHESES.finditer(before)]):
        depth += 1 if bracket[0] == b")" else -1
        if depth < 0:
            function = _CHAIN.search(before, 0, bracket.start())
            return b"" if function is None else before[: function.start()]
    return b""


def _takers(before: bytes) -> set[bytes]:
    """The names that an assignment gives the value behind these bytes, or a tuple that it is in."""
    before = _without_comments(before)
    takes = _TAKES.search(before)
    if takes is None:
        return set()
    depth = 0
    is_earlier = False  # whether a statement may end between here and the value
    for step in reversed([*_STEPS.finditer(before)]):
        sign = step[0]
        if sign in b")]}":
            depth += 1
        elif sign in b"([{":
            if depth:
                depth -= 1
            elif _is_called(before, step.start()):
                return set()
            else:
                is_earlier = False
        elif not depth and sign == b"=":
            names = set() if is_earlier else _assigned(before[: step.start()])
            return names if takes[0][:1] != b"," or len(names) > 1 else set()  # one name is given all of a tuple
        elif not depth:
            is_earlier = is_earlier or not before[: step.start()].rstrip(b"\r").endswith(b"\\")
    return set()


def _assigned(before: bytes) -> set[bytes]:
    """The names that are assigned by the sign behind these bytes."""
    if before.endswith(b":"):
        return set(_WORDS.findall(before)[-1:])
    lines = before.replace(b"\r", b"\n").split(b"\n")
    line = lines.pop()
    while lines and sum(map(line.count, (b"(", b"[", b"{"))) < sum(map(line.count, (b")", b"]", b"}"))):
        line = lines.pop() + b"\n" + line
    return set() if line.count(b"(") > line.count(b")") else set(_TARGETS.findall(line))


@lru_cache(maxsize=1)
def _bindings(data: bytes) -> _Bindings:
    return _Bindings(data)


def _imported(data: bytes) -> tuple[set[tuple[bytes, bytes]], set[bytes]]:
    """What imports bind, as pairs of a name and what it stands for, and the modules they bind all names of."""
    bound: set[tuple[bytes, bytes]] = set()
    starred: set[bytes] = set()
    done = 0
    places = [*word_places(data, b"import")]
    for start, following in zip(places, [*places[1:], len(data)], strict=False):
        plain = _PLAIN_IMPORT.match(data, data.rfind(b"\n", max(start - _BEHIND, 0), start) + 1)
        if plain is not None and plain.start(2) == start:
            module, names = plain[1], _PLAIN_NAMES.findall(plain[3] or plain[4])
            if module:
                bound.update(_bound_from(module, names))
            else:
                for name, alias in names:
                    bound.update(_bound_by_import(name, alias))
            continue
        end = start + len(b"import")
        source = _FROM.search(data[max(start - _BEHIND, done) : start])
        text = data[end : min(end + _REACH, following)]
        done = end
        if source is None:
            for module, alias in _parts(_statement(text)):
                bound.update(_bound_by_import(module, alias))
            continue
        module = re.sub(rb"[\s\\]", b"", source[1])
        listed = _names(text)
        if listed is None:
            starred.add(module)
        else:
            bound.update(_bound_from(module, listed))
    return bound, starred


def _bound_by_import(module: bytes, alias: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What ``import module as alias`` binds; the first part of the module counts too."""
    yield _top(module), _top(module)
    if alias:
        yield alias, module


def _bound_from(module: bytes, names: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """What ``from module import names`` binds; the name that is imported counts too."""
    return ((name, b"%b.%b" % (module, part[0])) for part in names for name in part if name)


def _names(text: bytes) -> list[tuple[bytes, bytes]] | None:
    """The names that ``from module import`` binds, from what follows; None for all."""
    listed = _LISTED.match(_COMMENT.sub(b"", text))
    if _ALL.match(text) or (listed is None and text.lstrip(_BLANK).startswith(b"(")):
        return None
    return list(_parts(_statement(text) if listed is None else listed[1]))


def _statement(text: bytes) -> bytes:
    line = _LINE.match(text)
    return _COMMENT.sub(b"", b"" if line is None else line[0])


def _parts(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The names of an import statement, and what they are called where there is an ``as``."""
    for one in text.split(b","):
        part = _IMPORTED.match(one)
        if part is not None:
            yield re.sub(rb"[\s\\]", b"", part[1]), part[2] or b""
