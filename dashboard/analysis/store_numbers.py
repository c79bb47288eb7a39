"""The numbers of each store: the sessions and events of one ``spaceId``, an event's being that of its session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.overview_numbers import ACTIVE_MINUTES
from dashboard.analysis.purchase_amounts import add_up
from dashboard.analysis.span_numbers import Comparison

# Grouped by an integer, then by the store of the session: by its text at once would take twice as long.
VISITORS = """
    with visitors as (
        select visitor, any_value(session) as session,
            bool_or(interaction and not monitoring and eventTime <= $now and eventTime > $now - $active) as active,
            bool_or(interaction and not monitoring and {shown}) as visited,
            bool_or(purchase and {shown}) as bought
        from events where visitor is not null and {events} group by visitor)
    select spaceId, count(*) filter (active), count(*) filter (visited), count(*) filter (visited and bought)
    from visitors left join sessions on visitors.session = sessions.position group by spaceId
"""
SESSIONS = """
    select spaceId, count(*) filter ({shown}), count(*) filter ({newer}), count(*) filter ({earlier})
    from sessions where {sessions} group by spaceId
"""
PURCHASES = """
    select spaceId, coalesce({shown}, false) as shown, coalesce({newer}, false) as newer,
        coalesce({earlier}, false) as earlier, int1, str2, count(*)
    from events where purchase and {events} group by all
"""

COUNTS: Final = (
    *("active", "sessions", "visitors", "converted", "purchases", "unreadable"),
    *("sessions_newer", "sessions_earlier", "purchases_newer", "purchases_earlier"),
)


@dataclass(frozen=True, eq=False)
class StoreNumbers:
    """Numbers of each store, with no filter on events.

    Attributes
    ----------
    counts
        One row per ``spaceId`` of sessions (index from 0, in the order of the ids, a missing one last): the column
        ``spaceId`` (text, missing for sessions without one and for events without a session in the list), and `COUNTS`
        (int64). ``active`` is now; ``sessions`` to ``unreadable`` (purchases without a readable amount) are of
        `Comparison.shown`, as in `span_numbers.SpanNumbers`; the others of the two spans that are compared.
    revenue
        For each ``spaceId`` with a readable amount the sum by unit, of `Comparison.shown`.
    units
        The units of all stores, that of most purchases first.
    """

    counts: pd.DataFrame
    revenue: Mapping[str | None, Mapping[str, Decimal]]
    units: tuple[str, ...]


def store_numbers(
    database: Database, now: pd.Timestamp, compared: Comparison, chosen: EventFilter = EVERYTHING
) -> StoreNumbers:
    """Return the numbers of each store; ``chosen`` without its filters on events, which would change conversion."""
    scope = chosen.without_event_filters().within(None)
    spans = {"shown": compared.shown, "newer": compared.newer, "earlier": compared.earlier}
    given: dict[str, Any] = {
        **scope.parameters,
        "now": now,
        "active": pd.Timedelta(minutes=ACTIVE_MINUTES),
    }
    for name, span in spans.items():
        if span is not None:
            given |= {f"{name}_start": span.start, f"{name}_end": span.end}

    def rows(statement: str, column: str) -> list[tuple[Any, ...]]:
        for name, span in spans.items():
            everything = "true" if name == "shown" else "false"
            inside = everything if span is None else f"{column} between ${name}_start and ${name}_end"
            statement = statement.replace(f"{{{name}}}", inside)
        return database.rows(scope.apply(statement), **given)

    numbers: dict[str | None, dict[str, int]] = {}

    def add(space: str | None, **more: int) -> None:
        own = numbers.setdefault(space, dict.fromkeys(COUNTS, 0))
        for name, number in more.items():
            own[name] += number

    for space, sessions, newer, earlier in rows(SESSIONS, "sessionCreated"):
        add(space, sessions=sessions, sessions_newer=newer, sessions_earlier=earlier)
    for space, active, visited, converted in rows(VISITORS, "eventTime"):
        add(space, active=active, visitors=visited, converted=converted)
    exact, shown = database.exact_numbers("events", "int1"), []
    for space, is_shown, is_newer, is_earlier, amount, unit, number in rows(PURCHASES, "eventTime"):
        add(
            space,
            purchases=number * is_shown,
            purchases_newer=number * is_newer,
            purchases_earlier=number * is_earlier,
        )
        if is_shown:
            shown.append((space, exact.get(amount), unit, number))
    amounts = add_up(shown)
    for space, number in amounts.unreadable.items():
        add(space, unreadable=number)
    spaces = sorted(numbers, key=lambda space: (space is None, space or ""))
    counts = pd.DataFrame(
        {
            "spaceId": pd.Series(spaces, dtype="str"),
            **{name: pd.Series([numbers[space][name] for space in spaces], dtype="int64") for name in COUNTS},
        }
    )
    return StoreNumbers(counts, amounts.sums, tuple(amounts.units))
