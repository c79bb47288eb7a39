"""The table of attached devices, and the day of the selected one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis import status_course
from dashboard.analysis.devices import TILES
from dashboard.analysis.formatting import is_missing
from dashboard.analysis.names import Names
from dashboard.data import viewer_state
from dashboard.data.latest_events import DeviceStatuses
from dashboard.figures import status_strip
from dashboard.filters import Filters
from dashboard.tables import device_rows, records
from dashboard.ui import device_day, frozen_rows, messages, paged_table, record_details, selectable_table
from gridrt_client.schema import LATEST_EVENT

ORDER = (
    "store", "thing", "status", "since", "last heard", "flaps", "% up", "24 hours", "clock", "note", "changed",
    "in words", "deviceId", "spaceId", "eventType", "int1",
)  # fmt: skip
FLAPPING = TILES["flapping"]
# How long the status has been held and when the device was last heard are counted in the browser.
CONFIG = {
    "store": st.column_config.TextColumn("store", width=108, help="The space that the thing's session is in."),
    "thing": st.column_config.TextColumn("name", width=150, help="str1 · str2 · str4 of its reports."),
    "since": st.column_config.TextColumn(
        "since",
        width=98,
        help="The local time from which the status holds. ≥ 24 h: it held at the begin of the 24 hours already. "
        "before: the first report that is known says it. Of a silent thing: its last report.",
    ),
    "changed": st.column_config.DatetimeColumn(
        "changed", format="distance", width=105, help="The same as a distance, where it is exact."
    ),
    "last heard": st.column_config.DatetimeColumn("last heard", format="distance", width=102, help="The newest event."),
    "flaps": st.column_config.NumberColumn("flaps", width=50, help="How often the status changed."),
    "% up": st.column_config.TextColumn(
        "% up",
        width=54,
        alignment="right",
        help="The share of the known time in which it was online. Silence counts as known and not up; the time before "
        "the first report, and that of statuses without a meaning, doesn't count.",
    ),
    "24 hours": st.column_config.ImageColumn(
        "24 hours",
        width=status_strip.IMAGE_WIDTH + 8,
        help="The past 24 hours, now at the right: hatched is silent, pale is not known.",
    ),
    "in words": st.column_config.TextColumn("in words", width=260, help="The same 24 hours as text."),
    "clock": st.column_config.TextColumn(
        "clock",
        width=110,
        help="Why it was not last heard at any time: the newest event is from the future, or has none.",
    ),
    "note": st.column_config.TextColumn(
        "note", width=190, help="A thing that reported in the past 24 hours and isn't in the newest answer."
    ),
}


def draw(rows: pd.DataFrame, all_rows: pd.DataFrame, found: DeviceStatuses, chosen: Filters) -> None:
    """Draw rows, by store and most urgent first, and the day of the selected one.

    Parameters
    ----------
    rows
        The rows of ``all_rows`` to list; at least one.
    all_rows
        The things, or all latest events.
    """
    rows_of = (paged_table.row_filters(chosen), st.query_params.get("rows"), st.query_params.get("status"))
    with st.container(key="device_table"):
        page = rows.iloc[frozen_rows.page_in_order(frozen_rows.LATEST, rows["combination"].to_numpy(), rows_of)]
        names = viewer_state.names()
        if all_rows is found.devices.rows:
            # By its labels, because they are rows of one frame. The rows of another answer are not.
            labels = page.index.to_numpy().tobytes()
            table, colours = found.memoize(
                "device_table", lambda: _table(page, found, chosen.tz, names), labels, chosen.tz, names
            )
        else:
            table, colours = _table(page, found, chosen.tz, names)
        status = st.column_config.MultiselectColumn("status", options=list(colours), color=list(colours.values()))
        used = {
            "clock": rows["clock"].notna().any(),
            "note": rows["gone"].any(),
            "store": rows["spaceId"].nunique(dropna=False) > 1,
        }
        selectable_table.draw(
            frozen_rows.LATEST.key,
            table,
            records.thing_keys(page, chosen.distinctColumns),
            selected="thing",
            tz=chosen.tz,
            config={**CONFIG, "status": status},
            order=[name for name in ORDER if used.get(name, True)],
        )
        st.caption("24 hours: the oldest at the left, now at the right; hatched is silent, pale is not known.")
    draw_selected(rows, all_rows, found, chosen)


def _table(page: pd.DataFrame, found: DeviceStatuses, tz: str, names: Names) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows of a page as a table, and the colour of each status in words."""
    table = _with_strips(device_rows.device_table(page, tz, found.now, names), page, found)
    labels = table["status"]
    colours = dict(zip(labels.dropna(), device_rows.status_colours(page).dropna(), strict=True))
    colours[FLAPPING.words] = FLAPPING.colour
    # A list of labels is drawn in the colours of these; rows without a status have none.
    values = [
        [] if is_missing(label) else [label, *([FLAPPING.words] if flapping else [])]
        for label, flapping in zip(labels, page["flapping"], strict=True)
    ]
    return table.assign(status=pd.Series(values, index=table.index, dtype=object)), colours


def _with_strips(table: pd.DataFrame, page: pd.DataFrame, found: DeviceStatuses) -> pd.DataFrame:
    """The table with the past 24 hours of each thing as an image and in words."""
    places = page["place"].to_numpy()

    def draw() -> tuple[list[str | None], list[str | None]]:
        span = status_strip.image_span(found.now)
        known = [place for place in places.tolist() if place >= 0]
        images = {
            place: status_strip.strip_image(status_course.course(found.devices, place, *span), span) for place in known
        }
        words = {
            place: status_course.in_words(status_course.course(found.devices, place, *found.window)) for place in known
        }
        return [images.get(place) for place in places], [words.get(place) for place in places]

    images, words = found.memoize("strips", draw, places.tobytes())
    return table.assign(**{"24 hours": pd.Series(images, dtype="str"), "in words": pd.Series(words, dtype="str")})


def draw_selected(rows: pd.DataFrame, all_rows: pd.DataFrame, found: DeviceStatuses, chosen: Filters) -> None:
    """Draw the day of the thing that the link names, or say why it isn't among ``rows``."""
    key = st.query_params.get("thing")
    with st.container():
        if not key:
            return
        keys = records.thing_keys(rows, chosen.distinctColumns)
        if key in keys:
            row = rows.iloc[keys.index(key)]
            if row["place"] >= 0:
                device_day.draw(row, found, chosen)
            record_details.draw_event(row[list(LATEST_EVENT.names)], found.history, chosen, LATEST_EVENT)
        elif key in records.thing_keys(all_rows, chosen.distinctColumns):
            messages.not_found("thing", key, "among the rows shown", "another status or kind of rows is chosen above.")
        else:
            reason = "it is silent, the filters or distinctColumns leave it out, or the link is mistyped."
            messages.not_found("thing", key, "in the newest answer", reason)
