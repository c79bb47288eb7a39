"""The flow of events through the first steps of sessions, as a diagram and as a table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.event_flow import EventFlow, event_flow
from dashboard.analysis.formatting import plural
from dashboard.analysis.histogram import OTHER
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures.event_flow import event_flow_diagram
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table, link_parameters
from dashboard.ui.behaviour_panels import FLOW_DEPTHS, FLOW_TYPES

HOW = (
    "The first events of each session in the time range, in order, without MONITOR_* and without those that no person "
    "did. Each step names the types that most sessions have there; the others are Other. Of the sessions of each type, "
    "some go on to the next step and the rest end."
)
COLUMNS = {
    "step": "The first of the two events is the session's first, second …",
    "share": "Of the sessions with this event at this step.",
    "next": "The event that follows; (ends) where there is none, (goes on) where it is beyond the last step shown.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of steps and types, the diagram, and the numbers of each link."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        about = "How many events of each session are followed."
        depth = link_parameters.segments("flowSteps", FLOW_DEPTHS, label="Events", default="4", help=about)
        about = "How many types each step names; the others are Other."
        types = link_parameters.segments("flowTypes", FLOW_TYPES, label="Types", default="6", help=about)
    steps, top, dark = int(depth or "4"), int(types or "6"), is_dark()
    flow = data.memoize(
        "event_flow",
        lambda: event_flow(data.joined.database, steps, top, data.chosen.within(span)),
        *(span, steps, top),
    )
    st.caption(f"{plural(flow.sessions, 'session')} with at least one event that a person did.", help=HOW)
    if not flow.sessions:
        return
    figure = data.memoize("event_flow_diagram", lambda: event_flow_diagram(flow, dark), span, steps, top, dark)
    with st.container(key="flow_diagram"):
        st.plotly_chart(figure, key="flow_figure", config=CONFIG, alt="Flow of events; the table has its numbers.")
    table = data.memoize("event_flow_table", lambda: _table(flow), span, steps, top)
    behaviour_table.draw(
        "flow", table, chosen, span, alt="Sessions from each event to the next.", help=COLUMNS, order="in their order"
    )


def _table(flow: EventFlow) -> pd.DataFrame:
    """One row for each link, and for the sessions of each node that end there or go on beyond the last step."""
    rows = []
    last = max(node.step for node in flow.nodes)
    for node in flow.nodes:
        links = [link for link in flow.links if (link.step, link.source) == (node.step, node.eventType)]
        rows += [(node, _name(link.target), link.sessions) for link in links]
        rows += [(node, "(goes on)", node.went_on)] if node.step == last and node.went_on else []
        rows += [(node, "(ends)", node.ended)] if node.ended else []
    return pd.DataFrame(
        {
            "step": pd.Series([node.step for node, _, _ in rows], dtype="int64"),
            "event": pd.Series([_name(node.eventType) for node, _, _ in rows], dtype="str"),
            "next": pd.Series([name for _, name, _ in rows], dtype="str"),
            "sessions": pd.Series([sessions for *_, sessions in rows], dtype="int64"),
            "share": pd.Series([sessions / node.sessions for node, _, sessions in rows], dtype="float64"),
        }
    )


def _name(eventType: str | None) -> str:
    return OTHER if eventType is None else eventType
