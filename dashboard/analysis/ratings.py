"""Ratings from 1 to 5, the net promoter score that follows from them, and what people wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter

STARS: Final = (1, 2, 3, 4, 5)
PROMOTERS: Final = 5
DETRACTORS: Final = 3
"""A rating of `PROMOTERS` is a promoter's, one of at most `DETRACTORS` a detractor's."""

MOST_TEXTS: Final = 200

# Ratings need no session: a rating without one is a rating.
GIVEN: Final = "not monitoring and interaction is distinct from false and {events}"
RATINGS: Final = "select int1, count(*) from events where eventType = 'RATING' and {given} group by int1"
TEXTS: Final = """
    select eventTime, eventType, case when eventType = 'RATING' then int1 end, str1, spaceId, sessionId
    from events where eventType in ('RATING', 'FEEDBACK') and trim(str1) <> '' and {given}
    order by newest limit {most}
"""
NUMBER_OF_TEXTS: Final = """
    select count(*) from events where eventType in ('RATING', 'FEEDBACK') and trim(str1) <> '' and {given}
"""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings and texts.

    Attributes
    ----------
    distribution
        How many ratings (``RATING``) have each of `STARS` in ``int1``.
    other
        How many have another number or none; they count nowhere else.
    texts
        The newest comments (``str1`` of ``RATING``) and feedback (``str1`` of ``FEEDBACK``), newest first, undated
        last, at most `MOST_TEXTS`. Columns ``eventTime`` (UTC), ``eventType``, ``rating`` (text of ``int1``, missing
        for feedback), ``text``, ``spaceId``, ``sessionId``.
    number_of_texts
        How many texts there are.
    """

    distribution: dict[int, int]
    other: int
    texts: pd.DataFrame
    number_of_texts: int

    @property
    def total(self) -> int:
        return sum(self.distribution.values())

    @property
    def mean(self) -> float | None:
        """The mean of the ratings, None where there are none."""
        return sum(stars * number for stars, number in self.distribution.items()) / self.total if self.total else None

    @property
    def promoters(self) -> int:
        return sum(number for stars, number in self.distribution.items() if stars >= PROMOTERS)

    @property
    def detractors(self) -> int:
        return sum(number for stars, number in self.distribution.items() if stars <= DETRACTORS)

    @property
    def nps(self) -> float | None:
        """Promoters less detractors, per hundred ratings: -100 to 100; None where there are none."""
        return 100 * (self.promoters - self.detractors) / self.total if self.total else None


def ratings(database: Database, chosen: EventFilter = EVERYTHING) -> Ratings:
    """Return the ratings and the newest texts; those that no person gave don't count."""

    def found(statement: str) -> list[tuple[object, ...]]:
        statement = statement.replace("{given}", GIVEN).replace("{most}", str(MOST_TEXTS))
        return database.rows(chosen.apply(statement), **chosen.parameters)

    distribution = dict.fromkeys(STARS, 0)
    other = 0
    for int1, number in database.rows(chosen.apply(RATINGS.replace("{given}", GIVEN)), **chosen.parameters):
        # A whole number is written without a fraction, whether it came as 4 or as 4.0.
        if int1 is not None and int1 in map(str, STARS):
            distribution[int(int1)] += number
        else:
            other += number
    columns = ["eventTime", "eventType", "rating", "text", "spaceId", "sessionId"]
    texts = pd.DataFrame(found(TEXTS), columns=columns).astype(
        {**dict.fromkeys(columns[1:], "str"), "eventTime": "datetime64[us]"}
    )
    texts["eventTime"] = texts["eventTime"].dt.tz_localize("UTC")
    ((number_of_texts,),) = found(NUMBER_OF_TEXTS)
    return Ratings(distribution, other, texts, int(str(number_of_texts)))
