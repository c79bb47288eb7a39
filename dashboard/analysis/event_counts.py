"""Events of one type, or of all, by the value of a column."""

from __future__ import annotations

from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter

COLUMNS: Final = ("eventType", "spaceId", "installationId", "deviceId", "appId", "country", "productId", "categoryId")

COUNTS: Final = """
    select nullif({by}, '') as value, count(*) as number, count(distinct visitor), count(*) filter (interaction)
    from events where ($type is null or eventType = $type) and {events} group by value
    order by number desc, value nulls last
"""


def event_counts(
    database: Database, by: str, eventType: str | None = None, chosen: EventFilter = EVERYTHING
) -> pd.DataFrame:
    """Return the events of a type, or of all types, by a column of `COLUMNS`; ValueError for another column.

    Columns: ``by`` (text, missing where events don't have it), ``events``, ``sessions`` (different ``sessionId``),
    ``interactive`` (events that a person did; int64). Most events first, then by value.
    """
    if by not in COLUMNS:
        raise ValueError(f"Events can't be counted by {by!r}.")
    found = database.rows(chosen.apply(COUNTS.replace("{by}", by)), **chosen.parameters, type=eventType)
    types = {by: "str", "events": "int64", "sessions": "int64", "interactive": "int64"}
    return pd.DataFrame(found, columns=list(types)).astype(types)
