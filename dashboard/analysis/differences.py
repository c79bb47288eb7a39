"""What is different in a part of the events: the values whose share there differs most from that in the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.histogram import BREAKDOWN_COLUMNS, WITHHELD, shown_value
from dashboard.filters import Window

FIELDS: Final = (
    *("eventType", "interaction", "spaceId", "installationId", "deviceId", "appId", "appVersion", "country"),
    *("productId", "categoryId", "str1", "str2", "str3"),
)
FEWEST: Final = 5
"""A value with fewer events, inside and outside together, is chance and is not listed."""

SHARES: Final = """
    with marked as (
        select {value} as value, eventTime between $inside_start and $inside_end as inside
        from events where eventTime is not null and {events}),
    counted as (
        select value, count(*) filter (inside) as inside, count(*) filter (not inside) as outside
        from marked group by value),
    shared as (
        select value, inside, outside, inside / nullif(sum(inside) over (), 0) as inside_share,
            outside / nullif(sum(outside) over (), 0) as outside_share
        from counted)
    select value, inside, outside, inside_share, outside_share from shared
    where inside + outside >= $fewest and inside_share is not null and outside_share is not null
        and inside_share != outside_share
    order by abs(inside_share - outside_share) desc, value limit $most
"""


def differences(
    database: Database,
    span: Window,
    day: Window,
    chosen: EventFilter,
    fields: Iterable[str] = FIELDS,
    most: int = 12,
) -> pd.DataFrame:
    """Return the values whose share of the events in a span differs most from their share in the rest of the day.

    Returns
    -------
    Columns ``field``, ``value`` (text, missing where the field is), ``inside``, ``outside`` (int64: events),
    ``inside_share``, ``outside_share`` (float64, 0 to 1); the largest difference first. Empty when no event is in the
    span, or none outside.
    """
    given = {"inside_start": span.start, "inside_end": span.end, "fewest": FEWEST, "most": most, "withheld": WITHHELD}
    whole_day = chosen.within(day)
    rows = []
    for field in fields:
        if field not in BREAKDOWN_COLUMNS:
            raise ValueError(f"There is no field {field!r} of events.")
        statement = whole_day.apply(SHARES.replace("{value}", shown_value(field)))
        rows += [(field, *row) for row in database.rows(statement, **whole_day.parameters, **given)]
    frame = pd.DataFrame(rows, columns=["field", "value", "inside", "outside", "inside_share", "outside_share"])
    frame = frame.astype({"field": "str", "value": "str", "inside": "int64", "outside": "int64"})
    frame = frame.astype({"inside_share": "float64", "outside_share": "float64"})
    order = (frame["inside_share"] - frame["outside_share"]).abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order[:most]].reset_index(drop=True)
