"""From the values of one field, as JSON gave them, to a typed column; what can't be read is missing and counted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from gridrt_client._dates import microseconds
from gridrt_client.schema import Kind

Values = Sequence[Any]
Column = tuple[Any, int, int]
"""The array, how many values could not be read, how many characters were replaced."""

_TEXT: Final = pd.StringDtype(na_value=np.nan)
_ABSENT: Final = type(None)
_NUMERAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SWITCH: Final = {"true": True, "false": False}


def column(kind: Kind, values: Values) -> Column:
    """The column of a field of that kind, with the dtype that `schema` documents."""
    return _BY_KIND[kind](values, set(map(type, values)))


def text(value: Any) -> str | None:
    """A text as it is, a number in its shortest exact spelling; None for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    return None


def _texts(values: Values, kinds: set[type]) -> Column:
    unreadable = 0
    if not kinds <= {str, _ABSENT}:
        values, unreadable = _converted(text, values)
    try:
        return pd.array(values, dtype=_TEXT), unreadable, 0
    except UnicodeEncodeError:
        # Half characters, which JSON can write as "\ud800" and no UTF-8 column can hold.
        whole: list[Any] = []
        replaced = 0
        for value in values:
            sound, count = _SURROGATE.subn("\ufffd", value) if value else (value, 0)
            whole.append(sound)
            replaced += count
        return pd.array(whole, dtype=_TEXT), unreadable, replaced


def _dates(values: Values, kinds: set[type]) -> Column:
    moments, unreadable = _converted(microseconds, values)
    missing = np.iinfo(np.int64).min  # how NumPy writes NaT
    stamps = np.array([missing if moment is None else moment for moment in moments], dtype="int64")
    return pd.DatetimeIndex(stamps.view("datetime64[us]")).tz_localize("UTC").array, unreadable, 0


def _numbers(values: Values, kinds: set[type]) -> Column:
    unreadable = 0
    if not kinds <= {float, int, _ABSENT}:
        values, unreadable = _converted(_exact, values)
    try:
        numbers = np.array(values, dtype="float64")
    except OverflowError:
        # A whole number beyond the largest float.
        values, beyond = _converted(_measure, values)
        unreadable += beyond
        numbers = np.array(values, dtype="float64")
    absent = sum(value is None for value in values)
    finite = np.isfinite(numbers)
    unreadable += len(numbers) - int(finite.sum()) - absent
    numbers[~finite] = np.nan
    return numbers, unreadable, 0


def _booleans(values: Values, kinds: set[type]) -> Column:
    unreadable = 0
    if not kinds <= {bool, _ABSENT}:
        values, unreadable = _converted(_boolean, values)
    return pd.array(values, dtype=pd.BooleanDtype()), unreadable, 0


def _exacts(values: Values, kinds: set[type]) -> Column:
    unreadable = 0
    if not kinds <= {int, _ABSENT}:
        values, unreadable = _converted(_exact, values)
    numbers = np.empty(len(values), dtype=object)
    numbers[:] = values
    return numbers, unreadable, 0


_BY_KIND: Final[dict[Kind, Callable[[Values, set[type]], Column]]] = {
    Kind.TEXT: _texts,
    Kind.DATE: _dates,
    Kind.NUMBER: _numbers,
    Kind.BOOLEAN: _booleans,
    Kind.EXACT: _exacts,
}


def _converted(convert: Callable[[Any], Any], values: Values) -> tuple[list[Any], int]:
    """Each value converted, None staying None, and how many could not be."""
    result = [None if value is None else convert(value) for value in values]
    return result, result.count(None) - sum(value is None for value in values)


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
    try:
        return float(value)
    except OverflowError:
        return None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _SWITCH.get(value.strip().lower())
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None
