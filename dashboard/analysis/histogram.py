"""Time bins on the wall clock of a zone, and the number of events in them by the value of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.columns import Ints, stamp
from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from gridrt_client.schema import EVENT, SESSION

MINUTE = 60 * 1_000_000  # everything below counts in microseconds
DAY = 24 * 60 * MINUTE
QUARTER = 15 * MINUTE  # every zone in use today is a whole number of quarters off UTC, before and after a change

LADDER = tuple(
    pd.Timedelta(size)
    for size in ("1min", "5min", "10min", "15min", "30min", "1h", "2h", "3h", "6h", "12h", "1D", "7D", "28D", "364D")
)

COUNTS = """
    select {by} as value, time_bucket($grain, eventTime) as begin, count(*)
    from events where eventTime between $first and $last and {events} group by all
"""
BREAKDOWN_COLUMNS = frozenset((*EVENT.names, *SESSION.names))

OTHER = "Other"
MISSING = "(missing)"


@dataclass(frozen=True, eq=False)
class HistogramCounts:
    """Events per time bin and value of a column.

    Attributes
    ----------
    counts
        Index ``start``: where each bin begins, UTC. Columns: the values as text; int64.
    by
        The column.
    other, missing
        The names of the columns that hold the remaining values and the missing ones, None where there are none. They
        differ from `OTHER` and `MISSING` when the data has a value of that very name.
    """

    counts: pd.DataFrame
    by: str
    other: str | None
    missing: str | None


def bin_size(start: pd.Timestamp, end: pd.Timestamp, target: int = 50) -> pd.Timedelta:
    """Return the smallest step of `LADDER` that cuts the window into at most `target` bins, or the last step."""
    return next((size for size in LADDER if (end - start) <= size * target), LADDER[-1])


def as_moments(values: Ints) -> pd.DatetimeIndex:
    """Return microseconds since the epoch as an index of UTC timestamps."""
    return pd.DatetimeIndex(values.view("datetime64[us]")).tz_localize("UTC")


def bin_edges(start: pd.Timestamp, end: pd.Timestamp, size: pd.Timedelta, tz: str) -> pd.DatetimeIndex:
    """Return the edges of the bins that cover the window, aligned to the wall clock of ``tz``; one more than bins, UTC.

    The first edge is at or before `start`, the last one at or after `end`. Where the clock is put back, an hour occurs
    twice: bins of up to an hour keep the two apart, longer ones become an hour longer; where it is put forward, the
    hour that doesn't exist has no bin, and longer bins become shorter. Weeks and longer start on a Monday.
    """
    step = int(size // pd.Timedelta(microseconds=1))
    grain = int(_grain(size) // pd.Timedelta(microseconds=1))
    first, last = stamp(start), max(stamp(end), stamp(start) + 1)
    margin = step + 2 * 60 * MINUTE  # a clock change may make a bin longer
    utc = np.arange((first - margin) // grain * grain, last + margin + grain, grain, dtype=np.int64)
    wall = as_moments(utc).tz_convert(tz).tz_localize(None).to_numpy("datetime64[us]").view(np.int64)
    origin = 4 * DAY if step >= 7 * DAY else 0  # 1970-01-05 was a Monday
    label = (wall - origin) // step
    if step <= 60 * MINUTE:
        begins = (np.diff(label) != 0) | (np.diff(wall - utc) != 0)
    else:
        begins = np.diff(np.maximum.accumulate(label)) != 0  # a bin doesn't begin again when the clock is put back
    edges = utc[1:][begins]
    low = int(np.searchsorted(edges, first, side="right")) - 1
    high = int(np.searchsorted(edges, last, side="left"))
    return as_moments(edges[max(low, 0) : high + 1])


def text_of(value: Any) -> str:
    """Return the text that names a value of any column."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)


def free_label(label: str, taken: Iterable[str]) -> str:
    """Return ``label``, with asterisks where a value of the data has the same name."""
    names = set(taken)
    while label in names:
        label = f"{label} *"
    return label


def histogram_counts(
    database: Database,
    start: pd.Timestamp,
    end: pd.Timestamp,
    tz: str,
    by: str = "eventType",
    *,
    chosen: EventFilter = EVERYTHING,
    top: int = 8,
    size: pd.Timedelta | None = None,
) -> HistogramCounts:
    """Return the number of events per time bin and value of a column.

    Events count from ``start`` to ``end``, both included; events without a time or outside are left out (they are
    counted and named elsewhere). Bins without events have zeros.

    Parameters
    ----------
    tz
        Bins are aligned to the wall clock of this IANA zone (`bin_edges`).
    by
        A field of events or a column that they get from their session; ValueError for another. A missing value is a
        value like the others, named `MISSING`.
    top
        How many values get a column: those with the most events in the window, then by name; the rest is `OTHER`.
    size
        The step of `LADDER`; the one of `bin_size` when not given.
    """
    if by not in BREAKDOWN_COLUMNS:
        raise ValueError(f"Events can't be broken down by {by!r}.")
    size = size or bin_size(start, end)
    edges = bin_edges(start, end, size, tz)
    given = {**chosen.parameters, "first": start, "last": end, "grain": _grain(size)}
    found = database.rows(chosen.apply(COUNTS.replace("{by}", f'"{by}"')), **given)

    totals: Counter[Any] = Counter()
    for value, _, number in found:
        totals[value] += number
    names = {value: text_of(value) for value in totals if value is not None}
    unnamed = free_label(MISSING, names.values())
    other = free_label(OTHER, [*names.values(), unnamed])
    if None in totals:
        names[None] = unnamed
    ranked = sorted(names, key=lambda value: (-totals[value], names[value]))
    place = {value: min(rank, top) for rank, value in enumerate(ranked)}
    columns = [names[value] for value in ranked[:top]] + ([other] if len(ranked) > top else [])

    grid = np.zeros((len(edges) - 1, len(columns)), dtype=np.int64)
    if found:
        marks = edges.to_numpy("datetime64[us]")
        begins = np.array([begin for _, begin, _ in found], dtype="datetime64[us]")
        # An event at the very end belongs to the last bin.
        bins = np.minimum(np.searchsorted(marks, begins, side="right") - 1, len(edges) - 2)
        columns_of = np.array([place[value] for value, _, _ in found])
        np.add.at(grid, (bins, columns_of), [number for _, _, number in found])
    counts = pd.DataFrame(grid, index=edges[:-1].rename("start"), columns=pd.Index(columns, dtype="str"))
    return HistogramCounts(counts, by, other if len(ranked) > top else None, unnamed if None in ranked[:top] else None)


def _grain(size: pd.Timedelta) -> pd.Timedelta:
    """The largest step on which every edge of bins of this size lies, in every zone."""
    step = int(size // pd.Timedelta(microseconds=1))
    return pd.Timedelta(int(np.gcd(step, QUARTER)), unit="us")
