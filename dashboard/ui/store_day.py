"""One store's day: what it sold, who came, and which of its things were out, on one time axis and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import amount_of, escape_markdown, plural, whole
from dashboard.analysis.histogram import bin_size
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.outages import Outage, outages
from dashboard.analysis.store_course import FUNNEL, StoreCourse
from dashboard.analysis.store_drops import Drop, began_with, largest_drop, outages_at
from dashboard.data import stores, things, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.loader import Pending
from dashboard.data.viewer_state import is_dark
from dashboard.figures import chart_selections
from dashboard.figures.plotly_base import CONFIG
from dashboard.figures.store_day import MOST_THINGS, MOST_UNITS, store_day
from dashboard.filters import Filters, Window
from dashboard.tables import device_rows
from dashboard.ui import export_button, filter_changes
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown

HOUR: Final = pd.Timedelta(hours=1)
HOW: Final = (
    "Visitors: sessions in which a person did something in that time. Purchases: PURCHASE events that don't say that "
    "no person did them; revenue: their int1 by str2. Steps: sessions that have such an event. Things: from their "
    "MONITOR_* events. Filters on events don't change this view."
)
MOST_NAMED: Final = 3


def draw(data: FilteredData, span: Window, chosen: Filters, other: tuple[str, FilteredData] | None = None) -> None:
    """Draw what explains the day of the store that ``data`` are of, and of ``other`` for comparison."""
    size, tz, dark = bin_size(*span), chosen.tz, is_dark()
    course = stores.course(data, span, size, tz, None)
    by_hour = course if span.end - span.start < 4 * HOUR else stores.course(data, span, HOUR, tz, None)
    out = _outages(data, chosen, span)
    drops = {
        name: drop
        for name in ("purchases", "visitors")
        if (drop := largest_drop(by_hour.counts[None][name].tolist(), by_hour.edges, by_hour.partial)) is not None
    }
    with st.container(key="store_drops"):
        for sentence in drop_sentences(drops, out or (), data.now.tz_convert(tz), are_known=out is not None):
            st.markdown(sentence)
    compared = None
    if other is not None:
        space, others = other
        compared = (viewer_state.names().of("spaceId", space), stores.course(others, span, size, tz, None))
    marked = drops.get("purchases") or drops.get("visitors")
    with st.container(key="store_day"):
        day = data.memoize(
            "store_day",
            lambda: store_day(course, out or (), size, tz, dark, other=compared, drop=marked),
            *(span, tz, dark, tuple(out or ()), other and (other[0], other[1].key), viewer_state.names()),
        )
        st.plotly_chart(
            day,
            key="store_day_figure",
            on_select=_set_dragged_range,
            selection_mode="box",
            config=CONFIG,
            alt="Visitors, purchases, revenue, steps of the funnel and outages over time. The table has the numbers.",
        )
    _notes(course, out, chosen)
    _table(by_hour, out or (), span, chosen)


def drop_sentences(drops: dict[str, Drop], out: Sequence[Outage], now: pd.Timestamp, *, are_known: bool) -> list[str]:
    """Return what fell most and when, and what was out at that time, as Markdown.

    Parameters
    ----------
    now
        The present in the zone of the times; times of another day have the name of their day.
    are_known
        Whether it is known which things were out.
    """
    if not drops:
        return ["Neither purchases nor visitors fell by half at any time of this range."]
    found = []
    for name, drop in drops.items():
        text = (
            f"{name.capitalize()} fell from {whole(drop.before)} to {whole(drop.after)} at {_clock(drop.moment, now)}"
        )
        there = outages_at(out, drop)
        if there:
            named = [f"{outage.thing} was {_outage_words(outage, now)}" for outage in there[:MOST_NAMED]]
            more = f"; {whole(len(there) - MOST_NAMED)} more were out" if len(there) > MOST_NAMED else ""
            text += f"; {'; '.join(named)}{more}."
        elif are_known:
            text += "; no thing of this store was offline or silent then."
        else:
            text += "; which things were out then is not known."
        explained = any(began_with(outage, drop) for outage in there)
        found.append(f"**{escape_markdown(text)}**" if explained else escape_markdown(text))
    return found


def _outage_words(outage: Outage, now: pd.Timestamp) -> str:
    status = "silent" if outage.is_silent else shown(outage.status, 40).lower()
    start = f"{'before ' if outage.is_older else ''}{_clock(outage.start, now)}"
    return f"{status} from {start} {'until now' if outage.goes_on else f'to {_clock(outage.end, now)}'}"


def _clock(moment: pd.Timestamp, now: pd.Timestamp) -> str:
    local = moment.tz_convert(now.tz)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%a %H:%M}"


def _outages(data: FilteredData, chosen: Filters, span: Window) -> list[Outage] | None:
    """Return the outages of the store's things in the span, None where they aren't known."""
    try:
        found = things.statuses(chosen)
    except (GridError, Pending):
        return None
    if found.history_error is not None:
        return None
    names = viewer_state.names()

    def find() -> list[Outage]:
        return outages(found.devices, device_rows.thing_names(found.devices.rows, names).tolist(), span, found.now)

    return data.memoize("outages", find, found.devices, span, names)


def _set_dragged_range() -> None:
    reach = chart_selections.range_of_selection(st.session_state["store_day_figure"])
    if reach is not None:
        filter_changes.set_range(*reach)


def _notes(course: StoreCourse, outages: list[Outage] | None, chosen: Filters) -> None:
    words = ["A drag over the figure sets the time range."]
    if outages is None:
        words.append("Which things were out is not known: the request for them failed, or is under way.")
    elif not outages:
        words.append("No thing of this store was offline or silent in this time.")
    elif len({outage.thing for outage in outages}) > MOST_THINGS:
        words.append(f"Drawn are the {MOST_THINGS} things that were out longest.")
    if len(course.units) > MOST_UNITS:
        words.append(f"Drawn are the {MOST_UNITS} currencies of most purchases; the table has all.")
    if course.unreadable:
        words.append(f"{plural(course.unreadable, 'purchase')} without a readable amount.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(" ".join(words), help=HOW, width="content")
        if chosen.ranged:
            filter_changes.whole_day_button()


def _table(course: StoreCourse, outages: Sequence[Outage], span: Window, chosen: Filters) -> None:
    table = hour_table(course, outages)
    local = table.assign(begin=table["begin"].dt.tz_convert(chosen.tz))
    with st.container(key="store_hours"):
        st.dataframe(
            local,
            hide_index=True,
            column_config={
                "begin": st.column_config.DatetimeColumn("from", timezone=chosen.tz, format="ddd HH:mm", width=90),
                **{
                    name: st.column_config.NumberColumn(format="localized", width=80)
                    for name in ("sessions", "visitors", "purchases")
                },
            },
            placeholder="—",
        )
    export_button.draw("store_hours", rows_of(table), chosen, span)


def hour_table(course: StoreCourse, outages: Sequence[Outage]) -> pd.DataFrame:
    """Return the numbers of each bin, the oldest first.

    Columns: ``begin`` (UTC), ``sessions``, ``visitors``, ``purchases``, a text of the revenue for each unit,
    ``out`` (the things that were out in it), and the steps of the funnel but ``PURCHASE``.
    """
    counts = course.counts[None]
    table = pd.DataFrame(
        {"begin": course.edges[:-1], **{name: counts[name] for name in ("sessions", "visitors", "purchases")}}
    )
    for unit in course.units:
        amounts = course.revenue[None][unit]
        name = f"revenue, {shown(unit, 12) if unit else 'no currency'}"
        table[name] = pd.Series([amount_of(amount, unit) for amount in amounts], dtype="str")
    out = [
        ", ".join(dict.fromkeys(one.thing for one in outages if one.start < end and one.end > begin)) or None
        for begin, end in zip(course.edges[:-1], course.edges[1:], strict=True)
    ]
    table["out"] = pd.Series(out, dtype="str")
    return table.assign(**{step: counts[step] for step in FUNNEL[:-1]})
