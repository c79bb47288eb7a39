"""Storage of records: a minute's arrivals as one piece of JSON, with numpy columns beside it.

An unfiltered response joins these pieces; a filter is a mask over the columns that selects parts.
No record is encoded again for a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gridrt_emulator.rows import VALUE_COLUMNS, EventRow, SessionRow

Mask = npt.NDArray[np.bool_]
Piece = bytes | memoryview


class Segment:
    """The records of one period, in order of arrival.

    ``arrival``, ``time``: int64, ms. ``place``: int32. ``eventType``, ``str1`` … ``int5``: uint64 keys (rows.key),
    absent where no record has the field. ``interaction``: bool. A segment of sessions has arrival and place only.
    """

    __slots__ = ("_data", "_starts", "arrival", "columns", "place")

    def __init__(self, rows: Sequence[EventRow | SessionRow]) -> None:
        self.arrival = np.array([row.arrival for row in rows], dtype=np.int64)
        self.place = np.array([row.place for row in rows], dtype=np.int32)
        self._data = b",".join([row.data for row in rows])
        # The start of each record and the end of the last one.
        self._starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row.data) + 1 for row in rows], out=self._starts[1:])
        self.columns: dict[str, npt.NDArray[Any]] = {}

    @classmethod
    def of_events(cls, rows: Sequence[EventRow]) -> Segment:
        """Return a segment with the columns of events."""
        segment = cls(rows)
        segment.columns["time"] = np.array([row.time for row in rows], dtype=np.int64)
        segment.columns["eventType"] = np.array([row.eventType for row in rows], dtype=np.uint64)
        segment.columns["interaction"] = np.array([row.interaction for row in rows], dtype=np.bool_)
        values: dict[str, tuple[list[int], list[int]]] = {}
        for number, row in enumerate(rows):
            for name, value in row.columns:
                numbers, keys = values.setdefault(name, ([], []))
                numbers.append(number)
                keys.append(value)
        for name, (numbers, keys) in values.items():
            column = np.zeros(len(rows), dtype=np.uint64)
            column[numbers] = np.array(keys, dtype=np.uint64)
            segment.columns[name] = column
        return segment

    def __len__(self) -> int:
        return len(self.arrival)

    def within(self, after: int, until: int) -> tuple[int, int]:
        """Return the range [first, last) of the rows whose arrival is in (after, until]."""
        first, last = np.searchsorted(self.arrival, (after, until), side="right")
        return int(first), int(last)

    def record(self, number: int) -> memoryview:
        """Return one record."""
        return self._part(number, number + 1)

    def pieces(self, first: int, last: int, mask: Mask | None = None) -> list[Piece]:
        """Return the records [first, last) that ``mask`` (over these rows) selects; neighbours are one piece."""
        if mask is None:
            if first == 0 and last == len(self):
                return [self._data] if len(self) else []
            return [self._part(first, last)] if first < last else []
        edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
        return [self._part(first + start, first + end) for start, end in edges.reshape(-1, 2).tolist()]

    def _part(self, first: int, last: int) -> memoryview:
        return memoryview(self._data)[int(self._starts[first]) : int(self._starts[last]) - 1]

    def column(self, name: str, first: int, last: int) -> npt.NDArray[np.uint64]:
        """Return the keys of a value column, 0 where missing."""
        found = self.columns.get(name)
        return np.zeros(last - first, dtype=np.uint64) if found is None else found[first:last]

    def row(self, number: int) -> EventRow:
        """Return an event with its column values."""
        return EventRow(
            int(self.arrival[number]),
            int(self.columns["time"][number]),
            bytes(self.record(number)),
            int(self.columns["eventType"][number]),
            bool(self.columns["interaction"][number]),
            int(self.place[number]),
            tuple(
                (name, int(self.columns[name][number]))
                for name in VALUE_COLUMNS
                if name in self.columns and self.columns[name][number]
            ),
        )
