"""Numbers of stores and of spans of time, computed once per snapshot and filter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from dashboard.analysis import span_numbers, store_course, store_numbers
from dashboard.analysis.span_numbers import Comparison, SpanNumbers
from dashboard.analysis.store_course import StoreCourse
from dashboard.analysis.store_numbers import StoreNumbers
from dashboard.data import filtered_data
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import FIELDS, Condition, Filters, Window


def comparison(data: FilteredData, chosen: Filters) -> Comparison | None:
    """Return which spans are compared; None where the chosen time range is outside of the 24 hours."""
    span = chosen.span(data.window)
    return None if span is None else span_numbers.comparison(span if chosen.ranged else None, data.window)


def numbers_of(data: FilteredData, span: Window | None) -> SpanNumbers:
    """Return the numbers of a span, None for all; of what the filters of ``data`` select."""
    if span is None:
        return SpanNumbers.of_overview(filtered_data.overview(data))
    return data.memoize(
        "span_numbers", lambda: span_numbers.span_numbers(data.joined.database, span, data.chosen), span
    )


@dataclass(frozen=True)
class ComparedNumbers:
    """The numbers of the chosen time range, and those of the two spans that are compared (see `Comparison`)."""

    shown: SpanNumbers
    newer: SpanNumbers
    earlier: SpanNumbers | None


def compared_numbers(data: FilteredData, compared: Comparison) -> ComparedNumbers:
    """Return the numbers of what the filters of ``data`` select, and what they are compared with."""
    earlier = None if compared.earlier is None else numbers_of(data, compared.earlier)
    return ComparedNumbers(numbers_of(data, compared.shown), numbers_of(data, compared.newer), earlier)


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


def course(
    data: FilteredData, span: Window, size: pd.Timedelta, tz: str, spaces: tuple[str, ...] | None
) -> StoreCourse:
    """Return the course of stores over a span; None: of all that ``data`` hold, as one."""
    return data.memoize(
        "store_course",
        lambda: store_course.store_course(data.joined.database, span, size, tz, spaces, data.chosen),
        *(span, size, tz, spaces),
    )


def of_one_store(chosen: Filters, space: str) -> Filters:
    """Return the filters without those on events, for another store."""
    without = of_all_stores(chosen)
    own = Condition("spaceId", (space,))
    conditions = sorted((*without.conditions, own), key=lambda one: FIELDS.index(one.field))
    return replace(without, conditions=tuple(conditions))


def known_spaces(chosen: Filters) -> list[str]:
    """Return each ``spaceId`` of the tenant's sessions, most sessions first."""
    return [str(space) for space in filtered_data.session_counts(chosen.refresh)["spaceId"].index]
