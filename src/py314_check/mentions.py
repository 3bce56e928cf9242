"""Where a file may mean a name of a module, told from its bytes in a fraction of the time of parsing it.

It may say so where something else is meant, and must say so wherever ``Context.resolve`` finds the name. Comments and
strings are read like code. The time is linear: of each place, a bounded part is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

_REACH = 4000  # bytes of an import statement that are read; a longer one may bind any name
_STRETCH = 1_000_000  # bytes of a big file that are split into words at a time
_BEHIND = 300  # bytes before a place that are read
_MAX_STEPS = 60  # assignments that a module is followed through; behind that many, any name may be meant
_BLANK = b" \t\f\r\n\\"
_QUOTES = (b'"', b"'")
_GIVES_NAME = re.compile(rb"=\s*[rRuUbB]?[\"']\Z")
_PATCHES = re.compile(rb"\bpatch\b|monkeypatch")
_TAKES_NAMES = re.compile(rb"\bgetattr\b|\bpatch\b|monkeypatch")
_FROM = re.compile(rb"\bfrom\b((?:[\w.\x80-\xff \t\f]|\\\r?\n|\\\r)*)\Z")
_COMMENT = re.compile(rb"#[^\r\n]*")
_IMPORTED = re.compile(rb"[\s\\]*([\w\x80-\xff][\w\x80-\xff.\s\\]*?)(?:[\s\\]as\b[\s\\]*([\w\x80-\xff]+)[\s\\]*)?\Z")
_ALL = re.compile(rb"[\s\\]*\*")
_LISTED = re.compile(rb"[\s\\]*\(([^)]*)\)")
_LINE = re.compile(rb"(?:[^\r\n\\;]|\\\r?\n|\\\r)*")
_CHAIN = re.compile(rb"[\w\x80-\xff]+(?:[\s\\]*\.[\s\\]*[\w\x80-\xff]+)*[\s\\]*\Z")
_WORDS = re.compile(rb"[\w\x80-\xff]+")
_TARGETS = re.compile(rb"(?<![\w\x80-\xff.])[\w\x80-\xff]+(?![\w\x80-\xff]|[\s\\]*\.)")
_DIRECT = re.compile(rb"[\s(\\]*|[\s(\[\w.,\\]*,[\s(\\]*")
_INDIRECT = re.compile(rb"(?:\b(?:else|or|and)|\b(getattr)[\s\\]*\()[\s(\\]*\Z")
# What stands behind a name that, or something in which, is a value: neither called nor asked for another attribute.
_AS_VALUE = re.compile(rb"((?:[ \t]*\.[ \t]*\w+)*)[ \t]*(?=[\r\n;#),\]}]|(?:if|or|and|else)\b|\Z)")
_LOADERS = (b"import_module", b"__import__")
_ANYTHING = b""
_ONLY_WORDS = bytes(byte if byte >= 0x80 or chr(byte).isalnum() or byte == ord("_") else 0x20 for byte in range(256))
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
        word, top = self.name.encode(), self._top
        for start in word_places(data, word):
            if any(map(self._is_meant, _modules(data, start, word, top))):
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


def words_in(data: bytes) -> Iterable[bytes]:
    """All words of a file, in order: one ``translate`` and one ``split``. Bytes above ASCII may be part of a name.

    Of a big file, stretches of lines take turns: the words of a file need ten times its memory.
    """
    if len(data) <= _STRETCH:
        return data.translate(_ONLY_WORDS).split()
    return chain.from_iterable(data[start:end].translate(_ONLY_WORDS).split() for start, end in _stretches(data))


def _stretches(data: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _STRETCH) + 1 or len(data)
        yield start, end
        start = end


def word_places(data: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands by itself; ``find`` is several times as fast as a regular expression with word boundaries."""
    start = data.find(word)
    while start >= 0:
        end = start + len(word)
        if not _WORDS.match(data, end, end + 1) and not _WORDS.match(data, max(start - 1, 0), start):
            yield start
        start = data.find(word, end)


def _modules(data: bytes, start: int, word: bytes, top: bytes) -> Iterator[bytes]:
    """What a name may be in, as far as a top-level module goes, by what is before it."""
    known = _bindings(data)
    before = data[max(start - _BEHIND, 0) : start]
    owner = before.rstrip(_BLANK)
    if owner.endswith(_QUOTES):
        yield from _quoting(before, known, top)
        return
    if not owner.endswith(b".") and not _without_comments(before).rstrip(_BLANK).endswith(b"."):
        yield from (target.rpartition(b".")[0] for target in known.targets(word, top))
        return
    for text in {before, _without_comments(before)}:
        chain = _chain(text)
        if chain is None:  # an attribute of what a call gave
            yield from known.loaded(top)
            continue
        parts, at = chain
        if at == 0 and start > _BEHIND:
            yield _ANYTHING
        if parts[0] == top and known.patches and text[:at].endswith(_QUOTES):
            yield b".".join(parts)
        yield from _below(parts, known, top)


def _below(parts: list[bytes], known: _Bindings, top: bytes) -> Iterator[bytes]:
    """What a chain of names may stand for."""
    for target in known.targets(parts[0], top):
        yield target if target == _ANYTHING else b".".join([target, *parts[1:]])


