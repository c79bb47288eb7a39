"""Columns from the JSON tokens of one field, which DuckDB hands over batch by batch.

Tokens that repeat become codes at once, so that each value is read once. `captureId` and dates hardly repeat: Arrow
reads their usual form without a Python object per row; other forms are read as everywhere else.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client.decoding._json_array import loads_each
from gridrt_client.decoding._values import NOT_A_TIME, Codes, Column, column, dates, joined_codes
from gridrt_client.schema import Kind

Positions = np.ndarray[Any, np.dtype[np.int64]]

# Bytes of the usual dates, from "2026-11-23T11:20:00Z" to nine fractional digits, the most that Arrow reads.
_SHORTEST_DATE, _LONGEST_DATE = 22, 32
_UNREADABLE = NOT_A_TIME + 1

_Encoded = tuple[Any, Codes]  # tokens in order of first occurrence, and for each row the position of its own


class CategoryBuilder:
    """A field whose values repeat.

    Every builder collects batches of tokens (`add`) and what another one has collected (`extend`); `column` returns the
    column of the rows `kept`, all when None.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._chunks: list[Any] = []
        self._unreadable = 0

    def add(self, tokens: Any) -> None:
        self._chunks.append(_encoded(tokens))

    def extend(self, other: "CategoryBuilder") -> None:
        self._chunks += other._chunks
        self._unreadable += other._unreadable

    def column(self, kept: Positions | None) -> Column:
        tokens, places = _encoded(pa.chunked_array([some for some, _ in self._chunks], pa.string()).combine_chunks())
        codes = joined_codes(places, [len(some) for some, _ in self._chunks], [codes for _, codes in self._chunks])
        self._chunks.clear()
        if kept is not None:
            tokens, codes = _occurring(tokens, codes[kept])
        texts = _plain_texts(tokens) if self._kind is Kind.TEXT else None
        if texts is None:
            return column(self._kind, loads_each(tokens.to_pylist()), codes)
        # Without escapes, different tokens are different texts.
        return pd.Categorical.from_codes(codes, categories=pd.Index(_array(texts))), 0, 0


class IdBuilder(CategoryBuilder):
    """The field of ids, which hardly ever repeat. Its chunks are texts; no row with an unreadable one is left out."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self._hashes: list[Any] = []
        self._has_unusual = False

    def add(self, tokens: Any) -> None:
        texts = _plain_texts(tokens)
        if texts is None:
            groups, codes = _encoded(tokens)
            array, unreadable, _ = column(self._kind, loads_each(groups.to_pylist()), codes)
            texts = pa.array(array, pa.large_string())
            self._unreadable += unreadable
            self._has_unusual = True
        self._chunks.append(texts)

    def add_hashes(self, hashes: Any) -> None:
        """Add a number (uint64) for each token, which is the same for equal tokens."""
        # A copy: otherwise the whole batch would stay.
        self._hashes.append(hashes.to_numpy().copy())

    def extend(self, other: CategoryBuilder) -> None:
        super().extend(other)
        if isinstance(other, IdBuilder):
            self._hashes += other._hashes
            self._has_unusual |= other._has_unusual

    def first_of_each(self) -> Positions | None:
        """Return the rows to keep, None for all: the first of equal ids, and every row with an empty id or without."""
        hashes = np.concatenate([np.empty(0, np.uint64), *self._hashes])
        self._hashes.clear()
        # A dictionary of a million different ids takes more memory than anything else here. Different tokens may be the
        # same unusual id.
        alike = np.ones(len(hashes), bool) if self._has_unusual else pd.Series(hashes).duplicated(keep=False)
        places = np.flatnonzero(alike)
        texts = pa.chunked_array(self._chunks, pa.large_string()).take(pa.array(places)).combine_chunks()
        codes = texts.dictionary_encode().indices.fill_null(-1).to_numpy()
        repeated = pd.Series(codes).duplicated().to_numpy() & _mask(pc.greater(pc.binary_length(texts), 0))
        return np.delete(np.arange(len(hashes)), places[repeated]) if repeated.any() else None

    def column(self, kept: Positions | None) -> Column:
        texts = pa.chunked_array(self._chunks, pa.large_string()).combine_chunks()
        self._chunks.clear()
        return _array(texts if kept is None else texts.take(pa.array(kept))), self._unreadable, 0


class DateBuilder(CategoryBuilder):
    """A field of dates. Its chunks are microseconds since 1970."""

    def add(self, tokens: Any) -> None:
        stamps = np.full(len(tokens), NOT_A_TIME)
        lengths = pc.binary_length(tokens)
        usual = _mask(pc.and_(pc.starts_with(tokens, '"20'), pc.ends_with(tokens, 'Z"')))
        usual &= _mask(pc.and_(pc.greater_equal(lengths, _SHORTEST_DATE), pc.less_equal(lengths, _LONGEST_DATE)))
        try:
            texts = pc.utf8_slice_codeunits(tokens.filter(pa.array(usual)), 1, -1)
            moments = texts.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
            stamps[usual] = moments.to_numpy() // 1000
        except pa.ArrowInvalid:
            # A date that doesn't exist, such as 30 February, or another text.
            usual[:] = False
        rows = np.flatnonzero(~usual & _mask(tokens.is_valid()))
        if len(rows):
            groups, codes = _encoded(tokens.take(pa.array(rows)))
            found = column(Kind.DATE, loads_each(groups.to_pylist()))[0].asi8
            stamps[rows] = np.where(found == NOT_A_TIME, _UNREADABLE, found)[codes]
        self._chunks.append(stamps)

    def column(self, kept: Positions | None) -> Column:
        stamps = np.concatenate([np.empty(0, np.int64), *self._chunks])
        self._chunks.clear()
        if kept is not None:
            stamps = stamps[kept]
        unreadable = stamps == _UNREADABLE
        stamps[unreadable] = NOT_A_TIME
        return dates(stamps), int(unreadable.sum()), 0


def builder(kind: Kind) -> CategoryBuilder:
    return {Kind.UNIQUE: IdBuilder, Kind.DATE: DateBuilder}.get(kind, CategoryBuilder)(kind)


def _mask(values: Any) -> Any:
    return values.fill_null(False).to_numpy(zero_copy_only=False)


def _encoded(tokens: Any) -> _Encoded:
    whole = tokens.dictionary_encode()
    # The smallest type that holds the codes and -1.
    dtype = np.min_scalar_type(-1 - len(whole.dictionary))
    return whole.dictionary, whole.indices.fill_null(-1).to_numpy().astype(dtype)


def _occurring(tokens: Any, codes: Codes) -> _Encoded:
    """Return the tokens that occur in the rows, in order of first occurrence, and the codes for them."""
    order = pd.unique(codes[codes >= 0])
    places = np.full(len(tokens) + 1, -1, codes.dtype)
    places[order] = np.arange(len(order), dtype=codes.dtype)
    return tokens.take(pa.array(order)), places[codes]


def _plain_texts(tokens: Any) -> Any:
    """Return the texts, when all tokens are texts without escapes; else None."""
    # Ten times as fast as an Arrow function: one search in the bytes of all tokens.
    data = tokens.buffers()[2]
    if data is not None and b"\\" in data.to_pybytes():
        return None
    if not pc.all(pc.starts_with(tokens, '"'), min_count=0).as_py():
        return None
    # Not utf8_slice_codeunits, whose results keep more memory than they need.
    return pc.binary_slice(tokens.cast(pa.binary()), 1, -1).cast(pa.string()).cast(pa.large_string())


def _array(texts: Any) -> Any:
    return pd.array(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan))
