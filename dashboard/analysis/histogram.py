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
from dashboard.analysis.measures import Measure
from dashboard.analysis.purchase_amounts import currency_of
from gridrt_client.schema import EVENT, NUMBERS, SESSION, TEXTS

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
UNITS = "select distinct str2 from events where purchase"
RANKED = """
    select {by} as value, {aggregate} as amount from events
    where eventTime between $first and $last and {events} and {condition} group by value
"""
UNMEASURED = """
    select count(*) from events
    where eventTime between $first and $last and {events} and {condition} and {unmeasured}
"""
BINNED = """
    with labelled as (
        select case when {by} is null then $missing else coalesce(places.place, $other) end as place, bins.bin, events.*
        from events join bins on bins.begin = time_bucket($grain, eventTime)
            left join places on places.value = {by}
        where eventTime between $first and $last and {events} and {condition})
    select place, bin, {aggregate} from labelled group by all
    union all select place, null, {aggregate} from labelled group by place
    union all select null, null, {aggregate} from labelled
"""
BREAKDOWN_COLUMNS = frozenset(field.name for field in (*EVENT.fields, *SESSION.fields) if not field.personal)

WITHHELD = "(withheld)"
"""The value that stands for all moods, ages and genders, which are counted in `detected_people` alone: a bin or a value
here may be one person's."""

EVENTS = Measure()
OTHER = "Other"
MISSING = "(missing)"


@dataclass(frozen=True, eq=False)
class HistogramCounts:
    """Events per time bin and value of a column.

    Attributes
    ----------
    counts
        Index ``start``: where each bin begins, UTC. Columns: the values as text; int64 of events and sessions, float64
        of sums, NaN for an average of nothing.
    by
        The column.
    other, missing
        The names of the columns that hold the remaining values and the missing ones, None where there are none. They
        differ from `OTHER` and `MISSING` when the data has a value of that very name.
    measure
        What is measured; of anything but events ``measured`` has `totals` and `whole`.
    unmeasured
        How many events are left out because their number has more digits than are added up (`Measure.unmeasured`).
    """

    counts: pd.DataFrame
    by: str
    other: str | None
    missing: str | None
    measure: Measure = EVENTS
    measured: tuple[pd.Series, float] | None = None
    unmeasured: int = 0

    @property
    def totals(self) -> pd.Series:
        """The measure of each value in the whole window."""
        return self.counts.sum() if self.measured is None else self.measured[0]

    @property
    def whole(self) -> float:
        """The measure of all values in the whole window."""
        return float(self.totals.sum()) if self.measured is None else self.measured[1]


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


def shown_value(by: str) -> str:
    """Return the SQL expression of a field's value as it may be shown; ``$withheld`` is `WITHHELD`."""
    if by in (*TEXTS, *NUMBERS):
        return f"case when detected and {by} is not null then $withheld else {by} end"
    return f"{by}::varchar" if by == "interaction" else by


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
    measure: Measure = EVENTS,
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
    measure
        What is measured of the events of each bin and value; by default their number.
    """
    if by not in BREAKDOWN_COLUMNS:
        raise ValueError(f"Events can't be broken down by {by!r}.")
    size = size or bin_size(start, end)
    edges = bin_edges(start, end, size, tz)
    given = {**chosen.parameters, "first": start, "last": end, "grain": _grain(size), "withheld": WITHHELD}
    if measure != EVENTS:
        return _measured(database, edges, by, chosen, top, measure, given)
    found = database.rows(chosen.apply(COUNTS.replace("{by}", shown_value(by))), **given)

    totals: Counter[Any] = Counter()
    for value, _, number in found:
        totals[value] += number
    names = _Names(sorted(totals, key=lambda value: (-totals[value], MISSING if value is None else value)), top)
    grid = np.zeros((len(edges) - 1, len(names.columns)), dtype=np.int64)
    if found:
        marks = edges.to_numpy("datetime64[us]")
        begins = np.array([begin for _, begin, _ in found], dtype="datetime64[us]")
        # An event at the very end belongs to the last bin.
        bins = np.minimum(np.searchsorted(marks, begins, side="right") - 1, len(edges) - 2)
        columns = np.array([names.place(value) for value, _, _ in found])
        np.add.at(grid, (bins, columns), [number for _, _, number in found])
    counts = pd.DataFrame(grid, index=edges[:-1].rename("start"), columns=pd.Index(names.columns, dtype="str"))
    return HistogramCounts(counts, by, names.other, names.missing)


class _Names:
    """The columns of values that are ranked: the first ``top`` each have one, the rest share one."""

    def __init__(self, ranked: list[Any], top: int) -> None:
        texts = {value: str(value) for value in ranked if value is not None}
        unnamed = free_label(MISSING, texts.values())
        rest = free_label(OTHER, [*texts.values(), unnamed])
        self.top = ranked[:top]
        self.other = rest if len(ranked) > top else None
        self.missing = unnamed if None in self.top else None
        self.columns = [texts.get(value, unnamed) for value in self.top] + ([rest] if self.other else [])
        self._places = {value: place for place, value in enumerate(self.top)}

    def place(self, value: Any) -> int:
        """Return the place of a value's column."""
        return self._places.get(value, len(self.top))


