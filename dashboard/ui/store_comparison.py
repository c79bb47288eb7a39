"""Several stores hour by hour: a line for each, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import amount_of, whole
from dashboard.analysis.histogram import bin_size
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.store_course import StoreCourse
from dashboard.data import stores, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures import chart_selections
from dashboard.figures.plotly_base import CONFIG
from dashboard.figures.store_lines import store_lines
from dashboard.filters import Filters, Window
from dashboard.ui import export_button, filter_changes, link_parameters, store_choice
from dashboard.ui.colours import colours_of
from gridrt_client.safe_text import shown

COUNTED: Final = {"sessions": "Sessions", "visitors": "Visitors", "purchases": "Purchases"}
_HOUR: Final = pd.Timedelta(hours=1)
_SHORT: Final = 3 * _HOUR
"""A shorter range has smaller bins than hours."""
MOST_UNITS: Final = 8


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of stores, and what is chosen of each over time; of the stores of ``data``."""
    spaces = store_choice.choose(
        stores.known_spaces(chosen),
        "Compare stores",
        f"Up to {store_choice.MOST} stores on one axis, a line for each.",
    )
    with st.container(key="store_comparison"):
        if not spaces:
            st.caption("Choose two or more stores to compare them hour by hour.")
            return
        size = _HOUR if span.end - span.start >= _SHORT else bin_size(*span)
        course = stores.course(data, span, size, chosen.tz, spaces)
        units = {f"revenue {unit}": unit for unit in course.units[:MOST_UNITS]}
        options = COUNTED | {name: f"Revenue, {_unit(unit)}" for name, unit in units.items()}
        measure = link_parameters.segments("lines", options, label="Compared", default="purchases") or "purchases"
        _figure(data, course, spaces, measure, units.get(measure), options[measure], chosen)
        table = comparison_table(course, spaces, measure, units.get(measure))
        _table(table, spaces, chosen)
        exported = table.set_axis(["begin", *(f"{options[measure]}, {shown(space)}" for space in spaces)], axis=1)
        export_button.draw("store_comparison", rows_of(exported), chosen, span)


def comparison_table(course: StoreCourse, spaces: Sequence[str], measure: str, unit: str | None) -> pd.DataFrame:
    """Return ``begin`` (UTC) and a column for each store, named by its place: counts, or exact amounts of ``unit``."""
    columns = {
        str(place): pd.Series(_numbers(course, space, measure, unit), dtype=object if unit is not None else "int64")
        for place, space in enumerate(spaces)
    }
    return pd.DataFrame({"begin": course.edges[:-1], **columns})


def _numbers(course: StoreCourse, space: str, measure: str, unit: str | None) -> list[int] | list[Decimal]:
    if unit is None:
        numbers: list[int] = course.counts[space][measure].tolist()
        return numbers
    return course.revenue[space].get(unit) or [Decimal(0)] * (len(course.edges) - 1)


def _figure(
    data: FilteredData,
    course: StoreCourse,
    spaces: tuple[str, ...],
    measure: str,
    unit: str | None,
    title: str,
    chosen: Filters,
) -> None:
    names, dark, colours = viewer_state.names(), is_dark(), colours_of("spaceId", chosen)
    numbers = {space: _numbers(course, space, measure, unit) for space in spaces}

    def make() -> object:
        texts = {
            space: [whole(float(one)) if unit is None else amount_of(Decimal(one), unit) for one in own]
            for space, own in numbers.items()
        }
        lines = {space: [float(one) for one in own] for space, own in numbers.items()}
        labels = {space: names.of("spaceId", space) for space in spaces}
        shades = {space: colours.of.get(space, "#8a9099") for space in spaces}
        return store_lines(lines, texts, course.edges, course.partial, labels, shades, title, chosen.tz, dark)

    figure = data.memoize("store_lines", make, spaces, measure, course.span, chosen.tz, dark, names, colours)
    st.plotly_chart(
        figure,
        key="store_lines",
        on_select=_set_dragged_range,
        selection_mode="box",
        config=CONFIG,
        alt=f"{title} of {len(spaces)} stores over time. The table below has the numbers.",
    )
    if course.unreadable:
        st.caption(f"{whole(course.unreadable)} purchases of these stores have no readable amount.")


def _set_dragged_range() -> None:
    reach = chart_selections.range_of_selection(st.session_state["store_lines"])
    if reach is not None:
        filter_changes.set_range(*reach)


def _table(table: pd.DataFrame, spaces: Sequence[str], chosen: Filters) -> None:
    names = viewer_state.names()
    local = table.assign(begin=table["begin"].dt.tz_convert(chosen.tz))
    amounts = {name: local[name].map(lambda one: f"{one:,f}") for name in local.columns if local[name].dtype == object}
    labels = {
        str(place): st.column_config.Column(shown(names.of("spaceId", space), 40)) for place, space in enumerate(spaces)
    }
    begin = st.column_config.DatetimeColumn("from", timezone=chosen.tz, format="ddd HH:mm", width=90)
    st.dataframe(
        local.assign(**amounts), hide_index=True, key="store_comparison_table", column_config={"begin": begin, **labels}
    )


def _unit(unit: str) -> str:
    return shown(unit, 12) if unit else "no currency"
