"""Numbers of stores and of spans of time, computed once per snapshot and filter."""

from __future__ import annotations

from dataclasses import replace

from dashboard.analysis import span_numbers, store_numbers
from dashboard.analysis.span_numbers import Comparison, SpanNumbers
from dashboard.analysis.store_numbers import StoreNumbers
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window


def comparison(data: FilteredData, chosen: Filters) -> Comparison | None:
    """Return which spans are compared; None where the chosen time range is outside of the 24 hours."""
    span = chosen.span(data.window)
    return None if span is None else span_numbers.comparison(span if chosen.ranged else None, data.window)


def numbers_of(data: FilteredData, span: Window | None) -> SpanNumbers:
    """Return the numbers of a span, None for all; of what the filters of ``data`` select."""
    return data.memoize(
        "span_numbers", lambda: span_numbers.span_numbers(data.joined.database, span, data.chosen), span
    )


def by_store(data: FilteredData, compared: Comparison) -> StoreNumbers:
    """Return the numbers of each store, whatever the filters on events."""
    return data.memoize(
        "store_numbers",
        lambda: store_numbers.store_numbers(data.joined.database, data.now, compared, data.chosen),
        compared,
    )


def of_all_stores(chosen: Filters) -> Filters:
    """Return the filters without those on stores and on events: a view that lets choose a store shows all of them."""
    without = chosen.without_event_filters()
    return replace(without, conditions=tuple(one for one in without.conditions if one.field != "spaceId"))
