"""The overview's numbers: each with how it changed, and by hour or minute."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import filters
from dashboard.analysis.formatting import amount_of, escape_markdown, percent, plural, whole
from dashboard.analysis.overview_numbers import Overview
from dashboard.data import filtered_data, latest_events, loader
from dashboard.figures import minute_bars as bars_by_minute
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters
from dashboard.ui.panels import dark
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown

MOST_CURRENCIES = 50
"""So many units of revenue are listed: more than there are in use in one tenant, unless somebody writes nonsense."""


def metrics_row(told: Overview, chosen: Filters) -> None:
    """The overview's numbers; the last hour compared with the hour before."""
    # With a filter on events these are sessions and events that match it, which says less about people.
    matching = " Only what matches the filters on events counts." if chosen.on_events else ""
    with st.container(horizontal=True, gap="small"):
        _metric(
            "metric_active_sessions",
            "Active now",
            whole(told.active),
            told.hour["active"],
            ("now", "an hour ago"),
            help=f"Sessions in which a person did something in the past 30 minutes.{matching}",
            chart_data=told.active_by_hour,
        )
        _metric(
            "metric_sessions",
            "Sessions, 24 h",
            whole(told.sessions),
            told.hour["sessions"],
            help=f"A person did something in {whole(told.sessions_interactive)} of them.{matching}",
            chart_data=told.sessions_by_hour,
        )
        _metric(
            "metric_events",
            "Events, 24 h",
            whole(told.events),
            told.hour["events"],
            help=f"Each captureId once.{matching}",
            chart_data=told.events_by_hour,
        )
        _metric(
            "metric_interactive_share",
            "Interactive",
            percent(told.interactive, told.events - told.unsaid),
            None,
            help=_interactive_help(told, matching),
            # An hour without such events has no share, which is not a share of zero.
            chart_data=[
                100 * part / total if total else math.nan
                for part, total in zip(told.interactive_by_hour, told.said_by_hour, strict=True)
            ],
            **_share_change(told),
        )
        _devices_metric(chosen)


def revenue(told: Overview, chosen: Filters) -> None:
    """Revenue per currency, exactly as the purchases say, and how many visits bought something.

    ``told`` is of all events of the scope: a filter on events would take purchases or visits away.
    """
    st.markdown("**Revenue, 24 h**")
    with st.container(key="sales"):
        st.caption(escape_markdown(_sales(told, chosen)))
    if not told.revenue:
        return
    listed = list(told.revenue.items())[:MOST_CURRENCIES]
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
    if len(told.revenue) > len(listed):
        st.caption(
            f"The {len(listed)} with the most purchases of {plural(len(told.revenue), 'currency', 'currencies')}."
        )


def _sales(told: Overview, chosen: Filters) -> str:
    """What is known of the purchases, in sentences: none, none that can be read, and how many are three things."""
    parts = []
    if not told.purchases:
        parts.append("No purchases in the past 24 hours.")
    elif told.purchases_unreadable == told.purchases:
        parts.append(f"{plural(told.purchases, 'purchase')}, none with a readable amount.")
    elif told.purchases_unreadable:
        parts.append(
            f"{plural(told.purchases, 'purchase')}, {whole(told.purchases_unreadable)} without a readable amount."
        )
    else:
        parts.append(f"{plural(told.purchases, 'purchase')}.")
    if told.visitors and told.purchases:
        parts.append(
            f"Conversion {percent(told.converted, told.visitors)}: "
            f"{whole(told.converted)} of {plural(told.visitors, 'visit')}."
        )
    if told.purchases_of_machines:
        events = plural(told.purchases_of_machines, "PURCHASE event")
        parts.append(f"{events} not done by a person: not counted.")
    if chosen.on_events:
        parts.append("Whatever the filters on events.")
    return " ".join(parts)


def _interactive_help(told: Overview, matching: str) -> str:
    said = told.events - told.unsaid
    about = f"{whole(told.interactive)} of {whole(said)} events were done by a person."
    if told.unsaid:
        about += f" {plural(told.unsaid, 'more event')} {'does' if told.unsaid == 1 else 'do'}n't say."
    return about + matching


def minute_bars(scene: filtered_data.FilteredData, told: Overview, chosen: Filters) -> None:
    """Active sessions in each of the past 30 minutes."""
    shade = dark()
    bars = scene.memoize(
        "minute_bars",
        lambda: bars_by_minute.minute_bars(told.active_by_minute, scene.now, chosen.tz, shade),
        chosen.tz,
        shade,
    )
    about = "Active sessions in each of the past 30 minutes."
    st.plotly_chart(bars, key="minute_bars", config=CONFIG, height=230, alt=about)


def _devices_metric(chosen: Filters) -> None:
    label, key = "Devices", "metric_devices"
    try:
        # Whatever the filters on events are: they are about what people do.
        asked = replace(filters.with_default_columns(chosen), eventType=None, interactionType="all")
        tiles = latest_events.latest(asked).tiles
    except loader.Pending:
        _metric(key, label, "…", help="The newest status of each attached device is being asked for.")
        return
    except GridError as error:
        _metric(key, label, "—", help=escape_markdown(error), below="not known: the request failed")
        return
    _metric(
        key,
        label,
        whole(sum(count for _, count in tiles)),
        help="Attached devices by the newest status that they reported, whatever the filters on events.",
        below="  \n".join(f"{escape_markdown(status.words)}: {whole(count)}" for status, count in tiles)
        or "none report a status",
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
    """A number under a stable key, with how it changed from one span to the next."""
    if change is not None:
        more = {"delta": change[0] - change[1], "delta_description": "vs 1 h before", "format": "localized"}
        help = f"{help} {whole(change[0])} {spans[0]}, {whole(change[1])} {spans[1]}."
    with st.container(key=key, width="stretch", border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, help=help, chart_data=chart_data, chart_type="area", delta_color="primary", **more)
        if below:
            st.caption(below)


def _share_change(told: Overview) -> dict[str, Any]:
    """How the share of interactive events changed from the hour before to the last one, in percentage points."""
    last, before = ((told.hour["interactive"][hour], told.hour["said"][hour]) for hour in (0, 1))
    if not last[1] or not before[1]:
        return {}
    points = round(100 * last[0] / last[1] - 100 * before[0] / before[1])
    return {"delta": f"{points:+d} pp" if points else 0, "delta_description": "vs 1 h before"}
