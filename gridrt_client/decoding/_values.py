"""From the values of one field, as JSON gave them, to a typed column; what can't be read is missing and counted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from gridrt_client.decoding._dates import microseconds
from gridrt_client.schema import Kind

Codes = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]
Column = tuple[Any, int, int]
"""The array, how many values could not be read, how many characters were replaced."""

_TEXT: Final = pd.StringDtype(na_value=np.nan)
_NUMERAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SWITCH: Final = {"true": True, "false": False}
_NOT_A_TIME: Final = np.iinfo(np.int64).min  # how NumPy writes NaT


def column(kind: Kind, values: Sequence[Any], codes: Codes | None = None) -> Column:
    """The column of a field of that kind, with the dtype that `schema` documents.

    Parameters
    ----------
    values
        What JSON gave: one for each row or, with `codes`, one for each group of rows that hold the same, in the order
        in which the rows bring them.
    codes
        For each row the position of its value, -1 for none.
    """
    readable, exact_types = _READ[kind]
    found: Sequence[Any] = values
    if not set(map(type, values)) <= exact_types:
        found = [None if value is None else readable(value) for value in values]
    weights = None if codes is None else np.bincount(codes[codes >= 0], minlength=len(values))

    def total(each: Iterable[int]) -> int:
        return sum(each) if weights is None else int(np.dot(weights, np.fromiter(each, np.int64, len(values))))

    unreadable = 0
    if found is not values:
        unreadable = total(one is None and value is not None for value, one in zip(values, found, strict=True))
    try:
        return _MADE[kind](found, codes), unreadable, 0
    except UnicodeEncodeError:
        # Half characters, which JSON can write as "\ud800" and no UTF-8 column can hold.
        mended = [_SURROGATE.subn("\ufffd", one) if one else (one, 0) for one in found]
        return _MADE[kind]([one for one, _ in mended], codes), unreadable, total(count for _, count in mended)


def smallest_codes(count: int) -> type[np.signedinteger[Any]]:
    """The integers that can tell so many apart, in as few bytes as will do."""
    return np.int8 if count < 1 << 7 else np.int16 if count < 1 << 15 else np.int32


def text(value: Any) -> str | None:
    """A text as it is, a number in its shortest exact spelling; None for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    return None


def _category(found: Sequence[Any], codes: Codes | None, dtype: Any) -> pd.Categorical:
    """Equal values are one category, the first of them, in the order in which the rows bring them."""
    places: dict[Any, int] = {}
    groups = np.fromiter(
        (-1 if one is None else places.setdefault(one, len(places)) for one in found), np.int32, len(found)
    )
    categories = pd.Index(list(places), dtype=dtype)
    return pd.Categorical.from_codes(_taken(groups, codes, -1), categories=categories)


def _texts(found: Sequence[Any], codes: Codes | None) -> Any:
    return _category(found, codes, _TEXT)


def _uniques(found: Sequence[Any], codes: Codes | None) -> Any:
    texts = pd.array(found, dtype=_TEXT)
    return texts if codes is None else texts.take(codes, allow_fill=True)


def _dates(found: Sequence[Any], codes: Codes | None) -> Any:
    stamps = np.fromiter((_NOT_A_TIME if one is None else one for one in found), np.int64, len(found))
    stamps = _taken(stamps, codes, _NOT_A_TIME)
    return pd.DatetimeIndex(stamps.view("datetime64[us]")).tz_localize("UTC").array


def _numbers(found: Sequence[Any], codes: Codes | None) -> Any:
    return _taken(np.array(found, dtype="float64"), codes, np.nan)


def _booleans(found: Sequence[Any], codes: Codes | None) -> Any:
    switches = pd.array(found, dtype=pd.BooleanDtype())
    return switches if codes is None else switches.take(codes, allow_fill=True)


def _exacts(found: Sequence[Any], codes: Codes | None) -> Any:
    return _category(found, codes, object)


def _taken(each: np.ndarray[Any, Any], codes: Codes | None, missing: Any) -> np.ndarray[Any, Any]:
    if codes is None:
        return each
    # The place that -1 points to.
    return np.append(each, np.array([missing], dtype=each.dtype))[codes]


def _exact(value: Any) -> int | float | None:
    if isinstance(value, str):
        numeral = value.strip()
        if not _NUMERAL.fullmatch(numeral):
            return None
        try:
            value = int(numeral) if _WHOLE.fullmatch(numeral) else float(numeral)
        except ValueError:
            # More digits than Python turns into a number (sys.get_int_max_str_digits).
            return None
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return None


def _measure(value: Any) -> float | None:
    exact = _exact(value)
    try:
        number = math.nan if exact is None else float(exact)
    except OverflowError:
        # A whole number beyond the largest float.
        return None
    return number if math.isfinite(number) else None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _SWITCH.get(value.strip().lower())
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None


_ABSENT: Final = type(None)
# By kind: what reads a value, and the types that are as they should be and need no reading.
_READ: Final[dict[Kind, tuple[Callable[[Any], Any], set[type]]]] = {
    Kind.TEXT: (text, {str, _ABSENT}),
    Kind.UNIQUE: (text, {str, _ABSENT}),
    Kind.DATE: (microseconds, {_ABSENT}),
    Kind.NUMBER: (_measure, {_ABSENT}),
    Kind.BOOLEAN: (_boolean, {bool, _ABSENT}),
    Kind.EXACT: (_exact, {int, _ABSENT}),
}
_MADE: Final[dict[Kind, Callable[[Sequence[Any], Codes | None], Any]]] = {
    Kind.TEXT: _texts,
    Kind.UNIQUE: _uniques,
    Kind.DATE: _dates,
    Kind.NUMBER: _numbers,
    Kind.BOOLEAN: _booleans,
    Kind.EXACT: _exacts,
}
