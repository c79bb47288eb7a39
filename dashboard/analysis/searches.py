"""Searches by their text: how often, in how many sessions, and whether a product was viewed next."""

from __future__ import annotations

from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.people_events import rows
from dashboard.analysis.search_texts import search_texts

# The next search of a session is the first at a later moment, so that a view at the same moment as a search follows it.
OUTCOMES: Final = """
    with searches as (
        select visitor, eventTime, coalesce(query, 0) as query from events
        left join spellings on events.str1 = spellings.spelling
        where eventType = 'SEARCH' and {people}),
    moments as (
        select visitor, eventTime, lead(eventTime) over (partition by visitor order by eventTime) as next
        from (select distinct visitor, eventTime from searches)),
    views as (select visitor, eventTime from events where eventType = 'PRODUCT_VIEW' and {people}),
    followed as (
        select moments.visitor, moments.eventTime,
            views.eventTime is not null and (next is null or views.eventTime < next) as viewed
        from moments asof left join views
            on moments.visitor = views.visitor and moments.eventTime <= views.eventTime)
    select query, count(*), count(distinct visitor), count(*) filter (viewed)
    from searches join followed using (visitor, eventTime) group by query
"""
NO_TEXT: Final = "(no text)"


def searches(database: Database, chosen: EventFilter = EVERYTHING) -> pd.DataFrame:
    """Return the searches by their text (``str1`` of ``SEARCH``), those that lead nowhere most often first.

    Texts are one, and written, as in `search_texts`. A search leads
    to a product when the session has a ``PRODUCT_VIEW`` at or after it and before its next search.

    Columns ``query`` (text, missing where the search has none), ``searches``, ``sessions``, ``with a product view``,
    ``without`` (int64). Sorted by ``without``, then ``searches``, then text.
    """
    texts = search_texts(database, chosen)
    found = rows(database.extended(spellings=texts.spellings), chosen, OUTCOMES)
    table = pd.DataFrame(
        {
            "query": pd.Series([texts.shown[place] for place, *_ in found], dtype="str"),
            "searches": pd.Series([number for _, number, _, _ in found], dtype="int64"),
            "sessions": pd.Series([sessions for _, _, sessions, _ in found], dtype="int64"),
            "with a product view": pd.Series([viewed for *_, viewed in found], dtype="int64"),
        }
    )
    table["without"] = table["searches"] - table["with a product view"]
    return table.sort_values(["without", "searches", "query"], ascending=[False, False, True], ignore_index=True)
