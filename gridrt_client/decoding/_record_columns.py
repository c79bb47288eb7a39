"""Columns from records that Python's `json` has read, some records at a time."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from gridrt_client.decoding._values import Codes, Column, column, smallest_codes, text
from gridrt_client.errors import TooLargeError
from gridrt_client.report import NOT_AN_OBJECT, SAMPLED, DecodeReport, unannounced
from gridrt_client.schema import Kind, Schema

_ID: Final = "captureId"
_NAMES: Final = 100_000
"""How many unannounced fields are counted each; others are counted together."""
MOST_RECORDS: Final = 10_000_000
"""The most rows of a frame: a million takes some 120 MB, however little JSON a record is."""


class Decoded(NamedTuple):
    """The records of an answer, and what was left out."""

    frame: pd.DataFrame
    report: DecodeReport


class RecordColumns:
    """Collects the elements of an answer."""

    def __init__(self, schema: Schema) -> None:
        self._columns = {
            field.name: (_Repeating if field.kind in (Kind.TEXT, Kind.EXACT) else _Varying)(field.kind)
            for field in schema.fields
        }
        self._received = self._objects = 0
        self._records = RecordCounter()
        self._ids: set[str] = set()
        self._unannounced: Counter[str] = Counter()
        self._names: set[str] = set()
        self._others = 0

    def add(self, elements: list[Any]) -> None:
        objects = [element for element in elements if isinstance(element, dict)]
        records = [record for record in objects if self._is_new(text(record.get(_ID)))]
        self._count_unannounced(elements, records)
        for name, values in self._columns.items():
            values.add([record.get(name) for record in records])
        self._received += len(elements)
        self._objects += len(objects)
        self._records.add(len(records))

    def decoded(self, replaced: int) -> Decoded:
        """Return the frame and its report; `replaced` counts characters that were replaced before."""
        columns = {name: values.column() for name, values in self._columns.items()}
        dropped = self._received - self._objects
        return decoded(
            columns,
            received=self._received,
            records=self._records.count,
            dropped={NOT_AN_OBJECT: dropped} if dropped else {},
            unannounced=unannounced(self._unannounced, self._others),
            replaced=replaced,
        )

    def _is_new(self, captureId: str | None) -> bool:
        """Return whether a record is the first of its id, or has none."""
        if not captureId:
            return True
        known = len(self._ids)
        self._ids.add(captureId)
        return len(self._ids) > known

    def _count_unannounced(self, elements: list[Any], records: list[dict[str, Any]]) -> None:
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
                self._unannounced.update(name for name in record.keys() & self._names if record[name] is not None)


def decoded(
    columns: Mapping[str, Column],
    *,
    received: int,
    records: int,
    dropped: dict[str, int],
    unannounced: dict[str, int],
    replaced: int = 0,
) -> Decoded:
    """Return the frame of the columns and its report; `replaced` counts characters that were replaced before."""
    arrays = {name: array for name, (array, _, _) in columns.items()}
    report = DecodeReport(
        received=received,
        records=records,
        dropped=dropped,
        duplicates=received - sum(dropped.values()) - records,
        unreadable={name: lost for name, (_, lost, _) in columns.items() if lost},
        unannounced=unannounced,
        replaced=replaced + sum(mended for _, _, mended in columns.values()),
    )
    return Decoded(pd.DataFrame(arrays, index=pd.RangeIndex(records), copy=False), report)


class RecordCounter:
    """Counts rows of a frame. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self, records: int) -> None:
        """Add to the count; raise TooLargeError beyond `MOST_RECORDS`."""
        with self._lock:
            self.count += records
        if self.count > MOST_RECORDS:
            raise TooLargeError(
                f"The answer has more than {MOST_RECORDS:,} records, the limit",
                advice="Narrow the query to a space or an installation.",
            )


class _Repeating:
    """A field whose values repeat: each value that occurs is read once."""

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
        arrays, lost, mended = zip(*(self._parts or [column(self._kind, [])]), strict=True)
        array = arrays[0] if len(arrays) == 1 else pd.concat(map(pd.Series, arrays), ignore_index=True).array
        return array, sum(lost), sum(mended)


def _key(value: Any) -> Any:
    """Return what tells a value other than text from all others: 1, 1.0 and true are equal and yet not the same."""
    if isinstance(value, (list, dict)):
        # Unreadable all alike.
        return list
    return type(value), repr(value) if isinstance(value, float) else value
