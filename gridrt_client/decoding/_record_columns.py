"""Columns from records that Python's `json` has read, some records at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import pandas as pd

from gridrt_client.answer import NOT_AN_OBJECT, SAMPLED, DecodeReport, unannounced
from gridrt_client.decoding._values import Column, column, joined_codes, text
from gridrt_client.errors import TooLargeError
from gridrt_client.schema import Kind, Schema

_ID: Final = "captureId"
_NAMES: Final = 100_000  # unannounced fields that are counted each; others are counted together
MOST_RECORDS: Final = 10_000_000
"""The most rows of a frame: a million takes some 120 MB, however little JSON a record is."""


class Decoded(NamedTuple):
    frame: pd.DataFrame
    report: DecodeReport


class RecordColumns:
    def __init__(self, schema: Schema) -> None:
        self._kinds = {field.name: field.kind for field in schema.fields}
        self._parts = {name: [column(kind, [])] for name, kind in self._kinds.items()}
        self._received = self._objects = self._records = 0
        self._ids: set[str] = set()
        self._unannounced: Counter[str] = Counter()
        self._names: set[str] = set()
        self._others = 0

    def add(self, elements: list[Any]) -> None:
        objects = [element for element in elements if isinstance(element, dict)]
        records = [record for record in objects if self._is_new(text(record.get(_ID)))]
        self._count_unannounced(elements, records)
        for name, kind in self._kinds.items():
            self._parts[name].append(column(kind, [record.get(name) for record in records]))
        self._received += len(elements)
        self._objects += len(objects)
        self._records += len(records)
        check_number(self._records)

    def decoded(self, replaced: int) -> Decoded:
        """Return the frame and its report; `replaced` counts characters that were replaced before."""
        columns = {name: _joined(self._kinds[name], parts) for name, parts in self._parts.items()}
        counts = unannounced(self._unannounced, self._others)
        return decoded(columns, self._received, self._received - self._objects, counts, replaced)

    def _is_new(self, captureId: str | None) -> bool:
        if not captureId:
            return True
        known = len(self._ids)
        self._ids.add(captureId)
        return len(self._ids) > known

    def _count_unannounced(self, elements: list[Any], records: list[dict[str, Any]]) -> None:
        known = self._kinds.keys()
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
    columns: Mapping[str, Column], received: int, dropped: int, unannounced: dict[str, int], replaced: int = 0
) -> Decoded:
    """Return the frame of the columns and its report.

    `dropped` elements were no objects, and `replaced` characters were replaced before.
    """
    frame = pd.DataFrame({name: array for name, (array, _, _) in columns.items()}, copy=False)
    report = DecodeReport(
        received=received,
        records=len(frame),
        dropped={NOT_AN_OBJECT: dropped} if dropped else {},
        duplicates=received - dropped - len(frame),
        unreadable={name: lost for name, (_, lost, _) in columns.items() if lost},
        unannounced=unannounced,
        replaced=replaced + sum(mended for _, _, mended in columns.values()),
    )
    return Decoded(frame, report)


def check_number(records: int) -> None:
    if records > MOST_RECORDS:
        advice = "Narrow the query to a space or an installation."
        raise TooLargeError(f"The answer has more than {MOST_RECORDS:,} records, the limit", advice=advice)


def _joined(kind: Kind, parts: list[Column]) -> Column:
    arrays, lost, mended = zip(*parts, strict=True)
    is_category = isinstance(arrays[0], pd.Categorical)
    whole = _joined_categories(kind, arrays) if is_category else pd.concat(map(pd.Series, arrays)).array
    return whole, sum(lost), sum(mended)


def _joined_categories(kind: Kind, parts: Sequence[pd.Categorical]) -> pd.Categorical:
    # pandas' union_categoricals makes 5 and 1.5 floats.
    whole: pd.Categorical = column(kind, [value for part in parts for value in part.categories])[0]
    codes = joined_codes(whole.codes, [len(part.categories) for part in parts], [part.codes for part in parts])
    return pd.Categorical.from_codes(codes, dtype=whole.dtype)
