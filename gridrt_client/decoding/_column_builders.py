"""Columns from the JSON tokens of one field, which DuckDB hands over batch by batch.

Tokens that repeat become codes at once, so that each value is read once instead of once per row. Two fields hardly
repeat, `captureId` and the date: Arrow reads their usual form without a Python object per row; other forms are read as
everywhere else.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client.decoding._json_array import loads_each
from gridrt_client.decoding._values import NOT_A_TIME, Codes, Column, column, dates, smallest_codes
from gridrt_client.schema import Kind

Positions = np.ndarray[Any, np.dtype[np.int64]]

# Bytes of the usual dates, from "2026-11-23T11:20:00Z" to nine fractional digits, the most that Arrow reads.
_SHORTEST_DATE, _LONGEST_DATE = 22, 32

_Encoded = tuple[Any, Codes]
"""Tokens in order of first occurrence, and for each row the position of its own, -1 for none."""


class CategoryBuilder:
    """A field whose values repeat.

    Every builder collects batches of tokens (`add`) and what another one has collected (`extend`); `column` returns the
    column of the rows `kept`, all when None.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._chunks: list[tuple[Any, Any]] = []

    def add(self, tokens: Any) -> None:
        self._chunks.append(_encoded(tokens))

    def extend(self, other: "CategoryBuilder") -> None:
        self._chunks += other._chunks

    def column(self, kept: Positions | None) -> Column:
        tokens, codes = _unified(self._chunks)
        self._chunks.clear()
        if kept is not None:
            tokens, codes = _occurring(tokens, codes[kept])
        texts = _plain_texts(tokens) if self._kind is Kind.TEXT else None
        if texts is None:
            return column(self._kind, loads_each(tokens.to_pylist()), codes)
        # Without escapes, different tokens are different texts.
        return pd.Categorical.from_codes(codes, categories=pd.Index(_array(texts))), 0, 0


class TextBuilder(CategoryBuilder):
    """A field of texts that hardly ever repeat. Its chunks are texts and what was unreadable."""

    def add(self, tokens: Any) -> None:
        texts, unreadable = _plain_texts(tokens), np.zeros(len(tokens), bool)
        if texts is None:
            groups, codes = _encoded(tokens)
            array, _, _ = column(Kind.UNIQUE, loads_each(groups.to_pylist()), codes)
            texts, unreadable = pa.array(array, pa.large_string()), np.asarray(array.isna()) & (codes >= 0)
        self._chunks.append((texts, unreadable))

    def texts(self) -> Any:
        """Return all texts as an Arrow array of large_string."""
        texts = pa.chunked_array([some for some, _ in self._chunks], pa.large_string()).combine_chunks()
        self._chunks = [(texts, _joined([unreadable for _, unreadable in self._chunks], bool))]
        return texts

    def column(self, kept: Positions | None) -> Column:
        texts, unreadable = self.texts(), self._chunks[0][1]
        self._chunks.clear()
        if kept is not None:
            texts, unreadable = texts.take(pa.array(kept)), unreadable[kept]
        return _array(texts), int(unreadable.sum()), 0


class DateBuilder(CategoryBuilder):
    """A field of dates. Its chunks are microseconds since 1970 and what was unreadable."""

    def add(self, tokens: Any) -> None:
        stamps, unreadable = np.full(len(tokens), NOT_A_TIME), np.zeros(len(tokens), bool)
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
            stamps[rows] = column(Kind.DATE, loads_each(groups.to_pylist()))[0].asi8[codes]
            unreadable[rows] = stamps[rows] == NOT_A_TIME
        self._chunks.append((stamps, unreadable))

    def column(self, kept: Positions | None) -> Column:
        stamps = _joined([some for some, _ in self._chunks], np.int64)
        unreadable = _joined([some for _, some in self._chunks], bool)
        self._chunks.clear()
        if kept is not None:
            stamps, unreadable = stamps[kept], unreadable[kept]
        return dates(stamps), int(unreadable.sum()), 0


def builder(kind: Kind) -> CategoryBuilder:
    """Return the builder for a field of that kind."""
    return {Kind.UNIQUE: TextBuilder, Kind.DATE: DateBuilder}.get(kind, CategoryBuilder)(kind)


def first_of_each(ids: Any) -> Positions | None:
    """Return the rows to keep, None for all: the first of equal ids, and every row without an id or with an empty one.

    `ids` is an Arrow array of large_string.
    """
    empty = pc.equal(ids, "")
    if pc.any(empty, min_count=0).as_py():
        ids = pc.if_else(empty, pa.scalar(None, ids.type), ids)
    codes = ids.dictionary_encode().indices.fill_null(-1).to_numpy()
    # Codes count up in order of first occurrence: a code that isn't above all before it has occurred already.
    highest = np.maximum.accumulate(np.append(-1, codes))[:-1]
    repeated = (codes >= 0) & (codes <= highest)
    return np.flatnonzero(~repeated) if repeated.any() else None


def _mask(values: Any) -> Any:
    return values.fill_null(False).to_numpy(zero_copy_only=False)


def _joined(chunks: list[Any], dtype: Any) -> Any:
    return np.concatenate(chunks) if chunks else np.empty(0, dtype)


def _encoded(tokens: Any) -> _Encoded:
    whole = tokens.dictionary_encode()
    return whole.dictionary, whole.indices.fill_null(-1).to_numpy().astype(smallest_codes(len(whole.dictionary)))


def _unified(chunks: list[_Encoded]) -> _Encoded:
    """Return all chunks as one."""
    pairs = [pa.DictionaryArray.from_arrays(np.arange(len(tokens), dtype=np.int32), tokens) for tokens, _ in chunks]
    whole = pa.chunked_array(pairs, pa.dictionary(pa.int32(), pa.string())).unify_dictionaries()
    tokens = whole.chunk(0).dictionary if chunks else pa.array([], pa.string())
    dtype = smallest_codes(len(tokens))
    # The appended place is the one that -1 points to.
    places = [np.append(chunk.indices.to_numpy(), -1).astype(dtype) for chunk in whole.chunks]
    codes = [some_places[some] for some_places, (_, some) in zip(places, chunks, strict=True)]
    return tokens, _joined(codes, dtype)


def _occurring(tokens: Any, codes: Codes) -> _Encoded:
    """Return the tokens that occur in the rows, in order of first occurrence, and the codes for them."""
    order = pd.unique(codes[codes >= 0])
    places = np.full(len(tokens) + 1, -1, codes.dtype)
    places[order] = np.arange(len(order), dtype=codes.dtype)
    return tokens.take(pa.array(order)), places[codes]


def _plain_texts(tokens: Any) -> Any:
    """Return the texts, when all tokens are texts without escapes; else None."""
    _, offsets, data = tokens.buffers()
    ends = np.frombuffer(offsets, np.int32, len(tokens) + 1, tokens.offset * 4) if len(tokens) else [0, 0]
    # Ten times as fast as an Arrow function: one search in the bytes of all tokens.
    if data is not None and b"\\" in bytes(data[int(ends[0]) : int(ends[-1])]):
        return None
    if not pc.all(pc.starts_with(tokens, '"'), min_count=0).as_py():
        return None
    return pc.binary_slice(tokens.cast(pa.binary()), 1, -1).cast(pa.string()).cast(pa.large_string())


def _array(texts: Any) -> Any:
    return pd.array(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan))
