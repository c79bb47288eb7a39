"""Rows for the store: the bytes to serve, and the values that filters and distinctColumns need."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

Record = dict[str, Any]
Columns = tuple[tuple[str, int], ...]

# The columns of records that `distinctColumns` may name; deviceId is not among an event's fields: its place has it.
VALUE_COLUMNS = ("str1", "str2", "str3", "str4", "str5", "int1", "int2", "int3", "int4", "int5")
DISTINCT_COLUMNS = (*VALUE_COLUMNS, "deviceId")
_VALUES = frozenset(VALUE_COLUMNS)
_MASK = (1 << 64) - 1


class EventRow(NamedTuple):
    """One event. ``arrival``: received; ``time``: eventTime, both ms; ``place``: number, 0 = unknown."""

    arrival: int
    time: int
    data: bytes
    eventType: int
    interaction: bool
    place: int
    columns: Columns


class SessionRow(NamedTuple):
    """One session, with fields as in EventRow."""

    arrival: int
    data: bytes
    place: int


def encode(record: Record) -> bytes:
    """Return compact JSON."""
    try:
        return orjson.dumps(record)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=1 << 16)
def key(value: str | int | float | None) -> int:
    """Return a 64-bit hash of a value, so that columns of any text are arrays of numbers; 0 is missing.

    Two values of a column collide with a probability of 2**-64. Equal numbers (2 and 2.0) have the same hash.
    """
    if value is None:
        return 0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # As text, because hash(-1) == hash(-2) in CPython.
    return (hash(value if isinstance(value, str) else repr(value)) & _MASK) or 1


def columns_of(record: Record) -> Columns:
    """Return the keys of the value columns that the record has."""
    return tuple([(name, key(value)) for name, value in record.items() if name in _VALUES and value is not None])


def event_row(record: Record, arrival: int, time: int, place: int) -> EventRow:
    """Return the row of a record."""
    return EventRow(
        arrival,
        time,
        encode(record),
        key(record.get("eventType")),
        record.get("interaction") is True,
        place,
        columns_of(record),
    )


def combine(keys: Iterable[int]) -> int:
    """Return one key for several columns' keys; store.py combines arrays in the same way."""
    total = 0
    for value in keys:
        total = (total * MULTIPLIER + value) & _MASK
    return total


# Knuth's 64-bit LCG multiplier; odd, so that no bit of a key is lost.
MULTIPLIER = 6364136223846793005
