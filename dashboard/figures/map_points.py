"""Sessions to bubbles on the map: which have a position, which share one, and how a bubble looks and reads."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.columns import coded, stamp, stamps
from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.histogram import MINUTE
from dashboard.figures.theme import AGE_SCALE, MISSING_COLOUR, OTHER_AGES, OTHER_COLOUR, value_colours
from gridrt_client.safe_text import shown

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DIMENSIONS: Final = ("age", "country", "installationId", "appId")
# As many as a person can tell apart: each is parsed, converted and drawn by the browser at every change.
MOST_POSITIONS: Final = 2_000
MOST_CELLS: Final = 1_000
SMALLEST, LARGEST = 5.0, 28.0  # radius in pixels
UNKNOWN: Final = "(missing)"
LONGEST_NAME: Final = 40

# Upper limits in hours, and how people say them. The colour fades from band to band over the 24 hours.
AGE_BANDS: Final = (
    (0.25, "under 15 min"),
    (1.0, "15 min to 1 h"),
    (3.0, "1 to 3 h"),
    (6.0, "3 to 6 h"),
    (12.0, "6 to 12 h"),
    (24.0, "12 to 24 h"),
)
# What is no age within the 24 hours, in the order of the legend.
OLDER: Final = "over 24 h"
AHEAD: Final = "in the future"
UNDATED: Final = "undated"

MAP_EDGE: Final = 85.051129
"""The latitude, north and south, at which the square world of Web Mercator ends: beyond it nothing can be drawn."""


@dataclass(frozen=True)
class Unlocated:
    """Sessions that the map can't draw, by reason."""

    missing: int
    out_of_range: int
    zero: int
    polar: int

    @property
    def total(self) -> int:
        return self.missing + self.out_of_range + self.zero + self.polar


@dataclass(frozen=True, eq=False)
class _Members:
    """Which sessions are in which bubble. `rows`: places in the frame that was drawn, bubble by bubble (int32)."""

    rows: npt.NDArray[np.int32]
    begins: Ints
    ends: Ints

    def __deepcopy__(self, memo: object) -> "_Members":
        return self  # pandas copies the attrs of a frame at every step


