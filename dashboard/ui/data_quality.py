"""What should be known about the quality of the data: one button, which opens the sentences."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.formatting import escape_markdown, plural
from dashboard.data.viewer_state import QualityNote


def draw(notes: list[QualityNote]) -> None:
    """Draw the number of notes; in red where the numbers of the view may mislead."""
    misleading = any(note.misleads for note in notes)
    label = plural(len(notes), "note")
    with (
        st.container(key="data_quality", width="content"),
        st.popover(
            f":red[{label}]" if misleading else label,
            icon="⚠️" if misleading else "ℹ️",
            help="What was left out of the numbers, and why.",
        ),
    ):
        if not notes:
            st.caption("Nothing was left out: every record of the past 24 hours is in the numbers.")
        for note in notes:
            st.markdown(escape_markdown(note.sentence), help=escape_markdown(note.details) if note.details else None)
