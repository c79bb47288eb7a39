"""An estimate of a value's memory in about a millisecond, whatever its size.

pandas' ``memory_usage(deep=True)`` visits every Python object, which takes most of a second for a million rows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

_SAMPLE: Final = 256
_DEEPEST: Final = 6


def size_of(value: object) -> int:
    """Return the estimated bytes of a value: frames, arrays, and tuples, lists, sets, dicts and dataclasses of them.

    What occurs twice in the value counts once; what several values share counts in each. A dataclass may give its own
    size as an int attribute ``own_bytes``.
    """
    return _size(value, set(), _DEEPEST)


def _size(value: object, seen: set[int], depth: int) -> int:
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, pd.DataFrame):
        columns = (value.iloc[:, place].array for place in range(value.shape[1]))
        return _size(value.index, seen, depth) + sum(_array(column, seen) for column in columns)
    if isinstance(value, pd.Series):
        return _size(value.index, seen, depth) + _array(value.array, seen)
    if isinstance(value, pd.RangeIndex):
        return int(value.memory_usage())
    if isinstance(value, (pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)):
        return _array(value.array if isinstance(value, pd.Index) else value, seen)
    shell = sys.getsizeof(value, 64)
    if depth == 0 or isinstance(value, (str, bytes)):
        return shell
    if is_dataclass(value) and not isinstance(value, type):
        own = getattr(value, "own_bytes", None)
        if isinstance(own, int):
            return own
        return shell + sum(_size(getattr(value, one.name), seen, depth - 1) for one in fields(value))
    if isinstance(value, Mapping):
        return shell + _some(list(value.keys()), seen, depth) + _some(list(value.values()), seen, depth)
    if isinstance(value, (tuple, list, set, frozenset)):
        return shell + _some(value if isinstance(value, Sequence) else list(value), seen, depth)
    return shell


def _some(values: Sequence[Any], seen: set[int], depth: int) -> int:
    chosen = _sample(values)
    return _scaled((_size(one, seen, depth - 1) for one in chosen), len(chosen), len(values))


def _array(values: Any, seen: set[int]) -> int:
    if isinstance(values, pd.Categorical):
        return int(values.codes.nbytes) + _size(values.categories, seen, 1)
    pointers = int(values.nbytes)
    if not pd.api.types.is_object_dtype(values.dtype) or len(values) == 0:
        return pointers
    chosen = _sample(np.asarray(values).ravel())
    sizes = (0 if one is None else sys.getsizeof(one, 64) for one in chosen)
    return pointers + _scaled(sizes, len(chosen), values.size)


def _sample(values: Any) -> Any:
    """Return evenly spaced elements, all of few; an odd step, because patterns of two or four are common."""
    return values[:: (len(values) // _SAMPLE) | 1]


def _scaled(sizes: Iterable[int], chosen: int, total: int) -> int:
    return sum(sizes) * total // max(1, chosen)
