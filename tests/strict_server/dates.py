"""Dates as the records write them: every way that real traffic uses, written and read, without a library.

Reading is done with whole numbers only, so that it has nothing in common with how the client reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))",
)
_JAVASCRIPT = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4}) (\d\d):(\d\d):(\d\d) GMT([+-])(\d\d)(\d\d)(?: \(.*\))?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read(value: Any) -> int | None:
    """Microseconds since the epoch, UTC, or None for what can't be read as a moment."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value * 1000)
    if not isinstance(value, str):
        return None
    iso = _ISO.fullmatch(value)
    if iso:
        year, month, day, hour, minute, second = (int(part) for part in iso.groups()[:6])
        micros = int((iso[7] or "").ljust(6, "0")[:6])
        sign, offset_hours, offset_minutes = iso[8], int(iso[9] or 0), int(iso[10] or 0)
    else:
        script = _JAVASCRIPT.fullmatch(value)
        if script is None or script[1] not in _MONTHS:
            return None
        month = _MONTHS.index(script[1]) + 1
        day, year, hour, minute, second = (int(script[part]) for part in (2, 3, 4, 5, 6))
        micros, sign = 0, script[7]
        offset_hours, offset_minutes = int(script[8]), int(script[9])
    if not (1 <= month <= 12 and 1 <= day <= _days_of(year, month) and hour < 24 and minute < 60 and second < 60):
        return None
    # The first and the last day that a date can hold mean "none" to the programs that write them.
    if (year, month, day) in ((1, 1, 1), (9999, 12, 31)):
        return None
    offset = (offset_hours * 60 + offset_minutes) * (-1 if sign == "-" else 1)
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
    return seconds * 1_000_000 + micros


def _days_of(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, by counting leap years."""
    before = year - 1
    leaps = before // 4 - before // 100 + before // 400
    return before * 365 + leaps + sum(_days_of(year, earlier) for earlier in range(1, month)) + day - 1 - 719_162


def _javascript(zone: timezone, name: str) -> Callable[[datetime], str]:
    def write(moment: datetime) -> str:
        local = moment.astimezone(zone)
        month = _MONTHS[local.month - 1]
        weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[local.weekday()]
        return f"{weekday} {month} {local:%d %Y %H:%M:%S} GMT{local:%z}{name}"

    return write


def _iso(zone: timezone, spec: str) -> Callable[[datetime], str]:
    return lambda moment: moment.astimezone(zone).isoformat(timespec=spec)


def _zulu(moment: datetime, spec: str) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=spec)


# Every way is exact to the second; what a way can't hold is cut off.
WAYS: tuple[Callable[[datetime], Any], ...] = (
    lambda moment: _zulu(moment, "microseconds") + "0Z",
    lambda moment: _zulu(moment, "microseconds") + "Z",
    lambda moment: _zulu(moment, "milliseconds") + "Z",
    lambda moment: _zulu(moment, "seconds") + "Z",
    _iso(timezone(timedelta(hours=5, minutes=30)), "milliseconds"),
    _iso(timezone(-timedelta(hours=8)), "seconds"),
    _javascript(timezone(timedelta(hours=1)), " (Central European Standard Time)"),
    _javascript(timezone(timedelta(hours=5, minutes=45)), " (नेपाल समय)"),
    _javascript(UTC, ""),
    lambda moment: int(moment.timestamp() * 1000),
    lambda moment: float(int(moment.timestamp()) * 1000),
)

# Not one of these is a moment.
UNREADABLE: tuple[Any, ...] = ("yesterday", "", "2026-13-45T99:99:99Z", "NaN", {}, [], True, "<b>now</b>")
