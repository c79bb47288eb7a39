"""The products and the searches that most sessions have."""

from __future__ import annotations

from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.people_events import rows
from dashboard.filters import Window

PRODUCTS: Final = """
    select productId, count(distinct visitor) filter (eventType = 'PRODUCT_VIEW') as viewed,
        count(distinct visitor) filter (eventType = 'CART_ADD') as added
    from events where eventType in ('PRODUCT_VIEW', 'CART_ADD') and productId <> '' and {people}
    group by productId order by viewed desc, added desc, productId limit $most
"""
SEARCHES: Final = """
    select lower(trim(str1)) as query, count(distinct visitor) as sessions, count(*) as searches
    from events where eventType = 'SEARCH' and trim(str1) <> '' and {people}
    group by query order by sessions desc, searches desc, query limit $most
"""


def top_products(
    database: Database, span: Window | None, chosen: EventFilter = EVERYTHING, most: int = 5
) -> pd.DataFrame:
    """Return the products that most sessions viewed in a span, without the filters on events.

    Columns ``productId`` (text), ``viewed`` and ``added`` (int64): sessions with a ``PRODUCT_VIEW`` or a ``CART_ADD``
    of it that isn't said to be done by no person. At most ``most`` rows, most viewed first, then by ``added`` and id.
    """
    return _table(database, PRODUCTS, span, chosen, most, ("productId", "viewed", "added"))


def top_searches(
    database: Database, span: Window | None, chosen: EventFilter = EVERYTHING, most: int = 5
) -> pd.DataFrame:
    """Return the texts that most sessions searched for in a span, without the filters on events.

    Columns ``query`` (``str1`` of ``SEARCH`` in lower case, without blanks at the ends), ``sessions`` and ``searches``
    (int64). At most ``most`` rows, most sessions first, then by ``searches`` and text.
    """
    return _table(database, SEARCHES, span, chosen, most, ("query", "sessions", "searches"))


def _table(
    database: Database,
    statement: str,
    span: Window | None,
    chosen: EventFilter,
    most: int,
    columns: tuple[str, str, str],
) -> pd.DataFrame:
    scope = chosen.without_event_filters().within(span)
    found = rows(database, scope, statement, most=most)
    name, *counts = columns
    return pd.DataFrame(found, columns=list(columns)).astype({name: "str", **dict.fromkeys(counts, "int64")})
