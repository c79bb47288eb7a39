"""The numbers of the chosen time range, each with its change and a link to its view."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from dashboard.analysis.devices import TILES
from dashboard.analysis.formatting import MISSING, escape_markdown, percent, plural, whole
from dashboard.analysis.overview_numbers import Overview
from dashboard.analysis.span_numbers import Comparison, SpanNumbers
from dashboard.data import latest_events, loader
from dashboard.data.filtered_data import FilteredData
from dashboard.data.stores import ComparedNumbers
from dashboard.data.viewer_state import is_dark
from dashboard.figures import minute_bars as bars_by_minute
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters
from dashboard.ui.page_links import page_link
from dashboard.ui.time_range import PRESETS
from gridrt_client.errors import GridError
from gridrt_client.schema import is_monitor

NO_PEOPLE: Final = "The filters leave out everything that a person did."
UNCOMPARED: Final = "There is no change: the equally long span before is not completely within the 24 hours."


@dataclass(frozen=True)
class Spans:
    """How the spans of the numbers read: that of the numbers, the two that are compared, and the change between them.

    ``is_compared`` is False where there is nothing to compare with.
    """

    shown: str
    newer: str
    earlier: str
    change: str
    is_compared: bool

    @classmethod
    def of(cls, compared: Comparison, chosen: Filters) -> Spans:
        """Return the words for a comparison."""
        if compared.shown is None:
            return cls("24 h", "in the last hour", "in the hour before", "vs 1 h before", True)
        begin = st.query_params.get("from") or ""
        label = PRESETS.get(begin) if chosen.end is None else None
        return cls(
            label or "chosen range",
            "in this range",
            "in the equally long span before",
            f"vs {label or 'span'} before",
            compared.earlier is not None,
        )


def draw(
    overview: Overview, numbers: ComparedNumbers, sales: ComparedNumbers, compared: Comparison, chosen: Filters
) -> None:
    """Draw the cards.

    Parameters
    ----------
    overview, numbers
        Of what the filters select, now and in the chosen time range.
    sales
        Without the filters on events: each would take purchases or visits away.
    """
    spans = Spans.of(compared, chosen)
    matching = " Only what matches the filters on events counts." if chosen.on_events else ""
    whatever = " Whatever the filters on events." if chosen.on_events else ""
    by_hour = compared.shown is None

    def counted(key: str, name: str, of: ComparedNumbers, label: str, help: str, view: str, **more: Any) -> None:
        value, change = getattr(of.shown, name), _change(of, lambda one: getattr(one, name))
        _metric(key, f"{label}, {spans.shown}", whole(value), change, spans, help=help, view=view, **more)

    with st.container(horizontal=True, gap="small", key="cards_sales"):
        _metric(
            "metric_active_sessions",
            "Active now",
            whole(overview.active),
            overview.hour["active"],
            Spans("", "now", "an hour ago", "vs 1 h before", True),
            help=f"Sessions in which a person did something in the past 30 minutes.{matching}",
            view="sessions",
            chart_data=overview.active_by_hour,
            below=NO_PEOPLE if _without_people(chosen) else "",
        )
        _visitors(overview, numbers, spans, chosen, matching)
        counted(
            *("metric_purchases", "purchases", sales, "Purchases"),
            f"PURCHASE events that don't say that no person did them.{whatever}",
            "stores",
        )
        _conversion(sales, spans, whatever)
    with st.container(horizontal=True, gap="small", key="cards_traffic"):
        counted(
            *("metric_sessions", "sessions", numbers, "Sessions"),
            f"Sessions created in this time, by sessionId.{matching}",
            "sessions",
            chart_data=overview.sessions_by_hour if by_hour else None,
        )
        counted(
            *("metric_events", "events", numbers, "Events"),
            f"Each captureId once.{matching}",
            "events",
            chart_data=overview.events_by_hour if by_hour else None,
        )
        _interactive(overview, numbers, spans, matching, by_hour=by_hour)
        _devices_metric(chosen)


def minute_bars(data: FilteredData, overview: Overview, chosen: Filters) -> None:
    """Draw the active sessions in each of the past 30 minutes."""
    dark = is_dark()
    bars = data.memoize(
        "minute_bars",
        lambda: bars_by_minute.minute_bars(overview.active_by_minute, data.now, chosen.tz, dark),
        chosen.tz,
        dark,
    )
    about = "Active sessions in each of the past 30 minutes."
    st.plotly_chart(bars, key="minute_bars", config=CONFIG, height=230, alt=about)
    ordered = overview.active_by_minute
    st.caption(
        f"From {whole(min(ordered))} to {whole(max(ordered))} sessions a minute; {whole(ordered[-1])} in the last."
    )


def _change(of: ComparedNumbers, count: Callable[[SpanNumbers], int]) -> tuple[int, int] | None:
    return None if of.earlier is None else (count(of.newer), count(of.earlier))


def _visitors(overview: Overview, numbers: ComparedNumbers, spans: Spans, chosen: Filters, matching: str) -> None:
    nobody = _without_people(chosen)
    _metric(
        "metric_visitors",
        f"Visitors, {spans.shown}",
        MISSING if nobody else whole(numbers.shown.visitors),
        None if nobody else _change(numbers, lambda one: one.visitors),
        spans,
        help=NO_PEOPLE if nobody else f"Sessions in which a person did something in this time.{matching}",
        view="analytics",
        below=NO_PEOPLE if nobody else "",
        chart_data=overview.active_by_hour if spans.shown == "24 h" and not nobody else None,
    )


def _conversion(sales: ComparedNumbers, spans: Spans, whatever: str) -> None:
    shown, newer, earlier = sales.shown, sales.newer, sales.earlier
    points = None
    if earlier is not None and newer.visitors and earlier.visitors:
        points = round(1000 * newer.converted / newer.visitors - 1000 * earlier.converted / earlier.visitors) / 10
    about = f"Of {plural(shown.visitors, 'visitor')}, {whole(shown.converted)} have a purchase in this time.{whatever}"
    if earlier is not None:
        about += (
            f" {percent(newer.converted, newer.visitors)} {spans.newer}, "
            f"{percent(earlier.converted, earlier.visitors)} {spans.earlier}."
        )
    change: dict[str, Any] = (
        {} if points is None else {"delta": f"{points:+g} pp" if points else 0, "delta_description": spans.change}
    )
    value = percent(shown.converted, shown.visitors)
    _metric(
        "metric_conversion", f"Conversion, {spans.shown}", value, None, spans, help=about, view="analytics", **change
    )


def _interactive(overview: Overview, numbers: ComparedNumbers, spans: Spans, matching: str, *, by_hour: bool) -> None:
    shown, newer, earlier = numbers.shown, numbers.newer, numbers.earlier
    unsaid = shown.events - shown.said
    about = f"{whole(shown.interactive)} of {whole(shown.said)} events were done by a person."
    if unsaid:
        about += f" {plural(unsaid, 'more event')} {'does' if unsaid == 1 else 'do'}n't say."
    change: dict[str, Any] = {}
    if earlier is not None and newer.said and earlier.said:
        points = round(100 * newer.interactive / newer.said - 100 * earlier.interactive / earlier.said)
        change = {"delta": f"{points:+d} pp" if points else 0, "delta_description": spans.change}
    # An hour without such events has no share, rather than a share of zero.
    pairs = zip(overview.interactive_by_hour, overview.said_by_hour, strict=True)
    shares = [100 * part / total if total else math.nan for part, total in pairs]
    _metric(
        "metric_interactive_share",
        "Interactive",
        percent(shown.interactive, shown.said),
        None,
        spans,
        help=f"{about}{matching}",
        view="events",
        chart_data=shares if by_hour else None,
        **change,
    )


def _without_people(chosen: Filters) -> bool:
    """Whether the filters on events leave out everything that a person did."""
    types = chosen.condition("eventType").included
    return chosen.interactionType == "nonInteractive" or (bool(types) and all(map(is_monitor, types)))


def _devices_metric(chosen: Filters) -> None:
    label, key = "Devices", "metric_devices"
    try:
        alarms = latest_events.alarms(chosen)
    except loader.Pending:
        _metric(key, label, "…", help="The newest status of each attached device is being asked for.", view="latest")
        return
    except GridError as error:
        about = escape_markdown(error)
        _metric(key, label, MISSING, help=about, view="latest", below="not known: the request failed")
        return
    _metric(
        key,
        label,
        whole(alarms.things),
        help="Attached devices by status, whatever the filters on events. Silent ones have not been heard for longer "
        "than usual; those that flap have a status, too.",
        view="latest",
        below="  \n".join(f"{status.words}: {whole(alarms.counts[tile])}" for tile, status in TILES.items())
        if alarms.things
        else "none report a status",
    )


def _metric(
    key: str,
    label: str,
    value: str,
    change: tuple[int, int] | None = None,
    spans: Spans | None = None,
    *,
    help: str,
    view: str,
    below: str = "",
    chart_data: list[int] | list[float] | None = None,
    **more: Any,
) -> None:
    """Draw a number; ``change`` are its values in the two spans that are compared."""
    if change is not None and spans is not None:
        more = {"delta": change[0] - change[1], "delta_description": spans.change, "format": "localized"}
        help = f"{help} {whole(change[0])} {spans.newer}, {whole(change[1])} {spans.earlier}."
    elif spans is not None and not spans.is_compared:
        help = f"{help} {UNCOMPARED}"
    with st.container(key=key, width="stretch", border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, help=help, chart_data=chart_data, chart_type="area", delta_color="primary", **more)
        if below:
            st.caption(below)
        page_link(view, f"{_VIEWS[view]} →", help=f"Open the view {_VIEWS[view]} with these filters.")


_VIEWS: Final = {
    "sessions": "Sessions",
    "stores": "Stores",
    "events": "Events",
    "analytics": "Behaviour",
    "latest": "Devices",
}
