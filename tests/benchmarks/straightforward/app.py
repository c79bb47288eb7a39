"""The page that anyone would write first: everything is loaded, filtered with pandas and drawn whole.

What the real app's costs are divided by. It is written as its author would: no tricks, and no clumsiness put in to look
bad. The filter bears the real app's key, so that the same hands drive both. ``?refresh=5`` in the link
draws it again every five seconds.

Its tables can be selected in, as the real app's can. Streamlit then sends every row, not only those in sight, and a
million events are more than a message may hold by default: the benchmark raises ``server.maxMessageSize`` for it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd
import plotly.express as px
import pydeck as pdk
import requests
import streamlit as st

sys.path.insert(0, str(Path(__file__).parent))
from decode import typed

BASE_URL, TENANT = os.environ["GRIDRT_BASE_URL"], os.environ["GRIDRT_TENANT_ID"]
HEADERS = {"Authorization": f"Bearer {os.environ['GRIDRT_ACCESS_TOKEN']}"}
SECONDS = float(os.environ.get("GRIDRT_REFRESH_SECONDS", "30"))


@st.cache_data(ttl=SECONDS, show_spinner="Loading …")
def load(endpoint: str) -> pd.DataFrame:
    url = f"{BASE_URL}/v2/realtime/{endpoint}/tenants/{TENANT}"
    response = requests.get(url, headers=HEADERS, timeout=600)
    response.raise_for_status()
    return typed(response.json())


def asked_type(events: pd.DataFrame) -> str | None:
    return st.sidebar.selectbox(
        "eventType",
        sorted(events["eventType"].dropna().unique()),
        index=None,
        key="eventType",
        bind="query-params",
        accept_new_options=True,
    )


def events_page() -> None:
    st.title("Events")
    events = load("event")
    chosen = asked_type(events)
    if chosen:
        events = events[events["eventType"] == chosen]
    st.plotly_chart(px.histogram(events, x="eventTime", color="eventType"), key="event_histogram")
    st.dataframe(events, key="event_table", on_select="rerun")


def sessions_page() -> None:
    st.title("Sessions")
    sessions, events = load("session"), load("event")
    chosen = asked_type(events)
    if chosen:
        of_type = events.loc[events["eventType"] == chosen, "sessionId"]
        sessions = sessions[sessions["sessionId"].isin(of_type)]
    located = sessions.dropna(subset=["latitude", "longitude"])
    points = pdk.Layer(
        "ScatterplotLayer",
        located[["longitude", "latitude", "spaceId"]],
        get_position=["longitude", "latitude"],
        get_radius=20_000,
        get_fill_color=[0, 114, 178],
    )
    # No tiles: a benchmark asks nobody on the internet.
    deck = pdk.Deck([points], initial_view_state=pdk.ViewState(latitude=30, longitude=10, zoom=1), map_provider=None)
    st.pydeck_chart(deck, key="session_map")
    st.dataframe(sessions, key="session_table", on_select="rerun")


st.set_page_config(page_title="Straightforward", layout="wide")
page = st.navigation(
    [
        st.Page(events_page, title="Events", url_path="events", default=False),
        st.Page(sessions_page, title="Sessions", url_path="sessions"),
        st.Page(lambda: st.title("Home"), title="Home", url_path="home", default=True),
    ]
)
page.run()

refresh = st.query_params.get("refresh")
if refresh and refresh != "off":

    @st.fragment(run_every=float(refresh))
    def again() -> None:
        if st.session_state.pop("_armed", False):
            st.rerun()
        st.session_state["_armed"] = True

    st.session_state["_armed"] = False
    again()
