"""What the rules about borrowed references have in common: how sure one is that others can reach a container."""

from __future__ import annotations

from py314_check.api import Confidence, Owner

CONFIDENCE = {Owner.SHARED: Confidence.HIGH, Owner.GIVEN: Confidence.MEDIUM, Owner.UNKNOWN: Confidence.LOW}
"""No entry for a private container: nothing is reported there."""
