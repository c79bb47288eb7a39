"""Links to the views, which carry the filters along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.data.saved_views import FOLDER
from dashboard.ui.filter_changes import CARRIED

VIEWS: Final = {
    "live": ("Now", "📈"),
    "stores": ("Stores", "🏬"),
    "store": ("Store", "🏪"),
    "sessions": ("Sessions", "🗺️"),
    "events": ("Events", "📊"),
    "latest": ("Devices", "🚦"),
    "analytics": ("Behaviour", "🧭"),
    "session": ("Session", "🧾"),
}
"""The title and the icon of each file of ``pages`` that is a view of the data."""
STATUS_LINK: Final = ("Status", "🩺")
"""The title and the icon of the page about the dashboard itself."""


def page_link(
    page: str,
    label: str,
    changes: Mapping[str, str | Sequence[str] | None] | None = None,
    *,
    icon: str | None = None,
    help: str | None = None,
) -> None:
    """Draw a link to the view of ``pages/<page>.py``.

    Parameters
    ----------
    label
        Plain text.
    changes
        The parameters that differ from those that are carried over; None removes one.
    """
    st.page_link(
        FOLDER / f"{page}.py",
        label=escape_markdown(label),
        icon=icon,
        help=escape_markdown(help) if help else None,
        query_params=_parameters(changes),
    )


def session_link(sessionId: str) -> None:
    """Draw a link to the page of a session."""
    help = "Everything that happened in it, in order."
    page_link("session", "Open the session", {"sessionId": sessionId}, icon="🧾", help=help)


def open_page(page: str, changes: Mapping[str, str | Sequence[str] | None] | None = None) -> NoReturn:
    """Open the view of ``pages/<page>.py`` at once; ``changes`` as for `page_link`."""
    st.switch_page(FOLDER / f"{page}.py", query_params=_parameters(changes))


def _parameters(changes: Mapping[str, str | Sequence[str] | None] | None) -> dict[str, str | Sequence[str]]:
    params: dict[str, str | Sequence[str] | None] = {name: st.query_params.get_all(name) for name in CARRIED}
    params |= changes or {}
    return {name: value for name, value in params.items() if value and any(value)}