def split_located(sessions: pd.DataFrame) -> tuple[pd.DataFrame, Unlocated]:
    """The sessions that are *located*: those that the map can draw; and how many are not, by the first reason of these.

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


def _key(rows: Ints, columns: Ints) -> Ints:
    """Row and column (from -2^26 to 2^26) as one sortable number."""
    return rows * 2**27 + (columns + 2**26)


def _cell_size(latitude: Floats, longitude: Floats) -> float:
    """Degrees per cell: the smallest power of two that leaves at most `MOST_CELLS` cells with something in them."""
    size = 2.0**-12  # about 25 metres
    cells = pd.unique(_key(np.floor(latitude / size).astype(np.int64), np.floor(longitude / size).astype(np.int64)))
    while len(cells) > MOST_CELLS:
        size *= 2
        cells = pd.unique(_key(cells // 2**27 // 2, (cells % 2**27 - 2**26) // 2))
    return size


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


def _hex(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _age_colours() -> list[tuple[int, int, int, int]]:
    """From the newest to the oldest band along the scale, and fading; then what is no age within the 24 hours."""
    steps = len(AGE_BANDS)
    colours = [
        (*_hex(AGE_SCALE[round(index * (len(AGE_SCALE) - 1) / (steps - 1))]), 235 - round(110 * index / (steps - 1)))
        for index in range(steps)
    ]
    return [*colours, *((*_hex(colour), 160) for colour in OTHER_AGES)]


def bubbles(located: pd.DataFrame, by: str, now: pd.Timestamp, known: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per position, most sessions first; above `MOST_POSITIONS` positions one row per cell of a grid.

    Positions are equal when they agree to five decimals (about a metre). `by` is one of `DIMENSIONS`; `known` are the
    colours of all values that the data holds (`theme.category_colours`). Columns: `id` (stable over refreshes and
    dimensions), `lat`, `lon` (degrees; of a cell the mean of its sessions), `n` (sessions), `value` (the most common
    value; for "age" the band of the newest session that isn't from the future), `r` `g` `b` `a` (0 to 255), `radius`
    (pixels, by the square root of `n`), `label` (text of the tooltip). `attrs`: `cells` tells whether it is a grid,
    `values` is for `legend`, `members` for `sessions_of`.
    """
    if by not in DIMENSIONS:
        raise ValueError(f"by must be one of {', '.join(DIMENSIONS)}, not {by!r}.")
    latitude = np.round(located["latitude"].to_numpy(np.float64), 5) + 0.0  # + 0.0: no negative zero
    longitude = np.round(located["longitude"].to_numpy(np.float64), 5) + 0.0
    keys = _key(np.rint(latitude * 1e5).astype(np.int64), np.rint(longitude * 1e5).astype(np.int64))
    where, spots = pd.factorize(keys)
    cell = 0.0
    if len(spots) > MOST_POSITIONS:
        # The positions are fewer than the sessions: they are put into cells, and the sessions follow.
        spot_rows, spot_columns = spots // 2**27 / 1e5, (spots % 2**27 - 2**26) / 1e5
        cell = _cell_size(spot_rows, spot_columns)
        cells = _key(np.floor(spot_rows / cell).astype(np.int64), np.floor(spot_columns / cell).astype(np.int64))
        cell_of, spots = pd.factorize(cells)
        where = cell_of[where]

    count = np.bincount(where, minlength=len(spots))
    # At most `MOST_POSITIONS` numbers: sorting 16 bits is much quicker.
    order = np.argsort(where.astype(np.uint16), kind="stable")
    ends = np.cumsum(count)
    begins = ends - count
    first = order[begins]
    if cell:
        lat = np.round(np.bincount(where, latitude, len(spots)) / count, 4)
        lon = np.round(np.bincount(where, longitude, len(spots)) / count, 4)
        names = [f"cell {cell:g} {key // 2**27} {key % 2**27 - 2**26}" for key in spots.tolist()]
    else:
        lat, lon = latitude[first], longitude[first]
        names = [f"at {y:.5f},{x:.5f}" for y, x in zip(lat.tolist(), lon.tolist(), strict=True)]

    codes, texts, colours = _coded(located, by, now, known)
    width = max(len(texts), 1)
    pairs, sizes = np.unique(where.astype(np.int64) * width + codes, return_counts=True)
    # Per position its values, the newest band or else the most common value first.
    rank = pairs % width if by == "age" else -sizes
    listed = np.lexsort((pairs % width, rank, pairs // width))
    spot, value, size = (pairs // width)[listed], (pairs % width)[listed], sizes[listed]
    heads = np.flatnonzero(np.diff(spot, prepend=-1))
    kinds = np.diff(heads, append=len(spot))

    top = value[heads]
    labels = [
        _label(
            int(total),
            by,
            cell > 0,
            [(texts[value[at + k]], int(size[at + k])) for k in range(min(kind, 3))],
            int(kind),
        )
        for total, at, kind in zip(count, heads, kinds, strict=True)
    ]
    shade = np.asarray([colours[code] for code in top], dtype=np.int64).reshape(-1, 4)
    frame = pd.DataFrame(
        {
            "id": pd.Series(names, dtype="str"),
            "lat": lat,
            "lon": lon,
            "n": count.astype(np.int64),
            "value": pd.Series([texts[code] for code in top], dtype="str"),
            "r": shade[:, 0],
            "g": shade[:, 1],
            "b": shade[:, 2],
            "a": shade[:, 3],
            "radius": _radii(count),
            "label": pd.Series(labels, dtype="str"),
        }
    )
    # Large ones first, so that small ones are drawn on top of them; then by id, so that equals keep their places.
    frame = frame.sort_values(["n", "id"], ascending=[False, True])
    ranks = frame.index.to_numpy()
    frame = frame.reset_index(drop=True)
    frame.attrs["members"] = _Members(order.astype(np.int32), begins[ranks], ends[ranks])
    frame.attrs["cells"] = cell > 0
    used = np.bincount(codes, minlength=len(texts)).tolist()
    frame.attrs["values"] = [
        (text, f"#{red:02x}{green:02x}{blue:02x}", number)
        for text, (red, green, blue, _), number in zip(texts, colours, used, strict=True)
        if number
    ]
    return frame


def sessions_of(drawn: pd.DataFrame, name: str) -> npt.NDArray[np.int32]:
    """The sessions of the bubble with the id `name`: their places in the frame that `bubbles` was given, in its order.

    None are there when no such bubble is. `drawn` is what `bubbles` gave, whole and unsorted.
    """
    members: _Members = drawn.attrs["members"]
    found = np.flatnonzero((drawn["id"] == name).to_numpy())
    return members.rows[members.begins[found[0]] : members.ends[found[0]]] if len(found) else members.rows[:0]


def _coded(
    located: pd.DataFrame, by: str, now: pd.Timestamp, known: Mapping[str, str] | None
) -> tuple[Ints, list[str], list[tuple[int, int, int, int]]]:
    """Each session's value as a number, and per number its text and colour."""
    if by == "age":
        names = [*(text for _, text in AGE_BANDS), OLDER, AHEAD, UNDATED]
        return _ages(located["sessionCreated"], now), names, _age_colours()
    given, values = coded(located[by])
    codes = given.astype(np.int64)
    observed = np.flatnonzero(np.bincount(codes + 1, minlength=len(values) + 1)[1:])
    # By name, so that what is equally common doesn't change places when the data is coded anew.
    ranked = sorted((str(values[code]), code) for code in observed.tolist())
    texts = [text for text, _ in ranked]
    place = np.full(len(values) + 1, len(texts), dtype=np.int64)  # the last one is the missing's
    place[[code for _, code in ranked]] = np.arange(len(texts))
    chosen = value_colours(by, texts, known)
    colours = [(*_hex(chosen[text]), 215) for text in texts]
    return place[codes], [*texts, UNKNOWN], [*colours, (*_hex(MISSING_COLOUR), 215)]


def _label(total: int, by: str, cell: bool, values: list[tuple[str, int]], kinds: int) -> str:
    """The tooltip's lines. Begins with a number, whatever the data says (`dashboard.maps` tells why)."""
    head = plural(total, "session") + (" in this area" if cell else "")
    if by == "age":
        return f"{head}\nnewest: {shown(values[0][0], LONGEST_NAME)}"
    if kinds == 1:
        return f"{head}\n{by}: {shown(values[0][0], LONGEST_NAME)}"
    listed = ", ".join(f"{shown(text, LONGEST_NAME)} {whole(number)}" for text, number in values)
    return f"{head}\n{by}: mixed: {listed}{' …' if kinds > len(values) else ''}"


def _radii(count: Ints) -> Floats:
    """Radius by the square root of the count; the scale steps by powers of two, so that a refresh seldom moves it."""
    if not len(count):
        return np.zeros(0)
    most = 2.0 ** math.ceil(math.log2(max(int(count.max()), 16)))
    return np.maximum(np.round(LARGEST * np.sqrt(count / most), 1), SMALLEST)


def legend(drawn: pd.DataFrame, by: str, top: int = 8) -> list[tuple[str, str, int]]:
    """What the colours mean: (text, "#rrggbb", located sessions with this value), for what `bubbles` gave.

    Ages go from new to old; other values by count, the ones after the `top` summed up as the last entry. A bubble of
    mixed values has the colour of one of them, its sessions count under their own.
    """
    entries: list[tuple[str, str, int]] = list(drawn.attrs["values"])
    if by == "age":
        return entries
    entries.sort(key=lambda entry: (-entry[2], entry[0]))
    rest = sum(n for _, _, n in entries[top:])
    return entries[:top] + ([(f"{len(entries) - top:,} more", OTHER_COLOUR, rest)] if rest else [])
