"""The filters as one frozen `Filters`, and the parsing of their values in a link."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Literal, NamedTuple, TypedDict

import pandas as pd

from gridrt_client.safe_text import read_shown, shown

SCOPE = ("installationId", "spaceId", "deviceId")
DEFAULT_DISTINCT = ("str1", "str2", "deviceId")
FASTEST_REFRESH = 1.0
SHOWN = 60
"""The most characters of a value that a message quotes."""

Moment = pd.Timestamp | pd.Timedelta
"""An end of the time range: a moment in UTC, or a distance before the end of the 24 hours, which moves on."""

_ABSOLUTE = re.compile(
    # A + in a link is decoded as a blank unless it is written as %2B: before an offset a blank means +.
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(?:(Z)|([+ -])(\d\d):?(\d\d))?)?",
    re.ASCII | re.IGNORECASE,
)
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)([sm]?)", re.ASCII)
_RELATIVE = re.compile(r"now|(?:now-)?(\d{1,6})(s|m|h|d)", re.ASCII | re.IGNORECASE)


class Window(NamedTuple):
    """A span of time, both ends included; UTC."""

    start: pd.Timestamp
    end: pd.Timestamp


class Scope(TypedDict):
    """The filters that all three endpoints take."""

    installationId: str | None
    spaceId: str | None
    deviceId: str | None


@dataclass(frozen=True)
class Filters:
    """The filters that are set.

    ``start`` and ``end`` may each be None; ``refresh`` is in seconds, None when paused; ``tz`` is an IANA name;
    ``problems`` are sentences about values of the link that can't be used.
    """

    installationId: str | None = None
    spaceId: str | None = None
    deviceId: str | None = None
    eventType: str | None = None
    interactionType: str = "all"
    distinctColumns: tuple[str, ...] = DEFAULT_DISTINCT
    tz: str = "UTC"
    refresh: float | None = 30.0
    start: Moment | None = None
    end: Moment | None = None
    problems: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope(installationId=self.installationId, spaceId=self.spaceId, deviceId=self.deviceId)

    @property
    def narrowing(self) -> dict[str, str]:
        """The filters that are set, by name, without the time range."""
        named = {name: getattr(self, name) for name in (*SCOPE, "eventType")}
        if self.interactionType != "all":
            named["interactionType"] = self.interactionType
        return {name: value for name, value in named.items() if value is not None}

    @property
    def on_events(self) -> bool:
        """Whether there is a filter on events, which leaves out a part of the events of a session."""
        return self.eventType is not None or self.interactionType != "all"

    @property
    def ranged(self) -> bool:
        """Whether the time range is narrower than the past 24 hours."""
        return self.start is not None or self.end is not None

    @property
    def any_set(self) -> bool:
        return bool(self.narrowing) or self.ranged

    def asked_span(self, window: Window) -> Window:
        """Return the chosen time range: open ends are those of the window, reversed ends are exchanged."""
        start = window.start if self.start is None else _moment(self.start, window)
        end = window.end if self.end is None else _moment(self.end, window)
        return Window(end, start) if self.reversed(window) else Window(start, end)

    def reversed(self, window: Window) -> bool:
        """Whether the end of the chosen time range is before its start."""
        if self.start is None or self.end is None:
            return False
        return _moment(self.start, window) > _moment(self.end, window)

    def span(self, window: Window) -> Window | None:
        """Return the part of the chosen time range that is in the window, None when there is none."""
        asked = self.asked_span(window)
        start, end = max(asked.start, window.start), min(asked.end, window.end)
        return Window(start, end) if start <= end else None


def with_default_columns(chosen: Filters) -> Filters:
    """Return the filters with the default distinct columns where none are chosen."""
    return chosen if chosen.distinctColumns else replace(chosen, distinctColumns=DEFAULT_DISTINCT)


@cache
def zones() -> list[str]:
    """Return the IANA time zone names, UTC first."""
    names = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "posix"))}
    return ["UTC", *sorted(names)]


def is_zone(name: str) -> bool:
    """Whether this computer has a time zone of this name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def read_scope(read: Callable[[str], str | None]) -> Scope:
    """Return the scope; ``read`` returns the text of each of its filters."""
    return Scope(
        installationId=read_value(read("installationId")),
        spaceId=read_value(read("spaceId")),
        deviceId=read_value(read("deviceId")),
    )


