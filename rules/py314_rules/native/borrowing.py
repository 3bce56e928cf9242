"""What the rules about borrowed references have in common: what lends, and how sure one is that others change that."""

from __future__ import annotations

from dataclasses import dataclass

from py314_check.api import Confidence, NativeContext, Node, Owner, load_facts


@dataclass(frozen=True)
class Row:
    """A function that lends; see borrowed.toml."""

    instead: str
    since: str


LENDERS = load_facts("py314_rules.facts", "borrowed.toml", Row)
CONFIDENCE = {Owner.SHARED: Confidence.HIGH, Owner.GIVEN: Confidence.MEDIUM, Owner.UNKNOWN: Confidence.LOW}


def confidence(context: NativeContext, container: Node, *, changes: bool = True) -> Confidence | None:
    """None where nothing is to be reported: the container is private, or its object is being taken down.

    One that is shared, but only ever filled before it was, is safe to borrow from: where what ``changes`` is the
    container, and the file never changes it in place, the confidence is low.
    """
    owner = context.owner(container)
    if owner is Owner.SHARED:
        function = context.function(container)
        if function is not None and context.is_teardown(function):
            return None
        if changes and not context.is_changed(container):
            return Confidence.LOW
    return CONFIDENCE.get(owner)
