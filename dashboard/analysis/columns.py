"""Columns as NumPy arrays: texts as codes, moments as microseconds since the epoch.

For categorical columns, as the client makes them, and for columns of texts.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """Return whether a column is categorical."""
    return isinstance(column.dtype, pd.CategoricalDtype)


def coded(column: pd.Series) -> tuple[Codes, pd.Index]:
    """Return the code of each row, -1 where it is missing, and the values of the codes; some may not occur."""
    if is_coded(column):
        return column.array.codes, column.array.categories
    codes, values = pd.factorize(column)
    return codes, pd.Index(values)


def ids_of(column: pd.Series) -> pd.Series:
    """Return identifiers with the empty text as missing."""
    if is_coded(column):
        return column.cat.remove_categories([""]) if "" in column.array.categories else column
    return column.where(column != "")


def stamps(times: pd.Series) -> Ints:
    """Return microseconds since the epoch; the smallest int64 where missing. A column in that unit is not copied."""
    moments: Ints = times.dt.as_unit("us").dt.tz_localize(None).to_numpy("datetime64[us]").view("int64")
    return moments


def stamp(moment: pd.Timestamp) -> int:
    """Return the microseconds since the epoch of an aware timestamp."""
    return int(moment.as_unit("us").asm8.astype(np.int64))


def passing(column: pd.Series, test: Callable[[Any], bool]) -> Bools:
    """Return where a value passes the test, which is called once for each value; missing ones don't."""
    codes, values = coded(column)
    # One more at the end, for the missing: their code is -1.
    passes = np.array([*map(test, values), False], dtype=bool)
    return passes[codes]


def places(ids: pd.Series, known: pd.Series) -> Ints:
    """Return the position of each id among the known ones, which are distinct; -1 where it isn't or is missing."""
    codes, values = coded(ids)
    known_codes, known_values = coded(known)
    place_of_code = np.full(len(known_values) + 1, -1, dtype=np.int64)
    present = np.flatnonzero(known_codes >= 0)
    place_of_code[known_codes[present]] = present
    found = pc.index_in(texts_of(values), value_set=texts_of(known_values)).fill_null(-1).to_numpy(zero_copy_only=False)
    return np.append(place_of_code[found], -1)[codes]


def exact_text(number: Any) -> str:
    """Return the same text for equal numbers: 1 and 1.0 are one number, and an answer may write either."""
    if isinstance(number, float) and number.is_integer():
        return str(int(number))
    return str(number)


def texts_of(values: pd.Index) -> pa.Array:
    """Return the values of codes as texts (large_string), numbers as `exact_text`."""
    texts = values if isinstance(values.dtype, pd.StringDtype) else map(exact_text, values)
    return pa.array(texts, type=pa.large_string(), from_pandas=True)


def without_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the values of categories in place of their codes.

    For the rows that are shown: a categorical column is sent to the browser with all its categories.
    """
    if not any(isinstance(dtype, pd.CategoricalDtype) for dtype in frame.dtypes):
        return frame
    columns = {name: _uncoded(frame[name]) for name in frame.columns}
    found = pd.DataFrame(columns, index=frame.index, copy=False)
    found.attrs = frame.attrs
    return found


def _uncoded(column: pd.Series) -> Any:
    values = column.array
    if not isinstance(values, pd.Categorical):
        return values
    return values.categories.array.take(values.codes, allow_fill=True)