def _chain(before: bytes) -> tuple[list[bytes], int] | None:
    """The names before a dot at the end, and where they begin."""
    chain = _CHAIN.search(before.rstrip(_BLANK)[:-1])
    return None if chain is None else (_WORDS.findall(chain[0]), chain.start())


def _without_comments(before: bytes) -> bytes:
    """The lines before a name without comments, and the part of its own line as it is."""
    lines, _, line = before.replace(b"\r", b"\n").rpartition(b"\n")
    return _COMMENT.sub(b"", lines) + b"\n" + line


def _quoting(before: bytes, known: _Bindings, top: bytes) -> Iterator[bytes]:
    """What a name at the start of a string may be an attribute of: `getattr(owner, "name")`."""
    argument = before.rstrip(b"rRuUbB\"'").rstrip(_BLANK)
    chain = _chain(argument) if argument.endswith(b",") else None
    if chain is not None:
        yield from _below(chain[0], known, top)
    elif known.takes_names and _GIVES_NAME.search(before):
        yield _ANYTHING
    else:
        yield from known.loaded(top)


class _Bindings:
    """What the imports of a file bind, and what else takes its value from that."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._imported, self._starred = _imported(data)
        self._loads = any(loader in data for loader in _LOADERS)
        self._is_quoted = cache(self._find_quoted)
        self._lost: set[bytes] = set()  # modules with more assignments than are followed
        self._targets: dict[bytes, dict[bytes, set[bytes]]] = {}
        self.takes_names = _TAKES_NAMES.search(data) is not None
        """Whether names in strings may be looked up in modules."""
        self.patches = _PATCHES.search(data) is not None
        """Whether strings may hold names with their modules."""

    def loaded(self, top: bytes) -> set[bytes]:
        """What the result of a call may be, where a string may name the module to import."""
        return {_ANYTHING} if self._is_quoted(top) or top in self._lost else set()

    def _find_quoted(self, top: bytes) -> bool:
        return self._loads and re.search(rb"[\"']%b[\"'.]" % re.escape(top), self._data) is not None

    def targets(self, name: bytes, top: bytes) -> set[bytes]:
        """The qualified names, of a top-level module and what is in it, that a name may stand for."""
        if top not in self._targets:
            self._targets[top] = self._find(top)
        found = self._targets[top].get(name, set())
        starred = {b"%b.%b" % (module, name) for module in self._starred if _top(module) == top}
        return found | starred | self.loaded(top)

    def _find(self, top: bytes) -> dict[bytes, set[bytes]]:
        found: defaultdict[bytes, set[bytes]] = defaultdict(set)
        waiting = [(name, target) for name, target in self._imported if _top(target) in (top, b"six")]
        for name, target in waiting:  # which grows
            if target in found[name]:
                continue
            found[name].add(target)
            for start in word_places(self._data, name):
                use = _AS_VALUE.match(self._data, start + len(name))
                if use is None or self._data[start - 1 : start] == b".":
                    continue
                takers, of_part = _takers(self._data[max(start - _BEHIND, 0) : start])
                value = target if target == _ANYTHING else target + re.sub(rb"\s", b"", use[1])
                waiting += [(taker, _ANYTHING if of_part else value) for taker in takers]
            if len(waiting) > len(self._imported) + _MAX_STEPS:
                self._lost.add(top)
                break
        return found


def _top(name: bytes) -> bytes:
    return name.partition(b".")[0]


def _takers(before: bytes) -> tuple[set[bytes], bool]:
    """The names that an assignment gives the value behind these bytes, and whether it is rather a part of that."""
    targets, sign, between = before.rpartition(b"=")
    if sign and _DIRECT.fullmatch(between):
        line = targets.replace(b"\r", b"\n").rpartition(b"\n")[2]
        return set(_TARGETS.findall(line.rpartition(b"(")[2])), False
    indirect = _INDIRECT.search(between) if sign else None
    return (set(), False) if indirect is None else (set(_TARGETS.findall(targets)), indirect[1] is not None)


@lru_cache(maxsize=1)
def _bindings(data: bytes) -> _Bindings:
    return _Bindings(data)


def _imported(data: bytes) -> tuple[set[tuple[bytes, bytes]], set[bytes]]:
    """What imports bind, as pairs of a name and what it stands for, and the modules they bind all names of."""
    bound: set[tuple[bytes, bytes]] = set()
    starred: set[bytes] = set()
    for start in word_places(data, b"import"):
        end = start + len(b"import")
        source = _FROM.search(data[max(start - _BEHIND, 0) : start])
        text = data[end : end + _REACH]
        if source is None:
            for module, alias in _parts(_statement(text)):
                bound |= {(_top(module), _top(module)), (alias or _top(module), module if alias else _top(module))}
            continue
        module = re.sub(rb"[\s\\]", b"", source[1])
        names = _names(text)
        if names is None:
            starred.add(module)
        else:  # the name that is imported counts too: there it is asked for
            bound |= {(name, b"%b.%b" % (module, part[0])) for part in names for name in part if name}
    return bound, starred


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
