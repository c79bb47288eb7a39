"""The products and the searches that most sessions have."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.people_events import rows
from dashboard.analysis.search_texts import search_texts
from dashboard.filters import Window

# Grouped by product and session first: `count(distinct)` takes half as long again.
PRODUCTS: Final = """
    with own as (
        select productId, bool_or(eventType = 'PRODUCT_VIEW') as viewed, bool_or(eventType = 'CART_ADD') as added
        from events where eventType in ('PRODUCT_VIEW', 'CART_ADD') and productId <> '' and {people}
        group by productId, visitor)
    select productId, count(*) filter (viewed) as viewers, count(*) filter (added) as adders
    from own group by productId order by viewers desc, adders desc, productId limit $most
"""
SEARCHES: Final = """
    select query, count(distinct visitor), count(*) from events join spellings on events.str1 = spellings.spelling
    where eventType = 'SEARCH' and {people} group by query
"""


def top_products(
    database: Database, span: Window | None, chosen: EventFilter = EVERYTHING, most: int = 5
) -> pd.DataFrame:
    """Return the products that most sessions viewed in a span, without the filters on events.

    Columns ``productId`` (text), ``viewed`` and ``added`` (int64): sessions with a ``PRODUCT_VIEW`` or a ``CART_ADD``
    of it that isn't said to be done by no person. At most ``most`` rows, most viewed first, then by ``added`` and id.
    """
    found = rows(database, _scope(chosen, span), PRODUCTS, most=most)
    return _table(found, ("productId", "viewed", "added"))


def top_searches(
    database: Database, span: Window | None, chosen: EventFilter = EVERYTHING, most: int = 5
) -> pd.DataFrame:
    """Return the texts that most sessions searched for in a span, without the filters on events.

    Columns ``query`` (`search_texts`), ``sessions`` and ``searches`` (int64). At most ``most`` rows, most sessions
    first, then by ``searches`` and text.
    """
    scope = _scope(chosen, span)
    texts = search_texts(database, scope)
    counted = rows(database.extended(spellings=texts.spellings), scope, SEARCHES)
    named = [(str(texts.shown[place]), sessions, searches) for place, sessions, searches in counted]
    first = heapq.nsmallest(most, named, key=lambda row: (-row[1], -row[2], row[0]))
    return _table(first, ("query", "sessions", "searches"))


def _scope(chosen: EventFilter, span: Window | None) -> EventFilter:
    return chosen.without_event_filters().within(span)


def _table(found: Sequence[tuple[Any, ...]], columns: tuple[str, str, str]) -> pd.DataFrame:
    name, *counts = columns
    return pd.DataFrame(found, columns=list(columns)).astype({name: "str", **dict.fromkeys(counts, "int64")})
