"""Dockerfiles: the variables, the Python and the commands of each stage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from py314_check.api import Environment
from py314_check.languages.environment.collector import Collector, Scope
from py314_check.languages.environment.shell import Word, commands, words
from py314_check.source import SourceFile

_CONTINUED = re.compile(r"\\[ \t]*\r?\n(?:[ \t]*\#[^\n]*\n)*")
_INSTRUCTION = re.compile(r"^[ \t]*(?P<name>[A-Za-z]+)[ \t]+(?:--\S+[ \t]+)*(?P<rest>[^\n]*)", re.MULTILINE)
_FROM = re.compile(r"(?P<image>\S+)(?:\s+as\s+(?P<name>\S+))?\s*", re.IGNORECASE)
_HERE = re.compile(r"<<-?[ \t]*[\"']?(\w+)")
_NAME = re.compile(r"\$\{?(\w+)\}?")


def environment(source: SourceFile) -> list[Environment]:
    """What a Dockerfile says. Scopes are the stages, each in the one that it is built from."""
    text = _CONTINUED.sub(lambda match: " " * len(match[0]), source.text)
    collector = Collector(source)
    instructions = list(_instructions(text))
    stages: dict[str, Scope] = {}
    scope: Scope = ()
    scopes: list[Scope] = []  # of each instruction
    arguments: dict[str, str] = {}
    for name, start, end in instructions:
        match = _FROM.fullmatch(text, start, end) if name == "FROM" else None
        if name == "ARG" and not scope:
            arguments |= {one[0]: one[1].text for word in words(text, start, end) if (one := word.assigned())}
        elif match is not None:
            image = _filled_in(match["image"], arguments)
            scope = (*stages.get(image.lower(), ()), len(scopes))
            if match["name"] is not None:
                stages[match["name"].lower()] = scope
            collector.interpreter(image, source.place(*match.span("image")), scope)
        scopes.append(scope)
    last = scope
    for number, ((name, start, end), scope) in enumerate(zip(instructions, scopes, strict=True)):
        if name == "ENV":
            is_deployed = last[: len(scope)] == scope
            for variable, value in _variables(text, start, end):
                collector.variable(variable, value, scope, is_deployed=is_deployed)
        elif name == "RUN":
            collector.script(commands(text, start, end), scope, (number,))
        elif name in ("CMD", "ENTRYPOINT"):
            plain = re.sub(r"[\[\],\"]", " ", text[start:end])
            collector.script(commands(" " * start + plain, start), scope, (number,))
    return collector.environment()


def _filled_in(image: str, arguments: Mapping[str, str]) -> str:
    """The name of an image with the defaults of its arguments."""
    return _NAME.sub(lambda match: arguments.get(match[1], match[0]), image)


def _instructions(text: str) -> Iterator[tuple[str, int, int]]:
    """The name of each instruction, and the offsets of what follows; here-documents belong to it."""
    position = 0
    while (match := _INSTRUCTION.search(text, position)) is not None:
        end = match.end()
        for here in _HERE.findall(match["rest"]) if match["name"].upper() == "RUN" else ():
            closing = re.compile(rf"^[ \t]*{here}[ \t]*\r?$", re.MULTILINE).search(text, end)
            end = len(text) if closing is None else closing.start()
        is_script = match["rest"].startswith("<<")  # else it is what the command reads
        yield match["name"].upper(), *((match.end(), end) if is_script else match.span("rest"))
        position = end


def _variables(text: str, start: int, end: int) -> Iterator[tuple[str, Word]]:
    """``ENV NAME=value OTHER=value``, and the old ``ENV NAME value``."""
    found = words(text, start, end)
    if found and found[0].assigned() is None:
        if len(found) > 1:
            yield found[0].text, Word(" ".join(one.text for one in found[1:]), found[1].start, found[-1].end)
        return
    yield from (assigned for word in found if (assigned := word.assigned()) is not None)
