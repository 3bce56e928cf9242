"""The commands of shell scripts, and of what else holds some: each with its words and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"(?P<blank>(?:[ \t\r]|\\\r?\n)+)"
    r"|(?P<comment>(?<![^\s;&|()])\#[^\n]*)"
    r"|(?P<here><<-?[ \t]*(?P<quote>[\"']?)(?P<end>\w+)(?P=quote))"
    r"|(?P<redirect>\d?(?:>>|>|<)&?)"
    r"|(?P<end_of_command>\n|[;&|()]+)"
    r"|(?P<word>(?:\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|\$\([^()]*\)|`[^`]*`|[^\s;&|()<>\\'\"`]|['\"`\\])+)",
    re.DOTALL,
)
_QUOTED = re.compile(r"'([^']*)'|\"((?:\\.|[^\"\\])*)\"|\\(\r?\n)|\\(.)", re.DOTALL)
_OPENS, _CLOSES = {"if", "case", "for", "while", "until", "select"}, {"fi", "done", "esac"}
_LEADS = _OPENS | _CLOSES | set("then do else elif ! { } time exec sudo env command nice".split())
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Word:
    """A word without its quotes, and the offsets of what is written; quotes around all of it are left out."""

    text: str
    start: int
    end: int

    def assigned(self) -> tuple[str, Word] | None:
        """The name and the value of ``NAME=value``."""
        match = _ASSIGNMENT.fullmatch(self.text)
        return None if match is None else (match[1], Word(match[2], self.start + len(match[1]) + 1, self.end))


@dataclass
class Command:
    """A command: what is assigned before it for it alone, and its words; ``is_conditional`` where a test decides."""

    assigned: list[tuple[str, Word]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    is_conditional: bool = False


def commands(text: str, start: int = 0, end: int | None = None) -> Iterator[Command]:
    """The commands between two offsets of a text, in order. What is in ``$(...)``, and here-documents, are left out."""
    position, end = start, len(text) if end is None else end
    depth = 0
    words: list[Word] = []
    heres: list[str] = []
    is_tested = False
    while position <= end:
        token = _TOKEN.match(text, position, end) if position < end else None
        kind = "end_of_command" if token is None else token.lastgroup
        if token is not None and token["here"] is not None:
            heres.append(token["end"])
        elif token is not None and token["word"] is not None:
            words.append(_word(token))
        elif kind == "end_of_command":
            if words:
                command, depth = _command(words, depth, is_tested=is_tested)
                if command.words or command.assigned:
                    yield command
                first = command.words[0].text if command.words else ""
                is_tested = token is not None and token[0] in ("&&", "||") and first in ("[", "[[", "test")
                words = []
            if token is not None and "\n" in token[0]:
                position = _behind(text, token.end(), end, heres)
                heres = []
                continue
        if token is None:
            return
        position = token.end()


def words(text: str, start: int, end: int) -> list[Word]:
    """The words between two offsets, as a shell splits them."""
    found = (match for match in _TOKEN.finditer(text, start, end) if match["word"] is not None)
    return [_word(match) for match in found]


def _command(words: list[Word], depth: int, *, is_tested: bool) -> tuple[Command, int]:
    command = Command()
    for word in words:
        assigned = word.assigned()
        if command.words:
            command.words.append(word)
        elif assigned is not None:
            command.assigned.append(assigned)
        elif word.text in _LEADS:
            depth = max(depth + (word.text in _OPENS) - (word.text in _CLOSES), 0)
        else:
            command.words.append(word)
    command.is_conditional = depth > 0 or is_tested
    return command, depth


def _behind(text: str, position: int, end: int, heres: list[str]) -> int:
    """Where the here-documents that begin at an offset end."""
    for here in heres:
        match = re.compile(rf"^[ \t]*{re.escape(here)}[ \t]*\r?$", re.MULTILINE).search(text, position, end)
        position = end if match is None else match.end()
    return position


def _word(token: re.Match[str]) -> Word:
    raw = token[0]
    quote = int(len(raw) > 1 and raw[0] in "'\"" and raw.find(raw[0], 1) == len(raw) - 1)  # around all of it
    text = _QUOTED.sub(lambda match: match[1] or match[2] or match[4] or "", raw)
    return Word(text, token.start() + quote, token.end() - quote)
