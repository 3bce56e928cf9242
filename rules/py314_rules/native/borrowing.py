"""What the rules about borrowed references have in common: how sure one is that others change a container."""

from __future__ import annotations

from py314_check.api import Confidence, NativeContext, Node, Owner

_CONFIDENCE = {Owner.SHARED: Confidence.HIGH, Owner.GIVEN: Confidence.MEDIUM, Owner.UNKNOWN: Confidence.LOW}


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
    return _CONFIDENCE.get(owner)
