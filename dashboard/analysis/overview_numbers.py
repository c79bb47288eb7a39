"""Numbers over sessions and events. Pure: frames as the client decodes them in, numbers out.

People versus machines: ``MONITOR_*`` and non-interactive events are never in a figure about visitors or conversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dashboard.analysis.columns import Bools, Codes, Ints, coded, ids_of, passing, stamps
from dashboard.analysis.formatting import EXACT, NO_CURRENCY, is_missing
from dashboard.analysis.joined_events import unique_sessions
from dashboard.filters import Window
from gridrt_client.filtering import holds
from gridrt_client.schema import is_monitor

ACTIVE_MINUTES = 30
HOURS = 24
PURCHASE = "PURCHASE"
SESSION_COLUMNS = ("sessionId", "sessionCreated")
EVENT_COLUMNS = ("sessionId", "eventTime", "eventType", "interaction", "int1", "str2")
"""The columns that `overview` reads."""

_NEVER = np.int64(2**62)
_MINUTE, _HOUR = pd.Timedelta(minutes=1), pd.Timedelta(hours=1)


class Outside(NamedTuple):
    """Records that a window leaves out: from before it, from after it, and without a readable time."""

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
    unsaid: int
    revenue: dict[str, Decimal]
    purchases: int
    purchases_unreadable: int
    purchases_of_machines: int
    hour: dict[str, tuple[int, int]]
    revenue_hour: dict[str, tuple[Decimal, Decimal]]
    sessions_by_hour: list[int]
    events_by_hour: list[int]
    interactive_by_hour: list[int]
    said_by_hour: list[int]
    active_by_hour: list[int]


def outside(frame: pd.DataFrame, window: Window, column: str = "eventTime", span: Window | None = None) -> Outside:
    """How many records the window leaves out by their time in ``column``, and why.

    With ``span``, a narrower or another window, only those that it leaves out as well.
    """
    times = frame[column]
    before, after = times < window.start, times > window.end
    if span is not None:
        hidden = ~times.between(*span)
        before, after = before & hidden, after & hidden
    return Outside(int(before.sum()), int(after.sum()), int(times.isna().sum()))


def value_counts(frame: pd.DataFrame, column: str) -> pd.Series:
    """How many rows have each value, most first, then by value as text; missing ones don't count.

    Index: the values; name ``count``; int64.
    """
    codes, values = coded(frame[column])
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
    there = np.flatnonzero(counts)
    order = there[np.lexsort((np.array([str(value) for value in values[there]], dtype=object), -counts[there]))]
    return pd.Series(counts[order], index=values[order].rename(column), name="count")


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
    events, interactive, unsaid
        Rows (the client counts each ``captureId`` once); those with ``interaction`` true, whatever their type, as the
        API's ``interactionType=interactive`` has it; those that don't say whether a person did it.
        interactive / (events - unsaid) is the interactive share.
    revenue
        Sum of ``int1`` of the purchases by ``str2``, the currency; exact: a float counts as the shortest decimal that
        names it. Three letters are a currency code in any case. Any other text, such as ``€`` and ``US$``, is a unit of
        its own; none and blanks are `NO_CURRENCY`. Most purchases first.
    purchases, purchases_unreadable, purchases_of_machines
        How many purchases; how many of them have no finite ``int1``, so that their revenue isn't known; how many events
        of the type are no purchases, because ``interaction`` is false.
    hour
        (the last hour, the hour before) of ``sessions`` (by ``sessionCreated``), ``events``, ``interactive`` and
        ``purchases`` (by ``eventTime``); of ``active``: (now, an hour ago).
    revenue_hour
        The same of revenue, for each currency of ``revenue``.
    sessions_by_hour, events_by_hour, interactive_by_hour, said_by_hour, active_by_hour
        24 whole numbers, oldest first, each of an hour; the last ends at ``now``. ``said_by_hour``: events that say
        whether a person did it. ``active_by_hour``: distinct sessions with a visit event.
    """
    unique = unique_sessions(sessions)
    codes, ids = coded(ids_of(events["sessionId"]))
    n = len(ids)
    interactive = events["interaction"].to_numpy(dtype=bool, na_value=False)
    said = events["interaction"].notna().to_numpy()
    visit = interactive & ~passing(events["eventType"], is_monitor) & (codes >= 0)
    minutes, hours = _slots(events["eventTime"], now, _MINUTE), _slots(events["eventTime"], now, _HOUR)
    created = _slots(unique["sessionCreated"], now, _HOUR)
    active_now = _marked(codes[visit & (minutes < ACTIVE_MINUTES)], n)
    hour_ago = _marked(codes[visit & (minutes >= 60) & (minutes < 60 + ACTIVE_MINUTES)], n)
    visitors = _marked(codes[visit], n)
    active = int(active_now.sum())

    of_type = holds(events["eventType"], PURCHASE)
    bought = of_type & (interactive | ~said)
    revenue, revenue_hour, unreadable = _revenue(events[["int1", "str2"]][bought], hours[bought])

    def pair(slots: Ints) -> tuple[int, int]:
        return int((slots == 0).sum()), int((slots == 1).sum())

    return Overview(
        active=active,
        active_by_minute=_distinct_by_slot(codes[visit], minutes[visit], ACTIVE_MINUTES, n),
        sessions=len(unique),
        sessions_interactive=int(unique["sessionId"].isin(ids[visitors]).sum()),
        visitors=int(visitors.sum()),
        converted=int((visitors & _marked(codes[bought & (codes >= 0)], n)).sum()),
        events=len(events),
        interactive=int(interactive.sum()),
        unsaid=int((~said).sum()),
        revenue=revenue,
        purchases=int(bought.sum()),
        purchases_unreadable=unreadable,
        purchases_of_machines=int((of_type & ~bought).sum()),
        hour={
            "active": (active, int(hour_ago.sum())),
            "sessions": pair(created),
            "events": pair(hours),
            "interactive": pair(hours[interactive]),
            "said": pair(hours[said]),
            "purchases": pair(hours[bought]),
        },
        revenue_hour=revenue_hour,
        sessions_by_hour=_by_slot(created, HOURS),
        events_by_hour=_by_slot(hours, HOURS),
        interactive_by_hour=_by_slot(hours[interactive], HOURS),
        said_by_hour=_by_slot(hours[said], HOURS),
        active_by_hour=_distinct_by_slot(codes[visit], hours[visit], HOURS, n),
    )


