"""Dates in every notation of real traffic, as microseconds since 1970 in UTC."""

import math
import re
from datetime import datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001
_MICROSECOND: Final = timedelta(microseconds=1)
# The years 1 to 9999 less a day at each end: a moment must stay a date in every time zone.
FIRST: Final = (datetime(1, 1, 2) - _EPOCH) // _MICROSECOND  # noqa: DTZ001
LAST: Final = (datetime(9999, 12, 31) - _EPOCH) // _MICROSECOND - 1  # noqa: DTZ001

_CLOCK = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)"
_SECOND = r":(?P<second>[0-5]\d)"
_OFFSET = r"(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):?(?P<minutes>[0-5]\d)?"
_ISO: Final = (
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    rf"(?:[Tt ]{_CLOCK}(?:{_SECOND}(?:[.,](?P<fraction>\d+))?)? ?(?:[Zz]|{_OFFSET})?)?"
)
# JavaScript's Date.toString(); the name of the zone in parentheses is in the language of the device.
_JAVASCRIPT: Final = (
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}) (?P<year>\d{4}) "
    rf"{_CLOCK}{_SECOND} (?:GMT|UTC)(?:{_OFFSET})?(?: ?\(.*)?"
)
# HTTP (RFC 7231) and JavaScript's Date.toUTCString().
_HTTP: Final = (
    r"[A-Z][a-z]{2}, (?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) "
    rf"{_CLOCK}{_SECOND} (?:GMT|UTC|{_OFFSET})"
)
_FORMS: Final = [re.compile(form, re.ASCII | re.DOTALL) for form in (_ISO, _JAVASCRIPT, _HTTP)]
_MILLISECONDS: Final = re.compile(r"\d{10,15}", re.ASCII)
_MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}


def microseconds(value: object) -> int | None:
    """Return microseconds since 1970-01-01T00:00Z, or None for what is no readable date.

    Readable are ISO 8601 (fractions cut to microseconds; UTC without a zone, as the vendor's pipeline writes it; a date
    alone is its midnight), JavaScript's ``Date.toString()``, the date of RFC 7231, and milliseconds since 1970 as a
    number or as ten or more digits.
    """
    found: int | None = None
    if isinstance(value, str):
        found = _of_text(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        found = value * 1000
    elif isinstance(value, float) and math.isfinite(value):
        # In two parts: the product of a large number would be rounded.
        milliseconds = math.floor(value)
        found = milliseconds * 1000 + round((value - milliseconds) * 1000)
    return found if found is not None and FIRST <= found <= LAST else None


def _of_text(text: str) -> int | None:
    match = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if match is None:
        return int(text) * 1000 if _MILLISECONDS.fullmatch(text) else None
    parts = match.groupdict("0")
    month, fraction = parts["month"], parts.get("fraction", "0")
    hour, minute, second = (int(parts[name]) for name in ("hour", "minute", "second"))
    try:
        number = int(month) if month.isdigit() else _MONTHS.get(month, 0)
        moment = datetime(int(parts["year"]), number, int(parts["day"]), hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    offset = timedelta(hours=int(parts["hours"]), minutes=int(parts["minutes"])) // _MICROSECOND
    found = (moment - _EPOCH) // _MICROSECOND + int(fraction[:6].ljust(6, "0"))
    return found + offset if parts["sign"] == "-" else found - offset
