"""What the things attached to a device reported around a span: before it began, and by its end."""

from __future__ import annotations

from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.device_status import combined

REPORTS: Final = """
    select str1, str2, str4,
        arg_min(coalesce(int1, ''), newest) filter (eventTime <= $start), max(eventTime) filter (eventTime <= $start),
        arg_min(coalesce(int1, ''), newest), max(eventTime), count(*) filter (eventTime > $start)
    from events where monitoring and deviceId = $device and eventTime <= $end
    group by eventType, str1, str2, str4 order by str1, str2, str4, eventType
"""


def device_reports(database: Database, deviceId: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the statuses that a device's things had from ``start`` to ``end`` (UTC), by its ``MONITOR_*`` events.

    One row for each thing, by its ``str1``, ``str2`` and ``str4``, with a report up to the end. Columns: ``thing``
    (text), ``int1 at the start`` (the number that was last reported by then, object, None for none), ``reported before
    the start`` (when, UTC), ``int1 at the end``, ``last reported`` (the same by the end), ``reports in between``.
    """
    exact = database.exact_numbers("events", "int1")
    found = database.rows(REPORTS, device=deviceId, start=start, end=end)
    table = pd.DataFrame(
        {
            "thing": pd.Series(
                [combined(value for value in row[:3] if value is not None) for row in found], dtype="str"
            ),
            "int1 at the start": pd.Series([exact.get(row[3]) for row in found], dtype=object),
            "reported before the start": pd.Series([row[4] for row in found], dtype="datetime64[us]"),
            "int1 at the end": pd.Series([exact.get(row[5]) for row in found], dtype=object),
            "last reported": pd.Series([row[6] for row in found], dtype="datetime64[us]"),
            "reports in between": pd.Series([row[7] for row in found], dtype="int64"),
        }
    )
    for name in ("reported before the start", "last reported"):
        table[name] = table[name].dt.tz_localize("UTC")
    return table