def _measured(
    database: Database,
    edges: pd.DatetimeIndex,
    by: str,
    chosen: EventFilter,
    top: int,
    measure: Measure,
    given: dict[str, Any],
) -> HistogramCounts:
    """The histogram of another measure than the number of events."""
    value = shown_value(by)
    units = (unit or "" for (unit,) in database.rows(UNITS)) if measure.kind == "revenue" else ()
    given = {**given, "units": [unit for unit in units if currency_of(unit) == measure.currency]}

    def filled(statement: str) -> str:
        parts = {
            "{by}": value,
            "{aggregate}": measure.aggregate,
            "{condition}": measure.condition,
            "{unmeasured}": measure.unmeasured,
        }
        for place, part in parts.items():
            statement = statement.replace(place, part)
        return chosen.apply(statement)

    ranked = database.rows(filled(RANKED), **given)
    ranked.sort(key=lambda row: (-(row[1] or 0), MISSING if row[0] is None else row[0]))
    names = _Names([value for value, _ in ranked], top)
    grains = pd.date_range(edges[0], edges[-1], freq=given["grain"], inclusive="left")
    # An event at the very end belongs to the last bin.
    of_grain = np.append(np.searchsorted(edges, grains, side="right") - 1, len(edges) - 2)
    bins = pd.DataFrame({"begin": grains.append(edges[-1:]), "bin": of_grain})
    known = [value for value in names.top if value is not None]
    places = pd.DataFrame(
        {"value": pd.Series(known, dtype="str"), "place": np.array([*map(names.place, known)], dtype=np.int64)}
    )
    rows = database.extended(bins=bins, places=places).rows(
        filled(BINNED), other=len(names.top), missing=names.place(None), **given
    )
    empty = np.nan if measure.kind == "average" else 0
    grid = np.full((len(edges) - 1, len(names.columns)), empty, dtype=np.float64)
    totals, everything = np.full(len(names.columns), empty, dtype=np.float64), 0.0
    for place, bin_, amount in rows:
        if place is None:
            everything = amount or 0.0
        elif bin_ is None:
            totals[place] = empty if amount is None else amount
        elif amount is not None:
            grid[bin_, place] = amount
    if measure.kind == "sessions":
        grid, totals = grid.astype(np.int64), totals.astype(np.int64)
    columns = pd.Index(names.columns, dtype="str")
    counts = pd.DataFrame(grid, index=edges[:-1].rename("start"), columns=columns)
    measured = pd.Series(totals, index=columns), everything
    unmeasured = 0 if measure.kind == "sessions" else database.rows(filled(UNMEASURED), **given)[0][0]
    return HistogramCounts(counts, by, names.other, names.missing, measure, measured, unmeasured)


def _grain(size: pd.Timedelta) -> pd.Timedelta:
    """The largest step on which every edge of bins of this size lies, in every zone."""
    step = int(size // pd.Timedelta(microseconds=1))
    return pd.Timedelta(int(np.gcd(step, QUARTER)), unit="us")
