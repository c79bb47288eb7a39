"""Dates in every notation that real traffic holds, as microseconds since 1970 in UTC."""

from __future__ import annotations

import math
import re
from datetime import date
from functools import lru_cache
from typing import Final

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

# The years 1 to 9999 less a day at each end: a moment must stay a date in every time zone that it may be shown in.
FIRST: Final = (date(1, 1, 2).toordinal() - _EPOCH_DAY) * _DAY
LAST: Final = (date(9999, 12, 31).toordinal() - _EPOCH_DAY) * _DAY - 1

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_OFFSET = r"([+-])([01]\d|2[0-3]):?([0-5]\d)?"
_ISO: Final = re.compile(
    rf"(\d{{4}}-\d\d-\d\d)(?:[Tt ]{_CLOCK}(?::([0-5]\d)(?:[.,](\d+))?)?\ ?(?:[Zz]|{_OFFSET})?)?", re.ASCII
)
# What JavaScript's Date.toString() writes; the name of the zone in parentheses is in the language of the device.
_JAVASCRIPT: Final = re.compile(
    rf"[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) (\d{{1,2}}) (\d{{4}}) {_CLOCK}:([0-5]\d) (?:GMT|UTC)(?:{_OFFSET})?(?: ?\(.*)?",
    re.ASCII | re.DOTALL,
)
# What HTTP and JavaScript's Date.toUTCString() write.
_HTTP: Final = re.compile(
    rf"[A-Z][a-z]{{2}}, (\d{{1,2}}) ([A-Z][a-z]{{2}}) (\d{{4}}) {_CLOCK}:([0-5]\d) (?:GMT|UTC|{_OFFSET})", re.ASCII
)
_MILLISECONDS: Final = re.compile(r"\d{10,15}", re.ASCII)

_MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}


def microseconds(value: object) -> int | None:
    """Microseconds since 1970-01-01T00:00Z, or None when `value` is no date that can be read.

    Read are ISO 8601 (any number of fractional digits, cut to microseconds; without a zone it is UTC, which the
    vendor's pipeline writes; a date alone is its midnight), JavaScript's ``Date.toString()``, the date of RFC 7231,
    and milliseconds since 1970 as a number or as ten or more digits.
    """
    found: int | None = None
    if isinstance(value, str):
        found = _of_text(value.strip())
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int):
        found = value * 1000
    elif isinstance(value, float) and math.isfinite(value):
        # In two parts: the product of a large number would be rounded.
        milliseconds = math.floor(value)
        found = milliseconds * 1000 + round((value - milliseconds) * 1000)
    return found if found is not None and FIRST <= found <= LAST else None


def _of_text(text: str) -> int | None:
    if match := _ISO.fullmatch(text):
        day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
        start = _day(day)
        if start is None or hour is None:
            return start
        found = start + (int(hour) * 3600 + int(minute) * 60 + int(second or 0)) * _SECOND
        if fraction:
            found += int(fraction[:6].ljust(6, "0"))
        return found - _offset(sign, hours, minutes)
    if match := _JAVASCRIPT.fullmatch(text):
        month, day, year, *clock = match.groups()
        return _of_words(year, month, day, *clock)
    if match := _HTTP.fullmatch(text):
        day, month, year, *clock = match.groups()
        return _of_words(year, month, day, *clock)
    if _MILLISECONDS.fullmatch(text):
        return int(text) * 1000
    return None


def _of_words(
    year: str, month: str, day: str, hour: str, minute: str, second: str, sign: str | None, hours: str, minutes: str
) -> int | None:
    start = _day(f"{year}-{_MONTHS.get(month, 0):02}-{day:0>2}")
    if start is None:
        return None
    return start + (int(hour) * 3600 + int(minute) * 60 + int(second)) * _SECOND - _offset(sign, hours, minutes)


def _offset(sign: str | None, hours: str, minutes: str | None) -> int:
    if sign is None:
        return 0
    size = (int(hours) * 3600 + int(minutes or 0) * 60) * _SECOND
    return -size if sign == "-" else size


# The records of 24 hours are from a few days.
@lru_cache(maxsize=1024)
def _day(text: str) -> int | None:
    """The midnight of ``YYYY-MM-DD``, or None when there is no such day."""
    try:
        found = date(int(text[:4]), int(text[5:7]), int(text[8:10]))
    except ValueError:
        return None
    return (found.toordinal() - _EPOCH_DAY) * _DAY