def blanks(asked: Mapping[str, object]) -> dict[str, str]:
    """Return the filters whose value is blank: the API would take that for no filter, so it can't be asked."""
    return {name: value for name, value in asked.items() if isinstance(value, str) and not value.strip()}


def for_api(asked: Mapping[str, object]) -> dict[str, str]:
    """Return the filters that the API can be asked for: those whose value isn't blank."""
    return {name: value for name, value in asked.items() if isinstance(value, str) and value.strip()}


def read_value(text: str | None) -> str | None:
    """Return the exact value of a filter from the text of the link or of a widget; None for no filter and no text.

    Values that can't be read as they are on a page, and the empty one, are written as `safe_text.shown` returns them.
    """
    return read_shown(text) if text else None


def read_zone(value: str | None, default: str, problems: list[str]) -> str:
    """Return the IANA time zone that a text names, else the default; an unknown name is added to ``problems``."""
    if not value:
        return default
    if is_zone(value):
        return value
    problems.append(
        f"tz “{shown(value, SHOWN)}” is not a known time zone: choose one such as Europe/Stockholm. {default} is used."
    )
    return default


def read_refresh(value: str | None, default: float, problems: list[str]) -> float | None:
    """Return the seconds that a text such as ``30``, ``30s``, ``5m`` or ``off`` means; None when off.

    A text that can't be used is added to ``problems`` and means the default.
    """
    if not value:
        return default
    text = value.strip().lower()
    if text in ("off", "0", "paused"):
        return None
    found = _SECONDS.fullmatch(text)
    seconds = float(found[1]) * (60.0 if found[2] == "m" else 1.0) if found else -1.0
    if not FASTEST_REFRESH <= seconds <= 86_400:
        problems.append(
            f"refresh “{shown(value, SHOWN)}” is not a number of seconds from 1 to 86,400 or off. "
            f"{default:g} s is used."
        )
        return default
    return seconds


def read_time(name: str, value: str | None, problems: list[str]) -> Moment | None:
    """Return an end of the time range as `parse_time` reads it; what it can't read is added to ``problems``."""
    if not value or not value.strip():
        return None
    moment = parse_time(value)
    if moment is None:
        problems.append(
            f"{name} “{shown(value, SHOWN)}” is not a time such as 2026-11-23T12:20Z or now-3h. "
            "The range is open at that end."
        )
    return moment


def parse_time(text: str) -> Moment | None:
    """Return a moment in UTC or, for a time before now, the distance; None for a text in no documented form.

    The forms are ISO 8601 dates with or without a time, to the microsecond, with ``Z`` or an offset, else in UTC; and
    ``now``, ``now-3h`` or ``3h``, in seconds (s), minutes (m), hours (h) or days (d).
    """
    text = text.strip()
    if found := _RELATIVE.fullmatch(text):
        number, unit = found.groups()
        return pd.Timedelta(int(number or 0), unit=_UNITS[(unit or "s").lower()])
    found = _ABSOLUTE.fullmatch(text)
    if found is None:
        return None
    day, clock, _, sign, hours, minutes = found.groups()
    offset = f"{'-' if sign == '-' else '+'}{hours}:{minutes}" if sign else "+00:00"
    try:
        return pd.Timestamp(datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset}").astimezone(UTC))
    except (ValueError, OverflowError):
        # For example the 30th of February, or a moment before the year 1 in UTC.
        return None


def write_time(moment: Moment | None) -> str | None:
    """Return a moment in the form that `parse_time` reads: ``2026-11-23T12:20:00Z``, ``now-3h``."""
    if moment is None:
        return None
    if isinstance(moment, pd.Timedelta):
        seconds = int(moment.total_seconds())
        for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
            # 24h stays 24h.
            if seconds >= size and seconds % size == 0 and (unit != "d" or seconds > 86_400):
                return f"now-{seconds // size}{unit}"
        return f"now-{seconds}s" if seconds else "now"
    utc = moment.tz_convert("UTC").tz_localize(None)
    return (utc.isoformat() if moment.microsecond else utc.isoformat(timespec="seconds")) + "Z"


_UNITS: dict[str, Literal["s", "m", "h", "D"]] = {"s": "s", "m": "m", "h": "h", "d": "D"}


def _moment(moment: Moment, window: Window) -> pd.Timestamp:
    return window.end - moment if isinstance(moment, pd.Timedelta) else moment