def _revenue(
    purchases: pd.DataFrame, hours: Ints
) -> tuple[dict[str, Decimal], dict[str, tuple[Decimal, Decimal]], int]:
    """Equal amounts in the same currency and hour are multiplied instead of added: there are few different ones."""
    amounts, amount_of = coded(purchases["int1"])
    currencies, currency_of = coded(purchases["str2"])
    known = np.array([*(_is_amount(amount) for amount in amount_of), False], dtype=bool)[amounts]
    keys = np.stack([amounts[known], currencies[known], np.minimum(hours[known], 2)])
    kinds, sizes = np.unique(keys, axis=1, return_counts=True)
    totals: dict[str, list[Decimal]] = {}
    counts: dict[str, int] = {}
    for (amount, currency, hour), size in zip(kinds.T.tolist(), sizes.tolist(), strict=True):
        name = _currency(currency_of[currency] if currency >= 0 else None)
        sums = totals.setdefault(name, [Decimal(0)] * 3)
        counts[name] = counts.get(name, 0) + size
        exact = EXACT.multiply(Decimal(str(amount_of[amount])), Decimal(size))
        for slot in (0, 1 + hour) if hour < 2 else (0,):
            sums[slot] = EXACT.add(sums[slot], exact)
    names = sorted(totals, key=lambda name: (-counts[name], name))
    return (
        {name: totals[name][0] for name in names},
        {name: (totals[name][1], totals[name][2]) for name in names},
        int((~known).sum()),
    )


def _is_amount(value: Any) -> bool:
    return not is_missing(value) and not (isinstance(value, float) and not math.isfinite(value))


def _currency(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else NO_CURRENCY
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else text


def _slots(times: pd.Series, now: pd.Timestamp, size: pd.Timedelta) -> Ints:
    """How many whole slots before ``now`` each time lies: 0 is (now - size, now]; `_NEVER`: future or undated."""
    moments = stamps(times)
    dated = moments != np.iinfo(np.int64).min
    before = int(now.as_unit("us").asm8.astype(np.int64)) - np.where(dated, moments, 0)
    slots = before // int(size / pd.Timedelta(microseconds=1))
    return np.where(dated & (before >= 0), slots, _NEVER)


def _by_slot(slots: Ints, n: int) -> list[int]:
    counted: list[int] = np.bincount(slots[slots < n], minlength=n)[::-1].tolist()
    return counted


def _marked(codes: Codes, n: int) -> Bools:
    """Which of n codes occur."""
    found = np.zeros(n, dtype=bool)
    found[codes] = True
    return found


def _distinct_by_slot(codes: Codes, slots: Ints, slots_wanted: int, n: int) -> list[int]:
    """In each slot how many different codes of n occur, the last slot first."""
    inside = slots < slots_wanted
    found = np.zeros((slots_wanted, n), dtype=bool)
    found[slots[inside], codes[inside]] = True
    counted: list[int] = found.sum(axis=1)[::-1].tolist()
    return counted
