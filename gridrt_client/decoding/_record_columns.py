"""The columns of records that Python's `json` has read, some records at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from gridrt_client.decoding._values import Codes, Column, column, smallest_codes, text
from gridrt_client.errors import TooLargeError
from gridrt_client.report import NOT_AN_OBJECT, SAMPLED, DecodeReport, unannounced
from gridrt_client.schema import Kind, Schema

_ID: Final = "captureId"
_NAMES: Final = 100_000
"""So many unannounced fields are counted each, others together."""
MOST_RECORDS: Final = 10_000_000
"""A frame has no more rows: a million takes some 120 MB, however little JSON a record is."""


class RecordColumns:
    """Takes the elements of an answer and becomes a frame with its report."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._columns = {field.name: _accumulator(field.kind) for field in schema.fields}
        self._received = self._objects = self._records = 0
        self._count = RecordCount()
        self._ids: set[str] = set()
        self._unannounced: Counter[str] = Counter()
        self._names: set[str] = set()
        self._others = 0

    def add(self, elements: list[Any]) -> None:
        """Take some more elements."""
        objects = [element for element in elements if isinstance(element, dict)]
        records = self._first_of_each(objects)
        self._count_unannounced(elements, records)
        for name, values in self._columns.items():
            values.add([record.get(name) for record in records])
        self._received += len(elements)
        self._objects += len(objects)
        self._records += len(records)
        self._count.add(len(records))

    def frame(self, replaced: int) -> pd.DataFrame:
        """The frame; `replaced` is how many characters were replaced before."""
        columns: dict[str, Any] = {}
        unreadable: dict[str, int] = {}
        for name, values in self._columns.items():
            columns[name], lost, mended = values.column()
            replaced += mended
            if lost:
                unreadable[name] = lost
        frame = pd.DataFrame(columns, index=pd.RangeIndex(self._records), copy=False)
        dropped = self._received - self._objects
        frame.attrs["report"] = DecodeReport(
            received=self._received,
            records=self._records,
            dropped={NOT_AN_OBJECT: dropped} if dropped else {},
            doubled=self._objects - self._records,
            unreadable=unreadable,
            unannounced=unannounced(self._unannounced, self._others),
            replaced=replaced,
        )
        return frame

    def _first_of_each(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records without those whose `captureId` has been seen before."""
        kept = []
        for record in objects:
            one = text(record.get(_ID))
            if one:
                if one in self._ids:
                    continue
                self._ids.add(one)
            kept.append(record)
        return kept

    def _count_unannounced(self, elements: list[Any], records: list[dict[str, Any]]) -> None:
        """Count the fields that nobody announced, by name where there are not too many names."""
        known = self._columns.keys()
        for element in elements[: max(0, SAMPLED - self._received)]:
            if isinstance(element, dict):
                found = element.keys() - known
                if len(self._names) < _NAMES:
                    self._names |= found
                else:
                    self._others += sum(element[name] is not None for name in found - self._names)
        if self._names:
            for record in records:
                for name in record.keys() & self._names:
                    if record[name] is not None:
                        self._unannounced[name] += 1


class RecordCount:
    """How many rows a frame will have; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add(self, records: int) -> None:
        """Count some more; raises TooLargeError when a frame would have too many rows."""
        with self._lock:
            self._count += records
            too_many = self._count > MOST_RECORDS
        if too_many:
            raise TooLargeError(
                f"The answer has more than {MOST_RECORDS:,} records, the limit",
                advice="Narrow the query to a space or an installation.",
            )


class _Repeating:
    """A field whose values repeat: each that occurs is read once."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._places: dict[Any, int] = {}
        self._values: list[Any] = []
        self._codes: list[Codes] = []

    def add(self, values: Sequence[Any]) -> None:
        codes = np.fromiter(map(self._place, values), np.int32, len(values))
        self._codes.append(codes.astype(smallest_codes(len(self._values))))

    def column(self) -> Column:
        return column(self._kind, self._values, np.concatenate(self._codes or [np.empty(0, np.int32)]))

    def _place(self, value: Any) -> int:
        if value is None:
            return -1
        key = value if type(value) is str else _key(value)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self._values)
            self._values.append(value)
        return place


class _Varying:
    """A field whose values hardly ever repeat."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._parts: list[Column] = []

    def add(self, values: Sequence[Any]) -> None:
        self._parts.append(column(self._kind, values))

    def column(self) -> Column:
        parts = self._parts or [column(self._kind, [])]
        lost, mended = sum(part[1] for part in parts), sum(part[2] for part in parts)
        if len(parts) == 1:
            return parts[0]
        return pd.concat([pd.Series(part[0]) for part in parts], ignore_index=True).array, lost, mended


def _accumulator(kind: Kind) -> _Repeating | _Varying:
    return _Repeating(kind) if kind in (Kind.TEXT, Kind.EXACT) else _Varying(kind)


def _key(value: Any) -> Any:
    """What tells a value that is no text from all others: 1, 1.0 and true are equal and yet not the same."""
    if isinstance(value, (list, dict)):
        # None of them can be read.
        return list
    return type(value), repr(value) if isinstance(value, float) else value
