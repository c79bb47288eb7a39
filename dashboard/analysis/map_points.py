"""Sessions as points of a map: which have a position, which share one, and what they have in common.

Array code, because the coordinates of all located sessions are needed as arrays: 5 ms for the split and 18 ms for the
points of 200,000 sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.columns import Ints, coded, stamp, stamps
from dashboard.analysis.histogram import MINUTE

Floats = npt.NDArray[np.float64]

DIMENSIONS: Final = ("age", "country", "installationId", "appId", "step", "status")
"""What points can be compared by: the last two are made of the events (`furthest_step`) and of the device's things."""

MOST_POSITIONS: Final = 2_000
"""The largest number of positions that a person can tell apart; the browser parses and draws each at every change."""

MOST_CELLS: Final = 1_000
UNKNOWN: Final = "(missing)"
LISTED_VALUES: Final = 3
"""The number of different values that are named for one point."""

AGE_BANDS: Final = (
    (0.25, "under 15 min"),
    (1.0, "15 min to 1 h"),
    (3.0, "1 to 3 h"),
    (6.0, "3 to 6 h"),
    (12.0, "6 to 12 h"),
    (24.0, "12 to 24 h"),
)
"""Upper limits of ages in hours, and their names."""

# Ages that are not within the 24 hours, in the order of the legend.
OLDER: Final = "over 24 h"
AHEAD: Final = "in the future"
UNDATED: Final = "undated"

MAP_EDGE: Final = 85.051129
"""The latitude, north and south, at which the square world of Web Mercator ends: beyond it nothing can be drawn."""

_COLUMN_BITS = 27


@dataclass(frozen=True)
class Unlocated:
    """Numbers of sessions that the map can't draw, by reason."""

    missing: int
    out_of_range: int
    zero: int
    polar: int

    @property
    def total(self) -> int:
        return self.missing + self.out_of_range + self.zero + self.polar


@dataclass(frozen=True, eq=False)
class MapPoints:
    """Located sessions, grouped by position.

    Attributes
    ----------
    frame
        One row per point, most sessions first, then by ``id``. Columns: ``id`` (stable over refreshes and dimensions),
        ``lat``, ``lon`` (degrees; of a cell the mean of its sessions), ``n`` (sessions), ``category`` (index into
        `categories` of the most common value; for "age" of the band of the newest session that isn't from the future),
        ``values`` (at most `LISTED_VALUES` tuples of a category and its sessions, the most common or the newest
        first), ``kinds`` (how many different values the point has).
    by
        The dimension, one of `DIMENSIONS`.
    cells
        Whether a point is a cell of a grid and not one position.
    categories
        The text of each category and its number of sessions. Of a dimension other than "age" the last one stands for
        missing values.
    """

    frame: pd.DataFrame
    by: str
    cells: bool
    categories: tuple[tuple[str, int], ...]
    _rows: npt.NDArray[np.int32]
    _begins: Ints
    _ends: Ints

    def sessions_of(self, name: str) -> npt.NDArray[np.int32]:
        """Return the places, in the frame that `map_points` was given, of the sessions of the point with this id.

        The places are in ascending order; there are none when no such point exists.
        """
        found = np.flatnonzero((self.frame["id"] == name).to_numpy())
        return self._rows[self._begins[found[0]] : self._ends[found[0]]] if len(found) else self._rows[:0]


def split_located(sessions: pd.DataFrame) -> tuple[pd.DataFrame, Unlocated]:
    """Return the sessions that the map can draw, and how many it can't, by the first of these reasons that applies.

    ``missing``
        A coordinate is missing.
    ``out_of_range``
        It is outside -90 to 90 or -180 to 180 degrees, infinities included.
    ``zero``
        The position is exactly (0, 0), which devices send when they know none.
    ``polar``
        It is nearer to a pole than `MAP_EDGE`.
    """
    latitude = sessions["latitude"].to_numpy(np.float64)
    longitude = sessions["longitude"].to_numpy(np.float64)
    missing = np.isnan(latitude) | np.isnan(longitude)
    outside = ~missing & ~((np.abs(latitude) <= 90) & (np.abs(longitude) <= 180))
    zero = (latitude == 0) & (longitude == 0)
    polar = ~missing & ~outside & (np.abs(latitude) > MAP_EDGE)
    drawn = ~(missing | outside | zero | polar)
    return sessions[drawn], Unlocated(int(missing.sum()), int(outside.sum()), int(zero.sum()), int(polar.sum()))


