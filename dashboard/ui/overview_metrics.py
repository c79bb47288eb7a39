"""The numbers of the overview, with their changes and their course."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.analysis.devices import TILES
from dashboard.analysis.formatting import amount_of, escape_markdown, percent, plural, whole
from dashboard.analysis.overview_numbers import Overview
from dashboard.data import filtered_data, latest_events, loader
from dashboard.data.viewer_state import is_dark
from dashboard.figures import minute_bars as bars_by_minute
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown

MOST_CURRENCIES = 50
"""The most units of revenue that are listed: more than one tenant uses, unless ``str2`` holds other texts."""


def metrics_row(overview: Overview, chosen: Filters) -> None:
    """Draw the numbers; the last hour is compared with the hour before."""
    matching = " Only what matches the filters on events counts." if chosen.on_events else ""
    with st.container(horizontal=True, gap="small"):
        _metric(
            "metric_active_sessions",
            "Active now",
            whole(overview.active),
            overview.hour["active"],
            ("now", "an hour ago"),
            help=f"Sessions in which a person did something in the past 30 minutes.{matching}",
            chart_data=overview.active_by_hour,
        )
        _metric(
            "metric_sessions",
            "Sessions, 24 h",
            whole(overview.sessions),
            overview.hour["sessions"],
            help=f"A person did something in {whole(overview.sessions_interactive)} of them.{matching}",
            chart_data=overview.sessions_by_hour,
        )
        _metric(
            "metric_events",
            "Events, 24 h",
            whole(overview.events),
            overview.hour["events"],
            help=f"Each captureId once.{matching}",
            chart_data=overview.events_by_hour,
        )
        _metric(
            "metric_interactive_share",
            "Interactive",
            percent(overview.interactive, overview.events - overview.unsaid),
            None,
            help=_interactive_help(overview, matching),
            # An hour without such events has no share, rather than a share of zero.
            chart_data=[
                100 * part / total if total else math.nan
                for part, total in zip(overview.interactive_by_hour, overview.said_by_hour, strict=True)
            ],
            **_share_change(overview),
        )
        _devices_metric(chosen)


def revenue(overview: Overview, chosen: Filters) -> None:
    """Draw the revenue per unit, exactly as in the events, and how many visits led to a purchase.

    ``overview`` is of all events of the scope: a filter on events would remove purchases or visits.
    """
    st.markdown("**Revenue, 24 h**")
    with st.container(key="sales"):
        st.caption(escape_markdown(_sales(overview, chosen)))
    if not overview.revenue:
        return
    listed = list(overview.revenue.items())[:MOST_CURRENCIES]
    table = pd.DataFrame(
        {
            "currency": [shown(code, 24) if code else "none given" for code, _ in listed],
            "revenue": [amount_of(amount, code) for code, amount in listed],
        }
    )
    with st.container(key="revenue"):
        st.dataframe(
            table,
            hide_index=True,
            height=200,
            column_config={"revenue": st.column_config.TextColumn(alignment="right")},
        )
    if len(overview.revenue) > len(listed):
        st.caption(
            f"The {len(listed)} with the most purchases of {plural(len(overview.revenue), 'currency', 'currencies')}."
        )


def _sales(overview: Overview, chosen: Filters) -> str:
    """Return sentences about the purchases: none, none with a readable amount, and how many there are of each kind."""
    parts = []
    if not overview.purchases:
        parts.append("No purchases in the past 24 hours.")
    elif overview.purchases_unreadable == overview.purchases:
        parts.append(f"{plural(overview.purchases, 'purchase')}, none with a readable amount.")
    elif overview.purchases_unreadable:
        unreadable = whole(overview.purchases_unreadable)
        parts.append(f"{plural(overview.purchases, 'purchase')}, {unreadable} without a readable amount.")
    else:
        parts.append(f"{plural(overview.purchases, 'purchase')}.")
    if overview.visitors and overview.purchases:
        parts.append(
            f"Conversion {percent(overview.converted, overview.visitors)}: "
            f"{whole(overview.converted)} of {plural(overview.visitors, 'visit')}."
        )
    if overview.purchases_of_machines:
        events = plural(overview.purchases_of_machines, "PURCHASE event")
        parts.append(f"{events} not done by a person: not counted.")
    if chosen.on_events:
        parts.append("Whatever the filters on events.")
    return " ".join(parts)


def _interactive_help(overview: Overview, matching: str) -> str:
    said = overview.events - overview.unsaid
    about = f"{whole(overview.interactive)} of {whole(said)} events were done by a person."
    if overview.unsaid:
        about += f" {plural(overview.unsaid, 'more event')} {'does' if overview.unsaid == 1 else 'do'}n't say."
    return about + matching


def minute_bars(data: filtered_data.FilteredData, overview: Overview, chosen: Filters) -> None:
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


def _devices_metric(chosen: Filters) -> None:
    label, key = "Devices", "metric_devices"
    try:
        alarms = latest_events.alarms(chosen)
    except loader.Pending:
        _metric(key, label, "…", help="The newest status of each attached device is being asked for.")
        return
    except GridError as error:
        _metric(key, label, "—", help=escape_markdown(error), below="not known: the request failed")
        return
    _metric(
        key,
        label,
        whole(alarms.things),
        help="Attached devices by status, whatever the filters on events. Silent ones have not been heard for longer "
        "than usual; those that flap have a status, too.",
        below="  \n".join(f"{status.words}: {whole(alarms.counts[tile])}" for tile, status in TILES.items())
        if alarms.things
        else "none report a status",
    )


def _metric(
    key: str,
    label: str,
    value: str,
    change: tuple[int, int] | None = None,
    spans: tuple[str, str] = ("in the last hour", "in the hour before"),
    *,
    help: str,
    below: str = "",
    chart_data: list[int] | list[float] | None = None,
    **more: Any,
) -> None:
    """Draw a number; ``change`` are its values in the last hour and in the hour before, named by ``spans``."""
    if change is not None:
        more = {"delta": change[0] - change[1], "delta_description": "vs 1 h before", "format": "localized"}
        help = f"{help} {whole(change[0])} {spans[0]}, {whole(change[1])} {spans[1]}."
    with st.container(key=key, width="stretch", border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, help=help, chart_data=chart_data, chart_type="area", delta_color="primary", **more)
        if below:
            st.caption(below)


def _share_change(overview: Overview) -> dict[str, Any]:
    """Return the change of the share of interactive events, in percentage points, as arguments of `st.metric`."""
    last, before = ((overview.hour["interactive"][hour], overview.hour["said"][hour]) for hour in (0, 1))
    if not last[1] or not before[1]:
        return {}
    points = round(100 * last[0] / last[1] - 100 * before[0] / before[1])
    return {"delta": f"{points:+d} pp" if points else 0, "delta_description": "vs 1 h before"}
