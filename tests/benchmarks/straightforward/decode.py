"""The decoder that anyone would write first: parse, make a frame, convert the dates."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

DATES = ("sessionCreated", "eventTime")
NUMBERS = ("locationAccuracy", "latitude", "longitude")


def decode(payload: bytes) -> pd.DataFrame:
    """The records of an answer, typed."""
    return typed(json.loads(payload))


def typed(records: list[dict[str, Any]]) -> pd.DataFrame:
    """The frame of parsed records with dates as dates and numbers as numbers."""
    frame = pd.DataFrame(records)
    for name in DATES:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], utc=True, errors="coerce", format="ISO8601")
    for name in NUMBERS:
        if name in frame:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
    return frame
