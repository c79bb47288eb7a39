"""Which texts of searches are the same: those that differ only in their case and in blanks at the ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.people_events import rows

TEXTS: Final = "select str1, count(*) from events where eventType = 'SEARCH' and {people} group by str1"


@dataclass(frozen=True, eq=False)
class SearchTexts:
    """The texts of searches (``str1`` of ``SEARCH``), each with a number.

    Attributes
    ----------
    spellings
        Columns ``spelling`` (text, as in the events) and ``query`` (int64, from 1): the number of its text.
    shown
        The text of each number as most of them are written, without blanks at the ends; None, for no text, at 0.
    """

    spellings: pd.DataFrame
    shown: tuple[str | None, ...]


def search_texts(database: Database, chosen: EventFilter) -> SearchTexts:
    """Return the texts of the searches that a filter selects."""
    spellings: dict[str, Counter[str]] = {}
    for text, number in rows(database, chosen, TEXTS):
        if text is not None and (key := text.strip().casefold()):
            spellings.setdefault(key, Counter())[text] += number
    numbered = [(text, place) for place, texts in enumerate(spellings.values(), start=1) for text in texts]
    table = pd.DataFrame(
        {
            "spelling": pd.Series([text for text, _ in numbered], dtype="str"),
            "query": pd.Series([place for _, place in numbered], dtype="int64"),
        }
    )
    return SearchTexts(table, (None, *map(_most_common, spellings.values())))


def _most_common(texts: Counter[str]) -> str:
    return min(texts, key=lambda text: (-texts[text], text)).strip()