def map_points(located: pd.DataFrame, by: str, now: pd.Timestamp) -> MapPoints:
    """Group located sessions by position; above `MOST_POSITIONS` positions by the cells of a grid.

    Positions are equal when they agree to five decimals (about a metre).

    Parameters
    ----------
    located
        Sessions as `split_located` returns them: ``latitude``, ``longitude`` and the column of the dimension
        (``sessionCreated`` for "age").
    by
        One of `DIMENSIONS`; ValueError for another.
    now
        The present, UTC.
    """
    if by not in DIMENSIONS:
        raise ValueError(f"by must be one of {', '.join(DIMENSIONS)}, not {by!r}.")
    latitude = np.round(located["latitude"].to_numpy(np.float64), 5) + 0.0  # + 0.0: no negative zero
    longitude = np.round(located["longitude"].to_numpy(np.float64), 5) + 0.0
    where, spots, cell = _spots(latitude, longitude)
    count = np.bincount(where, minlength=len(spots))
    # At most `MOST_POSITIONS` numbers: sorting 16 bits is much quicker.
    order = np.argsort(where.astype(np.uint16), kind="stable")
    ends = np.cumsum(count)
    begins = ends - count
    if cell:
        lat = np.round(np.bincount(where, latitude, len(spots)) / count, 4)
        lon = np.round(np.bincount(where, longitude, len(spots)) / count, 4)
        names = [f"cell {cell:g} {row} {column}" for row, column in zip(*_parts(spots), strict=True)]
    else:
        first = order[begins]
        lat, lon = latitude[first], longitude[first]
        names = [f"at {y:.5f},{x:.5f}" for y, x in zip(lat.tolist(), lon.tolist(), strict=True)]

    codes, texts = _categories(located, by, now)
    category, values, kinds = _values_of(where, codes, len(texts), newest_first=by == "age")
    frame = pd.DataFrame(
        {
            "id": pd.Series(names, dtype="str"),
            "lat": lat,
            "lon": lon,
            "n": count.astype(np.int64),
            "category": category,
            "values": pd.Series(values, dtype=object),
            "kinds": kinds,
        }
    )
    # Large ones first, so that small ones are drawn on top of them; then by id, so that equals keep their places.
    frame = frame.sort_values(["n", "id"], ascending=[False, True])
    ranks = frame.index.to_numpy()
    used = np.bincount(codes, minlength=len(texts)).tolist()
    return MapPoints(
        frame.reset_index(drop=True),
        by,
        cell > 0,
        tuple(zip(texts, used, strict=True)),
        order.astype(np.int32),
        begins[ranks],
        ends[ranks],
    )


def _spots(latitude: Floats, longitude: Floats) -> tuple[Ints, Ints, float]:
    """For each session the index of its position or cell, the keys of these, and the cell's size (0: positions)."""
    keys = _key(np.rint(latitude * 1e5).astype(np.int64), np.rint(longitude * 1e5).astype(np.int64))
    where: Ints
    where, spots = pd.factorize(keys)
    if len(spots) <= MOST_POSITIONS:
        return where, spots, 0.0
    # The positions are fewer than the sessions: they are put into cells, and the sessions follow.
    rows, columns = (part / 1e5 for part in _parts(spots))
    cell = _cell_size(rows, columns)
    cells = _key(np.floor(rows / cell).astype(np.int64), np.floor(columns / cell).astype(np.int64))
    cell_of, spots = pd.factorize(cells)
    where = cell_of[where]
    return where, spots, cell


def _key(rows: Ints, columns: Ints) -> Ints:
    """Row and column (from -2^26 to 2^26) as one sortable number."""
    keys: Ints = rows * 2**_COLUMN_BITS + (columns + 2 ** (_COLUMN_BITS - 1))
    return keys


def _parts(keys: Ints) -> tuple[Ints, Ints]:
    """The rows and columns that `_key` put together."""
    return keys // 2**_COLUMN_BITS, keys % 2**_COLUMN_BITS - 2 ** (_COLUMN_BITS - 1)


def _cell_size(latitude: Floats, longitude: Floats) -> float:
    """Degrees per cell: the smallest power of two that leaves at most `MOST_CELLS` cells with something in them."""
    size = 2.0**-12  # about 25 metres
    cells = pd.unique(_key(np.floor(latitude / size).astype(np.int64), np.floor(longitude / size).astype(np.int64)))
    while len(cells) > MOST_CELLS:
        size *= 2
        rows, columns = _parts(cells)
        cells = pd.unique(_key(rows // 2, columns // 2))
    return size


def _values_of(
    where: Ints, codes: Ints, categories: int, *, newest_first: bool
) -> tuple[Ints, list[list[tuple[int, int]]], Ints]:
    """For each point its leading category, the first few with their sessions, and how many different ones it has."""
    width = max(categories, 1)
    pairs, sizes = np.unique(where.astype(np.int64) * width + codes, return_counts=True)
    rank = pairs % width if newest_first else -sizes
    listed = np.lexsort((pairs % width, rank, pairs // width))
    spot, value, size = (pairs // width)[listed], (pairs % width)[listed], sizes[listed]
    heads = np.flatnonzero(np.diff(spot, prepend=-1))
    kinds = np.diff(heads, append=len(spot))
    values = [
        list(zip(value[at : at + min(kind, LISTED_VALUES)].tolist(), size[at : at + kind].tolist(), strict=False))
        for at, kind in zip(heads.tolist(), kinds.tolist(), strict=True)
    ]
    return value[heads], values, kinds


def _categories(located: pd.DataFrame, by: str, now: pd.Timestamp) -> tuple[Ints, list[str]]:
    """Each session's value as the index of its category, and the text of each category."""
    if by == "age":
        return _ages(located["sessionCreated"], now), [*(text for _, text in AGE_BANDS), OLDER, AHEAD, UNDATED]
    given, values = coded(located[by])
    codes = given.astype(np.int64)
    observed = np.flatnonzero(np.bincount(codes + 1, minlength=len(values) + 1)[1:])
    # By name, so that what is equally common doesn't change places when the data is coded anew.
    ranked = sorted((str(values[code]), code) for code in observed.tolist())
    place = np.full(len(values) + 1, len(ranked), dtype=np.int64)  # the last one is the missing's
    place[[code for _, code in ranked]] = np.arange(len(ranked))
    return place[codes], [*(text for text, _ in ranked), UNKNOWN]


def _ages(created: pd.Series, now: pd.Timestamp) -> Ints:
    """The index of each session's age: its band, then one for each of `OLDER`, `AHEAD` and `UNDATED`."""
    moments = stamps(created)
    undated = moments == np.iinfo(np.int64).min
    old = stamp(now) - np.where(undated, 0, moments)
    limits = [round(limit * 60 * MINUTE) for limit, _ in AGE_BANDS]
    bands = np.searchsorted(limits, old, side="left")
    bands[old < 0] = len(AGE_BANDS) + 1
    bands[undated] = len(AGE_BANDS) + 2
    return bands.astype(np.int64)
