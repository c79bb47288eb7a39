"""What a person chose: one frozen ``Filters``, and how the texts of a link are read."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TypedDict

import pandas as pd
import streamlit as st

from dashboard.metrics import Window

SCOPE = ("installationId", "spaceId", "deviceId")
DEFAULT_DISTINCT = ("str1", "str2", "deviceId")
FASTEST_REFRESH = 1.0


class Scope(TypedDict):
    """The filters that all three endpoints know."""

    installationId: str | None
    spaceId: str | None
    deviceId: str | None


@dataclass(frozen=True)
class Filters:
    """What a person chose, as the link says it.

    ``start`` and ``end`` are UTC and may each be missing; ``refresh`` is in seconds, None when paused; ``tz`` is an
    IANA name. ``problems`` are sentences about values of the link that could not be used.
    """

    installationId: str | None = None
    spaceId: str | None = None
    deviceId: str | None = None
    eventType: str | None = None
    interactionType: str = "all"
    distinctColumns: tuple[str, ...] = DEFAULT_DISTINCT
    tz: str = "UTC"
    refresh: float | None = 30.0
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
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
    def ranged(self) -> bool:
        """Whether the time range is narrower than the past 24 hours."""
        return self.start is not None or self.end is not None

    @property
    def any_set(self) -> bool:
        return bool(self.narrowing) or self.ranged

    def span(self, window: Window) -> Window:
        """The chosen time range, open ends filled from the window; a reversed one is turned round."""
        start, end = self.start or window.start, self.end or window.end
        return Window(min(start, end), max(start, end))


def current() -> Filters:
    """For views: what the sidebar of this run says."""
    chosen: Filters = st.session_state["_filters"]
    return chosen


def with_default_columns(chosen: Filters) -> Filters:
    """For a view that needs distinct columns where none are chosen."""
    return chosen if chosen.distinctColumns else replace(chosen, distinctColumns=DEFAULT_DISTINCT)


@cache
def zones() -> list[str]:
    """IANA time zone names, UTC first."""
    names = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "posix"))}
    return ["UTC", *sorted(names)]


def browser_zone() -> str:
    """The browser's time zone, UTC where it says none or one that this server doesn't know."""
    name = st.context.timezone
    return name if name and _known_zone(name) else "UTC"


def read_scope(read: Callable[[str], str | None]) -> Scope:
    """The scope, from what gives the value of each of its filters."""
    return Scope(installationId=read("installationId"), spaceId=read("spaceId"), deviceId=read("deviceId"))


def read_zone(value: str | None, problems: list[str]) -> str:
    if not value:
        return browser_zone()
    if _known_zone(value):
        return value
    problems.append(
        f"tz “{value}” is not a known time zone: choose one such as Europe/Stockholm. {browser_zone()} is used."
    )
    return browser_zone()


def read_refresh(value: str | None, default: float, problems: list[str]) -> float | None:
    """Seconds from what the link or the widget says: ``30``, ``30s``, ``5m``, ``off``; None when off."""
    if not value:
        return default
    text = value.strip().lower()
    if text in ("off", "0", "paused"):
        return None
    unit = {"s": 1.0, "m": 60.0}.get(text[-1:])
    try:
        seconds = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        seconds = -1.0
    if not FASTEST_REFRESH <= seconds <= 86_400:
        problems.append(f"refresh “{value}” is not a number of seconds from 1 to 86,400 or off. {default:g} s is used.")
        return default
    return seconds


def read_time(name: str, value: str | None, tz: str, problems: list[str]) -> pd.Timestamp | None:
    """A moment in UTC; one without a zone is taken in ``tz``."""
    if not value or not value.strip():
        return None
    try:
        moment = pd.Timestamp(value.strip())
        if moment.tzinfo is None:
            moment = moment.tz_localize(tz, ambiguous=True, nonexistent="shift_forward")
        if not pd.isna(moment):
            return moment.tz_convert("UTC")
    except (ValueError, OverflowError):
        pass
    problems.append(f"{name} “{value}” is not a time such as 2026-11-23T12:20Z. The whole 24 hours are shown.")
    return None


def _known_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True
