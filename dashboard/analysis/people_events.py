"""What the questions about people's behaviour have in common: which events count, and the span before a span."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EventFilter
from dashboard.filters import Window

PEOPLE = "not monitoring and interaction is distinct from false and visitor is not null and eventTime is not null"
"""The condition on events that say what a person did in a session: not ``MONITOR_*``, not said to be done by no person,
with a ``sessionId`` and a time."""

LEFT_OUT = """
    select count(*) filter (visitor is null), count(*) filter (visitor is not null and interaction = false)
    from events where not monitoring and {events}
"""


def span_before(span: Window, window: Window) -> Window | None:
    """Return the equally long span that ends just before this one; None where it begins before the window."""
    before = Window(span.start - (span.end - span.start), span.start - pd.Timedelta(1, unit="us"))
    return before if before.start >= window.start else None


def rows(database: Database, chosen: EventFilter, statement: str, **more: Any) -> list[tuple[Any, ...]]:
    """Return the rows that a statement selects; ``{people}`` in it stands for `PEOPLE` and the filter's condition."""
    statement = chosen.apply(statement.replace("{people}", f"{PEOPLE} and {{events}}"))
    return database.rows(statement, **chosen.parameters, **more)


def left_out(database: Database, chosen: EventFilter) -> tuple[int, int]:
    """Return how many events, not counting ``MONITOR_*``, have no session, and how many others no person did."""
    ((homeless, of_machines),) = rows(database, chosen, LEFT_OUT)
    return homeless, of_machines
