"""Search for a text in the sessions and events of the 24 hours."""

from __future__ import annotations

from typing import Final, NamedTuple

from dashboard.analysis.database import Database
from dashboard.analysis.names import Names
from gridrt_client.schema import TEXTS

SHORTEST: Final = 2
MOST_OF_A_FIELD: Final = 8
LONGEST: Final = 200

IDS: Final = {"sessionId": "sessions", "captureId": "events"}
VALUES: Final = {
    **dict.fromkeys(("spaceId", "installationId", "deviceId", "appId"), "sessions"),
    **dict.fromkeys(("eventType", "productId", "categoryId", *TEXTS), "events"),
}

# How often a mood or a gender was detected is counted in `detected_people` alone.
_COUNTED = dict.fromkeys(TEXTS, "not detected")

FIND_VALUES = """
    select value, number from (select {column} as value, count(*) as number from {table} where {shown} group by value)
    where contains(lower(value), $text) or list_contains($named, value)
    order by lower(value) != $text, number desc, value limit $most
"""
FIND_IDS = "select {column} as value, count(*) as number from {table} where contains(lower({column}), $text) \
group by value order by value limit $most"


class Hit(NamedTuple):
    """A value that holds the text or whose name does, and how many records have it (sessions of ids of sessions)."""

    field: str
    value: str
    records: int


def search(database: Database, text: str, names: Names) -> dict[str, list[Hit]]:
    """Return the values that hold a text, whatever the case, by field; at most `MOST_OF_A_FIELD` of each.

    A text shorter than `SHORTEST` finds nothing. Values that equal the text come first, then the most frequent ones.
    An id is also found by its name. What cameras detected of people is not searched.
    """
    wanted = text.strip().lower()[:LONGEST]
    if len(wanted) < SHORTEST:
        return {}
    found: dict[str, list[Hit]] = {}
    for statement, columns in ((FIND_VALUES, VALUES), (FIND_IDS, IDS)):
        for column, table in columns.items():
            shown = _COUNTED.get(column, "true")
            named = [value for value, name in names.by_id.get(column, {}).items() if wanted in name.lower()]
            rows = database.rows(
                statement.format(column=column, table=table, shown=shown),
                text=wanted,
                named=named,
                most=MOST_OF_A_FIELD,
            )
            if rows:
                found[column] = [Hit(column, value, number) for value, number in rows]
    return found
