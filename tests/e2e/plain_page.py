"""Streamlit's elements with our theme and nothing of the dashboard, for comparison in `test_look`."""

import streamlit as st

st.set_page_config(layout="wide")
with st.sidebar:
    st.multiselect("installationId", ["a"])
    st.segmented_control("interactionType", ["all", "interactive"], default="all")
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Title", anchor=False, width="content")
st.caption("1 to 100 of 6,001 events, newest first")
st.markdown("**Newest events**")
st.button("Export", key="export_events")
