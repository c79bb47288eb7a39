"""The values of one field as JSON tokens, batch by batch, and the column that they become.

What repeats is turned into codes at once, so that each value is read once and not once for each row. Two fields hardly
repeat, captureId and the date: their usual form is read with Arrow and NumPy, without a Python object for each row, and
what isn't in it as everywhere else.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client.decoding._dates import FIRST, LAST
from gridrt_client.decoding._duplicates import Positions
from gridrt_client.decoding._json_array import loads_each
from gridrt_client.decoding._values import Codes, Column, column, smallest_codes
from gridrt_client.schema import Kind

_NOT_A_TIME: Final = np.iinfo(np.int64).min
_BACKSLASH: Final = b"\\"
# A date as the pipelines write it, without its fraction: 0 stands for a digit.
_STAMP: Final = b'"0000-00-00T00:00:00'
_DIGITS: Final = 6

_Encoded = tuple[Any, Codes]
"""Tokens in the order in which the rows bring them, and for each row the position of its own, -1 for none."""


class Tokens:
    """A field whose values repeat."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._chunks: list[_Encoded] = []

    def add(self, tokens: Any) -> None:
        self._chunks.append(_encoded(tokens))

    def extend(self, other: Any) -> None:
        """Put behind them what another one of the same field has taken."""
        self._chunks += other._chunks

    def column(self, kept: Positions | None) -> Column:
        """The column of the rows that are kept, all when None."""
        tokens, codes = _unified(self._chunks)
        self._chunks.clear()
        if kept is not None:
            tokens, codes = _occurring(tokens, codes[kept])
        texts = _plain_texts(tokens) if self._kind is Kind.TEXT else None
        if texts is None:
            return column(self._kind, _values(tokens), codes)
        # Other tokens are other texts here: nothing is left to bring together.
        return pd.Categorical.from_codes(codes, categories=pd.Index(_array(texts))), 0, 0


class Texts:
    """A field whose values hardly ever repeat."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._unreadable: list[Any] = []

    def add(self, tokens: Any) -> None:
        texts, unreadable = _texts(tokens)
        self._chunks.append(texts)
        self._unreadable.append(unreadable)

    def extend(self, other: Any) -> None:
        self._chunks += other._chunks
        self._unreadable += other._unreadable

    def texts(self) -> Any:
        """All of them, as an Arrow array of large_string."""
        self._chunks = [pa.chunked_array(self._chunks, pa.large_string()).combine_chunks()]
        return self._chunks[0]

    def column(self, kept: Positions | None) -> Column:
        texts, unreadable = self.texts(), _joined(self._unreadable, bool)
        self._chunks.clear()
        if kept is not None:
            texts, unreadable = texts.take(pa.array(kept)), unreadable[kept]
        return _array(texts), int(unreadable.sum()), 0


class Dates:
    """A field of moments."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._unreadable: list[Any] = []

    def add(self, tokens: Any) -> None:
        stamps = np.full(len(tokens), _NOT_A_TIME)
        present = np.flatnonzero(tokens.is_valid().to_numpy(zero_copy_only=False))
        lengths = pc.binary_length(tokens).to_numpy(zero_copy_only=False)[present].astype(np.int64)
        rest = np.zeros(len(tokens), bool)
        rest[present] = True
        for length in np.unique(lengths):
            rows = present[lengths == length]
            found = _moments(_matrix(tokens, rows, int(length)))
            if found is not None:
                stamps[rows] = found
                rest[rows] = found == _NOT_A_TIME
        unreadable = np.zeros(len(tokens), bool)
        rows = np.flatnonzero(rest)
        if len(rows):
            groups, codes = _encoded(tokens.take(pa.array(rows)))
            moments = column(Kind.DATE, _values(groups))[0].asi8
            stamps[rows] = moments[codes]
            unreadable[rows] = stamps[rows] == _NOT_A_TIME
        self._chunks.append(stamps)
        self._unreadable.append(unreadable)

    def extend(self, other: Any) -> None:
        self._chunks += other._chunks
        self._unreadable += other._unreadable

    def column(self, kept: Positions | None) -> Column:
        stamps, unreadable = _joined(self._chunks, np.int64), _joined(self._unreadable, bool)
        self._chunks.clear()
        if kept is not None:
            stamps, unreadable = stamps[kept], unreadable[kept]
        moments = pd.DatetimeIndex(stamps.view("datetime64[us]")).tz_localize("UTC").array
        return moments, int(unreadable.sum()), 0


def accumulator(kind: Kind) -> Tokens | Texts | Dates:
    """What takes the tokens of a field of that kind."""
    if kind is Kind.UNIQUE:
        return Texts()
    return Dates() if kind is Kind.DATE else Tokens(kind)


def _values(tokens: Any) -> list[Any]:
    return loads_each(tokens.to_pylist())


def _joined(chunks: list[Any], dtype: Any) -> Any:
    return np.concatenate(chunks) if chunks else np.empty(0, dtype)


def _encoded(tokens: Any) -> _Encoded:
    whole = tokens.dictionary_encode()
    return whole.dictionary, whole.indices.fill_null(-1).to_numpy().astype(smallest_codes(len(whole.dictionary)))


