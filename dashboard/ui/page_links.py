"""Links from one view to another. They keep the filters, the time range and the time zone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.ui.filter_changes import RANGE

PAGES: Final = Path(__file__).parents[2] / "pages"


def kept_parameters(**more: str) -> dict[str, str]:
    """Return the parameters of a link to another view: the time range, and ``more``.

    Streamlit itself keeps those that widgets on every page are bound to; named here, they would be there twice.
    """
    return {name: st.query_params[name] for name in RANGE if st.query_params.get(name)} | more


def view_link(view: str, label: str, *, icon: str | None = None, help: str | None = None, **parameters: str) -> None:
    """Draw a link to a view, named after its file in ``pages``; ``parameters`` are added to those that are kept."""
    st.page_link(PAGES / f"{view}.py", label=label, icon=icon, help=help, query_params=kept_parameters(**parameters))


def session_link(sessionId: str, label: str = "Open the session") -> None:
    """Draw a link to the page of a session."""
    view_link("session", label, icon="🧾", help="Everything that happened in it, in order.", sessionId=sessionId)
