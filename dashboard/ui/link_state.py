"""Check what the link says: every value that can't be used is named on the page."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

import streamlit as st

from dashboard.analysis import map_points
from dashboard.analysis.measures import MEASURES
from dashboard.data import tenant, viewer_state
from dashboard.data.link_limits import limited
from dashboard.data.viewer_state import NOT_DRAWN, LinkNote
from dashboard.figures.store_bubbles import CLASSES
from dashboard.filters import FIELDS, SHOWN
from dashboard.tables.stores import ORDERS
from dashboard.ui import behaviour_panels, event_histogram, link_parameters, status_filter
from gridrt_client.safe_text import shown
from gridrt_client.schema import DISTINCT_COLUMNS, INTERACTION_TYPES

COLUMNS: Final = "distinctColumns"
SEVERAL: Final = (COLUMNS, *FIELDS, "steps", "compare", "feed")
"""The parameters that may be there more than once."""
PARAMETERS: Final = (
    *("interactionType", tenant.PARAMETER, *SEVERAL),
    *("from", "to", "tz", "refresh", "breakdown", "scale", "measure", "currency", "before", "colour", "rows", "status"),
    *("field", "field_page", "values", "find", "sort", "sorted_page", "columns", "panel"),
    *("page", "page_ahead", "session_page", "session_page_ahead", "latest_page", "ahead"),
    *("at", "captureId", "sessionId", "thing", "search", "present", "cycle"),
    *("store_order", "store_page", "store_colour", "compare", "lines", "area", "feed", "accuracy"),
    *behaviour_panels.PARAMETERS,
)
SWITCHES: Final = ("ahead", "before", "accuracy", *behaviour_panels.SWITCHES)
"""The parameters that are true or false."""
CHOICES: Final = {
    "interactionType": INTERACTION_TYPES,
    "distinctColumns": DISTINCT_COLUMNS,
    "breakdown": event_histogram.BREAKDOWNS,
    "scale": event_histogram.MODES,
    "measure": tuple(MEASURES),
    "colour": map_points.DIMENSIONS,
    "rows": status_filter.ROWS,
    "store_order": tuple(ORDERS),
    "store_colour": tuple(CLASSES),
    **behaviour_panels.CHOICES,
}
"""The parameters that have a fixed set of values, and these."""


def limit() -> dict[str, str]:
    """Remove from the link what is more than it may hold; return a sentence about each parameter that isn't whole."""
    given = link_parameters.given()
    kept, notes = limited(given)
    if kept != given:
        st.query_params.from_dict(kept)
    return notes


def check() -> None:
    """Note the values of the link that can't be used.

    Called before any widget is drawn, because Streamlit removes from the link what a widget has no option for.
    """
    notes = viewer_state.current().link_notes
    for name in st.query_params:
        given = st.query_params.get_all(name)
        if name not in PARAMETERS:
            notes[name] = LinkNote(_unknown_parameter(name))
        elif name not in SEVERAL and len(set(given)) > 1:
            notes[name] = LinkNote(
                f"{name} is in the link {len(given)} times. The last one, “{shown(given[-1], SHOWN)}”, is used."
            )
        elif sentence := _unusable(name, given):
            notes[name] = LinkNote(sentence)


def note(name: str, sentence: str) -> None:
    """Note that the value of a parameter can't be used, found while a page is drawn."""
    viewer_state.current().link_notes[name] = LinkNote(sentence)


def sentences() -> list[str]:
    """Return the notes that still hold: a note is dropped when its widget gets another value."""
    notes = viewer_state.current().link_notes
    for name, note in list(notes.items()):
        value = st.session_state.get(name)
        if note.value is NOT_DRAWN:
            notes[name] = note._replace(value=value)
        elif value != note.value:
            del notes[name]
    return [note.sentence for note in notes.values()]


def _unusable(name: str, given: list[str]) -> str | None:
    """Return a sentence about the values of a parameter that can't be used, None when all can."""
    if name == COLUMNS:
        known = list(CHOICES[name])
        unknown = [part for part in _split_values(given) if part not in known]
        if unknown:
            quoted = ", ".join(shown(part, SHOWN) for part in unknown)
            return f"{name} “{quoted}” can't be asked for and is left out. Choose among {', '.join(known)}."
        return None
    value = given[-1] if given else ""
    if not value or name in SEVERAL:
        return None
    if name in CHOICES and value not in CHOICES[name]:
        return f"{name} “{shown(value, SHOWN)}” is not one of {', '.join(CHOICES[name])}. It is left out."
    if name in SWITCHES and value.lower() not in ("true", "false"):
        return f"{name} “{shown(value, SHOWN)}” is neither true nor false. It is left out."
    if name in link_parameters.PAGES and not (value.isascii() and value.isdigit() and int(value[:18]) > 0):
        return f"{name} “{shown(value, SHOWN)}” is not the number of a page. The first one is shown."
    return None


def _unknown_parameter(name: str) -> str:
    close = get_close_matches(name.lower(), [known.lower() for known in PARAMETERS], n=1, cutoff=0.75)
    meant = next((known for known in PARAMETERS if close and known.lower() == close[0]), None)
    question = f" Is {meant} meant?" if meant else ""
    return f"The link's “{shown(name, SHOWN)}” is not a parameter of this page and changes nothing.{question}"


def _split_values(given: list[str]) -> list[str]:
    return [part.strip() for value in given for part in value.split(",") if part.strip()]
