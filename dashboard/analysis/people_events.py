"""What the questions about people's behaviour have in common: which events count, and the span before a span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EventFilter
from dashboard.filters import Window

PEOPLE = "not monitoring and interaction is distinct from false and visitor is not null and eventTime is not null"
"""The condition on events that say what a person did in a session: not ``MONITOR_*``, not said to be done by no person,
with a ``sessionId`` and a time."""

LEFT_OUT = """
    select count(*) filter (eventTime is null), count(*) filter (eventTime is not null and visitor is null),
        count(*) filter (eventTime is not null and visitor is not null and interaction = false)
    from events where not monitoring and {events}
"""


@dataclass(frozen=True)
class LeftOut:
    """Events that aren't ``MONITOR_*`` and that no question about people counts, each for the first reason it has."""

    undated: int
    without_session: int
    of_machines: int


def span_before(span: Window, window: Window) -> Window | None:
    """Return the equally long span that ends just before this one; None where it begins before the window."""
    before = Window(span.start - (span.end - span.start), span.start - pd.Timedelta(1, unit="us"))
    return before if before.start >= window.start else None


def rows(database: Database, chosen: EventFilter, statement: str, **more: Any) -> list[tuple[Any, ...]]:
    """Return the rows that a statement selects; ``{people}`` in it stands for `PEOPLE` and the filter's condition."""
    statement = chosen.apply(statement.replace("{people}", f"{PEOPLE} and {{events}}"))
    return database.rows(statement, **chosen.parameters, **more)


def left_out(database: Database, chosen: EventFilter) -> LeftOut:
    """Return how many events of a filter `PEOPLE` leaves out; with a span, the undated ones are not among them."""
    (counts,) = rows(database, chosen, LEFT_OUT)
    return LeftOut(*counts)
