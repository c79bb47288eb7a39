"""The filters that are set, each with a button that removes it."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.analysis.names import field_label
from dashboard.data import viewer_state
from dashboard.filters import Filters
from dashboard.ui import filter_changes, link_parameters
from gridrt_client.safe_text import shown


def draw(chosen: Filters) -> None:
    """Draw a button for each value of each filter, and one that removes all; nothing where none is set."""
    names = viewer_state.names()
    with st.container(key="filter_chips", horizontal=True, gap="xsmall", vertical_alignment="center"):
        for condition in chosen.conditions:
            values = [(value, "") for value in condition.included] + [(value, "not ") for value in condition.excluded]
            for place, (value, negation) in enumerate(values):
                name = names.of(condition.field, value)
                st.button(
                    escape_markdown(f"{field_label(condition.field)}: {negation}{name} ✕"),
                    key=f"chip_{condition.field}_{place}",
                    help=escape_markdown(f"Remove the filter {condition.field} {negation}{shown(value)}."),
                    on_click=filter_changes.remove,
                    args=(condition.field, value),
                )
        if chosen.interactionType != "all":
            st.button(
                f"{field_label('interactionType')}: {chosen.interactionType} ✕",
                key="chip_interactionType",
                help="Remove the filter interactionType.",
                on_click=_remove_interaction_type,
            )
        if chosen.conditions or chosen.interactionType != "all":
            st.button("Clear all", key="clear_all", type="tertiary", on_click=filter_changes.clear)


def _remove_interaction_type() -> None:
    link_parameters.write("interactionType", None)
    st.rerun()
