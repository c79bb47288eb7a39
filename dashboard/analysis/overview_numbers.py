"""The numbers of the live overview, counts of values, and records outside of the 24 hours.

People versus machines: ``MONITOR_*`` and non-interactive events are never in a figure about visitors or conversion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import PURCHASE
from dashboard.analysis.purchase_amounts import add_up, added
from dashboard.filters import Window
from gridrt_client.schema import EVENT, SESSION

ACTIVE_MINUTES = 30
HOURS = 24

BY_HOUR = """
    with visitors as (
        select visitor, least(slot_before($now, eventTime, 3600), 24) as hour,
            count(*) as events,
            count(*) filter (interaction) as interactive,
            count(interaction) as said,
            count(*) filter (eventType = $purchase) as of_type,
            count(*) filter (purchase) as purchases,
            coalesce(bool_or(interaction and not monitoring and visitor is not null), false) as visited
        from events where {events} group by visitor, hour)
    select hour, sum(events), sum(interactive), sum(said), sum(of_type), sum(purchases), count(*) filter (visited)
    from visitors group by hour
"""
VISITORS = """
    select count(*) filter (visited), count(*) filter (visited and bought),
        count(*) filter (visited and session is not null)
    from (
        select visitor, any_value(session) as session, bool_or(interaction and not monitoring) as visited,
            bool_or(purchase) as bought
        from events where visitor is not null and {events} group by visitor)
"""
ACTIVE_BY_MINUTE = """
    select slot_before($now, eventTime, 60) as minute, visitor from events
    where interaction and not monitoring and visitor is not null
        and eventTime <= $now and eventTime > $now - interval 90 minutes and {events}
    group by minute, visitor
"""
SESSIONS_BY_HOUR = """
    select least(slot_before($now, sessionCreated, 3600), 24) as hour, count(*)
    from sessions where {sessions} group by hour
"""
# Sums are made in Python: SQL has no decimal that holds every amount, and there are few different ones.
REVENUE = """
    select int1, str2, least(slot_before($now, eventTime, 3600), 24) as hour, count(*)
    from events where purchase and {events} group by all
"""
OUTSIDE = """
    select count(*) filter ({time} < $window_start and {shown}), count(*) filter ({time} > $window_end and {shown}),
        count(*) filter ({time} is null)
    from {table} where {matching}
"""
VALUE_COUNTS = """
    select {column} as value, count(*) as number from {table} where {column} is not null
    group by value order by number desc, value::varchar
