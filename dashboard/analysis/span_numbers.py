"""Numbers of one span of time, and which spans are compared with each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import PURCHASE
from dashboard.analysis.overview_numbers import VISITORS, Overview
from dashboard.analysis.people_events import span_before
from dashboard.analysis.purchase_amounts import add_up
from dashboard.filters import Window

SHORTEST: Final = pd.Timedelta(1, unit="us")
HOUR: Final = pd.Timedelta(hours=1)

EVENTS = """
    select count(*), count(*) filter (interaction), count(interaction),
        count(*) filter (purchase),
        count(*) filter (eventType = $purchase and interaction = false)
    from events where {events}
"""
SESSIONS = "select count(position) from sessions where {sessions}"
AMOUNTS = """
    select int1, str2, count(*) from events
    where purchase and {events} group by all
"""


@dataclass(frozen=True)
class Comparison:
    """The spans that numbers are of, and are compared over; both ends included.

    Attributes
    ----------
    shown
        The chosen time range; None for all of the 24 hours, which includes what is dated outside of them.
    newer, earlier
        The two that are compared: the chosen range and the equally long span before it, or the last hour and the hour
        before where all of the 24 hours are chosen. ``earlier`` is None where it isn't completely in the 24 hours.
    """

    shown: Window | None
    newer: Window
    earlier: Window | None


@dataclass(frozen=True)
class SpanNumbers:
    """Numbers of one span, as in `overview_numbers.Overview`.

    ``sessions`` are those created in it; ``events`` are in it by ``eventTime``; ``visitors`` have a visit event in it,
    ``converted`` of them a purchase in it too. ``of_machines`` are events of the type ``PURCHASE`` that no person did,
    ``unreadable`` purchases without a readable amount. ``revenue`` is by unit, the unit of most purchases first.
    """

    sessions: int
    events: int
    interactive: int
    said: int
    visitors: int
    converted: int
    purchases: int
    of_machines: int
    unreadable: int
    revenue: dict[str, Decimal]

    @classmethod
    def of_overview(cls, overview: Overview) -> SpanNumbers:
        """Return the numbers of all of the 24 hours, which the overview has."""
        return cls(
            sessions=overview.sessions,
            events=overview.events,
            interactive=overview.interactive,
            said=overview.events - overview.unsaid,
            visitors=overview.visitors,
            converted=overview.converted,
            purchases=overview.purchases,
            of_machines=overview.purchases_of_machines,
            unreadable=overview.purchases_unreadable,
            revenue=overview.revenue,
        )


def comparison(span: Window | None, window: Window) -> Comparison:
    """Return what to compare for a chosen time range, None for all of the 24 hours (``window``)."""
    if span is not None:
        return Comparison(span, span, span_before(span, window))
    newer = Window(window.end - HOUR + SHORTEST, window.end)
    return Comparison(None, newer, span_before(newer, window))


def span_numbers(database: Database, span: Window | None, chosen: EventFilter = EVERYTHING) -> SpanNumbers:
    """Return the numbers of a span, of the sessions and events that a filter selects; None for all of them."""
    of_events, of_sessions = chosen.within(span), replace(chosen, created=span)
    given = {**of_events.parameters, "purchase": PURCHASE}
    ((events, interactive, said, purchases, of_machines),) = database.rows(of_events.apply(EVENTS), **given)
    ((visitors, converted, _),) = database.rows(of_events.apply(VISITORS), **given)
    ((sessions,),) = database.rows(of_sessions.apply(SESSIONS), **of_sessions.parameters)
    exact = database.exact_numbers("events", "int1")
    purchased = database.rows(of_events.apply(AMOUNTS), **given)
    amounts = add_up(("all", exact.get(amount), unit, number) for amount, unit, number in purchased)
    return SpanNumbers(
        sessions=sessions,
        events=events,
        interactive=interactive,
        said=said,
        visitors=visitors,
        converted=converted,
        purchases=purchases,
        of_machines=of_machines,
        unreadable=amounts.unreadable.total(),
        revenue=amounts.of("all"),
    )
