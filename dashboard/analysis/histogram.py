"""Time bins on the wall clock of a zone, and counts of events in them. Pure numbers, nothing is drawn here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.columns import coded

Int64s = npt.NDArray[np.int64]

EPOCH = pd.Timestamp(0, tz="UTC")
MINUTE = 60 * 1_000_000  # everything below counts in microseconds
DAY = 24 * 60 * MINUTE
QUARTER = 15 * MINUTE  # every zone in use today is a whole number of quarters off UTC, before and after a change

LADDER = tuple(
    pd.Timedelta(size)
    for size in ("1min", "5min", "10min", "15min", "30min", "1h", "2h", "3h", "6h", "12h", "1D", "7D", "28D", "364D")
)

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
    """The smallest step of the ladder that cuts the window into at most `target` bins (the last step if none does)."""
    return next((size for size in LADDER if (end - start) <= size * target), LADDER[-1])


def microseconds(moment: pd.Timestamp) -> int:
    """Microseconds since the epoch of an aware timestamp."""
    return int((moment - EPOCH) // pd.Timedelta(microseconds=1))


def as_moments(values: Int64s) -> pd.DatetimeIndex:
    """Microseconds since the epoch as an index of UTC timestamps."""
    return pd.DatetimeIndex(values.view("datetime64[us]")).tz_localize("UTC")


def bin_edges(start: pd.Timestamp, end: pd.Timestamp, size: pd.Timedelta, tz: str) -> pd.DatetimeIndex:
    """Edges (UTC, one more than there are bins) of the bins that cover the window, aligned to the wall clock of `tz`.

    The first edge is at or before `start`, the last one at or after `end`. Where the clock is put back, an hour occurs
    twice: bins of up to an hour keep the two apart, longer ones become an hour longer; where it is put forward, the
    hour that doesn't exist has no bin, and longer bins become shorter. Weeks and longer start on a Monday.
    """
    step = int(size // pd.Timedelta(microseconds=1))
    grain = int(np.gcd(step, QUARTER))
    first, last = microseconds(start), max(microseconds(end), microseconds(start) + 1)
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
    """A value of any column as the text that names its category."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)


def free_label(label: str, taken: Iterable[str]) -> str:
    """`label`, changed as little as possible so that no value of the data has the same name."""
    names = set(taken)
    while label in names:
        label = f"{label} *"
    return label


def histogram_counts(
    events: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
    tz: str,
    by: str = "eventType",
    top: int = 8,
    size: pd.Timedelta | None = None,
) -> HistogramCounts:
    """Events per time bin and value of the column `by`; of `events` only this column and `eventTime` are looked at.

    Index `start`: where each bin begins, UTC, aligned to the wall clock of `tz` (see `bin_edges`). Columns: the `top`
    values with the most events in the window (then by name), as text, int64; then, if there are more, the rest as
    "Other". A missing value is a value like the others, named "(missing)". `attrs`: `by`, `other` and `missing` (the
    names of these two columns or None; they differ from the usual ones when the data has a value of that very name).

    Events count from `start` to `end`, both included; events without a time or outside are left out (they are counted
    and named elsewhere). Bins without events are there with zeros. A categorical column is the fast case: a million
    rows take about ten milliseconds.
    """
    size = size or bin_size(start, end)
    edges = bin_edges(start, end, size, tz)
    first, last = microseconds(start), microseconds(end)
    times = events["eventTime"].to_numpy("datetime64[us]").view(np.int64)
    codes, values = coded(events[by])
    if len(times) and (times.min() < first or times.max() > last):
        inside = (times >= first) & (times <= last)  # a missing time is the smallest int64
        times, codes = times[inside], codes[inside]

    # One place more than there are values: -1, the missing, is the last one.
    number_of = np.bincount(codes.astype(np.intp) + 1, minlength=len(values) + 1)
    totals = np.roll(number_of, -1)
    observed = np.flatnonzero(totals)
    names = {code: text_of(values[code]) for code in observed.tolist() if code < len(values)}
    unnamed = free_label(MISSING, names.values())
    other = free_label(OTHER, [*names.values(), unnamed])
    if totals[-1]:
        names[len(values)] = unnamed
    ranked = sorted(names, key=lambda code: (-int(totals[code]), names[code]))
    kept = ranked[:top]
    columns = [names[code] for code in kept] + ([other] if len(ranked) > top else [])

    column_of = np.full(len(values) + 1, len(kept), dtype=np.intp)
    column_of[kept] = np.arange(len(kept))
    marks = edges.to_numpy("datetime64[us]").view(np.int64)
    # Every edge lies on a grain, so a division finds an event's bin: several times quicker than a search.
    grain = int(np.gcd(int(size // pd.Timedelta(microseconds=1)), QUARTER))
    bin_of = np.repeat(np.arange(len(edges) - 1, dtype=np.intp), np.diff(marks) // grain)
    bin_of = np.append(bin_of, len(edges) - 2)  # an event at the very end belongs to the last bin
    place = bin_of[(times - marks[0]) // grain]
    place *= max(len(columns), 1)
    place += column_of[codes]
    flat = np.bincount(place, minlength=(len(edges) - 1) * len(columns))
    grid = flat[: (len(edges) - 1) * len(columns)].reshape(len(edges) - 1, len(columns))
    counts = pd.DataFrame(grid.astype(np.int64), index=edges[:-1].rename("start"), columns=pd.Index(columns, dtype=str))
    return HistogramCounts(counts, by, other if len(ranked) > top else None, unnamed if unnamed in columns else None)
