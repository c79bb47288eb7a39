"""Saved views: names of links, from a TOML file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from dashboard.analysis.settings_file import read_toml
from gridrt_client.safe_text import shown

VARIABLE: Final = "GRIDRT_SAVED_VIEWS"
FOLDER: Final = Path(__file__).parents[2] / "pages"
STATUS: Final = "status"
"""The page about the dashboard itself, which needs no data."""
PAGES: Final = {
    "" if path.stem == "live" else path.stem: path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem != STATUS
}
"""The file of ``pages``, without its suffix, for each path of a link to a view."""


class SavedViewsError(ValueError):
    """The file of saved views can't be used; the message names the file, the key and the remedy."""


class SavedView(NamedTuple):
    """A named link: the file of ``pages`` and the parameters."""

    name: str
    page: str
    parameters: dict[str, list[str]]


@st.cache_resource(show_spinner=False)
def saved_views() -> list[SavedView]:
    """Return the saved views in the order of the file that ``GRIDRT_SAVED_VIEWS`` names; none where it isn't set.

    Raises
    ------
    SavedViewsError
        The file can't be read, or an entry can't be used.
    """
    return from_env(os.environ)


def from_env(env: Mapping[str, str]) -> list[SavedView]:
    """Return the saved views of the file that the variable names; raises as `saved_views`."""
    path = env.get(VARIABLE, "").strip()
    if not path:
        return []
    content = read_toml(Path(path), "The saved views", VARIABLE, SavedViewsError, be="are")
    return [_read(f"The saved views {path}", name, link) for name, link in content.items()]


def _read(where: str, name: str, link: Any) -> SavedView:
    place = f'{where}, "{shown(name, 60)}"'
    if not name.strip() or not isinstance(link, str):
        raise SavedViewsError(f'{place} is not a name and a link, such as "Sales" = "/stores?from=now-3h".')
    parts = urlsplit(link.strip())
    page = PAGES.get(parts.path.strip("/"))
    if page is None or not link.strip().startswith(("/", "?", "http://", "https://")):
        paths = ", ".join(f"/{path}" for path in PAGES)
        raise SavedViewsError(f"{place} leads to no view: begin its link with one of {paths}.")
    return SavedView(name.strip(), page, parse_qs(parts.query, keep_blank_values=True))
