"""The filters as one frozen `Filters`, and the parsing of their values in a link."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Literal, NamedTuple

import pandas as pd

from gridrt_client.safe_text import read_shown, shown
from gridrt_client.schema import NUMBERS, TEXTS

SCOPE = ("installationId", "spaceId", "deviceId")
"""The filters that all three endpoints take."""
OF_SESSION = (*SCOPE, "appId", "appVersion", "country", "environment")
"""The fields of a session that can be filtered by; its events have them too."""
OF_VALUE = (*TEXTS, *NUMBERS)
"""Those of an event whose meaning depends on its type."""
OF_EVENT = ("eventType", "productId", "categoryId", *OF_VALUE)
"""The fields of an event that can be filtered by."""
FIELDS = (*OF_SESSION, *OF_EVENT)
MOST_TERMS = 50
"""The most values that a filter takes."""
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


@dataclass(frozen=True)
class Condition:
    """Which values of a field match: one of ``included``, where there are any, and none of ``excluded``.

    A missing value is none of both.
    """

    field: str
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def single(self) -> str | None:
        """The value, where one value alone matches, else None."""
        return self.included[0] if len(self.included) == 1 and not self.excluded else None

    @property
    def terms(self) -> tuple[str, ...]:
        """The texts of the link: a value, or ``-`` and a value that is left out (`read_condition`)."""
        return (*map(write_value, self.included), *(f"-{write_value(value)}" for value in self.excluded))


@dataclass(frozen=True)
class Filters:
    """The filters that are set.

    ``conditions`` has one for each filtered field, in the order of `FIELDS`. ``start`` and ``end`` may each be None;
    ``refresh`` is in seconds, None when paused; ``tz`` is an IANA name; ``problems`` are sentences about values of the
    link that can't be used.
    """

    conditions: tuple[Condition, ...] = ()
    interactionType: str = "all"
    distinctColumns: tuple[str, ...] = DEFAULT_DISTINCT
    tz: str = "UTC"
    refresh: float | None = 30.0
    start: Moment | None = None
    end: Moment | None = None
    problems: tuple[str, ...] = ()

    @property
    def scope(self) -> tuple[Condition, ...]:
        """The conditions on the filters that all three endpoints take."""
        return tuple(one for one in self.conditions if one.field in SCOPE)

    @property
    def api_scope(self) -> dict[str, str]:
        """The filters that all three endpoints are asked with; all other conditions are applied to the answers."""
        return api_scope(self.conditions)

    def condition(self, field: str) -> Condition:
        """Return the condition on a field; an empty one where there is none."""
        return next((one for one in self.conditions if one.field == field), Condition(field))

    @property
    def on_events(self) -> bool:
        """Whether there is a filter on events, which leaves out a part of the events of a session."""
        return self.interactionType != "all" or any(one.field in OF_EVENT for one in self.conditions)

    @property
    def beyond_things(self) -> bool:
        """Whether there are filters that can't apply to attached things, whose latest events name no such field."""
        return self.on_events or any(one.field not in SCOPE for one in self.conditions)

    def without_event_filters(self) -> Filters:
        """Return the filters without those on events."""
        conditions = tuple(one for one in self.conditions if one.field in OF_SESSION)
        return replace(self, conditions=conditions, interactionType="all")

    @property
    def ranged(self) -> bool:
        """Whether the time range is narrower than the past 24 hours."""
        return self.start is not None or self.end is not None

    @property
    def any_set(self) -> bool:
        return bool(self.conditions) or self.interactionType != "all" or self.ranged

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


def api_scope(conditions: Iterable[Condition]) -> dict[str, str]:
    """Return the values that the API can filter by: single ones of `SCOPE`.

    A blank value can't be asked for, because the API would take it for no filter.
    """
    singles = {one.field: one.single for one in conditions if one.field in SCOPE}
    return {name: value for name, value in singles.items() if value is not None and value.strip()}


def read_condition(field: str, terms: Iterable[str], problems: list[str]) -> Condition | None:
    """Return the condition that the texts of a link or of a widget stand for; None where there is no text.

    A text is a value as `read_value` reads it, or ``-`` and a value that is left out. Of more than `MOST_TERMS` the
    rest is left out, which is added to ``problems``.
    """
    given = list(dict.fromkeys(term for term in terms if term))
    if len(given) > MOST_TERMS:
        problems.append(f"{field} is in the link {len(given)} times: the first {MOST_TERMS} are used.")
        given = given[:MOST_TERMS]
    excluded = tuple(dict.fromkeys(read_shown(term[1:]) for term in given if is_excluding(term)))
    included = tuple(dict.fromkeys(read_shown(term) for term in given if not is_excluding(term)))
    return Condition(field, included, excluded) if given else None


def is_excluding(term: str) -> bool:
    """Whether a text of a link leaves out a value."""
    return len(term) > 1 and term.startswith("-")


def write_value(value: str) -> str:
    """Return the text for a value in a link: as `safe_text.shown`, in quotes too where it begins with ``-``."""
    return json.dumps(value, ensure_ascii=False) if value.startswith("-") and shown(value) == value else shown(value)


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
