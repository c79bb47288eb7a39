"""Downloads of the rows of a view."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import streamlit as st

from dashboard.analysis.formatting import plural
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.names import Names
from dashboard.data import audit, identity, viewer_state
from dashboard.data.downloads import DOWNLOADS
from dashboard.data.viewer_state import Export, ViewerState
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
    tenant_id = viewer.loader.connection.settings.tenant_id
    names, filters = viewer_state.names(), messages.filter_sentences(given.chosen)
    until = viewer.personal_data_until if viewer.loader.clear else None
    owner = identity.owner_of(st.context.headers)

    def made() -> bytes:
        """In another thread, maybe long after the button was drawn."""
        file = content(viewer, given, kind, names, until)
        DOWNLOADS.add(file, owner)
        return file

    st.download_button(
        label,
        data=made,
        file_name=exports.file_name(given.report, tenant_id, *given.window, filters, kind),
        mime=exports.MIME[kind],
        key=key,
        on_click="ignore",
        icon="⬇️",
    )


def content(viewer: ViewerState, given: Export, kind: str, names: Names, until: datetime | None) -> bytes:
    """Return the file of an export; ``until`` is the end of the time in which its rows may be seen in the clear.

    That a viewer takes the rows is written to the audit log.

    Raises
    ------
    PersonalDataHiddenError
        That time is over.
    """
    if until is not None and not viewer.shows_personal_data:
        raise PersonalDataHiddenError("Personal data is hidden again. The page offers the export without it.")
    who, rows = viewer.permissions.who, len(given.rows)
    audit.exported(who, given.report, kind, rows, viewer.title, personal_data=until is not None)
    return exports.to_file(given.rows, given.chosen.tz, kind, names)
