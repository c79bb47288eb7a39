"""The API's clock, by the headers of its response."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# Clocks that differ by less agree: a Date header has no fractions of a second, and travels.
TOLERANCE: Final = timedelta(seconds=5)
_YEARS: Final = range(2000, 2200)


def api_time(headers: Mapping[str, str], asked_at: datetime, answered_at: datetime) -> datetime:
    """Return the moment by the API's clock at which its response began to arrive: Date plus Age, a cache's seconds.

    It is `answered_at`, by this computer's clock, without a readable Date and while both agree, see `TOLERANCE`.
    """
    moment, age = http_date(headers.get("Date", "")), headers.get("Age", "").strip()
    if moment is None:
        return answered_at
    if re.fullmatch(r"[0-9]{1,8}", age):
        moment += timedelta(seconds=int(age))
    return answered_at if asked_at - TOLERANCE <= moment <= answered_at + TOLERANCE else moment


def http_date(header: str) -> datetime | None:
    """Return the moment of a header in UTC; None when it is unreadable or outside the years 2000 to 2199."""
    try:
        found = parsedate_to_datetime(header)
        # HTTP has no other zone.
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.year in _YEARS else None
