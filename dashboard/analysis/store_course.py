"""What happened in stores over time: sessions, visitors, purchases, revenue and steps of the funnel by time bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.funnel import EXAMPLE
from dashboard.analysis.histogram import bin_edges
from dashboard.analysis.joined_events import PURCHASE
from dashboard.analysis.purchase_amounts import add_up
from dashboard.filters import Window

FUNNEL: Final = EXAMPLE
"""The steps that are counted."""

COUNTS: Final = ("sessions", "visitors", "purchases")

# The distinct sessions of a bin can't be added up from smaller ones, so each event gets the bin that it is in. Grouped
# by session first: to count distinct ones for each number takes four times as long.
EVENTS = """
    with own as (
        select {store} as store, eventTime, eventType, visitor, interaction, monitoring from events
        where eventTime between $span_start and $span_end and {of_stores}
            and interaction is distinct from false and not monitoring and {events}),
    of_sessions as (
        select store, place, visitor, coalesce(bool_or(interaction), false) as visited,
            count(*) filter (eventType = $purchase) as purchases, {flags}
        from own asof join bins on own.eventTime >= bins.begin group by store, place, visitor)
    select store, place, count(visitor) filter (visited), sum(purchases)::bigint, {steps}
    from of_sessions group by store, place
"""
FLAG = "coalesce(bool_or(eventType = '{step}'), false) as step_{place}"
STEP = "count(visitor) filter (step_{place})"
SESSIONS = """
    with own as (
        select {store} as store, sessionCreated from sessions
        where sessionCreated between $span_start and $span_end and {of_stores} and {sessions})
    select store, place, count(*) from own asof join bins on own.sessionCreated >= bins.begin group by store, place
"""
AMOUNTS = """
    with own as (
        select {store} as store, eventTime, int1, str2 from events
        where purchase
            and eventTime between $span_start and $span_end and {of_stores} and {events})
    select store, place, int1, str2, count(*)
    from own asof join bins on own.eventTime >= bins.begin group by all
"""
_OF_STORES = "spaceId in (select unnest($spaces))"


@dataclass(frozen=True, eq=False)
class StoreCourse:
    """The course of one or several stores.

    Attributes
    ----------
    edges
        The edges of the bins, UTC; one more than bins.
    span
        What the numbers are of: the first and the last bin may be only partly in it.
    counts
        For each store one row per bin (index from 0). Columns `COUNTS` and `FUNNEL`, int64: sessions created in the
        bin; sessions in which a person did something in it; purchases; sessions that have such an event in it which
        isn't said to be done by no person, for each step.
    revenue
        For each store, by unit, the sum of the readable amounts in each bin.
    units
        The units of all of them, that of most purchases first.
    unreadable
        Purchases without a readable amount.
    """

    edges: pd.DatetimeIndex
    span: Window
    counts: dict[str | None, pd.DataFrame]
    revenue: dict[str | None, dict[str, list[Decimal]]]
    units: tuple[str, ...]
    unreadable: int

    @property
    def partial(self) -> tuple[bool, bool]:
        """Whether the first and the last bin are only partly in the span."""
        return bool(self.edges[0] < self.span.start), bool(self.edges[-1] > self.span.end)


def store_course(
    database: Database,
    span: Window,
    size: pd.Timedelta,
    tz: str,
    spaces: Sequence[str] | None = None,
    chosen: EventFilter = EVERYTHING,
) -> StoreCourse:
    """Return the course of stores, without the filters on events.

    Parameters
    ----------
    size
        Of the bins, aligned to the wall clock of ``tz`` (`histogram.bin_edges`).
    spaces
        The stores; None: all that the database holds, as one with the key None.
    """
    edges = bin_edges(span.start, span.end, size, tz)
    begins = edges[:-1]
    bins = pd.DataFrame({"begin": begins, "place": np.arange(len(begins), dtype=np.int32)})
    extended, scope = database.extended(bins=bins), chosen.without_event_filters().within(None)
    given = {
        **scope.parameters,
        "span_start": span.start,
        "span_end": span.end,
        "purchase": PURCHASE,
        "spaces": list(spaces or ()),
    }
    numbered = list(enumerate(FUNNEL))
    flags = ", ".join(FLAG.format(step=step, place=place) for place, step in numbered)
    steps = ", ".join(STEP.format(place=place) for place, _ in numbered)

    def rows(statement: str) -> list[tuple[Any, ...]]:
        statement = statement.replace("{store}", "null" if spaces is None else "spaceId").replace("{steps}", steps)
        statement = statement.replace("{flags}", flags)
        statement = statement.replace("{of_stores}", "true" if spaces is None else _OF_STORES)
        return extended.rows(scope.apply(statement), **given)

    stores: tuple[str | None, ...] = (None,) if spaces is None else tuple(dict.fromkeys(spaces))
    grids = {store: np.zeros((len(begins), len(COUNTS) + len(FUNNEL)), dtype=np.int64) for store in stores}
    for store, place, number in rows(SESSIONS):
        grids[store][place, 0] = number
    for store, place, *numbers in rows(EVENTS):
        grids[store][place, 1:] = numbers
    exact = database.exact_numbers("events", "int1")
    amounts = add_up(
        ((store, place), exact.get(amount), unit, number) for store, place, amount, unit, number in rows(AMOUNTS)
    )
    revenue: dict[str | None, dict[str, list[Decimal]]] = {store: {} for store in stores}
    for (store, place), sums in amounts.sums.items():
        for unit, amount in sums.items():
            revenue[store].setdefault(unit, [Decimal(0)] * len(begins))[place] = amount
    columns = [*COUNTS, *FUNNEL]
    counts = {store: pd.DataFrame(grid, columns=columns) for store, grid in grids.items()}
    return StoreCourse(edges, span, counts, revenue, tuple(amounts.units), amounts.unreadable.total())
