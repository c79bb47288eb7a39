"""Downloads of the rows of a view."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analysis.formatting import plural
from dashboard.analysis.joined_events import RowSelection
from dashboard.data import audit, viewer_state
from dashboard.data.viewer_state import Export
from dashboard.filters import Filters, Window
from dashboard.tables import exports
from dashboard.ui import messages


class PersonalDataHiddenError(Exception):
    """Rows in the clear can't be exported any more, because the time for which they were shown is over."""


FORMATS: Final = {"csv": "CSV", "parquet": "Parquet", "json": "JSON"}


def draw(report: str, rows: RowSelection, chosen: Filters, window: Window) -> None:
    """Draw a button for all rows as CSV, and offer them in all formats under "Share".

    The file is made when it is clicked, and named after the report, the filters and the window. A viewer who may not
    export gets none of it.
    """
    viewer = viewer_state.current()
    if not viewer.permissions.may_export:
        return
    given = Export(report, rows, chosen, window)
    viewer.exports.append(given)
    _button(given, "csv", f"Export {plural(len(rows), 'row')} as CSV", f"export_{report}")


def draw_formats(given: Export) -> None:
    """Draw a button for each format."""
    st.caption(f"{plural(len(given.rows), 'row')} of {given.report}, with names and ids")
    with st.container(horizontal=True, gap="xsmall"):
        for kind, label in FORMATS.items():
            _button(given, kind, label, f"share_{given.report}_{kind}")


def _button(given: Export, kind: str, label: str, key: str) -> None:
    viewer = viewer_state.current()
    clear, until = viewer.loader.clear, viewer.personal_data_until
    tenant_id = viewer.loader.connection.settings.tenant_id
    names, tz, filters = viewer_state.names(), given.chosen.tz, messages.filter_sentences(given.chosen)

    def make() -> bytes:
        # In another thread, maybe long after the button was drawn.
        if clear and until is not None:
            if not viewer.shows_personal_data:
                raise PersonalDataHiddenError("Personal data is hidden again; the page offers an export without it.")
            audit.note(viewer.permissions.who, f"exports personal data ({given.report}, {kind})", viewer.title, until)
        return exports.to_file(given.rows, tz, kind, names)

    st.download_button(
        label,
        data=make,
        file_name=exports.file_name(given.report, tenant_id, *given.window, filters, kind),
        mime=exports.MIME[kind],
        key=key,
        on_click="ignore",
        icon="⬇️",
    )
