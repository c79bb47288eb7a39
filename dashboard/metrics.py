"""Numbers over sessions and events. Pure: frames as the client decodes them in, frames and numbers out.

People versus machines: ``MONITOR_*`` and non-interactive events are never in a figure about visitors or conversion.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.formatting import EXACT, UNKNOWN_CURRENCY, is_missing

JOINED = ("spaceId", "installationId", "deviceId", "appId", "country", "environment")
ACTIVE_MINUTES = 30
HOURS = 24
PURCHASE = "PURCHASE"

_NEVER = np.int64(2**62)
_MINUTE, _HOUR = pd.Timedelta(minutes=1), pd.Timedelta(hours=1)
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Window(NamedTuple):
    """A span of time, both ends included; UTC."""

    start: pd.Timestamp
    end: pd.Timestamp


class Outside(NamedTuple):
    """Events that a window leaves out: from before it, from after it, and without a readable time."""

    before: int
    after: int
    undated: int


@dataclass(frozen=True)
class Overview:
    """What `overview` found; its docstring defines each number."""

    active: int
    active_by_minute: list[int]
    sessions: int
    sessions_interactive: int
    visitors: int
    converted: int
    events: int
    interactive: int
    revenue: dict[str, Decimal]
    purchases: int
    purchases_unreadable: int
    hour: dict[str, tuple[int, int]]
    revenue_hour: dict[str, tuple[Decimal, Decimal]]
    sessions_by_hour: list[int]
    events_by_hour: list[int]
    interactive_by_hour: list[int]
    active_by_hour: list[int]


def is_monitor(eventType: Any) -> bool:
    """Whether an event type is a device's report about what is attached to it (the prefix ``MONITOR_``)."""
    return isinstance(eventType, str) and eventType.startswith("MONITOR_")


def unique_sessions(sessions: pd.DataFrame) -> pd.DataFrame:
    """One row per ``sessionId``: the last by ``sessionCreated`` (undated before dated, then as received).

    Rows without ``sessionId`` are all kept. Order as received, index from 0.
    """
    ids = ids_of(sessions["sessionId"])
    if not ids.dropna().duplicated().any():
        return sessions
    # Missing times are the smallest number, so undated rows come first.
    order = np.argsort(stamps(sessions["sessionCreated"]), kind="stable")
    by_time = ids.iloc[order]
    keep = np.sort(order[(by_time.isna() | ~by_time.duplicated(keep="last")).to_numpy(dtype=bool)])
    return sessions.iloc[keep].reset_index(drop=True)


