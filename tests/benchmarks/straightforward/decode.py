"""The decoder that anyone would write first: parse, make a frame, convert the columns.

Its dtypes are those of the real client's frame, as far as they tell the same: dates are ``datetime64[us, UTC]``,
measures ``float64``, booleans ``boolean``, texts ``str``, and ``int1`` to ``int5`` (any number) ``object``.
"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

DATES = ("sessionCreated", "eventTime")
NUMBERS = ("locationAccuracy", "latitude", "longitude", "public")
BOOLEANS = ("interaction", "stateful")
EXACT = ("int1", "int2", "int3", "int4", "int5")


def decode(payload: bytes) -> pd.DataFrame:
    """The records of an answer, typed."""
    return typed(json.loads(payload))


def typed(records: list[dict[str, Any]]) -> pd.DataFrame:
    """The frame of parsed records."""
    frame = pd.DataFrame(records)
    for name, column in frame.items():
        if name in DATES:
            frame[name] = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601").dt.as_unit("us")
        elif name in NUMBERS:
            frame[name] = pd.to_numeric(column, errors="coerce").astype("float64")
        elif name in BOOLEANS:
            frame[name] = column.where(column.isin([True, False])).astype("boolean")
        elif name in EXACT:
            frame[name] = column.astype("object")
        else:
            frame[name] = column.astype("str")
    return frame
