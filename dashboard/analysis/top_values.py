"""The values of a field with how many events and sessions have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.histogram import BREAKDOWN_COLUMNS, WITHHELD, shown_value

COUNTED: Final = """
    select value, count(*) as events, count(distinct visitor) as sessions from (
        select {value} as value, visitor from events where {events})
    group by value
"""
LISTED: Final = """
    select value, events, sessions from counted
    where value is not null and ($text = '' or contains(lower(value), $text))
    order by events desc, value limit $most offset $start
"""
TOTALS: Final = """
    select count(value), coalesce(sum(events) filter (value is not null), 0), coalesce(sum(events), 0),
        count(value) filter ($text = '' or contains(lower(value), $text))
    from counted
"""


@dataclass(frozen=True, eq=False)
class FieldValues:
    """The most frequent values of a field, and how many there are.

    Attributes
    ----------
    frame
        Columns ``value`` (text), ``events``, ``sessions`` (int64): the most events first, then by value.
    different, matching
        How many different values there are; how many of them hold the text that was searched for.
    present, events
        How many events have a value, and how many events there are.
    """

    frame: pd.DataFrame
    different: int
    matching: int
    present: int
    events: int


def field_values(
    database: Database,
    field: str,
    chosen: EventFilter = EVERYTHING,
    *,
    text: str = "",
    start: int = 0,
    most: int = 10,
) -> FieldValues:
    """Return the values of a field in the events that a filter selects; ValueError for an unknown field.

    Parameters
    ----------
    text
        Only values that hold this text, whatever the case, are listed.
    start, most
        Which part of the list: how many values are skipped, and how many are returned at most.

    A missing value is none of the values. What cameras detected of people is one value, `histogram.WITHHELD`.
    """
    if field not in BREAKDOWN_COLUMNS:
        raise ValueError(f"There is no field {field!r} of events.")
    counted = COUNTED.replace("{value}", shown_value(field))
    given = {**chosen.parameters, "withheld": WITHHELD, "text": text.strip().lower(), "start": start, "most": most}
    with_counts = chosen.apply(f"with counted as ({counted}) ")
    ((different, present, events, matching),) = database.rows(with_counts + TOTALS, **given)
    rows = database.rows(with_counts + LISTED, **given)
    frame = pd.DataFrame(rows, columns=["value", "events", "sessions"])
    frame = frame.astype({"value": "str", "events": "int64", "sessions": "int64"})
    return FieldValues(frame, different, matching, int(present), int(events))
