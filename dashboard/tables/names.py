"""The name of a space, product, app or another id, as a person reads it."""

from __future__ import annotations

from dashboard.analysis.formatting import is_missing
from gridrt_client.safe_text import shown

UNKNOWN = "(unknown)"
LONGEST = 60


def name_of(field: str, value: object) -> str:
    """Return the name of a value of a field such as ``spaceId`` or ``productId``; ``(unknown)`` where it is missing.

    Untrusted text, as `safe_text.shown` returns it, at most `LONGEST` characters.
    """
    return UNKNOWN if is_missing(value) else shown(value, LONGEST)