def _unified(chunks: list[_Encoded]) -> _Encoded:
    """All chunks as one."""
    pairs = [pa.DictionaryArray.from_arrays(np.arange(len(tokens), dtype=np.int32), tokens) for tokens, _ in chunks]
    whole = pa.chunked_array(pairs, pa.dictionary(pa.int32(), pa.string())).unify_dictionaries()
    tokens = whole.chunk(0).dictionary if chunks else pa.array([], pa.string())
    codes = np.empty(sum(len(some) for _, some in chunks), smallest_codes(len(tokens)))
    start = 0
    for chunk, (_, some) in zip(whole.chunks, chunks, strict=True):
        # The place that -1 points to.
        places = np.append(chunk.indices.to_numpy(), -1).astype(codes.dtype)
        codes[start : start + len(some)] = places[some]
        start += len(some)
    return tokens, codes


def _occurring(tokens: Any, codes: Codes) -> tuple[Any, Codes]:
    """The same, when some rows are gone, for the tokens and for the order that are left."""
    first = np.full(len(tokens), len(codes))
    rows = np.flatnonzero(codes >= 0)[::-1]
    # Of several values for one place the last is stored: the first row.
    first[codes[rows]] = rows
    order = np.argsort(first, kind="stable")[: int((first < len(codes)).sum())]
    places = np.full(len(tokens) + 1, -1, codes.dtype)
    places[order] = np.arange(len(order), dtype=codes.dtype)
    return tokens.take(pa.array(order)), places[codes]


def _texts(tokens: Any) -> tuple[Any, Any]:
    """The texts of a batch, and which of them could not be read."""
    texts = _plain_texts(tokens)
    if texts is not None:
        return texts, np.zeros(len(tokens), bool)
    groups, codes = _encoded(tokens)
    array, _, _ = column(Kind.UNIQUE, _values(groups), codes)
    unreadable = np.asarray(array.isna()) & (codes >= 0)
    return pa.array(array, pa.large_string()), unreadable


def _plain_texts(tokens: Any) -> Any:
    """The texts, when all tokens are texts and none holds an escape; else None."""
    if _BACKSLASH in _content(tokens) or not pc.all(pc.starts_with(tokens, '"'), min_count=0).as_py():
        return None
    return pc.binary_slice(tokens.cast(pa.binary()), 1, -1).cast(pa.string()).cast(pa.large_string())


def _array(texts: Any) -> Any:
    return pd.array(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan))


def _content(tokens: Any) -> bytes:
    """The bytes of all tokens, one after the other."""
    _, offsets, data = tokens.buffers()
    if data is None or not len(tokens):
        return b""
    ends = np.frombuffer(offsets, np.int32, len(tokens) + 1, tokens.offset * 4)
    return bytes(data[int(ends[0]) : int(ends[-1])])


def _matrix(tokens: Any, rows: Positions, length: int) -> Any:
    """The bytes of tokens of that length, one row for each."""
    _, offsets, data = tokens.buffers()
    starts = np.frombuffer(offsets, np.int32, len(tokens) + 1, tokens.offset * 4)[rows]
    content = np.frombuffer(data, np.uint8)
    if len(rows) * length == starts[-1] - starts[0] + length:
        return content[starts[0] : starts[0] + len(rows) * length].reshape(len(rows), length)
    return content[starts[:, None] + np.arange(length, dtype=np.int32)]


def _moments(tokens: Any) -> Any:
    """Microseconds since 1970 of ``"YYYY-MM-DDTHH:MM:SS.fZ"``, NaT for what isn't one; None for another length."""
    fraction = tokens.shape[1] - len(_STAMP) - 2
    form = _STAMP + (b"." + b"0" * (fraction - 1) if fraction > 0 else b"") + b'Z"'
    if len(form) != tokens.shape[1] or fraction == 1 or fraction > 10:
        return None
    pattern = np.frombuffer(form, np.uint8)
    digits = pattern == ord("0")
    figures = tokens[:, digits] - np.uint8(ord("0"))
    sound = (tokens[:, ~digits] == pattern[~digits]).all(axis=1) & (figures <= 9).all(axis=1)
    figures = np.ascontiguousarray(figures.T).astype(np.int32)
    figures[:, ~sound] = 0

    def number(start: int, end: int) -> Any:
        found = figures[start].copy()
        for place in range(start + 1, end):
            found = found * 10 + figures[place]
        return found

    year, month, day = number(0, 4), number(4, 6), number(6, 8)
    hour, minute, second = number(8, 10), number(10, 12), number(12, 14)
    sound &= (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 23) & (minute <= 59) & (second <= 59)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]")
    sound &= day <= ((months + 1).astype("datetime64[D]") - days).astype(np.int64)
    stamps = (days.astype(np.int64) + day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    stamps *= 1_000_000
    micros = min(max(fraction - 1, 0), _DIGITS)
    if micros:
        stamps += number(14, 14 + micros) * 10 ** (_DIGITS - micros)
    sound &= (stamps >= FIRST) & (stamps <= LAST)
    return np.where(sound, stamps, _NOT_A_TIME)
