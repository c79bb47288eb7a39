"""The overview's numbers: each with how it changed, and by hour or minute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, data, filters
from dashboard.data import Scene
from dashboard.filters import Filters
from dashboard.formatting import UNKNOWN_CURRENCY, money, percent, plain, plural, whole
from dashboard.metrics import Overview
from dashboard.panels import dark
from gridrt_client.errors import GridError


def metrics_row(told: Overview, chosen: Filters) -> None:
    """The overview's numbers; the last hour compared with the hour before."""
    with st.container(horizontal=True, gap="small"):
        _metric(
            "metric_active_sessions",
            "Active now",
            whole(told.active),
            told.hour["active"],
            ("now", "an hour ago"),
            help="Sessions in which a person did something in the past 30 minutes.",
            chart_data=told.active_by_hour,
        )
        _metric(
            "metric_sessions",
            "Sessions, 24 h",
            whole(told.sessions),
            told.hour["sessions"],
            help=f"A person did something in {whole(told.sessions_interactive)} of them.",
            chart_data=told.sessions_by_hour,
        )
        _metric(
            "metric_events",
            "Events, 24 h",
            whole(told.events),
            told.hour["events"],
            help="Each captureId once.",
            chart_data=told.events_by_hour,
        )
        _metric(
            "metric_interactive_share",
            "Interactive",
            percent(told.interactive, told.events),
            None,
            help=f"{whole(told.interactive)} of {whole(told.events)} events were done by a person.",
            chart_data=[_share(*pair) for pair in zip(told.interactive_by_hour, told.events_by_hour, strict=True)],
            **_share_change(told),
        )
        _devices_metric(chosen)


def revenue(told: Overview) -> None:
    """Revenue per currency, exactly as the purchases say, and how many visits bought something."""
    st.markdown("**Revenue, 24 h**")
    if not told.revenue:
        st.caption("No purchases in the past 24 hours.")
        return
    unreadable = ""
    if told.purchases_unreadable:
        unreadable = f" {plural(told.purchases_unreadable, 'purchase')} without a readable amount."
    st.caption(
        f"{plural(told.purchases, 'purchase')}; conversion {percent(told.converted, told.visitors)}, "
        f"{whole(told.converted)} of {plural(told.visitors, 'visit')}.{unreadable}"
    )
    table = pd.DataFrame(
        {
            "currency": ["none given" if code == UNKNOWN_CURRENCY else code for code in told.revenue],
            "revenue": [money(amount, code).split(" ")[0] for code, amount in told.revenue.items()],
        }
    )
    with st.container(key="revenue"):
        st.dataframe(
            table,
            hide_index=True,
            height=200,
            column_config={"revenue": st.column_config.TextColumn(alignment="right")},
        )


def minute_bars(scene: Scene, told: Overview, chosen: Filters) -> None:
    """Active sessions in each of the past 30 minutes."""
    shade = dark()
    bars = scene.once(
        "minute_bars",
        lambda: charts.minute_bars(told.active_by_minute, scene.now, chosen.tz, shade),
        chosen.tz,
        shade,
    )
    about = "Active sessions in each of the past 30 minutes."
    st.plotly_chart(bars, key="minute_bars", config=charts.CONFIG, height=230, alt=about)


def _devices_metric(chosen: Filters) -> None:
    label, key = "Devices", "metric_devices"
    try:
        # Whatever the filters on events are: they are about what people do.
        asked = replace(filters.with_default_columns(chosen), eventType=None, interactionType="all")
        tiles = data.latest(asked).tiles
    except data.Waiting:
        _metric(key, label, "…", help="The newest status of each attached device is being asked for.")
        return
    except GridError as error:
        _metric(key, label, "—", help=plain(error), below="not known: the API refused")
        return
    _metric(
        key,
        label,
        whole(sum(count for _, count in tiles)),
        help="Attached devices by the newest status that they reported, whatever the filters on events.",
        below="  \n".join(f"{plain(status.words)}: {whole(count)}" for status, count in tiles)
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


def _share(part: int, total: int) -> float:
    return 100 * part / total if total else 0.0


def _share_change(told: Overview) -> dict[str, Any]:
    """How the share of interactive events changed from the hour before to the last one, in percentage points."""
    last, before = ((told.hour["interactive"][hour], told.hour["events"][hour]) for hour in (0, 1))
    if not last[1] or not before[1]:
        return {}
    points = round(_share(*last) - _share(*before))
    return {"delta": f"{points:+d} pp" if points else 0, "delta_description": "vs 1 h before"}
