"""Tests of a file's bytes."""


def may_be_predicate(data: bytes) -> bool:
    """Placeholder."""
    return True