"""
_COUNTED = frozenset((*SESSION.names, *EVENT.names))


@dataclass(frozen=True)
class Outside:
    """Records that a window leaves out: from before it, from after it, and without a readable time."""

    before: int
    after: int
    undated: int


@dataclass(frozen=True)
class Overview:
    """The numbers of the live overview at one moment, *now*.

    A *visit event* is an event with ``interaction`` true that isn't ``MONITOR_*``. A *purchase* is an event of type
    ``PURCHASE`` whose ``interaction`` isn't false. Spans are open at their begin and closed at their end: "the last
    hour" is (now - 1 h, now]. Events without ``eventTime`` are in no span; without ``sessionId``, in no session.

    Attributes
    ----------
    active
        Distinct ``sessionId`` with a visit event in the last 30 minutes.
    active_by_minute
        30 whole numbers, oldest first: the same within each minute of those 30; the last one ends now.
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
        API's ``interactionType=interactive`` has it; those without ``interaction``. The interactive share is
        interactive / (events - unsaid).
    revenue
        Sum of ``int1`` of the purchases by ``str2``, the currency; exact: a float counts as the shortest decimal that
        names it. Three letters are a currency code in any case. Any other text, such as ``€`` and ``US$``, is a unit of
        its own; none and blanks are `NO_CURRENCY`. Most purchases first.
    purchases, purchases_unreadable, purchases_of_machines
        How many purchases; how many of them have no finite ``int1``, so that their revenue isn't known; how many events
        of the type are no purchases, because ``interaction`` is false.
    hour
        (the last hour, the hour before) of ``sessions`` (by ``sessionCreated``), ``events``, ``interactive``, ``said``
        and ``purchases`` (by ``eventTime``); of ``active``: (now, an hour ago).
    revenue_hour
        The same of revenue, for each currency of ``revenue``.
    sessions_by_hour, events_by_hour, interactive_by_hour, said_by_hour, active_by_hour
        24 whole numbers, oldest first, each of an hour; the last ends now. ``said_by_hour``: events with
        ``interaction``, true or false. ``active_by_hour``: distinct sessions with a visit event.
    """

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


@dataclass(frozen=True)
class _Revenue:
    total: dict[str, Decimal]
    by_hour: dict[str, tuple[Decimal, Decimal]]
    unreadable: int


def outside(
    database: Database,
    window: Window,
    column: str = "eventTime",
    span: Window | None = None,
    chosen: EventFilter = EVERYTHING,
) -> Outside:
    """Return how many records the window leaves out by their time in ``column``, and why.

    Parameters
    ----------
    column
        ``eventTime`` of the events or ``sessionCreated`` of the sessions.
    span
        A narrower or another window: only those that it leaves out as well are counted, and all undated ones.
    """
    table = {"eventTime": "events", "sessionCreated": "sessions"}[column]
    shown = "true" if span is None else f"{column} not between $shown_start and $shown_end"
    statement = chosen.apply(OUTSIDE.format(time=column, shown=shown, table=table, matching=f"{{{table}}}"))
    spans = {} if span is None else {"shown_start": span.start, "shown_end": span.end}
    ends = {"window_start": window.start, "window_end": window.end}
    ((before, after, undated),) = database.rows(statement, **chosen.parameters, **ends, **spans)
    return Outside(before, after, undated)


def value_counts(database: Database, table: str, column: str) -> pd.Series:
    """Return how many rows have each value, most first, then by value as text; missing ones don't count.

    Index: the values; name ``count``; int64.
    """
    if column not in _COUNTED:
        raise ValueError(f"There is no column {column!r}.")
    found = database.rows(VALUE_COUNTS.format(column=column, table=table))
    exact = database.exact_numbers(table, column)
    values = [exact.get(value, value) for value, _ in found]
    index = pd.Index(values, dtype=None if values and not isinstance(values[0], str) else "str", name=column)
    return pd.Series([number for _, number in found], index=index, dtype="int64", name="count")


def overview(database: Database, now: pd.Timestamp, chosen: EventFilter = EVERYTHING) -> Overview:
    """Return the numbers of the live overview at ``now`` (UTC), of the sessions and events that a filter selects."""
    given = {**chosen.parameters, "now": now, "purchase": PURCHASE}

    def rows(statement: str) -> list[tuple[Any, ...]]:
        return database.rows(chosen.apply(statement), **given)

    by_hour = {hour: numbers for hour, *numbers in rows(BY_HOUR)}
    events, interactive, said, of_type, purchases, _ = (
        sum(numbers[place] for numbers in by_hour.values()) for place in range(6)
    )
    events_by_hour, interactive_by_hour, said_by_hour, _, purchases_by_hour, active_by_hour = (
        _by_slot({hour: numbers[place] for hour, numbers in by_hour.items()}, HOURS) for place in range(6)
    )
    sessions = dict(rows(SESSIONS_BY_HOUR))
    sessions_by_hour = _by_slot(sessions, HOURS)
    ((visitors, converted, sessions_interactive),) = rows(VISITORS)
    active = rows(ACTIVE_BY_MINUTE)
    now_active, hour_ago = (
        len({visitor for minute, visitor in active if first <= minute < first + ACTIVE_MINUTES}) for first in (0, 60)
    )
    revenue = _revenue(rows(REVENUE), database.exact_numbers("events", "int1"))
    return Overview(
        active=now_active,
        active_by_minute=[sum(minute == slot for minute, _ in active) for slot in reversed(range(ACTIVE_MINUTES))],
        sessions=sum(sessions.values()),
        sessions_interactive=sessions_interactive,
        visitors=visitors,
        converted=converted,
        events=events,
        interactive=interactive,
        unsaid=events - said,
        revenue=revenue.total,
        purchases=purchases,
        purchases_unreadable=revenue.unreadable,
        purchases_of_machines=of_type - purchases,
        hour={
            "active": (now_active, hour_ago),
            "sessions": _newest_two(sessions_by_hour),
            "events": _newest_two(events_by_hour),
            "interactive": _newest_two(interactive_by_hour),
            "said": _newest_two(said_by_hour),
            "purchases": _newest_two(purchases_by_hour),
        },
        revenue_hour=revenue.by_hour,
        sessions_by_hour=sessions_by_hour,
        events_by_hour=events_by_hour,
        interactive_by_hour=interactive_by_hour,
        said_by_hour=said_by_hour,
        active_by_hour=active_by_hour,
    )


def _revenue(purchases: list[tuple[Any, ...]], exact: Mapping[str, int | float]) -> _Revenue:
    """Sum up what `REVENUE` selects; ``exact`` gives the numbers that its texts stand for."""
    amounts = add_up((hour, exact.get(amount), unit, number) for amount, unit, hour, number in purchases)

    def revenue(unit: str, hours: Iterable[int | None]) -> Decimal:
        return added(amounts.sums.get(hour, {}).get(unit, Decimal(0)) for hour in hours)

    return _Revenue(
        {unit: revenue(unit, amounts.sums) for unit in amounts.units},
        {unit: (revenue(unit, [0]), revenue(unit, [1])) for unit in amounts.units},
        amounts.unreadable.total(),
    )


def _by_slot(numbers: Mapping[int | None, int], slots: int) -> list[int]:
    """The numbers of the newest slots, the oldest first."""
    return [numbers.get(slot, 0) for slot in reversed(range(slots))]


def _newest_two(by_slot: list[int]) -> tuple[int, int]:
    return by_slot[-1], by_slot[-2]
