"""What the API's clock says, by the headers of its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

TOLERANCE: Final = timedelta(seconds=5)
"""So far the clocks may be apart and still agree: a Date has no fractions of a second, and travels."""
_YEARS: Final = range(2000, 2200)


def api_time(headers: Mapping[str, str], asked_at: datetime, answered_at: datetime) -> datetime:
    """The moment by the API's clock at which its answer began to arrive.

    It is `answered_at`, this computer's clock, where the Date header lies between the request and the answer, give or
    take the `TOLERANCE`, and where there is none that can be read. A cache that has kept the answer says in Age for how
    many seconds.
    """
    told = http_date(headers.get("Date", ""))
    if told is None:
        return answered_at
    told += _age(headers.get("Age", ""))
    return answered_at if asked_at - TOLERANCE <= told <= answered_at + TOLERANCE else told


def http_date(header: str) -> datetime | None:
    """The moment that a header tells; None when it can't be read or is far from our days."""
    try:
        found = parsedate_to_datetime(header)
        # HTTP has no other zone.
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.year in _YEARS else None


def _age(header: str) -> timedelta:
    text = header.strip()
    return timedelta(seconds=int(text)) if re.fullmatch(r"[0-9]{1,8}", text) else timedelta()
