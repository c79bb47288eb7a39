"""Formatting and parsing of dates as the vendor's pipeline, its client and others write them, in ms since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

# What Chrome and Node call these zones in `new Date().toString()`: (standard time, summer time).
_LONG_NAMES = {
    "CET": "Central European Standard Time",
    "CEST": "Central European Summer Time",
    "GMT": "Greenwich Mean Time",
    "BST": "British Summer Time",
    "EET": "Eastern European Standard Time",
    "EEST": "Eastern European Summer Time",
    "EST": "Eastern Standard Time",
    "EDT": "Eastern Daylight Time",
    "CST": "Central Standard Time",
    "CDT": "Central Daylight Time",
    "PST": "Pacific Standard Time",
    "PDT": "Pacific Daylight Time",
    "IST": "India Standard Time",
    "JST": "Japan Standard Time",
    "AEST": "Australian Eastern Standard Time",
    "AEDT": "Australian Eastern Daylight Time",
    "UTC": "Coordinated Universal Time",
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JS = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (-?\d{4,6}) (\d{2}):(\d{2}):(\d{2}) GMT([+-])(\d{2})(\d{2})(?: \(.*\))?"
)


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:")


def vendor_date(ms: int) -> str:
    """Return ``2024-04-12T07:55:23.3720000Z``: seven fractional digits, as the vendor's pipeline writes dates."""
    minute, rest = divmod(ms, 60_000)
    return f"{_minute(minute)}{rest // 1000:02d}.{rest % 1000:03d}0000Z"


def iso_date(ms: int, digits: int, zone: str | None = None) -> str:
    """Return ISO 8601 with 0, 3 or 6 fractional digits; ``Z``, or the offset of the IANA zone ``zone``."""
    moment = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone) if zone else UTC)
    text = moment.isoformat(timespec={0: "seconds", 3: "milliseconds", 6: "microseconds"}[digits])
    return text if zone else text.replace("+00:00", "Z")


def js_date(ms: int, zone: str) -> str:
    """Return JavaScript's ``new Date().toString()`` in the IANA zone ``zone``; whole seconds only."""
    moment = datetime.fromtimestamp(ms // 1000, ZoneInfo(zone))
    offset = moment.strftime("%z")
    name = _LONG_NAMES.get(moment.tzname() or "", f"GMT{offset[:3]}:{offset[3:]}")
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment:%d %Y %H:%M:%S} GMT{offset} ({name})"


def read_date(value: object) -> int | None:
    """Return a date as ms since the epoch, from ISO 8601, JavaScript's string or epoch ms; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < 8.64e15 else None  # JavaScript's own limit; also refuses inf and NaN
    if not isinstance(value, str):
        return None
    try:
        if found := _JS.fullmatch(value.strip()):
            month, day, year, hour, minute, second, sign, off_hours, off_minutes = found.groups()
            offset = timedelta(hours=int(off_hours), minutes=int(off_minutes)) * (-1 if sign == "-" else 1)
            moment = datetime(
                int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), 0, timezone(offset)
            )
        else:
            # fromisoformat reads at most six fractional digits.
            moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.strip()))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
