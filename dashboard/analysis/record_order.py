"""The order of records: by time, newest first. It is total and doesn't depend on the order of an answer.

Equal times are common because clients stamp whole seconds. Among them the ``captureId`` decides, smaller first; records
without one come after those with one, by their fingerprint. Records that are alike in all fields are interchangeable.

Array code, because SQL is slower here: `order_of` takes 38 ms for 1,000,000 events; ``order by eventTime desc,
captureId`` takes 102 ms, and a fingerprint of all fields would come on top. A page is found by bisection in the order
(`Listing`) without reading it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.analysis.columns import Bools, Ints, coded, exact_text, ids_of, stamp, stamps
from gridrt_client.schema import EVENT, SESSION

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int32]

OWN_FIELDS = {"eventTime": EVENT.names, "sessionCreated": SESSION.names}
"""A record's own fields, without joined and counted ones, by the column that it is ordered by."""

_MISSING = np.uint64(0x9E3779B97F4A7C15)
_FACTOR = np.uint64(0x100000001B3)


def order_of(frame: pd.DataFrame, column: str) -> Ints:
    """Return the positions of the rows by the time in ``column``, newest first, undated last."""
    times = stamps(frame[column])
    # ~ turns the order of int64 round without overflow; missing times, the smallest, become the largest.
    order = np.argsort(~times, kind="stable")
    ordered = times[order]
    tied = ordered[1:] == ordered[:-1]
    for key_of in (
        lambda rows: _beginnings(_ids(frame, rows)),
        lambda rows: _ranks(_ids(frame, rows)),
        lambda rows: fingerprints(frame.take(rows), column),
    ):
        if not tied.any():
            break
        tied = _break_ties(order, tied, key_of)
    return order


def ranks(order: npt.NDArray[np.integer[Any]]) -> Places:
    """Return for each row its place in an order."""
    found = np.empty(len(order), dtype=np.int32)
    found[order] = np.arange(len(order), dtype=np.int32)
    return found


def fingerprints(frame: pd.DataFrame, column: str) -> Hashes:
    """Return a number for each record, equal for records that are alike in all fields of their own, in every answer.

    ``column``, by which the records are ordered, determines which fields these are (`OWN_FIELDS`).
    """
    return hashes(frame, [name for name in OWN_FIELDS[column] if name in frame.columns])


def hashes(frame: pd.DataFrame, names: Sequence[str]) -> Hashes:
    """Return a number for each row, the same for equal values of these columns in every answer and dtype."""
    found = np.zeros(len(frame), dtype=np.uint64)
    for name in names:
        found = (found * _FACTOR) ^ _hashed(frame[name])
    return found


class Mark(NamedTuple):
    """What a row's position in the order depends on, to find the position in another answer.

    Attributes
    ----------
    time
        Microseconds since the epoch; the smallest int64 where missing.
    captureId
        Empty where it has none.
    fingerprint
        Of a record without ``captureId``, else 0.
    nth
        How many rows before it are equal in all of these.
    """

    time: int
    captureId: str
    fingerprint: int
    nth: int


class Listing:
    """Rows in their order, for finding the position that one has or would have.

    Parameters
    ----------
    frame, at
        The frame and the places of the rows in it, in the order that `order_of` gives for ``column``.
    """

    def __init__(self, frame: pd.DataFrame, at: Places, column: str) -> None:
        self._frame, self._at, self._column = frame, at, column
        self._times = stamps(frame[column])
        self._known: dict[int, tuple[bool, str, int]] = {}

    def __len__(self) -> int:
        return len(self._at)

    def mark(self, place: int) -> Mark:
        """Return the mark of the row at a position."""
        time = self._time(place)
        named = self._named(place)
        first = self._search(time, named, bisect_left)
        return Mark(time, named[1], named[2], place - first)

    def place(self, mark: Mark) -> int:
        """Return how many rows come before the marked one, whether or not it is still there."""
        named = (not mark.captureId, mark.captureId, mark.fingerprint)
        first, end = (self._search(mark.time, named, side) for side in (bisect_left, bisect_right))
        return min(first + mark.nth, end)

    def newer_than(self, moment: pd.Timestamp) -> int:
        """Return how many rows have a time after this one; they are the first rows."""
        return bisect_left(range(len(self._at)), -stamp(moment), key=lambda place: -self._time(place))

    def _search(self, time: int, named: tuple[bool, str, int], side: Callable[..., int]) -> int:
        places = range(len(self._at))
        low, high = (end(places, -time, key=lambda place: -self._time(place)) for end in (bisect_left, bisect_right))
        return low + side(places[low:high], named, key=self._named)

    def _time(self, place: int) -> int:
        return int(self._times[self._at[place]])

    def _named(self, place: int) -> tuple[bool, str, int]:
        """What orders rows of equal times."""
        row = int(self._at[place])
        if row not in self._known:
            name = self._frame["captureId"].array[row] if "captureId" in self._frame.columns else None
            if isinstance(name, str) and name:
                self._known[row] = False, name, 0
            else:
                self._known[row] = True, "", int(fingerprints(self._frame.iloc[row : row + 1], self._column)[0])
        return self._known[row]


