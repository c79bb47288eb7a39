"""Which records are the first with their captureId."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Positions = np.ndarray[Any, np.dtype[np.int64]]

_WORD: Final = 8
_ODD_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


def first_of_each(ids: Any) -> Positions | None:
    """The rows that stay, or None for all: of the same id the first, and every one without or with an empty one.

    `ids` is an Arrow array of large_string.
    """
    suspects = _suspects(ids)
    some = ids if suspects is None else ids.take(pa.array(suspects))
    some = pc.if_else(pc.equal(some, ""), pa.scalar(None, some.type), some)
    codes = some.dictionary_encode().indices.fill_null(-1).to_numpy()
    known = np.flatnonzero(codes >= 0)[::-1]
    first = np.zeros(len(some), np.int64)
    # Of several values for one place the last is stored: the first row.
    first[codes[known]] = known
    again = known[first[codes[known]] != known]
    if not len(again):
        return None
    stays = np.ones(len(ids), bool)
    stays[again if suspects is None else suspects[again]] = False
    return np.flatnonzero(stays)


def _suspects(ids: Any) -> Positions | None:
    """Rows among which all doubled ones are, in order; None for all rows.

    Ids of one length, as the API has them, are made numbers and sorted, which takes a fifth of the time of telling a
    million of them apart.
    """
    if ids.null_count or not len(ids):
        return None
    _, offsets, data = ids.buffers()
    ends = np.frombuffer(offsets, np.int64, len(ids) + 1, ids.offset * 8)
    length = int(ends[1] - ends[0])
    if not length or length > 64 or (np.diff(ends) != length).any():
        return None
    content = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].reshape(len(ids), length)
    if length % _WORD:
        content = np.pad(content, ((0, 0), (0, -length % _WORD)))
    words = np.ascontiguousarray(content).view(np.uint64)
    marks = np.zeros(len(ids), np.uint64)
    for place in range(words.shape[1]):
        marks = (marks ^ words[:, place]) * _ODD_FACTOR
        marks ^= marks >> np.uint64(29)
    ordered = np.sort(marks)
    doubled = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(marks, doubled)) if len(doubled) else np.empty(0, np.int64)
