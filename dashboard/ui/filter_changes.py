"""Changes of the filters: what is chosen is in the link, and the widgets show what the link says.

Callbacks end with ``st.rerun``, because otherwise only the fragment of the clicked element would run and the sidebar
would go on showing the old value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.data import viewer_state
from dashboard.data.tenant import PARAMETER
from dashboard.filters import FIELDS, Condition, read_condition, write_time
from dashboard.ui import link_parameters
from dashboard.ui.link_parameters import change

RANGE: Final = ("from", "to")
"""The parameters of the time range."""
CARRIED: Final = (*FIELDS, "interactionType", "distinctColumns", *RANGE, "tz", "refresh", "present", PARAMETER)
"""The parameters that are carried over to another page."""


def linked(field: str) -> Condition:
    """Return the condition on a field that the link holds."""
    link_parameters.restore()
    return read_condition(field, st.query_params.get_all(field), []) or Condition(field)


def write(*conditions: Condition) -> None:
    """Write conditions into the link, as one step of the browser's history."""
    change({one.field: one.terms for one in conditions})


def clear() -> None:
    """Remove every filter and the time range."""
    change(dict.fromkeys((*FIELDS, "interactionType", *RANGE)))
    st.rerun()


def choose_default_columns() -> None:
    """Set ``distinctColumns`` to its default."""
    change({"distinctColumns": None})
    st.rerun()


def toggle(field: str, value: str) -> None:
    """Set a filter to a value, or remove it where it has that value alone already."""
    write(Condition(field) if linked(field).single == value else Condition(field, (value,)))
    st.rerun()


def include(field: str, value: str) -> None:
    """Let a value match, besides those that do already."""
    write(_with(linked(field), value, included=True))
    st.rerun()


def exclude(field: str, value: str) -> None:
    """Leave out a value."""
    write(_with(linked(field), value, included=False))
    st.rerun()


def remove(field: str, value: str) -> None:
    """Remove a value from a filter."""
    write(_with(linked(field), value, included=None))
    st.rerun()


def _with(condition: Condition, value: str, *, included: bool | None) -> Condition:
    """The condition with a value included, excluded or neither."""

    def others(values: Iterable[str]) -> tuple[str, ...]:
        return tuple(one for one in values if one != value)

    found = replace(condition, included=others(condition.included), excluded=others(condition.excluded))
    if included is None:
        return found
    return (
        replace(found, included=(*found.included, value))
        if included
        else replace(found, excluded=(*found.excluded, value))
    )


def set_range(start: pd.Timestamp | pd.Timedelta | None, end: pd.Timestamp | None) -> None:
    """Set the time range: moments, UTC, or a distance before now; None leaves an end open."""
    write_range(write_time(start), write_time(end))
    st.rerun()


def whole_day_button() -> None:
    """Draw the button that removes the time range."""
    st.button("Back to 24 hours", on_click=set_range, args=(None, None), key="whole_day", icon="↩️")


def pause() -> None:
    """Pause refreshing, or resume it at the interval from before."""
    link_parameters.restore()
    viewer = viewer_state.current()
    if viewer.filters.refresh is None:
        change({"refresh": viewer.refresh_before_pause})
        viewer.refresh_before_pause = None
    else:
        viewer.refresh_before_pause = st.query_params.get("refresh")
        change({"refresh": "off"})
    st.rerun()


def write_range(start: str | None, end: str | None) -> None:
    """Write both ends into the link; None removes one."""
    change(dict(zip(RANGE, (start, end), strict=True)))