def with_session(events: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Events with what their session knows: spaceId, installationId, deviceId, appId, country, environment.

    Same rows in the same order. Where an event has a value of its own (latest events do), that one stays. Missing where
    the session isn't in the list or the event names none.
    """
    known = unique_sessions(sessions)
    known = known[ids_of(known["sessionId"]).notna()]
    place = _places(events["sessionId"], known["sessionId"])
    joined = {}
    for name in JOINED:
        found = pd.Series(known[name].array.take(place, allow_fill=True), index=events.index)
        joined[name] = events[name].where(events[name].notna(), found) if name in events.columns else found
    return events.assign(**joined)


def narrow_events(events: pd.DataFrame, eventType: str | None = None, interactionType: str = "all") -> pd.DataFrame:
    """The events of one exact type (None: any) and one interaction type.

    ``interactive``: ``interaction`` is true; ``nonInteractive``: it is false. One that doesn't say is in ``all`` only.
    """
    keep = np.ones(len(events), dtype=bool)
    if eventType is not None:
        keep &= _equal(events["eventType"], eventType)
    if interactionType != "all":
        keep &= _equal(events["interaction"], interactionType == "interactive")
    return events if keep.all() else events[keep]


def narrow_sessions(sessions: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The sessions that have at least one of these events."""
    named = ids_of(events["sessionId"]).dropna().unique()
    return sessions[_places(sessions["sessionId"], pd.Series(named)) >= 0]


def between(frame: pd.DataFrame, column: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The rows whose time is in the span, both ends included; undated rows are in none."""
    return frame[frame[column].between(start, end).to_numpy(dtype=bool)]


def outside(events: pd.DataFrame, window: Window) -> Outside:
    """How many events the window leaves out, and why."""
    times = events["eventTime"]
    return Outside(int((times < window.start).sum()), int((times > window.end).sum()), int(times.isna().sum()))


def value_counts(frame: pd.DataFrame, column: str) -> pd.Series:
    """How many rows have each value, most first, then by value as text; missing ones don't count.

    Index: the values; name ``count``; int64.
    """
    counts = frame[column].value_counts()
    counts = counts[counts > 0]
    order = np.lexsort((np.array([str(value) for value in counts.index], dtype=object), -counts.to_numpy()))
    return counts.iloc[order]


def overview(sessions: pd.DataFrame, events: pd.DataFrame, now: pd.Timestamp) -> Overview:
    """The numbers of the live overview, at ``now`` (UTC).

    A *visit event* is an event with ``interaction`` true that isn't ``MONITOR_*``. A *purchase* is an event of type
    ``PURCHASE`` whose ``interaction`` isn't false. Spans are open at their begin and closed at their end: "the last
    hour" is (now - 1 h, now]. Events without ``eventTime`` are in no span; without ``sessionId``, in no session.

    active
        Distinct ``sessionId`` with a visit event in the last 30 minutes.
    active_by_minute
        30 whole numbers, oldest first: the same within each minute of those 30; the last one ends at ``now``.
    sessions
        Distinct ``sessionId`` of the session list; rows without one count once each.
    sessions_interactive
        Those of them that have a visit event, at any time.
    visitors
        Distinct ``sessionId`` with a visit event, at any time, in the session list or not.
    converted
        Those of the visitors that have a purchase: conversion = converted / visitors.
    events, interactive
        Rows (the client counts each ``captureId`` once); those with ``interaction`` true, whatever their type, as the
        API's ``interactionType=interactive`` has it. interactive / events is the interactive share.
    revenue
        Sum of ``int1`` of the purchases by ``str2``, the currency; exact: a float counts as the shortest decimal that
        names it. Currencies are read as three letters in any case; anything else, and none, is ``?``. Most purchases
        first.
    purchases, purchases_unreadable
        How many purchases; how many of them have no finite ``int1``, so that their revenue isn't known.
    hour
        (the last hour, the hour before) of ``sessions`` (by ``sessionCreated``), ``events``, ``interactive`` and
        ``purchases`` (by ``eventTime``); of ``active``: (now, an hour ago).
    revenue_hour
        The same of revenue, for each currency of ``revenue``.
    sessions_by_hour, events_by_hour, interactive_by_hour, active_by_hour
        24 whole numbers, oldest first, each of an hour; the last ends at ``now``. ``active_by_hour``: distinct
        sessions with a visit event.
    """
    unique = unique_sessions(sessions)
    codes, ids = pd.factorize(ids_of(events["sessionId"]))
    codes = codes.astype(np.int64, copy=False)
    interactive = events["interaction"].to_numpy(dtype=bool, na_value=False)
    visit = interactive & ~of_types(events["eventType"], is_monitor) & (codes >= 0)
    minutes, hours = _slots(events["eventTime"], now, _MINUTE), _slots(events["eventTime"], now, _HOUR)
    created = _slots(unique["sessionCreated"], now, _HOUR)
    active_now = _distinct(codes[visit & (minutes < ACTIVE_MINUTES)])
    hour_ago = visit & (minutes >= 60) & (minutes < 60 + ACTIVE_MINUTES)
    visitors = np.unique(codes[visit])

    bought = _equal(events["eventType"], PURCHASE) & ~_equal(events["interaction"], False)
    revenue, revenue_hour, unreadable = _revenue(events[bought], hours[bought])

    def pair(slots: Ints) -> tuple[int, int]:
        return int((slots == 0).sum()), int((slots == 1).sum())

    return Overview(
        active=active_now,
        active_by_minute=_distinct_by_slot(codes[visit], minutes[visit], ACTIVE_MINUTES),
        sessions=len(unique),
        sessions_interactive=int(unique["sessionId"].isin(ids[visitors]).sum()),
        visitors=len(visitors),
        converted=len(np.intersect1d(visitors, codes[bought])),
        events=len(events),
        interactive=int(interactive.sum()),
        revenue=revenue,
        purchases=int(bought.sum()),
        purchases_unreadable=unreadable,
        hour={
            "active": (active_now, _distinct(codes[hour_ago])),
            "sessions": pair(created),
            "events": pair(hours),
            "interactive": pair(hours[interactive]),
            "purchases": pair(hours[bought]),
        },
        revenue_hour=revenue_hour,
        sessions_by_hour=_by_slot(created, HOURS),
        events_by_hour=_by_slot(hours, HOURS),
        interactive_by_hour=_by_slot(hours[interactive], HOURS),
        active_by_hour=_distinct_by_slot(codes[visit], hours[visit], HOURS),
    )


def _revenue(
    purchases: pd.DataFrame, hours: Ints
) -> tuple[dict[str, Decimal], dict[str, tuple[Decimal, Decimal]], int]:
    totals: dict[str, list[Decimal]] = {}
    counts: dict[str, int] = {}
    unreadable = 0
    for amount, currency, hour in zip(purchases["int1"].array, purchases["str2"].array, hours, strict=True):
        if is_missing(amount) or (isinstance(amount, float) and not math.isfinite(amount)):
            unreadable += 1
            continue
        name = _currency(currency)
        sums = totals.setdefault(name, [Decimal(0)] * 3)
        exact = Decimal(str(amount))
        counts[name] = counts.get(name, 0) + 1
        for slot in (0, 1 + hour) if hour < 2 else (0,):
            sums[slot] = EXACT.add(sums[slot], exact)
    names = sorted(totals, key=lambda name: (-counts[name], name))
    return (
        {name: totals[name][0] for name in names},
        {name: (totals[name][1], totals[name][2]) for name in names},
        unreadable,
    )


def _currency(value: Any) -> str:
    text = value.strip().upper() if isinstance(value, str) else ""
    return text if len(text) == 3 and text.isascii() and text.isalpha() else UNKNOWN_CURRENCY


def ids_of(column: pd.Series) -> pd.Series:
    """Identifiers, with the empty text taken for none."""
    return column.where(column != "")


def stamps(times: pd.Series) -> Ints:
    """Microseconds since the epoch; the smallest int64 where missing."""
    moments: Ints = times.dt.as_unit("us").astype("int64").to_numpy()
    return moments


def _places(ids: pd.Series, known: pd.Series) -> Ints:
    """Where each id is among the known ones, -1 where it isn't."""
    codes, values = pd.factorize(ids)
    places = np.append(pd.Index(known).get_indexer(pd.Index(values)), -1)
    return places[codes].astype(np.int64, copy=False)


def of_types(types: pd.Series, test: Callable[[Any], bool]) -> Bools:
    """Where an event type passes the test; a missing one doesn't."""
    return types.isin([name for name in types.dropna().unique() if test(name)]).to_numpy(dtype=bool)


def _slots(times: pd.Series, now: pd.Timestamp, size: pd.Timedelta) -> Ints:
    """How many whole slots before ``now`` each time lies: 0 is (now - size, now]; `_NEVER`: future or undated."""
    moments = stamps(times)
    before = int(now.as_unit("us").asm8.astype(np.int64)) - np.where(times.notna(), moments, 0)
    slots = before // int(size / pd.Timedelta(microseconds=1))
    return np.where(times.notna() & (before >= 0), slots, _NEVER)


def _by_slot(slots: Ints, n: int) -> list[int]:
    counted: list[int] = np.bincount(slots[slots < n], minlength=n)[::-1].tolist()
    return counted


def _equal(column: pd.Series, value: Any) -> Bools:
    """Where a column holds the value; missing ones don't."""
    found: Bools = (column == value).to_numpy(dtype=bool, na_value=False)
    return found


def _distinct(codes: Ints) -> int:
    return len(np.unique(codes))


def _distinct_by_slot(codes: Ints, slots: Ints, n: int) -> list[int]:
    inside = slots < n
    pairs = np.unique(codes[inside] * n + slots[inside])
    return _by_slot(pairs % n, n)
