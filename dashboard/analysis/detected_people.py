"""Moods, ages and genders that cameras detected, only as aggregates of enough sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter

FEWEST_SESSIONS: Final = 10
"""A value that fewer sessions have is withheld."""

AGE_YEARS: Final = 10
OLDEST: Final = 120
"""A number outside 0 to this is no age."""

AGE: Final = f"""
    case when try_cast(int1 as double) >= 0 and try_cast(int1 as double) < {OLDEST}
    then floor(try_cast(int1 as double) / {AGE_YEARS})::int * {AGE_YEARS} end
"""

DETECTED: Final = """
    select {value} as value, count(distinct visitor) as sessions, count(*) as events
    from events where eventType = $type and visitor is not null and {events} group by value
"""
KINDS: Final = {
    "mood": ("DETECT_MOOD", "nullif(trim(str1), '')"),
    "age": ("DETECT_AGE", AGE),
    "gender": ("DETECT_GENDER", "nullif(trim(str1), '')"),
}


@dataclass(frozen=True, eq=False)
class DetectedPeople:
    """What was detected of one kind.

    Attributes
    ----------
    counts
        Columns ``value`` (text, ``20 to 29`` for ages), ``sessions``, ``events`` (int64); values that at least
        `FEWEST_SESSIONS` sessions have. Ages in their order, others with the most sessions first.
    withheld
        How many further values there are; not how many sessions they have.
    """

    counts: pd.DataFrame
    withheld: int


def detected_people(database: Database, kind: str, chosen: EventFilter = EVERYTHING) -> DetectedPeople:
    """Return how many sessions have each value of a ``kind`` of `KINDS`; events without a value don't count."""
    eventType, value = KINDS[kind]
    found = database.rows(chosen.apply(DETECTED.replace("{value}", value)), **chosen.parameters, type=eventType)
    known = [row for row in found if row[0] is not None]
    enough = [row for row in known if row[1] >= FEWEST_SESSIONS]
    ordered = sorted(enough, key=lambda row: row[0] if kind == "age" else (-row[1], row[0]))
    names = [f"{row[0]} to {row[0] + AGE_YEARS - 1}" if kind == "age" else row[0] for row in ordered]
    counts = pd.DataFrame(
        {
            "value": pd.Series(names, dtype="str"),
            "sessions": pd.Series([row[1] for row in ordered], dtype="int64"),
            "events": pd.Series([row[2] for row in ordered], dtype="int64"),
        }
    )
    return DetectedPeople(counts, len(known) - len(enough))