def _break_ties(order: Ints, tied: Bools, key_of: Callable[[Ints], Any]) -> Bools:
    """Order rows of equal times by a key, in place; return which are still equal to the one after them.

    Parameters
    ----------
    tied
        Whether each row but the last is equal to the one after it.
    key_of
        Returns the keys of rows, given their positions in the frame.
    """
    begins = ~np.append(False, tied)
    inside = np.flatnonzero(np.append(tied, False) | ~begins)
    rows, run = order[inside], np.cumsum(begins)[inside]
    keys = key_of(rows)
    better = np.lexsort((keys, run))
    order[inside] = rows[better]
    keys = keys[better]
    left = tied.copy()
    left[inside[:-1]] &= keys[1:] == keys[:-1]
    return left


def _ids(frame: pd.DataFrame, rows: Ints) -> pa.Array:
    """The ``captureId`` of these rows, null where they have none."""
    if "captureId" not in frame.columns:
        return pa.nulls(len(rows), pa.large_string())
    texts = ids_of(frame["captureId"].iloc[rows]).astype("str")
    found = pa.array(texts, type=pa.large_string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _beginnings(ids: pa.Array) -> Hashes:
    """The first eight bytes of the ids as numbers in the same order, which are quick to sort and mostly different.

    Missing ones are the largest.
    """
    ends = np.frombuffer(ids.buffers()[1], dtype=np.int64, count=len(ids) + 1, offset=8 * ids.offset)
    content = np.frombuffer(ids.buffers()[2] or b"", dtype=np.uint8)
    where = ends[:-1, None] + np.arange(8)
    letters = np.zeros((len(ids), 8), dtype=np.uint8)
    inside = where < ends[1:, None]
    letters[inside] = content[where[inside]]
    found = letters.view(">u8").astype(np.uint64).ravel()
    # No text in UTF-8 has a byte of 255.
    return np.where(ids.is_null().to_numpy(zero_copy_only=False), np.uint64(2**64 - 1), found)


def _ranks(ids: pa.Array) -> Ints:
    """The rank of each id among these, missing ones last; equal ids have one rank."""
    found: Ints = pc.rank(ids, tiebreaker="dense").to_numpy().astype(np.int64)
    return found


def _hashed(column: pd.Series) -> Hashes:
    """A number for each value, the same for equal values in every answer."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return stamps(column).view(np.uint64)
    if pd.api.types.is_float_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0  # no negative zero
        return np.where(np.isnan(numbers), _MISSING, numbers.view(np.uint64))
    codes, values = coded(column)
    there, place = np.unique(codes, return_inverse=True)
    # -1, the missing, is the first where there is one.
    named = values.take(there[there >= 0])
    is_text = isinstance(values.dtype, pd.StringDtype)
    texts = named.to_numpy(object) if is_text else np.array([*map(exact_text, named.tolist())], dtype=object)
    hashes = pd.util.hash_array(texts, categorize=False) if len(texts) else np.zeros(0, dtype=np.uint64)
    if len(there) and there[0] < 0:
        hashes = np.append(_MISSING, hashes)
    found: Hashes = hashes[place]
    return found
