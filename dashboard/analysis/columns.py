"""Columns as numbers: texts as codes, moments as microseconds. For categories, as the client makes them, and for texts.

A million texts are a million objects to look at; their codes are an array of small integers. Whatever a view counts,
compares or joins, it does on these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.signedinteger[Any]]
Bools = npt.NDArray[np.bool_]


def is_coded(column: pd.Series) -> bool:
    """Whether a column is categorical."""
    return isinstance(column.dtype, pd.CategoricalDtype)


def coded(column: pd.Series) -> tuple[Codes, pd.Index]:
    """The code of each row, -1 where it is missing, and the values that codes stand for; some may not occur."""
    if is_coded(column):
        return column.array.codes, column.array.categories
    codes, values = pd.factorize(column)
    return codes, pd.Index(values)


def ids_of(column: pd.Series) -> pd.Series:
    """Identifiers, with the empty text taken for none."""
    if is_coded(column):
        return column.cat.remove_categories([""]) if "" in column.array.categories else column
    return column.where(column != "")


def stamps(times: pd.Series) -> Ints:
    """Microseconds since the epoch; the smallest int64 where missing. Without a copy where they are that already."""
    moments: Ints = times.dt.as_unit("us").dt.tz_localize(None).to_numpy("datetime64[us]").view("int64")
    return moments


def stamp(moment: pd.Timestamp) -> int:
    """Microseconds since the epoch of an aware timestamp."""
    return int(moment.as_unit("us").asm8.astype(np.int64))


def passing(column: pd.Series, test: Callable[[Any], bool]) -> Bools:
    """Where a value passes the test, which is asked once for each value; a missing one doesn't."""
    codes, values = coded(column)
    # One more at the end, for the missing: their code is -1.
    passes = np.array([*map(test, values), False], dtype=bool)
    return passes[codes]


def places(ids: pd.Series, known: pd.Series) -> Ints:
    """Where each id is among the known ones, which are distinct; -1 where it isn't or is missing."""
    codes, values = coded(ids)
    known_codes, known_values = coded(known)
    place_of_code = np.full(len(known_values) + 1, -1, dtype=np.int64)
    present = np.flatnonzero(known_codes >= 0)
    place_of_code[known_codes[present]] = present
    found = pc.index_in(_arrow(values), value_set=_arrow(known_values)).fill_null(-1).to_numpy(zero_copy_only=False)
    return np.append(place_of_code[found], -1)[codes]


def exact_text(number: Any) -> str:
    """Return the same text for equal numbers: 1 and 1.0 are one number, and an answer may write either."""
    if isinstance(number, float) and number.is_integer():
        return str(int(number))
    return str(number)


def without_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with categories as the values that they stand for.

    For the rows that are shown: a category brings all its values along, also to the browser.
    """
    if not any(isinstance(dtype, pd.CategoricalDtype) for dtype in frame.dtypes):
        return frame
    columns = {name: _uncoded(frame[name]) for name in frame.columns}
    told = pd.DataFrame(columns, index=frame.index, copy=False)
    told.attrs = frame.attrs
    return told


def shared_codes(parts: Sequence[pd.Series]) -> Codes:
    """The codes of columns below each other, the same for equal values of all of them; -1 where missing."""
    codes, values = zip(*map(coded, parts), strict=True)
    common = pd.factorize(np.concatenate([np.asarray(one, dtype=object) for one in values]))[0]
    ends = np.cumsum([len(one) for one in values])
    # One more at the end of each, for the missing: their code is -1.
    own = [np.append(one, -1) for one in np.split(common, ends[:-1])]
    return np.concatenate([mapped[one] for mapped, one in zip(own, codes, strict=True)])


def _arrow(values: pd.Index) -> pa.Array:
    if isinstance(values.dtype, pd.StringDtype):
        return pa.array(values, type=pa.large_string(), from_pandas=True)
    return pa.array([str(value) for value in values], type=pa.large_string())


def _uncoded(column: pd.Series) -> Any:
    values = column.array
    if not isinstance(values, pd.Categorical):
        return values
    return values.categories.array.take(values.codes, allow_fill=True)
