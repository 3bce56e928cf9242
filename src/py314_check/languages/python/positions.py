"""Where nodes and comments stand in the text, computed only for files that have something to report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, suppress
from types import TracebackType

import libcst as cst
from libcst._nodes.internal import CodegenState


class _AllFoundError(Exception):
    """Nothing that is wanted comes any more."""


class _Recorder(CodegenState):
    """Writes the module out again and notes the offsets at which wanted nodes and comments begin and end."""

    def __init__(self, module: cst.Module, wanted: Collection[cst.CSTNode], *, whole: bool) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.wanted = wanted
        self.missing = -1 if whole else len(wanted)
        self.length = 0
        self.spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self.comments: list[tuple[int, str]] = []
        self._outer: list[int] = []

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.length += len(value)

    def add_indent_tokens(self) -> None:
        self.tokens.extend(self.indent_tokens)
        self.length += sum(map(len, self.indent_tokens))

    def before_codegen(self, node: cst.CSTNode) -> None:
        if node in self.wanted:
            self._outer.append(self.length)
        elif type(node) is cst.Comment:
            self.comments.append((self.length, node.value))

    def after_codegen(self, node: cst.CSTNode) -> None:
        if node in self.wanted:
            start = self._outer.pop()
            self.spans.setdefault(node, (start, self.length))
            self.missing -= 1
            if self.missing == 0:
                raise _AllFoundError

    def record_syntactic_position(  # type: ignore[override]  # lighter than libcst's generator, and as good
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        return _Span(self, node) if node in self.wanted else _NOTHING


class _Nothing(AbstractContextManager[None]):
    def __exit__(self, *exc: object) -> None:
        return None


_NOTHING = _Nothing()


class _Span(AbstractContextManager[None]):
    """The syntactic extent of one node: what libcst writes inside, without the whitespace that the node owns."""

    def __init__(self, state: _Recorder, node: cst.CSTNode) -> None:
        self.state, self.node = state, node

    def __enter__(self) -> None:
        self.start = self.state.length

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.state.spans[self.node] = (self.start, self.state.length)


def locate(
    module: cst.Module, text: str, wanted: Collection[cst.CSTNode], *, with_comments: bool
) -> tuple[dict[cst.CSTNode, tuple[int, int]], list[tuple[int, str]]]:
    """The offsets into ``text`` (start, end) of each wanted node, and of every comment with its text.

    If not ``with_comments``, it stops behind the last node, and knows of no comment there.
    """
    state = _Recorder(module, wanted, whole=with_comments)
    with suppress(_AllFoundError):
        module._codegen(state)
    written = "".join(state.tokens)
    offsets: Sequence[int] = range(len(text) + 1) if text.startswith(written) else _aligned(written, text)
    spans = {}
    for node, (start, end) in state.spans.items():
        end = min(end, len(written))  # libcst takes back a last line end that the file does not have
        while end > start and written[end - 1].isspace():  # statements own the line end behind them
            end -= 1
        spans[node] = (offsets[start], offsets[end - 1] + 1 if end > start else offsets[start])
    return spans, [(offsets[start], comment) for start, comment in state.comments]


def _aligned(written: str, text: str) -> Sequence[int]:
    """For each offset into what libcst wrote, the offset into the text.

    libcst drops some whitespace: a form feed in the indentation, a space before the colon of ``except X :``.
    """
    offsets: list[int] = []
    position = 0
    for character in written:
        while position < len(text) and text[position] != character and text[position].isspace():
            position += 1
        offsets.append(position)
        position += 1
    offsets.append(min(position, len(text)))
    return offsets
